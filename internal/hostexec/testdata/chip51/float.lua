-- Numbers of Lua 5.1 as the chip prints, reads and computes them, in builds with floats. What is expected was computed by
-- hand from app/libc and from libgcc's rules; the example with 36 was seen on boards.
local function is(want, got) if want ~= got and (want == want or got == got) then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end end
local inf, zero = 1 / tonumber("0"), tonumber("0")
local nan = inf - inf

-- floor by way of 32 bits, in the operator, too; ceil is the C library's
is(1538082035638, 1615391446930 % 36); is(2147483647, math.floor(3e9)); is(2147483647, math.floor(-3e9)); is(-2147483648, math.floor(-2147483648))
is(-1, math.floor(-0.5)); is(0, math.floor(0.5)); is(2147483647, math.floor(inf)); is(2147483647, math.floor(nan)); is(3000000000, math.ceil(3e9)); is(-3000000000, math.ceil(-3e9))
is(-1, 5 % -3); is(1, -5 % 3); is(1.5, 5.5 % 2); is(8589934592 - 2147483647 * 3, 8589934592 % 3); is(7, 7 % zero); is(0, zero % zero); is("nan", tostring(5 % inf))
local a, b = 1615391446930, 36
is(1538082035638, a % b); is(1538082035638, loadstring("return 1615391446930 % 36")()); is(1538082035638, ("1615391446930") % b)

-- powers go by 16ths
local two = 2
is(false, two ^ 3 == 8); is(false, math.pow(2, 3) == 8); is("16.000000000000004", ("%.17g"):format(two ^ 4)); is("16.000000000000004", ("%.17g"):format(2 ^ 4))
is("8", tostring(two ^ 3)); is("3.4028234663853e+38", tostring(two ^ 128)); is(0, two ^ -128); is("3.4028234663853e+38", tostring(math.pow(10, 40)))

-- reading: 18 digits, hexadecimal by strtoul, no words
is(4294967295, 0xffffffff); is(4294967295, 0x1ffffffff); is(4294967295, tonumber("0x1ffffffff")); is(4294967280, tonumber("-0x10")); is(4294967295, tonumber("-0x1ffffffff"))
is(nil, tonumber("0x10p2")); is(nil, tonumber("0x.8")); is(nil, tonumber("inf")); is(nil, tonumber("nan")); is(nil, tonumber("infinity")); is(nil, tonumber("0x")); is(nil, tonumber("1e"))
is(nil, (loadstring("return 0x10p2"))); is(0, tonumber("0.00000000000000000012")); is(inf, tonumber("1e400")); is("nan", tostring(tonumber("0e400"))); is("2.5e+20", tostring(tonumber("250000000000000000000")))
is(16, "0x10" + 0); is(4294967295, "0x1ffffffff" * 1); is(false, pcall(function() return "inf" + 0 end)); is(0.5, tonumber(" .5 ")); is(5, tonumber("5."))
is(4294967295, tonumber("ffffffffff", 16)); is(4294967295, tonumber("-1", 16)); is(4294967295, tonumber("100000000", 16)); is(4294967295, tonumber("777777777777", 8)); is(255, tonumber("0xff", 16))

-- printing
is("0", tostring(-0)); is("0", -zero .. ""); is("nan", tostring(-nan)); is("-inf", tostring(-inf)); is("3", ("%.0f"):format(2.5)); is("1", ("%.0f"):format(0.5)); is("-1", ("%.0f"):format(-0.5))
is("2147483647", ("%d"):format(3e9)); is("-2147483648", ("%d"):format(-3e9)); is("2147483647", ("%d"):format(nan)); is("b2d05e00", ("%x"):format(3e9)); is("ffffffff", ("%x"):format(-1)); is("4294967295", ("%u"):format(5e9)); is("80000000", ("%x"):format(-5e9))
is("", ("%f"):format(1e20)); is("ab", ("a%fb"):format(1e20)); is("1e+20", ("%g"):format(1e20)); is("0.3", ("%.1f"):format(0.25)); is("A|00|+7", ("%5c|%02x|%+d"):format(65, 0, 7)); is("0.5000000000000000000", ("%.30f"):format(0.5))
is("1e+15", table.concat{1e15}); is("1.2345678901235e+17", 123456789012345678 .. ""); is("9.007199254741e+15", tostring(2^53 - 2^53 + 9007199254740992))

-- positions have 32 bits, by way of 64
is("bc", ("abc"):sub(4294967298)); is(97, ("abc"):byte(4294967297)); is("A", string.char(4294967361)); is(false, pcall(string.char, 1e300)); is("", ("x"):rep(1e300)); is("xxxxx", ("x"):rep(4294967301))
