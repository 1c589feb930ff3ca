package vm

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/lineinfo"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/opcode"
)

// idSize is the size of a chunk's name in messages with its final NUL (LUA_IDSIZE).
const idSize = 60

// chunkID makes a printable name of a chunk's source, in a buffer of a size (luaO_chunkid).
func chunkID(source string, size int) string {
	switch {
	case strings.HasPrefix(source, "="):
		return source[1:min(len(source), size)]
	case strings.HasPrefix(source, "@"):
		source = source[1:]
		if room := size - len(" '...' ") - 1; len(source) > room {
			return "..." + source[len(source)-room:]
		}
		return source
	}
	line, cut := source, false
	if i := strings.IndexAny(source, "\r\n"); i >= 0 {
		line, cut = source[:i], true
	}
	if room := size - len(` [string "..."] `) - 1; len(line) > room {
		line, cut = line[:room], true
	}
	if cut {
		line += "..."
	}
	return `[string "` + line + `"]`
}

// pcOf is the saved pc of a frame.
func (t *Thread) pcOf(ci Addr) Addr {
	if ci == t.ci() {
		t.m.SetPtr(ci+layout.CallInfoSavedPC, t.savedPC())
	}
	return t.m.Ptr(ci + layout.CallInfoSavedPC)
}

// currentPC is the index of the instruction that the frame ci executes, -1 if it is not Lua's or has not begun.
func (t *Thread) currentPC(ci Addr) int {
	if !t.v.isLua(ci) {
		return -1
	}
	return int(int64(t.pcOf(ci))-int64(t.m.Ptr(t.v.ciProto(ci)+layout.ProtoCode)))/4 - 1
}

// currentLine is the line that a frame executes, -1 if nothing is known of that.
func (t *Thread) currentLine(ci Addr) int {
	pc := t.currentPC(ci)
	if pc < 0 {
		return -1
	}
	return t.v.funcLine(t.v.ciProto(ci), pc)
}

// lines is the line information of a prototype.
func (v *VM) lines(p Addr) []byte { return v.m.Bytes(v.m.Ptr(p+layout.ProtoLineInfo), v.lineBytes(p)) }

// funcLine is the line of an instruction, 0 where there is no line information (luaG_getline).
func (v *VM) funcLine(p Addr, pc int) int {
	if v.m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return 0
	}
	return max(lineinfo.Of(v.lines(p), int(v.m.U32(p+layout.ProtoSizeCode)), pc), 0)
}

func (v *VM) code(p Addr, pc int) opcode.Instruction {
	return v.m.U32(Addr(uint32(v.m.Ptr(p+layout.ProtoCode) + Addr(pc)*4)))
}

// kName is the string of an RK operand, "?" if it is none.
func (v *VM) kName(p Addr, rk int) string {
	if opcode.IsK(rk) {
		if k := v.item(v.m.Ptr(p+layout.ProtoK), Addr(rk&^opcode.BitRK)); v.tag(k) == tagString {
			return v.cGoString(v.gcOf(k))
		}
	}
	return "?"
}

// objName says what a register of a frame holds, by symbolic execution (getobjname).
func (t *Thread) objName(ci Addr, reg int) (kind, name string) {
	v := t.v
	if !v.isLua(ci) {
		return "", ""
	}
	p, pc := v.ciProto(ci), t.currentPC(ci)
	if name, ok := v.localName(p, reg+1, pc); ok {
		return "local", name
	}
	i, ok := v.lastChange(p, pc, reg)
	if !ok {
		return "", ""
	}
	switch opcode.OpOf(i) {
	case opcode.GetGlobal:
		return "global", v.cGoString(v.gcOf(v.item(v.m.Ptr(p+layout.ProtoK), Addr(opcode.Bx(i)))))
	case opcode.Move:
		if b := opcode.B(i); b < opcode.A(i) {
			return t.objName(ci, b)
		}
	case opcode.GetTable:
		return "field", v.kName(p, opcode.C(i))
	case opcode.GetUpval:
		name = "?"
		if b := Addr(opcode.B(i)); b < v.m.Ptr(p+layout.ProtoSizeUpvalues) {
			name = v.cGoString(v.m.Ptr(v.m.Ptr(p+layout.ProtoUpvalues) + 4*b))
		}
		return "upvalue", name
	case opcode.Self:
		return "method", v.kName(p, opcode.C(i))
	}
	return "", ""
}

