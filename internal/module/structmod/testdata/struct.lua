local function eq(got, want) assert(got == want, ("got %q, want %q"):format(tostring(got), tostring(want))) end
local pack, unpack, size = struct.pack, struct.unpack, struct.size
local real, n = not test.integral, tonumber -- integer builds have no floats, and read none

eq(size "i", 4) eq(size "l", 4) eq(size "T", 4) eq(size "h", 2)
eq(size "<!4biiii", 20)
if real then eq(size "d", 8) eq(size "f", 4) eq(size "!bd", 16) end
eq(size "!2bi", 6)
eq(size "c10", 10)
eq(size "i3", 3)
eq(size "bz", 1)                                  -- an unknown letter counts nothing here

eq(pack("I", 0x41424344), "DCBA")
eq(pack(">I", 0x41424344), "ABCD")
eq(pack("<h>h", 1, 1), "\1\0\0\1")
eq(pack("b", -1), "\255")
if real then eq(pack("i8", -1), "\255\255\255\255\0\0\0\0") end -- a word, and zeros above it
eq(pack(">i3", 0x010203), "\1\2\3")
eq(pack("!4bi", 1, 2), "\1\0\0\0\2\0\0\0")
eq(pack("c3", "abcdef"), "abc")
eq(pack("Bc0", 3, "abc"), "\3abc")
eq(pack("s", "ab"), "ab\0")
eq(pack("xx b", 1), "\0\0\1")
if real then
  eq(pack("<f", n "1.5"), "\0\0\192\63")
  eq(pack(">d", 1), "\63\240\0\0\0\0\0\0")
end
eq(#pack("c300", ("x"):rep(300)), 300)            -- more than a buffer holds

local function all(...) return table.concat({...}, "|") end
eq(all(unpack("<h>h", "\1\0\0\1")), "1|1|5")
eq(all(unpack("bB", "\255\255")), "-1|255|3")
eq(all(unpack("i3", "\255\255\255")), "-1|4")
eq(all(unpack("I3", "\255\255\255")), "16777215|4")
eq(all(unpack("Bc0", "\3abcd")), "abc|5")
eq(all(unpack("s s", "ab\0c\0")), "ab|c|6")
eq(all(unpack("xb", "\9\1", 1)), "1|3")
eq(all(unpack("b", "\1\2\3", 3)), "3|4")
eq(select(2, unpack("c5", "hello")), 6)
eq((unpack("I", "\255\255\255\255")), -- no integer holds it
  test.integral and -1 or test.lua51 and n "4294967295" or n "4294967296.0")
if real then eq((unpack("i8", "\255\255\255\255\255\255\255\255")), -1) end
if real then
  eq((unpack("<f", "\0\0\192\63")), n "1.5")
  eq((unpack(">d", "\63\240\0\0\0\0\0\0")), 1)
end

local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
fails("invalid format option 'q'", pack, "q")
fails(real and "integral size 33 is larger than limit of 32" or "integral size 33 is larger than limit of 4", pack, "i33", 1)
fails("integral size overflow", pack, "i99999999999", 1)
fails("alignment 3 is not a power of 2", size, "!3")
fails("option 's' has no fixed size", size, "s")
fails("option 'c0' has no fixed size", size, "c0")
fails("bad argument #3", pack, "c5", "ab")
fails("data string too short", unpack, "i", "ab")

-- Positions are unsigned words and wrap around: what begins in front of the string is read
-- there, if its end is not. In front of a long string is its length.
local long = ("x"):rep(300)
eq((unpack("I", long, -3)), 300)
eq((unpack("I", long, -2)), 0x78000001)
eq((unpack("B", long, 0)), 0)
eq((unpack("c5", long, 0)), "\0xxxx")
eq(select(2, unpack("I", long, -3)), 1)
fails("data string too short", unpack, "<I", long, -3) -- the option < has its place, too
fails("data string too short", unpack, "I", long, -4)
fails("data string too short", unpack, "b", long, -1)
fails("data string too short", unpack, "b", "a", 2)

-- A length that is no integer is 0, and cut in Lua 5.1; a negative one may wrap around as well.
if real then
  local some = test.lua51 and "a" or ""
  eq((unpack("fc0", pack("f", n "1.5") .. "abc")), some)
  eq(select(2, unpack("fc0", pack("f", n "1.5") .. "abc")), 5 + #some)
  eq((unpack("fc0", pack("f", 2) .. "abc")), "ab")
else
  for _, o in ipairs { "f", "d" } do
    fails("invalid format option '" .. o .. "'", pack, o, 1)
    fails("invalid format option '" .. o .. "'", unpack, o, "12345678")
    eq(size(o), 0)
  end
end
fails("data string too short", unpack, "bc0", "\254ab")
fails("memory allocation error: block too big", unpack, "hbc0", "ab\254ab")

-- Signed integers of more than 8 bytes: the sign is looked for 64 bits lower.
if real then
  eq((unpack("i9", "\127" .. ("\0"):rep(8))), 127)
  eq((unpack("i9", "\128" .. ("\0"):rep(8))), -128)
  eq((unpack("i10", "\255\128" .. ("\0"):rep(8))), -32513)
  eq((unpack("i16", "\255\255" .. ("\0"):rep(14))), 65535)
else
  fails("integral size 5 is larger than limit of 4", unpack, "i5", "12345")
end
eq(size("c2147483647c2147483647c3"), 1)
fails("data string too short", unpack, "Bc0", "\9ab")
fails("format `c0' needs a previous size", unpack, "c0", "ab")
fails("unfinished string in data", unpack, "s", "ab")
print "struct: ok"
