package compile

import (
	"moonlet.example/moonlet/internal/lua51/opcode"
)

// exprKind is what an expression is so far.
type exprKind uint8

// The kinds of expressions (expkind, lparser.h).
const (
	eVoid exprKind = iota
	eNil
	eTrue
	eFalse
	eK       // constant info
	eNumber  // n
	eLocal   // register info
	eUpval   // upvalue info
	eGlobal  // constant info is the name
	eIndexed // table in register info, key an RK operand
	eJump    // instruction info
	eReloc   // instruction info, whose result may go anywhere
	eNonReloc
	eCall
	eVararg
)

// isMulti tells whether the expression may have any number of values.
func (k exprKind) isMulti() bool { return k == eCall || k == eVararg }

const multRet = -1 // all values (LUA_MULTRET)

// expr is an expression, with the jumps that leave it when it is true or false.
type expr struct {
	kind            exprKind
	info, key       int
	n               Number
	onTrue, onFalse int
}

func (e *expr) init(kind exprKind, info int) {
	*e = expr{kind: kind, info: info, onTrue: noJump, onFalse: noJump}
}

func (e *expr) hasJumps() bool { return e.onTrue != e.onFalse }

func (e *expr) isNumeral() bool {
	return e.kind == eNumber && e.onTrue == noJump && e.onFalse == noJump
}

func (fs *funcState) setReturns(e *expr, n int) {
	switch e.kind {
	case eCall:
		fs.setC(e.info, n+1)
	case eVararg:
		fs.setB(e.info, n+1)
		fs.setA(e.info, fs.freeReg)
		fs.reserve(1)
	}
}

func (fs *funcState) setMultRet(e *expr) { fs.setReturns(e, multRet) }

// setOneRet makes a call or vararg expression have one value.
func (fs *funcState) setOneRet(e *expr) {
	switch e.kind {
	case eCall:
		e.kind = eNonReloc
		e.info = opcode.A(fs.instr(e.info))
	case eVararg:
		fs.setB(e.info, 2)
		e.kind = eReloc
	}
}

// discharge makes sure that e is no variable any more.
func (fs *funcState) discharge(e *expr) {
	switch e.kind {
	case eLocal:
		e.kind = eNonReloc
	case eUpval:
		e.info = fs.codeABC(opcode.GetUpval, 0, e.info, 0)
		e.kind = eReloc
	case eGlobal:
		e.info = fs.codeABx(opcode.GetGlobal, 0, e.info)
		e.kind = eReloc
	case eIndexed:
		fs.free(e.key)
		fs.free(e.info)
		e.info = fs.codeABC(opcode.GetTable, 0, e.info, e.key)
		e.kind = eReloc
	case eVararg, eCall:
		fs.setOneRet(e)
	}
}

// dischargeTo puts the value of e, without its jumps, into a register.
func (fs *funcState) dischargeTo(e *expr, reg int) {
	fs.discharge(e)
	switch e.kind {
	case eNil:
		fs.loadNil(reg, 1)
	case eFalse:
		fs.codeABC(opcode.LoadBool, reg, 0, 0)
	case eTrue:
		fs.codeABC(opcode.LoadBool, reg, 1, 0)
	case eK:
		fs.codeABx(opcode.LoadK, reg, e.info)
	case eNumber:
		fs.codeABx(opcode.LoadK, reg, fs.x.vm.NumberK(&fs.consts, e.n))
	case eReloc:
		fs.setA(e.info, reg)
	case eNonReloc:
		if reg != e.info {
			fs.codeABC(opcode.Move, reg, e.info, 0)
		}
	default:
		return // a jump: nothing to do yet
	}
	e.info, e.kind = reg, eNonReloc
}

func (fs *funcState) dischargeToAny(e *expr) {
	if e.kind != eNonReloc {
		fs.reserve(1)
		fs.dischargeTo(e, fs.freeReg-1)
	}
}

func (fs *funcState) loadBool(a, b, skip int) int {
	fs.getLabel() // may be a jump target
	return fs.codeABC(opcode.LoadBool, a, b, skip)
}

// needValue tells whether some jump of a list does not produce a value.
func (fs *funcState) needValue(list int) bool {
	for ; list != noJump; list = fs.getJump(list) {
		if opcode.OpOf(fs.instr(fs.control(list))) != opcode.TestSet {
			return true
		}
	}
	return false
}

// toReg puts the final value of e, with its jumps, into a register.
func (fs *funcState) toReg(e *expr, reg int) {
	fs.dischargeTo(e, reg)
	if e.kind == eJump {
		fs.concatJumps(&e.onTrue, e.info)
	}
	if e.hasJumps() {
		loadFalse, loadTrue := noJump, noJump
		if fs.needValue(e.onTrue) || fs.needValue(e.onFalse) {
			over := noJump
			if e.kind != eJump {
				over = fs.jump()
			}
			loadFalse = fs.loadBool(reg, 0, 1)
			loadTrue = fs.loadBool(reg, 1, 0)
			fs.patchToHere(over)
		}
		end := fs.getLabel()
		fs.patchLists(e.onFalse, end, reg, loadFalse)
		fs.patchLists(e.onTrue, end, reg, loadTrue)
	}
	e.init(eNonReloc, reg)
}

