-- The basic library. Runs on every number model; no file system needed.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end

assert(_VERSION == "Lua 5.3")
assert(_G._G == _G)
assert(getmetatable(_G).__index == ROM)

-- assert and error
assert(select("#", assert(1, 2, nil)) == 3)
fails("assertion failed!", assert, false)
fails("own words", assert, nil, "own words")
do
  local ok, e = pcall(assert, false, {1})
  assert(not ok and e[1] == 1)
end
fails("value expected", assert)
do
  local ok, e = pcall(error)
  assert(not ok and e == nil)
  ok, e = pcall(error, "x", 0)
  assert(e == "x")
  local function lvl(n) error("here", n) end
  ok, e = pcall(lvl, 1)
  assert(e:find(":%d+: here$"), e)
  ok, e = pcall(error, 17)
  assert(e == 17)
  ok, e = pcall(error, true, 2)
  assert(e == true)
end

-- select
assert(select("#") == 0 and select("#", nil, nil) == 2)
assert(select(2, "a", "b", "c") == "b")
assert(select(-1, "a", "b", "c") == "c")
assert(select("#", select(4, 1, 2, 3)) == 0)
assert(select("2", "a", "b") == "b")
fails("index out of range", select, 0)
fails("index out of range", select, -2, 1)
fails("number expected, got string", select, "x")
fails("number expected, got no value", select)

-- tonumber
assert(tonumber(3) == 3 and math.type(tonumber(3.0)) == "float")
assert(tonumber("  0x10  ") == 16 and tonumber("1e1") == 10.0 and tonumber("  -7\n") == -7)
assert(math.type(tonumber("10")) == "integer" and math.type(tonumber("10.")) == "float")
assert(tonumber("") == nil and tonumber("1 2") == nil and tonumber("0x") == nil and tonumber("1e") == nil)
assert(tonumber("1\0") == nil and tonumber("inf") == nil and tonumber("nan") == nil)
assert(tonumber({}) == nil and tonumber(nil) == nil and tonumber(true) == nil)
fails("value expected", tonumber)
assert(tonumber("zz", 36) == 35 * 36 + 35 and tonumber("-ff", 16) == -255 and tonumber(" 11 ", 2) == 3)
assert(tonumber("8", 8) == nil and tonumber("", 10) == nil and tonumber("1.0", 10) == nil)
assert(tonumber("+7", 8) == 7 and tonumber("1\0", 10) == nil and tonumber("7fffffff", 16) == 0x7fffffff)
assert(tonumber(("1"):rep(100), 2) == -1)
fails("base out of range", tonumber, "1", 1)
fails("base out of range", tonumber, "1", 37)
fails("string expected, got number", tonumber, 1, 10)
assert(tonumber("0x" .. ("f"):rep(40)) == -1)
assert(math.type(tonumber(tostring(math.maxinteger) .. "0")) == "float")

-- tostring, type
assert(tostring(nil) == "nil" and tostring(true) == "true" and tostring(-12) == "-12")
assert(tostring(1.5) == "1.5" and tostring(2.0) == "2.0" and tostring(-0.0) == "-0.0")
assert(tostring(1e15) == "1e+15" and tostring(1/0) == "inf" and tostring(-1/0) == "-inf")
assert(tostring(setmetatable({}, {__tostring = function() return "me" end})) == "me")
assert(tostring(setmetatable({}, {__name = "Kind"})):find("^Kind: "))
fails("'__tostring' must return a string", tostring, setmetatable({}, {__tostring = function() end}))
fails("value expected", tostring)
fails("value expected", type)
assert(type(nil) == "nil" and type(print) == "function" and type(ROM) == "table")

