package vm

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
)

func (t *Thread) Call(nargs, nresults int) {
	t.call(t.top()-Addr(nargs+1)*tvSize, nresults)
	t.adjustResults(nresults)
}

// adjustResults lets the frame reach to all results of an open call.
func (t *Thread) adjustResults(nresults int) {
	if ci := t.ci(); nresults == state.MultRet && t.v.ciTop(ci) <= t.top() {
		t.m.SetPtr(ci+layout.CallInfoTop, t.top())
	}
}

// CallK calls and goes on with its continuation: nothing yields across it.
func (t *Thread) CallK(nargs, nresults, ctx int, k *state.Cont) int {
	t.Call(nargs, nresults)
	return k.F(t, state.Yield, ctx)
}

func (t *Thread) PCall(nargs, nresults, msgh int) state.Status {
	handler := Addr(0)
	if msgh != 0 {
		handler = t.save(t.valid(msgh))
	}
	status := t.pcallAt(t.top()-Addr(nargs+1)*tvSize, nresults, handler)
	t.adjustResults(nresults)
	return status
}

// PCallK is PCall with its continuation behind it.
func (t *Thread) PCallK(nargs, nresults, msgh, ctx int, k *state.Cont) int {
	status := t.PCall(nargs, nresults, msgh)
	if status == state.OK {
		status = state.Yield
	}
	return k.F(t, status, ctx)
}

// CPCall calls a declared function in a protected call, with a light userdata (lua_cpcall).
func (t *Thread) CPCall(p *state.Proc, ud Addr) state.Status {
	return t.protected(t.save(t.top()), 0, func() {
		t.pushCClosure(p, 0)
		t.PushLightUserdata(ud)
		t.call(t.top()-2*tvSize, 0)
	})
}

// PCallX is how every event reaches Lua (luaL_pcallx).
func (t *Thread) PCallX(nargs, nresults int) state.Status {
	base := t.GetTop() - nargs
	t.PushFunction(lauxlib.ErrorHandler)
	t.Insert(base)
	status := t.PCall(nargs, nresults, base)
	t.Remove(base)
	t.Report(status)
	return status
}

// QueueTask implements lauxlib.Core.
func (t *Thread) QueueTask(prio int, f func(L state.State)) (queued, exists bool) {
	v := t.v
	if v.cfg.PostTask == nil || f == nil {
		return false, v.cfg.PostTask != nil
	}
	return v.cfg.PostTask(prio, func() { f(v.main) }), true
}

// YieldK suspends the thread. Lua 5.1 knows no continuations: what the function that yields would do then, nobody
// does.
func (t *Thread) YieldK(nresults, ctx int, k *state.Cont) int { return t.yield(nresults) }

func (t *Thread) IsYieldable() bool {
	return t.l != t.v.main.l && t.nCCalls() <= t.m.U16(t.l+layout.LuaStateBaseCCalls)
}

func (t *Thread) Status() state.Status {
	return state.Status(t.m.U8(t.l + layout.LuaStateStatus))
}

func (t *Thread) SameThread(other state.Core) bool {
	o, ok := other.(*Thread)
	return ok && o.l == t.l
}

func (t *Thread) Load(r state.Reader, name, mode string) state.Status {
	return t.load(func() []byte { return r(t) }, name)
}

func (t *Thread) LoadBytes(code []byte, name, mode string) state.Status {
	return t.load(func() []byte {
		p := code
		code = nil
		return p
	}, name)
}

const errNotLua = state.DumpError("unable to dump given function")

func (t *Thread) Dump(w state.Writer, strip int) error {
	a := t.top() - tvSize
	if t.v.tag(a) != tagFunc || t.m.U8(t.v.gcOf(a)+layout.LClosureIsC) != 0 {
		return errNotLua
	}
	return t.v.View.Dump(t.m.Ptr(t.v.gcOf(a)+layout.LClosureP), header(), func(b []byte) error { return w(t, b) }, strip != 0)
}

func (t *Thread) StripDebug(level int) int {
	m, v := t.m, t.v
	a, res := t.top()-tvSize, -1
	def := t.g + layout.GlobalStripDefault
	switch {
	case v.tag(a) == tagFunc && m.U8(v.gcOf(a)+layout.LClosureIsC) == 0:
		p := m.Ptr(v.gcOf(a) + layout.LClosureP)
		if !v.inStore(p) && level >= 0 && level < 3 {
			res = t.stripDebug(p, level, 0)
		}
	case v.tag(a) == tagNil:
		if level >= 0 && level < 3 {
			m.SetU32(def, uint32(level))
		}
		res = int(m.U32(def))
	}
	t.Pop(1)
	return res
}

// inStore tells whether an address is in the flash store.
func (v *VM) inStore(a Addr) bool {
	s := v.cfg.Store
	return s.Size > 0 && a >= s.Base && a < s.Base+Addr(s.Size)
}

