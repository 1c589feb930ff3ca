--- array by constructor N=0 1 2 3 4 5 50 51 200
-- A constructor of N items in its source: SETLIST comes in batches of 50.
local src = "return {" .. string.rep("7,", N) .. "}"
local make = load(src)
mark()
local t = make()
mark()
local u = make()
mark()
t = nil
mark()
u[#u + 1] = 1
mark()
u = make()
mark()

--- hash by constructor N=0 1 2 3 4 5 8 9 16 17 33 100
local src = {"return {"}
for i = 1, N do src[#src + 1] = "k" .. i .. "=" .. i .. "," end
src[#src + 1] = "}"
local make = load(table.concat(src))
src = nil
mark()
local t = make()
mark()
local u = make()
mark()
t.one_more = 1
mark()
t, u = nil
mark()

--- mixed constructor N=1 3 7 20
local src = {"return {"}
for i = 1, N do src[#src + 1] = i .. ",n" .. i .. "=" .. i .. ",[" .. i * 3 .. ".5]=true," end
src[#src + 1] = "}"
local make = load(table.concat(src))
src = nil
mark()
local t = make()
mark()
for i = 1, N do t["n" .. i] = nil end
mark()
t[#t + 1] = 1
mark()
t = nil
mark()

--- constructor with a call at the end N=0 1 5 60
local function many(n) if n > 0 then return n, many(n - 1) end end
mark()
local t = {many(N)}
mark()
local u = {1, 2, 3, many(N)}
mark()
local v = {x = 1, many(N)}
mark()
t, u, v = nil
mark()

--- array by assignment N=17 64 65 300
local t = {}
for i = 1, N do t[i] = i if i < 20 or i & 7 == 1 then mark() end end
t = nil
mark()

--- array by insert N=17 100
local t = {}
for i = 1, N do table.insert(t, i) if i % 3 == 0 then mark() end end
for i = 1, N do table.remove(t) if i % 5 == 0 then mark() end end
t[1] = 1
mark()

--- insert in front N=40
local t = {}
for i = 1, N do table.insert(t, 1, {i}) if i % 3 == 0 then mark() end end
for i = 1, N do table.remove(t, 1) if i % 3 == 0 then mark() end end

--- array from behind N=3 16 40
local t = {}
for i = N, 1, -1 do t[i] = i mark() end
t[N + 1] = 0
mark()
t = nil
mark()

--- array shrinks by a rehash N=64 100 256
local t = {}
for i = 1, N do t[i] = i end
mark()
for i = N, 4, -1 do t[i] = nil end
mark()
t.x = 1
mark()
t.y = 1
mark()
t.z = 1
mark()
for i = 1, N do t[i] = i if i % 16 == 0 then mark() end end

--- array part with holes N=4 7 12
local t = {}
for i = 1, 1 << N, N do t[i] = true end
mark()
for i = 1, 100 do t[i] = i if i % 10 == 0 then mark() end end

--- hash by assignment N=65 200
local t = {}
for i = 1, N do t["key" .. i] = i if i < 20 or i & 15 == 1 then mark() end end
t = nil
mark()

--- float keys N=10 50
local t = {}
for i = 1, N do t[i + 0.5] = i if i % 4 == 1 then mark() end end
for i = 1, N do t[i + 0.0] = i if i % 4 == 1 then mark() end end
for i = 1, N do t[i + 0.5] = nil end
mark()

--- integer keys in steps N=2 3 10 1000
local t = {}
for i = 1, 60 do t[i * N] = i if i % 4 == 1 then mark() end end
for i = 1, 60 do t[i] = i if i % 4 == 1 then mark() end end

--- negative integer keys N=33
local t = {}
for i = 1, N do t[-i] = i mark() end

--- tables in tables N=3 10 40
local t = {}
for i = 1, N do t[i] = {i, {i}, k = {}} if i % 3 == 0 then mark() end end
for i = 1, N, 2 do t[i] = false if i % 3 == 0 then mark() end end
t = nil
mark()

--- linked list N=100 1000
local list
for i = 1, N do list = {next = list, value = i} if i % 20 == 0 then mark() end end
for i = 1, N // 2 do list = list.next end
mark()
list = nil
mark()

--- cycles N=20 200
for i = 1, N do
  local a, b = {}, {}
  a.b, b.a = b, a
  if i % 10 == 0 then mark() end
end
mark()

--- matrix N=4 12 30
local m = {}
for i = 1, N do
  local row = {}
  for j = 1, N do row[j] = i * j end
  m[i] = row
  mark()
end
for i = 1, N do m[i] = nil mark() end

--- sort N=10 100 300
local t, seed = {}, 42
for i = 1, N do seed = (seed * 1103 + 12345) % 65536 t[i] = seed end
mark()
table.sort(t)
mark()
table.sort(t, function(a, b) return a > b end)
mark()
local s = {}
for i = 1, N do s[i] = "s" .. t[i] end
mark()
table.sort(s)
mark()
s = nil
mark()

--- next and pairs N=5 40
local t = {}
for i = 1, N do t["k" .. i] = i t[i] = "v" end
mark()
local n = 0
for k, v in pairs(t) do n = n + 1 end
mark()
for i, v in ipairs(t) do n = n + 1 end
mark()
for k in next, t do t[k] = nil end
mark()
for i = 1, N do t[i] = i end
mark()

--- a table for each call N=50 500
local function point(x, y) return {x = x, y = y} end
local sum = 0
for i = 1, N do
  local p = point(i, i)
  sum = sum + p.x
  if i % 10 == 0 then mark() end
end

--- queue N=30 120
local q, first, last = {}, 1, 0
for i = 1, N do
  last = last + 1
  q[last] = {i}
  if i % 3 == 0 then q[first] = nil first = first + 1 end
  if i % 5 == 0 then mark() end
end
while first <= last do q[first] = nil first = first + 1 if first % 7 == 0 then mark() end end

--- set with numbers N=20 100
local s = {}
for i = 1, N do s[(i * 7919) % 10007] = true if i % 5 == 0 then mark() end end
mark()

--- globals N=3 9 20
for i = 1, N do _G["global" .. i] = i mark() end
for i = 1, N do _G["global" .. i] = nil end
mark()
for i = 1, N do _G["other" .. i] = i if i % 3 == 0 then mark() end end

--- metatables N=1 10 40
local class = {}
class.__index = class
class.__eq = function() return true end
class.__add = function(a, b) return setmetatable({v = a.v + b.v}, class) end
class.__concat = function(a, b) return "c" end
class.__call = function(self, ...) return {...} end
class.__len = function() return 3 end
class.__newindex = function(t, k, v) rawset(t, k, {v}) end
local sum = setmetatable({v = 0}, class)
mark()
for i = 1, N do
  sum = sum + setmetatable({v = i}, class)
  sum["x" .. i] = i
  local s, l, c = sum .. "s", #sum, sum(1, 2, 3)
  if i % 3 == 0 then mark() end
end
sum = nil
mark()

--- inheritance N=2 10
local class
for i = 1, N do
  local c = setmetatable({}, {__index = class})
  c["method" .. i] = function(self) return i end
  class = c
  mark()
end
for i = 1, N do local v = class["method" .. i](class) mark() end
class = nil
mark()
