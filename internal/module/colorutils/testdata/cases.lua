-- Prints a line for each case, for the comparison with the C code, and of the editions with each other.
local seed = 7
local function next24() -- 24 bits, with numbers that fit in all editions
  seed = seed * 75 % 65537
  local high = seed % 4096
  seed = seed * 75 % 65537
  return high * 4096 + seed % 4096
end
local function rnd(n) return next24() % n end

local c = color_utils
for i = -1, 361 do print(pcall(c.colorWheel, i)) end
for i = 1, 5000 do
  local h, s, v = rnd(362), rnd(257), rnd(257)
  print(pcall(c.hsv2grb, h, s, v))
  print(pcall(c.hsv2grbw, h, s, v))
  print(pcall(c.grb2hsv, h, s, v))
  print(pcall(c.grb2hsv, rnd(4), rnd(4), rnd(4)))
end
