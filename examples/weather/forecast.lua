-- The forecast: it is fetched, and of some fifteen thousand bytes a table of a few rows is kept.
local fetch, json = require "fetch", require "jsonstream"
local settings = require "settings"
local M = { rows = {}, place = "", at = 0, problem = "not fetched yet" }

-- whole is a number without its fraction, as text, also where a build has no fractions.
local function whole(n) return (tostring(n):match("^%-?%d+")) end

-- keep puts a value of an entry where it belongs. No tables are made of what nobody wants.
local function keep(rows, value, path)
  local i, key, inner = path[2], path[3], path[#path]
  local r = rows[i] or { text = "" }
  rows[i] = r
  if key == "dt" then
    r.time = value
  elseif key == "main" and (inner == "temp" or inner == "humidity") then
    r[inner] = whole(value)
  elseif key == "weather" and path[4] == 1 and inner == "description" then
    r.text = value
  end
end

-- update fetches it, as much as is wanted. Rows of before stay until new ones are there.
function M.update(done)
  local rows, enough, failed = {}, false, nil
  local reader = json.reader(nil, function(value, path)
    if path[1] ~= "list" then return end
    if path[2] > settings.rows then enough = true else keep(rows, value, path) end
  end)
  local function piece(text, request)
    local ok, why = reader:write(text)
    if not ok then failed = why end
    if enough or not ok then request:stop() end
  end
  local function head(status, _, request)
    if status == 200 then return end
    failed = "the server says " .. status
    request:stop()
  end
  fetch.get(settings.url, { on = { head = head, data = piece } }, function(status, why)
    local ok = enough or status and not failed
    if ok and not enough then ok, why = reader:finish() end
    if ok and not (rows[1] and rows[1].time and rows[1].temp) then ok, why = nil, "there is no forecast in it" end
    M.problem = not ok and (failed or why) or nil
    if ok then M.rows, M.at = rows, rtctime.get() end
    collectgarbage()
    done(M.problem)
  end)
end

return M
