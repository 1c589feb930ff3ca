package vm_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// TestROTable_Damaged looks for keys in a read-only table whose last NUL is gone, as damaged memory has them.
func TestROTable_Damaged(t *testing.T) {
	for _, b := range builds() {
		tm, err := newMachine(t, b, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		if status := tm.OpenLibs(); status != state.OK {
			t.Fatal(status)
		}
		L := tm.State()
		for name, want := range map[string]state.Type{"upper": state.Function, "upperx": state.Nil, "uppe": state.Nil, "": state.Nil} {
			L.GetGlobal("string")
			L.PushString(name)
			tm.space.Mem().SetU8(L.StringAddr(-1)+mem.Addr(len(name)), 'r')
			L.GetTable(-2)
			if got := L.Type(-1); got != want {
				t.Errorf("%s: %q gives %v", b.name, name, got)
			}
			L.SetTop(0)
		}
	}
}
