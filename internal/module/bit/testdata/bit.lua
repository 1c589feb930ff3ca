-- The results are those of 32-bit integers.
local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end

eq(bit.bnot(0), -1)
eq(bit.bnot(0x0F), -16)
eq(bit.band(0xFF, 0x3C, 0x0F), 0x0C)
eq(bit.band(7), 7)
eq(bit.bor(1, 2, 4, 8), 15)
eq(bit.bxor(0xFF, 0x0F, 0x01), 0xF1)
eq(bit.lshift(1, 4), 16)
eq(bit.lshift(1, 31), test.mininteger)
eq(bit.lshift(3, 32), 3)          -- the processor's shift counts modulo 32
eq(bit.rshift(-1, 28), 15)
eq(bit.rshift(0x80000000, 31), 1)
eq(bit.arshift(-8, 1), -4)
eq(bit.arshift(3, 1), 1)
eq(bit.bit(4), 16)
eq(bit.bit(31), test.mininteger)
eq(bit.set(2, 0), 3)
eq(bit.set(0, 0, 1, 2, 31), test.mininteger + 7)
eq(bit.clear(3, 0), 2)
eq(bit.clear(-1, 0, 31), 0x7FFFFFFE)
eq(bit.isset(2, 0), false)
eq(bit.isset(2, 1), true)
eq(bit.isclear(2, 0), true)
eq(bit.isset(-1, 31), true)

local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
fails("bad argument #1", bit.band)
fails("number expected, got nil", bit.band, nil)
if not test.lua51 then
  fails("number has no integer representation", bit.bor, 1, tonumber "2.5")
elseif not test.integral then
  eq(bit.bor(1, tonumber "2.5"), 3)
  eq(bit.bnot(tonumber "-1.9"), 0)
  eq(bit.band(4294967295, 4294967297), 1) -- modulo 2^32
end
fails("bad argument #2", bit.isset, 1)
print "bit: ok"
