-- Tables: array and hash part, border, traversal, next while clearing; library.
local t = {}
for i = 1, 100 do t[i] = i end
print(#t, t[100], t[101], t[0], t[1.0], t["1"])
for i = 100, 51, -1 do t[i] = nil end
print(#t)
t[2 ^ 3] = "float key"
print(t[8], next({[3.0] = 1}), math.type(next({[3.0] = 1})))
t = {[1] = 1, [2] = 2, [4] = 4}
print(#t == 2 or #t == 4, t[3])
t = {n = 1, 10, 20, nil, 40}
print(#t, t[4])
-- traversal visits everything once, also when elements are cleared
t = {}
for i = 1, 50 do t[i], t["s" .. i], t[i + 0.5], t[-i] = i, i, i, i end
local n, sum = 0, 0
for k, v in pairs(t) do n, sum = n + 1, sum + v t[k] = nil end
print(n, sum, next(t))
-- keys of every type
local keys = {true, false, 1, 1.5, "s", ("long"):rep(20), {}, print, function() end, coroutine.create(print), -0.0, math.huge, math.mininteger}
for i, k in ipairs(keys) do t[k] = i end
for i, k in ipairs(keys) do io.write(t[k], " ") end
print(t[0], t[("long"):rep(20)], t[("long"):rep(19)])
-- collisions: keys are moved and found again
for round = 1, 3 do
  local h = {}
  for i = 1, 500 do h["key" .. i * round] = i end
  for i = 1, 500, 2 do h["key" .. i * round] = nil end
  for i = 501, 700 do h["key" .. i * round] = i end
  local c = 0
  for _ in pairs(h) do c = c + 1 end
  io.write(c, " ")
end
print()
-- library
local a = {5, 2, 8, 1, 9, 3}
table.sort(a) print(table.concat(a, " "))
table.sort(a, function(x, y) return x > y end) print(table.concat(a, " "))
a = {"b", "a", "C", "aa", ""} table.sort(a) print(table.concat(a, ","))
a = {} for i = 1, 200 do a[i] = (i * 7919) % 211 end
table.sort(a) local ok = true for i = 2, 200 do ok = ok and a[i - 1] <= a[i] end print(ok)
print(pcall(table.sort, {1, "x", 2})) print(pcall(table.sort, {3, 1, 2, 5, 4, 7, 6, 9, 8, 10}, function() return true end))
a = {1, 2, 3}
table.insert(a, 4) table.insert(a, 1, 0) table.insert(a, 3, 1.5) print(table.concat(a, " "))
print(table.remove(a), table.remove(a, 1), table.remove(a, 2), table.concat(a, " "), table.remove({}), table.remove({}, 0), table.remove({1}, 2))
print(table.concat({}), table.concat({1, 2.5, "x"}, "-"), table.concat({1, 2, 3}, ",", 2), table.concat({1, 2, 3}, ",", 2, 3), table.concat({1}, ",", 2, 1))
print(table.unpack({1, 2, 3})) print(table.unpack({1, 2, 3}, 2)) print(table.unpack({1, 2}, 0, 3)) print((table.unpack({1, 2}))) print(table.pack(1, nil, 3).n)
print(table.concat(table.move({1, 2, 3}, 1, 3, 2), ",")) print(table.concat(table.move({1, 2, 3}, 2, 3, 1), ",")) print(table.concat(table.move({1, 2}, 1, 2, 1, {9, 9, 9}), ","))
print(rawlen({1, 2}), rawlen("abc"), rawequal(a, a), rawequal("a", "a"), rawget({x = 1}, "x"), rawset({}, 1, 2)[1])
print(#"x", select("#", table.unpack({}, 1, 3)), next({}), type(next), ipairs{} ~= nil)
for i, v in ipairs{1, 2, nil, 4} do io.write(i, "=", v, " ") end print()
-- constructors with many items and calls
local function three() return 1, 2, 3 end
print(#{three(), three()}, #{three(), (three())}, #{[1] = 9, three()}, ({[1] = 9, three()})[1], #{three(), nil})
local big = {}
for i = 1, 130 do big[i] = tostring(i) end
local f = load("return {" .. table.concat(big, ",") .. ", x = 1, ...}")
print(#f("a", "b"), f("a", "b")[132], f().x)
