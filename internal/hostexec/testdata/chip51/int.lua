-- Numbers of Lua 5.1 as the chip prints and reads them, in builds with integers: strtol and strtoul have 32 bits there and
-- stay at the ends.
local function is(want, got) if want ~= got then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end end
local least = -2147483647 - 1
is(2147483647, 4294967296); is(2147483647, 2147483648); is(2147483647, 9999999999); is(least, tonumber("-9999999999")); is(least, tonumber("-2147483648")); is(2147483647, tonumber("9999999999"))
is(-1, 0xffffffff); is(-1, 0x1ffffffff); is(2147483647, 0x7fffffff); is(least, 0x80000000); is(-1, tonumber("0x1ffffffff")); is(-1, tonumber("-0x1")); is(2147483647, "4294967296" + 0)
is(-1, tonumber("ffffffffff", 16)); is(-1, tonumber("-1", 16)); is(-1, tonumber("100000000", 16)); is(nil, tonumber("1e3")); is(nil, tonumber("1.5"))
is("-1 ffffffff A     3|", ("%d %x %c %5d|"):format(-1, -1, 65, 3)); is("005 +5 00 0xff 010", ("%.3d %+d %02x %#x %#o"):format(5, 5, 0, 255, 8)); is("37777777777", ("%o"):format(-1)); is("4294967295", ("%u"):format(-1))
is(-4, -7 / 2); is(2, -7 % 3); is(-2, 7 % -3); is(least, 2 ^ 31); is(0, 2 ^ 32); is(0, 2 ^ -1); is(4, math.sqrt(17)); is(5, math.floor(5)); is(5, math.ceil(5)); is("-2147483648", tostring(least))
