--- registers of expressions N=1 5
-- As in Lua 5.3: what is left in registers keeps its object alive, and the mark is taken in a metamethod.
local o = setmetatable({}, {__add = function() mark() end, __index = function() mark() end, __newindex = function() mark() end,
  __concat = function() mark() end, __lt = function() mark() end, __le = function() mark() end, __eq = function() mark() end,
  __unm = function() mark() end, __call = function() mark() end})
local p = setmetatable({}, getmetatable(o))
local function many(...) return ... end
local x, y = 0
for i = 1, N do
  x = "s" .. i .. "long enough to be a long string, more than forty" .. i + 5 x = o + 1
  x = #("s" .. i .. ({1})[1] .. "t") x = o.x
  x = ("abc"):upper() .. ("d"):rep(50) .. i o.x = 1
  x = {{}, {}, {{}}} x = nil x = o .. "x"
  x = {many({}, {}, {})} x = nil x = "x" .. o
  x = {many({}), many({}, {}), n = {}} x = nil x = o < p
  x, y = many({}, {}, {}) x, y = nil x = o <= p
  x = (many({}, {}, {})) x = nil x = o == p
  x = many({}, {}, {}) and {} or {} x = nil x = -o
  x = function() return x, y end x = nil x = -o
  x = {[{}] = {}, [{{}}] = many({}, {})} x = nil x = o(1)
  x = many(many({}, {}), many({}, many({}))) x = nil x = o + {}
  x = select("#", many({}, {}, {})) x = o + {}
  x = ({{}, {}})[1] x = nil x = o + {}
  x = pcall(error, {}) x = o + {}
  x = pcall(function() local a, b, c = {}, {}, {} error({a}) end) x = o + {}
  x = pcall(function() local a, b, c = {}, {}, {} return a + b end) x = o + {}
  x = coroutine.wrap(function(...) local a, b = {}, {} coroutine.yield({...}, a) end)({}, {}) x = nil x = o + {}
end

--- frames of library functions N=1 2
local o = setmetatable({}, {__add = function() mark() end})
local function look()
  local x = o + 1
  do
    local a, b, c, d, e, f, g, h, i, j, k, l, m, n, p, q, r, s, t, u, v, w
    local A, B, C, D, E, F, G, H, I, J, K, L, M, O, P, Q, R, S, T, U, V, W
  end
