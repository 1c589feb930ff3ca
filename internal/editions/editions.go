// Package editions lists the machines that this program has.
package editions

import (
	"moonlet/internal/lua53"
	"moonlet/internal/lua53/int32float64"
	"moonlet/internal/lua53/int64float64"
	"moonlet/internal/machine"
	"moonlet/internal/num"
)

// For is Lua 5.3 with a number model.
func For(model num.Model) machine.Edition {
	switch model {
	case num.Int64Float64:
		return int64float64.Edition()
	case num.Int32Float64:
		return int32float64.Edition()
	}
	return lua53.Edition()
}