func (t *Thread) PushStringsArray(rom bool) bool {
	m, v := t.m, t.v
	strt := t.g + layout.GlobalStrt
	if rom {
		if strt = t.g + layout.GlobalROStrt; m.Ptr(strt+layout.StringTableHash) == 0 {
			t.PushNil()
			return false
		}
	}
	h := t.newTable(m.Ptr(strt+layout.StringTableNUse), 0)
	v.setPtr(t.push(), h, tagTable)
	t.checkGC()
	j := int32(1)
	for i := range m.Ptr(strt + layout.StringTableSlots) {
		for ts := m.Ptr(m.Ptr(strt+layout.StringTableHash) + 4*i); ts != 0; ts = m.Ptr(ts) {
			if v.isDead(ts) {
				v.changeWhite(ts)
			}
			a := v.scratch(scratchTemp)
			v.setString(a, ts)
			slot := t.setInt(h, j)
			v.setString(slot, ts)
			v.tableBarrier(h, slot)
			j++
		}
	}
	return true
}

func (t *Thread) Where(level int) {
	if ar, ok := t.GetStack(level); ok {
		t.GetInfo("Sl", &ar)
		if ar.CurrentLine > 0 {
			t.PushFString("%s:%d: ", ar.ShortSrc, ar.CurrentLine)
			return
		}
	}
	t.PushString("")
}

func (t *Thread) Error() int {
	t.errorMsg()
	return 0
}

func (t *Thread) Raise() int {
	t.handleError()
	t.toThrow(state.ErrRun)
	return sentRaise
}

// Alloc, Realloc and Free are the C library's, outside Lua's account.

func (t *Thread) Alloc(n int) Addr { return t.Realloc(0, 0, n) }

func (t *Thread) Realloc(a Addr, osize, nsize int) Addr {
	if a == 0 && nsize == 0 {
		return 0
	}
	at := t.v.rawRealloc(a, Addr(osize), Addr(nsize))
	if at == 0 && nsize > 0 {
		t.v.short(Addr(nsize))
	}
	return at
}

func (t *Thread) Free(a Addr, size int) {
	if a != 0 {
		t.v.rawRealloc(a, Addr(size), 0)
	}
}

// ReallocCounted implements state.State (luaM_realloc_).
func (t *Thread) ReallocCounted(a Addr, osize, nsize int) Addr {
	return t.realloc(a, Addr(osize), Addr(nsize))
}

// FreeHeap implements state.State.
func (t *Thread) FreeHeap() int { return int(t.v.heap.FreeBytes()) }

// SetEGC implements state.State (lua_setegcmode). The limit is that of the memory, in bytes.
func (t *Thread) SetEGC(mode state.EGCMode, limit int) {
	t.m.SetU32(t.g+layout.GlobalEGCMode, uint32(mode))
	t.m.SetI32(t.g+layout.GlobalMemLimit, int32(limit))
}

// GC implements state.State (lua_gc).
func (t *Thread) GC(what, data int) int {
	m, v := t.m, t.v
	swap := func(a Addr) int {
		old := m.I32(t.g + a)
		m.SetI32(t.g+a, int32(data))
		return int(old)
	}
	switch what {
	case state.GCStop:
		t.block()
	case state.GCRestart:
		t.unblock()
	case state.GCCollect:
		t.fullGC()
	case state.GCCount:
		return int(v.totalBytes() >> 10)
	case state.GCCountB:
		return int(v.totalBytes() & 0x3ff)
	case state.GCStep:
		return t.gcStepBy(uint32(data))
	case state.GCSetPause:
		return swap(layout.GlobalGCPause)
	case state.GCSetStepMul:
		return swap(layout.GlobalGCStepMul)
	case state.GCSetMemLimit:
		limit := uint32(data) << 10
		if limit > 0 && limit < v.totalBytes() {
			if t.fullGC(); limit < v.totalBytes() {
				limit = (v.totalBytes() + 1024) &^ 1023
			}
		}
		m.SetU32(t.g+layout.GlobalMemLimit, limit)
		return int(limit >> 10)
	case state.GCGetMemLimit:
		return int(m.U32(t.g+layout.GlobalMemLimit) >> 10)
	case state.GCIsRunning:
		if t.blocked() {
			return 0
		}
		return 1
	case state.GCEstimate:
		return int(m.U32(t.g + layout.GlobalEstimate))
	default:
		return -1
	}
	return 0
}

// gcStepBy is a step of the collector as if data KB were allocated. It tells 1 when a cycle ended, or the collector is
// blocked.
func (t *Thread) gcStepBy(data uint32) int {
	m, v := t.m, t.v
	if t.blocked() {
		return 1
	}
	threshold, n := t.g+layout.GlobalGCThreshold, data<<10
	if n <= v.totalBytes() {
		m.SetU32(threshold, v.totalBytes()-n)
	} else {
		m.SetU32(threshold, 0)
	}
	for m.U32(threshold) <= v.totalBytes() {
		t.gcStep()
		if v.gcState() == gcsPause {
			return 1
		}
	}
	return 0
}
