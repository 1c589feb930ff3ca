-- A module whose application lives in the flash store and is updated over the
-- air. What is here is only what must work without an application.
local ota = require "ota"
local settings = dofile("settings.lua")

ota.recover()

local main = node.LFS.get("main")
if main then
  main()
else
  print("There is no application yet.")
end

wifi.setmode(wifi.STATION, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  ota.check(settings)
  tmr.create():alarm(settings.every * 1000, tmr.ALARM_AUTO, function() ota.check(settings) end)
end)
