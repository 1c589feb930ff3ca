-- table.insert, table.remove, table.sort.
local seed = 42
local function random() seed = (seed * 1103 + 12345) % 0x100000 return seed end
local sum = 0
for round = 1, 6 do
  local t = {}
  for i = 1, 30000 do table.insert(t, random()) end
  table.sort(t)
  sum = sum + t[1] + t[#t]
  table.sort(t, function(a, b) return a > b end)
  for i = 1, 200 do table.insert(t, 1, i) end
  for i = 1, 200 do sum = sum + table.remove(t, 1) end
  for i = 1, 30000 do sum = (sum * 3 + table.remove(t)) % 65536 end
end
print(sum)
