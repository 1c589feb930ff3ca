// Code generated from ../exec_aux.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/lua53/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// This file has what the main loop does not do by itself.

// maxTagLoop is the longest chain of __index or __newindex values that are no
// functions (MAXTAGLOOP, lvm.c).
const maxTagLoop = 2000

// probe finds a short string in an ordinary table; 0 if it is not there.
func probe(m mem.Mem, h, ts Addr) Addr {
	size := uint32(nodeSize)
	mask := uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31) - 1
	n := m.U32(h+layout.TableNode) + m.U32(ts+layout.TStringHash)&mask*size
	for {
		a := Addr(n)
		if m.Ptr(a+layout.NodeKey) == ts && m.U32(a+layout.NodeKeyTT) == tagShort {
			return a
		}
		d := m.U32(a + layout.NodeNext)
		if d == 0 {
			return 0
		}
		n += d * size
	}
}

// getTable is res := t[k] with metamethods, for values anywhere in memory.
func (t *Thread) getTable(tab, k, res Addr) { t.getChain(tab, k, res, 0) }

// getChain is getTable behind n other values of __index.
func (t *Thread) getChain(tab, k, res Addr, n int) {
	v := t.v
	for ; n < maxTagLoop; n++ {
		var tm Addr
		if isTable(v.tag(tab)) {
			h := v.gcOf(tab)
			if slot := v.get(h, k); slot != 0 && v.tag(slot) != tagNil {
				v.copyTV(res, slot)
				return
			}
			if tm = v.fastTM(t.m.Ptr(h+layout.TableMetatable), tmIndex); tm == 0 {
				v.setNil(res)
				return
			}
		} else if tm = v.tmByObj(tab, tmIndex); tm == 0 {
			t.typeError(tab, "index")
		}
		if isFunction(v.tag(tm)) {
			t.callTM(tm, tab, k, res, true)
			return
		}
		tab = tm
	}
	// The last one may still have the key, as in luaV_finishget.
	if isTable(v.tag(tab)) {
		if slot := v.get(v.gcOf(tab), k); slot != 0 && v.tag(slot) != tagNil {
			v.copyTV(res, slot)
			return
		}
	}
	t.runError("'__index' chain too long; possible loop")
}

// setTable is t[k] := val with metamethods.
func (t *Thread) setTable(tab, k, val Addr) {
	v := t.v
	for range maxTagLoop {
		var tm Addr
		if isTable(v.tag(tab)) {
			h := v.gcOf(tab)
			slot := v.get(h, k)
			if slot != 0 && v.tag(slot) != tagNil {
				t.storeExisting(h, slot, val)
				return
			}
			if tm = v.fastTM(t.m.Ptr(h+layout.TableMetatable), tmNewIndex); tm == 0 {
				if slot == 0 {
					slot = t.newKey(h, k)
				}
				v.copyTV(slot, val)
				t.m.SetU8(h+layout.TableFlags, 0) // a metamethod may be new
				v.tableBarrier(h, val)
				return
			}
		} else if tm = v.tmByObj(tab, tmNewIndex); tm == 0 {
			t.typeError(tab, "index")
		}
		if isFunction(v.tag(tm)) {
			t.callTM(tm, tab, k, val, false)
			return
		}
		tab = tm
	}
	if isTable(v.tag(tab)) { // as in getChain
		h := v.gcOf(tab)
		if slot := v.get(h, k); slot != 0 && v.tag(slot) != tagNil {
			t.storeExisting(h, slot, val)
			return
		}
	}
	t.runError("'__newindex' chain too long; possible loop")
}

// storeExisting replaces the value of an entry. The entry of a ROTable is in
// flash; the firmware crashes on it where its manual promises an error.
func (t *Thread) storeExisting(h, slot, val Addr) {
	if t.v.isROTable(h) {
		t.runError("table is Readonly")
	}
	t.v.tableBarrier(h, val)
	t.v.copyTV(slot, val)
}

