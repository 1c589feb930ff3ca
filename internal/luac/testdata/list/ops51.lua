local a, up = ...
for i = 1, 10 do a[i] = i % 3 + 2 ^ i - i / 7 * 5 end
for k, v in pairs(a) do up = not v end
local t = {1, 2, x = nil, "text\n", ...}
if a == nil or a < "z" and -t <= 300 then a:call(#t, -1) end
while true do
  global = up .. a .. "b"
  if global then break end
end
local function inner(x, ...)
  up, t[x] = x, up
  return inner(arg.n)
end
do local kept = 1; a.f = function() return kept end end
return inner
