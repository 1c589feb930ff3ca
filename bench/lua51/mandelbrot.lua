-- The Mandelbrot set: float arithmetic in local variables, short loops.
local size, most = 500, 150

local function steps(cx, cy)
  local x, y = 0.0, 0.0
  for i = 1, most do
    local xx, yy = x * x, y * y
    if xx + yy > 4.0 then return i end
    x, y = xx - yy + cx, 2.0 * x * y + cy
  end
  return 0
end

local inside, sum = 0, 0
for row = 0, size - 1 do
  local cy = 2.5 * row / size - 1.25
  for column = 0, size - 1 do
    local n = steps(2.5 * column / size - 1.875, cy)
    if n == 0 then inside = inside + 1 end
    sum = (sum * 7 + n) % 0x1000000
  end
end
print(inside, sum)
