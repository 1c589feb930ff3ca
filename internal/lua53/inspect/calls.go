package inspect

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// This file tells which functions run. Each has a CallInfo, here ci; level 0 is the
// innermost one.

func (w *View) ciFunc(ci Addr) Addr     { return w.m.Ptr(ci + layout.CallInfoFunc) }
func (w *View) ciTop(ci Addr) Addr      { return w.m.Ptr(ci + layout.CallInfoTop) }
func (w *View) ciPrev(ci Addr) Addr     { return w.m.Ptr(ci + layout.CallInfoPrevious) }
func (w *View) ciNext(ci Addr) Addr     { return w.m.Ptr(ci + layout.CallInfoNext) }
func (w *View) ciStatus(ci Addr) uint16 { return w.m.U16(ci + layout.CallInfoCallStatus) }
func (w *View) isLua(ci Addr) bool      { return w.ciStatus(ci)&tag.CallLua != 0 }
func (w *View) ciProto(ci Addr) Addr    { return w.protoAt(w.ciFunc(ci)) }

// protoAt is the prototype of the Lua function at a.
func (w *View) protoAt(a Addr) Addr { return w.m.Ptr(w.gcOf(a) + layout.LClosureP) }

// running is the thread that the innermost protected run belongs to.
func (w *View) running() Addr {
	if l := w.c.Running(0); l != 0 {
		return l
	}
	return w.c.Main
}

// Depth implements machine.Control.
func (w *View) Depth() int { return machine.Frames(w.eachFrame).Depth() }

// eachFrame calls f for each function that runs, with its thread and its CallInfo, until it
// tells false: innermost first, and below a coroutine's functions those of the thread that
// resumed it.
func (w *View) eachFrame(f func(l, ci Addr) bool) {
	if w.c == nil {
		return
	}
	last := Addr(0)
	frames := func(l Addr) bool {
		base := l + layout.LuaStateBaseCI
		for ci := w.m.Ptr(l + layout.LuaStateCI); ci != base && ci != 0; ci = w.ciPrev(ci) {
			if !f(l, ci) {
				return false
			}
		}
		return true
	}
	for i := 0; ; i++ {
		l := w.c.Running(i)
		if l == 0 {
			break
		}
		if l != last {
			if last = l; !frames(l) {
				return
			}
		}
	}
	if last != w.c.Main {
		frames(w.c.Main)
	}
}

// FrameAt finds the function at a level of CallStack, and its thread; ci is 0 if there is none.
func (w *View) FrameAt(level int) (l, ci Addr) { return machine.Frames(w.eachFrame).At(level) }

// Frame finds the function at a level of one thread; there is none below 0.
func (w *View) Frame(l Addr, level int) (ci Addr, ok bool) {
	ci, base := w.m.Ptr(l+layout.LuaStateCI), l+layout.LuaStateBaseCI
	for ; level > 0 && ci != base; ci = w.ciPrev(ci) {
		level--
	}
	return ci, level == 0 && ci != base
}

// FuncOf is the place of the function that a call of the thread l is of. A function that
// yielded is not where the call has it: there the values begin that it gave.
func (w *View) FuncOf(l, ci Addr) Addr {
	fn := w.ciFunc(ci)
	if state.Status(w.m.U8(l+layout.LuaStateStatus)) == state.Yield && ci == w.m.Ptr(l+layout.LuaStateCI) {
		fn = w.m.Ptr(l+layout.LuaStateStack) + w.m.Ptr(ci+layout.CallInfoExtra)
	}
	return fn
}

// CallStack implements machine.Machine. Below a coroutine's functions come those
// of the thread that resumed it.
func (w *View) CallStack(list []machine.Frame) []machine.Frame {
	if w.c == nil {
		return list
	}
	return machine.Frames(w.eachFrame).CallStack(list, w.c.Space, func(_, ci Addr) (f machine.Frame, ok bool) {
		fn := w.ciFunc(ci)
		switch {
		case w.isLua(ci):
			p := w.ciProto(ci)
			f = w.defined(p)
			f.Line = max(w.FuncLine(p, max(w.pc(p, ci), 0)), 0)
		case w.tag(fn) == tag.CFunc, w.tag(fn) == tag.CCl:
			f = machine.Frame{Source: w.cName(fn), LineDefined: -1}
		default:
			return f, false
		}
		return f, true
	})
}

// cName names the C function at a.
func (w *View) cName(a Addr) string {
	code := w.gcOf(a)
	if w.tag(a) == tag.CCl {
		code = w.m.Ptr(code + layout.CClosureF)
	}
	return w.c.ROM.Path(code)
}

// defined tells where a prototype is defined.
func (w *View) defined(p Addr) machine.Frame {
	f := machine.Frame{LineDefined: int(w.m.I32(p + layout.ProtoLineDefined))}
	if s := w.m.Ptr(p + layout.ProtoSource); s != 0 {
		lauxlib.Touched(w.strBytes(s))
		f.Source = sourceName(w.m.String(s+layout.TStringSize, w.strLen(s)))
	}
	return f
}

// sourceName is a chunk's name for people: that of its file, in full.
func sourceName(source string) string {
	if source != "" && (source[0] == '@' || source[0] == '=') {
		return source[1:]
	}
	return ChunkID(source)
}

// Position implements machine.Machine. Functions are named by the code that called them,
// not by the loaded modules: looking those up would need the stack.
func (w *View) Position() string {
	l := w.running()
	return machine.PositionOf(func(level int) (ar state.Debug, ok bool) {
		ci, ok := w.Frame(l, level)
		if ok {
			w.Info("Sln", &ar, w.FuncOf(l, ci), ci)
		}
		return ar, ok
	}, func(ar *state.Debug) string {
		if ar.NameWhat == "" {
			return " in ?"
		}
		return " in " + ar.NameWhat + " '" + ar.Name + "'"
	})
}
