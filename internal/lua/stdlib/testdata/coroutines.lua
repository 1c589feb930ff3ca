-- The coroutine library.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local co = coroutine

do -- values through resume and yield, and the states on the way
  local main, ismain = co.running()
  assert(type(main) == "thread" and ismain == true and co.status(main) == "running" and not co.isyieldable())
  local t
  t = co.create(function(a, b)
    assert(co.status(t) == "running" and co.status(main) == "normal" and co.isyieldable())
    local me, isme = co.running()
    assert(me == t and isme == false and a == 1 and b == 2)
    local c, d = co.yield(3, nil)
    assert(c == 4 and d == nil)
    return 5, 6
  end)
  assert(co.status(t) == "suspended")
  local function eq(n, ...) assert(select("#", ...) == n) return ... end
  local ok, x, y = eq(3, co.resume(t, 1, 2))
  assert(ok and x == 3 and y == nil and co.status(t) == "suspended")
  ok, x, y = eq(3, co.resume(t, 4))
  assert(ok and x == 5 and y == 6 and co.status(t) == "dead")
  ok, x = co.resume(t)
  assert(not ok and x == "cannot resume dead coroutine")
end

do -- errors
  local t = co.create(function() error({code = 7}) end)
  local ok, e = co.resume(t)
  assert(not ok and e.code == 7 and co.status(t) == "dead")
  ok, e = co.resume(co.running())
  assert(not ok and e == "cannot resume non-suspended coroutine", e)
  local w = co.wrap(function() error("text") end)
  ok, e = pcall(function() local r = w() return r end)
  assert(not ok and e:find("coroutines.lua:%d+: .*coroutines.lua:%d+: text"), e)
  fails("cannot resume dead coroutine", w)
  w = co.wrap(function() error({}) end)
  ok, e = pcall(w)
  assert(type(e) == "table")
  fails("thread expected", co.resume, 1); fails("thread expected", co.status); fails("function expected", co.create, 1)
  fails("function expected", co.wrap)
  ok, e = pcall(co.yield)
  assert(not ok and e:find("attempt to yield from outside a coroutine"), e)
  t = co.create(function() return pcall(co.resume, t) end)
end

do -- wrap as an iterator, many values, deep recursion
  local gen = co.wrap(function() for i = 1, 4 do co.yield(i) end end)
  local sum = 0
  for i in gen do sum = sum + i end
  assert(sum == 10)
  local big = {}
  for i = 1, 200 do big[i] = i end
  local t = co.create(function(...) return select("#", ...), co.yield(...) end)
  assert(select("#", co.resume(t, table.unpack(big))) == 201)
  local _, n, r = co.resume(t, "back")
  assert(n == 200 and r == "back")
  local function depth(k) if k == 0 then return co.yield("deep") end return (depth(k - 1)) end
  t = co.create(depth)
  assert(select(2, co.resume(t, 100)) == "deep" and select(2, co.resume(t, "up")) == "up")
end

do -- yields across metamethods, iterators, pcall and dofile's relatives
  local mt = {__add = function(a, b) return co.yield("add") end, __index = function() return co.yield("index") end,
    __lt = function() return co.yield("lt") end, __concat = function() return co.yield("concat") end}
  local t = co.wrap(function()
    local o = setmetatable({}, mt)
    return (o + 1) .. ":" .. tostring(o.x) .. tostring(o < o) .. (o .. "x")
  end)
  assert(t() == "add" and t("A") == "index" and t("I") == "lt" and t(1) == "concat" and t("C") == "A:ItrueC")
  t = co.wrap(function() for v in function() return co.yield("next") end do return v end end)
  assert(t() == "next" and t("val") == "val")
  t = co.wrap(function() local ok, e = pcall(function() co.yield("in"); error("E", 0) end) return e end)
  assert(t() == "in" and t() == "E")
  t = co.wrap(function() return table.sort({2, 1}, function(a, b) co.yield() return a < b end) end)
  fails("attempt to yield across a C-call boundary", t)
end

do -- garbage
  local list = setmetatable({}, {__mode = "v"})
  for i = 1, 20 do list[i] = co.create(function() co.yield(i) end); co.resume(list[i]) end
  collectgarbage(); collectgarbage()
  assert(next(list) == nil)
end
return "ok"
