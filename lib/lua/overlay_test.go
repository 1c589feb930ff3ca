package lualib_test

import (
	"fmt"
	"testing"
)

func TestOverlay(t *testing.T) {
	files := map[string]string{
		"menu_show.lua":   "local n = ... return 'shown', n, select('#', ...)",
		"menu_count.lua":  "counted = (counted or 0) + 1 return counted",
		"menu_broken.lua": "return = 1",
		"menu_fails.lua":  "error('it failed')",
		"menu_both.lua":   "return 'source'",
		"both.lua":        "return 'compiled'",
	}
	const script = `
local o = require "overlay"
node.compile("both.lua")
file.rename("both.lc", "menu_both.lc")
local plain = { title = "Settings" }
local menu = o.wrap(plain, "menu")
check("table", menu, plain)
check("title", menu.title, "Settings")
local a, b, c = menu.show(7, nil)
check("show", a == "shown" and b == 7 and c == 2, true)
check("count", menu.count() + menu.count(), 3)
check("not kept", rawget(menu, "count"), nil)
check("each time anew", menu.count ~= menu.count, true)
check("compiled first", menu.both(), "compiled")
check("nobody's", menu.nothing, nil)
check("no name", menu[1], nil)
check("a name too long for a file", menu.a_name_that_no_file_can_have_at_all, nil)
raises("broken", "overlay: menu_broken.lua cannot be loaded: menu_broken.lua:1: unexpected symbol", function() return menu.broken end)
raises("error", "it failed", function() menu.fails() end)
function menu.show() return "own" end
check("own", menu.show(), "own")

-- What is kept, and a metatable that is there already.
local mt = { __tostring = function() return "cached menu" end }
local cached = o.wrap(setmetatable({}, mt), "menu", { cache = true })
check("metatable", tostring(cached), "cached menu")
check("kept", cached.show == cached.show, true)
check("kept", cached.show(1), "shown")
check("in the table", type(rawget(cached, "show")), "function")
file.remove("menu_show.lua")
check("without its file", cached.show(2), "shown")
cached.show = nil
check("forgotten", cached.show, nil)

raises("no table", "overlay: the first argument is no table", o.wrap, 1, "menu")
raises("no prefix", "overlay: the second argument is no prefix", o.wrap, {})
raises("twice", "overlay: the table has an __index of its own", o.wrap, menu, "menu")

-- It is a function for callbacks, too.
file.putcontents("menu_late.lua", "print 'finished'")
tmr.create():alarm(1, tmr.ALARM_SINGLE, menu.late)
`
	everywhere(t, func(t *testing.T, p place) { p.run(t, files, script, "overlay") })
}

func TestOverlayMany(t *testing.T) {
	files := map[string]string{}
	for n := range manyModules * perModule {
		files[fmt.Sprintf("m%d_f%d.lua", n/perModule, n%perModule)] = "local x = ...\n" + manyBody(n)
	}
	const prepare = `
modules = {}
local o = require "overlay"
for i = 0, MODULES - 1 do
  modules[i + 1] = o.wrap({}, "m" .. i)
  for n = 0, PER - 1 do
    node.compile("m" .. i .. "_f" .. n .. ".lua")
    tmr.wdclr()
  end
end
--- next
`
	everywhere(t, func(t *testing.T, p place) {
		t.Log(last(p.run(t, files, many(prepare+manyScript), "overlay"), 3))
	})
}
