-- string.format with every conversion, flag, width and precision.
local flags = {"", "-", "+", " ", "#", "0", "-+", "-#", "-0", "+0", "# ", "#0", "+#", " 0", "-+#0", "-+ #0", "+ ", "00000", "000000"}
local widths = {"", "1", "5", "9", "20", "99", "100"}
local precs = {"", ".", ".0", ".1", ".3", ".7", ".14", ".17", ".30", ".99", ".100"}
local values = {
  d = {0, 7, -7, 12345, math.maxinteger, math.mininteger, 3.0, "42", "0x10", 1.5},
  a = {0.0, -0.0, 1.0, -1.5, 0.1, 1/3, 2^-126, 2^-149 * 3, 12345.678, 1/0, -(1/0), 99.9999999, 0.0001, 0.00001, 123456, 1e6, 9.5, 2.5, "0x1p4", 5},
  s = {"", "abc", "a longer string than that", 12, 1.5, true, nil},
  c = {65, 0, 97.0},
}
values.i, values.u, values.o, values.x, values.X = values.d, values.d, values.d, values.d, values.d
values.A, values.e, values.E, values.f, values.g, values.G = values.a, values.a, values.a, values.a, values.a, values.a
for _, verb in ipairs{"d", "i", "u", "o", "x", "X", "a", "A", "e", "E", "f", "g", "G", "s", "c"} do
  for _, flag in ipairs(flags) do
    for _, width in ipairs(widths) do
      for _, prec in ipairs(precs) do
        local spec = "%" .. flag .. width .. prec .. verb
        -- The C code overruns its buffer where the item is longer than that.
        local limit = verb:find("[fF]") and #prec > 2 and tonumber(prec:sub(2)) > 60 and 1e6 or 1/0
        local list = values[verb]
        local v = list[draw(#list) + 1]
        if type(v) ~= "number" or v < limit then case(spec, string.format, spec .. "|", v) end
      end
    end
  end
end
-- Digits of floats: where the shape changes and where there is a tie.
for n = 1, 6000 do
  local x
  local kind = draw(5)
  if kind == 0 then x = draw(100000) / 2.0^draw(17)
  elseif kind == 1 then x = (draw(1 << 20) << 10 | draw(1 << 10)) * 2.0^(draw(240) - 130)
  elseif kind == 2 then x = draw(1000) / 10^draw(6)
  elseif kind == 3 then x = 10.0^(draw(60) - 38) -- 10^23 is a tie, which pow of C rounds to odd
  else x = (10.0^draw(16)) - 10.0^-draw(6) end
  local verb = ("eEgGaA"):sub(draw(6) + 1):sub(1, 1)
  local spec = "%" .. flags[draw(16) + 1] .. widths[draw(5) + 1] .. "." .. draw(40) .. verb
  case(spec .. " " .. n, string.format, spec, x)
  if x < 1e20 then
    spec = "%" .. flags[draw(16) + 1] .. "." .. draw(40) .. "f"
    case(spec .. " " .. n, string.format, spec, x)
  end
  case("%g " .. n, string.format, "%g %.14g %.7g %.17g %.9g", x, x, x, x, x)
end
-- Mistakes.
for c = 0, 255 do
  local spec = "%" .. string.char(c)
  if not spec:find("[%d%-+ #.]") then
    case("verb " .. c, string.format, spec, 1)
    case("verb none " .. c, string.format, spec)
    case("verb string " .. c, string.format, spec, "x")
    case("verb table " .. c, string.format, spec, {})
  end
end
for _, spec in ipairs{"%", "%5", "%.", "%-", "%123d", "%.123d", "%5.123d", "%------d", "%d%", "%%%", "%ld", "%hd", "%*d", "%5%", "%5c", "%.3q", "%5q", "%-q", "%p", "%n"} do
  case("spec " .. spec, string.format, spec, 1, 2)
end
-- Literals.
for c = 0, 255 do
  case("quoted " .. c, string.format, "%q", string.char(c) .. "0" .. string.char(c) .. "a" .. string.char(c))
end
for n = 1, 300 do
  local s = ""
  for _ = 1, draw(20) do s = s .. string.char(draw(256)) end
  local quoted = ("%q"):format(s)
  case("read " .. n, function() return quoted, load("return " .. quoted)() == s end)
end
case("mod", function() return "%d %s" % {1, 2}, "%5.1f" % 2.25, "%s" % {"x"} end)
case("mod none", function() return "%d" % {} end)
