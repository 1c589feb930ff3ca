-- The debug library: hooks, information, locals, upvalues.
local events = {}
local function hook(ev, line) events[#events + 1] = line and ev .. line or ev end
local function sub(x)
  local y = x + 1
  return y
end
debug.sethook(hook, "crl")
local a = sub(1)
for i = 1, 2 do
  a = a + i
end
debug.sethook()
print(table.concat(events, " "))
events = {}
debug.sethook(function() events[#events + 1] = debug.getinfo(2, "n").name or "?" end, "c")
sub(1) math.abs(-1) string.rep("x", 2)
debug.sethook()
print(table.concat(events, " "))
local function tailed() return sub(2) end
events = {}
debug.sethook(function(e) local i = debug.getinfo(2, "St") events[#events + 1] = e .. ":" .. i.what .. ":" .. tostring(i.istailcall) end, "cr")
tailed()
debug.sethook()
print(table.concat(events, " "))
local count = 0
debug.sethook(function() count = count + 1 end, "", 100)
for i = 1, 10000 do end
debug.sethook()
print(count > 90, count < 400)
print(debug.gethook())
local f = function() end
debug.sethook(f, "l", 7)
local h, m, c = debug.gethook()
debug.sethook()
print(h == f, m, c)
-- errors and yields in hooks
print(pcall(function() debug.sethook(function() debug.sethook() error("hooked", 0) end, "l")
  local x = 1
end))
debug.sethook()
local co = coroutine.create(function() local x = 1 x = x + 1 return x end)
local lines = {}
debug.sethook(co, function(_, l) lines[#lines + 1] = l end, "l")
coroutine.resume(co)
print(#lines, lines[1])
-- getinfo
local function info(a, b, ...) local i = debug.getinfo(1, "nSlutf") return i end
local i = info(1, 2)
print(i.name, i.namewhat, i.short_src, i.source, i.what, i.currentline, i.linedefined, i.lastlinedefined, i.nups, i.nparams, i.isvararg, i.istailcall, i.func == info)
local p = debug.getinfo(print)
print(p.what, p.short_src, p.source, p.currentline, p.linedefined, p.nups, p.nparams, p.isvararg)
local L = debug.getinfo(info, "L").activelines
print(L[i.linedefined], L[i.linedefined + 1])
print(pcall(debug.getinfo, 1, "X"), debug.getinfo(100), pcall(debug.getinfo, "x"))
local function named() return debug.getinfo(1, "n") end
local obj = {meth = named, field = {deep = named}}
for _, n in ipairs{{named()}, {(named())}, {obj.meth()}, {obj:meth()}, {obj.field.deep()}} do print(n[1].name, n[1].namewhat) end
globalnamed = named
local g = globalnamed()
print(g.name, g.namewhat)
print((setmetatable({}, {__index = function() return debug.getinfo(1, "n").name end})).x)
-- locals and upvalues
local function withlocals(p1, p2, ...)
  local l1, l2 = "one", "two"
  do local inner = 1 end
  local r = {}
  for n = 1, 10 do
    local name, v = debug.getlocal(1, n)
    if not name then break end
    r[#r + 1] = tostring(v)
  end
  return table.concat(r, " ", 1, 4), debug.getlocal(1, -1), (select(2, debug.getlocal(1, -1)))
end
print(withlocals(1, 2, "va"))
print(debug.getlocal(withlocals, 1), debug.getlocal(withlocals, 9))
local function changelocal() local x = 1 debug.setlocal(1, 1, "changed") return x end
print(changelocal())
print(pcall(debug.getlocal, 100, 1))
local u1, u2 = 1, 2
local function ups() return u1, u2 end
local function ups2() return u2 end
print(select(2, debug.getupvalue(ups, 1)), select(2, debug.getupvalue(ups, 2)), debug.getupvalue(ups, 3))
debug.setupvalue(ups, 1, "new")
print(u1, debug.upvalueid(ups, 2) == debug.upvalueid(ups2, 1), debug.upvalueid(ups, 1) == debug.upvalueid(ups2, 1))
debug.upvaluejoin(ups, 1, ups2, 1)
print(ups())
print(pcall(debug.upvalueid, ups, 5), pcall(debug.upvaluejoin, ups, 5, ups2, 1))
-- metatables, registry, uservalue
print(debug.setmetatable(10, {__index = function(n, k) return k .. n end}), (5).x)
debug.setmetatable(10, nil)
print(debug.getmetatable("").__name, type(debug.getregistry()), pcall(function() return (5).x end))
print(debug.setmetatable(nil, {__index = {y = 1}}), (nil).y)
debug.setmetatable(nil, nil)
