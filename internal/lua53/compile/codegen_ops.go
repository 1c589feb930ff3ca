package compile

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// Code for stores, tests, operators and constructors; codegen.go has the rest.

// store assigns e to a variable.
func (fs *funcState) store(v, e *expr) {
	switch v.kind {
	case eLocal:
		fs.freeExpr(e)
		fs.toReg(e, v.info)
		return
	case eUpval:
		fs.codeABC(opcode.SetUpval, fs.toAnyReg(e), v.info, 0)
	case eIndexed:
		op := opcode.SetTabUp
		if v.in == eLocal {
			op = opcode.SetTable
		}
		rk := fs.toRK(e)
		fs.codeABC(op, v.table, v.key, rk)
	}
	fs.freeExpr(e)
}

// self makes "e:key" of e: the function and e itself in two new registers.
func (fs *funcState) self(e, key *expr) {
	obj := fs.toAnyReg(e)
	fs.freeExpr(e)
	e.info, e.kind = fs.freeReg, eNonReloc
	fs.reserve(2)
	fs.codeABC(opcode.Self, e.info, obj, fs.toRK(key))
	fs.freeExpr(key)
}

func (fs *funcState) negate(e *expr) {
	pc := fs.control(e.info)
	i := fs.instr(pc)
	fs.setInstr(pc, opcode.SetA(i, 1-min(opcode.A(i), 1)))
}

// jumpIf emits a jump that is taken when e has the truth value cond.
func (fs *funcState) jumpIf(e *expr, cond int) int {
	if e.kind == eReloc {
		if i := fs.instr(e.info); opcode.OpOf(i) == opcode.Not {
			fs.pc-- // the NOT goes, the condition turns
			return fs.condJump(opcode.Test, opcode.B(i), 0, 1-cond)
		}
	}
	fs.dischargeToAny(e)
	fs.freeExpr(e)
	return fs.condJump(opcode.TestSet, opcode.NoReg, e.info, cond)
}

// goIfTrue goes through when e is true and jumps otherwise.
func (fs *funcState) goIfTrue(e *expr) {
	fs.discharge(e)
	pc := noJump
	switch e.kind {
	case eJump:
		fs.negate(e)
		pc = e.info
	case eK, eKFloat, eKInt, eTrue:
	default:
		pc = fs.jumpIf(e, 0)
	}
	fs.concatJumps(&e.onFalse, pc)
	fs.patchToHere(e.onTrue)
	e.onTrue = noJump
}

// goIfFalse goes through when e is false and jumps otherwise.
func (fs *funcState) goIfFalse(e *expr) {
	fs.discharge(e)
	pc := noJump
	switch e.kind {
	case eJump:
		pc = e.info
	case eNil, eFalse:
	default:
		pc = fs.jumpIf(e, 1)
	}
	fs.concatJumps(&e.onTrue, pc)
	fs.patchToHere(e.onFalse)
	e.onFalse = noJump
}

func (fs *funcState) codeNot(e *expr) {
	fs.discharge(e)
	switch e.kind {
	case eNil, eFalse:
		e.kind = eTrue
	case eK, eKFloat, eKInt, eTrue:
		e.kind = eFalse
	case eJump:
		fs.negate(e)
	default:
		fs.dischargeToAny(e)
		fs.freeExpr(e)
		e.info = fs.codeABC(opcode.Not, 0, e.info, 0)
		e.kind = eReloc
	}
	e.onTrue, e.onFalse = e.onFalse, e.onTrue
	fs.removeValues(e.onFalse)
	fs.removeValues(e.onTrue)
}

// indexed makes "t[key]" of t.
func (fs *funcState) indexed(t, key *expr) {
	t.table = t.info
	t.key = fs.toRK(key)
	t.in = eLocal
	if t.kind == eUpval {
		t.in = eUpval
	}
	t.kind = eIndexed
}

