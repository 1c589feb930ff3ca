-- Prints a line for each case, for the comparison with the C code, and of the editions with each other.
local seed = 99
local function next24() -- 24 bits, with numbers that fit in all editions
  seed = seed * 75 % 65537
  local high = seed % 4096
  seed = seed * 75 % 65537
  return high * 4096 + seed % 4096
end
local function rnd(n) return next24() % n end

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
