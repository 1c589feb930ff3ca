-- string.format: digits of many numbers, strings, wrong options and arguments, the operator %.
local specs = int and {"%d", "%5d", "%x", "%o", "%u", "%c", "%s"} or
  {"%.14g", "%.17g", "%g", "%.3f", "%e", "%.0f", "%.7g", "%d", "%x", "%s", "%.16g", "%5.1f", "%.10e"}
for i = 1, 1500 do
  local n = draw(32768) * 65536 + draw(65536)
  if draw(2) == 0 then n = -n end
  if not int then n = n * 2 ^ (draw(120) - 60) / (draw(9) + 1) end
  for _, s in ipairs(specs) do case(s, format, s, n) end
end
local strings = {"", "a", "abc", "a\0b", 'q"\\\n\r\0z', "\1\2\127\128\255", ("x"):rep(99), ("x"):rep(100), ("y"):rep(120) .. "\0" .. ("z"):rep(9), "%d", "\\", "10", "0x10"}
for _, spec in ipairs{"%s", "%5s", "%-5s", "%.2s", "%.0s", "%.s", "%10.3s", "%-10.3s", "%q", "%5q", "%c", "%d", "%x", "%0s", "%+s", "%#s", "%99s", "%.99s"} do
  for _, s in ipairs(strings) do case(spec, format, spec, s) end
  for _, v in ipairs{1, true, 12, -3} do case(spec, format, spec, v) end
  case(spec, format, spec, nil) case(spec, format, spec, {}) case(spec, format, spec) case(spec, format, spec, print)
end
for c = 0, 255 do
  local s = "%" .. char(c)
  case(s, format, s, 65) case("x" .. s .. "y", format, "x" .. s .. "y", 65) case("%5" .. char(c), format, "%5" .. char(c), "65")
  case("%.3" .. char(c), format, "%.3" .. char(c), 65) case("%-+ #0" .. char(c), format, "%-+ #0" .. char(c), 65)
end
for _, s in ipairs{"%", "%%", "%%%", "%5", "%.", "%123d", "%.123d", "%1.123d", "%------d", "%-----d", "%+++++++s", "%5.5.5d", "%ll", "%ld", "%hd",
  "%1$d", "%*d", "a%%b%dc%%", "%d%d%d", "%s%s", "%q%q", "%d %s %q", "%0d\0%d"} do
  case(s, format, s) case(s, format, s, 1) case(s, format, s, 1, 2) case(s, format, s, 1, "x", "y") case(s, format, s, "x") case(s, format, s, {})
end
for _, s in ipairs{"%d", "%s", "%s %s", "x", "%q", "%5.1s|"} do
  case("mod", function() return s % 5 end) case("mod", function() return s % "a" end) case("mod", function() return s % {1, 2} end)
  case("mod", function() return s % {} end) case("mod", function() return s % nil end) case("mod", function() return s % true end)
  case("mod", function() return s % {"a", "b", "c"} end)
end
for _, f in ipairs{"__add", "__unm", "__len", "__lt", "__call", "__concat"} do case(f, function() return getmetatable("")[f] end) end
