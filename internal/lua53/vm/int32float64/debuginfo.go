// Code generated from ../debuginfo.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// idSize is the size of a chunk's name in messages with its final NUL
// (LUA_IDSIZE, luaconf.h).
const idSize = 60

// chunkID makes a printable name of a chunk's source (luaO_chunkid).
func chunkID(source string) string {
	switch {
	case strings.HasPrefix(source, "="):
		if len(source) <= idSize {
			return source[1:]
		}
		return source[1:idSize]
	case strings.HasPrefix(source, "@"):
		if len(source) <= idSize {
			return source[1:]
		}
		return "..." + source[1+len(source)-(idSize-3):]
	}
	const pre, dots, post = `[string "`, "...", `"]`
	room := idSize - len(pre+dots+post) - 1
	line, _, cut := strings.Cut(source, "\n")
	if len(source) < room && !cut {
		return pre + source + post
	}
	return pre + line[:min(len(line), room)] + dots + post
}

// currentPC is the index of the instruction that the Lua frame ci executes.
func (v *VM) currentPC(ci Addr) int {
	return int(v.m.Ptr(ci+layout.CallInfoSavedPC)-v.m.Ptr(v.ciProto(ci)+layout.ProtoCode))/4 - 1
}

func (v *VM) currentLine(ci Addr) int { return v.funcLine(v.ciProto(ci), v.currentPC(ci)) }

func (v *VM) code(p Addr, pc int) opcode.Instruction {
	return v.m.U32(Addr(uint32(v.m.Ptr(p+layout.ProtoCode) + Addr(pc)*4)))
}

// upvalName is the name of a prototype's upvalue, "?" when it was stripped.
func (v *VM) upvalName(p Addr, i int) string {
	if name := v.m.Ptr(v.m.Ptr(p+layout.ProtoUpvalues) + Addr(i)*layout.UpvaldescSize + layout.UpvaldescName); name != 0 {
		return v.cGoString(name)
	}
	return "?"
}

// rkName is the name of an RK operand: the string constant itself, or that
// which a register was loaded with.
func (v *VM) rkName(p Addr, pc, rk int) string {
	if opcode.IsK(rk) {
		if k := v.item(v.m.Ptr(p+layout.ProtoK), Addr(rk&^opcode.BitRK)); isString(v.tag(k)) {
			return v.cGoString(v.gcOf(k))
		}
	} else if kind, name := v.objName(p, pc, rk); kind == "constant" {
		return name
	}
	return "?"
}

