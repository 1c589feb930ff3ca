// Code generated from ../api_debug.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/lineinfo"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
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
	p := v.ProtoOf(fn)
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
				ar.CurrentLine = v.CurrentLine(t.l, ci)
			}
		case 'u':
			if ar.NUps = 0; v.tag(fn) == tagFunc {
				ar.NUps = int(m.U8(v.gcOf(fn) + layout.LClosureNUpvalues))
			}
		case 'n':
			if ar.NameWhat, ar.Name = "", ""; ci != 0 {
				ar.NameWhat, ar.Name = v.FuncName(t.l, ci)
			}
		case 'L', 'f', 't':
		default:
			ok = false
		}
	}
	return ok
}

// pushValidLines pushes a table whose keys are the lines with code, nil for what is not Lua.
func (t *Thread) pushValidLines(fn Addr) {
	v := t.v
	p := v.ProtoOf(fn)
	if p == 0 {
		t.PushNil()
		return
	}
	h := t.newTable(0, 0)
	v.setPtr(t.push(), h, tagTable)
	if t.m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return
	}
	lineinfo.Each(v.Lines(p), int(t.m.U32(p+layout.ProtoSizeCode)), func(line, _, _ int) bool {
		v.setBool(t.setInt(h, int32(line)), true)
		return true
	})
}

func (t *Thread) GetLocal(ar *state.Debug, n int) (string, bool) {
	if ar == nil || ar.CI == 0 {
		return "", false
	}
	name, pos := t.v.FindLocal(t.l, t.baseCI()+ar.CI, n)
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
	name, pos := t.v.FindLocal(t.l, t.baseCI()+ar.CI, n)
	if pos != 0 {
		t.v.copyTV(pos, t.top()-tvSize)
	}
	t.Pop(1)
	return name, pos != 0
}

func (t *Thread) GetUpvalue(fi, n int) (string, bool) {
	name, val, _, ok := t.v.UpvalueAt(t.index(fi), n)
	if ok {
		t.v.copyTV(t.top(), val)
		t.push()
	}
	return name, ok
}

func (t *Thread) SetUpvalue(fi, n int) (string, bool) {
	name, val, owner, ok := t.v.UpvalueAt(t.index(fi), n)
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
	_, val, _, _ := t.v.UpvalueAt(t.index(fi), n)
	return val
}

func (t *Thread) UpvalueJoin(f1, n1, f2, n2 int) {
	m, v := t.m, t.v
	a, b := t.valid(f1), t.valid(f2)
	_, _, _, ok1 := t.v.UpvalueAt(a, n1)
	_, _, uv, ok2 := t.v.UpvalueAt(b, n2)
	if ok1 && ok2 && v.ProtoOf(a) != 0 && v.ProtoOf(b) != 0 {
		m.SetPtr(v.gcOf(a)+layout.LClosureSize+4*Addr(n1-1), uv)
		t.objBarrier(v.gcOf(a), uv)
	}
}

// SetHook does nothing: no library of the firmware's Lua 5.1 has hooks.
func (t *Thread) SetHook(h *state.HookProc, mask, count int) {}

// GetHook tells that there is none.
func (t *Thread) GetHook() (*state.HookProc, int, int) { return nil, 0, 0 }
