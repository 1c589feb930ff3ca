-- Arithmetic and comparison at the edges; which sign is left of two NaNs is not looked at. Powers have 14 digits: the last bit is the C library's, which does not always
-- round correctly.
local digits = int and "%d" or "%.14g"
local ops = {
  {"+", function(a, b) return a + b end}, {"-", function(a, b) return a - b end}, {"*", function(a, b) return a * b end},
  {"/", function(a, b) return a / b end}, {"%", function(a, b) return a % b end}, {"^", function(a, b) return format(digits, a ^ b) end},
  {"<", function(a, b) return a < b, a <= b, a > b, a >= b, a == b, a ~= b end}, {"..", function(a, b) return a .. b end},
  {"max", function(a, b) return math.max(a, b), math.min(a, b) end}, {"pow", function(a, b) return format(digits, math.pow(a, b)) end},
}
-- The least integer by -1 traps in C.
local function traps(op, a, b) return int and (op == "/" or op == "%") and b == -1 and a == -2147483647 - 1 end
for _, op in ipairs(ops) do
  for _, a in ipairs(edges) do
    for _, b in ipairs(edges) do
      if not traps(op[1], a, b) and (a == a or b == b) then case(a .. op[1] .. b, op[2], a, b) end
    end
  end
end
for _, a in ipairs(edges) do
  case("unm", function() return -a end) case("not", function() return not a end)
  for _, f in ipairs{"abs", "ceil", "floor", "sqrt"} do case(f, math[f], a) end
  for _, b in ipairs{"1", " 2 ", "0x10", "x", "", "-3", "1e1", "0.5"} do
    for k = 1, 6 do if not traps(ops[k][1], a, tonumber(b)) then case(ops[k][1] .. b, ops[k][2], a, b) case(b .. ops[k][1], ops[k][2], b, a) end end
    case("<s", function() return a < b end)
  end
end
for i = 1, 4000 do
  local a, b = draw(32768) * 65536 + draw(65536), draw(2 ^ (draw(15) + 1)) + 1
  if draw(2) == 0 then a = -a end
  if draw(2) == 0 then b = -b end
  if not int then a = a * 2 ^ (draw(80) - 40) / (draw(9) + 1) b = b * 2 ^ (draw(60) - 30) / 3 end
  for k = 1, int and 6 or 5 do if not traps(ops[k][1], a, b) then case(a .. ops[k][1] .. b, ops[k][2], a, b) end end
  case("floor", math.floor, a)
end
-- Folded constants and the same computed.
for i = 1, 1500 do
  local a, b, op = draw(200) - 100, draw(20) - 10, pick{"+", "-", "*", "/", "%", "^"}
  local s = "(" .. a .. ")" .. op .. "(" .. b .. ")"
  if not traps(op, a, b) then
    local f = loadstring("return " .. s, "=f")
    case(s, f) case(s, loadstring("local a, b = ... return a " .. op .. " b", "=f"), a, b) case("-" .. s, loadstring("return -" .. s .. " .. ''", "=f"))
  end
end
-- Numeric for.
for _, a in ipairs{0, 1, -1, 3, 10, 2147483645, -2147483646} do
  for _, d in ipairs{1, 2, -1, -3, 7, 1000000000} do
    for _, n in ipairs{0, 1, 5, -5, 10} do
      local function run(a, e, d) local r = {} for i = a, e, d do r[#r + 1] = i if #r > 6 then break end end return concat(r, ",") end
      case("for", run, a, a + n * d, d) case("for", run, a, a + n * d + 1, d) case("for", run, a, a + n, d) case("for", run, a, a + n * d, d .. "")
    end
  end
end
for _, b in ipairs{"x", true, {}, "10", " 3 "} do
  case("for b", function() for i = b, 3 do return i end end) case("for e", function() for i = 1, b do return i end end) case("for s", function() for i = 1, 3, b do return i end end)
end
case("for 0", function() local n = 0 for i = 1, 3, 0 do n = n + 1 if n > 5 then break end end return n end)
