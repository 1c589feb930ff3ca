-- math.random and functions of math with several arguments.
for s = 0, 300 do
  case("seed", math.randomseed, s)
  math.randomseed(s)
  for _, n in ipairs{1, 2, 6, 100, 65536, 2147483647} do case("random " .. n, math.random, n) end
  case("random", math.random) case("random", math.random, -5, 5) case("random", math.random, 3, 3) case("random", math.random, 0, 1000000)
end
math.randomseed(1)
for _, a in ipairs(edges) do
  case("random", math.random, a)
  if a == a then case("seed", function() math.randomseed(a) return math.random(1000) end) end
end
case("e", math.random, 0) case("e", math.random, 2, 1) case("e", math.random, 1, 2, 3) case("e", math.random, "x") case("e", math.random, "7") case("e", math.random, {})
for i = 1, 1000 do
  local t = {}
  for k = 1, draw(6) do t[k] = pick(edges) end
  case("max", math.max, unpack(t)) case("min", math.min, unpack(t))
end
