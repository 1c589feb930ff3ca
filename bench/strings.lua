-- Building strings.
local n = 0
for round = 1, 90 do
  local t = {}
  for i = 1, 20000 do t[#t + 1] = "item " .. i .. ";" end
  n = n + #table.concat(t)
  local s = ""
  for i = 1, 1000 do s = s .. i end
  n = n + #s
end
print(n)
