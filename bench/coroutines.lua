-- Switching between coroutines.
local function producer(n)
  return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end)
end
local sum = 0
for v in producer(1500000) do sum = sum + v % 7 end
for i = 1, 60000 do
  local g = producer(3)
  sum = sum + g() + g() + g()
end
print(sum)
