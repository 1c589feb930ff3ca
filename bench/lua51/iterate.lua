-- Loops over pairs and ipairs.
local list, map = {}, {}
for i = 1, 1000 do list[i] = i; map["key" .. i] = i end
local sum = 0
for round = 1, 6000 do
  for _, x in ipairs(list) do sum = sum + x end
  for _, x in pairs(map) do sum = (sum + x) % 65536 end
  for k in pairs(list) do sum = sum + k end
end
print(sum)
