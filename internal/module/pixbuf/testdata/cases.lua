-- Prints a line for each case, for the comparison with the C code, and of the editions with each other.
local seed = 2812
local function next24() -- 24 bits, with numbers that fit in all editions
  seed = seed * 75 % 65537
  local high = seed % 4096
  seed = seed * 75 % 65537
  return high * 4096 + seed % 4096
end
local function rnd(n) return next24() % n end

local function bytes(n)
  local t = {}
  for i = 1, n do t[i] = string.char(rnd(3) > 0 and rnd(256) or rnd(4)) end
  return table.concat(t)
end

local function new(pixels, channels)
  return pixbuf.newBuffer(pixels, channels):set(1, bytes(pixels * channels))
end

-- What a function gives, and what it makes of the buffer.
local function show(b, f, ...)
  local t = { pcall(f, b, ...) }
  for i = 1, #t do t[i] = type(t[i]) == "userdata" and (t[i] == b and "self" or tostring(t[i])) or tostring(t[i]) end
  print(tostring(b), table.concat(t, " "))
end

local function pos(n) return rnd(2 * n + 4) - n - 2 end

for i = 1, 1500 do
  local pixels, channels = rnd(10) + 1, rnd(5) + 1
  local function b() return new(pixels, channels) end
  local other = rnd(4) > 0 and b() or new(rnd(10) + 1, rnd(5) + 1)
  print(b() == b(), b() == other, other == other:sub(1), pcall(function() return tostring(b() .. other) end))
  show(b(), other.get, pos(pixels))
  show(b(), other.sub, pos(pixels), rnd(2) == 0 and pos(pixels) or nil)
  show(b(), other.fade, rnd(10) - 1, rnd(3) > 0 and rnd(3) or nil)
  show(b(), other.fadeI, rnd(10) - 1)
  show(b(), other.fill, bytes(rnd(3) > 0 and channels or rnd(6)):byte(1, -1))
  show(b(), other.set, pos(pixels), bytes(rnd(3) > 0 and channels or rnd(7)):byte(1, -1))
  show(b(), other.set, pos(pixels), { bytes(rnd(3) > 0 and channels or rnd(7)):byte(1, -1) })
  show(b(), other.set, pos(pixels), bytes(rnd(3) > 0 and channels * rnd(3) or rnd(10)))
  show(b(), other.replace, other, rnd(2) == 0 and pos(pixels) or nil)
  show(b(), other.replace, bytes(rnd(20)), pos(pixels))
  if channels < 4 then -- not more than 32 bytes
    show(b(), other.shift, pos(pixels), rnd(5) > 0 and rnd(3) or nil, rnd(2) == 0 and pos(pixels) or nil, rnd(2) == 0 and pos(pixels) or nil)
  end
  show(b(), other.map, function(x, y) return x, y or x, 3, 4, 5 end, rnd(2) == 0 and other or nil,
    rnd(2) == 0 and pos(pixels) or nil, rnd(2) == 0 and pos(pixels) or nil, rnd(2) == 0 and b() or nil, rnd(2) == 0 and pos(pixels) or nil)
  show(b(), other.map, function(x, y) return x, y, "z" end)
  show(b(), other.mix, rnd(2000) - 1000, other)
  show(b(), other.mix, rnd(600) - 100, b(), rnd(600) - 100, other, 1)
  show(b(), other.power)
  show(b(), other.powerI)
  show(new(pixels, 4), other.mix4I5, rnd(300), new(pixels, 4), rnd(300), new(pixels, 4))
  show(new(pixels, 4), other.mix4I5, rnd(300) - 40, new(pixels, 4), rnd(300) - 40, other)
end
