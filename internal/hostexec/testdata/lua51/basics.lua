print(_VERSION, 1, -2, 10/4, 7/2, -7/2, -7 % 3, 2^10)
print(#"abc", "a" .. 1 .. "b", not nil, 1 == 1, "10" + 5, 10 .. "")
local t = {}
for i = 1, 20 do t[i] = i * i end
t.x, t.y, t[100] = 1, 2, 3
print(#t, t[20], t.x, t[100], next({}))
local n = 0
for k, v in pairs(t) do n = n + v end
print(n)
for i, v in ipairs({"a", "b", nil, "c"}) do print(i, v) end
local function f(...) return select("#", ...), arg end
print(f(1, nil, 3))
local function g(...) return arg.n, arg[1], #arg end
print(g(5, 6, 7))
print(pcall(error, "x"), pcall(error, {}, 1) == false)
print(pcall(function() local x = nil; x.y = 1 end))
print(pcall(function() return undefined.field end))
print(pcall(function() return t.a.b.c end))
print(pcall(function() return 1 + {} end))
print(pcall(function() return "a" < 1 end))
print(pcall(function() return {} < {} end))
print(pcall(function() return #5 end))
print(pcall(function() undefinedfunction() end))
print(pcall(function() t:method() end))
print(select(2, pcall(string.rep)))
print(select(2, pcall(("x").rep, "x", {})))
print(type(print), type(nil), type({}), type("x"), type(2), type(function() end), type(coroutine.create(function() end)))
local co = coroutine.create(function(a, b)
  print("co", a, b)
  local c = coroutine.yield(a + b)
  print("co", c)
  local d, e = coroutine.yield(c * 2)
  error("oops " .. d .. e)
end)
print(coroutine.resume(co, 1, 2))
print(coroutine.status(co), coroutine.resume(co, 10))
print(coroutine.resume(co, "x", "y"))
print(coroutine.status(co), coroutine.resume(co))
local w = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(w(), w(), w())
print(pcall(coroutine.wrap(function() pcall(coroutine.yield) error("e") end)))
local mt = {__index = function(t, k) return k .. "!" end, __newindex = function(t, k, v) rawset(t, k, v .. "?") end,
  __add = function(a, b) return "add" end, __call = function(self, x) return "called " .. x end, __tostring = function() return "obj" end,
  __eq = function() return true end, __lt = function() return true end, __concat = function() return "cat" end, __unm = function() return "neg" end,
  __len = function() return 42 end}
local o, p = setmetatable({}, mt), setmetatable({}, mt)
o.z = "v"
print(o.a, o.z, o + 1, 1 + o, o(3), tostring(o), o == p, o < p, o <= p, o .. "x", "x" .. o, -o, #o)
print(string.format("%5d|%-5d|%05d|%x|%s|%q|%c", 42, 42, 42, 255, "str", 'a"b\n\0', 65))
print(("hello world"):find("o w"), ("hello"):match("(h)(.)"), ("abc"):gsub("%w", "%0%0"), ("x y z"):gsub("%s", {[" "] = "_"}))
for k, v in string.gmatch("a=1, b=2", "(%w+)=(%w+)") do print(k, v) end
print(table.concat({1, 2, 3}, ", "), table.getn({1, 2}), table.maxn({[10] = 1}), unpack({1, 2, 3}))
local s = {5, 2, 8, 1}
table.sort(s) print(table.concat(s, " "))
table.sort(s, function(a, b) return a > b end) print(table.concat(s, " "))
table.insert(s, 1, 99) table.insert(s, 7) print(table.concat(s, " "), table.remove(s), table.remove(s, 1))
print(tonumber("0x10"), tonumber("  12  "), tonumber("z", 36), tonumber("8", 8), tonumber("1e1"), tonumber(""))
print(math.floor(7 / 2), math.max(1, 5, 3), math.abs(-4), math.sqrt(16), math.huge == math.huge)
local env = setmetatable({print = print}, {__index = _G})
local h = loadstring("x = 5; print(x)")
setfenv(h, env) h() print(rawget(_G, "x"), env.x, getfenv(h) == env)
print(loadstring("x ="))
print(xpcall(function() error("m") end, function(e) return "handled " .. e end))
do local u = newproxy(true); getmetatable(u).__gc = function() print("gc") end; u = nil; collectgarbage() end
print(collectgarbage("count") > 0, gcinfo() > 0)
local weak = setmetatable({}, {__mode = "v"})
weak[1] = {} weak[2] = "s" collectgarbage() print(weak[1], weak[2])
local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
print(deep(5000))
local function tail(n) if n == 0 then return "done" end return tail(n - 1) end
print(tail(100000))
print(pcall(function() local function r() return 1 + r() end return r() end))
local up = 0
local function inc() up = up + 1 return up end
inc() inc() print(up)
local fs = {}
for i = 1, 3 do fs[i] = function() i = i + 1 return i end end
print(fs[1](), fs[1](), fs[2]())
print(debug.traceback("tb"))
error("the end")
