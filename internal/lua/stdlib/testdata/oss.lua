-- The os library of the host profile.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local function is(want, ...)
  local got = {}
  for i = 1, select("#", ...) do got[i] = tostring((select(i, ...))) end
  got = table.concat(got, "|")
  assert(got == want, "got '" .. got .. "', want '" .. want .. "'")
end
do
  local names = {}
  for k in pairs(os) do names[#names + 1] = k end
  table.sort(names)
  is("clock date difftime execute exit getenv remove rename setlocale time tmpname", table.concat(names, " "))
end

-- date
is("Thu Jan  1 00:00:00 1970", os.date("!%c", 0))
is("Thu Thursday Jan January 19 01 01/01/70  1 1970-01-01 70 1970 Jan 00 12 001 01 00", os.date("!%a %A %b %B %C %d %D %e %F %g %G %h %H %I %j %m %M", 0))
is("\n AM 12:00:00 AM 00:00 00 \t 00:00:00 4 00 01 4 00", os.date("!%n %p %r %R %S %t %T %u %U %V %w %W", 0))
is("01/01/70 00:00:00 70 1970 +0000 GMT %", os.date("!%x %X %y %Y %z %Z %%", 0))
is("Thu Jan  1 00:00:00 1970 19 01/01/70 00:00:00 70 1970", os.date("!%Ec %EC %Ex %EX %Ey %EY", 0))
is("01  1 00 12 01 00 00 4 00 01 4 00 70", os.date("!%Od %Oe %OH %OI %Om %OM %OS %Ou %OU %OV %Ow %OW %Oy", 0))
is("Mon Sep  9 13:00:00 2024 253 36 37 37 1 2024 24 1 01 PM", os.date("!%c %j %U %V %W %u %G %g %w %I %p", 1725886800))
is("53 2020 20 00 00 001 Fri", os.date("!%V %G %g %U %W %j %a", 1609459200)) -- 2021-01-01 is in week 53 of 2020
is("01 2020 00 00", os.date("!%V %G %U %W", 1577836800)); is("01 2019 52 53", os.date("!%V %G %U %W", 1546300800 - 86400))
is("a%b", os.date("!a%%b", 0)); is("", os.date("!", 0)); is("a\0b1970", os.date("!a\0b%Y", 0))
is((("70 "):rep(200)), os.date(("!" .. ("%y "):rep(200)), 0))
fails("invalid conversion specifier '%Q'", os.date, "%Q"); fails("invalid conversion specifier '%Ez'", os.date, "%Ez")
fails("invalid conversion specifier '%'", os.date, "%"); fails("invalid conversion specifier '%O'", os.date, "!%O")
do
  local t = os.date("!*t", 1725886800)
  is("2024|9|9|13|0|0|2|253|false", t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst)
  assert(os.date("*t").year >= 2024)
  assert(#os.date() > 10)
end

-- time
do
  local now = os.time()
  assert(math.type(now) == "integer" and now > 1700000000 and os.time(os.date("*t", now)) == now)
  local t = {year = 2024, month = 14, day = -3, hour = 25, min = 61, sec = 61}
  os.time(t)
  is("2025|1|29|2|2|1|4|29", t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday)
  assert(os.time({year = 2000, month = 1, day = 1}) == os.time({year = 2000, month = 1, day = 1, hour = 12}))
  assert(os.time({year = "2000", month = 1.0, day = 1}) == os.time({year = 2000, month = 1, day = 1}))
  assert(os.time({year = 2001, month = 1, day = 1, hour = 0}) - os.time({year = 2000, month = 12, day = 31, hour = 0}) == 86400)
  fails("field 'day' missing in date table", os.time, {year = 2000, month = 1}); fails("field 'day' missing in date table", os.time, {})
  fails("field 'month' is not an integer", os.time, {year = 2000, month = "x", day = 1}); fails("field 'day' is not an integer", os.time, {year = 2000, month = 1, day = 1.5})
  fails("field 'year' is out-of-bound", os.time, {year = 1 << 30, month = 1, day = 1}); fails("table expected, got number", os.time, 1)
  if math.maxinteger == 0x7fffffff then
    fails("time result cannot be represented in this installation", os.time, {year = 2040, month = 1, day = 1})
  else
    assert(not pcall(os.date, "%c", 1 << 60))
  end
  is("5.0", os.difftime(10, 5)); fails("number expected, got no value", os.difftime, 1)
end
assert(math.type(os.clock()) == "float" and os.clock() >= 0)

-- environment, locale, commands
assert(os.getenv("PATH") and os.getenv("no such variable") == nil)
is("C", os.setlocale()); is("C", os.setlocale("C")); is("C", os.setlocale(nil, "numeric")); is("nil", os.setlocale("xx_YY")); fails("invalid option 'x'", os.setlocale, "C", "x")
assert(os.execute() == true)
is("true|exit|0", os.execute("true")); is("nil|exit|768", os.execute("exit 3"))

-- files
do
  local a, b = os.tmpname(), os.tmpname()
  assert(a ~= b and io.open(a)):close()
  is("true", os.rename(a, b)); assert(not io.open(a)); is("true", os.remove(b))
  is("nil|" .. b .. ": No such file or directory|2", os.remove(b)); is("nil|No such file or directory|2", os.rename(a, b))
  fails("string expected", os.remove); fails("string expected", os.rename, "x")
end
return "ok"
