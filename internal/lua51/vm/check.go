package vm

import (
	"fmt"

	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
)

// CheckHeap implements machine.Machine: the invariants that a debug build of Lua asserts. It is for tests.
func (v *VM) CheckHeap() error {
	if err := v.heap.Check(); err != nil {
		return err
	}
	if err := v.CheckReferences(); err != nil {
		return err
	}
	m, strt, n := v.m, v.g+layout.GlobalStrt, uint32(0)
	size := m.U32(strt + layout.StringTableSlots)
	for i := range size {
		for ts := m.Ptr(m.Ptr(strt+layout.StringTableHash) + 4*Addr(i)); ts != 0; ts = m.Ptr(ts) {
			n++
			if h := hashBytes(v.strBytes(ts)); h != m.U32(ts+layout.TStringHash) || h&(size-1) != i {
				return fmt.Errorf("string %q has hash %#x in chain %d", v.strBytes(ts), m.U32(ts+layout.TStringHash), i)
			}
		}
	}
	if want := m.U32(strt + layout.StringTableNUse); n != want {
		return fmt.Errorf("the string table counts %d strings and has %d", want, n)
	}
	return nil
}
