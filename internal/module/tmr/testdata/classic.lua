local function eq(got, want) if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or not err:find(want, 1, true) then error(tostring(err), 2) end
end
local nop = function() end

-- States. A timer that was not registered has none.
eq(tmr.state(0), nil) eq(tmr.start(0), false) eq(tmr.stop(0), false) eq(tmr.state(0), nil)
eq(select("#", tmr.unregister(0)), 0)
eq(select("#", tmr.interval(0, 5)), 0)
eq(select("#", tmr.register(0, 50, tmr.ALARM_AUTO, nop)), 0)
local running, mode = tmr.state(0)
eq(running, false) eq(mode, tmr.ALARM_AUTO)
eq(tmr.start(0), true) eq(tmr.start(0), false) eq(tmr.state(0), true)
eq(tmr.stop(0), true) eq(tmr.stop(0), false) eq(tmr.state(0), false)
eq(tmr.alarm("0", 50, 1, nop), true) eq(tmr.alarm(0, 50, 1, nop), true)
tmr.unregister(0) eq(tmr.state(0), nil)

fails("(invalid timer index)", tmr.alarm, 7, 1, 0, nop)
fails("invalid timer index", tmr.stop, -1)
fails("timer object or numerical ID expected", tmr.stop)
fails("timer object or numerical ID expected", tmr.state, {})
fails("(Range: 1-6870947)", tmr.register, 0, 0, 1, nop)
fails("Range: 1-6870947", tmr.interval, 0, 6870948)
fails("Invalid mode", tmr.alarm, 0, 1, 3, nop)
fails("Must be function", tmr.alarm, 0, 1, 0, "x")

-- Objects by the functions of the module, and their own methods as they are.
local t = tmr.create()
tmr.register(t, 10, 0, nop) eq(tmr.state(t), false) eq(tmr.start(t), true) eq(tmr.stop(t), true) tmr.unregister(t)
eq(tmr.state(t), nil)
fails("Range: 1-0x68D7A3", t.register, t, 0, 0, nop)

-- Alarms: the functions get the number, or the object.
local log, n = {}, 0
local function say(...) log[#log + 1] = table.concat({...}, " ") end
tmr.alarm(1, 20, tmr.ALARM_SINGLE, function(...) eq(select("#", ...), 1) eq(tmr.state(1), nil) say("single", ...) end)
tmr.alarm(6, 30, tmr.ALARM_SEMI, function(id)
  eq(tmr.state(id), false)
  n = n + 1
  say("semi", n, id)
  if n < 2 then tmr.start(id) end
end)
tmr.alarm(2, 25, 1, function(id) say("auto", id) tmr.interval(id, 50) end)
tmr.alarm(t, 40, tmr.ALARM_SINGLE, function(me) eq(me, t) say "object" end)
tmr.alarm(3, 10, 0, function() say "no" end)
tmr.alarm(3, 100, 0, function() say "again" end)
tmr.create():alarm(110, tmr.ALARM_SINGLE, function()
  tmr.unregister(2) tmr.unregister(6)
  eq(table.concat(log, ", "), "single 1, auto 2, semi 1 6, object, semi 2 6, auto 2, again")
  print "classic: ok"
end)
collectgarbage() collectgarbage()
