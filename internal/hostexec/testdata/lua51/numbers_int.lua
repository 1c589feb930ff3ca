print(2147483647 + 1, -2147483647 - 2, 65536 * 65536, 7 / 2, -7 / 2, 7 / -2, -7 % 3, 7 % -3, 2 ^ 31, 2 ^ 32, 3 ^ -1, -3 ^ 3)
print(pcall(function() return 1 / 0 end), pcall(function() return 1 % 0 end))
print(pcall(function(a)
  local b = a.x
  return b / 0
end, {x = 1}))
print(pcall(function(a) local b = a + 1 return b % (a - a) end, 5))
for _, s in ipairs{"0x10", "99", " 5 ", "5x", "", "0x", "4294967296", "2147483648", "-2147483648", "-2147483649", "0xffffffff", "0x1ffffffff", "1.5", "99999999999999999999", "-0x10", "+7"} do print(s, tonumber(s)) end
for _, f in ipairs{"%d", "%u", "%x", "%o", "%c", "%5d|", "%-5d|", "%05d", "%+d"} do for _, n in ipairs{0, 1, -1, 255, 2147483647} do print(f, string.format(f, n)) end end
print(pcall(string.format, "%f", 1), pcall(string.format, "%g", 1), pcall(string.format, "%e", 1))
print(math.sqrt(17), pcall(math.sqrt, -1), math.random(), math.random(10), math.random(-5, 5), math.huge, math.pi, math.floor(5), math.pow(3, 4))
print(collectgarbage("count") % 1, 10 == "10", "7" * "6", "7" / 2, -"3", #tostring(2147483647))
do local s = "" for i = 1, 10, 3 do s = s .. i .. " " end print(s) end
print(pcall(loadstring, "return 1.5"), loadstring("return 1e5"), loadstring("return 0x7fffffff")())
