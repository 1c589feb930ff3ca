-- A program of the kind that modules run, with everything that the compiler has an instruction for.
local M = { count = 0, "first", "second"; [3] = "third" }
local limit, names = 25 * 4, {}

function M.add(name, ...)
  local n = select("#", ...)
  names[#names + 1] = name .. ":" .. n .. ":" .. tostring((...))
  M.count = M.count + 1
  return n > 0 and ... or nil
end

function M:each(f)
  for i, name in ipairs(names) do
    if not f(self, i, name) then break end
  end
  for i = #names, 1, -2 do f(self, -i) end
  return self
end

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

do
  local shared = 0
  function M.up() shared = shared + 1 return shared end
  function M.down() shared = shared - 1; return function() return shared, limit, fib end end
  while shared ~= 3 do
    local copy = shared
    M.keep = function() copy = copy * 2 return copy % 7, copy / 2, copy ^ 2, -copy end
    if M.up() >= limit then break elseif shared == 2 then M.two = true else M.other = nil end
  end
  repeat local last = M.up() until last > 5 or (function() return last == 100 end)()
end

local function old(...)
  return arg.n, arg[1]
end

local text = [==[
long text with ]] and ]=] in it]==] .. 'quoted "text"\n\065\10\\' .. "é"
M[text], M.x, M["a key"] = true, false, limit <= 10
global = global == nil and { M, old, text, n = #text, { { } }, fib(10), M.add("a", 1, 2) } or not global
return M, M:each(print):each(M.add), old(1, 2), (M.add("b"))
