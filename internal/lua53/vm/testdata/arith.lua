-- Arithmetic of integers of 32 bits and floats of 32 bits.
local function show(...)
  local t = table.pack(...)
  for i = 1, t.n do t[i] = math.type(t[i]) and (math.type(t[i]):sub(1, 1) .. ":" .. tostring(t[i])) or tostring(t[i]) end
  print(table.concat(t, "  "))
end
local max, min = math.maxinteger, math.mininteger

-- wrap around
show(max + 1, min - 1, max * 2, min * -1, -min, max * max, min * min, max // -1, min // -1, min % -1)
show(0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 2147483647, 2147483648, -2147483648)
-- conversion and division
for _, a in ipairs{7, -7, 0, 1, -1, max, min} do
  for _, b in ipairs{3, -3, 2, -2, 1, -1, max, min} do
    show(a, b, a // b, a % b, a / b)
  end
end
for _, a in ipairs{7.5, -7.5, 0.0, 1e10, -1e-10} do
  for _, b in ipairs{2, -2, 0.5, -0.25, 3.0} do
    show(a, b, a // b, a % b, a * b, a + b, a - b)
  end
end
show(1 / 0, -1 / 0, 0 / 0 ~= 0 / 0, 1 // 0.0, -1 // 0.0, 5.0 % math.huge, -5.0 % math.huge)
show(pcall(function() return 1 // 0 end))
show(pcall(function() return 1 % 0 end))
-- powers
show(2 ^ 10, 2 ^ 0.5, 2 ^ -1, (-2) ^ 2, (-8) ^ (1 / 3) ~= (-8) ^ (1 / 3), 0 ^ 0, 10 ^ 30, 10 ^ 38, 10 ^ 39)
-- bits
show(5 & 3, 5 | 3, 5 ~ 3, ~5, ~0, 1 << 31, 1 << 32, 1 << 33, -1 >> 1, -1 >> 31, -1 >> 32, 1 << -1, 2 >> -1)
show(2.0 & 3, "7" & 3, 0xff ~ "0xf0", 3.0 << 2, "2" | 1.0)
show(pcall(function() return 1.5 & 1 end))
show(pcall(function() return "a" | 1 end))
show(pcall(function() return 2 ^ 31 | 1 end))
show(pcall(function() return {} << 1 end))
-- strings as numbers
show("10" + 5, "0x10" * 2, " 3 " - 1, "1e1" / 2, -"2", "10" // 3, "7" % 4, 10 .. 20)
show(pcall(function() return "abc" + 1 end))
show(tonumber("  0x1p4  "), tonumber("1e"), tonumber("0x"), tonumber(""), tonumber("1 2"), tonumber("1e5"), tonumber("0x.8p1"))
show(tonumber("ff", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("-101", 2), tonumber("99999999999"), tonumber("-2147483648"), tonumber("2147483648"))
-- comparison
show(1 == 1.0, 1 < 1.5, max < max + 0.0, max + 0.0 == max, 16777217 == 16777216.0, 16777217 <= 16777216.0, min <= min + 0.0)
show(math.ult(1, -1), math.ult(-1, 1), "a" < "b", "a" < "A", "" < "a", "a\0b" < "a\0c", "10" < "9")
show(pcall(function() return 1 < "2" end))
show(pcall(function() return {} < {} end))
-- float formatting
for _, x in ipairs{0.1, 1e15, 1e16, 123456.7, 1234567.8, 12345678.9, 1e-5, 1e100, 3.0, -0.0, 100.0, 16777216.0, 0.3333333, 2 ^ 24 + 1, 1e7, 1e6 + 0.5} do
  show(x)
end
-- math functions
show(math.floor(3.7), math.ceil(3.2), math.floor(-3.7), math.ceil(-3.2), math.floor(1e20), math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7.5, -2))
show(math.tointeger(3.0), math.tointeger(3.5), math.tointeger("8"), math.tointeger(2 ^ 31), math.abs(min), math.abs(-0.5), math.max(1, 2.5, -1), math.min(3, 1))
show(math.sqrt(2), math.type(1), math.type(1.0), math.type("1"), math.modf(3.7), math.modf(-3.7), math.modf(1 / 0))
show(pcall(math.fmod, 1, 0))
show(pcall(math.floor, "x"))
-- loops
local function loop(a, b, c)
  local t = {}
  for i = a, b, c or 1 do
    t[#t + 1] = i
    if #t >= 6 then break end
  end
  show(#t, table.unpack(t))
end
loop(1, 3) loop(3, 1) loop(3, 1, -1) loop(1, 2, 0.5) loop(1.0, 3) loop(max - 1, math.huge) loop(min + 1, -math.huge, -1)
loop(1, 0.99) loop(1, 3.7) loop(-1, -3.7, -1) loop(0.1, 0.5, 0.1) loop(1, -math.huge) loop(1, 10, 4)
show(pcall(function() for i = 1, 10, 0 do return "zero step" end return "none" end))
show(pcall(function() for i = "a", 10 do end end))
show(pcall(function() for i = 1, {} do end end))
show(pcall(function() for i = 1, 2, "x" do end end))
