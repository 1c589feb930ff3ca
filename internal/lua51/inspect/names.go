package inspect

import (
	"moonlet.example/moonlet/internal/lua/lineinfo"
	"moonlet.example/moonlet/internal/lua/machine"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// This file is what messages of errors tell about functions: places, and names of variables (ldebug.c).

// IsLua tells whether a frame is that of a Lua function.
func (v *View) IsLua(ci Addr) bool { return v.ProtoOf(v.function(ci)) != 0 }

// function is the place of a frame's function.
func (v *View) function(ci Addr) Addr { return v.m.Ptr(ci + layout.CallInfoFunc) }

// base is the first register of a frame.
func (v *View) base(ci Addr) Addr { return v.m.Ptr(ci + layout.CallInfoBase) }

// CurrentPC is the index of the instruction that a frame of the thread l executes, -1 if it is not Lua's or has not
// begun.
func (v *View) CurrentPC(l, ci Addr) int {
	p := v.ProtoOf(v.function(ci))
	if p == 0 {
		return -1
	}
	pc := v.m.Ptr(ci + layout.CallInfoSavedPC)
	if ci == v.m.Ptr(l+layout.LuaStateCI) {
		pc = v.m.Ptr(l + layout.LuaStateSavedPC)
	}
	return int(int64(pc)-int64(v.m.Ptr(p+layout.ProtoCode)))/4 - 1
}

// CurrentLine is the line that a frame executes, -1 if nothing is known of that.
func (v *View) CurrentLine(l, ci Addr) int {
	pc := v.CurrentPC(l, ci)
	if pc < 0 {
		return -1
	}
	return v.FuncLine(v.ProtoOf(v.function(ci)), pc)
}

// Lines is the line information of a prototype.
func (v *View) Lines(p Addr) []byte {
	return v.m.Bytes(v.m.Ptr(p+layout.ProtoLineInfo), v.LineBytes(p))
}

// FuncLine is the line of an instruction, 0 where there is no line information (luaG_getline).
func (v *View) FuncLine(p Addr, pc int) int {
	if v.m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return 0
	}
	return max(lineinfo.Of(v.Lines(p), int(v.m.U32(p+layout.ProtoSizeCode)), pc), 0)
}

func (v *View) code(p Addr, pc int) opcode.Instruction {
	return v.m.U32(Addr(uint32(v.m.Ptr(p+layout.ProtoCode) + Addr(pc)*4)))
}

// kName is the string of an RK operand, "?" if it is none.
func (v *View) kName(p Addr, rk int) string {
	if opcode.IsK(rk) {
		if k := v.item(v.m.Ptr(p+layout.ProtoK), Addr(rk&^opcode.BitRK)); v.tag(k) == tag.String {
			return v.cString(v.object(k))
		}
	}
	return "?"
}

// ObjName says what a register of a frame of the thread l holds, by symbolic execution (getobjname).
func (v *View) ObjName(l, ci Addr, reg int) (kind, name string) {
	p, pc := v.ProtoOf(v.function(ci)), v.CurrentPC(l, ci)
	if p == 0 {
		return "", ""
	}
	if name, ok := v.LocalName(p, reg+1, pc); ok {
		return "local", name
	}
	i, ok := v.LastChange(p, pc, reg)
	if !ok {
		return "", ""
	}
	switch opcode.OpOf(i) {
	case opcode.GetGlobal:
		return "global", v.cString(v.object(v.item(v.m.Ptr(p+layout.ProtoK), Addr(opcode.Bx(i)))))
	case opcode.Move:
		if b := opcode.B(i); b < opcode.A(i) {
			return v.ObjName(l, ci, b)
		}
	case opcode.GetTable:
		return "field", v.kName(p, opcode.C(i))
	case opcode.GetUpval:
		name = "?"
		if b := Addr(opcode.B(i)); b < v.m.Ptr(p+layout.ProtoSizeUpvalues) {
			name = v.cString(v.m.Ptr(v.m.Ptr(p+layout.ProtoUpvalues) + 4*b))
		}
		return "upvalue", name
	case opcode.Self:
		return "method", v.kName(p, opcode.C(i))
	}
	return "", ""
}

