// Code generated from ../execute_call.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// This file has the instructions, and the rare cases of instructions, for which the
// main loop makes a call. The frame's saved pc is behind the instruction, and all
// that a function changes it leaves in device memory: the loop loads it anew.

// self is the thread of a run of the main loop. It is kept in Go's stack, since its
// address is taken: as a variable it would claim a register in a loop that uses it
// only to make calls, or when it enters and leaves functions.
type self struct {
	*Thread
	l         Addr   // as in Thread, one load nearer
	indexName Addr   // the string "__index"
	indexHash uint32 // its hash
}

func (t *Thread) self() self {
	name := t.v.tmName(tmIndex)
	return self{t, t.l, name, t.m.U32(name + layout.TStringHash)}
}

//go:noinline
func (*self) pin() {}

// maxClasses is how many tables the loop asks by itself for a field.
const maxClasses = 8

// opCall is CALL where the loop does not enter the function at ra by itself. The cost
// of a Lua function is charged already.
func (t *Thread) opCall(ra Addr, i opcode.Instruction) int {
	v, nres := t.v, opcode.C(i)-1
	if v.tag(ra) == tagLua {
		if v.fuel < 0 {
			t.outOfFuel()
		}
		t.enterLua(ra, nres)
		return calledLua
	}
	var res int
	if next := t.m.Ptr(t.ci() + layout.CallInfoNext); v.tag(ra) == tagCFunc && next != 0 && !v.trap && t.hasRoom(minStack) {
		res = t.callLight(ra, next, nres)
	} else {
		res = t.preCall(ra, nres)
	}
	if res == calledC {
		if v.fuel < 0 {
			t.outOfFuel()
		}
		if nres >= 0 {
			t.setTop(v.ciTop(t.ci()))
		}
	}
	return res
}

// callLight is callC for a light C function in the common case: the CallInfo next is
// there, so is room on the stack, and no hook looks on.
func (t *Thread) callLight(fn, next Addr, nresults int) int {
	m, v := t.m, t.v
	f := v.function(m.Ptr(fn))
	m.SetU32(next+layout.CallInfoNResults, uint32(uint16(nresults)))
	m.SetPtr(next+layout.CallInfoFunc, fn)
	m.SetPtr(next+layout.CallInfoTop, t.top()+minStack*tvSize)
	t.setCI(next)
	v.fuel -= costCCall
	n := f(t)
	if n < 0 {
		return t.afterC(next, n)
	}
	if nresults != 1 || v.trap {
		t.posCall(next, Addr(uint32(t.top()-Addr(n)*tvSize)), n)
		return calledC
	}
	res := v.ciFunc(next)
	if n == 0 {
		v.setNil(res)
	} else {
		v.copyTV(res, Addr(uint32(t.top()-Addr(n)*tvSize)))
	}
	t.setCI(v.ciPrev(next))
	return calledC
}

func (t *Thread) opTailCall(ci, cl, ra Addr) int {
	if t.v.fuel -= costCall; t.v.fuel < 0 {
		t.outOfFuel()
	}
	res := t.preCall(ra, state.MultRet)
	if res == calledLua && t.v.ciPrev(t.ci()) == ci {
		t.replaceFrame(ci, cl)
	}
	return res
}

// opTForCall is TFORCALL: a turn of a generic loop.
func (t *Thread) opTForCall(ci, ra Addr, i opcode.Instruction) int {
	m, v, tv := t.m, t.v, tvSize
	n := opcode.C(i)
	if f := m.Ptr(ra); v.tag(ra) == tagCFunc && (f == v.stepNext || f == v.stepIPairs) && t.iterate(ci, ra, n) {
		return calledC
	}
	cb := ra + 3*tv
	v.copyTV(cb+2*tv, ra+2*tv)
	v.copyTV(cb+tv, ra+tv)
	v.copyTV(cb, ra)
	t.setTop(cb + 3*tv)
	t.countCCall()
	res := t.preCall(cb, n)
	switch res {
	case calledLua:
		callee := v.ciNext(ci)
		v.setCIStatus(callee, v.ciStatus(callee)|cistCounted)
	case calledC:
		t.setNCCalls(t.nCCalls() - 1)
		t.setTop(v.ciTop(ci))
	}
	return res
}

