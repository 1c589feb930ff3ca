-- Messages of errors in operators, with their places, and tracebacks.
local values = {"nil", "true", "1", "1.5", "'x'", "'10'", "{}", "type", "2^53", "1/0", "math.mininteger"}
local forms = {"%s + %s", "%s - 1 + %s", "%s / %s", "%s // %s", "%s %% %s", "%s ^ %s", "%s & %s", "%s | %s", "%s ~ %s", "%s << %s", "%s >> %s",
  "%s .. %s", "%s < %s", "%s <= %s", "%s == %s", "(%s)[%s]", "(%s)(%s)", "-(%s), -(%s)", "~(%s), ~(%s)", "#(%s), #(%s)", "#%s .. %s"}
for _, form in ipairs(forms) do
  for _, a in ipairs(values) do
    for _, b in ipairs(values) do
      local places = {
        "return " .. form:format("(" .. a .. ")", "(" .. b .. ")"),
        "local a, b = " .. a .. ", " .. b .. "\nreturn " .. form:format("a", "b"),
        "A, B = " .. a .. ", " .. b .. "\n\nreturn " .. form:format("A", "B"),
        "local t = {a = " .. a .. ", b = {c = " .. b .. "}}\nreturn " .. form:format("t.a", "t.b.c"),
        "local u, w = " .. a .. ", " .. b .. "\nlocal function f() return " .. form:format("u", "w") .. "\nend return f()",
      }
      for i, code in ipairs(places) do
        local f, msg = load(code, "=c")
        local name = (code:gsub("\n", " "))
        if f then case(name, f) else print(name, msg) end
      end
    end
  end
end
for _, code in ipairs{"error()", "error(nil)", "error({})", "error('x', 0)", "error('x', 1)", "error('x', 2)", "error('x', 3)", "error(12)", "error(1.5)", "error(1e15)",
  "assert(false)", "assert(nil, 'x')", "assert(false, 12)", "assert()", "local t = setmetatable({}, {__index = function(t, k) error(k) end}) return t.x",
  "local t = setmetatable({}, {__tostring = function() return 1 end}) return tostring(t)", "string.rep('x', 1 << 30, 'y')", "('x'):rep(-1)", "('x'):bad()", "x.y.z = 1",
  "local x = nil; x.y = 1", "goto out", "break", "for i = 1, 10, 0 do end", "for i = 'a', 2 do end", "for i = 1, {} do end", "for i = 1, 2, {} do end",
  "for k in 5 do end", "for k in nil do end", "string.gsub('x', '(', '')", "string.find('x', '[a')", "string.find('x', '%')", "string.find('x', '%f')", "string.find('x', '%b')",
  "string.gsub('x', 'x', '%2')", "string.gsub('x', '.', {x = {}})", "table.concat({{}})", "table.sort({1, 'x'})", "table.sort({3, 2, 1, 4, 5}, function() return true end)",
  "setmetatable(1, {})", "math.floor({})", "math.floor('x')", "('x').y.z = 1", "1 .. {}", "local function f() return f() end f(", "coroutine.resume(1)", "coroutine.wrap(error)('x')",
  "local co = coroutine.wrap(function() end) co() co()", "local co co = coroutine.create(function() return coroutine.resume(co) end) return coroutine.resume(co)", "coroutine.yield()",
  "return 1 // 0", "return 1 % 0", "return 1.0 // 0", "return 1 % 0.0", "local z = 0 return 1 // z", "local z = 0 return 1 % z", "local z = 0 return math.fmod(1, z)",
  "return 1.5 | 0", "return '1.5' | 0", "return 1e30 | 0", "return {} | 0", "return 'x' | 0", "local s = 'x' return s | 1", "return 2^63 | 0", "return 2^31 | 0", "return 2^53 & 1"} do
  local f, msg = load(code, "=c")
  if f then case(code, f) else print(code, msg) end
end
-- Tracebacks.
local function deep(n, f)
  if n == 0 then return f() end
  local r = deep(n - 1, f)
  return r
end
local function trace(f)
  local ok, text = xpcall(f, debug.traceback)
  print(ok, (tostring(text):gsub("0x%x+", "ADDRESS")))
end
for n = 0, 30 do
  trace(function() local r = deep(n, function() error("at " .. n) end) return r end)
  trace(function() return deep(n, function() local x = {} + 1 end) end)
end
trace(function() table.sort({2, 1}, function(a, b) error("in sort") end) end)
trace(function() string.gsub("x", ".", function() local x = nil + 1 end) end)
trace(function() for i in function() error("in for") end do end end)
trace(function() return setmetatable({}, {__add = function(a, b) error("in add") end}) + 1 end)
trace(function() return setmetatable({}, {__index = function(a, b) error("in index") end}).x end)
trace(function() local co = coroutine.create(function() deep(3, coroutine.yield) end) coroutine.resume(co) print((debug.traceback(co):gsub("0x%x+", "A"))) print(debug.traceback(co, "msg", 1)) print(debug.traceback(co, 12)) end)
trace(function() dofile("no such file") end)
trace(function() require("no such module") end)
trace(function() load("error('in load')", "=chunk")() end)
trace(function() load("error('in load')", "@file.lua")() end)
trace(function() load("error('in load')")() end)
trace(function() load("error('in load')\n\n--" .. ("x"):rep(100))() end)
