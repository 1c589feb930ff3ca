-- What the board has: the network "Moonlet", and every other name as an open network.
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or tostring(err) ~= want then error(tostring(err) .. " instead of " .. want, 2) end
end
local bad = "bad argument #1 to '" .. test.named "wifi.suspend" .. "' (%s)"
local nop = function() end

-- Errors, to the letter.
fails(bad:format "must be table", wifi.suspend, 5)
fails(bad:format "must be table", wifi.suspend, nil)
fails(bad:format "duration: 0 or 50000-268435454 us", wifi.suspend, {})
fails(bad:format "duration: 0 or 50000-268435454 us", wifi.suspend, {duration = 49999})
fails(bad:format "duration: 0 or 50000-268435454 us", wifi.suspend, {duration = 268435455})
fails(bad:format "duration: 0 or 50000-268435454 us", wifi.suspend, {duration = -1})
fails(bad:format "duration: must be number", wifi.suspend, {duration = {}})
fails(bad:format "suspend_cb: must be function", wifi.suspend, {duration = 0, suspend_cb = 1})
fails(bad:format "resume_cb: must be function", wifi.suspend, {duration = 0, resume_cb = 1})
fails(bad:format "preseve_mode: must be boolean", wifi.suspend, {duration = 0, preserve_mode = 1})
fails("WIFI not suspended", wifi.resume)
eq(wifi.suspend(), 0)
collectgarbage() collectgarbage()
local free = node.heap()

local steps, at = {}, 1
local function say(what) return function() steps[#steps + 1] = what end end
local mon = wifi.eventmon
mon.register(mon.WIFI_MODE_CHANGED, function(t) say("mode " .. t.old_mode .. t.new_mode)() end)
mon.register(mon.STA_DISCONNECTED, function(t) say("left " .. t.reason)() end)
local function told(want) eq(table.concat(steps, ", "), want) steps = {} end
local function after(ms, f) tmr.create():alarm(ms, tmr.ALARM_SINGLE, f) end

local timed, forever, cancelled, dropped, nested, done

-- For a second, while connected.
function timed()
  wifi.setmode(wifi.STATION, false)
  wifi.sta.config{ssid = "home", save = false}
  after(5000, function()
    eq(wifi.sta.status(), wifi.STA_GOTIP)
    steps = {}
    local begun = tmr.now()
    local off
    wifi.suspend{duration = 1000000,
      suspend_cb = function() off = tmr.now() eq(wifi.suspend(), 2) say "suspended"() end,
      resume_cb = function()
        say "resumed"()
        eq(wifi.suspend(), 0) eq(wifi.getmode(), wifi.STATION)
        local ms = test.div(tmr.now() - begun, 1000)
        eq(ms, 1001)                            -- 1 ms to begin
        eq(test.div(off - begun, 1000), 2)            -- and another until the radio is seen off
      end}
    eq(wifi.suspend(), 1)
    eq(wifi.getmode(), wifi.NULLMODE) eq(wifi.nullmodesleep(), false)
    after(500, function() eq(wifi.sta.getip(), nil) say "timers go on"() end)
    after(6000, function()
      told "left 8, mode 10, suspended, timers go on, resumed, mode 01"
      eq(wifi.nullmodesleep(), true)
      eq(wifi.sta.status(), wifi.STA_GOTIP)     -- it has connected by itself
      forever()
    end)
  end)
end

-- Until wifi.resume, whose function replaces that of the table. It runs before resume is over.
function forever()
  wifi.suspend{duration = 0, resume_cb = function() error "replaced" end}
  after(60000, function()
    eq(wifi.suspend(), 2)
    wifi.resume(function() say "resumed"() end)
    eq(steps[#steps], "resumed")
    eq(wifi.suspend(), 0)
    fails("WIFI not suspended", wifi.resume)
    after(5000, cancelled)
  end)
end

-- Taken back before it has begun.
function cancelled()
  steps = {}
  wifi.suspend{duration = 50000, suspend_cb = say "suspended", resume_cb = say "resumed"}
  wifi.resume()
  told "resumed"
  after(200, function() told "left 8, mode 10, mode 01" dropped() end)
end

-- Without its mode.
function dropped()
  wifi.suspend{duration = 50000, preserve_mode = false, resume_cb = function() eq(wifi.getmode(), wifi.NULLMODE) nested() end}
end

-- From the callback of another one: the firmware forgets the callback.
function nested()
  wifi.suspend{duration = 50000, suspend_cb = say "suspended", resume_cb = function() error "forgotten" end}
  after(100, function()
    eq(wifi.suspend(), 0) eq(wifi.getmode(), wifi.NULLMODE)
    eq(steps[#steps - 1], "suspended")
    done()
  end)
end

function done()
  -- The callback that was forgotten is still in the registry; one that is called takes its place.
  wifi.suspend{duration = 50000, resume_cb = function() end}
  for i = 0, mon.EVENT_MAX do mon.unregister(i) end
  after(1000, function()
    steps, timed, forever, cancelled, dropped, nested, done = nil
    collectgarbage() collectgarbage()
    local lost = free - node.heap()
    if lost > 1500 then error("lost " .. lost) end
    print "suspend: ok"
  end)
end
timed()
