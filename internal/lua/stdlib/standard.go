package stdlib

import (
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
)

// Standard lists the libraries that every build has, in the order of linit.c, which the
// heap remembers. main is the table ROM. The firmware's host build has debug.debug.
func Standard(main *state.ROTable, model num.Model, host bool) []state.Module {
	return []state.Module{
		Base(main), Package, String, nodeMCU, Table, Debug(host), Coroutine, Math(model.IntSize()), UTF8,
		{Name: "ROM", Table: main},
	}
}

// nodeMCU is where the firmware prepares its flash store (luaN_init, lnodemcu.c). As a
// library without a table it leaves a name in the heap, whose global is nil.
var nodeMCU = state.Module{Name: "nodemcu", Open: func(state.State) int { return 0 }}
