--- pcall of what succeeds N=5 40
for i = 1, N do
  local ok, a, b = pcall(function(...) return ... end, i, {})
  if i % 3 == 0 then mark() end
end

--- error with a string N=1 10 60
for i = 1, N do
  local ok, msg = pcall(error, "message " .. i)
  mark()
  ok, msg = pcall(function() error("here " .. i) end)
  mark()
  ok, msg = pcall(function() error("nowhere", 0) end)
  mark()
end

--- error with a table N=10 60
for i = 1, N do
  local ok, e = pcall(error, {code = i})
  mark()
  ok, e = pcall(error, setmetatable({}, {__tostring = function() return "e" .. i end}))
  mark()
  ok, e = pcall(error)
  mark()
end

--- errors from the depth N=5 30 100
local function down(n) if n == 0 then error("bottom") end local t = {n} down(n - 1) return t end
for i = 1, 3 do
  local ok, msg = pcall(down, N)
  for j = 1, 6 do mark() end
end

--- nested pcall N=3 20 60
local function nest(n)
  if n == 0 then error("x") end
  local ok, msg = pcall(nest, n - 1)
  error(msg .. n % 10, 0)
end
for i = 1, 3 do
  pcall(nest, N)
  for j = 1, 5 do mark() end
end

--- xpcall with a handler N=1 10 40
for i = 1, N do
  local ok, msg = xpcall(function() error("a" .. i) end, function(m) return m .. "!" end)
  mark()
  ok, msg = xpcall(function() local t = nil; t.x = 1 end, debug.traceback)
  mark()
  ok, msg = xpcall(error, function(m) return {m} end, "direct")
  mark()
end

--- traceback N=1 5 12 23 60
local function down(n) if n == 0 then return debug.traceback("here") end return (down(n - 1)) end
mark()
local s = down(N)
mark()
s = down(N)
mark()
s = nil
mark()
local ok, tb = xpcall(function() local function f(n) if n == 0 then error("x") end f(n - 1) return 1 end f(N) end, debug.traceback)
mark()
tb = nil
mark()

--- error in a handler N=1 4
for i = 1, N do
  local ok, msg = xpcall(error, function(m) error("again") end, "first")
  for j = 1, 6 do mark() end
end

--- stack overflow N=1 2
local function forever(n) return 1 + forever(n + 1) end
for i = 1, N do
  local ok, msg = pcall(forever, 1)
  for j = 1, 20 do mark() end
end

--- C stack overflow N=1
local function nest() return string.gsub("x", "x", nest) end
local ok, msg = pcall(nest)
for j = 1, 12 do mark() end
local s = string.rep("(", 300)
ok, msg = load("return " .. s)
for j = 1, 6 do mark() end

--- syntax errors N=1 3
for i = 1, N do
  for _, s in ipairs{"x =", "local 1", "for", "return return", "a.b:c = 1", "'unfinished", "[[unfinished",
      "goto nowhere", "::a:: ::a::", "break", "x = }", "f(", "local function", "return ...", "function f() return ... end",
      "x = 1e", "x = '\\q'", "x = '\\300'", "if x then else elseif end", "local t = {1, 2", "x = @"} do
    local f, msg = load(s)
    mark()
  end
end
