package stdlib

import (
	"moonlet/internal/num"
	"moonlet/internal/state"
)

// Standard lists the libraries that every build has. main is the table ROM.
func Standard(main *state.ROTable, model num.Model) []state.Module {
	return []state.Module{Base(main), Package, String, Table, Debug, Coroutine, Math(model.IntSize()), UTF8}
}
