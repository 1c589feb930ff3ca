-- require and the package library. Needs a file system that can be written by
-- io.open, so it is for the host profile.
local function fails(text, f, ...)
  local ok, msg = pcall(f, ...)
  assert(not ok, "no error, but expected: " .. text)
  assert(tostring(msg):find(text, 1, true), "got '" .. tostring(msg) .. "', expected '" .. text .. "'")
end
local names = {}
for k in pairs(package) do names[#names + 1] = k end
table.sort(names)
assert(table.concat(names, " ") == "config loaded loaders path preload searchers searchpath", table.concat(names, " "))
assert(package.config == "/\n;\n?\n!\n-\n" and package.path == "?.lc;?.lua")
assert(package.loaders == package.searchers and #package.searchers == 2)
assert(package.loaded == debug.getregistry()._LOADED and package.preload == debug.getregistry()._PRELOAD)
assert(package.loaded.package == package and package.loaded._G == _G)

-- what is in ROM needs no loading
assert(require("string") == string and require("table") == table and require("package") == package)

local dir = os.tmpname()
os.remove(dir)
local made = {}
local function file(name, text)
  local path = dir .. "-" .. name
  local f = assert(io.open(path, "w"))
  f:write(text)
  f:close()
  made[#made + 1] = path
  return path
end
file("one.lua", "return {name = ..., file = select(2, ...)}")
file("two.lua", "X2 = ...")
file("bad.lua", "x =")
file("err.lua", "error('at run time', 0)")
file("set.lua", "package.loaded[...] = 'by itself'")
package.path = dir .. "-?.none;" .. ";" .. dir .. "-?.lua"

local one = require("one")
assert(one.name == "one" and one.file == dir .. "-one.lua" and require("one") == one and package.loaded.one == one)
assert(require("two") == true and X2 == "two" and package.loaded.two == true)
assert(require("set") == "by itself")
fails("error loading module 'bad' from file '" .. dir .. "-bad.lua':\n\t", require, "bad")
fails("at run time", require, "err")
assert(package.loaded.err == nil)
do
  local ok, msg = pcall(require, "none.such")
  assert(not ok and msg:find("module 'none.such' not found:\n\tno field package.preload['none.such']\n\tno file '" .. dir
    .. "-none/such.none'\n\tno file '" .. dir .. "-none/such.lua'", 1, true), msg)
end
fails("string expected", require)

package.preload.pre = function(name, extra) return {name, extra} end
assert(require("pre")[1] == "pre" and require("pre")[2] == nil or true)

-- searchers can be added, and replaced by nonsense
table.insert(package.searchers, 2, function(name)
  if name == "own" then return function(n, x) return n .. x end, "!" end
  return "\n\tnot own: " .. name
end)
assert(require("own") == "own!")
fails("\n\tnot own: nowhere", require, "nowhere")
table.remove(package.searchers, 2)
package.searchers[3] = function() return 1 end
fails("1", require, "nowhere")
package.searchers[3] = nil
do
  local old = package.searchers
  package.searchers = nil
  fails("'package.searchers' must be a table", require, "nowhere")
  package.searchers = old
  local path = package.path
  package.path = nil
  fails("'package.path' must be a string", require, "nowhere")
  package.path = path
end

-- searchpath
assert(package.searchpath("one", package.path) == dir .. "-one.lua")
do
  local r, msg = package.searchpath("a.b", "?.x;?.y")
  assert(r == nil and msg == "\n\tno file 'a/b.x'\n\tno file 'a/b.y'")
  r, msg = package.searchpath("a-b", "?/?.x", "-", "+")
  assert(msg == "\n\tno file 'a+b/a+b.x'")
  r, msg = package.searchpath("a.b", "?;;?", "")
  assert(msg == "\n\tno file 'a.b'\n\tno file 'a.b'")
  r, msg = package.searchpath("x", "")
  assert(r == nil and msg == "")
  fails("string expected", package.searchpath, "x")
  r, msg = package.searchpath("n", ("?.a;"):rep(100))
  assert(#msg == 100 * #"\n\tno file 'n.a'")
end

-- loadfile and dofile
do
  local f = assert(loadfile(file("f.lua", "#!first line\nreturn ..., X3, debug and debug.getinfo(1, 'l').currentline"), "t", {X3 = 3, debug = debug}))
  local a, b, line = f(1)
  assert(a == 1 and b == 3 and line == 2)
  assert(loadfile(file("bom.lua", "\xEF\xBB\xBFreturn 'bom'"))() == "bom")
  assert(loadfile(file("bom2.lua", "\xEF\xBB\xBF#x\nreturn 'bom2'"))() == "bom2")
  local r, msg = loadfile(file("part.lua", "\xEF\xBBreturn 1"))
  assert(r == nil and msg:find("unexpected symbol near"), msg)
  assert(loadfile(file("empty.lua", ""))() == nil)
  assert(loadfile(file("comment.lua", "#only"))() == nil)
  assert(loadfile(file("f.lc", string.dump(function() return "bin" end)))() == "bin")
  assert(loadfile(file("f2.lc", "# skipped\n" .. string.dump(function() return "bin2" end)), "b")() == "bin2")
  r, msg = loadfile(dir .. "-f.lc", "t")
  assert(r == nil and msg:find("attempt to load a binary chunk (mode is 't')", 1, true), msg)
  r, msg = loadfile(dir .. "-missing.lua")
  assert(r == nil and msg == "cannot open " .. dir .. "-missing.lua: No such file or directory", msg)
  assert(dofile(dir .. "-bom.lua") == "bom")
  fails("cannot open " .. dir .. "-missing.lua", dofile, dir .. "-missing.lua")
  local big = {}
  for i = 1, 2000 do big[i] = "x" .. i .. " = " .. i end
  local env = {}
  loadfile(file("big.lua", table.concat(big, "\n")), "t", env)()
  assert(env.x2000 == 2000)
  local co = coroutine.wrap(function() return dofile(file("yield.lua", "return coroutine.yield('y')")) end)
  assert(co() == "y" and co("z") == "z")
end
for _, path in ipairs(made) do os.remove(path) end
return "ok"
