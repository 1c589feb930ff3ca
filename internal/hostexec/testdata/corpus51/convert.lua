-- Numerals, read in every base, by source, by arithmetic; numbers written.
local texts = {"", " ", "0", "1", "-1", "+1", "--1", "+-1", "- 1", "10", " 10 ", "\t10\n", "10\0", "10\0x", "1 0", "010", "0x10", "0X1F", "-0x10", "+0xf", "0x", "0xg",
  "x10", "0x-1", "1e", "1e1", "1E+1", "1e-1", "1e+", "e1", ".5", "5.", ".", "-.5", "1.5", "1..2", "1.5e3", "1,5", "inf", "-inf", "INF", "infinity", "nan", "-nan", "NaN",
  "nan(1)", "nan()", "0x1p4", "0x.8", "0x1.8", "0x.p1", "0xA.8p1", "0x1p", "1f", "1L", "1u", "z", "Z", "zz", "7fffffff", "80000000", "ffffffff", "100000000", "0x7fffffff", "0x80000000",
  "0xffffffff", "0x100000000", "0x1ffffffff", "0xfffffffff", "-0x80000000", "-0xffffffff", "0xffffffffffffffff", "0x10000000000000000", "2147483647", "2147483648", "-2147483648", "-2147483649",
  "4294967295", "4294967296", "9999999999", "-9999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
  "99999999999999999999", "1e308", "1e309", "-1e309", "1e-400", "4.9e-324", "2.4e-324", "123456789012345678901234567890", "0.1", "0.10000000000000000555", "3.14159265358979323846",
  "1000000000000000000000000000000000000000", "00000000000000000000000000000001", "0b1", "0o7", "1_000", "\v5\f", "5 x", "\0005", "٣", "1e5000", "0e0", "0x0", "-0", "-0.0", "deadbeef", "DEADBEEF", "1.e1", ".e1", "1e1.5", "0x1e1", "1e0x1"}
for i = 1, 400 do
  local s = {}
  for k = 1, draw(9) + 1 do s[k] = pick{"0", "1", "7", "9", "a", "f", "x", ".", "e", "-", "+", " ", "2", "3", "p"} end
  texts[#texts + 1] = concat(s)
end
for _, s in ipairs(texts) do
  case("tonumber " .. s, tonumber, s)
  for _, b in ipairs{2, 3, 7, 8, 10, 11, 16, 25, 35, 36} do case("base " .. b .. " " .. s, tonumber, s, b) end
  case("arith " .. s, function() return s + 0 end)
  case("neg " .. s, function() return -s end)
  case("concat " .. s, function() return s .. 1 end)
  case("equal " .. s, function() return s == tonumber(s), s == (tonumber(s) or "") .. "" end)
  case("arg " .. s, function() return ("abcdef"):sub(s) end)
  case("index " .. s, function() return ({10, 20, 30})[tonumber(s)] end)
  if not s:find("[%z\n]") then
    local f, m = loadstring("return " .. s, "=n")
    if f then case("source " .. s, f) else case("source " .. s, error, m, 0) end
    f, m = loadstring("return -" .. s .. "+0", "=n")
    if f then case("folded " .. s, f) else case("folded " .. s, error, m, 0) end
  end
end
for _, b in ipairs{-1, 0, 1, 37, 100, 2147483647, "10", "16", "x", true, {}} do
  for _, s in ipairs{"1", "z", "", "10"} do case("odd base", tonumber, s, b) end
  case("odd base", tonumber, 5, b) case("odd base", tonumber, nil, b) case("odd base", tonumber, {}, b)
end
for b = 2, 36 do
  for i = 1, 20 do
    local s = {}
    for k = 1, draw(8) + 1 do local d = draw(b) s[k] = char(d < 10 and 48 + d or (draw(2) == 0 and 55 or 87) + d) end
    case("base " .. b, tonumber, concat(s), b)
  end
end
for _, v in ipairs(edges) do
  case("tostring", tostring, v) case("concat", function() return v .. "" end) case("concat", function() return "" .. v .. v end)
  case("back", function() return tonumber(tostring(v)) == v end) case("rep", string.len, v) case("sub", string.sub, v, 1, 3)
  case("key", function() local t = {} t[v] = 1 return next(t) end) case("g", format, "%.14g", v) case("d", format, "%d", v)
  case("tc", concat, {v, v}, v) case("eqs", function() return v == tostring(v) end) case("len", function() return #tostring(v) end)
end
for i = 1, 6000 do
  local n = draw(32768) * 65536 + draw(65536)
  if not int then n = n * 2 ^ (draw(200) - 100) / (draw(99) + 1) end
  if draw(2) == 0 then n = -n end
  case("n", tostring, n) case("n", function() return n .. "" end)
  case("back", function() return tonumber(tostring(n)), tonumber(format(int and "%d" or "%.17g", n)) == n end)
  local digits = {}
  for k = 1, draw(22) + 1 do digits[k] = draw(10) end
  if not int then
    digits = concat(digits)
    if draw(2) == 0 then local p = draw(#digits) digits = digits:sub(1, p) .. "." .. digits:sub(p + 1) end
    if draw(3) == 0 then digits = digits .. "e" .. draw(40) - 20 end
  else digits = concat(digits) end
  case("read " .. digits, tonumber, digits)
end
