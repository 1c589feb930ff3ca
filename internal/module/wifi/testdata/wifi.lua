-- Surroundings (see the test): the network "home" with the password "secret-1" on
-- channel 11, an open one called "cafe,bar", one that hides, and any other name is
-- an open network, too.
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function fails(want, f, ...)
  local ok, err = pcall(f, ...)
  if ok or not tostring(err):find(want, 1, true) then error(tostring(err) .. " instead of " .. want, 2) end
end
local function list(...)
  local t = test.pack(...)
  for i = 1, t.n do t[i] = tostring(t[i]) end
  return table.concat(t, " ")
end
local sta, ap, mon = wifi.sta, wifi.ap, wifi.eventmon

-- A new module.
eq(wifi.getmode(), wifi.SOFTAP) eq(wifi.getdefaultmode(), wifi.SOFTAP)
eq(list(ap.getip()), "192.168.4.1 255.255.255.0 192.168.4.1") eq(ap.getbroadcast(), "192.168.4.255")
eq(ap.getmac(), "1a:fe:34:12:34:56") eq(sta.getmac(), "18:fe:34:12:34:56")
eq(list(ap.getconfig()), "ESP_123456 nil")
eq(sta.getip(), nil) eq(sta.getbroadcast(), nil) eq(sta.getrssi(), nil) eq(sta.status(), wifi.STA_IDLE)
eq(list(sta.getconfig()), "  0 ff:ff:ff:ff:ff:ff")
eq(sta.gethostname(), "NODE-123456")
eq(sta.getapinfo().qty, 0)
eq(wifi.getphymode(), wifi.PHYMODE_N) eq(wifi.sleeptype(), wifi.MODEM_SLEEP) eq(wifi.nullmodesleep(), true)
local c = wifi.getcountry()
eq(list(c.country, c.start_ch, c.end_ch, c.policy), "CN 1 13 0")

-- The access point.
local t = ap.getconfig(true)
eq(list(t.ssid, t.pwd, t.auth, t.channel, t.hidden, t.max, t.beacon), "ESP_123456 nil 0 1 false 4 100")
eq(ap.config{ssid = "mine", pwd = "12345678", channel = 3, hidden = 1, max = 2, beacon = 200, save = false}, true)
t = ap.getconfig(true)
eq(list(t.ssid, t.pwd, t.auth, t.channel, t.hidden, t.max, t.beacon), "mine 12345678 4 3 true 2 200")
eq(list(ap.getdefaultconfig()), "ESP_123456 nil")
eq(wifi.getchannel(), 3)
fails("ssid: required", ap.config, {}) fails("ssid: not string", ap.config, {ssid = {}})
fails("ssid: length:1-32", ap.config, {ssid = ""}) fails("pwd: length:0 or 8-64", ap.config, {ssid = "x", pwd = "short"})
fails("auth: Range:0-4", ap.config, {ssid = "x", auth = 5}) fails("auth: not number", ap.config, {ssid = "x", auth = {}})
fails("channel: Range:1-13", ap.config, {ssid = "x", channel = 14})
fails("hidden: 0 or 1", ap.config, {ssid = "x", hidden = 2}) fails("hidden: not boolean", ap.config, {ssid = "x", hidden = "1"})
fails("max: 1-4", ap.config, {ssid = "x", max = 5}) fails("beacon: 100-60000", ap.config, {ssid = "x", beacon = 99})
fails("save: not boolean", ap.config, {ssid = "x", save = 1})
fails("staconnected_cb:not function", ap.config, {ssid = "x", staconnected_cb = 1})
fails("table expected", ap.config, "x")
eq(list(ap.dhcp.config{start = "192.168.4.100"}), "192.168.4.100 192.168.4.101")
fails("wrong arg type", ap.dhcp.config, {}) fails("wrong arg type", ap.dhcp.config)
eq(ap.dhcp.stop(), true) eq(ap.dhcp.start(), true)
eq(next(ap.getclient()), nil) eq(ap.deauth(), true) eq(ap.deauth"02:00:00:00:00:01", true)
fails("MAC:FF:FF:FF:FF:FF:FF", ap.deauth, "02:00")
eq(ap.setip{ip = "192.168.7.1", netmask = "255.255.0.0"}, true)
eq(list(ap.getip()), "192.168.7.1 255.255.0.0 0.0.0.0") eq(ap.getbroadcast(), "192.168.255.255")
eq(ap.setmac"AC-1D-1C-B1-0B-22", true) eq(ap.getmac(), "ac:1d:1c:b1:0b:22")
fails("Can't list ap in SOFTAP mode", sta.getap, print)

