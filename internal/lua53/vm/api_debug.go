package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

func (t *Thread) GetStack(level int) (state.Debug, bool) {
	if level < 0 {
		return state.Debug{}, false
	}
	ci, base := t.ci(), t.baseCI()
	for ; level > 0 && ci != base; ci = t.v.ciPrev(ci) {
		level--
	}
	return state.Debug{CI: ci}, level == 0 && ci != base
}

// swapExtra exchanges the function of a yielded frame with its saved value, so
// that debugging sees the real one; a second call undoes it.
func (t *Thread) swapExtra() {
	if t.Status() != state.Yield {
		return
	}
	m, ci := t.m, t.ci()
	fn := t.v.ciFunc(ci)
	m.SetPtr(ci+layout.CallInfoFunc, t.restore(m.Ptr(ci+layout.CallInfoExtra)))
	m.SetPtr(ci+layout.CallInfoExtra, t.save(fn))
}

func (t *Thread) GetInfo(what string, ar *state.Debug) bool {
	v, tv := t.v, tvSize
	t.swapExtra()
	var ci, fn Addr
	if what != "" && what[0] == '>' {
		what = what[1:]
		fn = t.top() - tv
		t.setTop(fn)
	} else {
		ci = ar.CI
		fn = v.ciFunc(ci)
	}
	cl := Addr(0)
	if tag := v.tag(fn); tag == tagLua || tag == tagCCl {
		cl = v.gcOf(fn)
	}
	ok := t.getInfo(what, ar, cl, ci)
	pushF, pushL := false, false
	for _, c := range what {
		pushF = pushF || c == 'f'
		pushL = pushL || c == 'L'
	}
	if pushF {
		v.copyTV(t.top(), fn)
		t.push()
	}
	t.swapExtra()
	if pushL {
		t.pushValidLines(cl)
	}
	return ok
}

func (t *Thread) getInfo(what string, ar *state.Debug, cl, ci Addr) bool {
	v, m, ok := t.v, t.m, true
	isLua := cl != 0 && v.objTT(cl) == tagLua&variantMask
	for _, c := range what {
		switch c {
		case 'S':
			t.funcInfo(ar, cl, isLua)
		case 'l':
			ar.CurrentLine = -1
			if ci != 0 && v.isLua(ci) {
				ar.CurrentLine = v.currentLine(ci)
			}
		case 'u':
			ar.NUps, ar.IsVararg, ar.NParams = 0, true, 0
			if cl != 0 {
				ar.NUps = int(m.U8(cl + layout.LClosureNUpvalues))
			}
			if isLua {
				p := m.Ptr(cl + layout.LClosureP)
				ar.IsVararg = m.U8(p+layout.ProtoIsVararg) != 0
				ar.NParams = int(m.U8(p + layout.ProtoNumParams))
			}
		case 't':
			ar.IsTailCall = ci != 0 && v.ciStatus(ci)&cistTail != 0
		case 'n':
			ar.NameWhat, ar.Name = "", ""
			if ci != 0 {
				ar.NameWhat, ar.Name = v.funcName(ci)
			}
		case 'L', 'f':
		default:
			ok = false
		}
	}
	return ok
}

func (t *Thread) funcInfo(ar *state.Debug, cl Addr, isLua bool) {
	m := t.m
	if !isLua {
		ar.Source, ar.ShortSrc, ar.What, ar.LineDefined, ar.LastLineDefined = "=[C]", "[C]", "C", -1, -1
	} else {
		p := m.Ptr(cl + layout.LClosureP)
		ar.Source, ar.ShortSrc = "=?", "?"
		if s := m.Ptr(p + layout.ProtoSource); s != 0 {
			if named := &t.v.named; named.at != s {
				source := t.v.cGoString(s)
				*named = chunkName{s, source, chunkID(source)}
			}
			ar.Source, ar.ShortSrc = t.v.named.source, t.v.named.short
		}
		ar.LineDefined = int(m.I32(p + layout.ProtoLineDefined))
		ar.LastLineDefined = int(m.I32(p + layout.ProtoLastLineDefined))
		ar.What = "Lua"
		if ar.LineDefined == 0 {
			ar.What = "main"
		}
	}
}