// numeral is the number that an expression is, ok being false if it is none.
func (e *expr) numeral() (n Number, ok bool) {
	if e.hasJumps() || e.kind != eKInt && e.kind != eKFloat {
		return n, false
	}
	return Number{IsInt: e.kind == eKInt, Int: e.i, Float: e.f}, true
}

// fold computes an operation (an Op constant of state) on two numerals, if the virtual
// machine does.
func (fs *funcState) fold(op int, e1, e2 *expr) bool {
	a, ok1 := e1.numeral()
	b, ok2 := e2.numeral()
	if !ok1 || !ok2 {
		return false
	}
	n, ok := fs.x.vm.Fold(op, a, b)
	switch {
	case !ok:
		return false
	case n.IsInt:
		e1.kind, e1.i = eKInt, n.Int
	default:
		e1.kind, e1.f = eKFloat, n.Float
	}
	return true
}

func (fs *funcState) prefix(op int, e *expr, line int) {
	switch op {
	case opMinus, opBNot:
		var zero expr
		zero.init(eKInt, 0)
		if fs.fold(op-opMinus+state.OpUnm, e, &zero) {
			return
		}
	case opNot:
		fs.codeNot(e)
		return
	}
	code := [...]opcode.Op{opMinus: opcode.Unm, opBNot: opcode.BNot, opLen: opcode.Len}[op]
	r := fs.toAnyReg(e)
	fs.freeExpr(e)
	e.info = fs.codeABC(code, 0, r, 0)
	e.kind = eReloc
	fs.addLine(fs.pc-1, line)
}

// infix prepares the first operand of a binary operator.
func (fs *funcState) infix(op int, e *expr) {
	switch {
	case op == opAnd:
		fs.goIfTrue(e)
	case op == opOr:
		fs.goIfFalse(e)
	case op == opConcat:
		fs.toNextReg(e)
	case op <= opShr && (e.kind == eKInt || e.kind == eKFloat) && !e.hasJumps():
		// a numeral waits: it may be folded
	default:
		fs.toRK(e)
	}
}

// postfix completes a binary operation.
func (fs *funcState) postfix(op int, e1, e2 *expr, line int) {
	switch {
	case op == opAnd:
		fs.discharge(e2)
		fs.concatJumps(&e2.onFalse, e1.onFalse)
		*e1 = *e2
	case op == opOr:
		fs.discharge(e2)
		fs.concatJumps(&e2.onTrue, e1.onTrue)
		*e1 = *e2
	case op == opConcat:
		fs.toValue(e2)
		if e2.kind == eReloc {
			if i := fs.instr(e2.info); opcode.OpOf(i) == opcode.Concat {
				fs.freeExpr(e1)
				fs.setInstr(e2.info, opcode.SetB(i, e1.info))
				e1.kind, e1.info = eReloc, e2.info
				return
			}
		}
		fs.toNextReg(e2)
		fs.binary(opcode.Concat, e1, e2, line)
	case op <= opShr:
		if !fs.fold(op-opAdd+state.OpAdd, e1, e2) {
			fs.binary(opcode.Add+opcode.Op(op-opAdd), e1, e2, line)
		}
	default:
		fs.compare(op, e1, e2)
	}
}

// binary emits an operation with two operands and a value.
func (fs *funcState) binary(op opcode.Op, e1, e2 *expr, line int) {
	rk2 := fs.toRK(e2) // the newer register first
	rk1 := fs.toRK(e1)
	fs.freeExprs(e1, e2)
	e1.info = fs.codeABC(op, 0, rk1, rk2)
	e1.kind = eReloc
	fs.addLine(fs.pc-1, line)
}

// compare emits a comparison; infix has made e1 an operand already.
func (fs *funcState) compare(op int, e1, e2 *expr) {
	rk1 := e1.info
	if e1.kind == eK {
		rk1 |= opcode.BitRK
	}
	rk2 := fs.toRK(e2)
	fs.freeExprs(e1, e2)
	switch op {
	case opNe:
		e1.info = fs.condJump(opcode.Eq, 0, rk1, rk2)
	case opGt, opGe: // a > b is b < a
		e1.info = fs.condJump(opcode.Eq+opcode.Op(op-opNe), 1, rk2, rk1)
	default:
		e1.info = fs.condJump(opcode.Eq+opcode.Op(op-opEq), 1, rk1, rk2)
	}
	e1.kind = eJump
}

