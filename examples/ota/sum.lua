-- A checksum that a module can make of a file while it arrives, in pieces of any
-- size: sum.start(), sum.add(state, piece), sum.finish(state).
--
-- On a computer it makes the description of an image:
--
--   moonlet exec sum.lua lfs.img > lfs.txt
local M = {}

function M.start() return { value = 1, size = 0, rest = "" } end

function M.add(state, piece)
  state.size = state.size + #piece
  piece = state.rest .. piece
  local value, unpack = state.value, string.unpack
  local whole = #piece - #piece % 4
  for i = 1, whole, 4 do
    value = value * 31 + unpack("<i4", piece, i)     -- integers wrap around
  end
  state.value, state.rest = value, piece:sub(whole + 1)
end

function M.finish(state)
  local value = state.value
  for i = 1, #state.rest do value = value * 31 + state.rest:byte(i) end
  return ("%d %d"):format(state.size, value)
end

local name = ...
if name and name:find("%.img$") then
  local f = assert(io.open(name, "rb"))
  local state = M.start()
  M.add(state, f:read("a"))
  f:close()
  print(M.finish(state))
end
return M