-- rawequal, rawlen, rawget, rawset, metatables
local mt = {__len = function() return 9 end, __index = function() return 1 end, __eq = function() return true end}
local t, u = setmetatable({5}, mt), setmetatable({}, mt)
assert(#t == 9 and rawlen(t) == 1 and rawlen("abc") == 3 and t == u and not rawequal(t, u))
assert(t.x == 1 and rawget(t, "x") == nil and rawset(t, "x", 2) == t and t.x == 2)
fails("table or string expected", rawlen, 1)
fails("table expected, got no value", rawget)
fails("value expected", rawset, {}, 1)
fails("nil or table expected", setmetatable, {}, 1)
fails("nil or table expected", setmetatable, {})
fails("table expected, got number", setmetatable, 1, {})
assert(getmetatable(t) == mt and getmetatable({}) == nil)
local locked = setmetatable({}, {__metatable = "no"})
assert(getmetatable(locked) == "no")
fails("cannot change a protected metatable", setmetatable, locked, {})
assert(getmetatable("").__index == string)

-- next, pairs, ipairs
assert(next({}) == nil and next({7}) == 1 and select(2, next({7}, nil)) == 7)
fails("table expected", next)
do
  local n = 0
  for k, v in pairs({1, 2, x = 3}) do n = n + v end
  assert(n == 6)
  local f, s, c = pairs(setmetatable({}, {__pairs = function(o) return 1, o, 3, 4 end}))
  assert(f == 1 and type(s) == "table" and c == 3)
  assert(pairs({}) == next)
  local list = {}
  for i, v in ipairs({"a", "b", nil, "d"}) do list[i] = v end
  assert(#list == 2)
  local proxy = setmetatable({}, {__index = function(_, i) if i <= 3 then return i * i end end})
  local sum = 0
  for _, v in ipairs(proxy) do sum = sum + v end
  assert(sum == 14)
  fails("value expected", ipairs)
end

-- pcall, xpcall
assert(select("#", pcall(function() return nil, nil end)) == 3)
do
  local ok, a, b = pcall(function(...) return select("#", ...), ... end, 1, nil)
  assert(ok and a == 2 and b == 1)
  local ok2, msg = xpcall(function() error("boom", 0) end, function(m) return m .. "!" end)
  assert(not ok2 and msg == "boom!")
  ok2, msg = xpcall(function(x, y) return x + y end, print, 3, 4)
  assert(ok2 and msg == 7)
  fails("function expected", xpcall, print)
  fails("value expected", pcall)
  -- yields cross both
  local co = coroutine.wrap(function()
    local r = {pcall(function() coroutine.yield(1); error("later", 0) end)}
    local s = {xpcall(function() return coroutine.yield(2) end, print)}
    return r[1], r[2], s[1], s[2]
  end)
  assert(co() == 1 and co() == 2)
  local r1, r2, s1, s2 = co("in")
  assert(r1 == false and r2 == "later" and s1 == true and s2 == "in")
end

-- load, loadstring
assert(load == loadstring)
assert(load("return 1 + 1")() == 2)
assert(load("return ...", "name")(5) == 5)
do
  local f, msg = load("x =", "=chunk")
  assert(f == nil and msg:find("^chunk:1:"), msg)
  f, msg = load("x =")
  assert(msg:find('^%[string "x ="%]:1:'), msg)
  local pieces, i = {"return ", "1", nil, "never"}, 0
  assert(load(function() i = i + 1; return pieces[i] end)() == 1)
  i = 0
  pieces = {"return ", 4, 2, ""}
  assert(load(function() i = i + 1; return pieces[i] end)() == 42)
  f, msg = load(function() return {} end)
  assert(f == nil and msg:find("reader function must return a string"), msg)
  f, msg = load(function() error("inside", 0) end)
  assert(f == nil and msg:find("^inside"), msg)
  local env = {}
  assert(load("x = 7; return x", "c", "t", env)() == 7 and env.x == 7)
  f, msg = load("return 1", "=c", "b")
  assert(f == nil and msg:find("attempt to load a text chunk (mode is 'b')", 1, true), msg)
  f, msg = load(string.dump(function() end), "=c", "t")
  assert(f == nil and msg:find("attempt to load a binary chunk (mode is 't')", 1, true), msg)
  assert(load(string.dump(function(a) return a * 2 end), "b", "b")(21) == 42)
  fails("function expected", load, {})
  fails("function expected, got nil", load, nil)
end
assert(not pcall(dofile, "/no such file"))

-- collectgarbage
do
  collectgarbage()
  local before = collectgarbage("count")
  assert(math.type(before) == "float" and before > 0)
  assert(collectgarbage() == 0 and collectgarbage("collect") == 0)
  local keep = {}
  for i = 1, 500 do keep[i] = {} end
  collectgarbage()
  assert(collectgarbage("count") > before + 10)
  assert(collectgarbage("stop") == 0)
  assert(collectgarbage("setmemlimit") == false) -- answers as isrunning
  assert(collectgarbage("restart") == 0 and collectgarbage("setmemlimit") == true)
  assert(type(collectgarbage("step")) == "boolean")
  local pause = collectgarbage("setpause", 150)
  assert(math.type(pause) == "integer" and collectgarbage("setpause", pause) == 150)
  local mul = collectgarbage("setstepmul", 10)
  assert(collectgarbage("setstepmul", mul) == 40) -- the least that is accepted
  fails("invalid option 'nothing'", collectgarbage, "nothing")
end

-- unpack follows table.unpack
assert(unpack({1, 2, 3}, 2) == 2 and select("#", unpack({}, 1, 4)) == 4)

-- print
do
  local old = tostring
  tostring = function() return {} end
  local ok, msg = pcall(print, 1)
  tostring = old
  assert(not ok and msg:find("'tostring' must return a string to 'print'", 1, true), msg)
end
return "ok"
