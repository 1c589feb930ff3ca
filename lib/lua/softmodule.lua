-- softmodule: functions of a module that stay in files until they are called.
--
--   local softmodule = require "softmodule"
--   for _, name in ipairs(softmodule.getModuleFunctions(require "menu")) do
--     softmodule.injectFlushedCall("menu", name, true)
--   end
--   softmodule.unloadModule("softmodule")  -- it is not needed any more
--   require("menu").show(3)                -- loads menu_show.lc, calls it, forgets it
--
-- A function is written as compiled code into MODULE_FUNCTION.lc, and in the module's table
-- stands a small function, a stub, that loads it from there. A function that was cut out has
-- no variables of its file: it finds globals and its arguments. One that uses a local of the
-- file, such as the module's own table, is refused, and the module stays as it was.
--
-- Cost: a stub takes about 100 bytes of RAM. A flushed call reads and loads the file. The first
-- cached call does so, too, and puts the function back into the module. softmodule itself takes
-- more than 10 KB of RAM until it is unloaded, unless it lies in the flash store.
local M = {}
local kept = setmetatable({}, { __mode = "k" }) -- functions that cached stubs have put back
local makers = {} -- by module: what makes its flushed and its cached stubs

local function refuse(modulename, funcname, why)
  error("softmodule: " .. modulename .. "." .. funcname .. " " .. why, 0)
end

-- maker gives two functions that make stubs. They, kept and refuse are what stays in RAM when
-- softmodule is unloaded.
local function maker(modulename)
  local function fetch(funcname, stub)
    local func, why = loadfile(modulename .. "_" .. funcname .. ".lc")
    if not func then refuse(modulename, funcname, "cannot be loaded: " .. why) end
    local m = stub and package.loaded[modulename]
    if type(m) == "table" and m[funcname] == stub then m[funcname], kept[func] = func, true end
    return func
  end
  return function(funcname)
    return function(...) return fetch(funcname)(...) end
  end, function(func) -- its name, and then itself
    local stub
    stub = function(...)
      if stub then func, stub = fetch(func, stub), nil end
      return func(...)
    end
    return stub
  end
end

-- isSoft tells whether a function is a stub or was put back by one; nil if it is not Lua's.
local function isSoft(func)
  local ok, code = pcall(string.dump, func, true)
  if not ok and code == "not enough memory" then error(code, 0) end
  if not ok then return nil end
  local flushed, cached = maker("")
  return kept[func] or code == string.dump(flushed(""), true) or code == string.dump(cached(""), true)
end

-- locals names the locals of a module's source that the function in these lines seems to use.
local function locals(modulename, first, last)
  local f, declared, list, n = file.open(modulename .. ".lua"), {}, {}, 1
  local line = f and f:readline()
  while line and n <= last do
    if n < first then
      line = (line:match "^local ([%w_ ,]+)" or ""):gsub("^function ", "")
    else -- without what is in front of the body, comments, strings, fields
      if n == first then line = line:gsub("^.-function[^(]*%b()", "") end
      line = line:gsub("%-%-.*", ""):gsub('".-"', ""):gsub("'.-'", ""):gsub("%.%.", " "):gsub("[.:] *[%a_][%w_]*", "")
    end
    for name in line:gmatch "[%a_][%w_]*" do
      if n < first then declared[name] = true
      elseif declared[name] then declared[name], list[#list + 1] = nil, name end
    end
    line, n = f:readline(), n + 1
  end
  if f then f:close() end
  return #list > 0 and table.concat(list, ", ") or modulename .. ".lua does not tell their names"
end

-- outside is how many variables of its file a function uses, and its lines. Where debug cannot
-- tell, the code does: behind a header and the source are two numbers of 4 bytes, and one of 1.
local function outside(func, code)
  if not debug.getinfo then
    local at = 17 + code:byte(13) + 256 * code:byte(14)
    local a, b, _, _, c, d, _, _, n = code:byte(at, at + 8)
    return n, a + 256 * b, c + 256 * d
  end
  local info = debug.getinfo(func, "Su")
  local n = info.nups
  for i = 1, n do -- globals are one
    local _, value = debug.getupvalue(func, i)
    if rawequal(value, _G) then n = info.nups - 1 end
  end
  return n, info.linedefined, info.lastlinedefined
end

-- same tells whether a file has these contents.
local function same(name, code)
  local f, at = file.open(name), 1
  local piece = f and f:read(256)
  while piece and code:sub(at, at + #piece - 1) == piece do
    at = at + #piece
    piece = f:read(256)
  end
  if f then f:close() end
  return not piece and at == #code + 1
end

-- cut writes a function of a module into its file, unless it is there already.
local function cut(m, modulename, funcname)
  local func = type(m) == "table" and m[funcname]
  if type(func) ~= "function" then refuse(modulename, funcname, "is no function") end
  local soft = isSoft(func)
  if soft == nil then refuse(modulename, funcname, "is not written in Lua") end
  if soft then refuse(modulename, funcname, "was cut out before; unload the module first") end
  if getfenv and getfenv(func) ~= _G then refuse(modulename, funcname, "has globals of its own") end
  local code = string.dump(func)
  local n, first, last = outside(func, code)
  if n > 0 then refuse(modulename, funcname, "uses " .. n .. " local(s) of its file: " .. locals(modulename, first, last)) end
  local name = modulename .. "_" .. funcname .. ".lc"
  if #name > 31 then refuse(modulename, funcname, "has too long a name for a file: " .. name) end
  if same(name, code) then return name end
  local f = file.open(name, "w")
  if f then
    f:write(code)
    f:close()
    if same(name, code) then return name end
    file.remove(name)
  end
  refuse(modulename, funcname, "cannot be written, " .. #code .. " bytes: is the file system full?")
end

-- dumpfunction writes a function of a module into its file and returns the file's name. A
-- module that was not loaded is loaded for that and unloaded again.
function M.dumpfunction(modulename, funcname)
  local loaded = package.loaded[modulename]
  local m = loaded or require(modulename)
  local ok, name = pcall(cut, m, modulename, funcname)
  if not loaded then M.unloadModule(modulename) end
  return ok and name or error(name, 0)
end

local function injector(which)
  return function(modulename, funcname, gencode)
    local m = require(modulename)
    if gencode then cut(m, modulename, funcname) end
    local func, why = loadfile(modulename .. "_" .. funcname .. ".lc")
    if not func then refuse(modulename, funcname, "cannot be loaded: " .. why) end
    func = nil
    collectgarbage() -- or stubs lie between what is garbage, and the heap is in pieces afterwards
    makers[modulename] = makers[modulename] or { maker(modulename) }
    m[funcname] = makers[modulename][which](funcname)
  end
end

-- injectFlushedCall lets a function be loaded from its file for each call, injectCachedCall for
-- the first one. With gencode the file is written first. A module that was not loaded is loaded.
M.injectFlushedCall, M.injectCachedCall = injector(1), injector(2)

-- getModuleFunctions lists the names of the functions in a module, in order, without those
-- that were injected and those of the firmware.
function M.getModuleFunctions(module)
  local list = {}
  for name, func in pairs(module) do
    if type(func) == "function" and isSoft(func) == false then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

-- unloadModule empties the table of a module and forgets it. It returns whether there was one.
function M.unloadModule(modulename)
  local m = package.loaded[modulename]
  if m == nil or m == _G then return false end
  package.loaded[modulename], makers[modulename] = nil, nil
  if _G[modulename] == m then _G[modulename] = nil end
  if type(m) == "table" then for name in pairs(m) do m[name] = nil end end
  return true
end

return M
