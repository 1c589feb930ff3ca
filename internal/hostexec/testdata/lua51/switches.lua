-- Coroutines in every place where one may be resumed or may yield. The main loop changes threads by itself where it
-- can; what is printed must not tell.
local create, resume, yield, wrap, status, running =
  coroutine.create, coroutine.resume, coroutine.yield, coroutine.wrap, coroutine.status, coroutine.running
local function say(...) print(...) end
local function err(f, ...)
  local t = {pcall(f, ...)}
  for i = 1, #t do t[i] = tostring(t[i]):gsub("0x%x+", "ADDR") end
  say(unpack(t))
end

-- values in and out: as many as are wanted, fewer, more, none
local function echo(...) local t = {n = select("#", ...), ...} while true do t = {n = -1, yield(unpack(t))} end end
do
  local f = wrap(echo)
  say(f()) say(f(1)) say(f(1, 2, 3)) say((f(4, 5))) say(f(nil, nil))
  local a, b, c = f(7) say(a, b, c)
  local t = {f(8, 9), f(10, 11)} say(#t, t[1], t[2], t[3])
  local co = create(echo)
  say(resume(co)) say(resume(co, 1)) say(resume(co, 1, 2, 3)) say((resume(co, 4)))
  a, b, c = resume(co, 7) say(a, b, c)
  say(select("#", f(nil)), select("#", resume(co, nil, nil)))
end

-- loops over a wrapped function, over resume itself, over coroutines that fail
local function count(n) return wrap(function() for i = 1, n do yield(i, -i) end end) end
for i, j in count(3) do say(i, j) end
for i in count(0) do say("never", i) end
for i in count(40) do for j in count(i % 3) do if i == 39 then say(i, j) break end end end
do
  local n = 0
  for ok, v in resume, create(function() yield(1) yield(2) error("three", 0) end) do
    say(ok, v)
    n = n + 1
    if n == 5 then break end
  end
  for ok, v in resume, create(function(a) error({a}) end), 6 do say(ok, type(v)) break end
  err(function() for v in wrap(function() yield(1) error("in the loop") end) do say(v) end end)
  err(function() for v in wrap(function() yield(1) local x = nil + 1 end) do say(v) end end)
  err(function() for v in wrap(function() yield(1) end), 5 do say(v) end local x = {} + 1 end)
end

-- tail calls of both
do
  local function last(f, ...) return f(...) end
  local co = wrap(function(...) local a = {last(yield, ...)} return yield(unpack(a)) end)
  say(last(co, 1, 2)) say(last(co, 3)) say(co(4, 5)) err(co)
  local deep = wrap(function(n) local function down(k) if k == 0 then return yield("down") end return down(k - 1) end return down(n) end)
  say(deep(50)) say(deep("up"))
end

-- nested, each way of failing at each depth
local function nest(depth, how)
  if depth == 0 then
    if how == "error" then error("at the bottom") end
    if how == "value" then error({}) end
    if how == "nil" then local x = nil; x() end
    if how == "raise" then return string.rep() end
    if how == "yield" then yield("bottom") end
    return "returned"
  end
  local f = wrap(nest)
  local a = f(depth - 1, how)
  if how == "yield" then yield(a, depth) a = f() end
  return a, depth
end
for _, how in ipairs{"error", "value", "nil", "raise", "yield", "none"} do
  for depth = 0, 4 do
    local co = create(nest)
    local ok, a, b = resume(co, depth, how)
    say(how, depth, ok, type(a) == "table" and "table" or a, b, status(co))
    if status(co) == "suspended" then say(resume(co)) say(status(co)) end
  end
end

-- protected calls between the coroutines
local function guarded(depth)
  if depth == 0 then yield("deep") error("deep error", 0) end
  local f = wrap(guarded)
  local first = f(depth - 1)
  local ok, e = pcall(f)
  yield(first)
  error(tostring(ok) .. ":" .. tostring(e) .. ":" .. depth, 0)
end
for depth = 0, 3 do
  local co = create(guarded)
  say(resume(co, depth)) say(resume(co)) say(resume(co)) say(status(co))
end
do
  local co = create(function() say(pcall(yield, 1)) say(pcall(function() yield(2) end)) return "end" end)
  say(resume(co)) say(resume(co)) say(status(co))
  co = wrap(function() say(pcall(pcall, error, "x")) yield(1) say(pcall(error, "y")) return 2 end)
  say(co(), co())
  say(pcall(wrap(function() return pcall(error, "z") end)))
end

-- across metamethods, sort, gsub: resuming is right there, yielding is not
do
  local mt = {__index = function(_, k) return wrap(function() yield(k) end)() end,
    __add = function(a, b) local f = wrap(function() yield(1) yield(2) end) f() return f() end,
    __lt = function() return wrap(function() return true end)() end,
    __concat = function() return wrap(error)("no Lua") end,
    __call = function(_, x) return yield(x) end, __eq = function() yield() end,
    __newindex = function(_, k, v) yield(k, v) end}
  local o, p = setmetatable({}, mt), setmetatable({}, mt)
  say(o.key, o + 1, o < p)
  err(function() return o .. 1 end)
  local co = create(function() say(o(1)) say(o(2)) return o == p end)
  say(resume(co)) say(resume(co, 3)) say(resume(co, 4)) say(status(co))
  co = create(function() o.x = 1 end)
  say(resume(co))
  say(("abc"):gsub(".", function(c) return wrap(function() yield(c .. c) end)() end))
  err(wrap(function() return ("abc"):gsub(".", yield) end))
  local t = {3, 1, 2}
  table.sort(t, function(a, b) return wrap(function() yield(a < b) end)() end)
  say(unpack(t))
  err(wrap(function() table.sort(t, yield) end))
  err(wrap(function() for v in yield do say(v) end end))
end

-- what cannot be resumed
do
  local co
  co = create(function() say(resume(co)) say(status(co)) say(resume(running())) return 1 end)
  say(resume(co)) say(resume(co)) say(status(co))
  local f
  f = wrap(function() return f() end)
  err(f)
  local outer
  outer = create(function() local inner = create(function() say(status(outer)) return resume(outer) end) return resume(inner) end)
  say(resume(outer))
  err(resume, 1) err(wrap) err(wrap, print) err(create, print) err(yield, 1) err(status)
  say(running())
  err(function() wrap(function() error() end)() end)
  err(function() wrap(function() error(nil) end)() end)
  err(function() wrap(function() error("level 2", 2) end)() end)
end

-- how deep
do
  local function deep(n) local ok, a = resume(create(deep), n + 1) if ok then return a end return n .. ": " .. tostring(a) end
  say(deep(0))
  local function wrapped(n) local ok, a = pcall(wrap(wrapped), n + 1) if ok then return a end return n .. ": " .. tostring(a) end
  say(wrapped(0))
  local function plain(n) return (wrap(plain)(n + 1)) end
  local ok, e = pcall(plain, 0)
  say(ok, #e > 0 and e:match("[^:]*$"))
  local co = wrap(function() local function f(n) if n == 0 then yield("deep stack") return 0 end return 1 + f(n - 1) end return f(900) end)
  say(co()) say(co())
  co = create(function() local function f() return 1 + f() end return f() end)
  local ok, e = resume(co)
  say(ok, e:match("stack overflow"), status(co))
end

-- many values
do
  local function list(n) local t = {} for i = 1, n do t[i] = i end return t end
  for _, n in ipairs{20, 21, 100, 2000, 7000} do
    local co = wrap(function(...) local k = select("#", ...) while true do k = select("#", yield(k, ...)) end end)
    say(n, select("#", co(unpack(list(n)))), (co(1, 2)), (co(unpack(list(n)))))
  end
end

-- upvalues that a coroutine leaves open, and the collector in between
do
  local fs = {}
  local co = wrap(function() for i = 1, 5 do local v = i * 10 fs[i] = function(d) v = v + d return v end yield(i) end end)
  for i = 1, 3 do co() collectgarbage() end
  say(fs[1](1), fs[2](2), fs[3](3), fs[3](1))
  co = nil
  collectgarbage() collectgarbage()
  say(fs[1](1), fs[2](2), fs[3](3))
  local weak = setmetatable({}, {__mode = "k"})
  for i = 1, 50 do
    local c = create(function(a) local b = {a} while true do b[#b + 1] = yield(#b) end end)
    weak[c] = i
    for k = 1, i % 5 do resume(c, k) end
  end
  collectgarbage() collectgarbage()
  say(next(weak))
  local sum = 0
  for i = 1, 300 do
    local c = wrap(function(a) local t = {a} for k = 1, 3 do t[k + 1] = ("x"):rep(k) .. yield(t) end return #t end)
    c(i) c(1) c(2) sum = sum + c(3)
  end
  say(sum)
end

-- environments of threads, and tracebacks through them
do
  local co = create(function() local function inner() yield(debug.traceback("here", 1)) end inner() end)
  local _, t = resume(co)
  say(t)
  say(debug.traceback(co)) say(debug.traceback(co, "with a message")) say(debug.traceback(co, nil))
  local failed = create(function() local function inner() error("inside") end inner() end)
  say(resume(failed)) say(debug.traceback(failed))
  say(wrap(function() return wrap(function() return debug.traceback("two") end)() end)())
end
error("the end")
