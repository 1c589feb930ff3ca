// Package editions lists the editions of Lua that this program has.
package editions

import (
	"fmt"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/lua53/vm/int32float64"
	"moonlet.example/moonlet/internal/lua53/vm/int64float64"
)

// Edition is an edition of Lua. Its values are never changed.
type Edition struct {
	Name    string // as project files have it: "5.3"
	Release string // that the firmware's banner names: "5.3.5"

	machines map[num.Model]func() machine.Edition
}

// String names the edition in reports.
func (e *Edition) String() string { return "Lua " + e.Name }

// Machine is the edition with a number model that it has.
func (e *Edition) Machine(m num.Model) machine.Edition { return e.machines[m]() }

// Has tells whether the edition has a number model.
func (e *Edition) Has(m num.Model) bool { return e.machines[m] != nil }

var lua53 = &Edition{
	Name: "5.3", Release: "5.3.5",
	machines: map[num.Model]func() machine.Edition{
		num.Int32Float32: vm.Edition,
		num.Int64Float64: int64float64.Edition,
		num.Int32Float64: int32float64.Edition,
	},
}

// All lists the editions. The first one is that of a build that does not say.
func All() []*Edition { return []*Edition{lua53} }

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
