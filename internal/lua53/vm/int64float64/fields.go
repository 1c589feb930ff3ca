// Code generated from ../fields.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// indexChain is how many metatables a search follows, which may lead in a circle.
const indexChain = 8

// Fields implements machine.Machine. It looks at memory as it is: no string is made, no
// metamethod called, and neither the cache of read-only tables nor Config.Undefined hears of it.
func (v *VM) Fields(path []string) (list []machine.Field) {
	if v.main == nil {
		return nil
	}
	at := v.main.globals()
	for _, name := range path {
		next := Addr(0)
		v.eachLevel(at, func(h Addr) bool {
			v.eachField(h, func(key []byte, value Addr) bool {
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
	v.eachLevel(at, func(h Addr) bool {
		v.eachField(h, func(key []byte, value Addr) bool {
			list = append(list, machine.Field{Name: string(key), Kind: chunk.TypeName(int(v.tag(value) & typeMask))})
			return true
		})
		return true
	})
	return list
}

// eachLevel calls f for the tables in which a field of a value is searched: the value itself
// and what __index leads to, as long as these are tables.
func (v *VM) eachLevel(at Addr, f func(h Addr) bool) {
	for range indexChain {
		if v.tag(at)&typeMask == typeTable && !f(v.gcOf(at)) {
			return
		}
		mt := v.metatable(at)
		if mt == 0 {
			return
		}
		next := Addr(0)
		v.eachField(mt, func(key []byte, value Addr) bool {
			if string(key) == "__index" {
				next = value
			}
			return next == 0
		})
		if next == 0 || v.tag(next)&typeMask != typeTable {
			return
		}
		at = next
	}
}

// eachField calls f for each entry of a table that has a string for a key, with the place of
// its value. The key is valid until f returns.
func (v *VM) eachField(h Addr, f func(key []byte, value Addr) bool) {
	m := v.m
	if v.isROTable(h) {
		if m.Ptr(h+layout.ROTableEntry) == 0 {
			return
		}
		for i := range int(m.U8(h + layout.ROTableLSizeNode)) {
			e := v.roEntry(h, i)
			if !f(v.main.cString(m.Ptr(e+layout.ROEntryKey)), e+layout.ROEntryValue) {
				return
			}
		}
		return
	}
	for n := range Addr(1) << (m.U8(h+layout.TableLSizeNode) & 31) {
		at := m.Ptr(h+layout.TableNode) + n*nodeSize
		if value := at + layout.NodeVal; v.tag(value) != tagNil && isString(v.tag(at+layout.NodeKey)) {
			if !f(v.strBytes(v.gcOf(at+layout.NodeKey)), value) {
				return
			}
		}
	}
}
