package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// TestSoftmodule holds that functions are cut out on the host as the library does on the module, to the byte, in each
// edition, and that files for flash are used by its stubs.
func TestSoftmodule(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	shell(t, dir, bin, "go install ./cmd/moonlet")
	menu, err := os.ReadFile(filepath.Join("..", "..", "lib", "lua", "testdata", "menu.lua"))
	if err != nil {
		t.Fatal(err)
	}
	library, err := os.ReadFile(filepath.Join("..", "..", "lib", "lua", "softmodule.lua"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "menu.lua"), menu, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, edition := range []string{"5.3", "5.1", "5.1-int"} {
		out := shell(t, dir, bin, "moonlet softmodule menu.lua -o cut-"+edition+" --lua "+edition)
		if strings.Count(out, "bytes") != 8 {
			t.Errorf("Lua %s: %s", edition, out)
		}
		names, err := filepath.Glob(filepath.Join(dir, "cut-"+edition, "*.lc"))
		if err != nil || len(names) != 8 {
			t.Fatal(names, err)
		}
		files := map[string]string{"menu.lua": string(menu), "init.lua": `
package.loaders[3] = function(name) return node.LFS.get(name) end
local s = require "softmodule"
for _, f in ipairs(s.getModuleFunctions(require "menu")) do collectgarbage() s.dumpfunction("menu", f) tmr.wdclr() end
package.loaded.menu = nil
menu = require "menu"
s.injectFlushedCall("menu", "clock")
print("clock", menu.clock(3661))
`}
		m := moonlettest.New(t, moonlet.Config{Lua: edition, StoreBytes: 64 << 10, Files: files, StoreFiles: map[string]string{"softmodule.lua": string(library)}})
		m.Expect("clock\t01:01:01")
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if on := m.File(filepath.Base(name)); on != string(data) {
				t.Errorf("Lua %s: %s has %d bytes, and %d on the module", edition, filepath.Base(name), len(data), len(on))
			}
		}
	}
}
