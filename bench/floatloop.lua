-- Float arithmetic in a loop.
local x, y = 0.0, 1.0
for i = 1, 25000000 do
  x = x * 0.5 + y
  y = y * 0.999 + 0.001
end
print(x, y)
