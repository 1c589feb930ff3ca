-- Numbers as the chip prints, reads and computes them, in every number model.
local function is(want, got) if want ~= got then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end end
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  if ok or not tostring(msg):find(text, 1, true) then error("got '" .. tostring(msg) .. "', expected '" .. text .. "'", 2) end
end
local function hex(s) return (s:reverse():gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local double = #string.pack("n", 0) == 8
local long = #string.pack("j", 0) == 8
local function choose(single, other) if double then return other end return single end
local zero, inf = 0.0, 1e300 * 1e300

-- printing
is("0.0", tostring(-zero)); is("x0.0", "x" .. -zero); is("-0.5", tostring(-0.5))
is("nan", tostring(zero / zero)); is("nan", tostring(-(zero / zero))); is("-inf", tostring(-inf))
is("1|3|4|-1", ("%.0f|%.0f|%.0f|%.0f"):format(0.5, 2.5, 3.5, -0.5))
is("1.500000|0.100000|-2.0", ("%a|%a|%.1a"):format(1.5, 0.125 * 0.8, -2))
is("A|A|0|00|+7", ("%5c|%-5c|%.0d|%02x|%+d"):format(65, 65, 0, 0, 7))
is("0.5000000000000000000", ("%.30f"):format(0.5))
is("1.500000", ("%q"):format(1.5)); is("inf", ("%q"):format(inf))
is("  nan|+inf |+nan", ("%5g|%-+5g|%+g"):format(zero / zero, inf, zero / zero))
is("+Nan", ("%+G"):format(zero / zero):gsub("AN", "an"))

-- what has no room in 64 bits takes the byte in front of it along
is("a", ("ab%f"):format(1e20)); is("ac", ("ab%fc"):format(-1e20)); is("1000000000000.0", ("%.1f"):format(double and 1e12 or 999999995904.0):gsub("999999995904", "1000000000000"))
fails("memory allocation error: block too big", string.format, "%f", 1e20)
fails("memory allocation error: block too big", string.format, "%q", 1e20)
is("1e+20|1.0e+20", ("%g|%.1e"):format(1e20, 1e20))

-- reading
is(nil, tonumber("0x1p4")); is(nil, tonumber("0x.8")); is(nil, tonumber("0xA.8")); is(16, tonumber("0x10"))
is(0.0, tonumber("0.00000000000000000012")); is(-zero, tonumber("-0.0")); is(0.5, tonumber(" .5 "))
is("nan", tostring(tonumber("0e400"))); is(inf, tonumber("1e400")); is(nil, tonumber("1e")); is(nil, tonumber("1e5x"))
is(nil, load("return 0x1p4")); is(0.0, load("return 0.00000000000000000012")())
fails("malformed number near '0x.8'", assert, load("return 0x.8"))
is("2.5e+20", tostring(tonumber("250000000000000000000")))

-- the sign of NaN
local function bits(x) return hex(string.pack("<n", x)) end
local plus, minus = choose("7fc00000", "7ff8000000000000"), choose("ffc00000", "fff8000000000000")
local n0, i0, m1 = zero, 0, -1
is(plus, bits(n0 / n0)); is(plus, bits(i0 / i0)); is(minus, bits(-n0 / n0)); is(minus, bits(m1 * n0 / n0)); is(minus, bits(-(n0 / n0)))
is(plus, bits(inf / inf)); is(minus, bits(inf / -inf))
if not double then is(plus, bits((n0 / n0) // 1)); is(minus, bits((-n0 / n0) // 1)) end
is(minus, bits(5.0 % inf)); is(plus, bits(math.sqrt(-1))); is(plus, bits(math.log(-1))); is(minus, bits(math.sin(-inf))); is(plus, bits(math.cos(inf)))

-- floor by way of 32 bits: in % and fmod with any floats, elsewhere with 64-bit ones
local big = 2.0 ^ 33 -- not exact with 64-bit floats
if double then big = 8589934592.0 end
is(choose(8589934592.0, big) - 2147483647.0 * 3, big % 3.0)
is(big - 2147483647.0 * 2, math.fmod(big, 2.0)); is(inf, inf % 3.0); is(2.0, 5.0 % 3.0); is(1.0, -5.0 % 3.0)
fails("modulo by zero", function() return big % zero end)
if double then
  is(2147483647, math.floor(big)); is(2147483647, math.floor(-big)); is(-2147483648, math.floor(-2147483648.0))
  is(2147483647.0, big // 1.0); is(2147483647.0, (zero / zero) // 1.0); is(2147483647, math.floor(inf))
  is("2147483647 6442450945.0", ("%d %s"):format(math.modf(big)))
  is(1, math.ceil(0.5)); is(0, math.floor(0.5)); is(-1, math.floor(-0.5))
  is(nil, math.tointeger(big)); is(2147483647, math.tointeger(2147483647.0)); is(nil, math.tointeger(-2147483649.0))
  fails("has no integer representation", function() return big | 0 end)
else
  is(inf, math.floor(inf)); is(big, math.floor(big)); is(8589934592.0, big // 1.0)
end
if long then
  local n = 0
  for i = 2147483640, big do n = n + 1 end
  is(8, n) -- the limit is 2147483647; where that is the largest integer, such a loop never ends
  n = 0
  for i = 2147483646, -big do n = n + 1 end
  is(2, n)
  local t = {[8589934592] = "integer"}
  is(nil, t[big]); is(false, 8589934592 == big); is(true, 8589934592 <= big); is(true, 8589934592 >= big)
  t[big] = "float"
  is("integer", t[8589934592]); is("float", t[big])
end

-- powers of 64-bit floats
local two, ten, none = 2, 10, 0
if double then
  is("16.0", tostring(two ^ 4)); is(false, two ^ 4 == 16.0); is("16.00000000000000355", ("%.17f"):format(two ^ 4))
  is("3.4028234663853e+38", tostring(ten ^ 100)); is("3.4028234663853e+38", tostring(two ^ 127)); is(0.0, two ^ -128)
  is("3.4028234663853e+38", tostring(inf ^ 2)); is("3.4028234663853e+38", tostring((zero / zero) ^ 2)); is(1.0, none ^ 0); is(0.0, none ^ 2)
  is("68.350488648821", tostring(none ^ -1)); is(plus, bits((-8) ^ 0.5)); is("-8.0", tostring((-two) ^ 3))
  is(true, two ^ 4 == load("return 2 ^ 4")()) -- also where the compiler computes it
else
  is(16.0, two ^ 4); is(inf, ten ^ 100); is(inf, none ^ -1)
end

-- alignment is natural
is(16, string.packsize("! b d")); is(16, string.packsize("!b d"))
