-- Prints a line for each case, for the comparison with the C code.
local seed = 99
local function rnd(n)
  seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
  return (seed >> 8) % n
end

for i = 1, 200 do
  local elements = rnd(300) - 20
  if elements == 0 then elements = 1 end
  local f = bloom.create(elements, rnd(3) == 0 and rnd(10) - 3 or rnd(100000))
  print(f:info())
  for k = 1, rnd(60) do
    local s = ("%d"):format(rnd(80)):rep(rnd(20))
    if rnd(3) == 0 then print(f:check(s)) else print(f:add(s)) end
    if rnd(5) == 0 then print(f:info()) end
  end
  if rnd(2) == 0 then f:reset() end
  print(f:info())
end