-- Settings of the whole.
fails("Invalid mode", wifi.setmode, 4) fails("boolean expected", wifi.setmode, 1, 1)
eq(wifi.setphymode(wifi.PHYMODE_G), wifi.PHYMODE_G) fails("wrong arg type", wifi.setphymode, 4)
eq(wifi.setmaxtxpower(82), 82) fails("tx power out of range (0->82)", wifi.setmaxtxpower, 83)
eq(wifi.sleeptype(wifi.NONE_SLEEP), wifi.NONE_SLEEP) eq(wifi.sleeptype(2), 2) 
if not test.integral then eq(wifi.sleeptype(tonumber "1.5"), test.lua51 and 1 or wifi.NONE_SLEEP) end -- no integer in Lua 5.3
fails("range:0-2", sta.sleeptype, 3)
eq(wifi.nullmodesleep(false), false) eq(wifi.nullmodesleep(true), true)
eq(wifi.setcountry{country = "us", start_ch = 2, end_ch = 11, policy = wifi.COUNTRY_MANUAL}, true)
c = wifi.getcountry()
eq(list(c.country, c.start_ch, c.end_ch, c.policy), "US 2 11 1")
eq(wifi.setcountry{}, true)
fails("country: country code must be 2 chars", wifi.setcountry, {country = "usa"})
fails("start_ch: Range:1-14", wifi.setcountry, {start_ch = 0}) fails("end_ch: can't be less", wifi.setcountry, {start_ch = 5, end_ch = 4})
fails("start_ch: must be a number", wifi.setcountry, {start_ch = "x"}) fails("Table not found!", wifi.setcountry)
fails("policy: must be 0 or 1", wifi.setcountry, {policy = 2})
fails("wifi.suspend is unavailable", wifi.suspend, {duration = 0}) fails("wifi.suspend is unavailable", wifi.resume)
eq(wifi.startsmart, nil)

-- Options of the station.
fails("config table not found!", sta.config, "home") fails("ssid required", sta.config, {})
fails("ssid: length:0-32", sta.config, {ssid = ("x"):rep(33)}) fails("ssid:not string", sta.config, {ssid = {}})
fails("pwd: length:0-64", sta.config, {ssid = "x", pwd = ("x"):rep(65)})
fails("bssid: FF:FF:FF:FF:FF:FF", sta.config, {ssid = "x", bssid = "1"}) fails("auto:not boolean", sta.config, {ssid = "x", auto = 1})
fails("save:not boolean", sta.config, {ssid = "x", save = 1}) fails("gotip_cb:not function", sta.config, {ssid = "x", got_ip_cb = 1})
fails("0 or 1", sta.autoconnect, 2) fails("Valid range: 1-5", sta.setaplimit, 6) fails("Valid range: 1-5", sta.changeap, 0)
fails("Invalid hostname", sta.sethostname, "a_b") fails("Invalid hostname", sta.sethostname, "-a") fails("wrong arg type", sta.setip)
fails("valid wifi events:0-10", mon.register, 11, print)
eq(mon.EVENT_MAX, 10) eq(mon.reason["4WAY_HANDSHAKE_TIMEOUT"], 15) eq(mon.reason["802_1X_AUTH_FAILED"], 23) eq(mon.reason.HANDSHAKE_TIMEOUT, 204)

