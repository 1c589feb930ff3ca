local function eq(got, want) assert(got == want, ("got %s, want %s"):format(tostring(got), tostring(want))) end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  assert(not ok and err:find(want, 1, true), tostring(err))
end
local nop = function() end

-- States without time passing.
local t = tmr.create()
eq(t:state(), nil)
eq(t:start(), false)
eq(t:stop(), false)
t:unregister()
t:register(50, tmr.ALARM_AUTO, nop)
local running, mode = t:state()
eq(running, false) eq(mode, tmr.ALARM_AUTO)
eq(t:start(), true)
eq(t:start(), false)
eq(t:start(true), true)
eq(t:state(), true)
eq(t:stop(), true)
eq(t:stop(), false)
t:unregister()
eq(t:state(), nil)
eq(select("#", t:interval(5)), 0)

fails("Range: 1-0x68D7A3", t.register, t, 0, tmr.ALARM_AUTO, nop)
fails("Range: 1-0x68D7A3", t.register, t, 6870948, tmr.ALARM_AUTO, nop)
fails("Range: 1-0x68D7A3", t.interval, t, -1)
fails("Invalid mode", t.alarm, t, 1, 3, nop)
fails("Must be function", t.alarm, t, 1, 0, 1)
fails("boolean expected", t.start, t, 1)
fails("tmr.timer expected", t.start, {})
fails("wrong arg range", tmr.delay, 0)
assert(tmr.now() >= 0 and test.isinteger(tmr.now()))
local before = tmr.now()
tmr.delay(2500000)                     -- longer than a second, and the watchdog is fed
assert(tmr.now() - before >= 2500000)
assert(tmr.time() >= 2)
local c = tmr.ccount()
tmr.delay(10)
assert(tmr.ccount() - c >= 10 * node.getcpufreq())
tmr.wdclr()
tmr.softwd(100) tmr.softwd(-1)

-- Alarms.
local log = {}
local function say(s) log[#log + 1] = s end
local single, semi, auto, n = tmr.create(), tmr.create(), tmr.create(), 0
single:alarm(20, tmr.ALARM_SINGLE, function(me) eq(me, single) eq(me:state(), nil) say "single" end)
semi:alarm(30, tmr.ALARM_SEMI, function(me)
  eq(me:state(), false)
  n = n + 1
  say("semi" .. n)
  if n < 2 then me:start() end
end)
auto:alarm(25, tmr.ALARM_AUTO, function(me)
  eq(me:state(), true)
  say "auto"
  me:interval(50)
end)
tmr.create():alarm(110, tmr.ALARM_SINGLE, function()  -- nobody else keeps this one
  auto:unregister()
  eq(table.concat(log, " "), "single auto semi1 semi2 auto")
  print "tmr: ok"
end)
collectgarbage() collectgarbage()
