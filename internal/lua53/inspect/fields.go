package inspect

import (
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// indexChain is how many metatables a search follows, which may lead in a circle.
const indexChain = 8

// Fields implements machine.Machine. It looks at memory as it is: no string is made, no
// metamethod called, and neither the cache of read-only tables nor Config.Undefined hears of it.
func (w *View) Fields(path []string) (list []machine.Field) {
	if w.c == nil {
		return nil
	}
	at := w.c.Globals()
	for _, name := range path {
		next := Addr(0)
		w.eachLevel(at, func(h Addr) bool {
			w.eachField(h, func(key []byte, value Addr) bool {
				if string(key) == name {
					next = value
				}
				return next == 0
			})
			return next == 0
		})
		if at = next; at == 0 {
			return nil
		}
	}
	w.eachLevel(at, func(h Addr) bool {
		w.eachField(h, func(key []byte, value Addr) bool {
			list = append(list, machine.Field{Name: string(key), Kind: chunk.TypeName(int(w.tag(value) & tag.TypeMask))})
			return true
		})
		return true
	})
	return list
}

// eachLevel calls f for the tables in which a field of a value is searched: the value itself
// and what __index leads to, as long as these are tables.
func (w *View) eachLevel(at Addr, f func(h Addr) bool) {
	for range indexChain {
		if isTable(w.tag(at)) && !f(w.gcOf(at)) {
			return
		}
		mt := w.c.Metatable(at)
		if mt == 0 {
			return
		}
		next := Addr(0)
		w.eachField(mt, func(key []byte, value Addr) bool {
			if string(key) == "__index" {
				next = value
			}
			return next == 0
		})
		if next == 0 || !isTable(w.tag(next)) {
			return
		}
		at = next
	}
}

// eachField calls f for each entry of a table that has a string for a key, with the place of
// its value. The key is valid until f returns.
func (w *View) eachField(h Addr, f func(key []byte, value Addr) bool) {
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
