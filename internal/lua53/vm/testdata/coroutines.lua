-- Coroutines, across everything that may be yielded across.
local yield, wrap, create, resume, status = coroutine.yield, coroutine.wrap, coroutine.create, coroutine.resume, coroutine.status
local co = create(function(a, b)
  print("start", a, b)
  local c = yield(a + b)
  print("got", c)
  local d, e = yield(c * 2)
  print("got", d, e)
  return "end", 1, 2
end)
print(status(co), resume(co, 1, 2))
print(status(co), resume(co, 10))
print(status(co), resume(co, "x", "y"))
print(status(co), resume(co))
print(select("#", resume(create(function() return end))))

-- generators
local function gen(n) return wrap(function() for i = 1, n do yield(i, i * i) end end) end
for i, sq in gen(4) do io.write(i, ":", sq, " ") end
print()

-- yield in pcall, error after yield, nested
print(wrap(function()
  local ok, e = pcall(function() yield(1) error("after", 0) end)
  return ok, e
end)())
local w = wrap(function()
  local r = {pcall(pcall, function() yield("in") error({}) end)}
  yield(r[1], r[2], type(r[3]))
  local ok, m = xpcall(function() yield("x") local x = nil + 1 end, function(m) return "H:" .. m end)
  yield(ok, m)
  ok, m = pcall(function() return pcall(function() return yield("deep") end) end)
  return ok, m
end)
print(w()) print(w()) print(w()) print(w()) print(w()) print(w("end"))

-- yield in metamethods and iterators
local mt = {
  __add = function(a, b) return yield("add") end, __index = function(t, k) return yield("index " .. k) end, __newindex = function(t, k, v) yield("newindex " .. k) rawset(t, k, v) end,
  __eq = function() return yield("eq") end, __lt = function() return yield("lt") end, __le = function() return yield("le") end, __len = function() return yield("len") end,
  __concat = function(a, b) return yield("concat") end, __call = function(self, x) return yield("call " .. x) end, __unm = function() return yield("unm") end,
}
local function T() return setmetatable({}, mt) end
local steps = wrap(function()
  local a, b = T(), T()
  local r = {}
  r[#r + 1] = a + b
  r[#r + 1] = a.field
  a.x = 5
  r[#r + 1] = rawget(a, "x")
  r[#r + 1] = tostring(a == b)
  r[#r + 1] = tostring(a < b)
  r[#r + 1] = tostring(a <= b)
  r[#r + 1] = tostring(not (a > b))
  r[#r + 1] = #a
  r[#r + 1] = "1" .. "2" .. a .. "3" .. "4"
  r[#r + 1] = a(7)
  r[#r + 1] = -a
  if a < b then r[#r + 1] = "then" else r[#r + 1] = "else" end
  if not (a == b) then r[#r + 1] = "ne" end
  for x, y in function(s, c) return yield("iter") end, nil, nil do r[#r + 1] = x end
  return table.concat(r, ",")
end)
local answer = nil
for i = 1, 40 do
  local out = steps(answer)
  print(i, out)
  if out:find(",") then break end
  answer = out ~= "iter" and "<" .. out .. ">" or (i < 18 and i or nil)
end

-- what may not be yielded across
print(resume(create(function() table.sort({3, 2, 1}, function(a, b) yield() end) end)))
print(resume(create(function() string.gsub("abc", "%w", function() yield() end) end)))
print(pcall(yield))
print(coroutine.isyieldable(), wrap(function() return coroutine.isyieldable() end)())
print(resume(create(function() return load(function() yield("r") end) end)))

-- wrap passes errors on, with the position of an error with a string
local bad = wrap(function() error("oops") end)
print(pcall(bad)) print(pcall(bad))
print(type(select(2, pcall(wrap(function() error({1}) end)))))
print(pcall(wrap(function() local x = nil .. "a" end)))
-- status and running
local main, ismain = coroutine.running()
print(type(main), ismain, status(main))
local outer
outer = create(function()
  local inner = create(function() return status(outer), resume(outer) end)
  return status(outer), resume(inner)
end)
print(resume(outer))
print(resume(outer))
print(pcall(resume, 1)) print(pcall(create, 1)) print(pcall(wrap, {})) print(resume(main))
-- a coroutine that resumes itself by its wrapper
local self
self = wrap(function() return pcall(self) end)
print(self())
-- many
local n = 0
for i = 1, 500 do local c = wrap(function(...) n = n + select("#", ...) n = n + yield() end) c(1, 2) c(i) end
print(n)
-- pass values and a chain
local function chain(k) if k == 0 then return function(x) return x end end local nextf = wrap(function(x) local f = chain(k - 1) while true do x = yield(f(x + 1)) end end) return nextf end
print(chain(30)(0))
-- deep recursion of resumes
local function nest(k) if k == 0 then return "leaf" end return select(2, resume(create(nest), k - 1)) end
print(nest(100))
local function toodeep(k) local ok, m = resume(create(toodeep), k + 1) if not ok then return m end return m end
print(toodeep(1))
-- traceback and locals of a suspended coroutine
local function leaf(p) local q = p * 2 yield(q) end
local tco = create(function(p) leaf(p) end)
resume(tco, 21)
print(debug.traceback(tco)) print(debug.traceback(tco, "msg", 1)) print(debug.traceback(tco, nil, 5))
print(debug.getinfo(tco, 1, "l").currentline, debug.getinfo(tco, 0, "S").what, debug.getlocal(tco, 1, 1))
print(table.unpack((wrap(function(...) return {...} end))(1, nil, 3), 1, 3))
