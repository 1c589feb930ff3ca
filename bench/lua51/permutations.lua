-- All orders of a list, made in three ways: swaps in arrays, recursion, coroutines.

-- step makes the next order in the order of the alphabet, false after the last.
local function step(list)
  local n = #list
  local i = n - 1
  while i > 0 and list[i] >= list[i + 1] do i = i - 1 end
  if i == 0 then return false end
  local j = n
  while list[j] <= list[i] do j = j - 1 end
  list[i], list[j] = list[j], list[i]
  i, j = i + 1, n
  while i < j do
    list[i], list[j] = list[j], list[i]
    i, j = i + 1, j - 1
  end
  return true
end

-- each calls visit with all orders of the first n elements.
local function each(list, n, visit)
  if n <= 1 then return visit(list) end
  for i = 1, n do
    list[i], list[n] = list[n], list[i]
    each(list, n - 1, visit)
    list[i], list[n] = list[n], list[i]
  end
end

local function orders(list)
  return coroutine.wrap(function() each(list, #list, coroutine.yield) end)
end

local function row(n)
  local list = {}
  for i = 1, n do list[i] = i end
  return list
end

-- inversions and fixed points add up to figures that are known beforehand:
-- n! * n * (n-1) / 4 and n!.
local function inversions(list)
  local n, count = #list, 0
  for i = 1, n - 1 do
    local a = list[i]
    for j = i + 1, n do if a > list[j] then count = count + 1 end end
  end
  return count
end
local function fixed(list)
  local count = 0
  for i = 1, #list do if list[i] == i then count = count + 1 end end
  return count
end

local list, number, sum = row(9), 0, 0
repeat
  number, sum = number + 1, sum + fixed(list)
until not step(list)
print(number, sum)

number, sum = 0, 0
each(row(9), 9, function(order) number, sum = number + 1, sum + inversions(order) end)
print(number, sum)

number, sum = 0, 0
for order in orders(row(9)) do
  number, sum = number + 1, (sum * 5 + order[1] * 8 + order[9]) % 0x1000000
end
print(number, sum)
