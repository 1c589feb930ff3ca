-- What is around (see the test): "home" and the hidden "shy" on channel 6, "eleven" on 11; at 30 s a phone asks
-- for networks, at 31 s "home" goes.
local function eq(got, want)
  if got ~= want then error(("got %s, want %s"):format(tostring(got), tostring(want)), 2) end
end
local function near(got, want, by) if math.abs(got - want) > by then error("got " .. got .. ", want " .. want, 2) end end
local function ms() return test.div(tmr.now(), 1000) end
local function at(s, f) tmr.create():alarm(s * 1000 - ms(), tmr.ALARM_SINGLE, f) end
local monitor = wifi.monitor
local home, shy, phone = "02:00:d2:c8:c2:8e", "02:00:d5:2d:da:65", "02:00:00:00:00:02"

local connect, associated, beacons, asked, suspended

-- A station that is with a network leaves it, and nobody else hears of that. It does not connect by itself any more.
function connect()
  wifi.setmode(wifi.STATION)
  local events = 0
  wifi.eventmon.register(wifi.eventmon.STA_DISCONNECTED, function() events = events + 1 end)
  wifi.sta.config{ssid = "home", pwd = "correct horse", save = false}
  at(5, function()
    eq(wifi.sta.status(), wifi.STA_GOTIP)
    eq(monitor.channel(), 6)
    local n = 0
    eq(select("#", monitor.start(function() n = n + 1 end)), 0)
    eq(wifi.sta.status(), wifi.STA_IDLE)
    eq(monitor.channel(), 6)                       -- it begins with the event
    at(6, function()
      eq(n, 0) eq(events, 0)                       -- nothing is on channel 1
      eq(monitor.channel(), 1)
      eq(select("#", monitor.stop()), 0)
      wifi.sta.connect()
      at(10, function()
        eq(wifi.sta.status(), wifi.STA_GOTIP)
        wifi.sta.disconnect()
        at(11, function() eq(events, 1) wifi.eventmon.unregister(wifi.eventmon.STA_DISCONNECTED) beacons() end)
      end)
    end)
  end)
end

-- Beacons of the networks on the channel, each 102.4 ms.
function beacons()
  local seen, t = {}, {}
  monitor.start(13, 0x80, function(p)
    local id = p.bssid_hex
    local s = seen[id] or {n = 0, first = ms(), number = p.number}
    seen[id], s.last, s.n = s, ms(), s.n + 1
    eq(test.div(p.number, 16), test.div(s.number, 16) + s.n - 1)
    eq(p.type, 0) eq(p.subtype, 8) eq(p.dstmac, p.bssid) eq(p.srcmac_hex, "ff:ff:ff:ff:ff:ff") eq(p.is_group, 1)
    eq(p.channel, 6) eq(p.beacon_interval, 100) eq(p.ie_dsss_parameter_set, "\6") eq(#p.frame, 112)
    eq(p:frame_byte(1), 0x80) eq(p:frame_byte(113), nil) eq(p:radio_byte(1), p.rssi % 256)
    eq(p:frame_sub(17, 22), p.bssid) eq(p:frame_subhex(17, 22, ":"), id) eq(p:radio_sub(1), p.radio)
    eq(p:radio_subhex(11, 11), "06")
    local us = 0
    for i = 8, 1, -1 do us = us * 256 + p.timestamp:byte(i) end
    near(test.div(us, 1000), ms(), 1)
    if id == home then
      eq(p.ie_ssid, "home") eq(p[0], "home") eq(p.rssi, -44) eq(test.band(p.capability, 0x10), 0x10)
      eq(p.ie_rsn, "\1\0\0\15\172\4\1\0\0\15\172\4\1\0\0\15\172\2\0\0")
      eq(p.ie_table[0], "home")                    -- not a method, as the manual says
    else
      eq(id, shy) eq(p[0], "") eq(p.rssi, -50) eq(test.band(p.capability, 0x10), 0) eq(p.ie_rsn, nil)
    end
    eq(#p.header, 12) eq(p.reason, nil) eq(p.nothing, nil) eq(p[77], nil)
  end)
  eq(monitor.channel(6), 1)
  at(15, function()
    for _, id in ipairs{home, shy} do
      local s = seen[id]
      if s.n < 38 or s.n > 40 then error(id .. ": " .. s.n) end
      near((s.last - s.first) * 10, (s.n - 1) * 1024, 10)
    end
    seen = {}
    eq(monitor.channel(11), 6)
    monitor.start(13, 0x80, function(p) eq(p[0], "eleven") eq(p[3], "\11") eq(p.channel, 11) seen[0] = true end)
    monitor.channel(11)
    at(16, function() eq(seen[0], true) suspended() end)
  end)
end

-- In a mode without a station, and behind stop, nothing is heard.
function suspended()
  local n = 0
  monitor.start(function() n = n + 1 end)
  monitor.channel(6)
  at(17, function()
    if n < 18 then error(n) end
    wifi.setmode(wifi.NULLMODE, false)
    n = 0
    at(18, function()
      eq(n, 0)
      wifi.setmode(wifi.STATION, false)
      at(19, function()
        if n < 18 then error(n) end
        monitor.stop()
        n = 0
        at(20, function() eq(n, 0) asked() end)
      end)
    end)
  end)
end

-- A phone asks, and the networks on the channel that are not hidden answer.
function asked()
  local list, gone = {}, 0
  monitor.start(function(p)
    if p.subtype ~= 8 then list[#list + 1] = p.subtype .. " " .. p.dstmac_hex .. " " .. p.srcmac_hex .. " " .. p[0] .. " " .. p.rssi end
    if p.subtype == 8 and p.bssid_hex == home then gone = ms() end
    if p.subtype == 5 then eq(p.ie_tim, nil) eq(p.beacon_interval, 100) eq(#p.header, 12) end
    if p.subtype == 4 then eq(p.header, "") eq(p.beacon_interval, nil) eq(p.ie_dsss_parameter_set, "\6") end
  end)
  monitor.channel(6)
  at(35, function()
    eq(table.concat(list, "|"), ("4 %s ff:ff:ff:ff:ff:ff  -70|5 %s %s home -44"):format(phone, home, phone))
    near(gone, 30950, 60)
    monitor.stop()
    print "monitor: ok"
  end)
end

connect()
