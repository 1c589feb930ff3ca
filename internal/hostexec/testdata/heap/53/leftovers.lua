--- registers of expressions N=1 5
local o = setmetatable({}, {__add = function() mark() end, __index = function() mark() end, __newindex = function() mark() end,
  __concat = function() mark() end, __lt = function() mark() end, __le = function() mark() end, __eq = function() mark() end,
  __len = function() mark() end, __unm = function() mark() end, __call = function() mark() end})
local p = setmetatable({}, getmetatable(o))
local function many(...) return ... end
local x, y = 0
for i = 1, N do
  x = "s" .. i .. "long enough to be a long string, more than forty" .. i + 0.5 x = o + 1
  x = #("s" .. i .. ({1})[1] .. "t") x = o.x
  x = ("abc"):upper() .. ("d"):rep(50) .. i o.x = 1
  x = {{}, {}, {{}}} x = nil x = o .. "x"
  x = {many({}, {}, {})} x = nil x = "x" .. o
  x = {many({}), many({}, {}), n = {}} x = nil x = o < p
  x, y = many({}, {}, {}) x, y = nil x = o <= p
  x = (many({}, {}, {})) x = nil x = o == p
  x = many({}, {}, {}) and {} or {} x = nil x = #o
  x = function() return x, y end x = nil x = -o
  x = {[{}] = {}, [{{}}] = many({}, {})} x = nil x = o(1)
  x = many(many({}, {}), many({}, many({}))) x = nil x = o + {}
  x = select("#", many({}, {}, {})) x = o + {}
  x = ({{}, {}})[1] x = nil x = o + {}
  x = pcall(error, {}) x = o + {}
  x = pcall(function() local a, b, c = {}, {}, {} error({a}) end) x = o + {}
  x = pcall(function() local a, b, c = {}, {}, {} return a + b end) x = o + {}
  x = coroutine.wrap(function(...) local a, b = {}, {} coroutine.yield({...}, a) end)({}, {}) x = nil x = o + {}
  goto skip
  do local a = {} end
  ::skip::
  x = o + {}
end

--- frames of library functions N=1 2
-- look is a function with many registers, which it does not set: there is what
-- the functions before it left on the stack.
local o = setmetatable({}, {__add = function() mark() end})
local function look()
  local x = o + 1
  do
    local a, b, c, d, e, f, g, h, i, j, k, l, m, n, p, q, r, s, t, u, v, w
    local A, B, C, D, E, F, G, H, I, J, K, L, M, O, P, Q, R, S, T, U, V, W
  end
