-- pack, packsize and unpack. Word sizes are those of the platform.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local function is(want, got) assert(got == want, "got '" .. tostring(got) .. "', want '" .. tostring(want) .. "'") end
local pack, unpack, size = string.pack, string.unpack, string.packsize

local isize = size("j")
local word = size("T")
is(1, size("b")); is(2, size("h")); is(4, size("i")); is(word, size("l")); is(4, size("f")); is(8, size("d"))
is(math.mininteger, 1 << (isize * 8 - 1))
is(16, size("! b d"))
is(0, size("")); is(3, size("bbb")); is(5, size("<i4b")); is(8, size("!4 b i4")); is(12, size("!8 b xxx !4 i8"))

is("01", hex(pack("b", 1))); is("ff", hex(pack("b", -1))); is("ff", hex(pack("B", 255)))
is("0102", hex(pack(">h", 0x102))); is("0201", hex(pack("<h", 0x102)))
is("00000102", hex(pack(">i4", 0x102))); is("02010000", hex(pack("=i4", 0x102)))
is("fffffffffffffffffe", hex(pack(">i9", -2))); is("feffffffffffffffff", hex(pack("<i9", -2)))
is("0000000000000001", hex(pack(">i8", 1))); is("ffffffffffffffff", hex(pack("<i8", -1)))
is(("00"):rep(15) .. "7f", hex(pack(">i16", 127))); is(("ff"):rep(16), hex(pack("<i16", -1)))
is("010203", hex(pack("<i3", 0x030201)))
is(isize == 4 and "ffffffff00000000" or "ffffffffffffffff", hex(pack("<I8", -1)))
is("616263", hex(pack("c3", "abc"))); is("6162630000", hex(pack("c5", "abc"))); is("", pack("c0", ""))
is("61620063", hex(pack("zc1", "ab", "c"))); is("0003616263", hex(pack(">s2", "abc")))
is(word == 4 and "03000000616263" or "0300000000000000616263", hex(pack("<s", "abc")))
is("01000000" .. "02000000", hex(pack("<!4 b i4", 1, 2)))
is("0100" .. "0200", hex(pack("<!2 b h", 1, 2)))
is("010000", hex(pack("b xx", 1)))
is("01000000", hex(pack("<!4 b Xi4", 1)))
is("01", hex(pack("<!4 b", 1)))
is("3fc00000", hex(pack(">f", 1.5))); is("3ff8000000000000", hex(pack(">d", 1.5)))
is("0000c03f", hex(pack("<f", 1.5))); is("000000000000f03f", hex(pack("<d", 1)))
is(size("n") == 4 and "0000c03f" or "000000000000f83f", hex(pack("<n", 1.5)))

local function back(fmt, ...)
  local want = table.pack(...)
  local data = pack(fmt, ...)
  local got = table.pack(unpack(fmt, data))
  is(want.n + 1, got.n)
  for i = 1, want.n do is(want[i], got[i]) end
  is(#data + 1, got[got.n])
end
for _, order in ipairs {"<", ">", "="} do
  for n = 1, 16 do
    back(order .. "i" .. n, -1); back(order .. "i" .. n, 100); back(order .. "I" .. n, 100)
    if n >= isize then back(order .. "i" .. n, math.mininteger); back(order .. "i" .. n, math.maxinteger) end
  end
  back(order .. "bBhHjJTfdn", -5, 250, -300, 60000, math.mininteger, -1, 7, 0.5, 0.25, 1.5)
  back(order .. "s1s2s4z", "", "ab", ("x"):rep(300), "end")
  back(order .. "!4 b i4 h !8 d c3", 1, 2, 3, 4.5, "xyz")
end
is(-1, (unpack("<I" .. isize, ("\255"):rep(isize))))
is(255, (unpack("B", "\255"))); is(-1, (unpack("b", "\255")))
do
  local a, b, nxt = unpack("<hB", "xx\1\2\3", 3)
  is(0x201, a); is(3, b); is(6, nxt)
  a, nxt = unpack("B", "abc", -1)
  is(99, a); is(4, nxt)
  is(4, (unpack("", "abc", 4)))
  is("abc", (unpack("z", "abc")))
  is(5, select(2, unpack("z", "abc")))
  is("ab", (unpack("z", "ab\0c")))
end
fails("data string too short", unpack, "i4", "abc")
fails("data string too short", unpack, "s1", "\5abc")
fails("data string too short", unpack, "zb", "abc")
fails("data string too short", unpack, "c4", "abc")
assert(not pcall(unpack, "s4", "\255\255\255\255abc"))
fails("initial position out of string", unpack, "b", "abc", 5)
fails("initial position out of string", unpack, "b", "abc", -5)
fails("9-byte integer does not fit into Lua Integer", unpack, "<i9", ("\0"):rep(8) .. "\1")
fails("16-byte integer does not fit into Lua Integer", unpack, ">I16", "\255" .. ("\0"):rep(15))
fails("integer overflow", pack, "b", 128); fails("integer overflow", pack, "b", -129)
fails("integer overflow", pack, "i3", 1 << 23)
fails("unsigned overflow", pack, "B", 256); fails("unsigned overflow", pack, "B", -1)
fails("string longer than given size", pack, "c2", "abc")
fails("string contains zeros", pack, "z", "a\0b")
fails("string length does not fit in given size", pack, "s1", ("x"):rep(256))
fails("missing size for format option 'c'", pack, "c", "x")
fails("invalid format option 'y'", pack, "y"); fails("invalid format option '<\\200>'", pack, "\200")
fails("integral size (17) out of limits [1,16]", pack, "i17", 1)
fails("integral size (0) out of limits [1,16]", pack, "i0", 1)
fails("invalid next option for option 'X'", pack, "X"); fails("invalid next option for option 'X'", pack, "Xc1")
fails("invalid next option for option 'X'", pack, "Xz"); fails("invalid next option for option 'X'", pack, "X<")
fails("format asks for alignment not power of 2", pack, "!4 i3", 1)
fails("variable-length format", size, "s"); fails("variable-length format", size, "z")
fails("format result too large", size, "c2147483639c99")
is(2147483639, math.maxinteger > 0x7fffffff and size("c2147483639") or 2147483639)
fails("number expected, got nil", pack, "i") -- the mark behind the arguments
fails("number expected, got string", pack, "d", "x")
is("01", hex(pack("b\0i4", 1))) -- a zero ends the format
do
  local long = pack("s2s2", ("a"):rep(1000), ("b"):rep(1000))
  is(2004, #long)
end
return "ok"
