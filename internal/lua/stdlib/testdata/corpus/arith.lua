-- Operators on pairs of numbers, at run time and folded by the compiler.
local ops = {"+", "-", "*", "/", "//", "%", "^", "&", "|", "~", "<<", ">>", "==", "<", "<="}
for _, op in ipairs(ops) do
  local f = load("local a, b = ... return a " .. op .. " b")
  for i, a in ipairs(edges) do
    for j, b in ipairs(edges) do
      -- Of two NaNs it is up to C's compiler which one is the result.
      if a == a or b == b then case(op .. " " .. i .. " " .. j, f, a, b) end
    end
  end
end
for i, a in ipairs(edges) do
  case("unary " .. i, function() return -a, not a end)
  case("not " .. i, function() return ~a end)
end
-- A constant has to be what an expression gives at run time.
local literals = {"0", "1", "-1", "3", "7", "-7", "31", "32", "-32", "63", "64", "0x7fffffff", "0x80000000", "0xffffffffffffffff",
  "2147483647", "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "16777217", "9007199254740993",
  "0.0", "-0.0", "0.5", "-1.5", "3.0", "1e10", "1e30", "1e300", "1e-30", "0x1p-5", "0x.8", "1e400", "'10'", "'0x10'", "' 1.5 '", "'x'"}
for _, op in ipairs(ops) do
  for _, a in ipairs(literals) do
    for _, b in ipairs(literals) do
      local code = "return " .. a .. " " .. op .. " " .. b
      local f, msg = load(code, "=c")
      if f then case(code, f) else print(code, msg) end
    end
  end
end
-- Powers of whole numbers, many of them ties: in float, C's results for those are ours.
for a = 1, single and 400 or 0 do
  for b = 2, 12 do case("tie " .. a .. " " .. b, function() return (a + 0.0) ^ b, (a + 0.5) ^ b, (0.0 - a) ^ -b end) end
end
-- Random operands.
for n = 1, 3000 do
  local a, b = (draw(1 << 20) << draw(44)) - draw(1 << 20), draw(1 << draw(20) + 1) - draw(50)
  if draw(3) == 0 then a = a / 2.0^draw(30) end
  if draw(3) == 0 then b = b / 2.0^draw(30) end
  if draw(2) == 0 then a, b = b, a end
  case("random " .. n, function() return a, b, a + b, a - b, a * b, a / b end)
  case("floor " .. n, function() return a // b, a % b end)
  case("power " .. n, function() -- not at a tie, where pow of C goes either way
    return tostring((a % 100 + 1/3) ^ (b % 10)), tostring(math.abs(a) ^ (b % 1))
  end)
  case("shift " .. n, function() return a << b, a >> b, a & b, a ~ b end)
  case("compare " .. n, function() return a < b, a <= b, a == b, math.ult(a, b) end)
end
