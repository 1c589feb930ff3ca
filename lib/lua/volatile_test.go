package lualib_test

import "testing"

func TestVolatile(t *testing.T) {
	files := map[string]string{
		"report.lua": `
local M = { loads = (loads or 0) + 1 }
loads = M.loads
function M.sum(...)
  local sum = 0
  for i = 1, select("#", ...) do sum = sum + (select(i, ...) or 0) end
  return sum, nil, package.loaded.report == M
end
function M.fails() error("it failed") end
function M.failsWithTable() error({ code = 5 }) end
function M.nested(v) return v.call("report", "sum", 4, 5), loads end
function M.keep() timer = function() return M.sum(1) end end
M.text = "no function"
return M
`,
		"broken.lua": "if not mended then error('not yet') end return { f = function() return 'mended' end }",
		"number.lua": "return 5",
		"old.lua":    "if module then module('old') end function f() return 'old' end if package then return { f = f } end",
	}
	const script = `
local v = require "volatile"
local before = heap()
local sum, none, inside = v.call("report", "sum", 1, nil, 3, nil)
check("sum", sum, 4)
check("nil", none, nil)
check("loaded while it is used", inside, true)
check("results", select("#", v.call("report", "sum")), 3)
check("unloaded", package.loaded.report, nil)
check("loads", loads, 2)
raises("error", "it failed", v.call, "report", "fails")
check("unloaded by an error", package.loaded.report, nil)
local ok, err = pcall(v.call, "report", "failsWithTable")
check("error value", type(err) == "table" and err.code, 5)
err = nil
raises("nothing to call", "volatile: the module report has no function missing", v.call, "report", "missing")
raises("no function", "call", v.call, "report", "text")
check("unloaded", package.loaded.report, nil)
loads = 0
local nine, seen = v.call("report", "nested", v)
check("nested", nine == 9 and seen == 1, true)
check("unloaded", package.loaded.report, nil)

-- Modules that cannot be loaded leave nothing behind: on Lua 5.1 require does.
raises("missing", "module 'nowhere' not found", v.call, "nowhere", "f")
raises("broken", "not yet", v.call, "broken", "f")
raises("broken still", "not yet", v.require, "broken")
mended = true
check("mended", v.call("broken", "f"), "mended")
raises("no table", "volatile: the module number is no table", v.call, "number", "f")
check("old style", v.call("old", "f"), "old")
check("its global", rawget(_G, "old"), nil)

-- A module that was loaded stays.
local m = require "report"
loads = 0
check("loaded before", v.call("report", "sum", 1), 1)
check("the same", v.require "report", m)
raises("error", "it failed", v.call, "report", "fails")
check("still loaded", package.loaded.report, m)
check("not loaded again", loads, 0)
package.loaded.report, m = nil, nil

local r = v.require "report"
check("mine alone", package.loaded.report, nil)
check("usable", (r.sum(2, 2)), 4)
r = nil
v.call("report", "keep")
check("what it left behind", timer(), 1)
timer, mended, f = nil, nil, nil
v.call("report", "sum", 1)
local after = heap()
print("what stays", before - after)
for i = 1, 100 do v.call("report", "sum", i) pcall(v.call, "report", "fails") tmr.wdclr() end
local last = heap()
if last < after - 64 then check("heap after 200 calls", last, after) end
print "finished"
`
	everywhere(t, func(t *testing.T, p place) { t.Log(last(p.run(t, files, script, "volatile"), 3)) })
}
