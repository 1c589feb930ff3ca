package lualib_test

import (
	"fmt"
	"strings"
	"testing"
)

// toolbox is a module as users write them: some of its functions can be cut out.
const toolbox = `local toolbox = { version = 7 }
local count = 0
local separator, unused = ", ", 1

function toolbox.add(a, b) return a + b end

function toolbox.all(...) return select("#", ...), ... end

function toolbox.nothing() end

-- An inner function has variables of the outer one: they are no concern of the file.
function toolbox.adder(n)
  local sum = n
  return function(m)
    sum = sum + m
    return sum
  end
end

function toolbox.counted()
  count = count + 1
  local version = toolbox.version -- separator is only named in this comment
  return count, version
end

function toolbox.counter(a) return tostring(a or count) end

function toolbox.fails() error("it failed") end

toolbox.print = print
toolbox.text = "text"
return toolbox
`

const softmoduleScript = `
local s = require "softmodule"
local add, counted = require("toolbox").add, require("toolbox").counted
check("functions", table.concat(s.getModuleFunctions(toolbox or require "toolbox"), " "), "add adder all counted counter fails late nothing")

-- What cannot be cut out.
local m = require "toolbox"
raises("locals", "softmodule: toolbox.counted uses 2 local(s) of its file: count, toolbox", s.injectFlushedCall, "toolbox", "counted", true)
raises("one local", "toolbox.counter uses 1 local(s) of its file: count", s.dumpfunction, "toolbox", "counter")
check("counted", m.counted, counted)
check("counted's file", file.exists("toolbox_counted.lc"), false)
raises("firmware", "toolbox.print is not written in Lua", s.injectCachedCall, "toolbox", "print", true)
raises("string", "toolbox.text is no function", s.dumpfunction, "toolbox", "text")
raises("nothing", "toolbox.missing is no function", s.dumpfunction, "toolbox", "missing")
raises("no module", "module 'nowhere' not found", s.injectFlushedCall, "nowhere", "f", true)
raises("no file", "toolbox.add cannot be loaded: cannot open toolbox_add.lc", s.injectFlushedCall, "toolbox", "add")
check("add", m.add, add)
m.a_function_with_a_long_name = add
raises("long name", "toolbox.a_function_with_a_long_name has too long a name for a file: toolbox_a_function_with_a_long_name.lc", s.dumpfunction, "toolbox", "a_function_with_a_long_name")
m.a_function_with_a_long_name = nil
package.loaded.odd = true
raises("no table", "odd.f is no function", s.injectFlushedCall, "odd", "f", true)
raises("no table", "odd.f is no function", s.dumpfunction, "odd", "f")
package.loaded.odd = nil

-- A module in the flash store, or one without its source, has no names.
file.rename("toolbox.lua", "hidden.lua")
raises("no names", "uses 2 local(s) of its file: toolbox.lua does not tell their names", s.dumpfunction, "toolbox", "counted")
file.rename("hidden.lua", "toolbox.lua")

-- Cut out.
check("name", s.dumpfunction("toolbox", "add"), "toolbox_add.lc")
check("still itself", m.add, add)
s.injectFlushedCall("toolbox", "add")
s.injectFlushedCall("toolbox", "all", true)
s.injectCachedCall("toolbox", "adder", true)
s.injectCachedCall("toolbox", "fails", true)
s.injectCachedCall("toolbox", "nothing", true)
check("type", type(m.add), "function")
check("left", table.concat(s.getModuleFunctions(m), " "), "counted counter late")
check("flushed", m.add(2, 3), 5)
local n, a, b, c = m.all(nil, 2, nil)
check("all", n == 3 and a == nil and b == 2 and c == nil, true)
check("no results", select("#", m.nothing()), 0)
local held = m.adder -- the stub
local plus = m.adder(10)
check("adder", plus(1) + plus(1), 23)
check("back", m.adder ~= held, true)
check("held", held(1)(1), 2)
check("still left", table.concat(s.getModuleFunctions(m), " "), "counted counter late")
raises("error", "it failed", m.fails)
raises("again", "toolbox.add was cut out before", s.injectFlushedCall, "toolbox", "add", true)
raises("again", "toolbox.adder was cut out before", s.dumpfunction, "toolbox", "adder")
s.injectCachedCall("toolbox", "add")
check("from flushed to cached", m.add(2, 4), 6)
s.injectFlushedCall("toolbox", "adder")
check("from cached to flushed", m.adder(1)(2), 3)

-- A function that somebody else put into the module stays.
s.injectCachedCall("toolbox", "all")
local stub, own = m.all, function() return "own" end
m.all = own
check("stub", (stub(1)), 1)
check("own", m.all, own)

-- Stubs are callbacks, and live when softmodule is unloaded.
s.injectFlushedCall("toolbox", "add")
local before = heap()
check("unload", s.unloadModule("softmodule"), true)
s = nil
print("softmodule itself gave back", heap() - before)
check("without softmodule", m.add(1, 1), 2)
file.remove("toolbox_add.lc")
raises("no file", "softmodule: toolbox.add cannot be loaded: cannot open toolbox_add.lc", m.add, 1, 1)

--- next
local s, m = require "softmodule", require "toolbox"
check("unload", s.unloadModule("toolbox"), true)
check("empty", next(m), nil)
check("loaded", package.loaded.toolbox, nil)
check("unload again", s.unloadModule("toolbox"), false)
check("unload what nobody has", s.unloadModule("nowhere"), false)
check("unload Lua", s.unloadModule("_G"), false)
check("dump alone", s.dumpfunction("toolbox", "add"), "toolbox_add.lc")
check("not loaded", package.loaded.toolbox, nil)
raises("dump alone", "count, toolbox", s.dumpfunction, "toolbox", "counted")
check("not loaded", package.loaded.toolbox, nil)
check("loaded anew", require("toolbox").adder(1)(1), 2)
if module then
  raises("globals", "modular.f has globals of its own", s.injectFlushedCall, "modular", "f", true)
  check("unload", s.unloadModule("modular") and modular, nil)
end
check("globals", rawget(_G, "toolbox"), nil)
tmr.create():alarm(1, tmr.ALARM_SINGLE, (function()
  s.injectFlushedCall("toolbox", "late", true)
  return require("toolbox").late
end)())
`

