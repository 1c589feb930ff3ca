-- The math library, which is a subset of Lua's.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local function is(want, got) -- also of the same subtype
  assert(got == want and math.type(got) == math.type(want), "got '" .. tostring(got) .. "', want '" .. tostring(want) .. "'")
end
local function near(want, got)
  assert(math.type(got) == "float" and math.abs(got - want) <= 1e-6 * math.abs(want) + 1e-7, "got " .. tostring(got) .. ", want " .. want)
end
local isnan = function(x) return x ~= x end

do -- exactly these
  local names = {}
  for k in pairs(math) do names[#names + 1] = k end
  table.sort(names)
  assert(table.concat(names, " ") == "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min " ..
    "mininteger modf pi rad random randomseed sin sqrt tan tointeger type ult", table.concat(names, " "))
end
assert(math.maxinteger + 1 == math.mininteger and math.huge == 1/0)
assert(string.format("%.6f", math.pi) == "3.141593")

is(5, math.abs(-5)); is(5.5, math.abs(-5.5)); is(math.mininteger, math.abs(math.mininteger)); is(3.0, math.abs("-3"))
fails("number expected, got string", math.abs, "x")
is(3, math.floor(3.7)); is(-4, math.floor(-3.5)); is(7, math.floor(7)); is(4, math.ceil(3.2)); is(-3, math.ceil(-3.5))
is(1e30 + 0.0, math.floor(1e30)); is(math.huge, math.ceil(math.huge)); assert(isnan(math.floor(0/0)))
is(math.mininteger, math.floor(math.mininteger + 0.0)); is(3, math.floor("3.7"))
is(1, math.fmod(7, 3)); is(-1, math.fmod(-7, 3)); is(1, math.fmod(7, -3)); is(0, math.fmod(math.mininteger, -1))
is(1.5, math.fmod(5.5, 2)); is(-1.5, math.fmod(-5.5, 2)); is(0.0, math.fmod(6.0, 3)); assert(isnan(math.fmod(7, math.huge)))
fails("zero", math.fmod, 1, 0); fails("modulo by zero", math.fmod, 1.0, 0); fails("modulo by zero", math.fmod, 1, 0.0)
do
  local a, b = math.modf(3.7); is(3, a); near(0.7, b)
  a, b = math.modf(-3.5); is(-3, a); is(-0.5, b)
  a, b = math.modf(5); is(5, a); is(0.0, b)
  a, b = math.modf(math.huge); is(math.huge, a); is(0.0, b)
  a, b = math.modf(0/0); assert(isnan(a) and isnan(b))
  a, b = math.modf(1e30); is(1e30, a); is(0.0, b)
end
is(3, math.tointeger(3.0)); is(3, math.tointeger("3")); assert(math.tointeger(3.5) == nil and math.tointeger({}) == nil)
assert(math.tointeger(math.huge) == nil); fails("value expected", math.tointeger)
assert(math.type(1) == "integer" and math.type(1.0) == "float" and math.type("1") == nil); fails("value expected", math.type)
assert(math.ult(1, 2) and not math.ult(-1, 1) and math.ult(1, -1) and not math.ult(2, 2))
is(3, math.max(1, 3, 2)); is(1, math.min(2, 1, 3)); is(2.0, math.max(1, 2.0)); is(1, math.max(1, 1.0)); is(4, math.max(4))
assert(math.max("10", "9") == "9"); fails("value expected", math.max); fails("value expected", math.min)
fails("attempt to compare", math.max, 1, "x")
near(2, math.sqrt(4)); near(1.4142136, math.sqrt(2)); assert(isnan(math.sqrt(-1)))
near(2.7182818, math.exp(1)); near(1, math.exp(0)); is(0.0, math.exp(-math.huge))
near(1, math.log(math.exp(1))); is(3.0, math.log(8, 2)); is(3.0, math.log(1000, 10)); is(-2.0, math.log(0.01, 10)); near(2, math.log(9, 3))
is(-math.huge, math.log(0)); assert(isnan(math.log(-1)) and isnan(math.log(-1, 10)) and isnan(math.log(-1, 2))); is(math.huge, math.log(math.huge))
near(0.84147098, math.sin(1)); near(0.54030231, math.cos(1)); near(1.5574077, math.tan(1)); near(1, math.sin(math.pi / 2))
near(1.5707963, math.asin(1)); near(0, math.acos(1)); near(3.1415927, math.acos(-1)); assert(isnan(math.asin(2)) and isnan(math.acos(-2)))
near(0.78539816, math.atan(1)); near(2.3561945, math.atan(1, -1)); near(-1.5707963, math.atan(-1, 0)); near(3.1415927, math.atan(0, -1))
near(180, math.deg(math.pi)); near(3.1415927, math.rad(180)); near(57.29578, math.deg(1))
do -- signs of NaN as on x86
  local function text(x) return (tostring(x)) end
  assert(text(math.sqrt(-1)) == "-nan" and text(math.log(-1)) == "-nan" and text(math.sin(math.huge)) == "-nan")
  assert(text(math.acos(2)) == "nan" and text(math.log(-1, 10)) == "nan")
end

-- random
for _ = 1, 200 do
  local r = math.random(); assert(r >= 0 and r <= 1 and math.type(r) == "float")
  r = math.random(6); assert(r >= 1 and r <= 6 and math.type(r) == "integer")
  r = math.random(-3, 3); assert(r >= -3 and r <= 3)
end
math.randomseed(7)
local first = {math.random(1000000), math.random(1000000), math.random(1000000)}
math.randomseed(7.0)
for i = 1, 3 do is(first[i], math.random(1000000)) end
is(5, math.random(5, 5)); is(1, math.random(1))
fails("interval is empty", math.random, 0); fails("interval is empty", math.random, 2, 1)
fails("interval too large", math.random, math.mininteger, math.maxinteger)
fails("wrong number of arguments", math.random, 1, 2, 3)
return "ok"
