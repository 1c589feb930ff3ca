--- buffers of the library N=100 250 254 255 256 257 258 400 511 512 513 768 1023 1024 1025 2047 2049 2561 5000
-- A luaL_Buffer holds 256 bytes, then pieces as strings on the stack, which are joined when there are ten or the top
-- one outgrows the next.
local s = string.rep("ab", N / 2)
mark()
local u = s:upper()
mark()
u = s:gsub("a", "c")
mark()
u = s:gsub("a", "cc")
mark()
u = table.concat({s, s}, "-")
mark()
u = string.format("%s!%s!", s, "tail")
mark()
u = string.format("%q", s)
mark()
u = s:reverse()
mark()
u = s:gsub(".", function(c) return c end)
mark()
u = s:gsub("%w%w", {ab = "ABC"})
mark()
u = s .. s
mark()
u = string.rep(s, 3)
mark()
u = string.rep("x", N)
mark()
u = nil
mark()

--- pieces of growing length N=1 60 120 200 255 256 300
local t = {}
for i = 1, 30 do t[i] = string.rep("x", N + i * 7 % 50) end
mark()
local s = table.concat(t)
mark()
s = table.concat(t, ",")
mark()
for i = 1, 30 do t[i] = string.rep("y", (31 - i) * N / 10) end
s = table.concat(t)
mark()
s = s:gsub("y+", "z")
mark()
s = string.rep("y", N * 3):gsub("y", "zzz")
mark()
t, s = nil
mark()

--- table functions N=0 1 2 10 60
local t = {}
for i = 1, N do table.insert(t, i) if i % 4 == 0 then mark() end end
mark()
for i = 1, N do table.insert(t, 1, i) if i % 4 == 0 then mark() end end
mark()
table.foreach(t, function(k, v) if k % 8 == 0 then mark() end end)
table.foreachi(t, function(i, v) if i % 8 == 1 then mark() end end)
local n = table.getn(t) + table.maxn(t) + #t
mark()
for i = 1, N do table.remove(t, 1) if i % 4 == 0 then mark() end end
for i = 1, N + 1 do table.remove(t) end
mark()
table.insert(t, 1)
mark()
t = nil
mark()

--- sort N=2 5 20 150
local t = {}
for i = 1, N do t[i] = i * 7919 % 1009 end
table.sort(t)
mark()
table.sort(t, function(a, b) if a % 50 == 0 then mark() end return a > b end)
mark()
for i = 1, N do t[i] = "s" .. t[i] end
table.sort(t)
mark()
for i = 1, N do t[i] = setmetatable({i}, {__lt = function(a, b) return a[1] < b[1] end}) end
pcall(table.sort, t)
mark()
local mt = {__lt = function(a, b) return {} and a[1] < b[1] end}
for i = 1, N do t[i] = setmetatable({N - i}, mt) end
table.sort(t)
mark()

--- format N=0 1 7
local any = {}
for i = 1, 3 do
  local s = string.format("%q", "a\0b\r\nc\"d\\" .. N)
  mark()
  s = string.format("%5d|%-5s|%x|%c|%%|%i|%o|%u|%X", i, "l", 255, 65, N, 8, 9, 255)
  mark()
  s = string.format("%s %s %s", "a", N, tostring(nil))
  mark()
  s = string.format("%.20s|%10.3s", string.rep("long", 40), "short")
  mark()
  s = "%d-%s" % {N, "x"}
  mark()
  s = "%5d" % N
  mark()
  pcall(string.format, "%s", any == nil)
  mark()
  pcall(string.format, "%d %d", 1)
  mark()
end

