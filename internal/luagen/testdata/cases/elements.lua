-- Elements in and outside of the array part, in locals and upvalues, with barriers on
-- the way, and what table.insert, remove and move do when metamethods look on.
local up = {}
local function fill(n) for i = 1, n do up[i] = { i } end end
local function sum() local s = 0; for i = 1, #up do s = s + up[i][1] end; return s end
fill(3); print(#up, sum())
fill(100); print(#up, sum())
up[50] = nil; print(rawlen(up) >= 49, up[50], up[51][1])
up[-1], up[0], up[1 << 20] = "minus", "zero", "far"
print(up[-1], up[0], up[1 << 20], up[2.0][1], up[1e300])
collectgarbage("step", 0)
for i = 1, 200 do up[i] = { i }; if i % 20 == 0 then collectgarbage("step", 1) end end
print(sum())
local seen = {}
local proxy = setmetatable({}, {
  __len = function() return 4 end,
  __index = function(_, k) seen[#seen + 1] = "get " .. tostring(k); return k * 10 end,
  __newindex = function(_, k, v) seen[#seen + 1] = "set " .. tostring(k) .. "=" .. tostring(v) end,
})
table.insert(proxy, 2, "new"); print(table.concat(seen, " ")); seen = {}
print(table.remove(proxy, 2), table.concat(seen, " ")); seen = {}
table.move(proxy, 1, 3, 2); print(table.concat(seen, " ")); seen = {}
local plain = table.move(proxy, 1, 3, 1, {}); print(table.concat(plain, " "), table.concat(seen, " "))
local holes = { 1, nil, 3, nil, 5 }
table.insert(holes, 1, "first"); print(holes[1], holes[2], holes[3], holes[4], holes[5], holes[6])
print(table.remove(holes, 1), holes[1], holes[2], holes[3], holes[4], holes[5])
print(table.concat(table.move({ 1, 2, 3, 4, 5 }, 2, 5, 1), " "), table.concat(table.move({ 1, 2, 3, 4, 5 }, 1, 4, 2), " "))
print(pcall(table.move, {}, 1, math.maxinteger, 2), pcall(table.insert, { 1, 2 }, 5, 1), pcall(table.remove, { 1, 2 }, 5))
