package manual

import (
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/state"
)

// Name is something that some build gives to applications.
type Name struct {
	Name  string
	Entry *Entry
	Kind  Kind
	// Editions are those that have it.
	Editions []string
	// Module is the firmware's module that it is of, "" for Lua's own.
	Module string
	// Option is the option of a build without which it is not there, "" for none.
	Option string
}

// Kind is what a name is.
type Kind string

// The kinds.
const (
	Function Kind = "function"
	Method   Kind = "method"
	Table    Kind = "table"
	Constant Kind = "constant"
)

// Last is the name without what it is in.
func (n *Name) Last() string { return n.Name[strings.LastIndexAny(n.Name, ".:")+1:] }

// Names are those of all editions of the firmware as it is, sorted, and those that need an option.
func (m *Manual) Names() []*Name {
	found := map[string]*Name{}
	for _, e := range editions.All() {
		for _, option := range append([]string{""}, firmware.OptionNames()...) {
			b := firmware.Build{Lua: e.Name}
			for _, o := range firmware.OptionNames() {
				if option != "" && (o == option || option == "timer_suspend" && o == "pmsleep") {
					b.Options.Add(o)
				}
			}
			m.add(found, &b, e.Name, option)
		}
	}
	var list []*Name
	for _, n := range found {
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b *Name) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// add adds the names of a build.
func (m *Manual) add(found map[string]*Name, b *firmware.Build, edition, option string) {
	names := b.Names()
	put := func(name string, kind Kind) {
		n := found[name]
		if n == nil {
			n = &Name{Name: name, Kind: kind, Entry: m.Of(name), Module: moduleOf(name), Option: option}
			found[name] = n
		}
		if !slices.Contains(n.Editions, edition) {
			n.Editions = append(n.Editions, edition)
		}
	}
	for _, g := range names.Globals() {
		if e, ok, _ := names.Find(g); ok && g != romTable {
			walk(g, e, put)
		}
	}
	for _, t := range names.Types() {
		if t == romTable || t == partitionKeys {
			continue
		}
		methods, _ := names.Methods(t)
		for _, method := range methods {
			put(t+":"+method, Method)
		}
	}
}

// romTable is the table behind that of the globals, whose entries are globals.
const romTable = "ROM"

// partitionKeys is a table of the firmware's own, of the keys of node.getpartitiontable.
const partitionKeys = "node.pt_map"

// walk tells the names in an entry of a table. Tables of metamethods are the table itself.
func walk(path string, e state.Entry, put func(name string, kind Kind)) {
	switch e.Kind {
	case state.KindFunc:
		put(path, Function)
	case state.KindTable:
		put(path, Table)
		for _, x := range e.Table.Entries {
			if x.Name != "__index" || x.Table != e.Table && x.Kind != state.KindTable {
				walk(path+"."+x.Name, x, put)
			}
		}
	default:
		put(path, Constant)
	}
}

// moduleOf is the firmware's module that a name belongs to.
func moduleOf(name string) string {
	first, _, _ := strings.Cut(name, ".")
	first, _, _ = strings.Cut(first, ":")
	switch {
	case strings.HasPrefix(name, "wifi.packet") || strings.HasPrefix(name, "wifi.monitor"):
		return "wifi_monitor"
	case first == "gpiopulse":
		return "gpio"
	}
	modules := firmware.ModuleNames()
	for {
		if slices.Contains(modules, first) {
			return first
		}
		i := strings.LastIndexByte(first, '_')
		if i < 0 {
			return ""
		}
		first = first[:i]
	}
}
