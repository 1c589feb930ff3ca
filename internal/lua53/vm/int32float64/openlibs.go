// Code generated from ../openlibs.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/machine"
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
		t.require(o.Name, o.Func)
	}
}

// require opens a library unless it is loaded, and registers it: one without an
// entry in ROM becomes a global and a loaded module (luaL_requiref).
func (t *Thread) require(name string, open Addr) {
	inROM := false
	t.GetSubTable(state.RegistryIndex, "_LOADED")
	t.GetField(-1, name)
	if !t.ToBoolean(-1) {
		t.GetGlobal("ROM")
		if !t.IsNil(-1) {
			t.GetField(-1, name)
			inROM = t.ToBoolean(-1)
			t.Pop(3)
		} else {
			t.Pop(2)
		}
		t.pushCode(open)
		t.PushString(name)
		t.Call(1, 1)
		if t.ToBoolean(-1) && !inROM {
			t.PushValue(-1)
			t.SetField(-3, name)
		}
	}
	t.Remove(-2)
	if !inROM {
		t.PushValue(-1)
		t.SetGlobal(name)
	}
}

// Edition is this package for those who do not care which it is.
func Edition() machine.Edition {
	return machine.Edition{Model: Model, New: New, Support: Support, OpenLibs: OpenLibs}
}
