-- The functions of strings that have no patterns.
local subjects = {"", "a", "abc", "hello world", "a\0b\0c", "\255\0\1", ("xy"):rep(100), "ÄÖÜ", "A1b2", "  x ", 12, 7 / 2, "\n\t\r"}
local places = {0, 1, 2, -1, -2, 3, 5, -5, 100, -100, 2147483647, -2147483647, "2", " -1 ", nil, "x"}
for _, s in ipairs(subjects) do
  case("len", string.len, s) case("upper", string.upper, s) case("lower", string.lower, s) case("reverse", string.reverse, s) case("q", string.format, "%q", s) case("len", function() return #s end)
  for i = 1, 16 do
    local a = places[i]
    case("sub", string.sub, s, a) case("byte", string.byte, s, a)
    if i < 9 then case("rep", string.rep, s, a) end
    case("find", string.find, s, "", a) case("find", string.find, s, "b", a, true)
    for j = 1, 16 do case("sub", string.sub, s, a, places[j]) case("byte", string.byte, s, a, places[j]) end
  end
  for _, o in ipairs(subjects) do
    case("cmp", function() return s < o, s <= o, s == o, s > o end) case("cat", function() return s .. o end) case("plain", string.find, s, o, 1, true)
    case("gsub", string.gsub, s, "%w", o) case("split", function() local t = {} for w in string.gmatch(s, "[^" .. "b" .. "]+") do t[#t + 1] = w end return concat(t, o) end)
  end
end
for c = -2, 260 do
  case("char", string.char, c) case("char", string.char, 65, c, 66)
  if c >= 0 and c < 256 then
    local x = char(c)
    case("case", function() return x:upper(), x:lower() end)
    for _, k in ipairs{"a", "c", "d", "l", "p", "s", "u", "w", "x", "z", "A", "C", "D", "L", "P", "S", "U", "W", "X", "Z", "g", "b", "f", "1", "."} do
      case("class %" .. k, string.find, x, "%" .. k) case("set %" .. k, string.find, x, "[%" .. k .. "]") case("set ^%" .. k, string.find, x, "[^%" .. k .. "q]")
    end
    case("literal", string.find, "a" .. x .. "b", x) case("literal", string.find, "a" .. x .. "b", "%" .. x) case("range", string.find, x, "[a-f]") case("range", string.find, x, "[\1-\127]") case("gsub", string.gsub, "a" .. x .. "b", x, "<%0>")
    case("repl", string.gsub, "abc", "b", "%" .. x)
  end
end
case("char", string.char) case("char", string.char, 7 / 2) case("char", string.char, "65") case("char", string.char, -1) case("char", string.char, 256)
case("rep", function() return #("x"):rep(100000) end) case("rep", string.rep, "", 2147483647) case("rep", string.rep, "ab", 3) case("rep", string.rep, "ab", -1)
-- string.dump, there and back.
for _, s in ipairs{"return 1", "local a = ... return a", "return function(x) return x end", "local u = 1 return function() u = u + 1 return u end", "return 'str', 5, true, nil", "for i = 1, 3 do x = i end", "error('e')", "local t = {} t.x = 1 return t.x"} do
  local f = loadstring(s, "@src.lua")
  for _, strip in ipairs{0, 1, 2, true, false, "x", 3, -1} do
    case("dump", function() local d = string.dump(f, strip) return #d, d end) case("again", function() return loadstring(string.dump(f, strip), "=d")(7) end)
    case("name", function() return string.dump(loadstring(string.dump(f, strip))) == string.dump(f, strip) end)
  end
  case("dump", function() return string.dump(f) end)
  local d = string.dump(f)
  for i = 1, #d, 3 do case("short", loadstring, d:sub(1, i), "=short") end
end
case("dump", string.dump, print) case("dump", string.dump) case("dump", string.dump, 5) case("dump", string.dump, string.len) case("dump", string.dump, pairs)
