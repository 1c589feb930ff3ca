-- The application. Its code and its strings are in flash; only what it computes is in RAM.
local settings = dofile("settings.lua")
local greeting = require "greeting"
local ota = require "ota"

print(greeting.text(1))

local function look()
  ota.check {
    url = settings.url,
    name = "greeting",
    done = function(result, why) print("update: " .. result .. ": " .. tostring(why)) end,
  }
end

wifi.setmode(wifi.STATION, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  -- It is online, so it can be replaced once more: that is what it has to be good for. A version
  -- that never gets here is started three times, then the one before comes back.
  if ota.good() then print("update: this version is good") end
  look()
  tmr.create():alarm(settings.every * 1000, tmr.ALARM_AUTO, look)
end)