--- patterns N=1 10 100 300
local text = string.rep("key = value; ", N)
for k, v in text:gmatch("(%w+) = (%w+)") do local t = k .. v end
mark()
for w in text:gfind("%a+") do local t = {w} end
mark()
local s = text:gsub("(%w+) = (%w+)", "%2 = %1")
mark()
s = text:gsub("%w+", function(w) if w == "key" then return #w end end)
mark()
s = text:gsub("%w+", {key = 5, value = "a longer value than it was"})
mark()
s = text:gsub(";", "", 3)
mark()
s = text:gsub("%z", "x")
mark()
local a, b, c = text:find("((k)(e))")
mark()
a = {text:byte(1, 60)}
mark()
s = string.char(unpack(a))
mark()
s = text:lower():upper():reverse():sub(2, -2)
mark()

--- math and bit N=1 10
local x = 0
for i = 1, N do
  x = x + math.floor(i / 3) + math.max(i, 2) + math.abs(-i) + math.sqrt(i) % 7 + math.pow(i, 2) % 5 + math.min(i, 3)
  local s = "n" .. x
  mark()
  x = bit.band(bit.bor(i, 8), 255) + bit.lshift(1, 3)
  mark()
  math.randomseed(i)
  mark()
end

--- strings as numbers N=1 10
for i = 1, N do
  local a = "10" + i
  local b = (i .. "") + 1
  local c = "0x10" * 1
  mark()
  for j = "1", "3" do local s = j .. "" end
  mark()
  local ok, e = pcall(function() return "x" + 1 end)
  mark()
  local t = {} t["1"] = 1 t[1] = 2 t["k" .. i] = tonumber("z", 36) t[tonumber("11", 2)] = 1
  mark()
end

--- tostring N=1 5
for i = 1, N do
  local a, b, c = tostring(i * 1000), tostring(-i), tostring(i)
  mark()
  a = tostring(setmetatable({}, {__tostring = function() return "custom" .. i end}))
  mark()
  a = tostring(setmetatable({}, {__tostring = function() return {} end}))
  mark()
end

--- struct N=1 12
for i = 1, N do
  local s = struct.pack("<i4hBs", i, i, 3, "zero" .. i)
  mark()
  local a, b, c, d = struct.unpack("<i4hBs", s)
  mark()
end

--- pipes N=1 5 40
local p = pipe.create()
mark()
for i = 1, N do p:write("text " .. i .. "\n" .. string.rep("x", i * 5)) if i % 4 == 0 then mark() end end
mark()
local s = p:read(10)
mark()
repeat s = p:read("\n+") until not s or s == ""
mark()
p = nil
mark()

--- environments N=1 10 40
for i = 1, N do
  local env = setmetatable({}, {__index = _G})
  local f = setfenv(function() x = {} y = "y" .. i return x end, env)
  f()
  mark()
  local e = getfenv(f)
  local g = loadstring("z = {} return function() w = {} return z end")
  setfenv(g, e)
  local h = g()
  mark()
  h()
  mark()
  local co = coroutine.create(function() setfenv(0, {loadstring = loadstring}) loadstring("u = {}")() coroutine.yield(getfenv(0)) end)
  local ok, e = coroutine.resume(co)
  mark()
end

--- proxies N=1 2
for i = 1, N do
  local p = newproxy()
  local q = newproxy(true)
  getmetatable(q).__index = function(t, k) return k .. i end
  local r = newproxy(q)
  local s = r.x .. q.y
  if i % 3 == 0 then mark() end
end
mark()

--- finalizers of proxies N=1 2
-- There are few, since the metatables are keys of a weak table: their places decide when it grows.
local count = 0
for i = 1, N do
  local p = newproxy(true)
  getmetatable(p).__gc = function() count = count + 1 local s = "collected" .. i end
  if i % 3 == 0 then mark() end
end
for i = 1, 5 do mark() end
local one = newproxy(true)
getmetatable(one).__gc = function(p) count = {count, p} end
for i = 1, N do local p = newproxy(one) if i % 3 == 0 then mark() end end
for i = 1, 5 do mark() end
count = 0
for i = 1, 5 do mark() end

--- finalizers that fail N=1 2
for i = 1, N do
  local p = newproxy(true)
  getmetatable(p).__gc = function(o) error("in gc " .. i) end
  p = nil
  for j = 1, 3 do pcall(collectgarbage) mark() end
end

--- finalizers that resurrect N=1 8
local saved = {}
local p = newproxy(true)
getmetatable(p).__gc = function(o) saved[#saved + 1] = o end
for i = 1, N do newproxy(p) if i % 2 == 0 then mark() end end
p = nil
for i = 1, 5 do mark() end
saved = {}
for i = 1, 5 do mark() end
local weak = setmetatable({}, {__mode = "k"})
p = newproxy(true)
getmetatable(p).__gc = function(o) local t = weak[o] weak[o] = nil end
weak[p] = {}
p = nil
for i = 1, 5 do mark() end