// FuncName finds a name for the function of a frame of the thread l (getfuncname).
func (v *View) FuncName(l, ci Addr) (kind, name string) {
	prev := ci - layout.CallInfoSize
	if v.IsLua(ci) && v.m.I32(ci+layout.CallInfoTailCalls) > 0 || prev < v.m.Ptr(l+layout.LuaStateBaseCI) {
		return "", ""
	}
	pc := v.CurrentPC(l, prev)
	if pc < 0 {
		return "", ""
	}
	switch i := v.code(v.ProtoOf(v.function(prev)), pc); opcode.OpOf(i) {
	case opcode.Call, opcode.TailCall, opcode.TForLoop:
		return v.ObjName(l, prev, opcode.A(i))
	}
	return "", ""
}

// ProtoOf is the prototype of the function at a, 0 if it is no Lua function.
func (v *View) ProtoOf(a Addr) Addr {
	if v.tag(a) != tag.Function || v.m.U8(v.object(a)+layout.LClosureIsC) != 0 {
		return 0
	}
	return v.m.Ptr(v.object(a) + layout.LClosureP)
}

// FindLocal finds the n-th local variable or value of a frame of the thread l; pos is 0 if there is none.
func (v *View) FindLocal(l, ci Addr, n int) (name string, pos Addr) {
	pos = v.base(ci) + Addr(n-1)*v.at.TVSize
	if p := v.ProtoOf(v.function(ci)); p != 0 {
		if name, ok := v.LocalName(p, n, v.CurrentPC(l, ci)); ok {
			return name, pos
		}
	}
	limit := v.m.Ptr(l + layout.LuaStateTop)
	if ci != v.m.Ptr(l+layout.LuaStateCI) {
		limit = v.function(ci + layout.CallInfoSize)
	}
	if n <= 0 || (int64(limit)-int64(v.base(ci)))/int64(v.at.TVSize) < int64(n) {
		return "", 0
	}
	return machine.Temporary, pos
}

// UpvalueAt finds the n-th upvalue of the function at a: its name, its value, and what owns that.
func (v *View) UpvalueAt(a Addr, n int) (name string, val, owner Addr, ok bool) {
	m := v.m
	if a == 0 || v.tag(a) != tag.Function {
		return
	}
	f := v.object(a)
	if n < 1 || n > int(m.U8(f+layout.LClosureNUpvalues)) {
		return
	}
	if m.U8(f+layout.LClosureIsC) != 0 {
		return "", f + layout.CClosureSize + Addr(n-1)*v.at.TVSize, f, true
	}
	p := m.Ptr(f + layout.LClosureP)
	if n <= int(m.I32(p+layout.ProtoSizeUpvalues)) {
		name = v.cString(m.Ptr(m.Ptr(p+layout.ProtoUpvalues) + 4*Addr(n-1)))
	}
	uv := m.Ptr(f + layout.LClosureSize + 4*Addr(n-1))
	return name, m.Ptr(uv + layout.UpValV), uv, true
}

// LineBytes is the size of a prototype's line information, which ends with a zero byte.
func (v *View) LineBytes(p Addr) Addr {
	a := v.m.Ptr(p + layout.ProtoLineInfo)
	if a == 0 {
		return 0
	}
	n := Addr(0)
	for v.m.U8(a+n) != 0 {
		n++
	}
	return n + 1
}

// LocalName is the name of the n-th local variable (from 1) that is active at pc.
func (v *View) LocalName(p Addr, n, pc int) (string, bool) {
	m, size := v.m, int(v.m.I32(p+layout.ProtoSizeLocVars))
	for i, a := 0, v.m.Ptr(p+layout.ProtoLocVars); i < size; i, a = i+1, a+layout.LocVarSize {
		if int(m.I32(a+layout.LocVarStartPC)) > pc {
			break
		}
		if pc < int(m.I32(a+layout.LocVarEndPC)) {
			if n--; n == 0 {
				return v.cString(m.Ptr(a + layout.LocVarVarName)), true
			}
		}
	}
	return "", false
}
