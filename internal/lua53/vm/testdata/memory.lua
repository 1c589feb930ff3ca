-- Weak tables, ephemerons, finalizers, resurrection; counts that do not depend on sizes.
local function gc() collectgarbage() collectgarbage() end
local function size(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
local wk, wv, wkv = setmetatable({}, {__mode = "k"}), setmetatable({}, {__mode = "v"}), setmetatable({}, {__mode = "kv"})
local keep = {}
for i = 1, 10 do
  local o = {i}
  if i <= 3 then keep[i] = o end
  wk[o] = i
  wv[i] = o
  wkv[o] = o
end
wk[1], wk.str, wv.str, wv[11], wv[12] = {}, {}, "string", 12, print
gc()
print(size(wk), size(wv), size(wkv), wv[1][1], wv[4], wv.str, wv[11], wk[keep[2]])
-- ephemerons: a value that refers to its own key does not keep it
local e = setmetatable({}, {__mode = "k"})
do
  local k1, k2, k3 = {}, {}, {}
  e[k1] = {k1} e[k2] = k3 e[k3] = k2
  keep.k = {} e[keep.k] = {x = {}} e[e[keep.k].x] = "chain"
end
gc()
print(size(e), e[keep.k] ~= nil, e[e[keep.k].x])
do
  local head = {}
  local k = head
  for i = 1, 50 do local n = {} e[k] = n k = n end
  e[k] = "last"
  gc()
  local c = head
  while type(e[c]) == "table" do c = e[c] end
  print(e[c], size(e))
end
gc()
print(size(e))
-- finalizers run in reverse order of marking, once
local order = {}
for i = 1, 5 do setmetatable({}, {__gc = function() order[#order + 1] = i end}) end
gc()
print(table.concat(order, " "))
-- a __gc set after setmetatable does not count, true as a mark does
local late = {}
do local mt = {} setmetatable({}, mt) mt.__gc = function() late[1] = "late" end end
do local mt = {__gc = true} setmetatable({}, mt) mt.__gc = function() late[2] = "marked" end end
do setmetatable({}, {__gc = 42}) end
gc()
print(late[1], late[2])
-- resurrection and second finalization
local saved, times = nil, 0
local mt = {}
mt.__gc = function(o) times = times + 1 saved = o if times < 3 then setmetatable(o, mt) end end
setmetatable({name = "phoenix"}, mt)
for i = 1, 5 do saved = nil gc() end
print(times, saved)
-- resurrected object in weak tables: values go before, keys after finalization
local asvalue, askey = setmetatable({}, {__mode = "v"}), setmetatable({}, {__mode = "k"})
do
  local o = setmetatable({}, {__gc = function(o) keep.found, keep.value = askey[o], asvalue[1] end})
  asvalue[1], askey[o] = o, "key"
end
gc()
print(keep.found, keep.value, size(askey), size(asvalue))
-- errors in finalizers
setmetatable({}, {__gc = function() error("in gc", 0) end})
print(pcall(collectgarbage))
print(pcall(collectgarbage))
-- a finalizer that makes garbage and closes over things
local cnt = 0
for i = 1, 200 do
  setmetatable({}, {__gc = function() cnt = cnt + 1 local t = {} for j = 1, 20 do t[j] = {j} end end})
end
gc()
print(cnt)
-- finalizer order with references
do
  local a, b = {n = "a"}, {n = "b"}
  a.other, b.other = b, a
  local m = {__gc = function(o) print("gc", o.n, o.other.n) end}
  setmetatable(a, m) setmetatable(b, m)
end
gc()
-- no finalizer runs in a finalizer; collectgarbage inside one
setmetatable({}, {__gc = function() collectgarbage() print("collected inside") end})
gc()
-- incremental collection while building
collectgarbage("setpause", 50) collectgarbage("setstepmul", 400)
local live = {}
for i = 1, 20000 do live[i % 100] = {i, tostring(i), function() return i end} end
local ok = true
for i = 0, 99 do local l = live[i] ok = ok and l[3]() == l[1] and l[2] == tostring(l[1]) end
print(ok, collectgarbage("count") < 4000)
collectgarbage("stop")
local before = collectgarbage("count")
for i = 1, 1000 do local _ = {} end
print(collectgarbage("count") > before)
collectgarbage("restart")
repeat until collectgarbage("step", 100)
-- coroutines and closures as garbage
local threads = setmetatable({}, {__mode = "k"})
for i = 1, 20 do
  local co co = coroutine.create(function(x) local y = {co} coroutine.yield(function() return x, y end) end)
  threads[co] = true
  local f = select(2, coroutine.resume(co, i))
  if i == 7 then keep.f = f end
end
gc()
print(size(threads), keep.f() == 7)
keep.f = nil
gc()
print(size(threads))
-- open upvalues of a suspended coroutine stay alive
local hold = coroutine.wrap(function() local v = {"kept"} local get = function() return v end coroutine.yield(get) v[2] = "changed" coroutine.yield(v) end)
local get = hold()
gc()
local c2 = hold()
print(get()[1], get()[2], rawequal(get(), c2))
-- tables that grow and shrink
local t = {}
for i = 1, 2000 do t[i] = i end
for i = 1, 2000 do t[i] = nil end
for i = 1, 100 do t["k" .. i] = i end
gc()
local n = 0
for k, v in pairs(t) do n = n + v end
print(n, #t)
for k in pairs(t) do t[k] = nil end
print(next(t))
