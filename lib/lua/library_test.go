package lualib_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A figure is a row of a table in docs/library.md: what a module of the library saves.
type figure struct {
	label   string
	store   bool   // the library is in the flash store
	library string // the module of it that is measured
	before  string // runs before
	code    string // leaves in RAM what is measured, or sets longest
}

// figures are the tables of the page, by the module that they are about.
var figures = []figure{
	{"the module as it is", false, "softmodule", "", `menu = require "menu"`},
	{"its functions flushed, `softmodule` unloaded", false, "softmodule", "", soft + `s.unloadModule "softmodule"`},
	{"its functions flushed, `softmodule` in the store", true, "softmodule", "", soft},
	{"its functions flushed, `softmodule` in RAM", false, "softmodule", "", soft},

	{"the module as it is", false, "overlay", "", `menu = require "menu"`},
	{"its functions in files, `overlay` in RAM", false, "overlay", "", over},
	{"its functions in files, `overlay` in the store", true, "overlay", "", over},

	{"the module as it is, loaded", false, "volatile", "", `menu = require "menu" menu.clock(1)`},
	{"after `volatile.call`, `volatile` in RAM", false, "volatile", "", `volatile = require "volatile" volatile.call("menu", "clock", 1)`},
	{"after `volatile.call`, `volatile` in the store", true, "volatile", "", `volatile = require "volatile" volatile.call("menu", "clock", 1)`},

	{"`chain` in RAM", false, "chain", "", `chain = require "chain"`},
	{"`chain` in the store", true, "chain", "", `chain = require "chain"`},
	{"one chain that waits, with 8 steps", true, "chain", `chain = require "chain"`, `local function step() return function(next) kept = next end end
chain.run({ step, step, step, step, step, step, step, step })`},
	{"longest task of the work at once, ms", true, "chain", "", work + `longest = 0 begin() for i = 1, 40 do part() end ended()`},
	{"longest task of the work as a chain of 40 steps, ms", true, "chain", "", work + `longest = 0
local steps = {}
for i = 1, 40 do steps[i] = function() begin() part() ended() end end
require("chain").run(steps)`},
}

const (
	soft = `local s = require "softmodule"
menu = require "menu"
for _, name in ipairs(s.getModuleFunctions(menu)) do s.injectFlushedCall("menu", name) end
`
	over = `overlay = require "overlay" menu = overlay.wrap({}, "menu")`
	// work is 40 parts of some milliseconds each, and what takes their time.
	work = `local start
function begin() tmr.wdclr() start = tmr.now() end
function part() for i = 1, 2000 do local s = i % 7 end end
function ended() local ms = (tmr.now() - start) / 1000 ms = ms - ms % 1 if ms > longest then longest = ms end end
`
)

// measure is the difference of node.heap() that a code leaves, or the longest task.
func (f figure) measure(t *testing.T, edition string) (value int) {
	t.Helper()
	menu, err := os.ReadFile(filepath.Join("testdata", "menu.lua"))
	if err != nil {
		t.Fatal(err)
	}
	p := place{edition: edition, store: f.store}
	library := []string{f.library}
	if f.library != "softmodule" {
		library = append(library, "softmodule") // makes the files
	}
	m := p.start(t, map[string]string{"menu.lua": string(menu), "before.lua": f.before, "code.lua": f.code}, `
if not file.exists("ready") then
  local s = require "softmodule"
  for _, name in ipairs(s.getModuleFunctions(require "menu")) do s.dumpfunction("menu", name) tmr.wdclr() end
  file.putcontents("ready", "")
  return node.restart()
end
local tick = 0
function later(timer)
  tick = tick + 1
  if tick == 1 then
    dofile "before.lua"
  elseif tick == 2 then -- what ran before is garbage by now
    base = heap()
    dofile "code.lua"
  else
    local taken = base - heap()
    print(("figure %d."):format(longest or taken))
    timer:stop()
  end
end
base = 0
tmr.create():alarm(3000, tmr.ALARM_AUTO, later)
`, library...)
	m.Expect("figure ")
	if _, err := fmt.Sscanf(m.Expect("."), "%d", &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// TestLibraryPage holds that the figures in docs/library.md are those that are measured here.
func TestLibraryPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "library.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := strings.ReplaceAll(string(text), "\r\n", "\n")
	tables := map[string]string{}
	values := map[string][2]int{}
	for _, f := range figures {
		v := [2]int{f.measure(t, "5.3"), f.measure(t, "5.1")}
		values[f.library+" "+f.label] = v
		tables[f.library] += fmt.Sprintf("| %s | %d | %d |\n", f.label, v[0], v[1])
	}
	for library, table := range tables {
		_, section, _ := strings.Cut(page, "\n## "+library+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !strings.Contains(section, "| --- | ---: | ---: |\n"+table+"\n") {
			t.Errorf("the page's section %s has not the figures that are measured:\n%s", library, table)
		}
	}
	for _, edition := range []string{"5.3", "5.1"} {
		if v := (figure{library: "chain"}).measure(t, edition); v < 0 || v > 100 {
			t.Errorf("Lua %s: an empty file takes %d bytes, so the figures are not what they are said to be", edition, v)
		}
	}
	// What the page says in words.
	for _, less := range [][2]string{
		{"softmodule its functions flushed, `softmodule` unloaded", "softmodule the module as it is"},
		{"softmodule its functions flushed, `softmodule` in the store", "softmodule the module as it is"},
		{"overlay its functions in files, `overlay` in RAM", "overlay the module as it is"},
		{"volatile after `volatile.call`, `volatile` in RAM", "volatile the module as it is, loaded"},
		{"chain longest task of the work as a chain of 40 steps, ms", "chain longest task of the work at once, ms"},
	} {
		for i, edition := range []string{"5.3", "5.1"} {
			if values[less[0]][i] >= values[less[1]][i] {
				t.Errorf("Lua %s: %s is not less than %s", edition, less[0], less[1])
			}
		}
	}
}

// TestStubOnPage holds what the page says of stubs: the RAM of one, and the alternative.
func TestStubOnPage(t *testing.T) {
	const script = `
local s, m, code = require "softmodule", {}, string.dump(function() end)
package.loaded.m = m
for i = 1, 65 do
  file.putcontents("m_f" .. i .. ".lc", code)
  m["f" .. i] = false
  tmr.wdclr()
end
s.injectFlushedCall("m", "f65") -- makes what all stubs of a module have in common
local free = heap()
for i = 1, 64 do s.injectFlushedCall("m", "f" .. i) tmr.wdclr() end
local stub = free - heap()
for i = 1, 64 do m["f" .. i] = false end
local mt = { __call = print }
free = heap()
for i = 1, 64 do m["f" .. i] = setmetatable({ "f" .. i }, mt) end
local t = free - heap()
print(("figure %d %d."):format((stub - stub % 64) / 64, (t - t % 64) / 64))
`
	var of [2][2]int
	for i, edition := range []string{"5.3", "5.1"} {
		m := place{edition: edition, store: true}.start(t, nil, script, "softmodule")
		m.Expect("figure ")
		if _, err := fmt.Sscan(m.Expect("."), &of[i][0], &of[i][1]); err != nil {
			t.Fatal(err)
		}
	}
	onPage(t, fmt.Sprintf("With 64 of them, one takes %d bytes on Lua 5.3 and %d on 5.1. A table with a metatable takes %d and %d,", of[0][0], of[1][0], of[0][1], of[1][1]))
}

// onPage holds that a sentence is on the page, whatever its lines.
func onPage(t *testing.T, sentence string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "library.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), sentence) {
		t.Errorf("docs/library.md does not say: %s", sentence)
	}
}
