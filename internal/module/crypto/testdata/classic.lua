local s = ("x"):rep(300)
assert(crypto.toHex(s) == ("78"):rep(300))
assert(#crypto.toBase64(s) == 400)
print "classic: ok"
