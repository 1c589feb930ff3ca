-- Numbers to strings and back, to integers, as keys, in comparisons.
for i, a in ipairs(edges) do
  case("string " .. i, function() return tostring(a), a .. "", #(a .. "") end)
  case("integer " .. i, function() return math.tointeger(a), math.type(a) end)
  case("floor " .. i, function() return math.floor(a), math.ceil(a) end)
  case("modf " .. i, function() return math.modf(a) end)
  case("abs " .. i, function() return math.abs(a) end)
  case("tonumber " .. i, function() return tonumber(tostring(a)), tonumber(("%a"):format(a)) end)
  case("%d " .. i, string.format, "%d", a)
  case("%x " .. i, string.format, "%x", a)
  case("%c " .. i, string.format, "%c", a)
  case("%q " .. i, string.format, "%q", a)
  case("char " .. i, string.char, a)
  case("rep " .. i, function() return #(""):rep(a < 100 and a or 0) end)
  case("sub " .. i, string.sub, "abcdef", a)
  case("sub2 " .. i, string.sub, "abcdef", 2, a)
  case("byte " .. i, string.byte, "abcdef", a)
  case("find " .. i, string.find, "abcdef", "c", a)
  case("select " .. i, select, a, "x", "y")
  case("key " .. i, function() local t = {} t[a] = 1 return next(t) end)
  case("or " .. i, function() return a | 0, a << 0 end)
  case("string or " .. i, function() return tostring(a) | 0 end)
  case("string arith " .. i, function() return tostring(a) + 0, tostring(a) * 1 end)
  case("unpack " .. i, function() return table.unpack({1, 2, 3}, a, 3) end)
  case("error level " .. i, function() error("x", a) end)
  case("tonumber base " .. i, function() return tonumber("10", a) end)
end
-- Integers against floats nearby.
local function near(name, n, x)
  for d = -2, 2 do
    for _, f in ipairs{x, x + 1, x - 1, x + 0.5, x - 0.5, x * 1.0000001, x + 2, x - 2} do
      local i = n + d
      print(name, i, show(f), i < f, i <= f, i == f, i > f, i >= f, i ~= f, f < i, f <= i)
    end
  end
end
for _, bits in ipairs{0, 5, 23, 24, 25, 30, 31, 32, 52, 53, 54, 61, 62, 63} do
  near("near " .. bits, 1 << bits, 2.0^bits)
  near("near -" .. bits, -(1 << bits), -2.0^bits)
end
near("max", math.maxinteger, math.maxinteger + 0.0)
near("min", math.mininteger, math.mininteger + 0.0)
-- Numerals.
local numerals = {"", " ", "0", "-0", "+0", "- 0", "00", "1e", "1e+", "1e1", "1E+1", "1e-1", ".5", "5.", ".", "-.5", "+.5e1", "0x", "0x.", "0x.p1",
  "0x1", "0X1F", "0x1p", "0x1p1", "0x1P-1", "0x.8", "0x8.", "0x1.8p1", "-0x10", "+0x10", "0x10000000000000000", "0xffffffff", "0x7fffffff",
  "0x100000000", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807", "9223372036854775808",
  "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e308", "1e309", "-1e309", "1e39", "3.4028235e38", "3.4028236e38",
  "1e-45", "1e-46", "7e-46", "1e-323", "1e-324", "3e-324", "2.2250738585072011e-308", "1.1754943e-38", "inf", "nan", "-inf", "INF", "NaN", "infinity",
  "0x1p1024", "0x1p1023", "0x1p128", "0x1p-149", "0x1p-150", "0x1.8p-150", "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x1p99999999999",
  "1e99999999999", "1e-99999999999", "0e99999", "0x0p99999", "1 2", "1\0", "\0001", " 1 ", "\t1\n", "1x", "0b1", "1_000", "1,5", "1..2", "1.2.3",
  "0x1.2.3", "0xg", "e1", "0xe+1", "0xep1", "1f", "1d", "0x1.fffffep127", "0x1.ffffffp127", "0x1.fffffffffffffp1023", "0x1.fffffffffffff8p1023",
  "16777217", "16777217.0", "9007199254740993", "9007199254740993.0", "0.1", "0.30000000000000004", ("9"):rep(40), ("9"):rep(400), ("0"):rep(400) .. "1",
  "0." .. ("0"):rep(400) .. "1", "1" .. ("0"):rep(200) .. "e-200", "0x" .. ("f"):rep(40), "0x0." .. ("0"):rep(40) .. "1p160", ("1"):rep(200) .. "." .. ("1"):rep(100)}
for _, text in ipairs(numerals) do
  case("numeral " .. text, function() return tonumber(text) end)
  case("coerced " .. text, function() return text + 0 end)
  case("as integer " .. text, function() return text | 0 end)
  case("as limit " .. text, function() return ("abc"):sub(text) end)
  local f, msg = load("return " .. text, "=c")
  if f then case("literal " .. text, f) else print("literal " .. text, msg) end
end
local function digits(n, set)
  local s = ""
  for _ = 1, n do
    local i = draw(#set) + 1
    s = s .. set:sub(i, i)
  end
  return s
end
for n = 1, 3000 do
  local text = digits(draw(12), "0123456789")
  if draw(2) == 0 then text = text .. "." .. digits(draw(20), "0123456789") end
  if draw(2) == 0 then text = text .. "e" .. draw(60) - 30 end
  if draw(9) == 0 then text = text .. "e" .. draw(700) - 350 end
  case("random " .. text, function() return tonumber(text) end)
  text = "0x" .. digits(draw(12), "0123456789abcdefABCDEF")
  if draw(2) == 0 then text = text .. "." .. digits(draw(20), "0123456789abcdef") end
  if draw(2) == 0 then text = text .. "p" .. draw(400) - 200 end
  if draw(9) == 0 then text = text .. "p" .. draw(2300) - 1150 end
  case("random " .. text, function() return tonumber(text) end)
  local base = draw(35) + 2
  text = digits(draw(14), ("0123456789abcdefghijklmnopqrstuvwxyz"):sub(1, base + draw(2)))
  case("base " .. base .. " " .. text, function() return tonumber(text, base), tonumber(" -" .. text .. " ", base) end)
  local x = (draw(1 << 23) << 20 | draw(1 << 20)) * 2.0^(draw(220) - 120)
  case("shown " .. n, function() return x, tostring(x), tonumber(tostring(x)), x // 1, math.tointeger(x) end)
end
