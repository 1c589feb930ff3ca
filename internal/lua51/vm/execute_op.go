package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// This file has the instructions, and the rare cases of instructions, for which the main loop makes a call. All that
// a function changes it leaves in device memory: the loop loads it anew.

// self is the thread of a run of the main loop. It is kept in Go's stack, since its address is taken: as a variable
// it would claim a register in a loop that uses it only to make calls.
type self struct {
	*Thread
	l     Addr // as in Thread, one load nearer
	pc    Addr // the loop's, where device memory must not have it
	depth int  // frames that are left of this thread

	// resumed is the number of coroutines that the loop has resumed by itself and that run; noResume if it may not.
	resumed int
}

func (t *Thread) self(depth, resumed int) self { return self{t, t.l, 0, depth, resumed} }

//go:noinline
func (*self) pin() {}

// instruction is the one behind which the saved pc is.
func (t *Thread) instruction() opcode.Instruction { return t.m.U32(t.savedPC() - 4) }

// closure is the function of the current frame.
func (t *Thread) closure() Addr { return t.v.gcOf(t.v.ciFunc(t.ci())) }

// rk is the address of the operand x, a register or a constant.
func (t *Thread) rk(x int) Addr {
	if opcode.IsK(x) {
		return t.constant(x &^ opcode.BitRK)
	}
	return t.base() + Addr(x)*tvSize
}

func (t *Thread) constant(i int) Addr {
	return t.m.Ptr(t.m.Ptr(t.closure()+layout.LClosureP)+layout.ProtoK) + Addr(i)*tvSize
}

// environment is the table of globals of the current function, as a value.
func (t *Thread) environment() Addr {
	a := t.v.scratch(scratchEnv)
	t.v.setTable(a, t.m.Ptr(t.closure()+layout.LClosureEnv))
	return a
}

// register is the offset in the stack of the register A of an instruction.
func (t *Thread) register(i opcode.Instruction) Addr {
	return t.save(t.base() + Addr(opcode.A(i))*tvSize)
}

// opGet is GETGLOBAL, GETTABLE or SELF.
func (t *Thread) opGet() {
	i := t.instruction()
	ra := t.register(i)
	switch opcode.OpOf(i) {
	case opcode.GetGlobal:
		t.storeAt(ra, t.getTable(t.environment(), t.constant(opcode.Bx(i))))
	default: // of SELF the loop has done the first half
		t.storeAt(ra, t.getTable(t.rk(opcode.B(i)), t.rk(opcode.C(i))))
	}
}

// opSet is SETGLOBAL or SETTABLE.
func (t *Thread) opSet() {
	i := t.instruction()
	ra := t.rk(opcode.A(i))
	if opcode.OpOf(i) == opcode.SetGlobal {
		t.setTable(t.environment(), t.constant(opcode.Bx(i)), ra)
		return
	}
	t.setTable(ra, t.rk(opcode.B(i)), t.rk(opcode.C(i)))
}

func (t *Thread) opNewTable() {
	i := t.instruction()
	h := t.newTable(fb2int(opcode.B(i)), fb2int(opcode.C(i)))
	t.v.setTable(t.restore(t.register(i)), h)
	t.checkGC()
}

// fb2int converts a "floating point byte" (luaO_fb2int).
func fb2int(x int) Addr {
	if e := x >> 3 & 31; e != 0 {
		return Addr(x&7+8) << (e - 1)
	}
	return Addr(x)
}

// numbers is an operation on numbers that the loop does not do. The saved pc stays what it was, as in C.
func (t *Thread) numbers(ra Addr, op opcode.Op, x, y Num) {
	off := t.save(ra)
	n := t.rawArith(tag.Add+tag.Event(op-opcode.Add), x, y)
	t.v.setNum(t.restore(off), n)
}

// opArith is an operation on values that are not both numbers.
func (t *Thread) opArith(rb, rc Addr) {
	i := t.instruction()
	t.arith(t.register(i), rb, rc, tag.Add+tag.Event(opcode.OpOf(i)-opcode.Add))
}

// opLen is LEN of what is no string.
func (t *self) opLen(ra, rb Addr) {
	v := t.v
	if isTable(v.tag(rb)) {
		v.setNum(ra, Num(v.length(v.gcOf(rb))))
		return
	}
	t.setSavedPC(t.pc)
	off, at := t.save(ra), t.hold(rb)
	none := v.scratch(scratchNone)
	v.setNil(none)
	res := t.binTM(rb, none, tag.Len)
	if res == 0 {
		t.typeError(t.held(at), "get length of")
	}
	v.copyTV(t.restore(off), res)
}

func (t *Thread) opConcat() {
	i := t.instruction()
	b, c := opcode.B(i), opcode.C(i)
	t.concat(c-b+1, c)
	t.checkGC()
	t.v.copyTV(t.rk(opcode.A(i)), t.rk(b))
}

