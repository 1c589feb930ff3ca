print(1e15, 1e14, 123456.789, 0.1, 1/3, -0, 1e300, 1e-300, 100000000000000, 2^53, 2^31, 2^63)
print(1/0, -1/0, 0/0 ~= 0/0, 5 % 3, -5 % 3, 5 % -3, 5.5 % 2, -5.5 % 2, 1e15 % 7, 5 % 0 ~= 5 % 0, 0 % 5, -0 % 5)
for _, s in ipairs{"0x10", "1e2", " 5 ", "5x", "", "0x", "1e", ".5", "5.", "inf", "nan", "-inf", "0x1p4", "1_0", "1e400", "- 1", "+1", "--1", "0x-1", "-0x10", "1\0002"} do print(s, tonumber(s)) end
for _, f in ipairs{"%d", "%i", "%u", "%x", "%X", "%o", "%c"} do for _, n in ipairs{0, 1, -1, 255.9, -255.9, 2^31, 2^32, 2^53, -2^53, 2^63, 2^64, 1e300, -1e300} do print(f, string.format(f, n)) end end
for _, f in ipairs{"%e", "%.3e", "%g", "%G", "%.14g", "%+g", "%#g", "%-12g|", "%012g"} do for _, n in ipairs{0, 1, -1.5, 2.5, 1e10, 1/3, 1e300, 1/0, -1/0} do print(f, string.format(f, n)) end end for _, f in ipairs{"%f", "%.0f", "%10.2f"} do for _, n in ipairs{0, 0.5, 1.5, -2.5, 1e20, 1/3} do print(f, string.format(f, n)) end end
print(math.floor(-3.5), math.ceil(-3.5), math.floor(1e300), math.pow(2, 0.5), 2^0.5, (-8)^(1/3) ~= (-8)^(1/3), math.sqrt(2), math.pi, math.huge, -math.huge)
print(math.max(1.5, 2), math.min(-0.5, 0), math.abs(-0.5), math.random(), math.random(10), math.random(-5, 5))
do local s = "" for i = 1, 3, 0.5 do s = s .. i .. " " end print(s) end
do local s = "" for i = 3, 1, -0.75 do s = s .. i .. " " end print(s) end
local t = {} t[1.5], t[2^53], t[-0.5], t[1e300] = 1, 2, 3, 4 for k, v in pairs(t) do print(k, v) end
print(string.rep("x", 2.9), ("abc"):sub(1.9, 2.1), select(2.5, "a", "b", "c"), ({10, 20, 30})[2.0], unpack({1, 2, 3}, 1.5, 2.9))
print(pcall(function() local t = {} t[0/0] = 1 end), 3 == 3.0, "3" == 3, 1 < 1.5, 1 <= 0/0)
