-- string.format and the numbers of tostring.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local function is(want, got)
  assert(got == want, "got '" .. tostring(got) .. "', want '" .. tostring(want) .. "'")
end
local f = string.format
local double = 2^53 + 1 - 2^53 ~= 0 or tostring(2^53) == "9.007199254741e+15"

is("", f("")); is("%", f("%%")); is("a%b", f("a%%b")); is("100%", f("%d%%", 100))
-- integers
is("5|-5|+5| 5|00005|5    |    5", f("%d|%d|%+d|% d|%05d|%-5d|%5d", 5, -5, 5, 5, 5, 5, 5))
is("-0005|00005|     ", f("%05d|%.5d|%5.0d", -5, 5, 0))
is("ff|FF|0xff|0XFF|0x00ff|377|0377", f("%x|%X|%#x|%#X|%#06x|%o|%#o", 255, 255, 255, 255, 255, 255, 255))
is("42|42|3", f("%i|%u|%d", 42, 42, "3"))
is("3|3", f("%d|%d", 3.0, "3.0"))
is(math.maxinteger == 0x7fffffff and "ffffffff" or "ffffffffffffffff", f("%x", -1))
is(math.maxinteger == 0x7fffffff and "4294967295" or "18446744073709551615", f("%u", -1))
is(tostring(math.mininteger), f("%d", math.mininteger))
fails("number has no integer representation", f, "%d", 1.5)
fails("number has no integer representation", f, "%d", "1.5")
fails("number expected, got string", f, "%d", "x")
fails("bad argument #2", f, "%d", {})
fails("bad argument #3", f, "%d %d", 1, {})
-- characters and strings
is("A|    A|A    |\0", f("%c|%5c|%-5c|%c", 65, 65, 65, 0))
is("hello|     hello|hello     |hel|       hel|", f("%s|%10s|%-10s|%.3s|%10.3s|%.0s", "hello", "hello", "hello", "hello", "hello", "hello"))
is("nil true 12 1.5", f("%s %s %s %s", nil, true, 12, 1.5))
is("me", f("%s", setmetatable({}, {__tostring = function() return "me" end})))
is("a\0b", f("%s", "a\0b"))
fails("string contains zeros", f, "%5s", "a\0b")
is(("x"):rep(150), f("%20s", ("x"):rep(150)))
is(("x"):rep(99), f("%.99s", ("x"):rep(150)))
is((" "):rep(98) .. "x", f("%99s", "x"))
is(("x"):rep(500) .. "-" .. ("y"):rep(500), f("%s-%s", ("x"):rep(500), ("y"):rep(500)))
-- floats
is("1.500000|1.5|2|1.50|1.5e+00|1.5E+00", f("%f|%g|%.0f|%.2f|%.1e|%.1E", 1.5, 1.5, 1.5, 1.5, 1.5, 1.5))
is("0.0001|1e-05|100000|1e+06|1E+06|1.00000", f("%g|%g|%g|%g|%G|%#g", 1e-4, 1e-5, 1e5, 1e6, 1e6, 1))
is("+1.0|-1.0| 1.0|0001.0|1.0   |   1.0", f("%+.1f|%.1f|% .1f|%06.1f|%-6.1f|%6.1f", 1, -1, 1, 1, 1, 1))
is("0|1|2|2|4", f("%.0f|%.0f|%.0f|%.0f|%.0f", 0.5, 1, 1.5, 2.5, 3.5))
is("inf|-inf|  inf|INF|inf  ", f("%f|%g|%05f|%G|%-5f", 1/0, -1/0, 1/0, 1/0, 1/0))
assert(f("%f", 0/0):find("^-?nan$"))
is("0x1p+0|0x1.8p+0|-0x1p-1|0X1P+4|0x0p+0", f("%a|%a|%a|%A|%a", 1, 1.5, -0.5, 16, 0))
is("0x1.00p+0|   0x1p+0|0x2p+0", f("%.2a|%9a|%.0a", 1, 1, 1.75))
is("3", f("%.0f", "3"))
is(139, #f("%.99f", 3e38))
is("1." .. ("0"):rep(99), f("%.99f", 1))
if double then
  is("0.1", tostring(0.1)); is("0.30000000000000004", f("%.17g", 0.1 + 0.2)); is("3.1415926535898", tostring(math.pi))
  is("1e+100", tostring(1e100)); is("123456789012.0", tostring(123456789012.0)); is("1e+15", tostring(1e15))
  is("1.7976931348623e+308", tostring(1.7976931348623157e308)); is("4.9406564584125e-324", tostring(5e-324))
else
  is("0.1", tostring(0.1)); is("0.3333333", tostring(1/3)); is("3.141593", tostring(math.pi))
  is("1e+10", tostring(1e10)); is("1234568.0", tostring(1234568.0)); is("1.234568e+07", tostring(12345678.0))
  is("3.402823e+38", tostring(3.4028234e38)); is("inf", tostring(1e39)); is("1.401298e-45", tostring(1.4e-45))
  is("0.10000000149011612", f("%.17g", 0.1))
end
is("-0.0|0.0|1e+15", tostring(-0.0) .. "|" .. tostring(0.0) .. "|" .. tostring(1e15))
-- %q
is([["a\"b\\c\0d\1\0012\
e"]], f("%q", 'a"b\\c\0d\1\0012\ne'))
is('"\\127\\13\xC4"', f("%q", "\127\r\xC4"))
is("nil true 12 0x1p+0 0x1.8p+1", f("%q %q %q %q %q", nil, true, 12, 1.0, 3.0))
is(math.mininteger, load("return " .. f("%q", math.mininteger))())
is(math.maxinteger, load("return " .. f("%q", math.maxinteger))())
do
  local all = {}
  for i = 0, 255 do all[i + 1] = string.char(i) end
  all = table.concat(all)
  is(all, load("return " .. f("%q", all))())
  is(all .. all .. all, load("return " .. f("%q", all .. all .. all))())
end
is(0.1, load("return " .. f("%q", 0.1))())
fails("value has no literal form", f, "%q", {})
-- errors in formats
fails("no value", f, "%d")
fails("no value", f, "%d %d", 1)
fails("no value", f, "%")
fails("invalid option '%y' to 'format'", f, "%y", 1)
fails("invalid option '%F' to 'format'", f, "%F", 1)
fails("invalid option '%<\\0>' to 'format'", f, "%", 1)
fails("invalid option '%<\\1>' to 'format'", f, "%\1", 1)
fails("invalid option '%<\\200>' to 'format'", f, "%\200", 1)
fails("invalid option '%%' to 'format'", f, "%5%", 1)
fails("invalid option '%l' to 'format'", f, "%ld", 1)
fails("repeated flags", f, "%------d", 1)
fails("width or precision too long", f, "%100d", 1)
fails("width or precision too long", f, "%.100f", 1)
fails("string expected, got nil", f, nil)
is("-5", f("%0+- #d", -5))
return "ok"