// opCompare is EQ, LT or LE with the jump behind it.
func (t *self) opCompare(rb, rc Addr) {
	i := t.instruction()
	var is bool
	switch opcode.OpOf(i) {
	case opcode.Eq:
		is = t.equal(rb, rc)
	case opcode.Lt:
		is = t.lessThan(rb, rc)
	default:
		is = t.lessEqual(rb, rc)
	}
	pc := t.savedPC()
	if is == (opcode.A(i) != 0) {
		pc = t.jump(pc)
	}
	t.pc = pc + 4
}

// jump is pc moved by the distance of the jump there.
func (t *Thread) jump(pc Addr) Addr {
	d := int64(opcode.SBx(t.m.U32(pc)))
	if d < 0 {
		t.Charge(int(-d))
	}
	return pc + Addr(d*4)
}

// opCall is CALL where the loop does not make the frame by itself. It tells whether the loop is done.
func (t *self) opCall(ra Addr) bool {
	nresults := opcode.C(t.instruction()) - 1
	if t.v.fuel < 0 {
		off := t.save(ra)
		t.outOfFuel()
		ra = t.restore(off)
	}
	v := t.v
	if v.tag(ra) == tagCode {
		if code := t.m.Ptr(ra); code != v.yieldCode {
			return t.callLight(ra, code, nresults)
		}
	}
	if t.resumed >= 0 && t.switches(ra, nresults) {
		return false
	}
	v.mayResume = t.resumed >= 0
	switch t.preCall(ra, nresults) {
	case calledLua:
		t.depth++
		v.fuel -= costCall
	case calledC:
		if nresults >= 0 {
			t.setTop(t.v.ciTop(t.ci()))
		}
	default:
		return t.leave()
	}
	t.pc = t.savedPC()
	return false
}

// callLight is opCall for a light function, as nearly all of a library are: what preCall does, in one go where nothing
// has to grow.
func (t *self) callLight(fn, code Addr, nresults int) bool {
	v := t.v
	f, top := v.function(code), t.top()
	v.mayResume = t.resumed >= 0
	if t.hasFrame(top) {
		t.pushFrameOfC(fn, top, nresults)
		n := f(t.Thread)
		if n < 0 {
			v.raised = n == sentRaise
			return t.leave()
		}
		t.posCall(t.top() - Addr(n)*tvSize)
	} else if t.preCall(fn, nresults) == left {
		return t.leave()
	}
	if nresults >= 0 {
		t.setTop(v.ciTop(t.ci()))
	}
	t.pc = t.savedPC()
	return false
}

// opTailCall is TAILCALL: the new frame takes the place of the one that ends.
func (t *self) opTailCall(ra Addr) bool {
	off := t.save(ra)
	t.Charge(costCall)
	t.v.mayResume = t.resumed >= 0
	switch t.preCall(t.restore(off), state.MultRet) {
	case calledLua:
		t.replaceFrame()
	case left:
		return t.leave()
	}
	t.pc = t.savedPC()
	return false
}

// replaceFrame moves the current frame to the place of the one below.
func (t *Thread) replaceFrame() {
	m, v := t.m, t.v
	ci := t.ci() - layout.CallInfoSize
	if m.Ptr(t.l+layout.LuaStateOpenUpval) != 0 {
		t.closeUpvals(v.ciBase(ci))
	}
	from, to := v.ciFunc(ci+layout.CallInfoSize), v.ciFunc(ci)
	base := to + v.ciBase(ci+layout.CallInfoSize) - from
	t.setBase(base)
	m.SetPtr(ci+layout.CallInfoBase, base)
	for end := t.top(); from < end; from, to = from+tvSize, to+tvSize {
		v.copyTV(to, from)
	}
	m.SetPtr(ci+layout.CallInfoTop, to)
	t.setTop(to)
	m.SetPtr(ci+layout.CallInfoSavedPC, t.savedPC())
	m.SetU32(ci+layout.CallInfoTailCalls, m.U32(ci+layout.CallInfoTailCalls)+1)
	t.setCI(ci)
}

// opReturn is RETURN where the loop does not do it by itself. It tells whether the loop is done.
func (t *self) opReturn(ra Addr) bool {
	if t.v.fuel < 0 {
		off := t.save(ra)
		t.outOfFuel()
		ra = t.restore(off)
	}
	if t.m.Ptr(t.l+layout.LuaStateOpenUpval) != 0 {
		t.closeUpvals(t.base())
	}
	fixed := t.posCall(ra)
	if t.depth--; t.depth == 0 {
		return t.resumed <= 0 || t.suspend()
	}
	if fixed {
		t.setTop(t.v.ciTop(t.ci()))
	}
	t.pc = t.savedPC()
	return false
}

// opForPrep is FORPREP where a value is no number.
func (t *self) opForPrep(ra Addr) {
	v := t.v
	for i, what := range [...]string{"initial value", "limit", "step"} {
		a := ra + Addr(i)*tvSize
		n, ok := v.toNumber(a)
		if !ok {
			t.runError("'for' " + what + " must be a number")
		}
		v.setNum(a, n)
	}
	v.setNum(ra, v.numOf(ra)-v.numOf(ra+2*tvSize))
	pc := t.savedPC() - 4
	t.pc = pc + Addr(opcode.SBx(t.m.U32(pc)))*4 + 4
}