func TestSoftmodule(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		files := map[string]string{
			"toolbox.lua": strings.Replace(toolbox, "return toolbox\n", "function toolbox.late() print('finished') end\nreturn toolbox\n", 1),
			"modular.lua": "module('modular')\nfunction f() return 1 end\n",
		}
		p.run(t, files, softmoduleScript, "softmodule")
	})
}

// fullScript fills the file system, and then lets writes fail that nothing else explains.
const fullScript = `
local s = require "softmodule"
local m = require "toolbox"
local add = m.add
for size = 4000, 100, -1950 do
  local f = file.open("fill" .. size, "w")
  while f and f:write(("x"):rep(size)) do tmr.wdclr() end
  if f then f:close() end
end
local function lines() local n = 0 for _ in pairs(file.list()) do n = n + 1 end return n end
local files = lines()
raises("full", "is the file system full?", s.injectFlushedCall, "toolbox", "add", true)
check("function", m.add, add)
check("files", lines(), files)
file.remove("fill4000")
s.injectFlushedCall("toolbox", "add", true)
check("with room", m.add(1, 2), 3)
s.unloadModule("toolbox")

-- A write that does nothing.
m = require "toolbox"
add = m.add
file.remove("toolbox_add.lc")
local real = file
file = setmetatable({ open = function(name, mode)
  local f = real.open(name, mode)
  if mode ~= "w" then return f end
  return { write = function(_, text) f:write(text:sub(1, 20)) end, close = function() f:close() end }
end }, { __index = real })
raises("short", "is the file system full?", s.injectFlushedCall, "toolbox", "add", true)
check("function", m.add, add)
check("no half file", real.exists("toolbox_add.lc"), false)
file = nil
s.injectFlushedCall("toolbox", "add", true)
-- What is there already is not written again.
s.unloadModule("toolbox")
local opened = 0
file = setmetatable({ open = function(name, mode) if mode == "w" then opened = opened + 1 end return real.open(name, mode) end }, { __index = real })
s.injectFlushedCall("toolbox", "add", true)
check("writes", opened, 0)
s.injectFlushedCall("toolbox", "nothing", true)
check("writes", opened, 1)
print "finished"
`

func TestSoftmoduleFullFileSystem(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		p.run(t, map[string]string{"toolbox.lua": toolbox}, fullScript, "softmodule")
	})
}

// The functions of the long tests, in modules that do not fit into RAM together.
const (
	manyModules  = 20
	perModule    = 10
	manyCalls    = 10_000
	manyRounds   = 4    // of arithmetic in a function
	pressureFree = 8000 // bytes that are left for the calls
)

// manyBody is the body of a function whose result tells which one it is.
func manyBody(n int) string {
	var b strings.Builder
	for i := 1; i <= manyRounds; i++ {
		fmt.Fprintf(&b, "  x = (x * %d + %d) %% 1009\n", n%7+i, n*i)
	}
	return b.String() + "  return x\n"
}