// loopGC runs a step of the collector for the main loop; live is the end of the
// registers in use.
func (t *Thread) loopGC(ci, live Addr) {
	t.setTop(live)
	t.gcStep()
	t.setTop(t.v.ciTop(ci))
}

// objLen is res := #val.
func (t *Thread) objLen(val, res Addr) {
	v := t.v
	tag := v.tag(val)
	var tm Addr
	switch {
	case isString(tag):
		v.setInt(res, Int(strLen(t.m, v.gcOf(val))))
		return
	case tag == tagTable: // a read-only table has no length of its own
		h := v.gcOf(val)
		if tm = v.fastTM(t.m.Ptr(h+layout.TableMetatable), tmLen); tm == 0 {
			v.setInt(res, Int(v.length(h)))
			return
		}
	default:
		if tm = v.tmByObj(val, tmLen); tm == 0 {
			t.typeError(val, "get length of")
		}
	}
	t.callTM(tm, val, val, res, true)
}

// toStringAt makes the value at a a string, if it is a number.
func (t *Thread) toStringAt(a Addr) bool {
	switch tag := t.v.tag(a); {
	case isString(tag):
		return true
	case isNumber(tag):
		t.numberToString(a)
		return true
	}
	return false
}

func (v *VM) isEmptyString(a Addr) bool {
	return v.tag(a) == tagShort && v.m.U8(v.gcOf(a)+layout.TStringShrLen) == 0
}

// concat concatenates the total values on top of the stack into one. It takes
// as many strings at once as it finds, from the top down.
func (t *Thread) concat(total int) {
	v, tv := t.v, tvSize
	for {
		top, n := t.top(), 2
		a, b := top-2*tv, top-tv
		switch tag := v.tag(a); {
		case !isString(tag) && !isNumber(tag) || !t.toStringAt(b):
			t.tryBinTM(a, b, a, tmConcat)
		case v.isEmptyString(b):
			t.toStringAt(a)
		case v.isEmptyString(a):
			v.copyTV(a, b)
		default:
			n = t.concatStrings(top, total)
		}
		total -= n - 1
		t.setTop(t.top() - Addr(n-1)*tv)
		if total <= 1 {
			return
		}
	}
}

// concatStrings joins the strings and numbers below top, at most total, into the
// place of the lowest; it returns how many it took.
func (t *Thread) concatStrings(top Addr, total int) int {
	v, m, tv := t.v, t.m, tvSize
	size, n := strLen(m, v.gcOf(top-tv)), 1
	for ; n < total && t.toStringAt(top-Addr(n+1)*tv); n++ {
		l := strLen(m, v.gcOf(top-Addr(n+1)*tv))
		if l >= maxSize-size {
			t.runError("string length overflow")
		}
		size += l
	}
	first := top - Addr(n)*tv
	if size <= maxShortLen {
		var buf [maxShortLen]byte
		v.joinStrings(buf[:0], first, top)
		v.setPtr(first, t.intern(buf[:size]), tagShort)
		return n
	}
	ts := t.newLongString(size)
	v.joinStrings(m.Bytes(strData(ts), size)[:0], first, top)
	v.setPtr(first, ts, tagLong)
	return n
}

func (v *VM) joinStrings(dst []byte, first, top Addr) {
	for ; first < top; first += tvSize {
		dst = append(dst, v.strBytes(v.gcOf(first))...)
	}
}

// rawEqual compares without metamethods.
func (v *VM) rawEqual(a, b Addr) bool {
	ta, tb := v.tag(a)&variantMask, v.tag(b)&variantMask
	if ta != tb {
		if !isNumber(ta) || !isNumber(tb) {
			return false
		}
		x, ok1 := v.toInteger(a, exact) // an integer and a float
		y, ok2 := v.toInteger(b, exact)
		return ok1 && ok2 && x == y
	}
	switch ta {
	case tagNil:
		return true
	case tagInt:
		return v.intOf(a) == v.intOf(b)
	case tagFloat:
		return v.floatOf(a) == v.floatOf(b)
	case tagLong & variantMask:
		return v.eqLong(v.gcOf(a), v.gcOf(b))
	}
	return v.m.U32(a) == v.m.U32(b)
}

