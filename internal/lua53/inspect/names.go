package inspect

import (
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/opcode"
	"moonlet.example/moonlet/internal/lua53/tag"
	"moonlet.example/moonlet/internal/mem"
)

// This file finds names for values and functions, by symbolic execution of the code that
// uses them (ldebug.c).

func (w *View) code(p Addr, pc int) opcode.Instruction {
	return w.m.U32(mem.Wrap(w.m.Ptr(p+layout.ProtoCode) + Addr(pc)*4))
}

// LocalName is the name of the n-th local variable (from 1) that is active at
// pc, "" if there is none.
func (w *View) LocalName(p Addr, n, pc int) (string, bool) {
	m, size := w.m, int(w.m.I32(p+layout.ProtoSizeLocVars))
	for i, a := 0, w.m.Ptr(p+layout.ProtoLocVars); i < size; i, a = i+1, a+layout.LocVarSize {
		if int(m.I32(a+layout.LocVarStartPC)) > pc {
			break
		}
		if pc < int(m.I32(a+layout.LocVarEndPC)) {
			if n--; n == 0 {
				return w.Text(m.Ptr(a + layout.LocVarVarName)), true
			}
		}
	}
	return "", false
}

// upvalName is the name of a prototype's upvalue, "?" when it was stripped.
func (w *View) upvalName(p Addr, i int) string {
	if name := w.m.Ptr(w.m.Ptr(p+layout.ProtoUpvalues) + Addr(i)*layout.UpvaldescSize + layout.UpvaldescName); name != 0 {
		return w.Text(name)
	}
	return "?"
}

// rkName is the name of an RK operand: the string constant itself, or that
// which a register was loaded with.
func (w *View) rkName(p Addr, pc, rk int) string {
	if opcode.IsK(rk) {
		if k := w.item(w.m.Ptr(p+layout.ProtoK), Addr(rk&^opcode.BitRK)); isString(w.tag(k)) {
			return w.Text(w.gcOf(k))
		}
	} else if kind, name := w.objName(p, pc, rk); kind == "constant" {
		return name
	}
	return "?"
}

// findSetReg is the last instruction before lastPC that changed a register, -1
// if none is sure.
func (w *View) findSetReg(p Addr, lastPC, reg int) int {
	setReg, jumpTarget := -1, 0 // code before jumpTarget is conditional
	for pc := range lastPC {
		i := w.code(p, pc)
		a, changes := opcode.A(i), false
		switch op := opcode.OpOf(i); op {
		case opcode.LoadNil:
			changes = a <= reg && reg <= a+opcode.B(i)
		case opcode.TForCall:
			changes = reg >= a+2
		case opcode.Call, opcode.TailCall:
			changes = reg >= a
		case opcode.Jmp:
			if dest := pc + 1 + opcode.SBx(i); pc < dest && dest <= lastPC {
				jumpTarget = max(jumpTarget, dest)
			}
		default:
			changes = op.SetsA() && reg == a
		}
		if changes {
			setReg = pc
			if pc < jumpTarget {
				setReg = -1
			}
		}
	}
	return setReg
}

// objName says what a register holds, by symbolic execution (getobjname): the
// kind of the variable and its name; kind is "" if nothing is known.
func (w *View) objName(p Addr, lastPC, reg int) (kind, name string) {
	if name, ok := w.LocalName(p, reg+1, lastPC); ok {
		return "local", name
	}
	pc := w.findSetReg(p, lastPC, reg)
	if pc < 0 {
		return "", ""
	}
	i := w.code(p, pc)
	switch op := opcode.OpOf(i); op {
	case opcode.Move:
		if b := opcode.B(i); b < opcode.A(i) {
			return w.objName(p, pc, b)
		}
	case opcode.GetTabUp, opcode.GetTable:
		table := ""
		if op == opcode.GetTable {
			table, _ = w.LocalName(p, opcode.B(i)+1, pc)
		} else {
			table = w.upvalName(p, opcode.B(i))
		}
		name = w.rkName(p, pc, opcode.C(i))
		if table == "_ENV" {
			return "global", name
		}
		return "field", name
	case opcode.GetUpval:
		return "upvalue", w.upvalName(p, opcode.B(i))
	case opcode.LoadK, opcode.LoadKX:
		k := opcode.Bx(i)
		if op == opcode.LoadKX {
			k = opcode.AxOf(w.code(p, pc+1))
		}
		if a := w.item(w.m.Ptr(p+layout.ProtoK), Addr(k)); isString(w.tag(a)) {
			return "constant", w.Text(w.gcOf(a))
		}
	case opcode.Self:
		return "method", w.rkName(p, pc, opcode.C(i))
	}
	return "", ""
}

// firstArithmetic is the place of "__add" among the events; the others follow as their
// instructions do.
const firstArithmetic = 6

// funcNameFromCode finds a name for the function that the Lua frame ci called.
func (w *View) funcNameFromCode(ci Addr) (kind, name string) {
	if w.ciStatus(ci)&tag.CallHooked != 0 {
		return "hook", "?"
	}
	p := w.ciProto(ci)
	pc := w.pc(p, ci)
	i := w.code(p, pc)
	event := ""
	switch op := opcode.OpOf(i); op {
	case opcode.Call, opcode.TailCall:
		return w.objName(p, pc, opcode.A(i))
	case opcode.TForCall:
		return "for iterator", "for iterator"
	case opcode.Self, opcode.GetTabUp, opcode.GetTable:
		event = "__index"
	case opcode.SetTabUp, opcode.SetTable:
		event = "__newindex"
	case opcode.Add, opcode.Sub, opcode.Mul, opcode.Mod, opcode.Pow, opcode.Div, opcode.IDiv,
		opcode.BAnd, opcode.BOr, opcode.BXor, opcode.Shl, opcode.Shr:
		event = chunk.Events[firstArithmetic+op-opcode.Add]
	case opcode.Unm:
		event = "__unm"
	case opcode.BNot:
		event = "__bnot"
	case opcode.Len:
		event = "__len"
	case opcode.Concat:
		event = "__concat"
	case opcode.Eq:
		event = "__eq"
	case opcode.Lt:
		event = "__lt"
	case opcode.Le:
		event = "__le"
	default:
		return "", ""
	}
	return "metamethod", event
}

// funcName finds a name for the function of frame ci.
func (w *View) funcName(ci Addr) (kind, name string) {
	switch prev := w.ciPrev(ci); {
	case w.ciStatus(ci)&tag.CallFin != 0:
		return "metamethod", "__gc"
	case w.ciStatus(ci)&tag.CallTail == 0 && prev != 0 && w.isLua(prev):
		return w.funcNameFromCode(prev)
	}
	return "", ""
}

// VariableOf tells which variable of the function of frame ci the value at a is in; kind is ""
// if nothing is known.
func (w *View) VariableOf(ci, a Addr) (kind, name string) {
	m := w.m
	if !w.isLua(ci) {
		return "", ""
	}
	cl := w.gcOf(w.ciFunc(ci))
	for i := range Addr(m.U8(cl + layout.LClosureNUpvalues)) {
		if uv := m.Ptr(cl + layout.LClosureUpvals + 4*i); m.Ptr(uv+layout.UpValV) == a {
			return "upvalue", w.upvalName(m.Ptr(cl+layout.LClosureP), int(i))
		}
	}
	if base := m.Ptr(ci + layout.CallInfoBase); a >= base && a < w.ciTop(ci) {
		p := w.ciProto(ci)
		return w.objName(p, w.pc(p, ci), int((a-base)/w.at.TVSize))
	}
	return "", ""
}
