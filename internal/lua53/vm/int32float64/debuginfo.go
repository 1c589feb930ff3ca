// Code generated from ../debuginfo.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/inspect"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// varInfo describes the variable that holds the value at a, for messages.
func (t *Thread) varInfo(a Addr) string {
	kind, name := t.v.VariableOf(t.ci(), a)
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
		t.addInfo(t.m.Ptr(t.v.ciProto(ci)+layout.ProtoSource), t.v.CurrentLine(ci))
	}
	t.errorMsg()
}

// addInfo pushes the message on top of the stack with a position in front.
func (t *Thread) addInfo(source Addr, line int) {
	name := "?"
	if source != 0 {
		name = inspect.ChunkID(t.v.Text(source))
	}
	msg := t.v.Text(t.v.gcOf(t.top() - tvSize))
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
