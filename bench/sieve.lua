-- Array reads and writes.
local n, count = 200000, 0
for round = 1, 60 do
  local composite = {}
  for i = 1, n do composite[i] = false end
  count = 0
  for i = 2, n do
    if not composite[i] then
      count = count + 1
      for j = i + i, n, i do composite[j] = true end
    end
  end
end
print(count)
