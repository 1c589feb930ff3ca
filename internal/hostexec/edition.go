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
	all = append(all, stdlib.OS51(c.Lua == Lua51Int), stdlib.IO51(c.Lua == Lua51Int), state.Module{Name: "luac", Procs: []*state.Proc{openProc, mainProc, handlerProc}})
	return rom.LinkShape(chip.ESP8266().Memory, e.Shape, main, append(all, c.Modules...))
}
