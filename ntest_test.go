package moonlet_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
)

// TestFirmwareTests runs the tests that the firmware has for boards (tests/NTest_*.lua), as its
// README says: they and their framework in the store, and 44 KB of heap.
//
// Those that need a second board, or parts that are not there yet (i2c, ws2812), are left out.
func TestFirmwareTests(t *testing.T) {
	root := os.Getenv("MOONLET_FIRMWARE")
	if root == "" {
		t.Skip("MOONLET_FIRMWARE does not name a working copy of the firmware")
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(root, name))
		must(t, err)
		return string(b)
	}
	store := map[string]string{
		"_init.lua": read("lua_examples/lfs/_init.lua"), "NTest.lua": read("tests/NTest/NTest.lua"),
		"file_lfs.lua": read("lua_modules/file_lfs/file_lfs.lua"),
		// What its make_resource.lua would write.
		"resource.lua": fmt.Sprintf(`local arg = ... if arg == "index.html" then return %q end
			if arg == nil then return {"index.html"} end`, strings.Repeat("0123456789abcde\n", 100)),
	}
	for _, c := range []struct {
		name, path string
		more       []string // what it reads besides
		passed     int
	}{
		{"NTest", "tests/NTest/NTest_NTest.lua", nil, 51},
		{"lua", "tests/NTest_lua.lua", nil, 2},
		{"pixbuf", "tests/NTest_pixbuf.lua", nil, 63},
		{"tmr", "tests/NTest_tmr.lua", nil, 19},
		{"file", "tests/NTest_file.lua", nil, 70},
		{"file_lfs", "tests/NTest_file_lfs.lua", []string{"NTest_file"}, 93},
	} {
		t.Run(c.name, func(t *testing.T) {
			program := filepath.Base(c.path) // they look for their own name in messages
			files := map[string]string{"init.lua": fmt.Sprintf(`node.LFS.get("_init")()
				node.task.post(function() node.LFS.get(%q)() end)`, strings.TrimSuffix(program, ".lua"))}
			store := maps.Clone(store)
			store[program] = read(c.path)
			for _, name := range c.more {
				files[name+".lua"] = read("tests/" + name + ".lua")
			}
			m := open(t, moonlet.Config{Files: files, StoreFiles: store, StoreBytes: 64 << 10, Time: moonlet.Virtual, Seed: 1})
			must(t, m.RunFor(2*time.Minute))
			out := m.LastLines(1000)
			passed := strings.Count(out, "  pass ") + strings.Count(out, "+++ Pass ")
			finished := strings.Contains(out, "#### finished ") || strings.Contains(out, "failed: 0\tpassed: 50")
			if strings.Contains(out, "==> ") || !finished || passed != c.passed {
				t.Errorf("%d passed:\n%s", passed, out)
			}
		})
	}
}
