-- What is not a number has a sign, which "%g" shows.
local zero, inf = 0.0, 1 / 0
for _, f in ipairs {
  function() return 5 % zero end, function() return 5 % -zero end, function() return -5 % zero end,
  function() return 5.5 % zero end, function() return inf % 2 end, function() return -inf % 2 end,
  function() return inf - inf end, function() return zero / zero end, function() return -(zero / zero) end,
  function() return inf * zero end, function() return (-8) ^ 0.5 end, function() return math.sqrt(-1) end,
  function() return math.fmod(inf, 2) end, function() return math.fmod(1, zero) end,
  function() return zero // zero end, function() return inf // inf end,
} do
  local ok, n = pcall(f)
  print(ok, ok and ("%g"):format(n) or n, ok and n ~= n)
end