// chunkName is the name of a chunk, whose string object is at the address at, and
// how messages show it. The last one is kept until strings can change their places.
type chunkName struct {
	at            Addr
	source, short string
}

// pushValidLines pushes a table whose keys are the lines with code.
func (t *Thread) pushValidLines(cl Addr) {
	v := t.v
	if cl == 0 || v.objTT(cl) != tagLua&variantMask {
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
	v.eachLine(p, func(r lineRun) bool {
		val := v.scratch(scratchAPI)
		v.setBool(val, true)
		t.setIntKey(h, Int(r.line), val)
		return true
	})
}

// findLocal finds the n-th local variable or value of frame ci.
func (t *Thread) findLocal(ci Addr, n int) (name string, pos Addr) {
	v, m, tv := t.v, t.m, tvSize
	fn := v.ciFunc(ci)
	base := fn + tv
	if v.isLua(ci) {
		p := v.ciProto(ci)
		base = m.Ptr(ci + layout.CallInfoBase)
		if n < 0 {
			params := int(m.U8(p + layout.ProtoNumParams))
			extra := int(int32(base-fn))/int(tv) - params
			if n <= -extra {
				return "", 0
			}
			return "(*vararg)", fn + Addr(params-n)*tv
		}
		name, _ = v.localName(p, n, v.currentPC(ci))
	}
	if name == "" {
		limit := t.top()
		if ci != t.ci() {
			limit = v.ciFunc(v.ciNext(ci))
		}
		if n <= 0 || int((int64(limit)-int64(base))/int64(tv)) < n {
			return "", 0
		}
		name = "(*temporary)"
	}
	return name, base + Addr(n-1)*tv
}

func (t *Thread) GetLocal(ar *state.Debug, n int) (string, bool) {
	if ar == nil {
		fn := t.top() - tvSize
		if t.v.tag(fn) != tagLua {
			return "", false
		}
		return t.v.localName(t.m.Ptr(t.v.gcOf(fn)+layout.LClosureP), n, 0)
	}
	t.swapExtra()
	name, pos := t.findLocal(ar.CI, n)
	if pos != 0 {
		t.v.copyTV(t.top(), pos)
		t.push()
	}
	t.swapExtra()
	return name, pos != 0
}

func (t *Thread) SetLocal(ar *state.Debug, n int) (string, bool) {
	t.swapExtra()
	name, pos := t.findLocal(ar.CI, n)
	if pos != 0 {
		t.v.copyTV(pos, t.top()-tvSize)
		t.Pop(1)
	}
	t.swapExtra()
	return name, pos != 0
}

// upvalueAt finds the n-th upvalue of the function at a: its name, its value,
// and its owner, a C closure or a Lua upvalue.
func (t *Thread) upvalueAt(a Addr, n int) (name string, val, owner, uv Addr, ok bool) {
	v, m := t.v, t.m
	if a == 0 {
		return
	}
	f := v.gcOf(a)
	switch v.tag(a) {
	case tagCCl:
		if n >= 1 && n <= int(m.U8(f+layout.CClosureNUpvalues)) {
			return "", f + layout.CClosureUpvalue + Addr(n-1)*tvSize, f, 0, true
		}
	case tagLua:
		p := m.Ptr(f + layout.LClosureP)
		if n >= 1 && n <= int(m.I32(p+layout.ProtoSizeUpvalues)) {
			uv = m.Ptr(f + layout.LClosureUpvals + Addr(n-1)*4)
			name = "(*no name)"
			if s := m.Ptr(m.Ptr(p+layout.ProtoUpvalues) + Addr(n-1)*layout.UpvaldescSize + layout.UpvaldescName); s != 0 {
				name = v.cGoString(s)
			}
			return name, m.Ptr(uv + layout.UpValV), 0, uv, true
		}
	}
	return
}

func (t *Thread) GetUpvalue(fi, n int) (string, bool) {
	name, val, _, _, ok := t.upvalueAt(t.index(fi), n)
	if ok {
		t.v.copyTV(t.top(), val)
		t.push()
	}
	return name, ok
}

func (t *Thread) SetUpvalue(fi, n int) (string, bool) {
	name, val, owner, uv, ok := t.upvalueAt(t.index(fi), n)
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
	_, val, _, uv, _ := t.upvalueAt(t.index(fi), n)
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
