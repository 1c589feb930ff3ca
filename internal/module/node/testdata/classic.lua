local got = {}
node.output(function(s) got[#got + 1] = s end, 0)
print("a", "b")
node.output()
assert(table.concat(got) == "a\tb\n", table.concat(got))
print "classic: ok"
