package vm

import (
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

// The metamethods, in the order of ltm.h. Those up to tmEq are cached as absent
// in a table's flags.
const (
	tmIndex = iota
	tmNewIndex
	tmGC
	tmMode
	tmLen
	tmEq
	tmAdd
	tmSub
	tmMul
	tmMod
	tmPow
	tmDiv
	tmIDiv
	tmBAnd
	tmBOr
	tmBXor
	tmShl
	tmShr
	tmUnm
	tmBNot
	tmLt
	tmLe
	tmConcat
	tmCall
	tmCount
)

var eventNames [tmCount]string = chunk.Events

// tmName is the string object of a metamethod's name.
func (v *VM) tmName(tm int) Addr {
	return v.m.Ptr(v.g + layout.GlobalTMName + Addr(tm)*4)
}

// fastTM finds one of the cached metamethods in the metatable mt; 0 if absent.
func (v *VM) fastTM(mt Addr, tm int) Addr {
	if mt == 0 || v.m.U8(mt+layout.TableFlags)&(1<<tm) != 0 {
		return 0
	}
	return v.slowTM(mt, tm)
}

func (v *VM) slowTM(mt Addr, tm int) Addr {
	slot := v.getShort(mt, v.tmName(tm))
	if slot == 0 || v.tag(slot) == tagNil {
		if !v.isROTable(mt) { // a ROTable's flags are what the linker wrote
			v.m.SetU8(mt+layout.TableFlags, v.m.U8(mt+layout.TableFlags)|1<<tm)
		}
		return 0
	}
	return slot
}

// metatable is the metatable of the value at a, 0 if it has none.
func (v *VM) metatable(a Addr) Addr {
	switch tag := v.tag(a); tag & typeMask {
	case typeTable:
		return v.m.Ptr(v.gcOf(a) + layout.TableMetatable)
	case typeUserdata:
		return v.m.Ptr(v.gcOf(a) + layout.UdataMetatable)
	default:
		if tag&typeMask >= numTypes { // a tag that only damaged code can make
			return 0
		}
		return v.m.Ptr(v.g + layout.GlobalMT + Addr(tag&typeMask)*4)
	}
}

// tmByObj finds a metamethod of the value at a; 0 if it has none.
func (v *VM) tmByObj(a Addr, tm int) Addr {
	mt := v.metatable(a)
	if mt == 0 {
		return 0
	}
	slot := v.getShort(mt, v.tmName(tm))
	if slot == 0 || v.tag(slot) == tagNil {
		return 0
	}
	return slot
}

// objTypeName is the type name of the value at a for messages: its metatable's
// __name, where that is a string.
func (t *Thread) objTypeName(a Addr) string {
	v := t.v
	tag := v.tag(a)
	if isTable(tag) || tag == tagUdata {
		if mt := v.metatable(a); mt != 0 {
			if slot := v.getShort(mt, t.newGoString("__name")); slot != 0 && isString(v.tag(slot)) {
				return v.Text(v.gcOf(slot))
			}
		}
	}
	return chunk.TypeName(int(tag & typeMask))
}

// callTM calls the metamethod at f with the values at p1 and p2. With hasRes
// its result goes to p3, else p3 is its third argument.
func (t *Thread) callTM(f, p1, p2, p3 Addr, hasRes bool) {
	v, tv := t.v, tvSize
	result := t.save(p3)
	fn := t.top()
	v.copyTV(fn, f)
	v.copyTV(fn+tv, p1)
	v.copyTV(fn+2*tv, p2)
	n := 0
	if hasRes {
		t.setTop(fn + 3*tv)
		n = 1
	} else {
		v.copyTV(fn+3*tv, p3)
		t.setTop(fn + 4*tv)
	}
	// A metamethod may yield only when Lua code called it.
	if v.isLua(t.ci()) {
		t.call(fn, n)
	} else {
		t.callNoYield(fn, n)
	}
	if hasRes {
		top := t.top() - tv
		t.setTop(top)
		v.copyTV(t.restore(result), top)
	}
}

// binTM tries the metamethod of a binary operation.
func (t *Thread) binTM(p1, p2, res Addr, tm int) bool {
	f := t.v.tmByObj(p1, tm)
	if f == 0 {
		if f = t.v.tmByObj(p2, tm); f == 0 {
			return false
		}
	}
	t.callTM(f, p1, p2, res, true)
	return true
}

// tryBinTM is binTM with the error that belongs to the operation.
func (t *Thread) tryBinTM(p1, p2, res Addr, tm int) {
	if t.binTM(p1, p2, res, tm) {
		return
	}
	switch tm {
	case tmConcat:
		t.concatError(p1, p2)
	case tmBAnd, tmBOr, tmBXor, tmShl, tmShr, tmBNot:
		_, ok1 := t.toNumber(p1)
		_, ok2 := t.toNumber(p2)
		if ok1 && ok2 {
			t.toIntError(p1, p2)
		}
		t.opIntError(p1, p2, "perform bitwise operation on")
	default:
		t.opIntError(p1, p2, "perform arithmetic on")
	}
}

// orderTM tries a comparison's metamethod; ok is false if there is none.
func (t *Thread) orderTM(p1, p2 Addr, tm int) (res, ok bool) {
	if !t.binTM(p1, p2, t.top(), tm) {
		return false, false
	}
	return !t.v.isFalse(t.top()), true
}
