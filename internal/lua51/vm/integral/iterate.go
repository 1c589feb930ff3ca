// Code generated from ../iterate.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// iterate is a turn of a generic loop where the function at cb is next, or the iterator of ipairs, over an ordinary
// table: what their calls would do, without them. It leaves the same values in the same slots, also in those that are
// free afterwards, since the collector looks at some of them. False: nothing is done, and the call has to be.
func (t *Thread) iterate(cb Addr, nresults int) bool {
	m, v := t.m, t.v
	fn := m.Ptr(cb)
	next := fn == v.rom.Role(state.RoleNext)
	switch {
	case !next && fn != v.rom.Role(state.RoleIPairs),
		v.tag(cb+tvSize) != tagTable,
		v.fuel < costCCall+costIndex,
		int64(m.Ptr(t.l+layout.LuaStateStackLast))-int64(cb+3*tvSize) <= int64(minStack*tvSize),
		t.ci() == m.Ptr(t.l+layout.LuaStateEndCI),
		t.nCCalls()+1 >= maxCCalls,
		m.U32(t.g+layout.GlobalTotalBytes) >= m.U32(t.g+layout.GlobalGCThreshold):
		return false
	}
	h, key := m.Ptr(cb+tvSize), cb+2*tvSize
	from, n := key, 2
	if next {
		size := m.Ptr(h + layout.TableSizeArray)
		i, ok := v.seek(h, key, size)
		if !ok {
			return false
		}
		if !v.nextFrom(h, key, i, size) {
			v.setNil(key)
			n = 1
		}
	} else {
		if v.tag(key) != tagNumber {
			return false
		}
		k := numInt(v.numOf(key)) + 1
		from = key + tvSize
		v.setNum(from, Num(k))
		if slot := v.getInt(h, k); slot == 0 || v.tag(slot) == tagNil {
			v.setNil(from + tvSize)
			n = 0
		} else {
			v.copyTV(from+tvSize, slot)
		}
	}
	v.fuel -= costCCall + costIndex
	for i := range nresults {
		if to := cb + Addr(i)*tvSize; i < n {
			v.copyTV(to, from+Addr(i)*tvSize)
		} else {
			v.setNil(to)
		}
	}
	return true
}

// inherit puts h[key] to ra, where key is a string that h itself has not and mt is h's metatable: what the tables have
// that __index leads to. False: there is a function to be called, or an error to be raised.
func (t *self) inherit(ra, mt, key Addr) bool {
	m, v := t.m, t.v
	for range maxTagLoop - 1 {
		tm := v.fastTM(mt, tag.Index)
		if tm == 0 {
			v.setNil(ra)
			return true
		}
		h := m.Ptr(tm)
		slot := Addr(0)
		switch v.tag(tm) {
		case tagTable:
			slot = probe(m, h, key)
		case tagROTable:
			slot = v.getString(h, key)
		default:
			return false
		}
		if slot != 0 && v.tag(slot) != tagNil {
			v.copyTV(ra, slot)
			return true
		}
		mt = m.Ptr(h + layout.TableMetatable)
	}
	return false
}

// stringMethod is inherit for a string's method.
func (t *self) stringMethod(ra, key Addr) bool {
	mt := t.m.Ptr(t.g + layout.GlobalMT + 4*tagString)
	return t.v.fastTM(mt, tag.Index) != 0 && t.inherit(ra, mt, key)
}
