package vm

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
)

// OpenLibs runs the start-up functions of the linked libraries, as
// luaL_openlibs does; errors are those of a protected call.
func (v *VM) OpenLibs() state.Status { return v.main.rawRun(func() { OpenLibs(v.main) }) }

// OpenLibs is luaL_openlibs for code that runs in a protected call already. L is
// a state of this package.
func OpenLibs(L state.State) {
	t := L.(*Thread)
	for _, o := range t.v.rom.Opens() {
		t.Require(o.Name, func() { t.pushCode(o.Func) })
	}
}

// Edition is this package for those who do not care which it is.
func Edition() machine.Edition {
	return machine.Edition{Shape: rom.ShapeOf(Model), New: New, Support: lauxlib.Support, OpenLibs: OpenLibs}
}
