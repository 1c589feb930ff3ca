package inspect

import (
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// maxRegisters is MAXSTACK.
const maxRegisters = 250

// checker goes through the code of a function symbolically, as symbexec (ldebug.c) does: it checks every instruction,
// or finds the last one that changes a register.
type checker struct {
	v                            *View
	p                            Addr
	size, stack, constants, nups int
	vararg                       byte
	reg, last                    int
	tracing                      bool
}

func (v *View) checker(p Addr) *checker {
	m := v.m
	return &checker{v: v, p: p, size: int(m.I32(p + layout.ProtoSizeCode)), stack: int(m.U8(p + layout.ProtoMaxStackSize)),
		constants: int(m.I32(p + layout.ProtoSizeK)), nups: int(m.U8(p + layout.ProtoNUps)), vararg: m.U8(p + layout.ProtoIsVararg)}
}

// CheckCode tells whether the code of a prototype is what a compiler could have made (luaG_checkcode).
func (v *View) CheckCode(p Addr) bool {
	c := v.checker(p)
	c.reg = -1
	return c.run(c.size)
}

// LastChange is the last instruction before pc that changed a register, as far as that is sure.
func (v *View) LastChange(p Addr, pc, reg int) (opcode.Instruction, bool) {
	if pc < 0 {
		return 0, false
	}
	c := v.checker(p)
	c.reg, c.tracing = reg, true
	if !c.run(pc) {
		return 0, false
	}
	return v.code(p, c.last), true
}

func (c *checker) at(pc int) opcode.Instruction { return c.v.code(c.p, pc) }

func (c *checker) precheck() bool {
	m := c.v.m
	has := int(c.vararg & opcode.VarargHasArg)
	return c.stack <= maxRegisters && int(m.U8(c.p+layout.ProtoNumParams))+has <= c.stack &&
		(c.vararg&opcode.VarargNeedsArg == 0 || has != 0) && int(m.I32(c.p+layout.ProtoSizeUpvalues)) <= c.nups &&
		c.size > 0 && opcode.OpOf(c.at(c.size-1)) == opcode.Return
}

// open tells whether the instruction behind pc takes an open list of values.
func (c *checker) open(pc int) bool {
	if pc+1 >= c.size {
		return false
	}
	switch i := c.at(pc + 1); opcode.OpOf(i) {
	case opcode.Call, opcode.TailCall, opcode.Return, opcode.SetList:
		return opcode.B(i) == 0
	}
	return false
}

func (c *checker) argument(x int, kind opcode.Arg) bool {
	switch kind {
	case opcode.Unused:
		return x == 0
	case opcode.Register:
		return x < c.stack
	case opcode.RK:
		if opcode.IsK(x) {
			return x&^opcode.BitRK < c.constants
		}
		return x < c.stack
	}
	return true
}

// run goes through the code up to an instruction.
func (c *checker) run(end int) bool {
	c.last = c.size - 1
	if !c.precheck() {
		return false
	}
	for pc := 0; pc < end; pc++ {
		i := c.at(pc)
		op := opcode.OpOf(i)
		if op >= opcode.Count {
			return false
		}
		info, a := op.Info(), opcode.A(i)
		b, good := c.operands(pc, i, info)
		if !good || a >= c.stack {
			return false
		}
		if info.SetsA && a == c.reg {
			c.last = pc
		}
		if info.Test && (pc+2 >= c.size || opcode.OpOf(c.at(pc+1)) != opcode.Jmp) {
			return false
		}
		skip, good := c.instruction(pc, end, op, a, b, opcode.C(i))
		if !good {
			return false
		}
		pc += skip
	}
	return true
}

// operands checks the operands B and C by their kinds, and gives B, Bx or sBx.
func (c *checker) operands(pc int, i opcode.Instruction, info opcode.Info) (b int, good bool) {
	switch info.Mode {
	case opcode.ABC:
		b = opcode.B(i)
		return b, c.argument(b, info.B) && c.argument(opcode.C(i), info.C)
	case opcode.ABx:
		b = opcode.Bx(i)
		return b, info.B != opcode.RK || b < c.constants
	}
	b = opcode.SBx(i)
	if info.B != opcode.Register {
		return b, true
	}
	dest := pc + 1 + b
	if dest < 0 || dest >= c.size {
		return b, false
	}
	// It must not jump to the count of a SETLIST. The count of one before may look like a SETLIST, too, so the
	// number of those in a row decides.
	n := 0
	for ; n < dest; n++ {
		if d := c.at(dest - 1 - n); opcode.OpOf(d) != opcode.SetList || opcode.C(d) != 0 {
			break
		}
	}
	return b, n&1 == 0
}

// instruction checks what is special about an instruction. skip is how many more are done with it.
func (c *checker) instruction(pc, end int, op opcode.Op, a, b, cc int) (skip int, good bool) {
	m := c.v.m
	good = true
	changed := func(is bool) {
		if is {
			c.last = pc
		}
	}
	switch op {
	case opcode.LoadBool:
		good = cc != 1 || pc+2 < c.size && (opcode.OpOf(c.at(pc+1)) != opcode.SetList || opcode.C(c.at(pc+1)) != 0)
	case opcode.LoadNil:
		changed(a <= c.reg && c.reg <= b)
	case opcode.GetUpval, opcode.SetUpval:
		good = b < c.nups
	case opcode.GetGlobal, opcode.SetGlobal:
		good = c.v.tag(c.v.item(m.Ptr(c.p+layout.ProtoK), Addr(b))) == tag.String
	case opcode.Self:
		good = a+1 < c.stack
		changed(c.reg == a+1)
	case opcode.Concat:
		good = b < cc
	case opcode.TForLoop:
		good = cc >= 1 && a+2+cc < c.stack
		changed(c.tracing && c.reg >= a+2)
	case opcode.ForLoop, opcode.ForPrep, opcode.Jmp:
		good = op == opcode.Jmp || a+3 < c.stack
		if dest := pc + 1 + b; c.tracing && pc < dest && dest <= end {
			skip = b
		}
	case opcode.Call, opcode.TailCall:
		good = (b == 0 || a+b-1 < c.stack) && c.results(pc, a, cc-1)
		changed(c.tracing && c.reg >= a)
	case opcode.Return:
		good = b <= 1 || a+b-2 < c.stack
	case opcode.SetList:
		good = b == 0 || a+b < c.stack
		if cc == 0 {
			skip = 1
			good = good && pc+1 < c.size-1
		}
	case opcode.Closure:
		return c.closure(pc, b)
	case opcode.Vararg:
		good = c.vararg&opcode.VarargIs != 0 && c.vararg&opcode.VarargNeedsArg == 0 && c.varargs(pc, a, b-1)
	}
	return skip, good
}

// results checks that n results have room, or that the next instruction takes all there are.
func (c *checker) results(pc, a, n int) bool {
	switch {
	case n < 0:
		return c.open(pc)
	case n > 0:
		return a+n-1 < c.stack
	}
	return true
}

func (c *checker) varargs(pc, a, n int) bool {
	if n < 0 && !c.open(pc) {
		return false
	}
	return a+n-1 < c.stack
}

// closure checks CLOSURE and the pseudo-instructions behind it.
func (c *checker) closure(pc, b int) (skip int, good bool) {
	m := c.v.m
	if b >= int(m.I32(c.p+layout.ProtoSizeP)) {
		return 0, false
	}
	n := int(m.U8(m.Ptr(m.Ptr(c.p+layout.ProtoP)+Addr(b)*4) + layout.ProtoNUps))
	if pc+n >= c.size {
		return 0, false
	}
	for j := 1; j <= n; j++ {
		if op := opcode.OpOf(c.at(pc + j)); op != opcode.GetUpval && op != opcode.Move {
			return 0, false
		}
	}
	if c.tracing {
		skip = n
	}
	return skip, true
}
