-- A meter: it reads its sensor at an interval, and tells a broker, with the time of day.
--
-- What makes it survive a broker that goes, and a network that does: it connects again some
-- time after it was told so, and keeps the values of the meantime, a few of them.
local BROKER = "broker.lan"
local PAUSE = 5000          -- ms until it connects again
local KEPT = 20             -- values that wait for the broker

collectgarbage("setstepmul", 1000)
wifi.setmode(wifi.STATION, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }

local client = mqtt.Client("meter-" .. node.chipid(), 30, "", "", 1)
local waiting, online, underWay, greeting = {}, false, false, false
local ticker = tmr.create()

-- sendNext publishes one value; the next one follows when the broker has it.
local function sendNext()
  if not online or underWay or not waiting[1] then return end
  underWay = true
  client:publish("meter/value", waiting[1], 1, 0)
end

-- One callback is told of all that is published, in its order: "online", then values, one at
-- a time.
client:on("puback", function()
  if greeting then
    greeting = false
  elseif underWay then
    underWay = false
    table.remove(waiting, 1)
    sendNext()
  end
end)

local function measure()
  local seconds = rtctime.get()
  if #waiting == KEPT then table.remove(waiting, 1) end
  waiting[#waiting + 1] = sjson.encode { time = seconds, value = adc.read(0), heap = node.heap() }
  if #waiting == 1 then sendNext() end
end

local connect
local function later() tmr.create():alarm(PAUSE, tmr.ALARM_SINGLE, connect) end

connect = function()
  client:connect(BROKER, 1883, false, function()
    online = true
    print("meter: connected to " .. BROKER)
    greeting = true
    client:publish("meter/online", "1", 1, 1)
    client:subscribe("meter/interval", 1)
    sendNext()
  end, function(_, reason)
    print("meter: no connection, reason " .. reason)
    if not online then later() end
  end)
end

client:on("offline", function()
  if online then print("meter: offline, " .. #waiting .. " values wait") end
  online, underWay, greeting = false, false, false
  later()
end)

client:on("message", function(_, _, text)
  local seconds = tonumber(text or "")
  if not seconds or seconds < 1 or seconds > 3600 then return end
  print("meter: a value each " .. text .. " s")
  ticker:interval(math.floor(seconds) * 1000)
end)

client:lwt("meter/online", "0", 1, 1)

local started
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  if started then return end
  started = true
  sntp.sync(nil, function(seconds)
    print("meter: the time is known")
    ticker:alarm(10000, tmr.ALARM_AUTO, measure)
    measure()
  end, function(code) print("meter: no time, reason " .. code) end, 1)
  connect()
end)
