// Package editions lists the machines that this program has.
package editions

import (
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/vm"
	"moonlet.example/moonlet/internal/lua53/vm/int32float64"
	"moonlet.example/moonlet/internal/lua53/vm/int64float64"
)

// For is Lua 5.3 with a number model.
func For(model num.Model) machine.Edition {
	switch model {
	case num.Int64Float64:
		return int64float64.Edition()
	case num.Int32Float64:
		return int32float64.Edition()
	}
	return vm.Edition()
}
