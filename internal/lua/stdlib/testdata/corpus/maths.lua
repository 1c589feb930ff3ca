-- The mathematical functions, with as many digits as tostring shows.
local names = {"sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "sqrt", "deg", "rad"}
local function plain(x) return type(x) == "number" and tostring(x) or x end
for _, name in ipairs(names) do
  local f = math[name]
  for i, x in ipairs(edges) do print(name, i, plain(f(x))) end
  for n = 1, 300 do
    local x = (draw(1 << 20) - (1 << 19)) / 2.0^draw(30)
    print(name, n, plain(f(x)))
    x = draw(1 << 16) / 2.0^16
    print(name, n, plain(f(x)), plain(f(-x)))
  end
end
for i, a in ipairs(edges) do
  for j, b in ipairs(edges) do
    print("atan", i, j, plain(math.atan(a, b)))
    print("log", i, j, plain(math.log(a, b)))
    case("fmod " .. i .. " " .. j, math.fmod, a, b)
    case("max " .. i .. " " .. j, math.max, a, b)
    case("min " .. i .. " " .. j, math.min, a, b)
    case("ult " .. i .. " " .. j, math.ult, a, b)
  end
  print("log2", i, plain(math.log(a, 2)))
  print("log10", i, plain(math.log(a, 10)))
end
for n = 1, 40 do
  print("log2", n, plain(math.log(2.0^n, 2)), plain(math.log(2^-n, 2)))
  print("log10", n, plain(math.log(10.0^n, 10)), plain(math.log(10^-n, 10)))
end
-- rand of the C library, scaled.
for _, s in ipairs{0, 1, 42, -1, 2.0^31, 1.5, -2.5, 1e10, 2.0^63, 1e300} do
  math.randomseed(s)
  case("seed " .. tostring(s), function() return math.random(), math.random(6), math.random(-5, 5), math.random(1000000) end)
end
for i, a in ipairs(edges) do
  case("random " .. i, math.random, a)
  for j, b in ipairs(edges) do case("random " .. i .. " " .. j, math.random, a, b) end
end
