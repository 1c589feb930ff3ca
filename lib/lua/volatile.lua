-- volatile: modules that are loaded only while they are used.
--
--   local volatile = require "volatile"
--   local sum = volatile.call("report", "sum", 1, 2, 3)  -- require "report", sum(1, 2, 3), forget
--   local report = volatile.require "report"  -- stays as long as the variable
--   report.sum(4, 5)
--   report = nil
--
-- An error in the module unloads it, too, and goes on to the caller. A module that was loaded
-- before stays loaded. A module that is in use is not loaded twice: calls may be nested. What
-- the module leaves behind, such as a timer with a callback, keeps what it needs of it in RAM.
--
-- Cost: the module is loaded, and its file run, for each call.
local M = {}

-- forget removes a module, and the global variable of that name that "module" has made.
local function forget(name)
  local m = package.loaded[name]
  package.loaded[name] = nil
  if m ~= nil and rawget(_G, name) == m then _G[name] = nil end
end

-- finish unloads a module if it was not there before, and gives the results of pcall.
local function finish(name, before, ok, ...)
  if not before then forget(name) end
  if not ok then error((...), 0) end
  return ...
end

local function run(name, func, ...)
  local m = require(name)
  if type(m) ~= "table" then error("volatile: the module " .. name .. " is no table", 0) end
  local f = m[func]
  if f == nil then error("volatile: the module " .. name .. " has no function " .. tostring(func), 0) end
  return f(...)
end

-- call calls a function of a module and returns its results.
function M.call(name, func, ...)
  return finish(name, package.loaded[name], pcall(run, name, func, ...))
end

-- require is the function of Lua, but only the caller has the module then.
function M.require(name)
  return finish(name, package.loaded[name], pcall(require, name))
end

return M
