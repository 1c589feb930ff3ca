wifi.setmode(wifi.STATION, false)
wps.enable()
wps.start(function(s) local t = {s} end)
wps.start(function(s) local t = {s} end)
