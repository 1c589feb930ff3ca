-- What happens (see the test): at 20 s "home" has its button pressed, at 200 s "old" with WEP, at
-- 400 s "home" and "other" both, at 600 s "home" again, which refuses at 601 s; at 800 s all are gone.
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or tostring(err) ~= want then error(tostring(err) .. " instead of " .. want, 2) end
end
local function s() return test.div(tmr.now(), 1000000) end
local function at(sec, f) tmr.create():alarm(sec * 1000 - test.div(tmr.now(), 1000), tmr.ALARM_SINGLE, f) end

eq(wps.SUCCESS, 0) eq(wps.FAILED, 1) eq(wps.TIMEOUT, 2) eq(wps.WEP, 3) eq(wps.SCAN_ERR, 4)
fails("Argument not a function", wps.start)
fails("Argument not a function", wps.start, 1)
eq(select("#", wps.disable()), 0)
wps.start(function() error "not enabled" end)     -- nothing comes of it
wps.enable()                                      -- no station yet
wps.start(function() error "not enabled" end)
wifi.setmode(wifi.STATION, false)
eq(select("#", wps.enable()), 0)

local calls = 0
local wep, overlap, refused, none
local function want(status, first, last, behind)
  return function(...)
    calls = calls + 1
    eq(select("#", ...), 1) eq(..., status)
    if s() < first or s() > last then error("after " .. s() .. " s") end
    behind()
  end
end


eq(select("#", wps.start(want(wps.SUCCESS, 22, 25, function()
  eq(wifi.sta.getconfig(), "home") eq(select(2, wifi.sta.getconfig()), "correct horse")
  eq(wifi.sta.getdefaultconfig(), "home")         -- it is saved
  eq(wifi.sta.status(), wifi.STA_IDLE)            -- and not connected
  wps.disable()
  wifi.sta.connect()
  at(30, function()
    eq(wifi.sta.status(), wifi.STA_GOTIP)
    wps.enable() wps.start(want(wps.TIMEOUT, 150, 150, wep))
    eq(wifi.sta.status(), wifi.STA_IDLE)          -- it has left
    wps.start(function(st) eq(st, wps.TIMEOUT) calls = calls + 1 wep() end) -- the callback is new, the rest goes on
  end)
end))), 0)
function wep() at(201, function() eq(calls, 2) wps.start(want(wps.WEP, 202, 205, overlap)) end) end
function overlap() at(401, function() wps.start(want(wps.FAILED, 402, 405, refused)) end) end
function refused() at(598, function() wps.start(want(wps.FAILED, 602, 606, none)) end) end
function none()
  at(801, function()
    wps.start(function() error "disabled" end)
    wps.disable()
    at(810, function()
      wps.enable()
      wps.start(want(wps.SCAN_ERR, 811, 812, function() eq(calls, 6) print "wps: ok" end))
    end)
  end)
end
