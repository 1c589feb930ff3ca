-- A phone tells "home" at 20 s, "eleven" with a password of its own at 120 s, "home" at 200 s,
-- "eleven" at 400 s, "home" at 500 s (see the test).
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or tostring(err) ~= want then error(tostring(err) .. " instead of " .. want, 2) end
end
local function s() return tmr.now() / 1000000 end
local function at(sec, f) tmr.create():alarm(sec * 1000 - test.div(tmr.now(), 1000), tmr.ALARM_SINGLE, f) end

local first, second, none, third

function first()
  for _, mode in ipairs{wifi.NULLMODE, wifi.SOFTAP, wifi.STATIONAP} do
    wifi.setmode(mode, false)
    fails("Smart link only in STATION mode", wifi.startsmart, 0, function() end)
    fails("Smart link only in STATION mode", wifi.startsmart)
  end
  wifi.setmode(wifi.STATION)
  fails("wrong arg range", wifi.startsmart, 2)
  fails("wrong arg range", wifi.startsmart, -1)
  eq(select("#", wifi.stopsmart()), 0)
  eq(select("#", wifi.startsmart(0, function() error "forgotten" end)), 0)
  local calls = 0
  wifi.startsmart("1", function(...)               -- goes on; the function is this one now
    calls = calls + 1
    eq(select("#", ...), 2)
    local ssid, password = ...
    eq(ssid, "home") eq(password, "correct horse")
    if s() < 23 or s() > 23 + 1 / 10 then error(s()) end
    eq(wifi.sta.status(), wifi.STA_CONNECTING)
    eq(wifi.sta.getconfig(), "home")
    eq(wifi.sta.getdefaultconfig(), "home")        -- it is saved
    at(30, function()
      eq(wifi.sta.status(), wifi.STA_GOTIP)
      eq(calls, 1)
      second()
    end)
  end)
end

-- It leaves the network. A wrong password is told as it is. A function that came with a wrong type counts.
function second()
  local called
  fails("wrong arg range", wifi.startsmart, 9, function(...) called = table.concat({...}, ",") end)
  eq(wifi.sta.status(), wifi.STA_GOTIP)
  wifi.startsmart()                                -- ESP-TOUCH without a function of its own
  eq(wifi.sta.status(), wifi.STA_IDLE)
  at(130, function()
    eq(called, "eleven,a-secret")
    eq(wifi.sta.getconfig(), "eleven")
    called = nil
    none()
  end)
end

-- Stopped, or in another mode, nothing comes.
function none()
  wifi.stopsmart()
  wifi.startsmart(1, function() error "stopped" end)
  wifi.stopsmart()
  wifi.startsmart(1, function() error "another mode" end)
  wifi.setmode(wifi.NULLMODE)
  wifi.setmode(wifi.STATION)
  at(210, function()
    eq(wifi.sta.getconfig(), "eleven")
    third()
  end)
end

-- Without a function it connects all the same. When it is over, it can begin again, and the function of before is
-- forgotten.
function third()
  local calls = 0
  wifi.stopsmart()
  wifi.startsmart(0)
  at(310, function()
    eq(wifi.sta.getconfig(), "home")
    eq(wifi.sta.status(), wifi.STA_GOTIP)
    wifi.startsmart(0, function() calls = calls + 1 end)
    at(390, function() eq(calls, 0) end)           -- no phone tells any more
    at(410, function()
      eq(calls, 1)
      eq(wifi.sta.getconfig(), "eleven")
      wifi.startsmart()
      at(510, function() eq(calls, 1) eq(wifi.sta.getconfig(), "home") wifi.stopsmart() print "smart: ok" end)
    end)
  end)
end

first()
