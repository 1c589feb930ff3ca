-- A checksum that a module can make of a file while it arrives, in pieces of any
-- size: sum.start(), sum.add(state, piece), sum.finish(state).
--
-- On a computer it makes the description of an image:
--
--   moonlet exec sum.lua lfs.img > lfs.txt
local M = {}

function M.start() return { low = 1, high = 0, size = 0, rest = "" } end

-- Two sums of 16 bits, which stay small enough for the numbers of every build.
local function mix(state, a, b, c, d)
  local low = (state.low * 31 + a + b * 256) % 65521
  state.low, state.high = low, (state.high * 31 + c + d * 256 + low) % 65521
end

function M.add(state, piece)
  state.size = state.size + #piece
  piece = state.rest .. piece
  local whole = #piece - #piece % 4
  for i = 1, whole, 4 do mix(state, piece:byte(i, i + 3)) end
  state.rest = piece:sub(whole + 1)
end

function M.finish(state)
  for i = 1, #state.rest do mix(state, state.rest:byte(i), 0, 0, 0) end
  return ("%d %04x%04x"):format(state.size, state.high, state.low)
end

local name = ...
if name and name:find("%.img$") then
  local f = assert(io.open(name, "rb"))
  local state = M.start()
  M.add(state, f:read("*a"))
  f:close()
  print(M.finish(state))
end
return M
