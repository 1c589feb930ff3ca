-- The string library without patterns, formats and pack.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end

assert(("abc"):len() == 3 and ("\0a\0"):len() == 3 and #"" == 0)
fails("string expected, got no value", string.len)

-- sub
local s = "0123456789"
for _, c in ipairs {
  {1, nil, s}, {4, nil, "3456789"}, {2, 4, "123"}, {-3, nil, "789"}, {-3, -2, "78"}, {0, 2, "01"},
  {-100, 2, "01"}, {3, 100, "23456789"}, {5, 4, ""}, {11, 11, ""}, {-1, 1, ""}, {math.mininteger, math.maxinteger, s},
  {math.mininteger, -10, "0"}, {math.mininteger, -11, ""}, {math.maxinteger, nil, ""}, {2.0, 3.0, "12"}, {"2", "3", "12"},
} do
  assert(s:sub(c[1], c[2]) == c[3], c[3])
end
fails("number expected, got no value", string.sub, "x")
fails("number has no integer representation", string.sub, "x", 1.5)

-- byte, char
assert(("A"):byte() == 65 and (""):byte() == nil and select("#", ("abc"):byte(10)) == 0)
do
  local a, b, c = ("\0\127\255"):byte(1, -1)
  assert(a == 0 and b == 127 and c == 255)
  assert(select("#", ("abcdef"):byte(2, 4)) == 3 and ("abcdef"):byte(-1) == 102)
end
assert(string.char() == "" and string.char(0, 255, 65) == "\0\255A")
fails("value out of range", string.char, 256)
fails("#2", string.char, 1, -1)
fails("stack overflow (string slice too long)", string.byte, ("x"):rep(20000), 1, -1)

-- lower, upper, reverse: bytes beyond ASCII stay
assert(("aZ\xC4\xE4[`{@"):upper() == "AZ\xC4\xE4[`{@" and ("aZ\xC4\xE4[`{@"):lower() == "az\xC4\xE4[`{@")
assert((""):reverse() == "" and ("abc\0"):reverse() == "\0cba")
assert(("x"):rep(300):upper():reverse():lower() == ("x"):rep(300))

-- rep
assert(("ab"):rep(3) == "ababab" and ("ab"):rep(3, ",") == "ab,ab,ab" and ("ab"):rep(1, ",") == "ab")
assert(("ab"):rep(0) == "" and ("ab"):rep(-1) == "" and (""):rep(1000000) == "" and (""):rep(3, "-") == "--")
assert(("\0"):rep(3) == "\0\0\0" and ("abc"):rep(1000):len() == 3000 and ("abc"):rep(100, "12"):len() == 498)
assert(("abc"):rep(100, "12") == "abc" .. ("12abc"):rep(99))
fails("resulting string too large", string.rep, "xx", 1 << 30)
fails("resulting string too large", string.rep, "", 1 << 30, "xxx")

-- operators and methods of the string metatable
assert("10" + 5 == 15 and math.type("10" + 5) == "float")
assert("%d items" % 3 == "3 items" and "%s-%s" % {"a", 2} == "a-2" and "plain" % {} == "plain")
assert("%s" % {{}, n = 1} ~= "")
fails("no value", function() return "%s %s" % {1} end)
assert(getmetatable("").__mod("%5.1f", 2.25) == "  2.2")

-- dump with strip levels
do
  local function f(x) local y = x; return y + 1 end
  local full, some, none = string.dump(f, 0), string.dump(f, 1), string.dump(f, 2)
  assert(#full >= #some and #some >= #none and #full > #none)
  assert(string.dump(f, false) == full and string.dump(f, true) == none)
  assert(type(string.dump(f)) == "string" and type(string.dump(f, nil)) == "string")
  assert(load(none, "x", "b")(2) == 3)
  fails("strip out of range", string.dump, f, 3)
  fails("strip out of range", string.dump, f, -1)
  fails("unable to dump given function", string.dump, print)
  fails("function expected", string.dump, 1)
end

-- what is in the table
for _, name in ipairs {"byte", "char", "dump", "find", "format", "gmatch", "gsub", "len", "lower", "match",
    "pack", "packsize", "rep", "reverse", "sub", "unpack", "upper"} do
  assert(type(string[name]) == "function", name)
end
assert(string.__index == string)
return "ok"
