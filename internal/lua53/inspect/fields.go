package inspect

import (
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// Fields implements machine.Machine. It looks at memory as it is: no string is made, no
// metamethod called, and neither the cache of read-only tables nor Config.Undefined hears of it.
func (w *View) Fields(path []string) []machine.Field {
	if w.c == nil {
		return nil
	}
	return machine.FieldsOf(w, w.c.Globals(), path)
}

// TableAt implements machine.Tables.
func (w *View) TableAt(a Addr) Addr {
	if isTable(w.tag(a)) {
		return w.gcOf(a)
	}
	return 0
}

// MetatableOf implements machine.Tables.
func (w *View) MetatableOf(a Addr) Addr { return w.c.Metatable(a) }

// KindAt implements machine.Tables.
func (w *View) KindAt(a Addr) string { return chunk.TypeName(int(w.tag(a) & tag.TypeMask)) }

// EachField implements machine.Tables.
func (w *View) EachField(h Addr, f func(key []byte, value Addr) bool) {
	m := w.m
	if w.isROTable(h) {
		if m.Ptr(h+layout.ROTableEntry) == 0 {
			return
		}
		for i := range int(m.U8(h + layout.ROTableLSizeNode)) {
			e := m.Ptr(h+layout.ROTableEntry) + Addr(i)*w.at.ROEntrySize
			if !f(w.CString(m.Ptr(e+layout.ROEntryKey)), e+layout.ROEntryValue) {
				return
			}
		}
		return
	}
	for n := range w.sizeNode(h) {
		at := m.Ptr(h+layout.TableNode) + n*w.at.NodeSize
		if value := at + layout.NodeVal; w.tag(value) != tag.Nil && isString(w.tag(at+w.at.NodeKey)) {
			if !f(w.strBytes(w.gcOf(at+w.at.NodeKey)), value) {
				return
			}
		}
	}
}
