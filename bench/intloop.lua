-- Integer arithmetic in a loop.
local a, b = 0, 1
for i = 1, 25000000 do
  a = a + i % 7 * 3
  b = b ~ (a << 1)
end
print(a, b)
