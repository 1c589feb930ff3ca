-- Errors: values, levels, handlers, tracebacks, overflows.
print(pcall(error)) print(pcall(error, nil)) print(pcall(error, "m", 0)) print(pcall(error, "m")) print(pcall(error, 12)) print(pcall(error, true))
local function lvl(n) error("level", n) end
for i = 0, 3 do print(i, pcall(function() lvl(i) end)) end
print(select("#", pcall(error)), pcall(pcall), pcall(pcall, error, 1))
local e = setmetatable({}, {__tostring = function() return "E" end})
print(select(2, pcall(error, e)) == e, tostring(select(2, pcall(error, e))))
print(xpcall(error, function(m) return "handled " .. tostring(m) end, "arg"))
print(xpcall(function(...) return select("#", ...), ... end, print, 1, 2, nil))
print(xpcall(function() error("a") end, function(m) error("b") end))
print(pcall(xpcall)) print(pcall(xpcall, print))
print(xpcall(function() local t = nil; t.x = 1 end, function(m) return debug.traceback("T: " .. m, 1):match("T: [^\n]*\n[^\n]*\n[^\n]*") end))
print(pcall(assert, false)) print(pcall(assert, nil, "am")) print(assert(1, 2, 3)) print(pcall(assert))
-- arguments of library functions
for _, f in ipairs{
  function() string.rep() end, function() ("x"):rep({}) end, function() ("x").rep() end, function() setmetatable(1, {}) end, function() setmetatable({}, 1) end, function() ipairs() end,
  function() math.floor({}) end, function() math.floor("a") end, function() string.char(256) end, function() string.char(-1) end, function() table.concat({{}}) end, function() table.concat({1, 2, {}}, ",") end,
  function() table.insert({}, 5, 1) end, function() table.insert({}) end, function() table.insert({}, 1, 2, 3) end, function() table.remove({}, 5) end, function() tonumber("1", 99) end, function() tonumber(1, 10) end,
  function() tonumber() end, function() select(0) end, function() rawset(1, 2, 3) end, function() rawlen(5) end, function() next({}, "nokey") end, function() string.format("%d", "x") end,
  function() string.format("%d", 1.5) end, function() string.format("%y", 1) end, function() string.format("%", 1) end, function() string.format("%d") end, function() string.format("%10.123d", 1) end, function() ("x"):bad() end,
  function() ("x"):rep(-1):nope() end, function() utf8.char(-1) end, function() utf8.codepoint("abc", 10) end, function() utf8.len("abc", 10) end, function() coroutine.wrap(1) end,
  function() collectgarbage("nope") end, function() load(1) end, function() getmetatable() end, function() string.gsub("a", "(", "") end, function() string.gsub("a", "%", "") end, function() string.gsub("a", "[", "") end,
  function() string.gsub("a", "a", "%2") end, function() string.gsub("a", "a", true) end, function() string.gsub("a", "a", function() return {} end) end, function() string.find("a", "%f") end, function() ("x"):rep(1e10) end, function() table.unpack({}, 1, 1e8) end,
  function() math.random(0) end, function() math.random(2, 1) end, function() string.pack("i17", 1) end, function() string.unpack("i4", "abc") end, function() os.time({}) end, function() string.byte("x", {}) end, function() table.move({}, 1, 2) end,
} do
  print(select(2, pcall(f)))
end
-- names in messages
local up = nil
local tab = {sub = {}}
function globalfunction() local l = nil; return l.x end
function tab.method(self) return self.a.b end
function tab.sub.inner() return up.x end
for _, f in ipairs{globalfunction, function() tab:method() end, tab.sub.inner, function() return tab.nope() end, function() return tab.sub.nope.x end, function() return tab:nope() end, function() up() end, function() up.x = 1 end, function() return up + 1 end, function() return tab[up].x end, function() return 1 + tab.sub end, function() globalnope() end, function() globalnope.x = 1 end} do
  print(select(2, pcall(f)))
end
-- tracebacks
local function deep(n) if n == 0 then return debug.traceback("deep") end local r = deep(n - 1) return r end
local function clean(s) return (s:gsub("\n%s*%[C%]: in %?$", "")) end
print(clean(deep(3)))
print(clean(deep(40)))
print(clean((select(2, xpcall(function() tab.method({}) end, debug.traceback)))))
print(clean((select(2, xpcall(function() string.rep() end, debug.traceback)))))
print(clean(select(2, xpcall(function() table.sort({2, 1}, function() error("cmp") end) end, debug.traceback))))
local meta = setmetatable({}, {__add = function() return debug.traceback("in add") end, __index = function() return debug.traceback("in index") end})
print(clean(meta + 1)) print(clean(meta.x))
local function tail() return debug.traceback("tail") end
local function calls_tail() return tail() end
print(clean((calls_tail())))
for r in function(_, c) if not c then return debug.traceback("iterator") end end do print(clean(r)) end
-- stack overflow
local function forever(n) return 1 + forever(n + 1) end
local ok, m = pcall(forever, 1)
print(ok, (m:gsub("\n.*", "")))
local depth = 0
local function count() depth = depth + 1 count() end
print(pcall(count)) print(depth > 11900, depth < 12000)
depth = 0
local function handler(m) depth = depth + 1 return (m:match("stack overflow")) end
print(xpcall(count, handler))
print(xpcall(count, function(m) return count() end))
local function cdepth(n) return (string.gsub("a", "a", function() return cdepth(n + 1) end)) end
print(pcall(cdepth, 1))
local function mdepth() local t = setmetatable({}, {__index = function(t, k) return t[k .. "x"] end}) return t.a end
print(pcall(mdepth))
local function pdepth(n) local ok, m = pcall(pdepth, n + 1) if not ok then return m end return m end
print(pdepth(1))
print(pcall(function() local t = {} for i = 1, 20000 do t[i] = i end return select("#", table.unpack(t)) end))
print(pcall(function() local t = {} for i = 1, 9000 do t[i] = i end return select("#", table.unpack(t)) end))
print(pcall(string.rep, "x", -1), #string.rep("ab", 3, ","), pcall(string.rep, "abc", math.maxinteger))
local function vararg(...) return select("#", ...) end
print(vararg(table.unpack({}, 1, 250)))
print(pcall(load, ("x"):rep(1) .. "=" .. ("-"):rep(300) .. "1"))
