// Code generated from ../table_next.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// Length and traversal of tables.

// length is a border of h: the '#' operator without metamethods.
func (v *VM) length(h Addr) int64 {
	if v.isROTable(h) {
		return 0
	}
	m := v.m
	j := m.Ptr(h + layout.TableSizeArray)
	array := m.Ptr(h + layout.TableArray)
	if j > 0 && v.tag(v.item(array, j-1)) == tagNil {
		i := Addr(0)
		for j-i > 1 {
			mid := (i + j) / 2
			if v.tag(v.item(array, mid-1)) == tagNil {
				j = mid
			} else {
				i = mid
			}
		}
		return int64(i)
	}
	if v.usesDummy(h) {
		return int64(j)
	}
	return v.unboundSearch(h, uint64(j))
}

func (v *VM) hasInt(h Addr, k uint64) bool {
	slot := v.getInt(h, Int(k))
	return slot != 0 && v.tag(slot) != tagNil
}

func (v *VM) unboundSearch(h Addr, j uint64) int64 {
	i := j
	for j++; v.hasInt(h, j); {
		i = j
		if j > uint64(maxInteger)/2 {
			for i = 1; v.hasInt(h, i); i++ { // a table built to be nasty
			}
			return int64(i) - 1
		}
		j *= 2
	}
	for j-i > 1 {
		if mid := (i + j) / 2; v.hasInt(h, mid) {
			i = mid
		} else {
			j = mid
		}
	}
	return int64(i)
}

// next replaces the key at a by the following one and puts its value behind it
// (luaH_next); false at the end.
func (t *Thread) next(h, a Addr) bool {
	if t.v.isROTable(h) {
		return t.roNext(h, a)
	}
	i, ok := t.v.findIndex(h, a)
	if !ok {
		t.runError("invalid key to 'next'")
	}
	return t.v.nextFrom(h, a, i)
}

// nextFrom is next behind position i of a traversal.
func (v *VM) nextFrom(h, a, i Addr) bool {
	m, tv := v.m, tvSize
	size := m.Ptr(h + layout.TableSizeArray)
	for array := m.Ptr(h + layout.TableArray); i < size; i++ {
		if slot := v.item(array, i); v.tag(slot) != tagNil {
			v.setInt(a, Int(i+1))
			v.copyTV(a+tv, slot)
			return true
		}
	}
	n, end := v.nodes(h)
	for n = Addr(uint32(n + (i-size)*nodeSize)); n < end; n += nodeSize {
		if v.tag(n) != tagNil {
			v.copyTV(a, n+layout.NodeKey)
			v.copyTV(a+tv, n)
			return true
		}
	}
	return false
}

// findIndex is the position of the key at a in a traversal, counted from 1, or 0
// for nil. A key that died meanwhile is still found; ok is false for one that never
// was there.
func (v *VM) findIndex(h, a Addr) (i Addr, ok bool) {
	if v.tag(a) == tagNil {
		return 0, true
	}
	size := v.m.Ptr(h + layout.TableSizeArray)
	if i := Addr(v.arrayIndex(a)); i != 0 && i <= size {
		return i, true
	}
	for n := v.mainPosition(h, a); n != 0; n = v.nodeNext(n) {
		k := n + layout.NodeKey
		if v.rawEqual(k, a) || v.tag(k) == tagDead && v.tag(a)&collectable != 0 && v.gcOf(k) == v.gcOf(a) {
			first, _ := v.nodes(h)
			return (n-first)/nodeSize + 1 + size, true
		}
	}
	return 0, false
}
