sntp.sync("192.168.0.1", function() end, function() end, 1)
tmr.create():alarm(20, tmr.ALARM_SINGLE, function() sntp.sync({"0.pool.ntp.org", "192.168.0.1"}, function() end, function() end) end)