end
local function long() return ("x"):rep(60) end
local function far(n) return ("y"):rep(200 + n) end
local tests = {
  function() assert({}, {}, {}) end,
  function() pcall(assert, nil, {}) end,
  function() pcall(assert, false) end,
  function() pcall(assert, false, long()) end,
  function() pcall(error, {}) end,
  function() pcall(error, long()) end,
  function() pcall(error, "s" .. N, 2) end,
  function() collectgarbage("count") collectgarbage("step", N) end,
  function() pcall(collectgarbage, "nothing") end,
  function() gcinfo() end,
  function() getfenv() getfenv(look) getfenv(print) getfenv(1) end,
  function() setfenv(function() end, {}) end,
  function() pcall(setfenv, print, {}) end,
  function() getmetatable({}) getmetatable("") end,
  function() getmetatable(setmetatable({}, {__metatable = {}})) end,
  function() pcall(setmetatable, setmetatable({}, {__metatable = {}}), {}) end,
  function() ipairs({}) end,
  function() for i, v in ipairs({{}, {}}) do end end,
  function() loadstring("return {}")() end,
  function() loadstring("return {") end,
  function() load(function() return nil end) end,
  function() load(function() return {} end) end,
  function() pcall(load, function() error({}) end) end,
  function() loadstring("x = {}", "=" .. long())() end,
  function() next({{}}) end,
  function() next({[{}] = {}}) end,
  function() next(string) next(string, "len") end,
  function() pcall(next, {}, {}) end,
  function() pairs({}) end,
  function() for k, v in pairs({{}, x = {}}) do end end,
  function() pcall(type, {}) end,
  function() pcall(type) end,
  function() rawequal({}, {}) end,
  function() rawget({{}}, 1) end,
  function() rawset({}, {}, {}) end,
  function() select(2, {}, {}, {}) end,
  function() select("#", {}, {}, {}) end,
  function() select(-1, {}, {}, {}) end,
  function() setmetatable({}, {}) end,
  function() tonumber(long()) tonumber(("1"):rep(50), 10) tonumber("7" .. N, 16) end,
  function() tostring(12345 + N) tostring(true) tostring(nil) end,
  function() tostring(setmetatable({}, {__tostring = function() return long() end})) end,
  function() type({}) type(print) end,
  function() unpack({{}, {}, {}}) end,
  function() unpack({{}, {}, {}}, 2, 3) unpack({}, 1, 3) end,
  function() xpcall(function() end, function() end) end,
  function() xpcall(function() error({}) end, function(m) return {m} end) end,
  function() xpcall(function() error(long()) end, debug.traceback) end,
  function() newproxy() newproxy(true) newproxy(newproxy(true)) end,
  function() pcall(newproxy, {}) end,
  function() coroutine.create(function() end) end,
  function() pcall(coroutine.create, print) end,
  function() coroutine.wrap(function(...) return {...} end)({}, {}) end,
  function() local co = coroutine.wrap(function(...) coroutine.yield({...}) end) co({}, {}) co({}) end,
  function() pcall(coroutine.wrap(function() error({}) end)) end,
  function() pcall(coroutine.wrap(function() error(long()) end)) end,
  function() coroutine.resume(coroutine.create(function() error({}) end)) end,
  function() coroutine.resume(coroutine.create(function() return {}, {} end), {}) end,
  function() coroutine.status(coroutine.create(function() end)) coroutine.running() end,
  function() coroutine.wrap(function() coroutine.running() coroutine.yield(coroutine.status(coroutine.running())) end)() end,
  function() debug.getregistry() end,
  function() debug.traceback() end,
  function() debug.traceback("x" .. long()) end,
  function() debug.traceback({}) end,
  function() debug.traceback(coroutine.create(function() end), "m" .. N) end,
  function() math.max(1, 2, 3) math.min(3, 2) math.floor(7 / 2) math.abs(-N) math.sqrt(16) math.pow(2, 3) math.random(5) end,
  function() pcall(math.floor, {}) pcall(math.random, 0) end,
  function() string.byte(long(), 1, 5) end,
  function() string.char(65, 66, 67 + N) end,
  function() string.dump(function() return long end) end,
  function() pcall(string.dump, print) end,
  function() string.find(long(), "x+") string.find(long(), "(x)(x)()") string.find(long(), "y") end,
  function() string.find(long(), "x", 1, true) end,
  function() string.format("%s %d %5s %q", long(), N, "ab", long()) end,
  function() string.format("%s %s", far(N), far(1)) end,
  function() pcall(string.format, "%s", {}) end,
  function() pcall(string.format, "%d", {}) end,
  function() pcall(string.format, "%y", 1) end,
  function() local s = "%d and %s" % {N, long()} end,
  function() for a, b in string.gmatch(long(), "(x)(x)") do end end,
  function() for a in string.gfind(long(), "x") do end end,
  function() string.gsub(long(), "x", "y") end,
  function() string.gsub(long(), "x", "yyyyyyyy") end,
  function() string.gsub(far(9), "y", "zz") end,
  function() string.gsub(long(), "x", {x = long()}) end,
  function() string.gsub(long(), "x", function(c) return c .. N end) end,
  function() pcall(string.gsub, long(), "x", function(c) return {} end) end,
  function() pcall(string.gsub, long(), "x", function(c) error({}) end) end,
  function() string.len(long()) string.lower(long()) string.upper(far(3)) string.reverse(far(2)) end,
  function() string.match(long(), "(x*)") string.match("k=v", "(%w)=(%w)") end,
  function() string.rep("ab", 100) string.rep("ab", 400) string.rep("x", 0) end,
  function() string.sub(long(), 2) string.sub(long(), -3, -2) end,
  function() table.concat({long(), far(1), 1, 2 + N}, ", ") end,
  function() pcall(table.concat, {long(), {}}) end,
  function() table.foreach({{}, x = {}}, function(k, v) end) table.foreachi({{}, {}}, function(i, v) return i == 2 and {} or nil end) end,
  function() table.getn({{}, {}}) table.maxn({1, 2, [7] = 1}) end,
  function() pcall(table.setn, {}, 1) end,
  function() table.insert({}, {}) table.insert({{}}, 1, {}) end,
  function() pcall(table.insert, {}, 1, 2, 3) end,
  function() table.remove({{}, {}}) table.remove({{}, {}}, 1) table.remove({}) end,
  function() table.sort({{3}, {1}, {2}, {5}, {4}}, function(a, b) return a[1] < b[1] end) end,
  function() table.sort({long(), "a" .. N, "c", "b"}) end,
  function() pcall(table.sort, {{}, {}, {}}) end,
  function() loadfile("no/such/file") pcall(dofile, "no/such/file") end,
  function() pcall(require, "no.such.module") end,
  function() package.preload.extra = function(...) return {...} end require("extra") package.loaded.extra = nil package.preload.extra = nil end,
  function() package.preload.extra = function(...) module(...) x = {} end require("extra") package.loaded.extra = nil package.preload.extra = nil extra = nil end,
  function() package.preload.extra = function(...) module(..., package.seeall) end require("extra") package.loaded.extra = nil package.preload.extra = nil extra = nil end,
  function() require("string") require("table") end,
  function() bit.bor(1, 2) struct.pack("<i4s", N, long()) struct.unpack("<i4", "abcd") end,
  function() sjson.encode({a = {1, 2, {b = long()}}}) end,
  function() local e = sjson.encoder({a = {1, 2, {b = long()}}}) e:read(10) end,
  function() local p = pipe.create() p:write(long()) p:read(5) p:read("\n") end,
}
for i, f in ipairs(tests) do
  for j = 1, N do f() look() end
