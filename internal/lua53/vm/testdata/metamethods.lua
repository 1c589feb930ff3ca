-- Every metamethod, for tables; errors of operations without one.
local log = {}
local function record(name)
  return function(...)
    local t = {name}
    for i = 1, select("#", ...) do
      local a = (select(i, ...))
      t[#t + 1] = type(a) == "table" and (rawget(a, "name") or "table") or tostring(a)
    end
    log[#log + 1] = table.concat(t, " ")
    return #log
  end
end
local mt = {}
for _, e in ipairs{"add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot", "concat", "len", "eq", "lt", "le", "call"} do
  mt["__" .. e] = record(e)
end
local a, b = setmetatable({name = "a"}, mt), setmetatable({name = "b"}, mt)
local r = {a + 1, 1 + a, a - b, a * 2, 2 / a, a % a, a ^ 2, -a, a // 1, a & 1, 1 | a, a ~ a, a << 1, 1 >> a, ~a, a .. "x", "x" .. a, 1 .. a, a .. b, #a}
print(#r)
print(a == b, a ~= b, a == a, a == 1, a < b, a <= b, a > b, a >= b, a < 1, 1 <= a, a(1, 2), a())
print("x" .. "y" .. a .. "z", a .. 1 .. 2)
print(table.concat(log, "\n"))

-- index chains
local base = {greet = "hello"}
local mid = setmetatable({}, {__index = base})
local obj = setmetatable({}, {__index = mid})
print(obj.greet, obj.nothing, rawget(obj, "greet"))
local calls = setmetatable({}, {__index = function(t, k) return k .. "!" end, __newindex = function(t, k, v) rawset(t, k, v * 2) end})
calls.x = 21
print(calls.x, calls.y, calls[1], #calls)
local target = {}
local proxy = setmetatable({}, {__newindex = target, __index = target})
proxy.k = 1
print(rawget(proxy, "k"), target.k, proxy.k)
print(pcall(function() local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x end))
do
  local first = {}
  local t = first
  for i = 1, 150 do t = setmetatable({}, {__index = t}) end
  first.deep = 1
  print(pcall(function() return t.deep end))
end
do
  local t = setmetatable({}, {})
  getmetatable(t).__newindex = t
  print(pcall(function() t.x = 1 end))
end

-- call chains
local callee = setmetatable({}, {__call = function(self, ...) return "called", ... end})
print(callee(1, 2), (callee()), pcall(callee, 3))
print(pcall(setmetatable({}, {__call = callee}), 1))
for k, v in setmetatable({}, {__call = function(_, s, c) c = (c or 0) + 1 if c < 3 then return c, "it" end end}) do io.write(k, v, " ") end
print()

-- eq only for two tables or two userdata, result is a boolean
local yes = {__eq = function() return 1 end}
print(setmetatable({}, yes) == setmetatable({}, yes), setmetatable({}, yes) == {}, {} == setmetatable({}, yes), setmetatable({}, yes) ~= {})
-- le falls back to not lt
local lt = {__lt = function(x, y) return x.v < y.v end}
local one, two = setmetatable({v = 1}, lt), setmetatable({v = 2}, lt)
print(one < two, one <= two, two <= one, one > two, one >= two)

-- tostring, name, pairs, metatable, len
print(tostring(setmetatable({}, {__tostring = function() return "me" end})))
print(pcall(tostring, setmetatable({}, {__tostring = function() return 1 end})))
print((tostring(setmetatable({}, {__name = "MyType"})):gsub("0x%x+", "ADDR")))
print(getmetatable(setmetatable({}, {__metatable = "locked"})), pcall(setmetatable, setmetatable({}, {__metatable = 1}), {}))
for k, v in pairs(setmetatable({}, {__pairs = function(t) return function(_, k) if not k then return 1, 2 end end, t, nil end})) do print(k, v) end
print(#setmetatable({1, 2}, {__len = function() return "long" end}))
print(pcall(table.unpack, setmetatable({}, {__len = function() return "x" end})))
print(table.concat(setmetatable({}, {__len = function() return 3 end, __index = function(_, i) return "e" .. i end}), ","))
print(table.unpack(setmetatable({}, {__index = function(_, i) return i * i end}), 1, 4))
local sorted = setmetatable({}, {__index = {3, 1, 2}, __len = function() return 3 end, __newindex = function(t, k, v) rawset(t, k, v) end})
table.sort(sorted)
print(sorted[1], sorted[2], sorted[3])
for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i < 4 then return i * 2 end end})) do io.write(i, "=", v, " ") end
print()

-- strings have a metatable
print(("x"):rep(3), #("abc"):upper(), ("a").nothing, pcall(function() return ("a").x.y end))

-- errors without metamethods
local t, n = {}, nil
for i, f in ipairs{
  function() return t + 1 end, function() return 1 - n end, function() return t.x.y end, function() t.x.y = 1 end, function() return #5 end, function() return -{} end,
  function() return t .. "x" end, function() return "x" .. n end, function() n() end, function() t.x() end, function() t:x() end, function() return undefinedname.x end,
  function() undefinedname() end, function() return t < 1 end, function() return "a" < 1 end, function() return nil > 1 end, function() return t <= t end, function() t[nil] = 1 end,
  function() t[0 / 0] = 1 end, function() return 1 & 1.5 end, function() return "x" & 1 end, function() return t | 1 end, function() return ~"x" end, function() return ~1.5 end,
  function() return 2 ^ 53 | 0 end, function() string.nothing() end, function() ("x"):nothing() end, function() return math.pi.x.y end, function() return t.a.b.c end, function() return (1)() end,
  function() for i = 1, "x" do end end, function() for k in 5 do end end, function() local a = t.x + t.y end, function() return t.x .. "a" .. t.y end, function() return #t.x end,
  function() return -t.y end, function() return t[1][2] end, function() return t["a b"].c end, function() return (nil)[1] end, function() return ("x")() end, function() return t.x < t.y end,
} do
  print(i, select(2, pcall(f)))
end
