-- A clock with four digits (TM1637) that gets the time from the network, and knows summer
-- time. The colon blinks while the time is right; dashes mean that nobody has told it yet.
local display = require "display"
local localtime = require "localtime"

local function digitsOf(hour, minute)
  return { (hour - hour % 10) / 10, hour % 10, (minute - minute % 10) / 10, minute % 10 }
end

-- brightness is low at night.
local function brightness(hour) return (hour >= 7 and hour < 22) and 5 or 0 end

local blink, shown = false, nil

local function tick()
  local seconds = rtctime.get()
  if seconds == 0 then return display.show({}, false, 2) end
  local hour, minute = localtime.at(seconds)
  blink = not blink
  display.show(digitsOf(hour, minute), blink, brightness(hour))
  local text = ("%02d:%02d"):format(hour, minute)
  if text ~= shown then
    shown = text
    print("clock: " .. text)
  end
end

tick()
ticker = tmr.create()
ticker:alarm(1000, tmr.ALARM_AUTO, tick)

wifi.setmode(wifi.STATION, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }

-- The module asks again by itself, each 1000 s. What fails at the start is tried once a minute.
local function sync()
  sntp.sync(nil, nil, function(code)
    print("clock: nobody tells the time (" .. tostring(code) .. ")")
    if rtctime.get() == 0 then tmr.create():alarm(60000, tmr.ALARM_SINGLE, sync) end
  end, 1)
end
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, sync)