end

--- frames of metamethods N=1
local o = setmetatable({}, {__add = function() mark() end})
local function look()
  local x = o + 1
  do
    local a, b, c, d, e, f, g, h, i, j, k, l, m, n, p, q, r, s, t, u, v, w
    local A, B, C, D, E, F, G, H, I, J, K, L, M, O, P, Q, R, S, T, U, V, W
  end
end
local class = {}
for _, e in ipairs{"add", "sub", "mul", "div", "mod", "pow", "unm", "concat", "eq", "lt", "le", "index", "newindex", "call"} do
  class["__" .. e] = function(...) return {...}, {} end
end
local a, b = setmetatable({}, class), setmetatable({}, class)
local function try(f) f() look() end
try(function() return a + b end)
try(function() return a - 1 end)
try(function() return 2 * a end)
try(function() return a / {} end)
try(function() return a % {} end)
try(function() return {} ^ a end)
try(function() return -a end)
try(function() return a .. b end)
try(function() return a .. ("y" .. N) end)
try(function() return pcall(function() return ("z" .. N) .. a .. b .. "c" end) end)
try(function() return a == b, a ~= b end)
try(function() return a < b, a <= b, a > b, a >= b end)
try(function() return a.x, a[{}], a[1] end)
try(function() a.x = {} a[{}] = 1 a[1] = {} end)
try(function() return a({}, {}) end)
try(function() local x, y, z = a({}, {}) end)
try(function() pcall(a, {}) end)
try(function() local t = setmetatable({}, {__index = function(_, i) if i < 4 then return {i} end end}) local i = 1 while t[i] do i = i + 1 end end)
try(function() local x = newproxy(true) getmetatable(x).__gc = function() local x = {{}} end end)
try(function() local x = newproxy(true) getmetatable(x).__len = function() return {} end return #x end)
try(function() local x = newproxy(true) getmetatable(x).__index = function() return {} end return x.y end)

--- arguments of old functions N=0 1 3 20
-- A vararg function that does not say ... has its arguments in the table arg.
local o = setmetatable({}, {__add = function() mark() end})
local function look() local x = o + 1 do local a, b, c, d, e, f, g, h, i, j, k, l, m, n end end
local function old(a, ...) local n = arg.n mark() return n end
local function new(a, ...) local b = ... mark() return b end
local function both(...) local n = select("#", ...) mark() return n end
local args = {}
for i = 1, N do args[i] = {i} end
old(unpack(args)) look()
new(unpack(args)) look()
both(unpack(args)) look()
args = nil
old(1, {}, {}) look()
for i = 1, N do old() if i % 3 == 0 then look() end end
local function keep(...) return arg end
local t = keep({}, {}, {})
mark()
t = nil
mark()

--- stale values N=1 4
-- What a closure, a table or a string is made of lies behind the registers in use when the collector runs.
local function stale(n)
  do local a, b, c = {n}, "one" .. n, {n} end
  local f = function() return n end
  mark()
  do local a, b, c = "two" .. n, {}, "three" .. n .. "four" .. n end
  local t = {f}
  mark()
  do local a = {("x"):rep(n + 3), tostring(n)} end
  local s = "five" .. n
  mark()
  for i = 1, 3 do local x, y = {i}, "six" .. i end
  local g = coroutine.create(f)
  mark()
  return f, t, s, g
end
for i = 1, N do stale(i) end
local s = "long" for i = 1, 10 do s = s .. i .. s:sub(-2) end
mark()
