--- rehash in place N=4 9 17 40 100
-- The hash part is rehashed where it is: removed keys make room, and what is left may move.
local t = {}
for i = 1, N do t["a" .. i] = i end
mark()
for i = 1, N, 2 do t["a" .. i] = nil end
mark()
for i = 1, N do t["b" .. i] = i if i % 4 == 0 then mark() end end
for i = 1, N do t["a" .. i], t["b" .. i] = nil if i % 8 == 0 then mark() end end
t.x = 1
mark()
for i = 1, N do t[i] = i if i % 4 == 0 then mark() end end
for i = 1, N do t[i] = nil end
t.y = 1
mark()
for i = N, 1, -1 do t[i] = {i} if i % 4 == 0 then mark() end end
mark()

--- a hash part that empties N=1 2 5 20
local t = {}
for i = 1, N do t["k" .. i] = i end
for i = 1, N do t["k" .. i] = nil end
mark()
for i = 1, 3 do t[i] = i mark() end
t = {n = 1}
t.n = nil
t[1], t[2], t[3] = 1, 2, 3
mark()
t = {}
t[1] = 1
mark()
t[2] = 1
mark()
t.x = 1
mark()
t.x = nil
t[3] = 1
mark()
t[4], t[5] = 1, 1
mark()

--- arrays and hashes N=3 7 8 33 64 65
local t = {}
for i = 1, N do t[i] = i t[-i] = i t["s" .. i] = i if i % 5 == 0 then mark() end end
mark()
for i = 1, N do t[-i] = nil end
for i = N, 3 * N do t[i] = i if i % 5 == 0 then mark() end end
for i = 1, N do t[i] = nil end
mark()
t[N * 100] = 1
mark()
local n = 0
for k in pairs(t) do n = n + 1 end
mark()

--- constructors N=0 1 4 49 50 51 99 100 101 130
local src = {"return {"}
for i = 1, N do src[#src + 1] = i .. "," if i % 3 == 0 then src[#src + 1] = "k" .. i .. "=" .. i .. "," end end
src[#src + 1] = "}"
local make = assert(loadstring(table.concat(src)))
src = nil
mark()
local t = make()
mark()
t[#t + 1] = 1
mark()
t.x = 1
mark()
t = make()
mark()
t = {make(), {make()}, n = make(), unpack(make())}
mark()

--- weak tables of all modes N=3 12 40
for _, mode in ipairs{"k", "v", "kv", "", "x"} do
  local t = setmetatable({}, {__mode = mode})
  local keep = {}
  for i = 1, N do local v = {i} t[i] = v t["s" .. i] = {i} t[-i] = "string" .. i if i % 3 == 0 then keep[i] = v end end
  mark()
  mark()
  for i = 1, N do keep[i] = nil end
  mark()
  t.x = t
  mark()
end

--- weak tables change N=3 12
local mt = {__mode = "v"}
local t = setmetatable({}, mt)
for i = 1, N do t[i] = {i} end
mark()
mt.__mode = nil
for i = 1, N do t[i] = {i} end
mark()
mark()
mt.__mode = "v"
mark()
setmetatable(t, nil)
for i = 1, N do t[i] = newproxy() end
mark()
setmetatable(t, mt)
mark()
t.f, t.g, t.h = print, function() return t end, coroutine.create(function() end)
mark()
mark()

--- new keys and __newindex N=1 10
-- A new key is entered before __newindex is asked.
local log = {}
local t = setmetatable({}, {__newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, {v}) end})
for i = 1, N do t["k" .. i] = i t[i] = i if i % 3 == 0 then mark() end end
mark()
local u = setmetatable({}, {__newindex = log})
for i = 1, N do u["k" .. i] = i u[i] = i if i % 3 == 0 then mark() end end
mark()
local v = setmetatable({}, {__newindex = function() error("no") end})
for i = 1, N do pcall(function() v["k" .. i] = 1 end) mark() end

--- globals that go N=3 9 40
for i = 1, N do _G["global" .. i] = i if i % 3 == 0 then mark() end end
for i = 1, N do _G["global" .. i] = nil end
mark()
for i = 1, N do _G["other" .. i] = i if i % 3 == 0 then mark() end end
for i = 1, N do _G["other" .. i] = nil end
mark()
