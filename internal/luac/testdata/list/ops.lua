-- Every instruction that a short program can have.
local a, b, c = 1, nil, nil
local t = {10, 20, x = a, [b or 1] = c}
t.x, t[a], t[c] = a, nil, 7
g = t.y
G.h, _ENV[a] = g, g[b]
local s = t.name:method(a, "arg")
print(a + 1, 1 - b, b * c, a % 2, 2 ^ b, b / 3.5, b // c)
print(a & 1, b | c, 3 ~ a, a << 1, 1 >> b, -a, ~b, not c, #t, a .. b .. "c")
if a == 1 and "z" ~= b or a < b and not (1 >= c) then
  goto done
end
while a do
  local captured = a
  t[1] = function() captured = captured + 1; return captured end
  if b then break end
end
for i = 1, 10, 2 do print(i) end
for k, v in pairs(t) do print(k, v, ...) end
repeat local x = b or c; a = x and b until a
::done::
local yes, no = a == b, a <= c
local function vararg(p, ...)
  local q, r = ...
  t = {p, ...}
  return vararg(p, select("#", ...))
end
function t.f() end
function t:m(x) g = self.n, x; return yes, no, vararg end
return s
