package compile

import (
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/mem"
)

// The code generator follows lcode.c: which instructions, constants and line
// information a program becomes is part of what files contain.

const noJump = -1 // end of a jump list

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
		fs.code = fs.x.vm.Grow(fs.code, &fs.sizeCode, 4, maxInt, "code size overflow")
		fs.setVector(layout.ProtoCode, layout.ProtoSizeCode, fs.code, fs.sizeCode)
	}
	fs.setInstr(fs.pc, i)
	fs.addLine(fs.x.lastLine)
	fs.pc++
	return fs.pc - 1
}

func (fs *funcState) codeABC(op opcode.Op, a, b, c int) int {
	return fs.emit(uint32(op) | uint32(a)<<6 | uint32(b)<<23 | uint32(c)<<14)
}

func (fs *funcState) codeABx(op opcode.Op, a, bx int) int {
	return fs.emit(uint32(op) | uint32(a)<<6 | uint32(bx)<<14)
}

func (fs *funcState) codeAsBx(op opcode.Op, a, sbx int) int {
	return fs.codeABx(op, a, sbx+opcode.MaxSBx)
}

// setA, setB and setC replace an operand of an instruction.
func (fs *funcState) setA(pc, a int) {
	fs.setInstr(pc, fs.instr(pc)&^(opcode.MaxA<<6)|uint32(a)&opcode.MaxA<<6)
}

func (fs *funcState) setB(pc, b int) {
	fs.setInstr(pc, fs.instr(pc)&(1<<23-1)|uint32(b)<<23)
}

func (fs *funcState) setC(pc, c int) {
	fs.setInstr(pc, fs.instr(pc)&^(opcode.MaxC<<14)|uint32(c)&opcode.MaxC<<14)
}

// loadNil sets n registers to nil. At the start of a function they are; a LOADNIL just before
// is extended where that is possible.
func (fs *funcState) loadNil(from, n int) {
	if fs.pc > fs.lastTarget {
		if fs.pc == 0 {
			if from >= fs.nActive {
				return
			}
		} else if prev := fs.instr(fs.pc - 1); opcode.OpOf(prev) == opcode.LoadNil {
			first, last := opcode.A(prev), opcode.B(prev)
			if first <= from && from <= last+1 {
				if from+n-1 > last {
					fs.setB(fs.pc-1, from+n-1)
				}
				return
			}
		}
	}
	fs.codeABC(opcode.LoadNil, from, from+n-1, 0)
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
	fs.setInstr(pc, fs.instr(pc)&(1<<14-1)|uint32(d+opcode.MaxSBx)<<14)
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
	if pc >= 1 && opcode.OpOf(fs.instr(pc-1)).Info().Test {
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
		fs.setA(pc, reg)
	} else {
		fs.setInstr(pc, uint32(opcode.Test)|uint32(opcode.B(i))<<6|uint32(opcode.C(i))<<14)
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

// Registers.

func (fs *funcState) checkRegs(n int) {
	m := fs.x.m
	size := fs.freeReg + n
	if size > int(m.U8(fs.p+layout.ProtoMaxStackSize)) {
		if size >= maxRegs {
			fs.x.syntaxError("function or expression too complex")
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

// setList emits what stores items of a constructor, of which there were n in all.
func (fs *funcState) setList(base, n, toStore int) {
	c := (n-1)/opcode.FieldsPerFlush + 1
	b := toStore
	if toStore == multRet {
		b = 0
	}
	if c <= opcode.MaxC {
		fs.codeABC(opcode.SetList, base, b, c)
	} else {
		fs.codeABC(opcode.SetList, base, b, 0)
		fs.emit(uint32(c))
	}
	fs.freeReg = base + 1
}
