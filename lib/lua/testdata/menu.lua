-- A module for the figures in docs/library.md: the menu of a heating, for a terminal.
local M = {}

function M.title(text, width)
  local left = (width - #text) / 2
  left = left - left % 1
  return (" "):rep(left) .. text:upper()
end

function M.line(number, text, value)
  local dots = 24 - #text - #tostring(value)
  if dots < 1 then dots = 1 end
  return number .. ") " .. text .. " " .. ("."):rep(dots) .. " " .. tostring(value)
end

function M.clock(seconds)
  local s = seconds % 60
  local m = (seconds - s) / 60 % 60
  local h = (seconds - s - m * 60) / 3600
  return ("%02d:%02d:%02d"):format(h, m, s)
end

function M.parse(line)
  local name, value = line:match("^%s*(%w+)%s*=%s*(.-)%s*$")
  if not name then return nil, "a line has to be NAME = VALUE" end
  return name, tonumber(value) or value
end

function M.save(name, settings)
  local f = file.open(name, "w")
  if not f then return nil, "the file cannot be written" end
  for key, value in pairs(settings) do f:writeline(key .. " = " .. tostring(value)) end
  f:close()
  return true
end

function M.bounds(name, value)
  if name == "target" and (value < 5 or value > 30) then return "the target is 5 to 30 degrees" end
  if name == "boost" and (value < 0 or value > 120) then return "the boost is 0 to 120 minutes" end
  if name == "night" and (value < 5 or value > 20) then return "the night has 5 to 20 degrees" end
end

function M.help()
  return table.concat({
    "target = DEGREES  what the room is to have",
    "night = DEGREES   what it is to have from 22 to 6 o'clock",
    "boost = MINUTES   heats without regard to the target",
    "save              writes the settings to flash",
  }, "\n")
end

function M.bar(value, most)
  local full = value * 20 / most
  full = full - full % 1
  return "[" .. ("#"):rep(full) .. (" "):rep(20 - full) .. "] " .. value
end

return M
