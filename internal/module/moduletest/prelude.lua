-- What scripts of tests need that not every edition of Lua has, or writes in another way. It runs before them.
test = { lua51 = _VERSION == "Lua 5.1", integral = 1 / 2 == 0 }

test.unpack = unpack or table.unpack
test.pack = table.pack or function(...) return { n = select("#", ...), ... } end
test.load = loadstring or load
test.mininteger = math.mininteger or -2147483647 - 1
test.maxinteger = math.maxinteger or 2147483647

-- Quotients, and bits of numbers of up to 31 bits, none of which is negative.
local quotient = not test.lua51 and load "local a, b = ... return a // b"
test.div = quotient or function(a, b) return (a - a % b) / b end
function test.shl(a, n)
  for _ = 1, n do a = a * 2 end
  return a
end
function test.shr(a, n)
  for _ = 1, n do a = test.div(a, 2) end
  return a
end
function test.band(a, b)
  local sum, place = 0, 1
  while a > 0 and b > 0 do
    if a % 2 == 1 and b % 2 == 1 then sum = sum + place end
    a, b = test.div(a, 2), test.div(b, 2)
    if a > 0 and b > 0 then place = place * 2 end
  end
  return sum
end

-- Whether a number is an integer, as far as the edition tells it.
function test.isinteger(v)
  if math.type then return math.type(v) == "integer" end
  return type(v) == "number" and v % 1 == 0
end

-- The name of a function in messages about arguments: Lua 5.1 does not look for it in loaded modules.
function test.named(name) return test.lua51 and "?" or name end
