package hostexec

import (
	"fmt"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua51/lib"
	vm51 "moonlet.example/moonlet/internal/lua51/vm"
	"moonlet.example/moonlet/internal/lua51/vm/integral"
)

// Edition is an edition of Lua that a session can have.
type Edition uint8

// The editions: Lua 5.1 is built with floats or with integers for numbers.
const (
	Lua53 Edition = iota
	Lua51
	Lua51Int
)

// ParseEdition reads the name of an edition, as --lua has it.
func ParseEdition(name string) (Edition, error) {
	for i, n := range EditionNames() {
		if n == name {
			return Edition(i), nil
		}
	}
	return 0, fmt.Errorf("there is no Lua %q: want 5.3, 5.1 or 5.1-int", name)
}

// EditionNames are the names of the editions, in their order.
func EditionNames() []string { return []string{"5.3", "5.1", "5.1-int"} }

// machine is the machine that a session is to have.
func (c *Config) machine() machine.Edition {
	switch c.Lua {
	case Lua51:
		return vm51.Edition()
	case Lua51Int:
		return integral.Edition()
	}
	return editions.Default().Machine(c.Model)
}

// link links the ROM of a session.
func (c *Config) link(e machine.Edition) (*rom.Image, error) {
	switch {
	case c.Lua != Lua53:
		return c.link51(e)
	case c.CompileOnly:
		return linkCompiler(c.Model, c.Modules)
	}
	return Link(c.Model, c.Modules)
}

// link51 links the ROM of Lua 5.1: as in the firmware's host build the basic functions are a table of their own, which
// the ROM's metatable cites.
func (c *Config) link51(e machine.Edition) (*rom.Image, error) {
	main := &state.ROTable{Name: "ROM",
		Meta: &state.ROTable{Name: "ROM.mt", Entries: []state.Entry{state.Tab("__index", lib.BaseTable(c.Lua == Lua51Int))}}}
	all := append([]state.Module{e.Support()}, lib.Standard(main, c.Lua == Lua51Int)...)
	if !c.NoSystem {
		all = append(all, global(stdlib.OS), global(stdlib.IO))
	}
	all = append(all, state.Module{Name: "luac", Procs: []*state.Proc{main51Proc, handlerProc}})
	return rom.LinkShape(chip.ESP8266().Memory, e.Shape, main, append(all, c.Modules...))
}

// global is a library whose start-up function makes it known itself: Lua 5.1 asks it for no value. In the firmware os
// and io are tables of the ROM; the default files of io cannot be reached there: io.write crashes.
func global(m state.Module) state.Module {
	open := m.Open
	m.Open = func(L state.State) int {
		open(L)
		L.GetField(state.RegistryIndex, "_LOADED")
		L.PushValue(-2)
		L.SetField(-2, m.Name)
		L.Pop(1)
		L.SetGlobal(m.Name)
		return 0
	}
	return m
}

var main51Proc = &state.Proc{F: pmain51}

// pushMain51 pushes luac.c's pmain of Lua 5.1 as lua_cpcall does it: a closure, whose argument is an address. There it
// is called once, here for the libraries first and then for the chunk: the first time the closure stays.
func (s *Session) pushMain51() (args int) {
	L := s.L
	first := s.host.load == nil
	if first || L.GetTop() == 0 {
		L.SetTop(0)
		L.(interface{ PushHeavy(p *state.Proc) }).PushHeavy(main51Proc)
	}
	if first {
		L.PushValue(1)
	}
	L.PushLightUserdata(0)
	return 1
}

// pmain51 opens the libraries, or loads a chunk and calls it. The handler, which luac.c has not, takes the argument's
// place, so that the chunk is where it is there.
func pmain51(L state.State) int {
	h := L.Host().(*Host)
	if h.load == nil {
		h.open(L)
		return 0
	}
	L.PushFunction(handlerProc)
	L.Replace(1)
	h.call(L, h.load(L), 1)
	return 0
}
