--- load with an environment N=5 20
for i = 1, N do
  local env = setmetatable({}, {__index = _G})
  local f = load("x = " .. i .. " return x", "=env", "t", env)
  f()
  mark()
end

--- dump and load N=0 1 2
local src = [[
local a, b = 1, {}
local function f(x, ...) local y = x + a return function() return y, b, ... and select(1) or "constant" end end
function global(t) for k, v in pairs(t) do if v then t[k] = f(v) elseif k then goto done end end ::done:: return 1.5, "a longer string constant, which is not a short string" end
return f
]]
src = src:gsub(", %.%.%. and", ", b and")
local f = assert(load(src, "@source.lua"))
mark()
local s = string.dump(f, N > 0 and true or false)
mark()
local g = assert(load(s, "dumped", "b"))
mark()
g()
mark()
local s2 = string.dump(g, true)
mark()
f = nil
mark()
g = nil
mark()
s, s2 = nil
mark()

--- strip levels N=0 1 2
local f = load("local a, b, c = 1, 2, 3\nlocal function g(x)\nlocal y = x\nreturn y + a\nend\nreturn g", "=strip")
mark()
if debug.setstrip then debug.setstrip(N) end
local s = string.dump(f, N)
mark()
local g = load(s)
mark()
g = nil
mark()

--- damaged code N=1
-- without lines: C loses their memory where the code ends in the midst of them
local s = string.dump(function(a) return a .. "constant" end, true)
for i = 1, #s, 7 do
  local f, msg = load(s:sub(1, i), "=cut", "b")
  mark()
end
local f, msg = load("\27Lua", "=bad")
mark()
f, msg = load(s, "=mode", "t")
mark()
f, msg = load("return 1", "=mode", "b")
mark()

--- files of source and code N=1 50
local name = "heapcount.tmp"
local out = assert(io.open(name, "wb"))
for i = 1, N do out:write("local x", i, " = {", i, ", 'text'}\n") end
out:close()
mark()
local f = assert(loadfile(name))
mark()
dofile(name)
mark()
out = assert(io.open(name, "wb"))
out:write(string.dump(f, true))
out:close()
f = nil
mark()
f = loadfile(name)
mark()
f = loadfile(name, "t")
mark()
f = nil
os.remove(name)
mark()
f = loadfile(name)
mark()
