package lualib_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/moonlettest"
)

// A figure is a row of a table in docs/library*.md: what a module of the library takes or saves.
type figure struct {
	label string
	store bool // the library is in the flash store
	// compiled tells that it is in a file of its own as byte code, for it takes much RAM to compile.
	compiled bool
	library  string // the module of it that is measured
	before   string // runs before
	code     string // leaves in RAM what is measured, or sets longest
	// menu tells that the application is testdata/menu.lua, and that its functions are in files, too.
	menu bool
	// needs are modules of the library that the measured one requires; files are more files.
	needs []string
	files map[string]string
	// storeFiles are more files of the store.
	storeFiles map[string]string
	// heapBytes is free when the module starts, 0 for what a board has.
	heapBytes int
	// drive does from outside what has to be done between code and the measuring, as connecting; the
	// script has printed "measured" before and measures 3 s of virtual time after drive has ended.
	drive func(t *testing.T, m *moonlettest.Module)
}

// figures are the tables of the pages, by the module that they are about.
var figures = slices.Concat(techniqueFigures, streamFigures, httpdFigures, fetchFigures, otaFigures, lfsFigures, dataFigures, telnetFigures, ftpFigures)

// techniqueFigures are those of docs/library.md.
var techniqueFigures = []figure{
	{label: "the module as it is", library: "softmodule", menu: true, code: `menu = require "menu"`},
	{label: "its functions flushed, `softmodule` unloaded", library: "softmodule", menu: true, code: soft + `s.unloadModule "softmodule"`},
	{label: "its functions flushed, `softmodule` in the store", store: true, library: "softmodule", menu: true, code: soft},
	{label: "its functions flushed, `softmodule` in RAM", library: "softmodule", menu: true, code: soft},

	{label: "the module as it is", library: "overlay", menu: true, code: `menu = require "menu"`},
	{label: "its functions in files, `overlay` in RAM", library: "overlay", menu: true, code: over},
	{label: "its functions in files, `overlay` in the store", store: true, library: "overlay", menu: true, code: over},

	{label: "the module as it is, loaded", library: "volatile", menu: true, code: `menu = require "menu" menu.clock(1)`},
	{label: "after `volatile.call`, `volatile` in RAM", library: "volatile", menu: true, code: `volatile = require "volatile" volatile.call("menu", "clock", 1)`},
	{label: "after `volatile.call`, `volatile` in the store", store: true, library: "volatile", menu: true, code: `volatile = require "volatile" volatile.call("menu", "clock", 1)`},

	{label: "`chain` in RAM", library: "chain", code: `chain = require "chain"`},
	{label: "`chain` in the store", store: true, library: "chain", code: `chain = require "chain"`},
	{label: "one chain that waits, with 8 steps", store: true, library: "chain", before: `chain = require "chain"`, code: `local function step() return function(next) kept = next end end
chain.run({ step, step, step, step, step, step, step, step })`},
	{label: "longest task of the work at once, ms", store: true, library: "chain", code: work + `longest = 0 begin() for i = 1, 40 do part() end ended()`},
	{label: "longest task of the work as a chain of 40 steps, ms", store: true, library: "chain", code: work + `longest = 0
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
	files := maps.Clone(f.files)
	if files == nil {
		files = map[string]string{}
	}
	files["before.lua"], files["code.lua"] = f.before, f.code
	library := append([]string{f.library}, f.needs...)
	if f.menu {
		menu, err := os.ReadFile(filepath.Join("testdata", "menu.lua"))
		if err != nil {
			t.Fatal(err)
		}
		files["menu.lua"], files["cut.lua"] = string(menu), cutMenu
		if f.library != "softmodule" {
			library = append(library, "softmodule")
		}
	}
	if f.compiled {
		files[f.library+".lc"], library = compiled(t, edition, f.library+".lua", source(t, f.library)), nil
	}
	p := place{edition: edition, store: f.store, heapBytes: f.heapBytes, storeFiles: f.storeFiles}
	m := p.start(t, files, fmt.Sprintf(measuring, f.menu, f.drive != nil), library...)
	m.Patience = 5 * time.Minute
	m.Expect("measured")
	if f.drive != nil {
		f.drive(t, m)
		m.Enter("driven = false")
	}
	m.Expect("figure ")
	if _, err := fmt.Sscanf(m.Expect("."), "%d", &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// cutMenu writes the functions of the menu into files, once.
const cutMenu = `
local s = require "softmodule"
for _, name in ipairs(s.getModuleFunctions(require "menu")) do heap() s.dumpfunction("menu", name) tmr.wdclr() end
file.putcontents("ready", "")
node.restart()
`

// measuring runs before.lua, code.lua and the measuring in tasks of their own, so that what ran before is
// garbage by then.
const measuring = `
if %v and not file.exists("ready") then return dofile "cut.lua" end
driven, base = %v, 0
local tick = 0
function later(timer)
  if tick < 2 or not driven then tick = tick + 1 end
  if tick == 1 then
    dofile "before.lua"
  elseif tick == 2 then
    if base == 0 then
      base = heap()
      dofile "code.lua"
      print("measured")
    end
  else
    local taken = base - heap()
    print(("figure %%d."):format(longest or taken))
    timer:stop()
  end
end
tmr.create():alarm(3000, tmr.ALARM_AUTO, later)
`

// pages are the documents about the library, by their names.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "docs", "library*.md"))
	if err != nil || len(names) == 0 {
		t.Fatal("no pages", err)
	}
	list := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		list[filepath.Base(name)] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return list
}

// section is what the pages say about a module of the library.
func section(t *testing.T, library string) string {
	t.Helper()
	for _, page := range pages(t) {
		if _, s, ok := strings.Cut(page, "\n## "+library+"\n"); ok {
			s, _, _ = strings.Cut(s, "\n## ")
			return s
		}
	}
	t.Fatalf("no page has a section %s", library)
	return ""
}

var update = flag.Bool("update", false, "write the figures that are measured into docs/library*.md")

// figureTable is a table of figures on a page.
var figureTable = regexp.MustCompile(`(?m)(^\| --- \| ---: \| ---: \|\n)(^\|.*\n)*`)

// replaceTable writes the first table of a section anew.
func replaceTable(t *testing.T, library, table string) {
	t.Helper()
	old := section(t, library)
	at := figureTable.FindStringSubmatchIndex(old)
	if at == nil {
		t.Fatalf("the section %s has no table of figures", library)
	}
	for name, page := range pages(t) {
		if strings.Contains(page, old) {
			page = strings.Replace(page, old, old[:at[3]]+table+old[at[1]:], 1)
			if err := os.WriteFile(filepath.Join("..", "..", "docs", name), []byte(page), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestLibraryPages holds that the figures in docs/library*.md are those that are measured here.
func TestLibraryPages(t *testing.T) {
	tables := map[string]string{}
	values := map[string][2]int{}
	for _, f := range figures {
		v := [2]int{f.measure(t, "5.3"), f.measure(t, "5.1")}
		values[f.library+" "+f.label] = v
		tables[f.library] += fmt.Sprintf("| %s | %d | %d |\n", f.label, v[0], v[1])
	}
	for library, table := range tables {
		if *update {
			replaceTable(t, library, table)
		}
		if !strings.Contains(section(t, library), "| --- | ---: | ---: |\n"+table+"\n") {
			t.Errorf("the section %s has not the figures that are measured:\n%s", library, table)
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

// onPage holds that a sentence is on a page, whatever its lines.
func onPage(t *testing.T, sentence string) {
	t.Helper()
	for _, page := range pages(t) {
		if strings.Contains(strings.Join(strings.Fields(page), " "), sentence) {
			return
		}
	}
	t.Errorf("docs/library*.md do not say: %s", sentence)
}
