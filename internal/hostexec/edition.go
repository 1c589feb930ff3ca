package hostexec

import (
	"cmp"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
)

// Edition is an edition of Lua that a session can have; nil is Lua 5.3.
type Edition = *editions.Edition

// The editions: Lua 5.1 is built with floats or with integers for numbers.
var (
	Lua53    = editions.Lua53()
	Lua51    = editions.Lua51(false)
	Lua51Int = editions.Lua51(true)
)

// edition is the edition that the session is to have.
func (c *Config) edition() Edition { return cmp.Or(c.Lua, editions.Default()) }

// machine is the machine that a session is to have.
func (c *Config) machine() machine.Edition { return c.edition().Machine(c.model()) }

// model is that of the edition's numbers.
func (c *Config) model() num.Model {
	if c.edition().Lua51 {
		return 0
	}
	return c.Model
}

// link links the ROM of a session.
func (c *Config) link(e machine.Edition) (*rom.Image, error) {
	switch {
	case c.CompileOnly:
		return rom.LinkShape(chip.ESP8266().Memory, e.Shape, &state.ROTable{Name: "ROM"}, append([]state.Module{e.Support()}, c.Modules...))
	case c.edition().Lua51:
		return c.link51(e)
	}
	return Link(c.Model, c.Modules)
}

// link51 links the ROM of Lua 5.1: as in the firmware's host build the basic functions are a table of their own, which
// the ROM's metatable cites.
func (c *Config) link51(e machine.Edition) (*rom.Image, error) {
	main := &state.ROTable{Name: "ROM",
		Meta: &state.ROTable{Name: "ROM.mt", Entries: []state.Entry{state.Tab("__index", c.Lua.BaseTable())}}}
	all := append([]state.Module{e.Support()}, c.Lua.Standard(main, 0, true)...)
	if !c.NoSystem {
		all = append(all, stdlib.OS51(c.Lua.Integral), stdlib.IO51(c.Lua.Integral))
	}
	all = append(all, state.Module{Name: "luac", Procs: []*state.Proc{main51Proc, handlerProc}})
	return rom.LinkShape(chip.ESP8266().Memory, e.Shape, main, append(all, c.Modules...))
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
