// Code generated from ../debuginfo.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/inspect"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// typeError raises "attempt to op a T value" for the value at a.
func (t *Thread) typeError(a Addr, op string) {
	v := t.v
	kind, name := "", ""
	// The C code looks whether a is one of the frame's registers.
	ci := t.ci()
	if base := v.ciBase(ci); a >= base && a < v.ciTop(ci) {
		kind, name = v.ObjName(t.l, ci, int((a-t.base())/tvSize))
	}
	what := inspect.TypeName(int(v.tag(a) & typeMask))
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
	t1, t2 := inspect.TypeName(int(t.v.tag(a)&typeMask)), inspect.TypeName(int(t.v.tag(b)&typeMask))
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
		line := t.v.CurrentLine(t.l, ci)
		name := chunk.ID(t.sourceOf(t.v.ciProto(ci)), chunk.IDSize)
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
		*n = chunkName{s, source, chunk.ID(source, chunk.IDSize)}
	}
	return t.v.named.source, t.v.named.short
}
