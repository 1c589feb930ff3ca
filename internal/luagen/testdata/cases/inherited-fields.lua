-- Chains of __index: long, closed in themselves, with functions and ROTables in them.
local function chain(n, last)
  local t = last
  for _ = 1, n do t = setmetatable({}, { __index = t }) end
  return t
end
for _, n in ipairs { 1, 7, 8, 9, 100, 1998, 1999, 2000, 2001 } do
  print(n, pcall(function() return chain(n, { x = "here" }).x end))
  print(n, pcall(function() return chain(n, { x = "here" }).y end))
  print(n, pcall(function() return chain(n, string).format == string.format end))
end
local ring = {}
setmetatable(ring, { __index = setmetatable({}, { __index = ring }) })
print(pcall(function() return ring.x end))
local own = {}
own.__index = own
setmetatable(own, own)
print(pcall(function() return own.x end), pcall(function() return own:x() end))
local calls = {}
local f = chain(3, setmetatable({}, { __index = function(t, k) calls[#calls + 1] = k; return k .. "!" end }))
print(f.a, f["b"], f[1], table.concat(calls, " "))
local hidden = chain(2, string)
print(hidden.rep("ab", 3), pcall(function() return hidden.nothing.x end))
local shadow = setmetatable({ x = nil, y = false }, { __index = { x = 1, y = 2 } })
print(shadow.x, shadow.y, rawget(shadow, "x"))
shadow.x = 5
print(shadow.x, getmetatable(shadow).__index.x)
-- metatables that change while their absence is remembered
local mt = {}
local late = setmetatable({}, mt)
print(late.x)
mt.__index = { x = "late" }
print(late.x)
mt.__index = nil
print(late.x)
-- the same for what is stored
for _, n in ipairs { 1, 1999, 2000, 2001 } do
  for _, last in ipairs { { x = 1 }, {} } do
    local t = last
    for _ = 1, n do t = setmetatable({}, { __newindex = t }) end
    print(n, pcall(function() t.x = 2 end), last.x)
  end
end
