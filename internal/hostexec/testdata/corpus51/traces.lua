-- Tracebacks, levels of errors, tail calls, coroutines, handlers.
local function f0(...) return debug.traceback(...) end
local function deep(n, f) if n == 0 then return f() end local r = deep(n - 1, f) return r end
local function tail(n, f) if n == 0 then return f() end return tail(n - 1, f) end
function globalfunction(f) local r = f() return r end
t = {field = function(f) local r = f() return r end} function t:method(f) local r = f() return r end
for n = 0, 40 do
  case("deep " .. n, deep, n, debug.traceback) case("deep " .. n, deep, n, f0) case("tail " .. n, tail, n, debug.traceback)
  case("error " .. n, pcall, deep, n, function() error("m", n) end) case("error " .. n, pcall, tail, n, function() error("m", 2) end)
  case("xpcall " .. n, xpcall, function() return deep(n, function() local x = nil + 1 end) end, debug.traceback)
  case("level " .. n, deep, 5, function() return debug.traceback("m", n) end)
end
for _, f in ipairs{globalfunction, t.field, function(g) return t:method(g) end, function(g) return pcall(g) end, function(g) return ("x"):gsub("x", g) end, function(g) table.sort({1, 2, 3}, g) return 1 end,
  function(g) return setmetatable({}, {__index = g}).x end, function(g) return setmetatable({}, {__add = g}) + 1 end, function(g) for a in g do return a end end, function(g) return coroutine.wrap(g)() end,
  function(g) return coroutine.resume(coroutine.create(g)) end, function(g) return loadstring("return (...)()")(g) end, function(g) return xpcall(g, function(m) return "H" .. tostring(m) end) end,
  function(g) return load(g) end, function(g) return table.foreach({1}, g) end, function(g) local u = newproxy(true) getmetatable(u).__call = g return u() end, function(g) return tostring(setmetatable({}, {__tostring = g})) end} do
  case("tb", f, function() return debug.traceback("here") end) case("tb tail", f, debug.traceback)
  case("err", f, function() error("oops") end) case("err2", f, function() error("oops", 2) end) case("err3", f, function() error("oops", 3) end) case("err t", f, function() error({}) end)
  case("err nil", f, function() error() end) case("run", f, function() return nil .. "x" end) case("x", xpcall, function() return f(function() error("deep") end) end, debug.traceback)
  case("x", xpcall, function() return f(function() error("deep") end) end, function(m) return debug.traceback(m, 2) end) case("x", xpcall, function() return f(function() error("deep") end) end, error)
end
for _, a in ipairs{"m", 5, true, {}, print} do case("traceback", debug.traceback, a) case("traceback", debug.traceback, a, 0) case("traceback", debug.traceback, a, 1) case("traceback", debug.traceback, a, 100) case("traceback", debug.traceback, a, "x") end
case("traceback nil", debug.traceback, nil) case("traceback nil 1", debug.traceback, nil, 1)
for n = 1, 8 do
  local co = coroutine.create(function(...) local function r(k) if k == 0 then coroutine.yield(1) error("in " .. n) end r(k - 1) end r(n) end)
  case("co", debug.traceback, co) coroutine.resume(co) case("co", debug.traceback, co) case("co", debug.traceback, co, "msg") case("co", debug.traceback, co, "msg", n) case("co", debug.traceback, co, nil, 1)
  case("co", coroutine.resume, co) case("co dead", debug.traceback, co) case("co", coroutine.status, co) case("co", coroutine.resume, co)
end
case("overflow", function() local function r() return 1 + r() end local ok, m = pcall(r) return ok, m end)
case("overflow", function() local function r() local ok, m = pcall(r2) return m end r2 = r return #tostring(r()) end)
case("overflow", function() local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k + 1] end local ok, m = pcall(function() return t[1] end) return ok, m end)
case("overflow", function() return ("x"):rep(300):gsub(".", "%0") end)
case("overflow", function() local s = ("("):rep(250) .. ("x)"):rep(250) return loadstring("return " .. s) end)
case("overflow", function() return loadstring("return " .. ("{"):rep(250) .. ("}"):rep(250)) end)
case("loop", function() local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) return a.x end)
case("loop", function() local a, b = {}, {} setmetatable(a, {__newindex = b}) setmetatable(b, {__newindex = a}) a.x = 1 end)
case("errerr", xpcall, error, error) case("errerr", xpcall, function() error("a") end, function() error("b") end) case("errerr", xpcall, function() error("a") end, nil) case("errerr", xpcall, function() error("a") end, "x")
