-- The order of tables with numbers as keys: it shows the hashes and the sizes.
local function order(t)
  local keys = {}
  for k, v in pairs(t) do keys[#keys + 1] = show(k) .. "=" .. show(v) end
  return table.concat(keys, " ")
end
for n = 1, 400 do
  local t = {}
  for i = 1, draw(30) + 1 do
    local k = draw(40) - 10
    local kind = draw(6)
    if kind == 0 then k = k / 2
    elseif kind == 1 then k = k * 2.0^(draw(60) - 30)
    elseif kind == 2 then k = math.maxinteger - k
    elseif kind == 3 then k = k % 2 == 0
    elseif kind == 4 then k = k << draw(50) end
    t[k] = draw(5) > 0 and i or nil
  end
  case("order " .. n, order, t)
  case("length " .. n, function() return #t end)
end
local t = {}
for i, k in ipairs(edges) do
  local ok = pcall(rawset, t, k, i)
  print("edge", i, ok, #t)
end
case("edges", order, t)
for i, k in ipairs(edges) do case("get " .. i, function() return t[k], rawget(t, k), rawequal(k, k) end) end
for i, k in ipairs(edges) do case("next " .. i, next, t, k) end
