-- Prints a line for each case, for the comparison with the C code.
local seed = 7
local function rnd(n)
  seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
  return (seed >> 8) % n
end

local c = color_utils
for i = -1, 361 do print(pcall(c.colorWheel, i)) end
for i = 1, 5000 do
  local h, s, v = rnd(362), rnd(257), rnd(257)
  print(pcall(c.hsv2grb, h, s, v))
  print(pcall(c.hsv2grbw, h, s, v))
  print(pcall(c.grb2hsv, h, s, v))
  print(pcall(c.grb2hsv, rnd(4), rnd(4), rnd(4)))
end