// equal is a == b with metamethods.
func (t *Thread) equal(a, b Addr) bool {
	v := t.v
	if v.rawEqual(a, b) {
		return true
	}
	tag := v.tag(a)
	if tag&variantMask != v.tag(b)&variantMask || !isTable(tag) && tag != tagUdata {
		return false
	}
	tm := v.fastTM(v.metatable(a), tmEq)
	if tm == 0 {
		if tm = v.fastTM(v.metatable(b), tmEq); tm == 0 {
			return false
		}
	}
	t.callTM(tm, a, b, t.top(), true)
	return !v.isFalse(t.top())
}

func (t *Thread) lessThan(a, b Addr) bool {
	v := t.v
	ta, tb := v.tag(a), v.tag(b)
	switch {
	case isNumber(ta) && isNumber(tb):
		return v.ltNum(a, b)
	case isString(ta) && isString(tb):
		return v.compareStrings(v.gcOf(a), v.gcOf(b)) < 0
	}
	res, ok := t.orderTM(a, b, tmLt)
	if !ok {
		t.orderError(a, b)
	}
	return res
}

func (t *Thread) lessEqual(a, b Addr) bool {
	v := t.v
	ta, tb := v.tag(a), v.tag(b)
	switch {
	case isNumber(ta) && isNumber(tb):
		return v.leNum(a, b)
	case isString(ta) && isString(tb):
		return v.compareStrings(v.gcOf(a), v.gcOf(b)) <= 0
	}
	if res, ok := t.orderTM(a, b, tmLe); ok {
		return res
	}
	// not (b < a); the mark lets a yield inside know that it negates
	ci := t.ci()
	v.setCIStatus(ci, v.ciStatus(ci)|cistLEQ)
	res, ok := t.orderTM(b, a, tmLt)
	v.setCIStatus(ci, v.ciStatus(ci)^cistLEQ)
	if !ok {
		t.orderError(a, b)
	}
	return !res
}

// forPrep prepares a numeric loop: integers where start and step are, floats
// else.
func (t *Thread) forPrep(ra Addr) {
	v, tv := t.v, tvSize
	limit, step := ra+tv, ra+2*tv
	if v.tag(ra) == tagInt && v.tag(step) == tagInt {
		if lim, stop, ok := t.forLimit(limit, v.intOf(step)); ok {
			start := v.intOf(ra)
			if stop {
				start = 0
			}
			v.setInt(limit, lim)
			v.setInt(ra, start-v.intOf(step))
			return
		}
	}
	nlimit, ok := v.toNumber(limit)
	if !ok {
		t.runError("'for' limit must be a number")
	}
	v.setFloat(limit, nlimit)
	nstep, ok := v.toNumber(step)
	if !ok {
		t.runError("'for' step must be a number")
	}
	v.setFloat(step, nstep)
	start, ok := v.toNumber(ra)
	if !ok {
		t.runError("'for' initial value must be a number")
	}
	v.setFloat(ra, start-nstep)
}

// forLimit clips a loop's limit to the integers; stop tells that the loop must
// not run at all.
func (t *Thread) forLimit(a Addr, step Int) (lim Int, stop, ok bool) {
	mode := floor
	if step < 0 {
		mode = ceil
	}
	if lim, ok := t.v.toInteger(a, mode); ok {
		return lim, false, true
	}
	n, ok := t.v.toNumber(a)
	switch {
	case !ok:
		return 0, false, false
	case n > 0:
		return maxInteger, step < 0, true
	}
	return minInteger, step >= 0, true
}