// leave goes on after a C function that raised an error or yielded: calledLua tells
// that the loop has a frame to run, anything else that it ends with this.
func (t *Thread) leave(res int) int {
	if res == raised {
		return t.unwind()
	}
	return res
}

// opReturn is RETURN of the function with prototype p, from frame ci; b is the
// operand. calledLua tells that the loop has a frame to run.
func (t *Thread) opReturn(ci, p, ra Addr, b uint32) int {
	m, v := t.m, t.v
	if m.U32(p+layout.ProtoSizeP) > 0 {
		t.closeUpvals(m.Ptr(ci + layout.CallInfoBase))
	}
	n := int(b) - 1
	if b == 0 {
		n = int((t.top() - ra) / tvSize)
	}
	fresh := v.ciStatus(ci)&cistFresh != 0
	fixed := t.posCall(ci, ra, n)
	if fresh {
		return calledC
	}
	if ci = t.ci(); !v.isLua(ci) {
		return t.finishToLua()
	}
	if fixed {
		t.setTop(v.ciTop(ci))
	}
	return calledLua
}

// returnToC goes on with the C function of frame ci, which has what it called; ns
// tells how many results, none or one.
func (t *Thread) returnToC(ci Addr, ns uint32) int {
	t.setTop(t.v.ciFunc(t.v.ciNext(ci)) + Addr(ns&0xffff)*tvSize)
	return t.finishToLua()
}

// compare is EQ, LT or LE with the jump behind it.
func (t *Thread) compare(ci Addr, i opcode.Instruction, rb, rc Addr) {
	m := t.m
	var res bool
	switch opcode.OpOf(i) {
	case opcode.Eq:
		res = t.equal(rb, rc)
	case opcode.Lt:
		res = t.lessThan(rb, rc)
	default:
		res = t.lessEqual(rb, rc)
	}
	pc := m.Ptr(ci + layout.CallInfoSavedPC)
	m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
	if res == (opcode.A(i) != 0) {
		t.closingJump(ci, m.U32(pc))
	}
}

// closingJump is JMP, which may close upvalues.
func (t *Thread) closingJump(ci Addr, i opcode.Instruction) {
	if a := Addr(opcode.A(i)); a != 0 {
		t.closeUpvals(t.m.Ptr(ci+layout.CallInfoBase) + (a-1)*tvSize)
	}
	t.jump(ci, i)
}

// jump moves the saved pc by the distance in i.
func (t *Thread) jump(ci Addr, i opcode.Instruction) {
	d := int64(i>>14) - opcode.MaxSBx
	if d < 0 {
		if t.v.fuel += d; t.v.fuel < 0 {
			t.outOfFuel()
		}
	}
	t.m.SetPtr(ci+layout.CallInfoSavedPC, t.m.Ptr(ci+layout.CallInfoSavedPC)+Addr(d*4))
}

// outOfFuelAt is outOfFuel at a jump backwards, with pc behind it.
func (t *Thread) outOfFuelAt(ci, pc, target Addr) {
	t.m.SetPtr(ci+layout.CallInfoSavedPC, pc)
	t.outOfFuel()
	t.m.SetPtr(ci+layout.CallInfoSavedPC, target)
}

func (t *Thread) opForPrep(ci, ra Addr, i opcode.Instruction) {
	t.forPrep(ra)
	t.jump(ci, i)
}

func (t *Thread) opNewTable(ci, ra Addr, i opcode.Instruction) {
	h := t.newTable()
	t.v.setPtr(ra, h, tagTable)
	if i>>14 != 0 {
		t.resize(h, fb2int(i>>23), fb2int(i>>14&opcode.MaxC))
	}
	if t.v.debt() > 0 {
		t.loopGC(ci, ra+tvSize)
	}
}

