package device_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/state"
)

// TestNames holds that the names that a build is said to have are those that an application
// finds, and no others.
func TestNames(t *testing.T) {
	names := new(firmware.Build).Names()
	paths := []string{""}
	for _, g := range names.Globals() {
		if e, _, _ := names.Find(g); e.Kind == state.KindTable && g != "ROM" {
			paths = append(paths, g)
			for _, sub := range names.In(g) {
				if e, _, _ := names.Find(g, sub); e.Kind == state.KindTable {
					paths = append(paths, g+"."+sub)
				}
			}
		}
	}
	var code strings.Builder
	for _, p := range paths {
		fmt.Fprintf(&code, "for k in pairs(%s) do print('%s', k) end\n", luaTable(p), p)
	}
	m := start(t, "init.lua", "for k in pairs(ROM) do print('', k) end\n"+code.String())
	text := m.boot()
	found := map[string][]string{}
	for line := range strings.Lines(text) {
		if p, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t"); ok && slices.Contains(paths, p) && !strings.HasPrefix(name, "__") {
			found[p] = append(found[p], name)
		}
	}
	for _, p := range paths {
		want := names.Globals()
		if p != "" {
			want = names.In(strings.Split(p, ".")...)
		}
		slices.Sort(found[p])
		if got := slices.Compact(found[p]); !slices.Equal(got, want) {
			t.Errorf("%q:\n got %q\nwant %q", p, got, want)
		}
	}
}

// luaTable is the table of a path in Lua.
func luaTable(path string) string {
	if path == "" {
		return "_G"
	}
	return path
}