// funcName finds a name for the function of frame ci (getfuncname).
func (t *Thread) funcName(ci Addr) (kind, name string) {
	v := t.v
	prev := ci - layout.CallInfoSize
	if v.isLua(ci) && v.m.I32(ci+layout.CallInfoTailCalls) > 0 || prev < t.baseCI() || !v.isLua(prev) {
		return "", ""
	}
	pc := t.currentPC(prev)
	if pc < 0 {
		return "", ""
	}
	switch i := v.code(v.ciProto(prev), pc); opcode.OpOf(i) {
	case opcode.Call, opcode.TailCall, opcode.TForLoop:
		return t.objName(prev, opcode.A(i))
	}
	return "", ""
}

// typeError raises "attempt to op a T value" for the value at a.
func (t *Thread) typeError(a Addr, op string) {
	v := t.v
	kind, name := "", ""
	// The C code looks whether a is one of the frame's registers.
	ci := t.ci()
	if base := v.ciBase(ci); a >= base && a < v.ciTop(ci) {
		kind, name = t.objName(ci, int((a-t.base())/tvSize))
	}
	what := typeName(int(v.tag(a) & typeMask))
	if kind != "" {
		t.runError("attempt to %s %s '%s' (a %s value)", op, kind, name, what)
	}
	t.runError("attempt to %s a %s value", op, what)
}

func (t *Thread) concatError(a, b Addr) {
	if tag := t.v.tag(a); tag == tagString || tag == tagNumber {
		a = b
	}
	t.typeError(a, "concatenate")
}

func (t *Thread) arithError(a, b Addr) {
	if _, ok := t.v.toNumber(a); !ok {
		b = a
	}
	t.typeError(b, "perform arithmetic on")
}

func (t *Thread) orderError(a, b Addr) {
	t1, t2 := typeName(int(t.v.tag(a)&typeMask)), typeName(int(t.v.tag(b)&typeMask))
	const third = 2 // letter, which C compares: a string and a thread are of one type then
	if t1 == t2 || len(t1) > third && len(t2) > third && t1[third] == t2[third] {
		t.runError("attempt to compare two %s values", t1)
	}
	t.runError("attempt to compare %s with %s", t1, t2)
}

// runError raises an error whose message is prefixed with the position of the running Lua function. The verbs are
// those of pushFString.
func (t *Thread) runError(format string, args ...any) {
	t.pushFString(format, args...)
	if ci := t.ci(); t.v.isLua(ci) {
		line := t.currentLine(ci)
		name := chunkID(t.sourceOf(t.v.ciProto(ci)), idSize)
		t.pushFString("%s:%d: %s", name, line, t.topString())
	}
	t.errorMsg()
}

// sourceOf is the source of a prototype. Stripped code has none.
func (t *Thread) sourceOf(p Addr) string {
	if s := t.m.Ptr(p + layout.ProtoSource); s != 0 {
		return t.v.cGoString(s)
	}
	return "=?"
}

// errorMsg raises the error object on top of the stack, after the message handler of the protected call had it
// (luaG_errormsg).
func (t *Thread) errorMsg() {
	t.handleError()
	t.throw(state.ErrRun)
}

// handleError calls the message handler with the object on top.
func (t *Thread) handleError() {
	if off := t.m.Ptr(t.l + layout.LuaStateErrFunc); off != 0 {
		handler := t.restore(off)
		if !isFunction(t.v.tag(handler)) {
			t.throw(state.ErrErr)
		}
		top := t.top()
		t.v.copyTV(top, top-tvSize)
		t.v.copyTV(top-tvSize, handler)
		t.incTop()
		t.call(t.top()-2*tvSize, 1)
	}
}

// chunkName is the name of a chunk, whose string object is at the address at, and how messages show it. The last one
// is kept until strings can change their places.
type chunkName struct {
	at            Addr
	source, short string
}

// named are the names of a prototype's chunk.
func (t *Thread) named(p Addr) (source, short string) {
	s := t.m.Ptr(p + layout.ProtoSource)
	if s == 0 {
		return "=?", "?"
	}
	if n := &t.v.named; n.at != s {
		source := t.v.cGoString(s)
		*n = chunkName{s, source, chunkID(source, idSize)}
	}
	return t.v.named.source, t.v.named.short
}