// setList stores n values above ra (0: up to the top) into the table at ra, in
// the block that c counts.
func (t *Thread) setList(ra Addr, n int, c uint32) {
	v, tv := t.v, tvSize
	if n == 0 {
		n = v.slots(ra, t.top()) - 1
	}
	h := v.gcOf(ra)
	if v.tag(ra) != tagTable {
		v.badCode(ra)
	}
	last := (c-1)*opcode.FieldsPerFlush + uint32(n)
	if last > t.m.U32(h+layout.TableSizeArray) {
		t.resize(h, Addr(last), v.allocSizeNode(h))
	}
	for ; n > 0; n-- {
		val := ra + Addr(n)*tv
		t.setIntKey(h, Int(last), val)
		v.tableBarrier(h, val)
		last--
	}
}

// closure makes a closure of prototype p in register ra.
func (t *Thread) closure(p, outer, base, ra Addr) {
	m, tv := t.m, tvSize
	n := m.Ptr(p + layout.ProtoSizeUpvalues)
	if n > maxUpvalues {
		t.v.badCode(p)
	}
	cl := t.newLClosure(n)
	m.SetPtr(cl+layout.LClosureP, p)
	t.v.setPtr(ra, cl, tagLua)
	desc := m.Ptr(p + layout.ProtoUpvalues)
	for i := range n {
		idx := Addr(m.U8(desc + layout.UpvaldescIdx))
		var uv Addr
		if m.U8(desc+layout.UpvaldescInStack) != 0 {
			uv = t.findUpval(base + idx*tv)
		} else {
			uv = m.Ptr(outer + layout.LClosureUpvals + idx*4)
		}
		m.SetPtr(cl+layout.LClosureUpvals+4*i, uv)
		m.SetU32(uv+layout.UpValRefCount, m.U32(uv+layout.UpValRefCount)+1)
		desc += layout.UpvaldescSize
	}
}

// vararg copies the extra arguments of frame ci into the registers that the
// instruction asks for.
func (t *Thread) vararg(ci, cl Addr, i opcode.Instruction) {
	m, v, tv := t.m, t.v, tvSize
	base := m.Ptr(ci + layout.CallInfoBase)
	want := opcode.B(i) - 1
	n := int(int32(base-v.ciFunc(ci)))/int(tv) - int(m.U8(m.Ptr(cl+layout.LClosureP)+layout.ProtoNumParams)) - 1
	n = max(n, 0)
	if want < 0 {
		want = n
		t.needStack(Addr(n))
		base = m.Ptr(ci + layout.CallInfoBase)
		t.setTop(base + Addr(opcode.A(i)+n)*tv)
	}
	ra := base + Addr(opcode.A(i))*tv
	for j := range Addr(want) {
		if j < Addr(n) {
			v.copyTV(ra+j*tv, Addr(uint32(base-Addr(n)*tv+j*tv)))
		} else {
			v.setNil(ra + j*tv)
		}
	}
}

// replaceFrame puts the frame that a tail call entered in the place of the
// caller's, ci.
func (t *Thread) replaceFrame(ci, cl Addr) {
	m, v, tv := t.m, t.v, tvSize
	callee := t.ci()
	from, to := v.ciFunc(callee), v.ciFunc(ci)
	base := m.Ptr(callee + layout.CallInfoBase)
	limit := base + Addr(m.U8(v.ciProto(callee)+layout.ProtoNumParams))*tv
	if m.U32(m.Ptr(cl+layout.LClosureP)+layout.ProtoSizeP) > 0 {
		t.closeUpvals(m.Ptr(ci + layout.CallInfoBase))
	}
	for a := from; a < limit; a += tv {
		v.copyTV(to+(a-from), a)
	}
	top := to + (t.top() - from)
	m.SetPtr(ci+layout.CallInfoBase, to+(base-from))
	m.SetPtr(ci+layout.CallInfoTop, top)
	t.setTop(top)
	m.SetPtr(ci+layout.CallInfoSavedPC, m.Ptr(callee+layout.CallInfoSavedPC))
	v.setCIStatus(ci, v.ciStatus(ci)|cistTail)
	t.setCI(ci)
}