// findSetReg is the last instruction before lastPC that changed a register, -1
// if none is sure.
func (v *VM) findSetReg(p Addr, lastPC, reg int) int {
	setReg, jumpTarget := -1, 0 // code before jumpTarget is conditional
	for pc := range lastPC {
		i := v.code(p, pc)
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
func (v *VM) objName(p Addr, lastPC, reg int) (kind, name string) {
	if name, ok := v.localName(p, reg+1, lastPC); ok {
		return "local", name
	}
	pc := v.findSetReg(p, lastPC, reg)
	if pc < 0 {
		return "", ""
	}
	i := v.code(p, pc)
	switch op := opcode.OpOf(i); op {
	case opcode.Move:
		if b := opcode.B(i); b < opcode.A(i) {
			return v.objName(p, pc, b)
		}
	case opcode.GetTabUp, opcode.GetTable:
		table := ""
		if op == opcode.GetTable {
			table, _ = v.localName(p, opcode.B(i)+1, pc)
		} else {
			table = v.upvalName(p, opcode.B(i))
		}
		name = v.rkName(p, pc, opcode.C(i))
		if table == "_ENV" {
			return "global", name
		}
		return "field", name
	case opcode.GetUpval:
		return "upvalue", v.upvalName(p, opcode.B(i))
	case opcode.LoadK, opcode.LoadKX:
		k := opcode.Bx(i)
		if op == opcode.LoadKX {
			k = opcode.AxOf(v.code(p, pc+1))
		}
		if a := v.item(v.m.Ptr(p+layout.ProtoK), Addr(k)); isString(v.tag(a)) {
			return "constant", v.cGoString(v.gcOf(a))
		}
	case opcode.Self:
		return "method", v.rkName(p, pc, opcode.C(i))
	}
	return "", ""
}

// funcNameFromCode finds a name for the function that the Lua frame ci called.
func (v *VM) funcNameFromCode(ci Addr) (kind, name string) {
	if v.ciStatus(ci)&cistHooked != 0 {
		return "hook", "?"
	}
	p, pc := v.ciProto(ci), v.currentPC(ci)
	i := v.code(p, pc)
	tm := -1
	switch op := opcode.OpOf(i); op {
	case opcode.Call, opcode.TailCall:
		return v.objName(p, pc, opcode.A(i))
	case opcode.TForCall:
		return "for iterator", "for iterator"
	case opcode.Self, opcode.GetTabUp, opcode.GetTable:
		tm = tmIndex
	case opcode.SetTabUp, opcode.SetTable:
		tm = tmNewIndex
	case opcode.Add, opcode.Sub, opcode.Mul, opcode.Mod, opcode.Pow, opcode.Div, opcode.IDiv,
		opcode.BAnd, opcode.BOr, opcode.BXor, opcode.Shl, opcode.Shr:
		tm = int(op-opcode.Add) + tmAdd
	case opcode.Unm:
		tm = tmUnm
	case opcode.BNot:
		tm = tmBNot
	case opcode.Len:
		tm = tmLen
	case opcode.Concat:
		tm = tmConcat
	case opcode.Eq:
		tm = tmEq
	case opcode.Lt:
		tm = tmLt
	case opcode.Le:
		tm = tmLe
	default:
		return "", ""
	}
	return "metamethod", eventNames[tm]
}

// funcName finds a name for the function of frame ci.
func (v *VM) funcName(ci Addr) (kind, name string) {
	switch prev := v.ciPrev(ci); {
	case v.ciStatus(ci)&cistFin != 0:
		return "metamethod", "__gc"
	case v.ciStatus(ci)&cistTail == 0 && prev != 0 && v.isLua(prev):
		return v.funcNameFromCode(prev)
	}
	return "", ""
}

// varInfo describes the variable that holds the value at a, for messages.
func (t *Thread) varInfo(a Addr) string {
	v, m := t.v, t.m
	ci := t.ci()
	if !v.isLua(ci) {
		return ""
	}
	kind, name := "", ""
	cl := v.gcOf(v.ciFunc(ci))
	for i := range Addr(m.U8(cl + layout.LClosureNUpvalues)) {
		if uv := m.Ptr(cl + layout.LClosureUpvals + 4*i); m.Ptr(uv+layout.UpValV) == a {
			kind, name = "upvalue", v.upvalName(m.Ptr(cl+layout.LClosureP), int(i))
			break
		}
	}
	if base := m.Ptr(ci + layout.CallInfoBase); kind == "" && a >= base && a < v.ciTop(ci) {
		kind, name = v.objName(v.ciProto(ci), v.currentPC(ci), int((a-base)/tvSize))
	}
	if kind == "" {
		return ""
	}
	t.pushFString(" (%s '%s')", kind, name) // the firmware makes this string, too
	return " (" + kind + " '" + name + "')"
}

// typeError raises "attempt to op a T value" for the value at a.
func (t *Thread) typeError(a Addr, op string) {
	name := t.objTypeName(a)
	t.runError("attempt to %s a %s value%s", op, name, t.varInfo(a))
}

func (t *Thread) concatError(a, b Addr) {
	if tag := t.v.tag(a); isString(tag) || isNumber(tag) {
		a = b
	}
	t.typeError(a, "concatenate")
}

func (t *Thread) opIntError(a, b Addr, msg string) {
	if _, ok := t.toNumber(a); !ok {
		b = a
	}
	t.typeError(b, msg)
}

func (t *Thread) toIntError(a, b Addr) {
	if _, ok := t.v.toInteger(a, exact); !ok {
		b = a
	}
	t.runError("number%s has no integer representation", t.varInfo(b))
}

func (t *Thread) orderError(a, b Addr) {
	t1, t2 := t.objTypeName(a), t.objTypeName(b)
	if t1 == t2 {
		t.runError("attempt to compare two %s values", t1)
	}
	t.runError("attempt to compare %s with %s", t1, t2)
}

// runError raises an error whose message is prefixed with the position of the
// running Lua function. The verbs are those of pushFString.
func (t *Thread) runError(format string, args ...any) {
	t.checkGC()
	t.pushFString(format, args...)
	if ci := t.ci(); t.v.isLua(ci) {
		t.addInfo(t.m.Ptr(t.v.ciProto(ci)+layout.ProtoSource), t.v.currentLine(ci))
	}
	t.errorMsg()
}

// addInfo pushes the message on top of the stack with a position in front.
func (t *Thread) addInfo(source Addr, line int) {
	name := "?"
	if source != 0 {
		name = chunkID(t.v.cGoString(source))
	}
	msg := t.v.cGoString(t.v.gcOf(t.top() - tvSize))
	t.pushFString("%s:%d: %s", name, line, msg)
}

// errorMsg raises the error object on top of the stack, after the message
// handler of the protected call had it.
func (t *Thread) errorMsg() {
	t.runHandler()
	t.throw(state.ErrRun)
}

// runHandler replaces the error object on top by what the message handler makes
// of it.
func (t *Thread) runHandler() {
	off := t.m.Ptr(t.l + layout.LuaStateErrFunc)
	if off == 0 {
		return
	}
	tv, top := tvSize, t.top()
	t.v.copyTV(top, top-tv)
	t.v.copyTV(top-tv, t.restore(off))
	t.setTop(top + tv)
	t.callNoYield(top-tv, 1)
}
