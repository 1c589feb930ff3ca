--- weak values N=5 40
local t = setmetatable({}, {__mode = "v"})
local keep = {}
for i = 1, N do
  t[i] = {i}
  t["k" .. i] = {i}
  if i % 3 == 0 then keep[#keep + 1] = t[i] end
  if i % 4 == 0 then mark() end
end
for i = 1, 5 do mark() end
keep = nil
for i = 1, 5 do mark() end

--- weak values that are strings N=5 40
local t = setmetatable({}, {__mode = "v"})
for i = 1, N do t[i] = "string" .. i t["s" .. i] = string.rep("l", 50) if i % 4 == 0 then mark() end end
for i = 1, 3 do mark() end

--- ephemerons N=5 30
local t = setmetatable({}, {__mode = "k"})
local keys = {}
for i = 1, N do
  local k = {}
  t[k] = {k, i}
  keys[i] = k
  if i % 4 == 0 then mark() end
end
mark()
for i = 1, N, 2 do keys[i] = false end
for i = 1, 4 do mark() end
keys = nil
for i = 1, 4 do mark() end

--- a chain of ephemerons N=5 20
local t = setmetatable({}, {__mode = "k"})
local first = {}
local k = first
for i = 1, N do local n = {} t[k] = n k = n end
k = nil
for i = 1, 3 do mark() end
first = nil
for i = 1, 3 do mark() end

--- weak keys and values N=5 30
-- Keys are kept while the table grows: when it is rehashed must not depend on
-- where its keys happen to be in memory.
local t = setmetatable({}, {__mode = "kv"})
local keep = {}
for i = 1, N do local k, v = {}, {} t[k] = v keep[i] = {k, v} t[i] = v if i % 4 == 0 then mark() end end
for i = 1, N, 2 do keep[i] = false end
for i = 1, 4 do mark() end
keep = nil
for i = 1, 4 do mark() end

--- finalizers N=1 5 40
local count, mt = 0, {}
mt.__gc = function(o) count = count + 1 end
mark()
for i = 1, N do setmetatable({i}, mt) if i % 3 == 0 then mark() end end
for i = 1, 5 do mark() end

--- finalizers that allocate N=5 40
local log, mt = {}, {}
mt.__gc = function(o) if log then log[#log + 1] = "object " .. o[1] end end
for i = 1, N do setmetatable({i}, mt) if i % 3 == 0 then mark() end end
for i = 1, 5 do mark() end
log = nil
mark()

--- finalizers that resurrect N=5 30
local saved, mt = {}, {}
mt.__gc = function(o) saved[#saved + 1] = o if #saved % 2 == 0 then setmetatable(o, mt) end end
for i = 1, N do setmetatable({i}, mt) if i % 3 == 0 then mark() end end
for i = 1, 5 do mark() end
saved = {}
for i = 1, 5 do mark() end
mt.__gc = nil
for i = 1, 5 do mark() end

--- finalizers in order of creation N=5
local mt = {__gc = function(o) local s = "x" .. o.n end}
local list
for i = 1, N do list = setmetatable({n = i, next = list}, mt) end
mark()
list = nil
for i = 1, 6 do mark() end

--- finalizers and weak tables N=5
local weak = setmetatable({}, {__mode = "k"})
local mt = {__gc = function(o) weak[o] = nil end}
for i = 1, N do local o = setmetatable({}, mt) weak[o] = {i} if i % 3 == 0 then mark() end end
for i = 1, 6 do mark() end

--- an error in a finalizer N=1 5
local mt = {__gc = function(o) error("in gc") end}
for i = 1, N do
  setmetatable({}, mt)
  pcall(collectgarbage)
  mark()
end

--- collectgarbage N=5 20
local t = {}
for i = 1, N do
  t[i % 7] = {string.rep("x", i)}
  collectgarbage("collect")
  mark()
end

--- steps of the collector N=0 1 5 20
local t = {}
for i = 1, 40 do
  t[i % 7] = {string.rep("x", i), i}
  local done = collectgarbage("step", N)
  mark()
  if done then t[100] = i end
end

--- stop and restart N=30 120
collectgarbage("stop")
for i = 1, N do local t = {i} if i % 5 == 0 then mark() end end
collectgarbage("restart")
for i = 1, N do local t = {i} if i % 5 == 0 then mark() end end

--- the pause N=0 50 100 150 200 400 1000
collectgarbage("setpause", N)
local keep = {}
for i = 1, 300 do local t = {i, "s" .. i} if i % 10 == 0 then keep[#keep + 1] = t mark() end end

--- the step multiplier N=0 40 100 150 400 1000 10000
collectgarbage("setstepmul", N)
local keep = {}
for i = 1, 300 do local t = {i, "s" .. i} if i % 10 == 0 then keep[#keep + 1] = t mark() end end

--- garbage of every kind N=50 200
for i = 1, N do
  local t = {i}
  local s = "s" .. i
  local f = function() return t end
  local co = coroutine.create(f)
  local l = string.rep("x", 60)
  if i % 5 == 0 then mark() end
end

--- a growing heap N=100 400
local t = {}
for i = 1, N do t[i] = {i, "v" .. i, {}} if i % 8 == 0 then mark() end end
for i = 1, N do t[i] = nil local g = {i} if i % 8 == 0 then mark() end end

--- barriers N=30 200
local old = {{}, {}, {}, {}}
local meta = {}
local up
local function set(v) up = v end
for i = 1, N do
  old[i % 4 + 1].x = {i}
  setmetatable(old[i % 4 + 1], {i})
  set({i})
  old.s = "s" .. i
  if i % 4 == 0 then mark() end
end

--- large blocks N=1 3
for i = 1, N do
  local s = string.rep("x", 20000)
  mark()
  local t = {}
  for j = 1, 2000 do t[j] = j end
  mark()
  s = s .. s
  mark()
end
for i = 1, 4 do mark() end
