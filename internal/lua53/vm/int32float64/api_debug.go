// Code generated from ../api_debug.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

func (t *Thread) GetStack(level int) (state.Debug, bool) {
	ci, ok := t.v.Frame(t.l, level)
	return state.Debug{CI: ci}, ok
}

func (t *Thread) GetInfo(what string, ar *state.Debug) bool {
	v := t.v
	var ci, fn Addr
	if what != "" && what[0] == '>' {
		what = what[1:]
		fn = t.top() - tvSize
		t.setTop(fn)
	} else {
		ci = ar.CI
		fn = v.FuncOf(t.l, ci)
	}
	ok := v.Info(what, ar, fn, ci)
	pushF, pushL := false, false
	for _, c := range what {
		pushF = pushF || c == 'f'
		pushL = pushL || c == 'L'
	}
	if pushF {
		v.copyTV(t.top(), fn)
		t.push()
	}
	if pushL {
		t.pushValidLines(fn)
	}
	return ok
}

// pushValidLines pushes a table whose keys are the lines with code of the function at fn.
func (t *Thread) pushValidLines(fn Addr) {
	v := t.v
	cl, isLua := v.Closure(fn)
	if !isLua {
		t.PushNil()
		return
	}
	h := t.newTable()
	v.setPtr(t.top(), h, tagTable)
	t.push()
	p := t.m.Ptr(cl + layout.LClosureP)
	if t.m.Ptr(p+layout.ProtoLineInfo) == 0 {
		return
	}
	v.EachLine(p, func(line, _, _ int) bool {
		val := v.scratch(scratchAPI)
		v.setBool(val, true)
		t.setIntKey(h, Int(line), val)
		return true
	})
}

func (t *Thread) GetLocal(ar *state.Debug, n int) (string, bool) {
	if ar == nil {
		fn := t.top() - tvSize
		if t.v.tag(fn) != tagLua {
			return "", false
		}
		return t.v.LocalName(t.m.Ptr(t.v.gcOf(fn)+layout.LClosureP), n, 0)
	}
	name, pos := t.v.FindLocal(t.l, ar.CI, n)
	if pos != 0 {
		t.v.copyTV(t.top(), pos)
		t.push()
	}
	return name, pos != 0
}

func (t *Thread) SetLocal(ar *state.Debug, n int) (string, bool) {
	name, pos := t.v.FindLocal(t.l, ar.CI, n)
	if pos != 0 {
		t.v.copyTV(pos, t.top()-tvSize)
		t.Pop(1)
	}
	return name, pos != 0
}

func (t *Thread) GetUpvalue(fi, n int) (string, bool) {
	name, val, _, _, ok := t.v.UpvalueAt(t.index(fi), n)
	if ok {
		t.v.copyTV(t.top(), val)
		t.push()
	}
	return name, ok
}

func (t *Thread) SetUpvalue(fi, n int) (string, bool) {
	name, val, owner, uv, ok := t.v.UpvalueAt(t.index(fi), n)
	if !ok {
		return "", false
	}
	top := t.top() - tvSize
	t.setTop(top)
	t.v.copyTV(val, top)
	if owner != 0 {
		t.barrier(owner, top)
	} else if uv != 0 {
		t.v.upvalBarrier(uv)
	}
	return name, true
}

func (t *Thread) UpvalueID(fi, n int) Addr {
	_, val, _, uv, _ := t.v.UpvalueAt(t.index(fi), n)
	if uv != 0 {
		return uv
	}
	return val
}

func (t *Thread) UpvalueJoin(f1, n1, f2, n2 int) {
	m := t.m
	a1 := t.v.gcOf(t.valid(f1)) + layout.LClosureUpvals + Addr(n1-1)*4
	a2 := t.v.gcOf(t.valid(f2)) + layout.LClosureUpvals + Addr(n2-1)*4
	old, uv := m.Ptr(a1), m.Ptr(a2)
	if old == uv {
		return
	}
	t.releaseUpval(old)
	m.SetPtr(a1, uv)
	m.SetU32(uv+layout.UpValRefCount, m.U32(uv+layout.UpValRefCount)+1)
	if t.v.isOpen(uv) {
		m.SetU32(uv+layout.UpValTouched, 1)
	}
	t.v.upvalBarrier(uv)
}

func (t *Thread) SetHook(h *state.HookProc, mask, count int) {
	m, v := t.m, t.v
	hook := Addr(0)
	if h == nil || mask == 0 {
		mask = 0
	} else {
		hook = v.rom.HookAddr(h)
	}
	if ci := t.ci(); v.isLua(ci) {
		m.SetPtr(t.l+layout.LuaStateOldPC, m.Ptr(ci+layout.CallInfoSavedPC))
	}
	m.SetPtr(t.l+layout.LuaStateHook, hook)
	m.SetI32(t.l+layout.LuaStateBaseHookCount, int32(count))
	m.SetI32(t.l+layout.LuaStateHookCount, int32(count))
	m.SetU32(t.l+layout.LuaStateHookMask, uint32(uint8(mask)))
	running := v.main
	if n := len(v.threads); n > 0 {
		running = v.threads[n-1]
	}
	v.trap = running.traps()
}

func (t *Thread) GetHook() (*state.HookProc, int, int) {
	m := t.m
	return t.v.rom.HookProc(m.Ptr(t.l + layout.LuaStateHook)), int(t.hookMask()), int(m.I32(t.l + layout.LuaStateBaseHookCount))
}
