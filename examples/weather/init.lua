-- A weather station without sensors: it fetches a forecast and shows it on a page of its own.
-- The library is in the flash store.
if node.egc then -- Lua 5.3 has it in Moonlet, and not on a board; packets on their way take up to 6 KB
  node.egc.setmode(node.egc.ON_MEM_LIMIT + node.egc.ON_ALLOC_FAILURE, -8192)
end
package.loaders[3] = function(name) return node.LFS.get(name) end

local settings = require "settings"
local forecast = require "forecast"
local httpd, json = require "httpd", require "jsonstream"

wifi.setmode(wifi.STATION, false)
wifi.sta.config { ssid = "Workshop", pwd = "moonlight", save = false }

-- clock is hour and minute of a time.
local function clock(seconds)
  local t = rtctime.epoch2cal(seconds + settings.hours * 3600)
  return ("%02d.%02d. %02d:%02d"):format(t.day, t.mon, t.hour, t.min)
end

local function look()
  forecast.update(function(problem)
    if problem then
      print("weather: " .. problem)
    else
      local now = forecast.rows[1]
      print(("weather: %d entries, now %s °C, %s"):format(#forecast.rows, now.temp, now.text))
    end
    tmr.create():alarm((problem and settings.retry or settings.every) * 1000, tmr.ALARM_SINGLE, look)
  end)
end

-- page gives the page row by row.
local function page()
  local i = -1
  return function()
    i = i + 1
    if i == 0 then
      return '<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weather</title>'
        .. "<style>body{font-family:sans-serif;margin:2em auto;max-width:26em}td{padding:.2em .6em}td:nth-child(n+2){text-align:right}"
        .. "td:nth-child(4){text-align:left}</style><h1>Weather</h1><p>"
        .. (forecast.problem and "There is no new forecast: " .. forecast.problem or "") .. "<table>"
    end
    local r = forecast.rows[i]
    if not r then return i == #forecast.rows + 1 and "</table>\n" or nil end
    local text = r.text:gsub("[&<]", { ["&"] = "&amp;", ["<"] = "&lt;" })
    return ("<tr><td>%s<td>%s °C<td>%s %%<td>%s\n"):format(r.time and clock(r.time) or "?", r.temp or "?", r.humidity or "?", text)
  end
end

server = httpd.new { port = 80 }
server:route("GET", "/", function(_, response)
  response.headers["Content-Type"] = "text/html; charset=utf-8"
  response:write(page())
end)
server:route("GET", "/api", function(_, response)
  response.headers["Content-Type"] = "application/json"
  response:write(json.writer({ at = forecast.at, problem = forecast.problem, rows = json.list(forecast.rows) }))
end)

local begun = false
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function(t)
  print("weather: http://" .. t.IP .. "/")
  if begun then return end
  begun = true
  sntp.sync(nil, nil, nil, 1)
  look()
end)