// unwind handles an error that a C function raised at the loop's own depth:
// where the level has a protected call, it goes on there. It tells calledLua
// when a Lua frame is ready to run.
func (t *Thread) unwind() int {
	if !t.direct() {
		t.throw(state.ErrRun)
	}
	if !t.recoverAt(state.ErrRun) {
		return raised
	}
	return t.toLua(t.finishC(state.ErrRun))
}

// finishToLua completes C frames by their continuations until a Lua frame is
// ready to run, which calledLua tells.
func (t *Thread) finishToLua() int { return t.toLua(t.finishC(state.Yield)) }

// toLua goes on after finishC had the outcome res.
func (t *Thread) toLua(res int) int {
	for {
		switch res {
		case calledLua:
			return calledLua
		case yielded:
			return yielded
		case raised:
			if !t.direct() {
				t.throw(state.ErrRun)
			}
			if !t.recoverAt(state.ErrRun) {
				return raised
			}
			res = t.finishC(state.ErrRun)
			continue
		}
		if t.v.isLua(t.ci()) {
			t.finishOp()
			return calledLua
		}
		if n := len(t.v.levels); n > 0 && t.v.levels[n-1].ci == t.ci() {
			return calledC // the bottom of the level
		}
		res = t.finishC(state.Yield)
	}
}

// finishOp completes the instruction that was interrupted in the current Lua
// frame (luaV_finishOp).
func (t *Thread) finishOp() {
	m, v, tv := t.m, t.v, tvSize
	ci := t.ci()
	base, pc := m.Ptr(ci+layout.CallInfoBase), m.Ptr(ci+layout.CallInfoSavedPC)
	i := m.U32(pc - 4)
	ra := base + Addr(opcode.A(i))*tv
	switch op := opcode.OpOf(i); op {
	case opcode.Add, opcode.Sub, opcode.Mul, opcode.Div, opcode.IDiv, opcode.BAnd, opcode.BOr,
		opcode.BXor, opcode.Shl, opcode.Shr, opcode.Mod, opcode.Pow, opcode.Unm, opcode.BNot,
		opcode.Len, opcode.GetTabUp, opcode.GetTable, opcode.Self:
		t.setTop(t.top() - tv)
		v.copyTV(ra, t.top())
	case opcode.Le, opcode.Lt, opcode.Eq:
		t.setTop(t.top() - tv)
		res := !v.isFalse(t.top())
		if s := v.ciStatus(ci); s&cistLEQ != 0 {
			v.setCIStatus(ci, s^cistLEQ)
			res = !res
		}
		if res != (opcode.A(i) != 0) {
			m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
		}
	case opcode.Concat:
		top := t.top() - tv // as it was when the metamethod was tried
		total := v.slots(base, top-tv) - opcode.B(i)
		v.copyTV(top-2*tv, top)
		if total > 1 {
			t.setTop(top - tv)
			t.concat(total)
		} else {
			t.setTop(top - tv)
		}
		v.copyTV(m.Ptr(ci+layout.CallInfoBase)+Addr(opcode.A(i))*tv, t.top()-tv)
		t.setTop(v.ciTop(ci))
	case opcode.TForCall:
		t.setTop(v.ciTop(ci))
	case opcode.Call:
		if opcode.C(i) != 0 {
			t.setTop(v.ciTop(ci))
		}
	}
}

// fb2int is the number that a "floating point byte" stands for (luaO_fb2int).
func fb2int(x uint32) Addr {
	if x < 8 {
		return Addr(x)
	}
	return Addr(x&7+8) << (x>>3 - 1)
}

// badCode ends the module's run: it tried to execute what is no code.
func (v *VM) badCode(a Addr) {
	panic(&mem.Fault{Addr: uint32(a), Cause: mem.CauseIllegalInstruction})
}
