--- errors of the machine N=1 10
for i = 1, N do
  local t = {}
  pcall(function() return t.x.y end) mark()
  pcall(function() return t + 1 end) mark()
  pcall(function() return #5 end) mark()
  pcall(function() return {} < {} end) mark()
  pcall(function() return "a" < 1 end) mark()
  pcall(function() return t .. "x" end) mark()
  pcall(function() t() end) mark()
  pcall(function() undefined_function() end) mark()
  pcall(function() t[nil] = 1 end) mark()
  pcall(function() t[0 / 0] = 1 end) mark()
  pcall(function() string.x = 1 end) mark()
  pcall(function() for i = 1, 10, 0 do end end) mark()
  pcall(function() for i = "a", 2 do end end) mark()
  pcall(function() local a = 1 % 0 end) mark()
  pcall(function() t.m:n() end) mark()
  pcall(function() return -{} end) mark()
end

--- errors of the library N=1 8
for i = 1, N do
  pcall(string.rep) mark()
  pcall(string.rep, "x", -1) mark()
  pcall(setmetatable, 1, {}) mark()
  pcall(table.concat, {{}}) mark()
  pcall(string.format, "%d", "x") mark()
  pcall(string.format, "%y", 1) mark()
  pcall(("x").bad) mark()
  pcall(string.find, "a", "[a") mark()
  pcall(string.find, "a", "%") mark()
  pcall(string.gsub, "a", "(", "") mark()
  pcall(string.gsub, "a", "a", "%9") mark()
  pcall(table.sort, {3, 1, 2, 5, 4}, function() return true end) mark()
  pcall(tonumber, "z", 99) mark()
  pcall(select, 0) mark()
  pcall(string.char, 300) mark()
  pcall(require, "no.such.module") mark()
  pcall(assert, false) mark()
  pcall(assert, nil, "text") mark()
  pcall(assert, false, {}) mark()
  pcall(table.setn, {}, 1) mark()
  pcall(table.insert, {}) mark()
  pcall(newproxy, 1) mark()
  pcall(getfenv, 99) mark()
  pcall(setfenv, 1, 2) mark()
  pcall(coroutine.wrap, print) mark()
  pcall(string.dump, print) mark()
  pcall(unpack, {}, 1, 10000) mark()
  pcall(collectgarbage, "none") mark()
end

--- frames grow and shrink N=10 50 200 800 2500
-- CallInfos are one vector, which doubles, and is halved when less than a quarter is in use.
local function down(n) if n > 0 then return 1 + down(n - 1) end mark() return 0 end
down(N)
for i = 1, 12 do mark() end
local function wide(n, a, b, c, d, e, f) local g, h, i, j = a, b, c, d if n > 0 then wide(n - 1, g, h, i, j) end if n % 100 == 0 then mark() end end
wide(N)
for i = 1, 12 do mark() end
down(N / 2)
for i = 1, 12 do mark() end

--- frames of coroutines grow and shrink N=10 100 600
local function down(n) if n > 0 then return 1 + down(n - 1) end coroutine.yield() return 0 end
local co = coroutine.create(function() down(N) mark() coroutine.yield() down(N / 5) end)
for i = 1, 4 do
  coroutine.resume(co)
  for j = 1, 9 do mark() end
end

--- stack overflow N=1 2
local function forever(n) return 1 + forever(n + 1) end
for i = 1, N do
  local ok, msg = pcall(forever, 1)
  for j = 1, 16 do mark() end
end

--- stack overflow in a coroutine N=1
local co = coroutine.create(function() local function forever(n) return 1 + forever(n + 1) end return forever(1) end)
local ok, msg = coroutine.resume(co)
for j = 1, 6 do mark() end
co = nil
for j = 1, 6 do mark() end

--- C stack overflow N=1
local function nest() return string.gsub("x", "x", nest) end
local ok, msg = pcall(nest)
for j = 1, 6 do mark() end
local function deep(n) local ok, e = pcall(deep, n + 1) return ok, e end
ok, msg = deep(1)
for j = 1, 6 do mark() end
local t = setmetatable({}, {})
getmetatable(t).__index = function(t, k) return t[k + 1] end
ok, msg = pcall(function() return t[1] end)
for j = 1, 6 do mark() end

--- yields that are not allowed N=1 5
for i = 1, N do
  local co = coroutine.wrap(function() pcall(function() coroutine.yield(i) end) return "end" end)
  pcall(co)
  mark()
  co = coroutine.create(function() local t = setmetatable({}, {__index = function() coroutine.yield() end}) return t.x end)
  local ok, e = coroutine.resume(co)
  mark()
  co = coroutine.create(function() for i in function() coroutine.yield() end do end end)
  ok, e = coroutine.resume(co)
  mark()
  co = coroutine.create(function() table.sort({2, 1}, function() coroutine.yield() end) end)
  ok, e = coroutine.resume(co)
  mark()
  ok, e = pcall(coroutine.yield, 1)
  mark()
end

--- wraps and resumes N=1 10 60
local t = {}
for i = 1, N do
  t[i] = coroutine.wrap(function(a, ...) local b = {a, ...} while true do b = {coroutine.yield(b)} end end)
  t[i](i, {}, "s" .. i)
  if i % 5 == 0 then mark() end
end
for i = 1, N do t[i]({}, i) if i % 5 == 0 then mark() end end
for i = 1, N do t[i] = nil if i % 5 == 0 then mark() end end
for i = 1, N do local co = coroutine.create(function() return coroutine.running() end) local ok, me = coroutine.resume(co) if i % 5 == 0 then mark() end end
local co = coroutine.create(function(...) return coroutine.resume(...) end)
local ok, a, b = coroutine.resume(co, co)
mark()

--- closures of coroutines N=1 10 40
local t = {}
for i = 1, N do
  local co = coroutine.wrap(function() local v = {i} t[i] = function() v[2] = {} return v end coroutine.yield() v = {} end)
  co()
  if i % 4 == 0 then mark() end
  if i % 2 == 0 then co() end
end
for i = 1, 3 do mark() end
for i = 1, N do t[i]() if i % 4 == 0 then mark() end end
t = nil
for i = 1, 3 do mark() end

--- metatables of strings N=1 5
for i = 1, N do
  local s = ("x"):rep(i) .. ("%d"):format(i)
  mark()
  local ok, e = pcall(setmetatable, "", {})
  mark()
  local n = #s + s:len() + string.len(s)
  local f = s.upper
  mark()
end

--- read-only tables N=1 5
for i = 1, N do
  for k, v in pairs(string) do local s = k end
  mark()
  for k, v in pairs(_G) do local s = k end
  mark()
  local t = setmetatable({}, {__index = string})
  local f = t.len, t.nothing
  mark()
  pcall(function() table.x = 1 end)
  pcall(rawset, math, "x", 1)
  mark()
  local n = rawget(string, "len") and #string
  mark()
end

--- the registry and the strings N=1 3
local r = debug.getregistry()
for i = 1, N do r["key" .. i] = {i} mark() end
for i = 1, N do r["key" .. i] = nil end
mark()
collectgarbage() -- what is dead but not yet swept is damaged in C
local t = debug.getstrings()
local n = #t
t = nil
mark()
t = debug.getstrings("ROM")
mark()

--- memory limits N=20 40
local old = collectgarbage("getmemlimit")
mark()
local set = collectgarbage("setmemlimit", N)
mark()
local s = "x"
local ok, e = pcall(function() for i = 1, 14 do s = s .. s end end)
mark()
ok, e = pcall(string.rep, "x", N * 1024)
mark()
ok, e = pcall(table.concat, {string.rep("x", 10000), string.rep("y", N * 600)})
mark()
ok, e = pcall(string.gsub, string.rep("x", 10000), "x", "yyyyy")
mark()
collectgarbage("setmemlimit", 0)
mark()