func (t *Thread) opConcat(ci, base Addr, i opcode.Instruction) {
	v, tv := t.v, tvSize
	b, c := Addr(opcode.B(i)), Addr(opcode.C(i))
	t.setTop(base + (c+1)*tv)
	t.concat(int(c-b) + 1)
	base = t.m.Ptr(ci + layout.CallInfoBase)
	ra, rb := base+Addr(opcode.A(i))*tv, base+b*tv
	v.copyTV(ra, rb)
	if v.debt() > 0 {
		live := rb
		if ra >= rb {
			live = ra + tv
		}
		t.loopGC(ci, live)
	}
	t.setTop(v.ciTop(ci))
}

func (t *Thread) opSetList(ci, ra Addr, i opcode.Instruction) {
	if c := opcode.C(i); c != 0 {
		t.setList(ra, opcode.B(i), uint32(c))
	} else {
		pc := t.m.Ptr(ci + layout.CallInfoSavedPC)
		t.setList(ra, opcode.B(i), t.m.U32(pc)>>6)
		t.m.SetPtr(ci+layout.CallInfoSavedPC, pc+4)
	}
	t.setTop(t.v.ciTop(ci))
}

func (t *Thread) opClosure(ci, cl, ra Addr, i opcode.Instruction) {
	m := t.m
	p := m.Ptr(m.Ptr(m.Ptr(cl+layout.LClosureP)+layout.ProtoP) + Addr(i>>14)*4)
	t.closure(p, cl, m.Ptr(ci+layout.CallInfoBase), ra)
	if t.v.debt() > 0 {
		t.loopGC(ci, ra+tvSize)
	}
}

// rk is the address of the operand x, a register or a constant.
func (t *Thread) rk(ci Addr, x int) Addr {
	if opcode.IsK(x) {
		return t.m.Ptr(t.v.ciProto(ci)+layout.ProtoK) + Addr(x&^opcode.BitRK)*tvSize
	}
	return t.m.Ptr(ci+layout.CallInfoBase) + Addr(x)*tvSize
}

// upvalue is the address of the value of upvalue n.
func (t *Thread) upvalue(cl Addr, n int) Addr {
	return t.m.Ptr(t.m.Ptr(cl+layout.LClosureUpvals+Addr(n)*4) + layout.UpValV)
}

// instruction is the one that the loop came with. Functions take it from there where
// keeping it for them would cost the loop a register.
func (t *Thread) instruction(ci Addr) opcode.Instruction {
	return t.m.U32(t.m.Ptr(ci+layout.CallInfoSavedPC) - 4)
}

// getOperands are the addresses of table, key and result of GETTABUP, GETTABLE and
// SELF.
func (t *Thread) getOperands(ci, cl Addr) (tab, k, res Addr) {
	i := t.instruction(ci)
	tab = t.rk(ci, opcode.B(i))
	if opcode.OpOf(i) == opcode.GetTabUp {
		tab = t.upvalue(cl, opcode.B(i))
	}
	return tab, t.rk(ci, opcode.C(i)), t.rk(ci, opcode.A(i))
}

func (t *Thread) opGet(ci, cl Addr) {
	t.getTable(t.getOperands(ci, cl))
}

// opGetInherited is opGet where the table is an ordinary one that lacks the key, a
// short string: its metatable has to know.
func (t *Thread) opGetInherited(ci, cl Addr) {
	m, v := t.m, t.v
	tab, k, res := t.getOperands(ci, cl)
	key := m.Ptr(k)
	for n := 1; ; n++ {
		tm := v.fastTM(m.Ptr(m.Ptr(tab)+layout.TableMetatable), tmIndex)
		if tm == 0 {
			v.setNil(res)
			return
		}
		if isFunction(v.tag(tm)) {
			t.callTM(tm, tab, k, res, true)
			return
		}
		if v.tag(tm) != tagTable || n == maxTagLoop {
			t.getChain(tm, k, res, n)
			return
		}
		if slot := probe(m, m.Ptr(tm), key); slot != 0 && v.tag(slot) != tagNil {
			v.copyTV(res, slot)
			return
		}
		tab = tm
	}
}

