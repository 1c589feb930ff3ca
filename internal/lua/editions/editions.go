// Package editions lists the editions of Lua that this program has.
package editions

import (
	"fmt"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua51/lib"
	vm51 "moonlet.example/moonlet/internal/lua51/vm"
	"moonlet.example/moonlet/internal/lua51/vm/integral"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/lua53/vm/int32float64"
	"moonlet.example/moonlet/internal/lua53/vm/int64float64"
)

// Edition is an edition of Lua. Its values are never changed.
type Edition struct {
	Name    string // as project files have it: "5.3"
	Release string // that the firmware's banner names: "5.3.5"
	Lua51   bool   // it is Lua 5.1, not 5.3
	// Integral tells that all numbers are integers (LUA_NUMBER_INTEGRAL).
	Integral bool

	machines map[num.Model]func() machine.Edition
	base     func() *state.ROTable
	standard func(main *state.ROTable, m num.Model, host bool) []state.Module
}

// String names the edition in reports.
func (e *Edition) String() string {
	switch {
	case e.Integral:
		return "Lua 5.1 with integers"
	case e.Lua51:
		return "Lua 5.1"
	}
	return "Lua " + e.Name
}

// Machine is the edition with a number model that it has.
func (e *Edition) Machine(m num.Model) machine.Edition { return e.machines[m]() }

// Has tells whether the edition has a number model. Lua 5.1 has one kind of numbers, which is no model: there it is
// the zero value.
func (e *Edition) Has(m num.Model) bool { return e.machines[m] != nil }

// BaseTable is the table of the basic functions that are in ROM.
func (e *Edition) BaseTable() *state.ROTable { return e.base() }

// Standard lists the libraries that every build has, in the order of their start. main is the table ROM; host tells
// that it is for the firmware's host tool.
func (e *Edition) Standard(main *state.ROTable, m num.Model, host bool) []state.Module {
	return e.standard(main, m, host)
}

var (
	lua53 = &Edition{
		Name: "5.3", Release: "5.3.5",
		machines: map[num.Model]func() machine.Edition{
			num.Int32Float32: vm.Edition,
			num.Int64Float64: int64float64.Edition,
			num.Int32Float64: int32float64.Edition,
		},
		base: stdlib.BaseTable, standard: stdlib.Standard,
	}
	lua51    = edition51("5.1", false, vm51.Edition)
	lua51Int = edition51("5.1-int", true, integral.Edition)
)

func edition51(name string, integral bool, make func() machine.Edition) *Edition {
	return &Edition{
		Name: name, Release: "5.1.4", Lua51: true, Integral: integral,
		machines: map[num.Model]func() machine.Edition{0: make},
		base:     func() *state.ROTable { return lib.BaseTable(integral) },
		standard: func(main *state.ROTable, _ num.Model, _ bool) []state.Module { return lib.Standard(main, integral) },
	}
}

// Lua53 is the edition with integers and floats.
func Lua53() *Edition { return lua53 }

// Lua51 is that with floats alone, or with integers alone.
func Lua51(integral bool) *Edition {
	if integral {
		return lua51Int
	}
	return lua51
}

// All lists the editions. The first one is that of a build that does not say.
func All() []*Edition { return []*Edition{lua53, lua51, lua51Int} }

// Default is the edition of a build that does not say which.
func Default() *Edition { return All()[0] }

// Find finds an edition by its name; "" is the default one. The error says which there are.
func Find(name string) (*Edition, error) {
	if name == "" {
		return Default(), nil
	}
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
	}
	return nil, fmt.Errorf("there is no Lua %q; choose %s", name, Names())
}

// Names lists the names of all editions in quotes.
func Names() string {
	var names []string
	for _, e := range All() {
		names = append(names, strconv.Quote(e.Name))
	}
	return strings.Join(names, ", ")
}
