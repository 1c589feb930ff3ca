wifi.setmode(wifi.STATION, false)
wifi.suspend{duration = 50000, suspend_cb = function() local t = {} end, resume_cb = function() local t = {} end}
