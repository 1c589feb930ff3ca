-- Arithmetic on whole numbers in a loop.
local a, b = 0, 1
for i = 1, 15000000 do
  a = a + i % 7 * 3
  b = (b * 2 + a) % 65536
end
print(a, b)
