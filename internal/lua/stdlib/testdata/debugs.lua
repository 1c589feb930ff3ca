-- The debug library.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end

-- Chunks lose the names of their local variables by default (node.stripdebug).
local stripped = debug.getlocal(fails, 1) == nil
local function named(got, name) return got == (stripped and "(*temporary)" or name) end

-- getinfo
local function here(a, b, ...)
  local i = debug.getinfo(1, "nSlutf")
  return i
end
do
  local i = here()
  assert(i.currentline == i.linedefined + 1 and i.lastlinedefined == i.linedefined + 3)
  assert(stripped or i.name == "here" and i.namewhat == "local")
  assert(i.what == "Lua" and i.func == here and i.nparams == 2 and i.isvararg == true and i.istailcall == false)
  assert(i.source:find("^@.*debugs.lua$") and i.short_src:find("debugs.lua$"))
  i = debug.getinfo(print)
  assert(i.what == "C" and i.source == "=[C]" and i.short_src == "[C]" and i.currentline == -1 and i.linedefined == -1 and i.nups == 0)
  i = debug.getinfo(here, "L")
  assert(i.activelines and i.source == nil)
  assert(debug.getinfo(1, "S").what == "main" and debug.getinfo(1000) == nil and debug.getinfo(1, "l").currentline == 27)
  i = debug.getinfo(1, "")
  assert(next(i) == nil)
  fails("invalid option", debug.getinfo, 1, "X")
  fails("number expected, got string", debug.getinfo, "x")
  local t = coroutine.create(function(x) local y = x; coroutine.yield() end)
  coroutine.resume(t, 5)
  i = debug.getinfo(t, 1, "lS")
  assert(i.what == "Lua" and i.currentline == i.linedefined)
  -- locals of another thread
  local n, v = debug.getlocal(t, 1, 1)
  assert(named(n, "x") and v == 5)
  assert(named(debug.setlocal(t, 1, 2, 9), "y"))
  n, v = debug.getlocal(t, 1, 2)
  assert(named(n, "y") and v == 9 and debug.getlocal(t, 1, 30) == nil)
  assert(debug.traceback(t):find("in function 'coroutine.yield'"), debug.traceback(t))
end

do -- locals
  local function f(a, ...)
    local b = 2
    local out = {}
    for i = 1, 10 do
      local n, v = debug.getlocal(1, i)
      if not n then break end
      out[i] = v
    end
    local vn, vv = debug.getlocal(1, -1)
    assert(vn == "(*vararg)" and vv == "va")
    assert(named(debug.setlocal(1, 2, 20), "b") and b == 20)
    assert(debug.setlocal(1, 100, 0) == nil)
    return out
  end
  local out = f(1, "va")
  assert(out[1] == 1 and out[2] == 2)
  assert(debug.getlocal(f, 1) == (not stripped and "a" or nil) and debug.getlocal(f, 2) == nil)
  fails("level out of range", debug.getlocal, 100, 1); fails("level out of range", debug.setlocal, 100, 1, 1)
  fails("value expected", debug.setlocal, 1, 1)
end

do -- upvalues
  local u, w = 1, 2
  local function f() return u + w end
  local function g() return w end
  local n, v = debug.getupvalue(f, 1)
  assert(n == (stripped and "(*no name)" or "u") and v == 1 and debug.setupvalue(f, 1, 10) == n and u == 10 and f() == 12)
  assert(select("#", debug.getupvalue(f, 3)) == 0 and select("#", debug.setupvalue(f, 3, 1)) == 0)
  assert(debug.upvalueid(f, 2) == debug.upvalueid(g, 1) and debug.upvalueid(f, 1) ~= debug.upvalueid(f, 2))
  debug.upvaluejoin(g, 1, f, 1)
  assert(g() == 10)
  fails("invalid upvalue index", debug.upvalueid, f, 3); fails("invalid upvalue index", debug.upvaluejoin, f, 3, g, 1)
  fails("Lua function expected", debug.upvaluejoin, coroutine.wrap(print), 1, f, 1)
  fails("value expected", debug.setupvalue, f, 1)
end

do -- metatables, user values, registry
  local t = {}
  assert(debug.setmetatable(t, {__metatable = "hidden"}) == t and type(debug.getmetatable(t)) == "table" and getmetatable(t) == "hidden")
  assert(debug.getmetatable(1) == nil); fails("nil or table expected", debug.setmetatable, t, 1); fails("value expected", debug.getmetatable)
  debug.setmetatable(1, {__index = function(n, k) return n .. k end})
  assert((5).x == "5x")
  debug.setmetatable(1, nil)
  assert(type(debug.getregistry()) == "table" and debug.getregistry()._LOADED == package.loaded)
  assert(debug.getuservalue(1) == nil); fails("userdata expected", debug.setuservalue, 1, 2)
end

do -- hooks
  local lines, calls = {}, {}
  local function f()
    local x = 1
    return x
  end
  debug.sethook(function(event, line) lines[#lines + 1] = event .. tostring(line) end, "l")
  local hook, mask, count = debug.gethook()
  f()
  debug.sethook()
  assert(type(hook) == "function" and mask == "l" and count == 0)
  local text = table.concat(lines, " ")
  assert(text:find("line%d+ line%d+ line%d+"), text)
  debug.sethook(function(event) calls[#calls + 1] = event end, "cr")
  f()
  debug.sethook()
  text = table.concat(calls, " ")
  assert(text:find("call return"), text)
  local n = 0
  debug.sethook(function(event) assert(event == "count"); n = n + 1 end, "", 100)
  for _ = 1, 2000 do end
  assert(select(3, debug.gethook()) == 100)
  debug.sethook()
  assert(n >= 10, n)
  hook, mask, count = debug.gethook()
  assert(hook == nil and mask == "" and count == 0)
  fails("function expected", debug.sethook, 1, "l"); fails("string expected", debug.sethook, print)
  local ran
  local t = coroutine.create(function() ran = true end)
  local seen = 0
  debug.sethook(t, function() seen = seen + 1 end, "c")
  assert(debug.gethook(t) and debug.gethook() == nil)
  coroutine.resume(t)
  assert(ran and seen > 0)
end

do -- traceback
  local text = debug.traceback("msg")
  assert(text:find("^msg\nstack traceback:\n\t.*debugs.lua:%d+: in main chunk"), text)
  assert(debug.traceback():find("^stack traceback:\n"))
  assert(debug.traceback(nil) :find("^stack traceback:"))
  local o = {}
  assert(debug.traceback(o) == o and debug.traceback(12):find("^12\nstack"))
  local function deep(n) if n == 0 then return debug.traceback("d", 1) end local r = deep(n - 1) return r end
  text = deep(50)
  assert(text:find("\n\t...\n", 1, true) and select(2, text:gsub("\n", "")) < 26, text)
  assert(debug.traceback("x", 1000) == "x\nstack traceback:")
end

do -- getstrings, a firmware extension
  local list = debug.getstrings()
  assert(#list > 10 and list[1] <= list[2] and list[#list - 1] <= list[#list])
  local rom = debug.getstrings("ROM")
  assert(rom == nil or type(rom) == "table")
  fails("invalid option 'x'", debug.getstrings, "x")
end
return "ok"
