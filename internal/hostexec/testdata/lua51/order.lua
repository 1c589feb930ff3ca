for n = 1, 40 do
  local t = {}
  for i = 1, n do t[(i * 7) % 23 .. "k"] = i; t[i * 3] = i; t[i % 5 == 0] = i; if i % 4 == 0 then t[(i - 1) * 3] = nil end end
  local keys = {}
  for k in pairs(t) do keys[#keys + 1] = tostring(k) end
  print(n, #t, table.concat(keys, " "))
end
local t = {n = 1, 1, 2, 3, x = "y", [7] = 8, [-1] = 2, [6 / 2] = "three"}
for k, v in pairs(t) do print(k, v) end
for k in pairs(t) do t[k] = nil end
print(next(t))
for i = 1, 10 do t[i] = i end
for i = 1, 10 do t["s" .. i] = i end
local s = "" for k in pairs(t) do s = s .. tostring(k) .. "," end print(s)
