local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local function sample(...)
  local t = test.pack(...)
  for i = 1, t.n do t[i] = tostring(t[i]) end
  return table.concat(t, " ", 1, t.n)
end

rtcmem.write32(10, 0)
eq(rtcfifo.ready(), 0)
for _, name in ipairs{"put", "pop", "peek", "drop", "count", "dsleep_until_sample"} do
  fails("rtcfifo not prepared!", rtcfifo[name])
end
fails("expected table as arg #1", rtcfifo.prepare, nil)
fails("expected table as arg #1", rtcfifo.prepare, 5)
eq(rtcfifo.ready(), 0)

eq(select("#", rtcfifo.prepare()), 0)
eq(rtcfifo.ready(), 1)
eq(rtcfifo.count(), 0)
eq(select("#", rtcfifo.pop()), 0)
eq(select("#", rtcfifo.peek()), 0)
eq(rtcmem.read32(15), 32 + 128 * 256 + 5 * 65536)

-- In order, with names of four bytes at most.
rtcfifo.put(1000, 17, 2, "temp")
rtcfifo.put(1010, 65535, 7, "humidity")
rtcfifo.put(1010, 65536 + 5, 9, "p")
rtcfifo.put(1521, -1, 0, "a\0bc")
eq(rtcfifo.count(), 4)
eq(sample(rtcfifo.peek()), "1000 17 2 temp")
eq(sample(rtcfifo.peek(1)), "1010 65535 7 humi")
eq(sample(rtcfifo.peek(2)), "1010 5 1 p")
eq(sample(rtcfifo.peek(3)), "1521 65535 0 a")
eq(sample(rtcfifo.peek(4)), "")
eq(sample(rtcfifo.peek(-1)), "")
eq(sample(rtcfifo.peek("1")), "1010 65535 7 humi")
eq(sample(rtcfifo.pop()), "1000 17 2 temp")
eq(rtcfifo.count(), 3)
rtcfifo.drop(1)
eq(sample(rtcfifo.pop()), "1010 5 1 p")
rtcfifo.drop(-1)
eq(rtcfifo.count(), 0)

-- A pause of more than 511 s forgets what is there, and what comes then is told as late as
-- the firmware tells it.
rtcfifo.put(5000, 1, 0, "x")
rtcfifo.put(5512, 2, 0, "x")
rtcfifo.put(5520, 3, 0, "x")
eq(rtcfifo.count(), 2)
eq(sample(rtcfifo.pop()), "6023 2 0 x")
eq(sample(rtcfifo.pop()), "6031 3 0 x")

-- So does a name too many.
rtcfifo.prepare{sensor_count = 2}
rtcfifo.put(1, 1, 0, "a") rtcfifo.put(2, 2, 0, "b") rtcfifo.put(3, 3, 0, "a")
rtcfifo.put(4, 4, 0, "c")
eq(rtcfifo.count(), 1)
eq(sample(rtcfifo.pop()), "5 4 0 c")

-- When it is full the oldest ones go.
rtcfifo.prepare{sensor_count = 1}
for i = 1, 200 do rtcfifo.put(i, i, 0, "n") end
eq(rtcfifo.count(), 95)
eq(sample(rtcfifo.pop()), "106 106 0 n")
eq(sample(rtcfifo.peek(93)), "200 200 0 n")

-- Another place, and options that are no numbers.
rtcfifo.prepare{storage_begin = 21, storage_end = 30, sensor_count = 3, interval_us = 5000000}
eq(rtcmem.read32(15), 21 + 30 * 256 + 3 * 65536)
eq(rtcmem.read32(11), 5000000)
for i = 1, 20 do rtcfifo.put(i, i, 0, "n") end
assert(rtcfifo.count() > 0)
rtcfifo.prepare{storage_begin = 21, sensor_count = {}, interval_us = "7"}
eq(rtcmem.read32(15), 32 + 128 * 256 + 5 * 65536)
eq(rtcmem.read32(11), 7)
rtcfifo.prepare(setmetatable({}, {__index = function(_, name) if name == "sensor_count" then return 4 end end}))
eq(rtcmem.read32(15), 32 + 128 * 256 + 4 * 65536)

-- Nowhere.
rtcfifo.prepare{storage_begin = 250, storage_end = 255, sensor_count = 1}
for i = 1, 10 do rtcfifo.put(i, i, 0, "n") rtcfifo.peek(i) end
while rtcfifo.pop() do end
rtcfifo.prepare{storage_begin = -2, storage_end = -2, sensor_count = -2}
for i = 1, 10 do rtcfifo.put(i, i, 0, "n") end
rtcfifo.drop(5) rtcfifo.pop()

rtcfifo.prepare()
fails("number expected, got no value", rtcfifo.put)
fails("number expected, got no value", rtcfifo.put, 1)
fails("number expected, got no value", rtcfifo.put, 1, 2)
fails("string expected, got no value", rtcfifo.put, 1, 2, 3)
fails("number expected, got no value", rtcfifo.drop)
fails("number expected, got no value", rtcfifo.dsleep_until_sample)
eq(rtcfifo.count(), 0)

print("rtcfifo: ok")