end
local function long() return ("x"):rep(60) end
local name = "heapcount.tmp"
local tests = {
  function() assert({}, {}, {}) end,
  function() pcall(assert, nil, {}) end,
  function() pcall(assert, false) end,
  function() pcall(error, {}) end,
  function() pcall(error, long()) end,
  function() pcall(error, "s" .. N, 2) end,
  function() getmetatable({}) end,
  function() getmetatable(setmetatable({}, {__metatable = {}})) end,
  function() ipairs({}) end,
  function() load("return {}")() end,
  function() load("return {") end,
  function() load(function() return nil end) end,
  function() load("x = {}", "=" .. long(), "t", {})() end,
  function() next({{}}) end,
  function() next({[{}] = {}}) end,
  function() pairs({}) end,
  function() pairs(setmetatable({}, {__pairs = function() return {}, {}, {} end})) end,
  function() pcall(type, {}) end,
  function() rawequal({}, {}) end,
  function() rawlen({}) end,
  function() rawget({{}}, 1) end,
  function() rawset({}, {}, {}) end,
  function() select(2, {}, {}, {}) end,
  function() select("#", {}, {}, {}) end,
  function() select(-1, {}, {}, {}) end,
  function() setmetatable({}, {}) end,
  function() tonumber(long()) tonumber(("1"):rep(50), 10) end,
  function() tostring(12345 + N) tostring(0.5 + N) end,
  function() tostring(setmetatable({}, {__tostring = function() return long() end})) end,
  function() type({}) end,
  function() unpack({{}, {}, {}}) end,
  function() xpcall(type, function() end, {}) end,
  function() xpcall(error, function(m) return {m} end, {}) end,
  function() xpcall(error, debug.traceback, long()) end,
  function() coroutine.create(function() end) end,
  function() coroutine.wrap(function(...) return {...} end)({}, {}) end,
  function() local co = coroutine.wrap(function(...) coroutine.yield({...}) end) co({}, {}) co({}) end,
  function() pcall(coroutine.wrap(function() error({}) end)) end,
  function() coroutine.resume(coroutine.create(function() error({}) end)) end,
  function() coroutine.resume(coroutine.create(function() return {}, {} end), {}) end,
  function() coroutine.status(coroutine.create(print)) coroutine.running() coroutine.isyieldable() end,
  function() debug.getinfo(1) end,
  function() debug.getinfo(look, "SlnfuL") end,
  function() debug.getlocal(1, 1) debug.getlocal(look, 1) end,
  function() local a = {} debug.setlocal(1, 1, {}) end,
  function() local a = {} debug.getupvalue(function() return a end, 1) end,
  function() local a = {} debug.setupvalue(function() return a end, 1, {}) end,
  function() debug.getmetatable(setmetatable({}, {})) end,
  function() debug.setmetatable({}, {}) end,
  function() debug.traceback("x" .. long()) end,
  function() debug.traceback({}) end,
  function() debug.getuservalue(io.stdout) debug.getregistry() end,
  function() math.max(1, 2, 3) math.floor(2.5) math.tointeger(2.0) math.modf(2.5) math.fmod(5, 3) math.ult(1, 2) end,
  function() pcall(math.floor, {}) pcall(math.random, 0, -1) end,
  function() string.byte(long(), 1, 5) end,
  function() string.char(65, 66, 67 + N) end,
  function() string.dump(function() return long end) end,
  function() string.find(long(), "x+") string.find(long(), "(x)(x)()") string.find(long(), "y") end,
  function() string.find(long(), "x", 1, true) end,
  function() string.format("%s %d %5.1f %q", long(), N, 0.5, long()) end,
  function() string.format("%s", setmetatable({}, {__tostring = long})) end,
  function() pcall(string.format, "%d", {}) end,
  function() for a, b in string.gmatch(long(), "(x)(x)") do end end,
  function() string.gsub(long(), "x", "y") end,
  function() string.gsub(long(), "x", {x = long()}) end,
  function() string.gsub(long(), "x", function(c) return c .. N end) end,
  function() pcall(string.gsub, long(), "x", function(c) return {} end) end,
  function() pcall(string.gsub, long(), "x", function(c) error({}) end) end,
  function() string.len(long()) string.lower(long()) string.upper(long()) string.reverse(long()) end,
  function() string.match(long(), "(x*)") string.match("k=v", "(%w)=(%w)") end,
  function() string.pack("zs4i4d", long(), long(), N, 0.5) end,
  function() string.unpack("z", long() .. "\0") string.unpack("<i2i2", "abcd") end,
  function() string.rep("ab", 100) string.rep("ab", 100, ",") end,
  function() string.sub(long(), 2) string.sub(long(), -3, -2) end,
  function() table.concat({long(), long(), 1, 2.5 + N}, ", ") end,
  function() pcall(table.concat, {long(), {}}) end,
  function() table.insert({}, {}) table.insert({{}}, 1, {}) end,
  function() table.move({{}, {}, {}}, 1, 3, 2) table.move({{}, {}}, 1, 2, 1, {}) end,
  function() table.pack({}, {}, {}) end,
  function() table.remove({{}, {}}) table.remove({{}, {}}, 1) table.remove({}) end,
  function() table.sort({{3}, {1}, {2}, {5}, {4}}, function(a, b) return a[1] < b[1] end) end,
  function() table.sort({long(), "a" .. N, "c", "b"}) end,
  function() pcall(table.sort, {{}, {}, {}}) end,
  function() table.unpack({{}, {}, {}}) table.unpack({{}, {}, {}}, 2, 3) end,
  function() utf8.char(0x20AC, 0x41, 0x10000) utf8.char(0x20AC) end,
  function() utf8.codepoint("\u{20AC}abc", 1, -1) utf8.len(long()) utf8.offset(long(), 3) end,
  function() for p, c in utf8.codes("\u{20AC}bc") do end end,
  function() io.open(name, "w"):write(long(), 1, 2.5, "\n"):close() end,
  function() local f = io.open(name) f:read("l") f:read("a") f:seek("set", 0) f:read("n") f:close() end,
  function() for l in io.lines(name) do end end,
  function() local f = io.open(name) for l in f:lines("L", 1) do end f:close() end,
  function() io.open("no/such/file") end,
  function() io.type({}) io.type(io.stdout) end,
  function() io.output() io.input() io.write("") end,
  function() os.remove(name) os.remove(name) end,
  function() os.time{year = 2020, month = 1, day = N} os.date("*t", N) os.date("!%H:%M", N) os.getenv("NO_SUCH") os.clock() end,
  function() loadfile("no/such/file") pcall(dofile, "no/such/file") end,
  function() pcall(require, "no.such.module") end,
  function() package.preload.extra = function(...) return {...} end require("extra") package.loaded.extra = nil package.preload.extra = nil end,
  function() package.searchpath("extra", "./?.lua;./?/init.lua") end,
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
for _, e in ipairs{"add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot", "concat",
    "len", "eq", "lt", "le", "index", "newindex", "call"} do
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
try(function() return a // b end)
try(function() return a & b, a | 1, 1 ~ a, a << 1, 2 >> a, ~a end)
try(function() return a .. b end)
try(function() return a .. ("y" .. N) end)
try(function() return #a end)
try(function() return a == b, a ~= b end)
try(function() return a < b, a <= b, a > b, a >= b end)
try(function() return a.x, a[{}], a[1] end)
try(function() a.x = {} a[{}] = 1 a[1] = {} end)
try(function() return a({}, {}) end)
try(function() local x, y, z = a({}, {}) end)
try(function() pcall(a, {}) end)
try(function() table.insert(setmetatable({}, {__len = function() return 2 end}), {}) end)
try(function() table.concat(setmetatable({}, {__index = function(_, i) return "s" .. i end, __len = function() return 3 end})) end)
try(function() table.unpack(setmetatable({}, {__index = function(_, i) return {i} end}), 1, 3) end)
try(function() for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i < 4 then return {i} end end})) do end end)
try(function() setmetatable({}, {__gc = function() local x = {{}} end}) end)
