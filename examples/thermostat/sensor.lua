-- A simulated sensor: a room that loses heat to the outside and has a radiator.
-- Put the code of a real sensor here; read() is all that others use.
local M = {}

local OUTSIDE = 8.0         -- °C
local LOSS = 0.004          -- part of the difference that is lost in a second
local RADIATOR = 0.08       -- °C in a second

local room = 17.5

-- read tells the temperature in °C. Call it once in a second.
function M.read(heating)
  room = room - (room - OUTSIDE) * LOSS + (heating and RADIATOR or 0)
  return room
end

return M
