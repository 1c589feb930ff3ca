package vm

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/lineinfo"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
)

// A level may be that of a tail call, of which nothing is known: its CI is 0.

func (t *Thread) GetStack(level int) (state.Debug, bool) {
	v := t.v
	ci, base := t.ci(), t.baseCI()
	for ; level > 0 && ci > base; ci -= layout.CallInfoSize {
		level--
		if v.isLua(ci) {
			level -= int(t.m.I32(ci + layout.CallInfoTailCalls))
		}
	}
	switch {
	case level == 0 && ci > base:
		return state.Debug{CI: ci - base}, true // an offset: a collection may move the frames
	case level < 0:
		return state.Debug{IsTailCall: true}, true
	}
	return state.Debug{}, false
}

func (t *Thread) GetInfo(what string, ar *state.Debug) bool {
	v := t.v
	var ci Addr
	keep := v.scratch(scratchTemp)
	v.setNil(keep)
	if strings.HasPrefix(what, ">") {
		what = what[1:]
		t.setTop(t.top() - tvSize)
		v.copyTV(keep, t.top())
	} else if ar.CI != 0 {
		ci = t.baseCI() + ar.CI
		v.copyTV(keep, v.ciFunc(ci))
	}
	ok := t.getInfo(what, ar, keep, ci)
	if strings.Contains(what, "f") {
		v.copyTV(t.top(), keep)
		t.incTop()
	}
	if strings.Contains(what, "L") {
		t.pushValidLines(keep)
	}
	return ok
}

// getInfo fills in what is asked of the function at fn, nil of a tail call, and its frame.
func (t *Thread) getInfo(what string, ar *state.Debug, fn, ci Addr) bool {
	v, m, ok := t.v, t.m, true
	if v.tag(fn) == tagNil {
		*ar = state.Debug{What: "tail", LineDefined: -1, LastLineDefined: -1, CurrentLine: -1, Source: "=(tail call)", ShortSrc: "(tail call)", IsTailCall: true}
		return true
	}
	p := v.protoOf(fn)
	for _, c := range what {
		switch c {
		case 'S':
			if p == 0 {
				ar.Source, ar.ShortSrc, ar.What, ar.LineDefined, ar.LastLineDefined = "=[C]", "[C]", "C", -1, -1
				break
			}
			ar.Source, ar.ShortSrc = t.named(p)
			ar.LineDefined, ar.LastLineDefined = int(m.I32(p+layout.ProtoLineDefined)), int(m.I32(p+layout.ProtoLastLineDefined))
			if ar.What = "Lua"; ar.LineDefined == 0 {
				ar.What = "main"
			}
		case 'l':
			if ar.CurrentLine = -1; ci != 0 {
				ar.CurrentLine = t.currentLine(ci)
			}
		case 'u':
			if ar.NUps = 0; v.tag(fn) == tagFunc {
				ar.NUps = int(m.U8(v.gcOf(fn) + layout.LClosureNUpvalues))
			}
		case 'n':
			if ar.NameWhat, ar.Name = "", ""; ci != 0 {
				ar.NameWhat, ar.Name = t.funcName(ci)
			}
		case 'L', 'f', 't':
		default:
			ok = false
		}
	}
	return ok
}

// protoOf is the prototype of the function at a, 0 if it is no Lua function.
func (v *VM) protoOf(a Addr) Addr {
	if v.tag(a) != tagFunc || v.m.U8(v.gcOf(a)+layout.LClosureIsC) != 0 {
		return 0
	}
	return v.m.Ptr(v.gcOf(a) + layout.LClosureP)
}

// pushValidLines pushes a table whose keys are the lines with code, nil for what is not Lua.
func (t *Thread) pushValidLines(fn Addr) {
	v := t.v
	p := v.protoOf(fn)
	if p == 0 {
		t.PushNil()
		return
	}
	h := t.newTable(0, 0)
	v.setPtr(t.push(), h, tagTable)
	if t.m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return
	}
	lineinfo.Each(v.lines(p), int(t.m.U32(p+layout.ProtoSizeCode)), func(line, _, _ int) bool {
		v.setBool(t.setInt(h, int32(line)), true)
		return true
	})
}

