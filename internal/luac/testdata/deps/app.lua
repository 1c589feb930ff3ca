-- An application as they are written: what it needs is in app.deps.
local file, node, LFS = file, node, node.LFS
local fetch = LFS and LFS.get or node.flashindex
local main = require "thermostat"

local function settings()
  if file.exists("settings.json") then
    return sjson.decode(file.getcontents("settings.json"))
  end
  local ok, defaults = pcall(dofile, "defaults.lua")
  return ok and defaults or {}
end

local function page(name)
  local fd = file.open(name, "r")
  if not fd then fd = file.open "404.html" end
  return fd
end

function start(config)
  local t = tmr.create()
  t:alarm(1000, tmr.ALARM_AUTO, function()
    local f = fetch("sample")
    f(gpio.read(config.pin))
  end)
  for _, name in ipairs(config.plugins) do require(name) end
  wifi.setmode(wifi.STATION)
  node.task.post(LFS.report)
  return page("index.html")
end

encoder = {} -- our own, no module of the firmware
encoder.encode = function(x) return encoder[x] end

if not pcall(node.flashindex, "_init") then print(node.LFS.list()) end
start(settings())
