-- The network "home" has the password secret-1.
local function eq(got, want) if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or not err:find(want, 1, true) then error(tostring(err), 2) end
end
local sta = wifi.sta
eq(wifi.setmode(wifi.STATION), 1)

-- Configurations: the new way and the old one.
eq(sta.config{ssid = "x", pwd = "12345678", auto = false, save = false}, true)
eq(sta.getconfig(), "x")
fails("ssid required", sta.config, {})
fails("bad argument #1", sta.config)
fails("length:1-32", sta.config, "", "12345678") fails("length:1-32", sta.config, ("x"):rep(32), "")
fails("length:0 or 8-64", sta.config, "x", "1234567") fails("length:0 or 8-64", sta.config, "x", ("x"):rep(65))
fails("string expected, got no value", sta.config, "x")
fails("wrong arg type", sta.config, "x", "", 2) fails("wrong arg type", sta.config, "x", "", nil)
fails("MAC:FF:FF:FF:FF:FF:FF", sta.config, "x", "", 0, "aa:bb")
eq(sta.config("open", "", 0), true) eq(sta.getconfig(), "open") eq(sta.getdefaultconfig(), "open")
eq(sta.config("a", "12345678", 0, "aa:bb:cc:dd:ee:ff"), true)
local ssid, pwd, set, bssid = sta.getconfig()
eq(ssid, "a") eq(pwd, "12345678") eq(set, 1) eq(bssid, "aa:bb:cc:dd:ee:ff")
eq(sta.config("a", "12345678", 0, 0), true) eq(select(3, sta.getconfig()), 0)
eq(sta.config("a", "12345678", "aa:bb:cc:dd:ee:01"), true) eq(select(4, sta.getconfig()), "aa:bb:cc:dd:ee:01")

-- Sleep.
eq(wifi.sleep(), 0) eq(wifi.sleep(0), 0)
local asleep, err = wifi.sleep(1)
eq(asleep, 1) eq(err, nil) eq(wifi.getmode(), wifi.NULLMODE) eq(wifi.sleep(1), 1) eq(wifi.sleep(0), 0) eq(wifi.getmode(), wifi.NULLMODE)

-- The event monitor.
wifi.setmode(wifi.SOFTAP)
fails("Can't monitor in SOFTAP mode", sta.eventMonStart)
wifi.setmode(wifi.STATION)
fails("No callbacks defined", sta.eventMonStart)
fails("valid wifi status:0-5", sta.eventMonReg, 6, print)
local log = {}
for s = 0, 5 do sta.eventMonReg(s, function(...) log[#log + 1] = s .. "<" .. table.concat({...}, ",") end) end
sta.eventMonReg(0)
sta.eventMonStart() sta.eventMonStart(100)
eq(sta.config("home", "secret-1"), true)
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  sta.eventMonReg(5, function(before)
    eq(before, 1) eq(table.concat(log, " "), "1<0")
    sta.eventMonStop() sta.eventMonReg(0, print) sta.eventMonStop("unreg all")
    fails("No callbacks defined", sta.eventMonStart)
    print "classic: ok"
  end)
end)