// findLocal finds the n-th local variable or value of frame ci.
func (t *Thread) findLocal(ci Addr, n int) (name string, pos Addr) {
	v := t.v
	pos = v.ciBase(ci) + Addr(n-1)*tvSize
	if v.isLua(ci) {
		if name, ok := v.localName(v.ciProto(ci), n, t.currentPC(ci)); ok {
			return name, pos
		}
	}
	limit := t.top()
	if ci != t.ci() {
		limit = v.ciFunc(ci + layout.CallInfoSize)
	}
	if n <= 0 || (int64(limit)-int64(v.ciBase(ci)))/int64(tvSize) < int64(n) {
		return "", 0
	}
	return "(*temporary)", pos
}

func (t *Thread) GetLocal(ar *state.Debug, n int) (string, bool) {
	if ar == nil || ar.CI == 0 {
		return "", false
	}
	name, pos := t.findLocal(t.baseCI()+ar.CI, n)
	if pos != 0 {
		t.v.copyTV(t.top(), pos)
		t.push()
	}
	return name, pos != 0
}

func (t *Thread) SetLocal(ar *state.Debug, n int) (string, bool) {
	if ar.CI == 0 {
		return "", false
	}
	name, pos := t.findLocal(t.baseCI()+ar.CI, n)
	if pos != 0 {
		t.v.copyTV(pos, t.top()-tvSize)
	}
	t.Pop(1)
	return name, pos != 0
}

// upvalueAt finds the n-th upvalue of the function at a: its name, its value, and what owns that.
func (t *Thread) upvalueAt(a Addr, n int) (name string, val, owner Addr, ok bool) {
	v, m := t.v, t.m
	if a == 0 || v.tag(a) != tagFunc {
		return
	}
	f := v.gcOf(a)
	if n < 1 || n > int(m.U8(f+layout.LClosureNUpvalues)) {
		return
	}
	if m.U8(f+layout.LClosureIsC) != 0 {
		return "", f + layout.CClosureSize + Addr(n-1)*tvSize, f, true
	}
	p := m.Ptr(f + layout.LClosureP)
	if n <= int(m.I32(p+layout.ProtoSizeUpvalues)) {
		name = v.cGoString(m.Ptr(m.Ptr(p+layout.ProtoUpvalues) + 4*Addr(n-1)))
	}
	uv := m.Ptr(f + layout.LClosureSize + 4*Addr(n-1))
	return name, m.Ptr(uv + layout.UpValV), uv, true
}

func (t *Thread) GetUpvalue(fi, n int) (string, bool) {
	name, val, _, ok := t.upvalueAt(t.index(fi), n)
	if ok {
		t.v.copyTV(t.top(), val)
		t.push()
	}
	return name, ok
}

func (t *Thread) SetUpvalue(fi, n int) (string, bool) {
	name, val, owner, ok := t.upvalueAt(t.index(fi), n)
	if !ok {
		return "", false
	}
	top := t.top() - tvSize
	t.setTop(top)
	t.v.copyTV(val, top)
	t.barrier(owner, top)
	return name, true
}

// UpvalueID and UpvalueJoin are of Lua 5.2.

func (t *Thread) UpvalueID(fi, n int) Addr {
	_, val, _, _ := t.upvalueAt(t.index(fi), n)
	return val
}

func (t *Thread) UpvalueJoin(f1, n1, f2, n2 int) {
	m, v := t.m, t.v
	a, b := t.valid(f1), t.valid(f2)
	_, _, _, ok1 := t.upvalueAt(a, n1)
	_, _, uv, ok2 := t.upvalueAt(b, n2)
	if ok1 && ok2 && v.protoOf(a) != 0 && v.protoOf(b) != 0 {
		m.SetPtr(v.gcOf(a)+layout.LClosureSize+4*Addr(n1-1), uv)
		t.objBarrier(v.gcOf(a), uv)
	}
}

// SetHook does nothing: no library of the firmware's Lua 5.1 has hooks.
func (t *Thread) SetHook(h *state.HookProc, mask, count int) {}

// GetHook tells that there is none.
func (t *Thread) GetHook() (*state.HookProc, int, int) { return nil, 0, 0 }
