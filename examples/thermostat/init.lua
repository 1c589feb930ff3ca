-- The firmware runs this file after each reset.

-- Memory is scarce: collect garbage as soon as there is some.
collectgarbage("setstepmul", 1000)

wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function(e)
  print("Wi-Fi: my address is " .. e.IP)
end)
wifi.eventmon.register(wifi.eventmon.STA_DISCONNECTED, function(e)
  print("Wi-Fi: no connection to " .. e.SSID .. ", reason " .. e.reason)
end)

-- The thermostat joins a network, and is one itself: whoever joins that finds it
-- at 192.168.4.1.
wifi.setmode(wifi.STATIONAP, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }

require("thermostat").start()
require("web").start(80)
print("thermostat: ready")
