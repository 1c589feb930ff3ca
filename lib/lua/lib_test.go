// Package lualib_test runs the Lua library on virtual modules: each test on every edition of
// Lua, with the library's code in RAM and in the flash store.
package lualib_test

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// editions are those that the library is for.
var editions = []string{"5.3", "5.1", "5.1-int"}

// place is where a test runs.
type place struct {
	edition string
	store   bool // the library is in the flash store
	// heapBytes is free when the module starts; 0 is the default, as on a board.
	heapBytes int
	// storeFiles are more files of the store.
	storeFiles map[string]string
	// network and options are for servers.
	network moonlet.NetworkConfig
	options []moonlet.Option
}

// everywhere runs a test in all places.
func everywhere(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	for _, edition := range editions {
		for name, store := range map[string]bool{"RAM": false, "store": true} {
			t.Run("Lua-"+edition+"/"+name, func(t *testing.T) {
				t.Parallel() // most of the time is waiting for connections
				test(t, place{edition: edition, store: store})
			})
		}
	}
}

// prelude is what the scripts of the tests use. What is wrong is printed as a line that begins
// with WRONG.
const prelude = `
package.loaders[3] = function(name) return node.LFS.get(name) end
function check(what, got, want)
  if got ~= want then print("WRONG", what, "is", got, "and not", want) end
end
function raises(what, text, f, ...)
  local ok, err = pcall(f, ...)
  if ok or not tostring(err):find(text, 1, true) then print("WRONG", what, "gives", ok, err, "and not", text) end
end
function heap()
  collectgarbage() collectgarbage()
  return node.heap()
end
`

// source is a file of the library.
func source(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name + ".lua")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// start makes a module with these files and with modules of the library, that runs a script. The
// script prints "finished" at its end. A line "--- next" divides it into chunks, so that not all of
// it is in RAM.
func (p place) start(t *testing.T, files map[string]string, script string, library ...string) *moonlettest.Module {
	t.Helper()
	c := moonlet.Config{Lua: p.edition, HeapBytes: p.heapBytes, Network: p.network, StoreBytes: 64 << 10, Files: maps.Clone(files), StoreFiles: map[string]string{}}
	c.Network.Hosts = map[string]string{"server.lan": "127.0.0.1"} // where a test's own servers are
	if c.Files == nil {
		c.Files = map[string]string{}
	}
	for _, name := range library {
		if p.store {
			c.StoreFiles[name+".lua"] = source(t, name)
		} else {
			c.Files[name+".lua"] = source(t, name)
		}
	}
	if !p.store {
		c.StoreFiles["nothing.lua"] = "return nil\n" // the same build in both places
	}
	maps.Copy(c.StoreFiles, p.storeFiles)
	c.Files["prelude.lua"] = prelude
	start := "dofile 'prelude.lua'\n"
	for i, part := range strings.Split(script, "\n--- next\n") {
		name := fmt.Sprintf("part%d.lua", i)
		c.Files[name] = part
		start += "dofile '" + name + "'\nheap()\n"
	}
	c.Files["init.lua"] = start
	m := moonlettest.New(t, c, append([]moonlet.Option{moonlet.OnEvent(func(e moonlet.Event) {
		if e, ok := e.(moonlet.OutOfMemory); ok {
			t.Log(e)
		}
	})}, p.options...)...)
	m.Patience = time.Hour
	return m
}

// run runs a script to its end and returns what it printed. Lines about what is wrong fail the
// test, and so does a reset.
func (p place) run(t *testing.T, files map[string]string, script string, library ...string) string {
	t.Helper()
	m := p.start(t, files, script, library...)
	m.Expect("finished")
	out := strings.ReplaceAll(m.Output(), "\r\n", "\n")
	for line := range strings.Lines(out) {
		if strings.Contains(line, "WRONG") {
			t.Error(strings.TrimSpace(line))
		}
	}
	if n := strings.Count(out, "NodeMCU "); n != 1 {
		t.Errorf("the module started %d times:\n%s", n, out)
	}
	return out
}