// setList stores n values above register base into the table there; nelems
// counts all list items up to now.
func (fs *funcState) setList(base, nelems, n int) {
	c := (nelems-1)/opcode.FieldsPerFlush + 1
	b := n
	if n == multRet {
		b = 0
	}
	switch {
	case c <= opcode.MaxC:
		fs.codeABC(opcode.SetList, base, b, c)
	case c <= opcode.MaxAx:
		fs.codeABC(opcode.SetList, base, b, 0)
		fs.emit(opcode.MakeAx(opcode.ExtraArg, c))
	default:
		fs.x.syntaxError("constructor too long")
	}
	fs.freeReg = base + 1
}

// addLine records the line of the instruction at pc: the next one, or the last
// one once more, whose record is taken back then (luaK_addlineinfo; lineinfo.go
// has the format). Taking back a delta of several bytes loses its high bits, as
// it does in the firmware.
func (fs *funcState) addLine(pc, line int) {
	m, last, n := fs.x.m, fs.lastLine, fs.lineLen
	if pc == fs.lastPC {
		if line == last {
			return
		}
		if c := m.U8(fs.line + mem.Addr(n-1)); c > 1 {
			m.SetU8(fs.line+mem.Addr(n-1), c-1)
		} else {
			n-- // the count of 1
			delta := 1
			if m.U8(fs.line+mem.Addr(n-1))&0x80 != 0 {
				for n >= 2 && m.U8(fs.line+mem.Addr(n-2))&0x80 != 0 {
					n--
				}
				c := int(m.U8(fs.line + mem.Addr(n-1)))
				delta = c&0x3f + 2
				if c&0x40 != 0 {
					delta = -(c & 0x3f)
				}
				n--
			}
			last -= delta
		}
	}
	if n > 0 && line == last && m.U8(fs.line+mem.Addr(n-1)) < 127 {
		m.SetU8(fs.line+mem.Addr(n-1), m.U8(fs.line+mem.Addr(n-1))+1)
		fs.lineLen, fs.lastLine, fs.lastPC = n, line, pc
		return
	}
	// The firmware makes room for 4 bytes. A distance of 2^20 lines and more takes 5
	// or 6, which it writes behind its memory.
	need := 4
	if far := max(line-last, last-line); far >= 1<<20 {
		need = 6
	}
	for n+need > fs.sizeLine {
		fs.line = fs.x.vm.Grow(fs.line, &fs.sizeLine, 1, 1<<31-1, "line codes")
		fs.setVector(layout.ProtoLineInfo, layout.ProtoSizeLineInfo, fs.line, fs.sizeLine)
	}
	put := func(c int) {
		m.SetU8(fs.line+mem.Addr(n), uint8(c))
		n++
	}
	if delta := line - last; delta == 0 {
		put(0x80 | 1<<6)
	} else if delta != 1 {
		sign := 0
		if delta < 0 {
			sign, delta = 1, -delta
		} else {
			delta -= 2
		}
		put(0x80 | sign<<6 | delta&0x3f)
		for delta >>= 6; delta > 0; delta >>= 7 {
			put(0x80 | delta&0x7f)
		}
	}
	put(1)
	fs.lineLen, fs.lastLine, fs.lastPC = n, line, pc
}

// int2fb is the smallest "floating point byte" that stands for at least x
// (luaO_int2fb).
func int2fb(x int) int {
	e := 0
	if x < 8 {
		return x
	}
	for x >= 8<<4 {
		x = (x + 0xf) >> 4
		e += 4
	}
	for x >= 8<<1 {
		x = (x + 1) >> 1
		e++
	}
	return (e+1)<<3 | (x - 8)
}