// opGetRO is opGet when it has come to the ROTable h, with the short string key.
func (t *Thread) opGetRO(ci, cl, h, key Addr) {
	m, v := t.m, t.v
	res := t.rk(ci, opcode.A(t.instruction(ci)))
	for range maxClasses {
		if slot := v.roFind(h, key); slot != 0 {
			v.copyTV(res, slot)
			return
		}
		mt := m.Ptr(h + layout.TableMetatable)
		if mt == 0 {
			v.setNil(res)
			return
		}
		if !v.isROTable(mt) {
			break
		}
		// One with a metatable, as ROM of the host profile, hands on.
		tm := v.roFind(mt, v.tmName(tmIndex))
		if tm == 0 || v.tag(tm)&variantMask != tagROEntry {
			break
		}
		h = m.Ptr(tm)
	}
	t.opGet(ci, cl)
}

// opSelfString is SELF for a string: where its metatable leads to a ROTable, as it does
// unless the debug library has changed that, the method is found at once.
func (t *Thread) opSelfString(ci, cl, key Addr) {
	m, v := t.m, t.v
	if mt := m.Ptr(v.g + layout.GlobalMT + typeString*4); mt != 0 && v.isROTable(mt) {
		if tm := v.roFind(mt, v.tmName(tmIndex)); tm != 0 && v.tag(tm)&variantMask == tagROEntry {
			v.methods = m.Ptr(tm)
			t.opGetRO(ci, cl, v.methods, key)
			return
		}
	}
	t.opGet(ci, cl)
}

// opSet is SETTABUP or SETTABLE.
func (t *Thread) opSet(ci, cl Addr) {
	i := t.instruction(ci)
	tab := t.rk(ci, opcode.A(i))
	if opcode.OpOf(i) == opcode.SetTabUp {
		tab = t.upvalue(cl, opcode.A(i))
	}
	t.setTable(tab, t.rk(ci, opcode.B(i)), t.rk(ci, opcode.C(i)))
}

// opIllegal ends the run at what is no instruction.
func (t *Thread) opIllegal(ci Addr) { t.v.badCode(t.m.Ptr(ci+layout.CallInfoSavedPC) - 4) }

// iterate is a turn of a loop over pairs or ipairs without the call that TFORCALL asks
// for; false if that has to be made: for a hook that wants to see it, for memory
// that it would take, for a metamethod or an error. It costs the guest the same, and
// leaves in the registers above the results what the call would leave there: until they
// are used again, a collection finds it.
func (t *Thread) iterate(ci, ra Addr, nresults int) bool {
	m, v := t.m, t.v
	cb := ra + 3*tvSize
	room := m.Ptr(t.l+layout.LuaStateStackLast) - cb
	if v.tag(ra+tvSize) != tagTable || t.hookMask() != 0 || v.ciNext(ci) == 0 || int64(room) < (state.MinStack+4)*int64(tvSize) {
		return false
	}
	h, found := v.gcOf(ra+tvSize), false
	if m.Ptr(ra) == v.stepNext {
		i, ok := v.findIndex(h, ra+2*tvSize)
		if !ok {
			return false
		}
		if found = v.nextFrom(h, cb+2*tvSize, i); !found {
			v.setNil(cb + 2*tvSize)
		} else {
			v.copyTV(cb, cb+2*tvSize)
			if nresults > 1 {
				v.copyTV(cb+tvSize, cb+3*tvSize)
			}
		}
	} else {
		if v.tag(ra+2*tvSize) != tagInt {
			return false
		}
		i := v.intOf(ra+2*tvSize) + 1
		slot := v.getInt(h, i)
		if found = slot != 0 && v.tag(slot) != tagNil; found {
			v.setInt(cb, i)
			v.copyTV(cb+4*tvSize, slot)
			if nresults > 1 {
				v.copyTV(cb+tvSize, slot)
			}
		} else if m.Ptr(h+layout.TableMetatable) != 0 {
			return false
		} else {
			v.setNil(cb + 4*tvSize)
		}
		v.copyTV(cb+2*tvSize, ra+2*tvSize)
		v.setInt(cb+3*tvSize, i)
	}
	if nresults < 2 {
		v.copyTV(cb+tvSize, ra+tvSize)
	}
	first := 2
	if !found {
		first = 0
	}
	for j := first; j < nresults; j++ {
		v.setNil(cb + Addr(j)*tvSize)
	}
	if v.fuel -= costCCall + costIndex; v.fuel < 0 {
		t.outOfFuel()
	}
	return true
}
