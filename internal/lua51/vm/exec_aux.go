package vm

import (
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// This file has what the main loop does not do by itself (lvm.c). Operands are addresses in the stack, in constants
// or in scratch memory; since calls move the stack, results go to offsets.

// maxTagLoop is the longest chain of __index or __newindex values that are no functions (MAXTAGLOOP).
const maxTagLoop = 100

// callTM calls the metamethod at f with the values at p1 and p2, and leaves its result above the top, whose address
// it returns (callTMres).
func (t *Thread) callTM(f, p1, p2 Addr) Addr {
	v := t.v
	fn := t.top()
	v.copyTV(fn, f)
	v.copyTV(fn+tvSize, p1)
	v.copyTV(fn+2*tvSize, p2)
	t.needStack(3)
	fn = t.top()
	t.setTop(fn + 3*tvSize)
	t.call(fn, 1)
	top := t.top() - tvSize
	t.setTop(top)
	return top
}

// callSetTM calls the metamethod at f with three values and for no result (callTM).
func (t *Thread) callSetTM(f, p1, p2, p3 Addr) {
	v := t.v
	fn := t.top()
	v.copyTV(fn, f)
	v.copyTV(fn+tvSize, p1)
	v.copyTV(fn+2*tvSize, p2)
	v.copyTV(fn+3*tvSize, p3)
	t.needStack(4)
	fn = t.top()
	t.setTop(fn + 4*tvSize)
	t.call(fn, 0)
}

// getTable is tab[k] with metamethods. The result is the address of the value, which is to be copied at once; 0 is
// nil (luaV_gettable).
func (t *Thread) getTable(tab, k Addr) Addr {
	v := t.v
	for range maxTagLoop {
		var tm Addr
		if isTable(v.tag(tab)) {
			h := v.gcOf(tab)
			if slot := v.get(h, k); slot != 0 && v.tag(slot) != tagNil {
				return slot
			}
			if tm = v.fastTM(t.m.Ptr(h+layout.TableMetatable), tag.Index); tm == 0 {
				return 0
			}
		} else if tm = v.tmByObj(tab, tag.Index); tm == 0 {
			t.typeError(tab, "index")
		}
		if isFunction(v.tag(tm)) {
			return t.callTM(tm, tab, k)
		}
		tab = tm
	}
	t.runError("loop in gettable")
	return 0
}

// storeAt stores a value that getTable gave, or nil.
func (t *Thread) storeAt(off, slot Addr) {
	v := t.v
	if slot == 0 {
		v.setNil(t.restore(off))
		return
	}
	v.copyTV(t.restore(off), slot)
}

// setTable is tab[k] := val with metamethods (luaV_settable). A key that is new is entered before __newindex is
// asked.
func (t *Thread) setTable(tab, k, val Addr) {
	v, m := t.v, t.m
	v.setNil(t.top())
	t.setTop(t.top() + tvSize)
	t.fixStack()
	for range maxTagLoop {
		var tm Addr
		if isTable(v.tag(tab)) {
			h := v.gcOf(tab)
			slot := t.set(h, k)
			if v.tag(slot) == tagNil {
				tm = v.fastTM(m.Ptr(h+layout.TableMetatable), tag.NewIndex)
			}
			if tm == 0 {
				t.setTop(t.top() - tvSize)
				t.unfixStack()
				v.copyTV(slot, val)
				m.SetU8(h+layout.TableFlags, 0)
				v.tableBarrier(h, val)
				return
			}
		} else if tm = v.tmByObj(tab, tag.NewIndex); tm == 0 {
			t.typeError(tab, "index")
		}
		if isFunction(v.tag(tm)) {
			t.setTop(t.top() - tvSize)
			t.unfixStack()
			t.callSetTM(tm, tab, k, val)
			return
		}
		tab = t.top() - tvSize // where the collector sees it
		v.copyTV(tab, tm)
	}
	t.runError("loop in settable")
}

// binTM tries the metamethod of a binary operation: the address of its result, 0 if there is none (call_binTM).
func (t *Thread) binTM(p1, p2 Addr, e tag.Event) Addr {
	f := t.v.tmByObj(p1, e)
	if f == 0 {
		if f = t.v.tmByObj(p2, e); f == 0 {
			return 0
		}
	}
	return t.callTM(f, p1, p2)
}

// equalTM finds the metamethod by which two tables or userdata are compared: both have to have the same (get_compTM).
func (v *VM) equalTM(mt1, mt2 Addr) Addr {
	tm1 := v.fastTM(mt1, tag.Eq)
	if tm1 == 0 || mt1 == mt2 {
		return tm1
	}
	if tm2 := v.fastTM(mt2, tag.Eq); tm2 != 0 && v.rawEqual(tm1, tm2) {
		return tm1
	}
	return 0
}

// equal compares values with metamethods (equalobj).
func (t *Thread) equal(a, b Addr) bool {
	v := t.v
	if v.tag(a) != v.tag(b) {
		return false
	}
	if v.rawEqual(a, b) {
		return true
	}
	tm := Addr(0)
	switch v.tag(a) {
	case tagUdata:
		tm = v.equalTM(v.m.Ptr(v.gcOf(a)+layout.UdataMetatable), v.m.Ptr(v.gcOf(b)+layout.UdataMetatable))
	case tagTable:
		tm = v.equalTM(v.m.Ptr(v.gcOf(a)+layout.TableMetatable), v.m.Ptr(v.gcOf(b)+layout.TableMetatable))
	}
	return tm != 0 && !v.isFalse(t.callTM(tm, a, b))
}

// orderTM tries a comparison's metamethod, which both have to have (call_orderTM).
func (t *Thread) orderTM(a, b Addr, e tag.Event) (res, ok bool) {
	v := t.v
	tm1 := v.tmByObj(a, e)
	if tm1 == 0 {
		return false, false
	}
	if tm2 := v.tmByObj(b, e); tm2 == 0 || !v.rawEqual(tm1, tm2) {
		return false, false
	}
	return !v.isFalse(t.callTM(tm1, a, b)), true
}

func (t *Thread) lessThan(a, b Addr) bool {
	v := t.v
	if v.tag(a) == v.tag(b) {
		switch v.tag(a) {
		case tagNumber:
			return v.numOf(a) < v.numOf(b)
		case tagString:
			return v.compareStrings(v.gcOf(a), v.gcOf(b)) < 0
		}
		offA, offB := t.hold(a), t.hold(b)
		if res, ok := t.orderTM(a, b, tag.Lt); ok {
			return res
		}
		a, b = t.held(offA), t.held(offB)
	}
	t.orderError(a, b)
	return false
}

func (t *Thread) lessEqual(a, b Addr) bool {
	v := t.v
	if v.tag(a) == v.tag(b) {
		switch v.tag(a) {
		case tagNumber:
			return v.numOf(a) <= v.numOf(b)
		case tagString:
			return v.compareStrings(v.gcOf(a), v.gcOf(b)) <= 0
		}
		if res, ok := t.orderTM(a, b, tag.Le); ok {
			return res
		}
		if res, ok := t.orderTM(b, a, tag.Lt); ok {
			return !res
		}
	}
	t.orderError(a, b)
	return false
}

// held is a place that survives moves of the stack.
type held struct {
	at      Addr
	inStack bool
}

// hold makes a place of an address, which may be in the stack or not.
func (t *Thread) hold(a Addr) held {
	stack := t.stack()
	if a >= stack && a < stack+t.m.Ptr(t.l+layout.LuaStateStackSize)*tvSize {
		return held{a - stack, true}
	}
	return held{a, false}
}

func (t *Thread) held(h held) Addr {
	if h.inStack {
		return t.restore(h.at)
	}
	return h.at
}

// toNumber converts the value at a, a number or a numeral (luaV_tonumber).
func (v *VM) toNumber(a Addr) (Num, bool) {
	switch v.tag(a) {
	case tagNumber:
		return v.numOf(a), true
	case tagString:
		return v.parseNumber(v.strBytes(v.gcOf(a)))
	}
	return 0, false
}

// numberToString makes a string of the number at a, in place (luaV_tostring).
func (t *Thread) numberToString(a Addr) {
	var buf [64]byte
	text := t.v.appendNumber(buf[:0], t.v.numOf(a))
	h := t.hold(a)
	ts := t.newString(text)
	t.v.setString(t.held(h), ts)
}

// asString makes a string of what is at a, if it is one or a number (tostring).
func (t *Thread) asString(a Addr) bool {
	switch t.v.tag(a) {
	case tagString:
		return true
	case tagNumber:
		t.numberToString(a)
		return true
	}
	return false
}

// arith does an operation on values that are no numbers both (Arith): the result goes to an offset of the stack.
func (t *Thread) arith(off, rb, rc Addr, e tag.Event) {
	v := t.v
	if b, ok := v.toNumber(rb); ok {
		if c, ok := v.toNumber(rc); ok {
			v.setNum(t.restore(off), t.rawArith(e, b, c))
			return
		}
	}
	hb, hc := t.hold(rb), t.hold(rc)
	res := t.binTM(rb, rc, e)
	if res == 0 {
		t.arithError(t.held(hb), t.held(hc))
	}
	v.copyTV(t.restore(off), res)
}

// rawArith is an operation on numbers.
func (t *Thread) rawArith(e tag.Event, b, c Num) Num {
	switch e {
	case tag.Add:
		return b + c
	case tag.Sub:
		return b - c
	case tag.Mul:
		return b * c
	case tag.Div:
		return t.numDiv(b, c)
	case tag.Mod:
		return t.numMod(b, c)
	case tag.Pow:
		return t.numPow(b, c)
	}
	return -b
}

// concat joins the values from the base's slot last-total+1 to last; the result replaces the first (luaV_concat).
func (t *Thread) concat(total, last int) {
	v, m := t.v, t.m
	most := uint32(maxSize) // without a limit, which is 0, the difference below wraps around
	if limit := m.U32(t.g + layout.GlobalMemLimit); limit < most {
		most = limit
	}
	for total > 1 {
		top := t.base() + Addr(last+1)*tvSize
		t.fixStack()
		n := 2
		first := v.tag(top - 2*tvSize)
		switch {
		case first != tagString && first != tagNumber || !t.asString(top-tvSize):
			t.unfixStack()
			res := t.binTM(top-2*tvSize, top-tvSize, tag.Concat)
			top = t.base() + Addr(last+1)*tvSize
			if res == 0 {
				t.concatError(top-2*tvSize, top-tvSize)
			}
			v.copyTV(top-2*tvSize, res)
		case strLen(m, v.gcOf(top-tvSize)) == 0:
			t.asString(top - 2*tvSize)
		default:
			n = t.joinStrings(top, total, most)
		}
		total -= n - 1
		last -= n - 1
		t.unfixStack()
	}
}

// joinStrings joins as many strings and numbers below top as there are, up to total, and tells how many.
func (t *Thread) joinStrings(top Addr, total int, most uint32) int {
	v, m := t.v, t.m
	length := strLen(m, v.gcOf(top-tvSize))
	n := 1
	for ; n < total && t.asString(top-Addr(n+1)*tvSize); n++ {
		l := strLen(m, v.gcOf(top-Addr(n+1)*tvSize))
		if uint32(l) >= most-uint32(length) {
			t.runError("string length overflow")
		}
		length += l
	}
	buff := t.g + layout.GlobalBuff
	m.SetPtr(buff+layout.BufferUsed, length)
	if length > m.Ptr(buff+layout.BufferBytes) { // luaZ_openspace
		t.resizeBuffer(max(length, minBuffer))
	}
	to := m.Ptr(buff + layout.BufferAt)
	at := to
	for i := n; i > 0; i-- {
		ts := v.gcOf(top - Addr(i)*tvSize)
		l := strLen(m, ts)
		copy(m.Bytes(at, l), m.Bytes(strData(ts), l))
		at += l
	}
	ts := t.newString(m.Bytes(to, length))
	v.setString(top-Addr(n)*tvSize, ts)
	m.SetPtr(buff+layout.BufferUsed, 0)
	return n
}
