--- create N=1 10 40
local t = {}
for i = 1, N do t[i] = coroutine.create(function() end) if i % 3 == 0 then mark() end end
mark()
for i = 1, N do coroutine.resume(t[i]) if i % 3 == 0 then mark() end end
t = nil
mark()

--- yield and resume N=1 10 60
local co = coroutine.wrap(function(...) while true do coroutine.yield(...) end end)
for i = 1, N do local a, b = co(i, {}) mark() end
co = nil
mark()

--- coroutines that wait N=5 30
local t = {}
for i = 1, N do
  t[i] = coroutine.wrap(function(a) local b = coroutine.yield({a}) local c = coroutine.yield({b}) return a, b, c end)
  t[i](i)
  if i % 3 == 0 then mark() end
end
for i = 1, N do t[i](i) if i % 3 == 0 then mark() end end
for i = 1, N do t[i](i) if i % 3 == 0 then mark() end end
t = nil
mark()

--- deep recursion inside N=5 30 120
local co = coroutine.create(function()
  local function down(n) if n > 0 then return 1 + down(n - 1) end coroutine.yield() return 0 end
  mark()
  down(N)
  mark()
  coroutine.yield()
  down(3)
  coroutine.yield()
end)
for i = 1, 4 do
  coroutine.resume(co)
  for j = 1, 7 do mark() end
end

--- coroutines inside coroutines N=1 5 20
local function nest(n)
  if n == 0 then coroutine.yield("bottom") mark() return "done" end
  local co = coroutine.wrap(nest)
  local v = co(n - 1)
  mark()
  coroutine.yield(v)
  return co()
end
local co = coroutine.wrap(nest)
local v = co(N)
mark()
v = co()
for i = 1, 6 do mark() end
co = nil
mark()

--- upvalues of coroutines N=5 30
local t = {}
for i = 1, N do
  local count = 0
  local co = coroutine.wrap(function() while true do count = count + 1 local here = {} local f = function() return here, count end coroutine.yield(f) end end)
  t[i] = {co, co(), function() return count end}
  if i % 3 == 0 then mark() end
end
for i = 1, N do t[i][1] = nil if i % 3 == 0 then mark() end end
mark()
for i = 1, N do t[i] = t[i][2] if i % 3 == 0 then mark() end end
t = nil
mark()

--- errors in coroutines N=1 10 40
for i = 1, N do
  local co = coroutine.create(function(a) local t = {a} error({t}) end)
  local ok, e = coroutine.resume(co, i)
  mark()
  local w = coroutine.wrap(function() error("x" .. i) end)
  ok, e = pcall(w)
  mark()
  ok, e = coroutine.resume(co)
  mark()
end

--- yield across pcall N=1 10 40
local co = coroutine.wrap(function()
  for i = 1, N do
    pcall(function() coroutine.yield(i) error("after") end)
    xpcall(function() coroutine.yield({i}) error("after") end, debug.traceback)
  end
end)
for i = 1, 2 * N do co() mark() end
co()
for i = 1, 6 do mark() end

--- generators N=10 50
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local function filter(f, g) return coroutine.wrap(function() for x in g do if f(x) then coroutine.yield(x) end end end) end
local sum = 0
for x in filter(function(x) return x % 2 == 0 end, gen(N)) do sum = sum + x if x % 6 == 0 then mark() end end
mark()

--- permutations N=3 4
local function permute(a, n)
  if n <= 1 then coroutine.yield(a) else
    for i = 1, n do a[n], a[i] = a[i], a[n] permute(a, n - 1) a[n], a[i] = a[i], a[n] end
  end
end
local a = {}
for i = 1, N do a[i] = i end
for p in coroutine.wrap(function() permute(a, N) end) do local s = table.concat(p, " ") mark() end

--- many arguments N=10 100 200
local t = {}
for i = 1, N do t[i] = i end
local co = coroutine.wrap(function(...) while true do coroutine.yield(...) end end)
co(table.unpack(t))
mark()
local u = {co()}
mark()
co(1)
for i = 1, 8 do mark() end
co = nil
mark()

--- status and running N=3
local co
co = coroutine.create(function() local me, main = coroutine.running() mark() local s = coroutine.status(me) coroutine.yield(coroutine.isyieldable()) end)
for i = 1, N do local s = coroutine.status(co) coroutine.resume(co) mark() end
