package firmware

import (
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
)

// tables are what a build is linked of: the table of all modules with the basic functions,
// and the modules in order.
func (b *Build) tables() (main *state.ROTable, linked []state.Module) {
	edition := b.Edition()
	main = &state.ROTable{Name: "ROM", Entries: edition.BaseTable().Entries}
	linked = append(linked, edition.Standard(main, b.Numbers, false)...)
	for _, m := range modules {
		if m.always || b.names(&m) {
			linked = append(linked, m.link(b)...)
		}
	}
	return main, linked
}

// Names are the names that a build gives to applications, from the tables that it is linked of.
type Names struct {
	globals map[string]state.Entry
	types   map[string]*state.ROTable
}

// Names lists what applications can use.
func (b *Build) Names() *Names {
	n := &Names{globals: map[string]state.Entry{}, types: map[string]*state.ROTable{}}
	main, linked := b.tables()
	for _, e := range main.Entries {
		n.globals[e.Name] = e
	}
	for _, m := range linked {
		if m.Table != nil {
			n.globals[m.Name] = state.Tab(m.Name, m.Table)
		}
		for _, t := range m.Tables {
			n.types[t.Name] = t
		}
	}
	// What the firmware puts into RAM when it starts; TestNames of device holds it.
	ram := func(names ...string) (list []state.Entry) {
		for _, name := range names {
			list = append(list, state.Entry{Name: name, Kind: state.KindLight})
		}
		return list
	}
	globals, inPackage := ram("_G", "_VERSION", "require"), ram("config", "loaded", "loaders", "path", "preload", "searchers", "searchpath")
	if b.Edition().Lua51 {
		globals = append(globals, ram("__index", "ipairs", "pairs", "newproxy", "module")...)
		inPackage = ram("config", "cpath", "loaded", "loaders", "loadlib", "path", "preload", "seeall")
	}
	for _, e := range append(globals, state.Tab("package", &state.ROTable{Entries: inPackage})) {
		n.globals[e.Name] = e
	}
	return n
}

// Find finds a global or what is in its tables. whole tells that the tables on the way are all there is:
// a name that was not found is nil. In others there may be more.
func (n *Names) Find(path ...string) (e state.Entry, found, whole bool) {
	e, ok := n.globals[path[0]]
	if !ok {
		return e, false, true
	}
	for _, name := range path[1:] {
		t := e.Table
		if e.Kind != state.KindTable || t.Meta != nil {
			return state.Entry{}, false, false
		}
		i := slices.IndexFunc(t.Entries, func(e state.Entry) bool { return e.Name == name })
		if i < 0 {
			return state.Entry{}, false, true
		}
		e = t.Entries[i]
	}
	return e, true, true
}

// Globals lists the names of all globals, sorted.
func (n *Names) Globals() (list []string) {
	for name := range n.globals {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// In lists the names in a table that Find finds.
func (n *Names) In(path ...string) (list []string) {
	if e, found, _ := n.Find(path...); found && e.Kind == state.KindTable {
		list = entryNames(e.Table)
	}
	return list
}

// Methods lists the methods of a type of userdata, as in "tmr.timer", sorted; ok tells
// whether the build has the type.
func (n *Names) Methods(typeName string) (list []string, ok bool) {
	t, ok := n.types[typeName]
	if ok {
		list = entryNames(t)
	}
	return list, ok
}

// Types lists the types of userdata, sorted.
func (n *Names) Types() (list []string) {
	for name := range n.types {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// entryNames lists the names in a table, sorted, without those of metamethods.
func entryNames(t *state.ROTable) (list []string) {
	for _, e := range t.Entries {
		if !strings.HasPrefix(e.Name, "__") {
			list = append(list, e.Name)
		}
	}
	slices.Sort(list)
	return list
}
