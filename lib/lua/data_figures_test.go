package lualib_test

import (
	"os"
	"path/filepath"
	"strings"

	"moonlet.example/moonlet/internal/resources"
)

// menuSource is the application of the figures.
func menuSource() string {
	text, err := os.ReadFile(filepath.Join("testdata", "menu.lua"))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// page is a web page of 3,900 bytes.
var page = strings.Repeat("<p>A line of a page that somebody looks at.</p>\n", 82)[:3900]

// pageStore is the page as a resource.
func pageStore() map[string]string {
	data, err := resources.Source([]resources.File{{Name: "page.html", Data: []byte(page)}})
	if err != nil {
		panic(err)
	}
	return map[string]string{resources.Module + ".lua": string(data)}
}

// lfsFigures are those of docs/library-start.md.
var lfsFigures = []figure{
	{label: "`menu` from a file, without `lfs`", library: "lfs", files: map[string]string{"menu.lua": menuSource()}, code: `menu = require "menu"`},
	{label: "`lfs` in RAM", library: "lfs", code: `LFS = require "lfs"`},
	{label: "`lfs` in the store", store: true, library: "lfs", code: `LFS = node.LFS.get("lfs")()`},
	{label: "`lfs` in the store, and `menu` from there", store: true, library: "lfs", storeFiles: map[string]string{"menu.lua": menuSource()}, code: `LFS = node.LFS.get("lfs")() menu = require "menu"`},

	{label: "`resources` in RAM", library: "resources", storeFiles: pageStore(), code: `resources = require "resources"`},
	{label: "`resources` in the store", store: true, library: "resources", storeFiles: pageStore(), code: `resources = require "resources"`},
	{label: "a page of 3,900 bytes, read from a file", store: true, library: "resources", files: map[string]string{"page.html": page}, code: `page = file.getcontents("page.html")`},
	{label: "the same in pieces of 1,024 bytes of a file", store: true, library: "resources", files: map[string]string{"page.html": page}, code: `page = {} local f = file.open("page.html") for piece in function() return f:read(1024) end do page[#page + 1] = piece end f:close()`},
	{label: "the same in pieces of a resource", store: true, library: "resources", storeFiles: pageStore(), before: `resources = require "resources"`,
		code: `page = {} for piece in resources.pieces("page.html") do page[#page + 1] = piece end`},
	{label: "one piece of the file at a time", store: true, library: "resources", files: map[string]string{"page.html": page}, code: peak + `local f = file.open("page.html") for piece in function() return f:read(1024) end do sample() end f:close()`},
	{label: "one piece of the resource at a time", store: true, library: "resources", storeFiles: pageStore(), before: `resources = require "resources"`,
		code: peak + `for piece in resources.pieces("page.html") do sample() end`},

	{label: "`boot` in RAM", library: "boot", code: `require("boot").run(function() end)`},
	{label: "`boot` in the store", store: true, library: "boot", code: `require("boot").run(function() end)`},
	{label: "`boot` in the store, forgotten with `package.loaded.boot = nil`", store: true, library: "boot", code: `require("boot").run(function() end) package.loaded.boot = nil`},
}

// peak gives longest the largest amount of RAM that is in use at a sample.
const peak = `longest = 0
local from = heap()
local function sample()
  local taken = from - heap()
  if taken > longest then longest = taken end
  tmr.wdclr()
end
`

// dataFigures are those of settings and log.
var dataFigures = []figure{
	{label: "`log` in RAM", library: "log", code: `log = require "log" log.start()`},
	{label: "`log` in the store, lines in RTC memory", store: true, library: "log", code: `log = require "log" log.start() for i = 1, 50 do log.info("line %d", i) tmr.wdclr() end`},
	{label: "`log` in the store, lines in a file", store: true, library: "log", code: `log = require "log" log.start { file = "log" } for i = 1, 50 do log.info("line %d", i) tmr.wdclr() end`},
	{label: "50 lines in a table, for comparison", store: true, library: "log", code: `lines = {} for i = 1, 50 do lines[i] = "+1 I line " .. i end`},

	{label: "`settings` in RAM", library: "settings", code: `settings = require "settings"`},
	{label: "`settings` in the store", store: true, library: "settings", code: `settings = require "settings"`},
	{label: "settings with eight values", store: true, library: "settings", before: `settings = require "settings"`, code: `s = settings.open("x") for i = 1, 8 do s:set("value" .. i, i) end s:save()`},
	{label: "eight values in a table, for comparison", store: true, library: "settings", code: `s = {} for i = 1, 8 do s["value" .. i] = i end`},
	{label: "more while these are saved", store: true, library: "settings", before: `settings = require "settings"`, code: `s = settings.open("x") for i = 1, 8 do s:set("value" .. i, i) end
` + peak + `local real = file
file = { putcontents = function(...) sample() return real.putcontents(...) end, open = real.open, exists = real.exists, getcontents = real.getcontents }
s:save() file = real`},
}
