// Code generated from ../api_call.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

func (t *Thread) Call(nargs, nresults int) {
	t.callNoYield(t.top()-Addr(nargs+1)*tvSize, nresults)
	t.adjustResults(nresults)
}

// adjustResults lets the frame reach to all results of an open call.
func (t *Thread) adjustResults(nresults int) {
	if ci := t.ci(); nresults == state.MultRet && t.v.ciTop(ci) < t.top() {
		t.m.SetPtr(ci+layout.CallInfoTop, t.top())
	}
}

// saveCont stores a continuation in the running C function's frame.
func (t *Thread) saveCont(ctx int, k *state.Cont) Addr {
	ci := t.ci()
	v := t.v
	if v.cont != k {
		v.cont, v.contAt = k, v.rom.ContAddr(k)
	}
	t.m.SetPtr(ci+layout.CallInfoK, v.contAt)
	t.m.SetI32(ci+layout.CallInfoCtx, int32(ctx))
	return ci
}

func (t *Thread) CallK(nargs, nresults, ctx int, k *state.Cont) int {
	fn := t.top() - Addr(nargs+1)*tvSize
	if t.direct() {
		t.saveCont(ctx, k)
		t.v.pending = pending{t.save(fn), nresults}
		return sentCall
	}
	if t.nny() == 0 {
		t.saveCont(ctx, k)
		t.call(fn, nresults)
	} else {
		t.callNoYield(fn, nresults)
	}
	t.adjustResults(nresults)
	return k.F(t, state.Yield, ctx)
}

func (t *Thread) PCall(nargs, nresults, msgh int) state.Status {
	status := t.pcallAt(t.top()-Addr(nargs+1)*tvSize, nresults, t.handlerOffset(msgh))
	t.adjustResults(nresults)
	return status
}

func (t *Thread) handlerOffset(msgh int) Addr {
	if msgh == 0 {
		return 0
	}
	return t.save(t.valid(msgh))
}

func (t *Thread) PCallK(nargs, nresults, msgh, ctx int, k *state.Cont) int {
	m, v := t.m, t.v
	fn := t.top() - Addr(nargs+1)*tvSize
	handler := t.handlerOffset(msgh)
	direct := t.direct()
	if !direct && t.nny() > 0 {
		status := t.pcallAt(fn, nresults, handler)
		t.adjustResults(nresults)
		if status == state.OK {
			status = state.Yield
		}
		return k.F(t, status, ctx)
	}
	ci := t.saveCont(ctx, k)
	m.SetPtr(ci+layout.CallInfoExtra, t.save(fn))
	m.SetU32(ci+layout.CallInfoOldErrFunc, m.U32(t.l+layout.LuaStateErrFunc))
	m.SetPtr(t.l+layout.LuaStateErrFunc, handler)
	allow := uint16(m.U8(t.l + layout.LuaStateAllowHook))
	v.setCIStatus(ci, v.ciStatus(ci)&^uint16(cistOAH)|allow|cistYPCall)
	if direct {
		v.pending = pending{t.save(fn), nresults}
		return sentCall
	}
	t.call(fn, nresults)
	v.setCIStatus(ci, v.ciStatus(ci)&^uint16(cistYPCall))
	m.SetU32(t.l+layout.LuaStateErrFunc, m.U32(ci+layout.CallInfoOldErrFunc))
	t.adjustResults(nresults)
	return k.F(t, state.Yield, ctx)
}

// PCallX is how every event reaches Lua, so it goes without the stack's usual manners.
func (t *Thread) PCallX(nargs, nresults int) state.Status {
	v, tv := t.v, tvSize
	base := t.top() - Addr(nargs+1)*tv
	t.PushFunction(lauxlib.ErrorHandler)
	handler := t.top() - tv
	for a := handler; a > base; a -= tv { // below function and arguments
		v.copyTV(a, a-tv)
	}
	v.setPtr(base, v.procAt, tagCFunc)
	at := t.save(base)
	status := t.pcallAt(base+tv, nresults, at)
	t.adjustResults(nresults)
	top := t.top() - tv
	for a := t.restore(at); a < top; a += tv {
		v.copyTV(a, a+tv)
	}
	t.setTop(top)
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

func (t *Thread) NewThread() state.State { return t.v.thread(t.newThread()) }

func (t *Thread) Resume(from state.State, nargs int) state.Status {
	v := t.v
	var f *Thread
	if from != nil {
		f = from.(*Thread)
	}
	oldTrap := v.trap
	v.trap = t.traps()
	v.threads = append(v.threads, t)
	n := len(v.threads)
	status := t.resume(f, nargs)
	v.threads = v.threads[:n-1]
	v.trap = oldTrap
	return status
}

func (t *Thread) YieldK(nresults, ctx int, k *state.Cont) int {
	return t.yield(nresults, ctx, t.v.rom.ContAddr(k))
}

func (t *Thread) IsYieldable() bool { return t.nny() == 0 }

func (t *Thread) Status() state.Status {
	return state.Status(t.m.U8(t.l + layout.LuaStateStatus))
}

func (t *Thread) SameThread(other state.Core) bool {
	o, ok := other.(*Thread)
	return ok && o.l == t.l
}

func (t *Thread) Load(r state.Reader, name, mode string) state.Status {
	return t.load(func() []byte { return r(t) }, name, mode)
}

func (t *Thread) LoadBytes(code []byte, name, mode string) state.Status {
	return t.load(func() []byte {
		p := code
		code = nil
		return p
	}, name, mode)
}

func (t *Thread) Dump(w state.Writer, strip int) error {
	a := t.top() - tvSize
	if t.v.tag(a) != tagLua {
		return errNotLua
	}
	if strip < 0 {
		strip = int(t.m.U32(t.g + layout.GlobalStripDefault))
	}
	p := t.m.Ptr(t.v.gcOf(a) + layout.LClosureP)
	return t.v.Dump(p, func(b []byte) error { return w(t, b) }, strip)
}

type constError string

func (e constError) Error() string { return string(e) }

const errNotLua = constError("unable to dump given function")

func (t *Thread) StripDebug(level int) int {
	m, v := t.m, t.v
	a, res := t.top()-tvSize, -1
	def := t.g + layout.GlobalStripDefault
	switch v.tag(a) {
	case tagLua:
		p := m.Ptr(v.gcOf(a) + layout.LClosureP)
		if p != 0 && v.mark(p)&inFlash == 0 && level >= 0 && level < 3 {
			res = t.stripDebug(p, level, 0)
		}
	case tagNil:
		if level >= 0 && level < 3 {
			m.SetU32(def, uint32(level))
		}
		res = int(m.U32(def))
	}
	t.Pop(1)
	return res
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
	h := t.newTable()
	v.setPtr(t.push(), h, tagTable)
	t.resize(h, m.Ptr(strt+layout.StringTableNUse), 0)
	t.checkGC()
	hash, n, j := m.Ptr(strt+layout.StringTableHash), m.Ptr(strt+layout.StringTableSlots), Int(1)
	for i := range n {
		for ts := m.Ptr(hash + 4*i); ts != 0; ts = m.Ptr(ts + layout.TStringHNext) {
			a := v.scratch(scratchAPI)
			if v.isDead(ts) {
				v.changeWhite(ts)
			}
			v.setString(a, ts)
			t.setIntKey(h, j, a)
			v.tableBarrier(h, a)
			j++
		}
	}
	return true
}
