package compile

import (
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// The code generator follows lcode.c: which instructions, constants and line
// information a program becomes is part of what files contain.

const (
	noJump  = -1 // end of a jump list
	maxRegs = 255
)

func (fs *funcState) instr(pc int) opcode.Instruction {
	return fs.x.m.U32(fs.code + mem.Addr(pc)*4)
}

func (fs *funcState) setInstr(pc int, i opcode.Instruction) {
	fs.x.m.SetU32(fs.code+mem.Addr(pc)*4, i)
}

// emit adds an instruction and returns its position.
func (fs *funcState) emit(i opcode.Instruction) int {
	fs.patchLists(fs.jpc, fs.pc, opcode.NoReg, fs.pc)
	fs.jpc = noJump
	if fs.pc+1 > fs.sizeCode {
		fs.code = fs.x.vm.Grow(fs.code, &fs.sizeCode, 4, 1<<31-1, "opcodes")
		fs.setVector(layout.ProtoCode, layout.ProtoSizeCode, fs.code, fs.sizeCode)
	}
	fs.setInstr(fs.pc, i)
	fs.addLine(fs.pc, fs.x.lastLine)
	fs.pc++
	return fs.pc - 1
}

func (fs *funcState) codeABC(op opcode.Op, a, b, c int) int {
	return fs.emit(opcode.MakeABC(op, a, b, c))
}

func (fs *funcState) codeABx(op opcode.Op, a, bx int) int {
	return fs.emit(opcode.MakeABx(op, a, bx))
}

func (fs *funcState) codeAsBx(op opcode.Op, a, sbx int) int {
	return fs.codeABx(op, a, sbx+opcode.MaxSBx)
}

// codeK loads constant k into a register.
func (fs *funcState) codeK(reg, k int) int {
	if k <= opcode.MaxBx {
		return fs.codeABx(opcode.LoadK, reg, k)
	}
	pc := fs.codeABx(opcode.LoadKX, reg, 0)
	fs.emit(opcode.MakeAx(opcode.ExtraArg, k))
	return pc
}

// loadNil sets n registers to nil; it extends a LOADNIL just before where that
// is possible.
func (fs *funcState) loadNil(from, n int) {
	last := from + n - 1
	if fs.pc > fs.lastTarget {
		prev := fs.instr(fs.pc - 1)
		if opcode.OpOf(prev) == opcode.LoadNil {
			pfrom := opcode.A(prev)
			plast := pfrom + opcode.B(prev)
			if pfrom <= from && from <= plast+1 || from <= pfrom && pfrom <= last+1 {
				from, last = min(from, pfrom), max(last, plast)
				fs.setInstr(fs.pc-1, opcode.SetB(opcode.SetA(prev, from), last-from))
				return
			}
		}
	}
	fs.codeABC(opcode.LoadNil, from, n-1, 0)
}

func (fs *funcState) ret(first, n int) { fs.codeABC(opcode.Return, first, n+1, 0) }

// Jumps. A list of jumps is linked through their distances; its last jump points
// to itself.

func (fs *funcState) getJump(pc int) int {
	d := opcode.SBx(fs.instr(pc))
	if d == noJump {
		return noJump
	}
	return pc + 1 + d
}

func (fs *funcState) fixJump(pc, dest int) {
	d := dest - (pc + 1)
	if d > opcode.MaxSBx || d < -opcode.MaxSBx {
		fs.x.syntaxError("control structure too long")
	}
	fs.setInstr(pc, opcode.SetSBx(fs.instr(pc), d))
}

// concatJumps appends list l2 to list *l1.
func (fs *funcState) concatJumps(l1 *int, l2 int) {
	switch {
	case l2 == noJump:
	case *l1 == noJump:
		*l1 = l2
	default:
		list := *l1
		for next := fs.getJump(list); next != noJump; next = fs.getJump(list) {
			list = next
		}
		fs.fixJump(list, l2)
	}
}

// jump emits a jump whose target is open. Jumps that were pending to it go with
// it to its target.
func (fs *funcState) jump() int {
	jpc := fs.jpc
	fs.jpc = noJump
	j := fs.codeAsBx(opcode.Jmp, 0, noJump)
	fs.concatJumps(&j, jpc)
	return j
}

func (fs *funcState) condJump(op opcode.Op, a, b, c int) int {
	fs.codeABC(op, a, b, c)
	return fs.jump()
}

// getLabel marks the current position as a jump target.
func (fs *funcState) getLabel() int {
	fs.lastTarget = fs.pc
	return fs.pc
}

// control is the position of the instruction that decides a jump: its test, or
// the jump itself.
func (fs *funcState) control(pc int) int {
	if pc >= 1 && opcode.OpOf(fs.instr(pc-1)).IsTest() {
		return pc - 1
	}
	return pc
}

// patchTestReg gives the TESTSET of a jump its register, or makes it a TEST when
// nobody wants the value. It tells false for other jumps.
func (fs *funcState) patchTestReg(node, reg int) bool {
	pc := fs.control(node)
	i := fs.instr(pc)
	if opcode.OpOf(i) != opcode.TestSet {
		return false
	}
	if reg != opcode.NoReg && reg != opcode.B(i) {
		fs.setInstr(pc, opcode.SetA(i, reg))
	} else {
		fs.setInstr(pc, opcode.MakeABC(opcode.Test, opcode.B(i), 0, opcode.C(i)))
	}
	return true
}

func (fs *funcState) removeValues(list int) {
	for ; list != noJump; list = fs.getJump(list) {
		fs.patchTestReg(list, opcode.NoReg)
	}
}

// patchLists resolves a list: jumps that produce a value go to vtarget and put
// it into reg, the others to dtarget.
func (fs *funcState) patchLists(list, vtarget, reg, dtarget int) {
	for list != noJump {
		next := fs.getJump(list)
		if fs.patchTestReg(list, reg) {
			fs.fixJump(list, vtarget)
		} else {
			fs.fixJump(list, dtarget)
		}
		list = next
	}
}

func (fs *funcState) patchToHere(list int) {
	fs.getLabel()
	fs.concatJumps(&fs.jpc, list)
}

func (fs *funcState) patchList(list, target int) {
	if target == fs.pc {
		fs.patchToHere(list)
	} else {
		fs.patchLists(list, target, opcode.NoReg, target)
	}
}

// patchClose makes all jumps of a list close upvalues from a level up.
func (fs *funcState) patchClose(list, level int) {
	for ; list != noJump; list = fs.getJump(list) {
		fs.setInstr(list, opcode.SetA(fs.instr(list), level+1))
	}
}

// Registers.

func (fs *funcState) checkRegs(n int) {
	m := fs.x.m
	size := fs.freeReg + n
	if size > int(m.U8(fs.p+layout.ProtoMaxStackSize)) {
		if size >= maxRegs {
			fs.x.syntaxError("function or expression needs too many registers")
		}
		m.SetU8(fs.p+layout.ProtoMaxStackSize, uint8(size))
	}
}

func (fs *funcState) reserve(n int) {
	fs.checkRegs(n)
	fs.freeReg += n
}

func (fs *funcState) free(reg int) {
	if !opcode.IsK(reg) && reg >= fs.nActive {
		fs.freeReg--
	}
}

func (fs *funcState) freeExpr(e *expr) {
	if e.kind == eNonReloc {
		fs.free(e.info)
	}
}

// freeExprs frees the registers of two expressions, the higher one first.
func (fs *funcState) freeExprs(e1, e2 *expr) {
	r1, r2 := -1, -1
	if e1.kind == eNonReloc {
		r1 = e1.info
	}
	if e2.kind == eNonReloc {
		r2 = e2.info
	}
	for _, r := range [2]int{max(r1, r2), min(r1, r2)} {
		if r >= 0 {
			fs.free(r)
		}
	}
}

// Expressions.

func (fs *funcState) setReturns(e *expr, n int) {
	switch e.kind {
	case eCall:
		fs.setInstr(e.info, opcode.SetC(fs.instr(e.info), n+1))
	case eVararg:
		i := opcode.SetB(fs.instr(e.info), n+1)
		fs.setInstr(e.info, opcode.SetA(i, fs.freeReg))
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
		fs.setInstr(e.info, opcode.SetB(fs.instr(e.info), 2))
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
	case eIndexed:
		fs.free(e.key)
		op := opcode.GetTabUp
		if e.in == eLocal {
			fs.free(e.table)
			op = opcode.GetTable
		}
		e.info = fs.codeABC(op, 0, e.table, e.key)
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
		fs.codeK(reg, e.info)
	case eKFloat:
		fs.codeK(reg, fs.x.vm.FloatK(&fs.consts, e.f))
	case eKInt:
		fs.codeK(reg, fs.x.vm.IntK(&fs.consts, e.i))
	case eReloc:
		fs.setInstr(e.info, opcode.SetA(fs.instr(e.info), reg))
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

func (fs *funcState) toAnyRegUp(e *expr) {
	if e.kind != eUpval || e.hasJumps() {
		fs.toAnyReg(e)
	}
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
	case eTrue:
		e.info = fs.x.vm.BoolK(&fs.consts, true)
	case eFalse:
		e.info = fs.x.vm.BoolK(&fs.consts, false)
	case eNil:
		e.info = fs.x.vm.NilK(&fs.consts)
	case eKInt:
		e.info = fs.x.vm.IntK(&fs.consts, e.i)
	case eKFloat:
		e.info = fs.x.vm.FloatK(&fs.consts, e.f)
	case eK:
	default:
		return fs.toAnyReg(e)
	}
	e.kind = eK
	if e.info <= opcode.MaxIndexRK {
		return e.info | opcode.BitRK
	}
	return fs.toAnyReg(e)
}
