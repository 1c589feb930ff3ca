-- string.dump and load of binary chunks, at every strip level.
local function sample(a, b, ...)
  local long = "a constant string that is longer than forty characters, as it happens"
  local t = {1, 2.5, -3, 1e10, nil, true, false, x = "y", [a or 1] = b}
  local function inner(n, ...) if n > 0 then return inner(n - 1) + (a or 0) end return select("#", ...) end
  local function other() t.z = long return t end
  for i = 1, 3 do t[#t + 1] = function() return i end end
  while a do a = nil break end
  return other().z, inner, t
end
for strip = 0, 2 do
  local d = string.dump(sample, strip)
  local sum = 0
  for i = 1, #d do sum = (sum * 31 + d:byte(i)) & 0x7fffffff end
  print(strip, #d, sum)
  local f = load(d, "=d", "b")
  print(string.dump(f, strip) == d, #(f(nil, 2)), f == sample)
end
print(#string.dump(sample) == #string.dump(sample, 1), #string.dump(sample, true) == #string.dump(sample, 2), #string.dump(sample, false) == #string.dump(sample, 0))
print(pcall(string.dump, sample, 3)) print(pcall(string.dump, print)) print(pcall(string.dump))
local function err(x) local y = x
  return y.z.w
end
for strip = 0, 2 do print(pcall(load(string.dump(err, strip)), {})) end
local up = 5
local function withup() return up end
print(type(select(2, pcall(load(string.dump(withup))))))
local g = load(string.dump(function() return print ~= nil end))
print(g())
-- damaged and truncated chunks are refused
local d = string.dump(function(...) return "x", 1, ... end)
for n = 1, #d - 1 do
  local f, m = load(d:sub(1, n), "=cut", "b")
  if f or not m:find("truncated precompiled chunk", 1, true) then print(n, f ~= nil, m) end
end
for i = 1, 21 do
  local bad = d:sub(1, i - 1) .. string.char(d:byte(i) ~ 0x55) .. d:sub(i + 1)
  print(i, select(2, load(bad, "=bad")))
end
print(load(d, "=mode", "t"))
-- numbers survive
local nums = load("return 0, 1, -1, 127, 128, 65535, 16777216, 2147483647, -2147483648, 0.5, -0.0, 1e38, 3.4028235e38, 1e-40, 1/0")
local a, b = table.pack(nums()), table.pack(load(string.dump(nums))())
for i = 1, a.n do if a[i] ~= b[i] or math.type(a[i]) ~= math.type(b[i]) then print("differs", a[i], b[i]) end end
print(table.unpack(b))
print(1 / load(string.dump(load("return -0.0")))())
