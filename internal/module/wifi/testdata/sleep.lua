-- Pin 3 is pulled down 5 s after the board's begin, let go at 10 s, down at 15 s, and so on.
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or tostring(err) ~= want then error(tostring(err) .. " instead of " .. want, 2) end
end
local bad = "bad argument #1 to '" .. test.named "node.sleep" .. "' (%s)"
local function after(ms, f) tmr.create():alarm(ms, tmr.ALARM_SINGLE, f) end

local function ms() return test.div(tmr.now(), 1000) end

eq(node.INT_UP, 1) eq(node.INT_DOWN, 2) eq(node.INT_BOTH, 3) eq(node.INT_LOW, 4) eq(node.INT_HIGH, 5)
fails(bad:format "must be table", node.sleep)
fails(bad:format "wake_pin: must specify pin", node.sleep, {})
fails(bad:format "wake_pin: must be number", node.sleep, {wake_pin = {}})
fails(bad:format "wake_pin: Invalid interrupt pin", node.sleep, {wake_pin = 0})
fails(bad:format "wake_pin: Invalid interrupt pin", node.sleep, {wake_pin = 13})
fails(bad:format "int_type: must be number", node.sleep, {wake_pin = 3, int_type = "x"})
fails(bad:format "int_type: invalid interrupt type", node.sleep, {wake_pin = 3, int_type = 0})
fails(bad:format "int_type: invalid interrupt type", node.sleep, {wake_pin = 3, int_type = 6})
fails(bad:format "resume_cb: must be function", node.sleep, {wake_pin = 3, resume_cb = 1})
fails(bad:format "preseve_mode: must be boolean", node.sleep, {wake_pin = 3, preserve_mode = 1})
local gone = "This feature has been removed, we apologize for any inconvenience this may have caused."
fails(gone, tmr.suspend_all) fails(gone, tmr.resume_all)
local t = tmr.create()
fails(gone, t.suspend, t) fails(gone, t.resume, t)

-- A low level wakes, 5 s after the begin; a timer with 2 s left then has 2 s left, less what
-- passes until the chip sleeps.
wifi.setmode(wifi.STATION, false)
local fired, early
local second, third, fourth, fifth
local function first()
  local begun = ms()
  after(2000, function() fired = ms() end)
  tmr.create():alarm(100, tmr.ALARM_AUTO, function(t) early = (early or 0) + 1 if early == 3 then t:unregister() end end)
  node.sleep{wake_pin = 3, resume_cb = function()
    eq(ms(), 5003)                              -- 3 ms to wake up
    eq(fired, nil) eq(early, nil) eq(wifi.getmode(), wifi.STATION) eq(wifi.suspend(), 0)
    after(2500, function()
      eq(early, 3)
      eq(fired, 7002)
      second()
    end)
  end}
  eq(wifi.suspend(), 1) eq(wifi.getmode(), wifi.NULLMODE)
end

-- At a level that is there already the sleep is as short as it can be: it is 7.5 s, and low.
function second()
  local begun = ms()
  node.sleep{wake_pin = 3, resume_cb = function()
    eq(ms() - begun, 4)
    node.task.post(third)
  end}
end

-- A rising edge at 10 s, a falling one at 15 s, either at 20 s, a high level then.
function third()
  node.sleep{wake_pin = 3, int_type = node.INT_UP, resume_cb = function()
    eq(ms(), 10003)
    node.task.post(function()
      node.sleep{wake_pin = 3, int_type = node.INT_DOWN, preserve_mode = false, resume_cb = function()
        eq(ms(), 15003) eq(wifi.getmode(), wifi.NULLMODE)
        node.task.post(function()
          node.sleep{wake_pin = 3, int_type = node.INT_BOTH, resume_cb = function()
            eq(ms(), 20003)
            node.task.post(function()
              node.sleep{wake_pin = 3, int_type = node.INT_HIGH, resume_cb = function() eq(ms(), 20007) fourth() end}
            end)
          end}
        end)
      end}
    end)
  end}
end

-- The interrupt of the pin itself does not come in light sleep.
function fourth()
  local n = 0
  gpio.mode(3, gpio.INT) gpio.trig(3, "both", function() n = n + 1 end)
  node.task.post(function()
    node.sleep{wake_pin = 3, int_type = node.INT_DOWN, resume_cb = function() -- 25 s
      after(100, function() eq(n, 0) fifth() end)
    end}
  end)
end

-- Light sleep while the radio is suspended: the SDK keeps to modem sleep. Timers stand until
-- wifi.resume, which an interrupt calls.
function fifth()
  gpio.trig(3, "up", function()                 -- 30 s
    eq(fired, nil)
    gpio.trig(3)
    wifi.resume()
    after(2000, function() eq(fired, true) print "sleep: ok" end)
  end)
  fired = nil
  wifi.suspend{duration = 0}
  after(100, function()
    after(1000, function() fired = true end)
    node.sleep{wake_pin = 3}
  end)
end
first()