func (fs *funcState) toNextReg(e *expr) {
	fs.discharge(e)
	fs.freeExpr(e)
	fs.reserve(1)
	fs.toReg(e, fs.freeReg-1)
}

func (fs *funcState) toAnyReg(e *expr) int {
	fs.discharge(e)
	if e.kind == eNonReloc {
		if !e.hasJumps() {
			return e.info
		}
		if e.info >= fs.nActive { // not a local variable's
			fs.toReg(e, e.info)
			return e.info
		}
	}
	fs.toNextReg(e)
	return e.info
}

func (fs *funcState) toValue(e *expr) {
	if e.hasJumps() {
		fs.toAnyReg(e)
	} else {
		fs.discharge(e)
	}
}

// toRK makes e an operand: a constant in range or a register.
func (fs *funcState) toRK(e *expr) int {
	fs.toValue(e)
	switch e.kind {
	case eNumber, eTrue, eFalse, eNil:
		if fs.consts.N > opcode.MaxIndexRK {
			break
		}
		switch e.kind {
		case eNil:
			e.info = fs.x.vm.NilK(&fs.consts)
		case eNumber:
			e.info = fs.x.vm.NumberK(&fs.consts, e.n)
		default:
			e.info = fs.x.vm.BoolK(&fs.consts, e.kind == eTrue)
		}
		e.kind = eK
		return e.info | opcode.BitRK
	case eK:
		if e.info <= opcode.MaxIndexRK {
			return e.info | opcode.BitRK
		}
	}
	return fs.toAnyReg(e)
}

// store assigns e to a variable.
func (fs *funcState) store(v, e *expr) {
	switch v.kind {
	case eLocal:
		fs.freeExpr(e)
		fs.toReg(e, v.info)
		return
	case eUpval:
		r := fs.toAnyReg(e)
		fs.codeABC(opcode.SetUpval, r, v.info, 0)
	case eGlobal:
		r := fs.toAnyReg(e)
		fs.codeABx(opcode.SetGlobal, r, v.info)
	case eIndexed:
		r := fs.toRK(e)
		fs.codeABC(opcode.SetTable, v.info, v.key, r)
	}
	fs.freeExpr(e)
}

// self makes e the method key of itself, with itself as the first argument behind it.
func (fs *funcState) self(e, key *expr) {
	fs.toAnyReg(e)
	fs.freeExpr(e)
	f := fs.freeReg
	fs.reserve(2)
	fs.codeABC(opcode.Self, f, e.info, fs.toRK(key))
	fs.freeExpr(key)
	e.info, e.kind = f, eNonReloc
}

func (fs *funcState) indexed(t, key *expr) {
	t.key = fs.toRK(key)
	t.kind = eIndexed
}

func (fs *funcState) invertJump(e *expr) {
	pc := fs.control(e.info)
	fs.setA(pc, 1-min(opcode.A(fs.instr(pc)), 1))
}

func (fs *funcState) jumpOn(e *expr, cond bool) int {
	c, not := 0, 1
	if cond {
		c, not = 1, 0
	}
	if e.kind == eReloc {
		if i := fs.instr(e.info); opcode.OpOf(i) == opcode.Not {
			fs.pc-- // the NOT goes
			return fs.condJump(opcode.Test, opcode.B(i), 0, not)
		}
	}
	fs.dischargeToAny(e)
	fs.freeExpr(e)
	return fs.condJump(opcode.TestSet, opcode.NoReg, e.info, c)
}

// goIfTrue goes on behind e if it is true, and jumps else.
func (fs *funcState) goIfTrue(e *expr) {
	fs.discharge(e)
	pc := noJump
	switch e.kind {
	case eK, eNumber, eTrue:
	case eJump:
		fs.invertJump(e)
		pc = e.info
	default:
		pc = fs.jumpOn(e, false)
	}
	fs.concatJumps(&e.onFalse, pc)
	fs.patchToHere(e.onTrue)
	e.onTrue = noJump
}

func (fs *funcState) goIfFalse(e *expr) {
	fs.discharge(e)
	pc := noJump
	switch e.kind {
	case eNil, eFalse:
	case eJump:
		pc = e.info
	default:
		pc = fs.jumpOn(e, true)
	}
	fs.concatJumps(&e.onTrue, pc)
	fs.patchToHere(e.onFalse)
	e.onFalse = noJump
}

func (fs *funcState) not(e *expr) {
	fs.discharge(e)
	switch e.kind {
	case eNil, eFalse:
		e.kind = eTrue
	case eK, eNumber, eTrue:
		e.kind = eFalse
	case eJump:
		fs.invertJump(e)
	case eReloc, eNonReloc:
		fs.dischargeToAny(e)
		fs.freeExpr(e)
		e.info = fs.codeABC(opcode.Not, 0, e.info, 0)
		e.kind = eReloc
	}
	e.onTrue, e.onFalse = e.onFalse, e.onTrue
	fs.removeValues(e.onFalse)
	fs.removeValues(e.onTrue)
}