-- Events. What follows is a list of steps; each waits for one event.
local steps, log = {}, {}
local function step(event, check) steps[#steps + 1] = {event, check} end
local function happened(name)
  return function(e)
    log[#log + 1] = name
    local s = table.remove(steps, 1)
    if not s then return end
    eq(name, s[1])
    s[2](e)
    if #steps == 0 then print "wifi: ok" end
  end
end
for _, name in ipairs{"STA_CONNECTED", "STA_DISCONNECTED", "STA_AUTHMODE_CHANGE", "STA_GOT_IP", "STA_DHCP_TIMEOUT",
    "AP_STACONNECTED", "AP_STADISCONNECTED", "AP_PROBEREQRECVED", "WIFI_MODE_CHANGED"} do
  mon.register(mon[name], happened(name))
end

step("WIFI_MODE_CHANGED", function(e)
  eq(list(e.old_mode, e.new_mode), "2 1")
end)
step("scan", function(e)
  local n = 0
  for ssid, v in pairs(e) do n = n + 1 end
  eq(n, 2)
  eq(e["home"]:match"^3,%-60,.*,11$" ~= nil, true)
  sta.getap({show_hidden = 1, channel = 6}, 1, happened"scan")
end)
step("scan", function(e)
  local all = {}
  for bssid, v in pairs(e) do eq(#bssid, 17) all[#all + 1] = v end
  table.sort(all)
  eq(table.concat(all, " "), "cafe,bar,-50,0,6 shy,-50,0,6")
  eq(sta.config{ssid = "home", pwd = "wrong-pw", got_ip_cb = happened"STA_GOT_IP"}, true)
  eq(sta.status(), wifi.STA_CONNECTING)
end)
step("STA_DISCONNECTED", function(e)
  eq(e.SSID, "home") eq(e.reason, mon.reason.AUTH_EXPIRE)
  eq(sta.status(), wifi.STA_WRONGPWD)
  eq(sta.config{ssid = "home", pwd = "secret-1"}, true)
end)
step("STA_CONNECTED", function(e)
  eq(list(e.SSID, e.channel), "home 11") eq(#e.BSSID, 17)
end)
step("STA_GOT_IP", function(e)
  eq(list(e.IP, e.netmask, e.gateway), "10.1.0.5 255.255.0.0 10.1.0.1")
  eq(list(sta.getip()), "10.1.0.5 255.255.0.0 10.1.0.1") eq(sta.getbroadcast(), "10.1.255.255")
  eq(sta.status(), wifi.STA_GOTIP) eq(sta.getrssi(), -60) eq(wifi.getchannel(), 11)
  t = sta.getconfig(true)
  eq(list(t.ssid, t.pwd, t.bssid_set, #t.bssid), "home secret-1 false 17")
  t = sta.getapinfo()
  eq(list(t.qty, t[1].ssid, t[1].pwd, t[1].bssid, sta.getapindex()), "1 home secret-1 nil 1")
  eq(sta.sethostname"node-1", true) eq(sta.gethostname(), "node-1")
  fails("Can't list clients in STATION mode", ap.getclient)
  sta.disconnect(happened"STA_DISCONNECTED")
  eq(sta.status(), wifi.STA_IDLE)
end)
step("STA_DISCONNECTED", function(e)
  eq(e.reason, mon.reason.ASSOC_LEAVE)
  eq(sta.getip(), nil)
  eq(sta.setip{ip = "192.168.0.50", netmask = "255.255.255.0", gateway = "192.168.0.1"}, true)
  eq(sta.config{ssid = "elsewhere", auto = false, save = false}, true)
  eq(sta.status(), wifi.STA_IDLE)
  sta.connect(happened"STA_CONNECTED")
end)
step("STA_CONNECTED", function(e) eq(e.SSID, "elsewhere") end)
step("STA_GOT_IP", function(e)
  eq(e.IP, "192.168.0.50")
  eq(list(sta.getdefaultconfig()):match"^home secret%-1 0 " ~= nil, true)
  wifi.setmode(wifi.STATIONAP, false)
end)
step("WIFI_MODE_CHANGED", function(e)
  eq(list(e.old_mode, e.new_mode), "1 3")
  eq(wifi.getdefaultmode(), wifi.STATION)
end)
step("AP_STACONNECTED", function(e)                 -- from here on the surroundings act: 60 s after power-on
  eq(list(e.MAC, e.AID), "02:00:00:00:00:01 1")
  eq(ap.getclient()["02:00:00:00:00:01"], "192.168.7.2")     -- the range above is of another network
end)
step("AP_PROBEREQRECVED", function(e) eq(list(e.MAC, e.RSSI), "02:00:00:00:00:02 -70") ap.deauth"02:00:00:00:00:01" end)
step("AP_STADISCONNECTED", function(e) eq(list(e.MAC, e.AID), "02:00:00:00:00:01 1") end)
step("STA_AUTHMODE_CHANGE", function(e) eq(list(e.old_auth_mode, e.new_auth_mode), "0 2") end)
step("STA_DISCONNECTED", function(e)
  eq(e.reason, mon.reason.BEACON_TIMEOUT)
  eq(sta.clearconfig(), true)
  eq(list(sta.getdefaultconfig()), "  0 ff:ff:ff:ff:ff:ff")
  for i = 0, mon.EVENT_MAX do mon.unregister(i) end
end)

eq(wifi.setmode(wifi.STATION), wifi.STATION)
sta.getap(happened"scan")