// opTForLoop is TFORLOOP: a turn of a generic loop, with the jump behind it. It tells whether the loop is done.
func (t *self) opTForLoop() bool {
	v := t.v
	i := t.instruction()
	cb := t.restore(t.register(i)) + 3*tvSize
	v.copyTV(cb+2*tvSize, cb-tvSize)
	v.copyTV(cb+tvSize, cb-2*tvSize)
	v.copyTV(cb, cb-3*tvSize)
	switch {
	case v.tag(cb) == tagCode && t.iterate(cb, opcode.C(i)):
		t.endTurn(cb)
		return false
	case t.resumed >= 0 && v.tag(cb) == tagFunc && t.m.U8(v.gcOf(cb)+layout.LClosureIsC) != 0: // it may resume a coroutine
		t.setTop(cb + 3*tvSize)
		t.countCCall()
		if t.switches(cb, opcode.C(i)) {
			return false
		}
		v.mayResume = true
		if t.preCall(cb, opcode.C(i)) == left {
			return t.leave()
		}
		t.called()
	default:
		t.setTop(cb + 3*tvSize)
		t.call(cb, opcode.C(i))
	}
	t.endTForLoop(i)
	return false
}

// endTForLoop is what TFORLOOP does when its call has returned.
func (t *self) endTForLoop(i opcode.Instruction) {
	t.setTop(t.v.ciTop(t.ci()))
	t.endTurn(t.restore(t.register(i)) + 3*tvSize)
}

// endTurn looks whether there is one more turn, with the values from cb on.
func (t *self) endTurn(cb Addr) {
	pc := t.savedPC()
	if t.v.tag(cb) != tagNil {
		t.v.copyTV(cb-tvSize, cb)
		pc = t.jump(pc)
	}
	t.pc = pc + 4 // the saved one stays, which messages of Lua with integers show
}

// opSetList is SETLIST; its number of a block may be the next word.
func (t *self) opSetList(ra Addr, i opcode.Instruction) {
	m, v := t.m, t.v
	t.fixStack()
	n, c := opcode.B(i), uint32(opcode.C(i))
	if n == 0 {
		n = v.slots(ra, t.top()) - 1
	}
	if c == 0 {
		c = m.U32(t.pc)
		t.pc += 4
	}
	if v.tag(ra) != tagTable {
		v.badCode(ra)
	}
	h := m.Ptr(ra)
	last := int32(c-1)*opcode.FieldsPerFlush + int32(n)
	if uint32(last) > m.U32(h+layout.TableSizeArray) {
		t.resizeArray(h, Addr(uint32(last)))
	}
	for ; n > 0; n, last = n-1, last-1 {
		val := ra + Addr(n)*tvSize
		v.copyTV(t.setInt(h, last), val)
		v.tableBarrier(h, val)
	}
	t.setTop(v.ciTop(t.ci()))
	t.unfixStack()
}

// opClosure is CLOSURE with the instructions behind it that name its upvalues.
func (t *self) opClosure(cl, ra Addr, i opcode.Instruction) {
	m, v := t.m, t.v
	p := m.Ptr(m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoP) + Addr(opcode.Bx(i))*4)
	n := Addr(m.U8(p + layout.ProtoNUps))
	t.fixStack()
	ncl := t.newLClosure(n, m.Ptr(cl+layout.LClosureEnv), p)
	v.setPtr(ra, ncl, tagFunc)
	base := t.save(t.base())
	for j := range n {
		b := Addr(opcode.B(m.U32(t.pc)))
		uv := Addr(0)
		if opcode.OpOf(m.U32(t.pc)) == opcode.GetUpval {
			uv = m.Ptr(cl + layout.LClosureSize + 4*b)
		} else {
			uv = t.findUpval(base + b*tvSize)
		}
		m.SetPtr(ncl+layout.LClosureSize+4*j, uv)
		t.pc += 4
	}
	t.unfixStack()
	t.setSavedPC(t.pc)
	t.checkGC()
}

// opVararg is VARARG.
func (t *self) opVararg(cl, ra Addr, i opcode.Instruction) {
	m, v := t.m, t.v
	wanted := opcode.B(i) - 1
	ci := t.ci()
	n := v.slots(v.ciFunc(ci), v.ciBase(ci)) - int(m.U8(m.Ptr(cl+layout.LClosureP)+layout.ProtoNumParams)) - 1
	if n < 0 {
		v.badCode(ci)
	}
	if wanted == state.MultRet {
		t.setSavedPC(t.pc)
		off := t.save(ra)
		t.needStack(Addr(n))
		ra = t.restore(off)
		wanted = n
		t.setTop(ra + Addr(n)*tvSize)
	}
	from := v.ciBase(ci) - Addr(n)*tvSize
	for j := range wanted {
		if j < n {
			v.copyTV(ra+Addr(j)*tvSize, from+Addr(j)*tvSize)
		} else {
			v.setNil(ra + Addr(j)*tvSize)
		}
	}
}
