-- A leak that many applications have, and how "moonlet heap" finds it:
--
--     moonlet heap examples/leak --after 2s --then 30s
--
-- watch() makes a timer whose callback refers to the timer itself. The firmware
-- keeps the callback in Lua's registry until the timer is unregistered or
-- collected. But it cannot be collected: the registry has the callback, the
-- callback has its upvalue "timer", and that is the timer. stop() alone does not
-- break this circle.
local readings = 0

local function watch()
  local timer = tmr.create()
  local samples = {}
  timer:register(100, tmr.ALARM_AUTO, function()
    samples[#samples + 1] = adc and adc.read(0) or readings
    if #samples == 3 then
      readings = readings + 1
      timer:stop()          -- mended by timer:unregister()
    end
  end)
  timer:start()
end

-- The timer of this loop is held by a global variable and is no leak.
clock = tmr.create()
clock:alarm(1000, tmr.ALARM_AUTO, watch)
