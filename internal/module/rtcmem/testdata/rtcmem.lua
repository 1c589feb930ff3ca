local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

-- Words one by one, and several at once.
eq(select("#", rtcmem.write32(0, 53)), 0)
eq(rtcmem.read32(0), 53)
rtcmem.write32(42, 2, 5, 7)
local a, b, c, d = rtcmem.read32(42, 3)
eq(a, 2) eq(b, 5) eq(c, 7) eq(d, nil)
rtcmem.write32(127, -1)
eq(rtcmem.read32(127), -1)
rtcmem.write32(1, 0x80000000)
eq(rtcmem.read32(1), test.mininteger)

-- Fewer values at the end, none outside and none for 0.
eq(select("#", rtcmem.read32(120, 100)), 8)
eq(select("#", rtcmem.read32(0, 128)), 128)
eq(select("#", rtcmem.read32(0, 1000)), 128)
eq(select("#", rtcmem.read32(128)), 0)
eq(select("#", rtcmem.read32(-1)), 0)
eq(select("#", rtcmem.read32(-1, 5)), 0)
eq(select("#", rtcmem.read32(test.maxinteger, 5)), 0)
eq(select("#", rtcmem.read32(5, 0)), 0)
eq(select("#", rtcmem.read32(5, -3)), 0)
eq(select("#", rtcmem.read32(5, nil)), 0)
eq(select("#", rtcmem.read32(0, 20000)), 0, "more than the stack has room for")

-- The upper end is checked, before anything is written.
rtcmem.write32(126, 1, 2)
fails("RTC mem would overrun", rtcmem.write32, 126, 8, 9, 10)
fails("RTC mem would overrun", rtcmem.write32, 128, 8)
fails("RTC mem would overrun", rtcmem.write32, test.maxinteger, 8)
fails("RTC mem would overrun", rtcmem.write32, 129)
eq(rtcmem.read32(126), 1) eq(rtcmem.read32(127), 2)
rtcmem.write32(128) -- nothing, at the end

-- Nothing is in front of the first word.
rtcmem.write32(-2, 11, 12, 13, 14)
eq(rtcmem.read32(0), 13) eq(rtcmem.read32(1), 14)

-- What is no number is 0, and strings are numbers.
rtcmem.write32(5, 1, 1, 1, 1)
rtcmem.write32(5, "x", nil, {}, "17")
eq(rtcmem.read32(5), 0) eq(rtcmem.read32(6), 0) eq(rtcmem.read32(7), 0) eq(rtcmem.read32(8), 17)
fails("number expected, got no value", rtcmem.read32)
fails("number expected, got nil", rtcmem.write32, nil, 1)

print("rtcmem: ok")
