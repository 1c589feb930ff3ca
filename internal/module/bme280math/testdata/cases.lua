-- Prints a line for each case, for the comparison with the C code.
local seed = 280
local function rnd(n)
  seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
  return (seed >> 8) % n
end

local function bytes(n)
  local t = {}
  for i = 1, n do t[i] = string.char(rnd(256)) end
  return table.concat(t)
end

-- Floats bit by bit.
local function show(ok, ...)
  local t = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    t[i] = math.type(v) == "float" and ("%08x"):format(string.unpack("<i4", string.pack("<f", v))) or tostring(v)
  end
  print(ok, table.concat(t, " "))
end

local typical = string.pack("<HhhHhhhhhhhhBhBBBBb", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600,
  6000, 75, 370, 0, 0x14, 0x2A, 0x03, 30)
local m = bme280_math
for i = 1, 4000 do
  local registers = bytes(32)
  if rnd(2) == 0 then
    local at = rnd(32) + 1
    registers = typical:sub(1, at - 1) .. bytes(1) .. typical:sub(at + 1)
  end
  local args = {}
  for k = 1, rnd(7) do args[k] = rnd(10) - 1 end
  local sensor, config = m.setup(registers, table.unpack(args))
  for k = 1, 3 do config[k] = #config[k] == 0 and -1 or config[k]:byte() end
  show(true, config[1], config[2], config[3])
  local p = bytes(rnd(4) == 0 and 6 or 8)
  show(pcall(m.read, sensor, p))
  if rnd(2) == 0 then show(pcall(m.read, sensor, p, rnd(4000) - 400)) end
  show(pcall(m.qfe2qnh, rnd(30000) / 10 + 1, rnd(2) == 0 and rnd(1000) or rnd(100000) / 16))
  show(pcall(m.altitude, {}, rnd(30000) / 10 + 1, rnd(30000) / 10 + 1))
  show(pcall(m.dewpoint, sensor, rnd(1000) / 10, rnd(1000) / 10 - 40))
end
