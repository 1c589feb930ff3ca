-- Keeps a room at a temperature with a relay. A button heats more for a while.
local sensor = require("sensor")

local M = {}

local RELAY = 1             -- pin of the relay, GPIO5
local BUTTON = 3            -- pin of the button, GPIO0: it connects the pin to ground
local SETTINGS = "settings.json"
local LOWEST, HIGHEST = 5, 30
local BOOST_TIME = 15 * 60  -- seconds
local BOOST = 2             -- °C
local BOUNCE = 200000       -- µs in which a button cannot be pressed twice

local settings = { target = 20.0, hysteresis = 0.25 }
local temperature           -- °C
local heating = false
local boost = 0             -- seconds that are left

local function load()
  local text = file.getcontents(SETTINGS)
  local ok, saved = pcall(sjson.decode, text or "")
  if ok and type(saved) == "table" then
    settings.target = tonumber(saved.target) or settings.target
    settings.hysteresis = tonumber(saved.hysteresis) or settings.hysteresis
  end
end

local function round(x) return math.floor(x * 10 + 0.5) / 10 end

local function sample()
  temperature = sensor.read(heating)
  local target = settings.target
  if boost > 0 then
    boost = boost - 1
    target = target + BOOST
  end
  if temperature < target - settings.hysteresis then
    heating = true
  elseif temperature > target + settings.hysteresis then
    heating = false
  end
  gpio.write(RELAY, heating and gpio.HIGH or gpio.LOW)
end

-- setTarget changes the temperature and keeps it. It gives nil and the reason if
-- that is not possible.
function M.setTarget(t)
  if not t or t < LOWEST or t > HIGHEST then
    return nil, ("choose %d to %d degrees"):format(LOWEST, HIGHEST)
  end
  settings.target = round(t)
  if not file.putcontents(SETTINGS, sjson.encode(settings)) then
    return nil, "cannot write the settings"
  end
  return true
end

-- status tells how things are.
function M.status()
  return {
    temperature = round(temperature or 0),
    target = settings.target,
    heating = heating,
    boost = boost,
  }
end

function M.start()
  load()
  gpio.mode(RELAY, gpio.OUTPUT)
  gpio.mode(BUTTON, gpio.INT, gpio.PULLUP)
  local last
  gpio.trig(BUTTON, "down", function(_, when)
    if not last or when - last > BOUNCE then
      boost = boost == 0 and BOOST_TIME or 0
      print("thermostat: boost " .. (boost > 0 and "on" or "off"))
    end
    last = when
  end)
  sample()
  tmr.create():alarm(1000, tmr.ALARM_AUTO, sample)
end

return M
