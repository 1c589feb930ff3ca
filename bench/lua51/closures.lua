-- Making and calling closures.
local function adder(n)
  local calls = 0
  return function(x) calls = calls + 1 return x + n, calls end
end
local sum = 0
for i = 1, 2000000 do
  local f = adder(i % 16)
  sum = sum + f(1)
  sum = sum + f(2)
end
print(sum)
