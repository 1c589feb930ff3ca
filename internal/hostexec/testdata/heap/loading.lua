--- load of an expression N=1 10
for i = 1, N do local f = load("return " .. i) mark() end

--- load of many lines N=0 1 10 60 300
local src = string.rep("local x = 1; x = x + 1; f(x)\n", N)
src = "local f = ...\n" .. src:gsub("local x", "x")
mark()
local f, msg = load(src, "=lines")
mark()
local g = load(src, "=lines")
mark()
f, g = nil
mark()

--- load of blank lines N=1 100 200 600
local f = load("return 1" .. string.rep("\n", N) .. "+ 2")
mark()
f = load(string.rep("\n", N) .. "return 1")
mark()
f = load("x=1" .. string.rep("\nx=2\n\n", N))
mark()
f = nil
mark()

--- load of many constants N=1 10 100 300
local t = {}
for i = 1, N do t[i] = "'c" .. i .. "'," .. i + 0.5 .. "," .. i + 100000 end
local src = "return {" .. table.concat(t, ",") .. "}"
t = nil
mark()
local f = load(src)
mark()
local v = f()
mark()
f = nil
mark()
v = nil
mark()

--- load of many locals N=1 5 50 190
local t = {}
for i = 1, N do t[i] = "local v" .. i .. " = " .. i end
local src = table.concat(t, " ")
t = nil
mark()
local f = load(src)
mark()
f()
for i = 1, 5 do mark() end

--- load of many functions N=1 5 20 100
local t = {}
for i = 1, N do t[i] = "function M.f" .. i .. "(a, b) local c = a + b return function() return c, M end end" end
local src = "local M = {} " .. table.concat(t, "\n") .. " return M"
t = nil
mark()
local f = load(src, "@module.lua")
mark()
local m = f()
mark()
f = nil
mark()
local g = m["f" .. N](1, 2)
mark()
m = nil
mark()
g = nil
mark()

--- nested functions N=1 5 20 60
local src = string.rep("return function(a) local b = a ", N) .. string.rep(" end", N)
local f = load(src)
mark()
for i = 1, N do f = f(i) if i % 3 == 0 then mark() end end
f = nil
mark()

--- load with long names and strings N=10 39 40 41 100
local name = string.rep("n", N)
local f = load("local " .. name .. " = '" .. string.rep("s", N) .. "' return " .. name, "=" .. name)
mark()
local v = f()
mark()
f = load("return '" .. string.rep("s", N) .. "', '" .. string.rep("s", N) .. "'", name)
mark()
v = f()
mark()
f = nil
mark()

--- load from pieces N=1 3 20
local n = 0
local function reader() n = n + 1 if n <= N then return "x" .. n .. " = " .. n .. " " end end
local f = load(reader, "=pieces")
mark()
f()
mark()
n = 0
local pieces = 0
f = load(function() pieces = pieces + 1 if pieces <= N * 10 then return "-" .. "- comment\n" end end)
mark()
f = nil
mark()

--- dumps of many sizes N=1 10 60 300
local t = {}
for i = 1, N do t[i] = "local function f" .. i % 50 .. "(x) return x, " .. i .. ", 's" .. i .. "' end f" .. i % 50 .. "(1)" end
local src = "do " .. table.concat(t, " end do ") .. " end"
t = nil
mark()
local f = assert(load(src))
mark()
local s = string.dump(f)
mark()
f = nil
mark()
f = load(s)
mark()
f()
mark()
local s2 = string.dump(f, true)
mark()
f = load(s2)
mark()

--- require N=1 5
local loader = function(name) return {name = name} end
for i = 1, N do
  package.preload["mod" .. i] = loader
  local m = require("mod" .. i)
  mark()
  m = require("mod" .. i)
  mark()
  package.loaded["mod" .. i] = nil
  package.preload["mod" .. i] = nil
  mark()
end