// manyScript calls functions in random order. It begins with those of a library, which give
// modules, a list of tables with functions.
const manyScript = `
ballast = nil
local size = 0
while heap() > PRESSURE do tmr.wdclr() ballast, size = { ballast, ("%05d"):format(size):rep(8) }, size + 1 end
local before, lowest, seed, calls = nil, heap(), 1, 0
local function random(n)
  seed = (seed * 75 + 74) % 65537
  return seed % n
end
local function expected(n, x)
  for i = 1, ROUNDS do x = (x * (n % 7 + i) + n * i) % 1009 end
  return x
end
local step
function step()
  if calls == 0 then before = heap() end -- the script is garbage by now
  for _ = 1, 20 do
    local n, x = random(MODULES * PER), random(1000)
    local got = modules[(n - n % PER) / PER + 1]["f" .. n % PER](x)
    if got ~= expected(n, x) then check("call " .. calls .. " of f" .. n, got, expected(n, x)) end
    calls = calls + 1
    if node.heap() < lowest then lowest = node.heap() end
  end
  if calls < CALLS then return node.task.post(step) end
  local after = heap()
  -- A block of the heap may have the rest of a hole in it; a byte for each call would be 10,000.
  if after < before - 64 or after > before + 64 then check("heap", after, before) end
  print("heap before", before, "lowest", lowest, "after", after)
  print "finished"
end
-- The first round makes what stays: the longest string, the stack.
for n = 0, MODULES * PER - 1 do
  tmr.wdclr()
  check("f" .. n, modules[(n - n % PER) / PER + 1]["f" .. n % PER](5), expected(n, 5))
end
node.task.post(step)
`

// many replaces the constants of a script.
func many(script string) string {
	return strings.NewReplacer("MODULES", fmt.Sprint(manyModules), "PER", fmt.Sprint(perModule), "CALLS", fmt.Sprint(manyCalls),
		"ROUNDS", fmt.Sprint(manyRounds), "PRESSURE", fmt.Sprint(pressureFree)).Replace(script)
}

func TestSoftmoduleMany(t *testing.T) {
	files := map[string]string{}
	for module := range manyModules {
		var b strings.Builder
		b.WriteString("local M = {}\n")
		for n := module * perModule; n < (module+1)*perModule; n++ {
			fmt.Fprintf(&b, "function M.f%d(x)\n%send\n", n%perModule, manyBody(n))
		}
		b.WriteString("return M\n")
		files[fmt.Sprintf("m%d.lua", module)] = b.String()
	}
	const prepare = `
for i = 0, MODULES - 1 do node.compile("m" .. i .. ".lua") heap() end
do -- they do not fit as they are
  local n = 0
  for i = 0, MODULES - 1 do
    if not pcall(require, "m" .. i) then break end
    n = n + 1
  end
  for i = 0, MODULES - 1 do package.loaded["m" .. i] = nil end
  check("too much for RAM", n < MODULES, true)
  print("plain modules that fit", n)
end
--- next
modules = {}
do
  local s = require "softmodule"
  for i = 0, MODULES - 1 do
    local name = "m" .. i
    modules[i + 1] = require(name)
    heap()
    for _, f in ipairs(s.getModuleFunctions(modules[i + 1])) do s.injectFlushedCall(name, f, true) tmr.wdclr() end
    heap()
  end
  s.unloadModule "softmodule"
end
--- next
`
	everywhere(t, func(t *testing.T, p place) {
		p.heapBytes = 50 << 10 // 200 stubs and the tables of 20 modules take most of 44 KB
		if !p.store {
			p.heapBytes = 58 << 10 // and softmodule is there while they are made
		}
		t.Log(last(p.run(t, files, many(prepare+manyScript), "softmodule"), 4))
	})
}

// last are the last lines of a text.
func last(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}

// TestCachedCall measures calls: of a function of a module as it was, of the same function when
// a cached stub has put it back, and through a stub that somebody has kept.
func TestCachedCall(t *testing.T) {
	const script = `
local s, m = require "softmodule", require "toolbox"
local function microseconds(f)
  local start = tmr.now()
  f()
  return tmr.now() - start
end
local function calls() for i = 1, 5000 do m.add(i, 1) end end
local function lookups() for i = 1, 5000 do local f = m.add end end
calls() lookups()
local look, direct = microseconds(lookups), microseconds(calls)
s.injectCachedCall("toolbox", "add", true)
local stub = m.add
m.add(1, 1)
local cached = microseconds(calls)
m.add = stub
local through = microseconds(calls)
s.injectFlushedCall("toolbox", "add")
local flushed = microseconds(function() for i = 1, 50 do m.add(i, 1) end end)
print(("us for 5000 calls: direct %d, look-up alone %d, cached %d, through a kept stub %d; for 50 flushed calls: %d"):format(direct, look, cached, through, flushed))
check("a cached call takes no more than a direct one and a look-up", cached <= direct + look, true)
check("figures", look > 0 and direct > look and through > cached and flushed > 0, true)
print "finished"
`
	everywhere(t, func(t *testing.T, p place) {
		out := p.run(t, map[string]string{"toolbox.lua": toolbox}, script, "softmodule")
		t.Log(last(out, 2))
		_, figures, _ := strings.Cut(out, "direct ")
		var direct, look, cached, through int
		if _, err := fmt.Sscanf(figures, "%d, look-up alone %d, cached %d, through a kept stub %d", &direct, &look, &cached, &through); err != nil {
			t.Fatal(err)
		}
		if direct/1000 != cached/1000 {
			t.Errorf("a cached call takes %d us and a direct one %d", cached, direct)
		}
		onPage(t, fmt.Sprintf("5,000 calls take %d ms before and after, and %d ms through the stub.", (direct+500)/1000, (through+500)/1000))
	})
}
