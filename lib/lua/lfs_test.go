package lualib_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// lfsModule is a module with these files and modules of the store, and with lfs in a file if it is not in the store.
func lfsModule(t *testing.T, p place, files, store map[string]string) *moonlettest.Module {
	t.Helper()
	c := moonlet.Config{Lua: p.edition, StoreBytes: 64 << 10, Files: files, StoreFiles: store}
	c.Files["prelude.lua"] = strings.Replace(prelude, "package.loaders[3]", "local unused", 1)
	if p.store {
		c.StoreFiles["lfs.lua"] = source(t, "lfs")
		c.Files["init.lua"] = `local lfs = node.LFS.get("lfs") if lfs then LFS = lfs() end dofile "prelude.lua" ` + c.Files["init.lua"]
	} else {
		c.Files["lfs.lua"] = source(t, "lfs")
		c.Files["init.lua"] = `LFS = require "lfs" dofile "prelude.lua" ` + c.Files["init.lua"]
	}
	m := moonlettest.New(t, c)
	m.Patience = 10 * time.Minute
	return m
}

func TestLFS(t *testing.T) {
	const script = `dofile "part1.lua" dofile "part2.lua"`
	const part1 = `
check("a function", LFS.add(2, 3), 5)
check("its name", LFS.who(), nil)
check("nothing", LFS.missing, nil)
check("no name", LFS[5], nil)
check("no globals", rawget(_G, "lfs"), nil)
local names = table.concat(LFS._list, " "):gsub("lfs ", "")
check("list", names, "add both main who")
check("time", LFS._time, node.LFS.time)
check("a time", LFS._time ~= nil, true)
local c, fs_mapped, fs_size = LFS._config, file.fscfg()
for _, k in ipairs { "lfs_base", "lfs_mapped", "lfs_size" } do check(k, c[k], node.LFS.config[k]) end
check("size", c.lfs_size, 65536)
check("fs_mapped", c.fs_mapped, fs_mapped)
check("fs_size", c.fs_size, fs_size)
raises("read-only", "lfs: the store cannot be written: x", function() LFS.x = 1 end)
raises("read-only", "lfs: the store cannot be written: add", function() LFS.add = 1 end)
check("itself", require "lfs", LFS)

-- require.
check("of the store", require("who"), "who")
check("the file first", require("both"), "file both")
check("a file", require("only"), "file only")
raises("nowhere", "module 'missing' not found", require, "missing")
package.preload.pre = function() return "preloaded" end
package.loaded.both = nil
LFS.order("store")
check("the store first", require("both"), "both")
check("preload is still there", require("pre"), "preloaded")
package.loaded.only, package.loaded.who, package.loaded.both = nil, nil, nil
check("a file still", require("only"), "file only")
check("of the store still", require("who"), "who")
check("dofile of the store", dofile "both.lua", nil)
LFS.order("files")
check("the file first again", require("both"), "file both")
check("dofile of the file", dofile "both.lua", "file nil")
raises("order", 'lfs: the order is "files" or "store"', LFS.order, "ram")
`
	const part2 = `
-- dofile and loadfile.
check("dofile of a file", select("#", dofile "only.lua"), 1)
check("dofile of the store", dofile "main.lua", "main of the store")
check("compiled", dofile "main.lc", "main of the store")
check("without extension", dofile "main", "main of the store")
check("loadfile", loadfile "main.lua"(), "main of the store")
check("loadfile of a file", loadfile "only.lua"("x"), "file x")
local f, why = loadfile "missing.lua"
check("loadfile of nothing", f, nil)
check("its message", why:find("missing.lua", 1, true) ~= nil, true)
raises("dofile of nothing", "missing.lua", dofile, "missing.lua")
raises("an error in it", "oops", dofile, "broken.lua")
raises("syntax", "bad.lua:1:", dofile, "bad.lua")
raises("no name", "dofile: the name is no string", dofile)
raises("no name", "loadfile: the name is no string", loadfile, 5)
local a, b, c = dofile "several.lua"
check("results", tostring(a) .. tostring(b) .. tostring(c), "1nil3")
if _VERSION ~= "Lua 5.1" then
  check("an environment is for files", loadfile("env.lua", "t", { x = "own" })(), "own")
  local f, why = loadfile("main.lua", "t", {})
  check("and not for the store", f, nil)
end
local free = heap()
for i = 1, 50 do local f = LFS.add f = LFS.missing local l = LFS._list end
check("heap", heap() >= free - 64, true)

-- A build of before 2020.
package.loaded.lfs = nil
local node0 = node
node = setmetatable({ LFS = false, flashindex = function(name)
  if name == "main" then return node0.LFS.get(name) end
  return 1234567890, 0x90000, 0x40290000, 65536, { "main" }
end }, { __index = node0 })
local old = (loadfile "lfs.lua" or node0.LFS.get "lfs")()
check("time", old._time, 1234567890)
check("list", table.concat(old._list), "main")
check("config", old._config.lfs_base, 0x90000)
check("mapped", old._config.lfs_mapped, 0x40290000)
check("main", old.main(), "main of the store")
check("none", old.add, nil)
print "finished"
`
	everywhere(t, func(t *testing.T, p place) {
		store := map[string]string{"add.lua": "local a, b = ... return a + b", "who.lua": "return ...", "both.lua": "return ...", "main.lua": "return 'main of the store'"}
		files := map[string]string{"init.lua": script, "part1.lua": part1, "part2.lua": part2, "both.lua": "local x = ... return 'file ' .. tostring(x)", "only.lua": "local x = ... return 'file ' .. tostring(x)",
			"broken.lua": "error 'oops'", "bad.lua": "x = = 5", "several.lua": "return 1, nil, 3", "env.lua": "return x"}
		m := lfsModule(t, p, files, store)
		m.Expect("finished")
		wrong(t, m.Output(), 1)
	})
}

// TestLFSEmpty holds that a start without a store goes on, and says what is missing.
func TestLFSEmpty(t *testing.T) {
	for _, edition := range editions {
		t.Run("Lua-"+edition, func(t *testing.T) {
			files := map[string]string{"prelude.lua": prelude, "lfs.lua": source(t, "lfs"),
				"init.lua": `dofile "prelude.lua" local lfs = node.LFS.get("lfs") if lfs then LFS = lfs() end
check("no store", LFS, nil)
LFS = require "lfs"
check("nothing", LFS.main, nil)
check("list", #LFS._list, 0)
check("time", LFS._time or 0, 0)
check("config", type(LFS._config), "table")
raises("require", "not found", require, "main")
raises("dofile", "main.lua", dofile, "main.lua")
print "finished"`}
			for _, size := range []int{0, 64 << 10} {
				c := moonlet.Config{Lua: edition, Files: files, StoreBytes: size}
				m := moonlettest.New(t, c)
				m.Expect("finished")
				wrong(t, m.Output(), 1)
			}
		})
	}
}
