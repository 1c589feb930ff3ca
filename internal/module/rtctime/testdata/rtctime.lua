local function eq(got, want, what) assert(got == want, ("%s: got %s, want %s"):format(what or "", tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end

-- No time until somebody sets it.
local sec, usec, rate = rtctime.get()
eq(sec, 0) eq(usec, 0) eq(rate, 0)
eq(select("#", rtctime.get()), 3)
fails("time not available, unable to align", rtctime.dsleep_aligned, 1000000, 0)

eq(select("#", rtctime.set(1436430589, 250000)), 0)
sec, usec, rate = rtctime.get()
eq(sec, 1436430589) assert(usec >= 250000 and usec < 260000, usec) eq(rate, 0)

-- The rate by itself, and with a time; it stays when the time is set.
rtctime.set(nil, nil, 4295)
eq(select(3, rtctime.get()), 4295)
rtctime.set(1436430600)
sec, usec, rate = rtctime.get()
eq(sec, 1436430600) assert(usec < 10000, usec) eq(rate, 4295)
rtctime.set(1436430601, nil, -4295)
eq(select(3, rtctime.get()), -4295)
rtctime.set("1436430602", "7")
eq((rtctime.get()), 1436430602)
rtctime.set() rtctime.set({}, {}, {}) -- nothing
eq((rtctime.get()), 1436430602)
rtctime.set(nil, nil, 0)

-- Back is slower, and never really back.
local before = {rtctime.get()}
rtctime.set(before[1] - 100)
local after = {rtctime.get()}
assert(after[1] > before[1] or after[1] == before[1] and after[2] >= before[2])

-- Deltas by the rate: 1 in 1024 faster.
rtctime.set(nil, nil, 4194304)
eq(rtctime.adjust_delta(1024000), 1025000)
eq(rtctime.adjust_delta(-1024000), -1025000)
eq(rtctime.adjust_delta(0), 0)
rtctime.set(nil, nil, 0)
eq(rtctime.adjust_delta(12345), 12345)
fails("number expected, got no value", rtctime.adjust_delta)

-- The calendar.
local function date(stamp)
  local d = rtctime.epoch2cal(stamp)
  local n = 0
  for _ in pairs(d) do n = n + 1 end
  eq(n, 8)
  return ("%d-%d-%d %d:%d:%d %d %d"):format(d.year, d.mon, d.day, d.hour, d.min, d.sec, d.wday, d.yday)
end
eq(date(0), "1970-1-1 0:0:0 5 1")
eq(date(1436430589), "2015-7-9 8:29:49 5 190")
eq(date(951782400), "2000-2-29 0:0:0 3 60")
eq(date(951868799), "2000-2-29 23:59:59 3 60")
eq(date(951868800), "2000-3-1 0:0:0 4 61")
eq(date(1609459199), "2020-12-31 23:59:59 5 366")
eq(date(test.maxinteger), "2038-1-19 3:14:7 3 19")
fails("wrong arg range", rtctime.epoch2cal, -1)
fails("number expected, got no value", rtctime.epoch2cal)

-- What keeps the chip from sleeping.
fails("number expected, got no value", rtctime.dsleep)
fails("unknown sleep option", rtctime.dsleep, 1000, 5)
fails("unknown sleep option", rtctime.dsleep, 1000, -1)
fails("number expected, got no value", rtctime.dsleep_aligned, 1000)
fails("unknown sleep option", rtctime.dsleep_aligned, 1000, 1000, 5)

print("rtctime: ok")
