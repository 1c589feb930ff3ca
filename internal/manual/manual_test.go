package manual

import (
	"testing"
	"unicode/utf8"
)

// TestManual holds that each name of the firmware has an entry, and each entry a name.
func TestManual(t *testing.T) {
	m, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	used := map[*Entry]bool{}
	for _, n := range m.Names() {
		if n.Entry == nil {
			t.Errorf("%s has no entry", n.Name)
			continue
		}
		used[n.Entry] = true
		if isFunction := n.Kind == Function || n.Kind == Method; isFunction != (n.Entry.Args != "") && n.Kind != Constant {
			t.Errorf("%s is a %s, and its arguments are %q", n.Name, n.Kind, n.Entry.Args)
		}
	}
	all := map[string]bool{}
	for _, n := range m.Names() {
		all[n.Name] = true
	}
	for _, e := range m.Entries {
		if !used[e] {
			t.Errorf("no build has %v", e.Names)
		}
		for _, name := range e.Names {
			if name[len(name)-1] != '*' && !all[name] {
				t.Errorf("no build has %s", name)
			}
		}
		if e.Does == "" || e.Does[len(e.Does)-1] != '.' || !utf8.ValidString(e.Does) {
			t.Errorf("%v is described by %q", e.Names, e.Does)
		}
	}
}
