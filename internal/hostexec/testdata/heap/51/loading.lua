--- modules N=1 3 8
for i = 1, N do
  local name = "mod" .. i
  package.preload[name] = function(...) module(...) function f() return {} end v = i end
  local m = require(name)
  mark()
  m = require(name)
  m.f()
  mark()
  package.preload[name] = nil
  local f = function() module("plain" .. i) x = {} end
  f()
  mark()
end

--- modules inside modules N=1 3 8
for i = 1, N do
  local g = getfenv(1)
  local f = setfenv(function() module("outer.inner.m" .. i, package.seeall) x = {} end, g)
  f()
  mark()
  package.loaded["outer.inner.m" .. i] = nil
  f = function() module("outer.inner.m" .. i) y = {} end
  pcall(f)
  mark()
end
outer = nil
mark()

--- modules that are not there N=1 4
for i = 1, N do
  local ok, e = pcall(require, "no.such.module" .. i)
  mark()
  ok, e = pcall(module, "new.x" .. i)
  mark()
  package.preload["bad" .. i] = function() error({}) end
  ok, e = pcall(require, "bad" .. i)
  mark()
  ok, e = pcall(require, "bad" .. i)
  mark()
end

--- loaders N=1 4
local old = #package.loaders
table.insert(package.loaders, 2, function(name) if name:sub(1, 3) == "my." then return function(n) return {n} end end return "\n\tnot mine" end)
for i = 1, N do
  local m = require("my.m" .. i)
  mark()
  pcall(require, "other.m" .. i)
  mark()
  package.path = "?.none;./?/init.none"
  pcall(require, "third.m" .. i)
  mark()
end
table.remove(package.loaders, 2)
mark()

--- loadstring N=1 5 30
for i = 1, N do
  local f = loadstring("local a, b = ... return a + b + " .. i, "=chunk" .. i)
  local n = f(1, 2)
  mark()
  f = loadstring("return '" .. string.rep("x", i * 10) .. "', [[" .. string.rep("y\n", i) .. "]]")
  f()
  mark()
  local g, e = loadstring("return (" .. i)
  mark()
end

--- big chunks N=50 200 600
local t = {}
for i = 1, N do t[i] = "local v" .. i % 40 .. " = {" .. i .. ", name = 'n" .. i .. "', f = function(a) return a, " .. i .. " end}" end
local src = "do " .. table.concat(t, " end do\n") .. " end"
t = nil
mark()
local f = loadstring(src, "=big")
mark()
src = nil
f()
mark()
local s = string.dump(f)
mark()
f = loadstring(s)
mark()
f()
mark()

--- load of text and code in pieces N=1 5 40
local function pieces(text) local i = 0 return function() i = i + 1 if i <= #text then return text:sub(i, i + N - 1), (function() i = i + N - 1 end)() end end end
local f = load(pieces("local a = 'piece' return function() return a .. '!' end"), "=pieces")
mark()
local g = f()
g()
mark()
f = load(pieces(string.dump(g)))
mark()
local ok, e = load(function() error("reader" .. N) end)
mark()
ok, e = load(function() return {} end)
mark()
ok, e = load(pieces("x = = 1"))
mark()

--- dump and load N=0 1 2
local src = [[
local a, b = 1, {}
local function f(x, ...) local y = x + a return function() return y, b, ... and select(1) or "constant" end end
function global(t) for k, v in pairs(t) do if v then t[k] = f(v) elseif k then break end end return 15, "a longer string constant" end
return f
]]
src = src:gsub(", %.%.%. and", ", b and") .. string.rep("--\n", N)
local f = assert(loadstring(src, "@source.lua"))
mark()
local s = string.dump(f)
mark()
local g = assert(loadstring(s, "dumped"))
mark()
g()
mark()
local s2 = string.dump(g)
mark()
f = nil
mark()
g = nil
mark()
s, s2 = nil
mark()

--- damaged code N=3 7
-- The collector is blocked while code is read; an error ends that. Not in the midst of the five instructions, which
-- take from 32 to 52: C loses their memory.
local s = string.dump(function(a) return a .. "constant" end)
for i = 1, #s - 1, N do
  if i < 32 or i >= 52 then local f, msg = loadstring(s:sub(1, i), "=cut") end
  mark()
end

--- names and strings of the source N=1 10 40 250
local name = string.rep("n", N)
local f = loadstring("local " .. name .. " = '" .. string.rep("s", N) .. "' " .. name .. "x = " .. name .. " return " .. name, "=" .. name)
mark()
local v = f()
mark()
f = loadstring("return '" .. string.rep("s", N) .. "', '" .. string.rep("\\n\\065", N) .. "'", name)
mark()
v = f()
mark()
_G[name .. "x"] = nil
f = nil
mark()

--- syntax errors N=1 3
for i = 1, N do
  for _, s in ipairs{"x = = 1", "for i in", "for i = 1", "local function", "local t = {1, 2", "x = 1e", "x = '\\300'", "x = 0x", "break",
      "return ...; x", "function f() return ... end", "f\n(1)", "a.b:c = 1", "x = [==[ no end", "x = 'no end", "--[[ no end", "goto a",
      "local " .. string.rep("a,", 60) .. "a = 1", string.rep("(", 210), "x = " .. string.rep("{", 210), "repeat local x until y +", "x ~= 1", "x = #"} do
    local f, msg = loadstring(s, "=s" .. i)
    mark()
  end
end

--- limits of functions N=1
local src = "local a = {} "
for i = 1, 40 do src = src .. "local v" .. i .. " = a " end
local f = loadstring(src .. "return function() return " .. (function() local t = {} for i = 1, 40 do t[i] = "v" .. i end return table.concat(t, ",") end)() .. " end")
mark()
local g = f()
mark()
local n = select("#", g())
mark()
local ok, e = loadstring(src .. string.rep("local x ", 20))
mark()
ok, e = loadstring("return " .. string.rep("a..", 260) .. "a")
mark()

--- files N=1 3
local f = loadfile("program.lua")
mark()
f = nil
local f, e = loadfile("nothing.lua")
mark()
local ok, e = pcall(dofile, "nothing.lua")
mark()
