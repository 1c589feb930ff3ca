wifi.setmode(wifi.STATION, false)
wifi.startsmart(0, function(ssid, password) local t = {ssid, password} end)
