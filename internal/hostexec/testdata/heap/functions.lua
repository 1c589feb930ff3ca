--- closures N=1 10 100
local t = {}
for i = 1, N do t[i] = function() return i end if i % 5 == 0 then mark() end end
mark()
for i = 1, N, 2 do t[i] = false end
mark()
t = nil
mark()

--- closures without upvalues are kept N=10
local t = {}
for i = 1, N do t[i] = function() return 1 end mark() end
for i = 1, N do t[i] = function(...) return ... end mark() end

--- closures with shared upvalues N=1 10 50
local t = {}
for i = 1, N do
  local count = 0
  t[i] = {
    up = function() count = count + 1 return count end,
    down = function() count = count - 1 return count end,
    get = function() return count, i end,
  }
  t[i].up()
  if i % 3 == 0 then mark() end
end
for i = 1, N do t[i].down = nil t[i].up = nil if i % 3 == 0 then mark() end end
mark()
t = nil
mark()

--- many upvalues N=1 2 3 10 60
local names, sum = {}, {}
for i = 1, N do names[i] = "v" .. i sum[i] = "v" .. i end
local src = "local " .. table.concat(names, ",") .. " = ... return function() return " .. table.concat(sum, "+") .. " end"
names, sum = nil
local make = load(src)
mark()
local args = {}
for i = 1, N do args[i] = i end
local f = make(table.unpack(args))
mark()
local g = make(table.unpack(args))
mark()
local n = f() + g()
mark()
f, g = nil
mark()

--- open upvalues N=1 10 50
local function deep(n)
  local here = {n}
  local f = function() return here end
  if n % 5 == 0 then mark() end
  if n > 0 then local g = deep(n - 1) mark() return function() return f, g end end
  return f
end
local f = deep(N)
mark()
f = nil
mark()

--- upvalues closed in a loop N=10 100
local last
for i = 1, N do
  local a, b = i, {i}
  last = function() a = a + 1 return b end
  last()
  if i % 5 == 0 then mark() end
end
last = nil
mark()

--- recursion N=1 5 10 20 50 150
local function down(n) if n > 0 then return 1 + down(n - 1) end mark() return 0 end
mark()
down(N)
mark()
down(N)
mark()
down(2)
mark()
mark()
mark()
mark()

--- recursion with many locals N=1 10 60
local function down(n)
  local a, b, c, d, e, f, g, h = n, n, n, n, n, n, n, n
  if n > 0 then local r = down(n - 1) return r + a + b + c + d + e + f + g + h end
  mark()
  return 0
end
down(N)
for i = 1, 8 do mark() end
down(N // 2)
for i = 1, 8 do mark() end

--- recursion, garbage on the way N=10 40 120
local function down(n)
  local t = {n, tostring(n)}
  if n % 5 == 0 then mark() end
  if n > 0 then local r = down(n - 1) if n % 5 == 0 then mark() end return #t + r end
  return 0
end
down(N)
for i = 1, 6 do mark() end

--- tail calls N=10 100
local function loop(n) if n > 0 then return loop(n - 1) end mark() return 0 end
loop(N)
mark()
loop(N)
mark()

--- calls through C N=1 5 20 60
local function through(n) if n > 0 then return select(2, pcall(through, n - 1)) end mark() return n end
through(N)
for i = 1, 8 do mark() end
local function sorted(n)
  if n == 0 then mark() return end
  local t = {2, 1}
  table.sort(t, function(a, b) if n > 0 then sorted(n - 1) n = 0 end return a < b end)
end
sorted(N // 2)
for i = 1, 8 do mark() end

--- varargs N=0 1 10 100 240
local function count(...) mark() return select("#", ...) end
local function pass(...) mark() return count(...) + #{...} end
local t = {}
for i = 1, N do t[i] = i end
mark()
pass(table.unpack(t))
mark()
local function pack(...) local a, b = ... return {n = select("#", ...), ...}, a, b end
local p = pack(table.unpack(t))
mark()
p = pack()
for i = 1, 6 do mark() end

--- many results N=10 150
local function give(n) if n == 0 then return end return n, give(n - 1) end
mark()
local t = {give(N)}
mark()
local a, b = give(N)
for i = 1, 8 do mark() end

--- methods and self N=10 100
local account = {balance = 0}
function account:deposit(n) self.balance = self.balance + n return self end
function account.new(o) return setmetatable(o, {__index = account}) end
for i = 1, N do
  local a = account.new{name = "n" .. i}
  a:deposit(i):deposit(i)
  if i % 5 == 0 then mark() end
end

--- iterators N=5 50
local function range(n) local i = 0 return function() i = i + 1 if i <= n then return i end end end
local sum = 0
for i in range(N) do sum = sum + i if i % 5 == 0 then mark() end end
mark()
for i in range(N) do for j in range(3) do sum = sum + j end if i % 5 == 0 then mark() end end

--- memoize N=20 100
local cache = {}
local function fib(n)
  if n < 2 then return n end
  local v = cache[n]
  if not v then v = (fib(n - 1) + fib(n - 2)) % 10007 cache[n] = v end
  return v
end
for i = 1, N, 5 do fib(i) mark() end
