package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

// Protected runs of the main loop and coroutines; calls.go has the calls.

// direct tells whether the running C function was called at its level's depth.
func (t *Thread) direct() bool {
	n := len(t.v.levels)
	return n > 0 && t.v.levels[n-1].l == t.l && t.v.levels[n-1].depth == t.v.goDepth
}

// What a step of a level does first.
const (
	stepCall   = iota // call the function at arg
	stepFinish        // finish the current C frame after an error of status arg
	stepResume        // go on after a yield, with arg values on the stack
)

// runLevel calls the function at fn in a protected run.
func (t *Thread) runLevel(kind int, fn Addr, nresults int) state.Status {
	v := t.v
	ci := t.ci()
	if kind == stepResume {
		ci = t.baseCI()
	}
	v.levels = append(v.levels, level{})
	n := len(v.levels)
	// Field by field: copying a record that was just made of halves and words stalls the
	// processor, and coroutines come here with each resume.
	lv := &v.levels[n-1]
	lv.l, lv.ci, lv.depth, lv.nny, lv.nCCalls = t.l, ci, v.goDepth, t.nny(), t.nCCalls()
	if kind == stepResume {
		t.uncount(t.ci(), ci)
	}
	status := t.step(kind, fn, nresults)
	for status > state.Yield && t.recoverAt(status) {
		status = t.step(stepFinish, Addr(status), 0)
	}
	v.levels = v.levels[:n-1]
	return status
}

// step runs a level until its end, an error or a yield.
func (t *Thread) step(kind int, arg Addr, nresults int) (status state.Status) {
	v := t.v
	n := len(v.levels)
	end, depth, threads := v.levels[n-1].ci, v.levels[n-1].depth, len(v.threads)
	defer func() {
		if r := recover(); r != nil {
			s, ok := v.caught(r)
			if !ok || t.foreign(n-1) {
				panic(r)
			}
			status, v.goDepth, v.levels = s, depth, v.levels[:n]
			t.runAgain(threads)
		}
	}()
	res, interrupted := calledC, true
	switch kind {
	case stepCall:
		res = t.preCall(arg, nresults)
		interrupted = res != calledLua
	case stepFinish:
		res = t.finishC(state.Status(arg))
		interrupted = res != calledLua
	case stepResume:
		res, interrupted = t.resumeFrame(int(arg))
	}
	if res == calledLua || res == calledC {
		res = t.unroll(end, interrupted)
	}
	switch res {
	case raised:
		return state.ErrRun
	case yielded:
		return state.Yield
	}
	return state.OK
}

// protectedFrame finds the innermost protected call of the current level that
// can be finished by its continuation; 0 if there is none.
func (t *Thread) protectedFrame(lv *level) Addr {
	for ci := t.ci(); ci != lv.ci && ci != 0; ci = t.v.ciPrev(ci) {
		if t.v.ciStatus(ci)&cistYPCall != 0 {
			return ci
		}
	}
	return 0
}

// recoverAt unwinds an error of the current level to its innermost protected
// call. It tells false when there is none.
func (t *Thread) recoverAt(status state.Status) bool {
	m, v := t.m, t.v
	lv := &v.levels[len(v.levels)-1]
	ci := t.protectedFrame(lv)
	if ci == 0 {
		return false
	}
	at := t.restore(m.Ptr(ci + layout.CallInfoExtra))
	t.closeUpvals(at)
	t.setErrorObject(status, at)
	t.setCI(ci)
	m.SetU8(t.l+layout.LuaStateAllowHook, uint8(v.ciStatus(ci)&cistOAH))
	t.setNNY(lv.nny)
	t.shrinkStack()
	m.SetU32(t.l+layout.LuaStateErrFunc, m.U32(ci+layout.CallInfoOldErrFunc))
	if lv.nny == 0 { // a coroutine: C has unwound all of its stack, and goes on by unroll
		t.uncount(ci, lv.ci)
	}
	t.setNCCalls(lv.nCCalls + t.countedFrames(ci, lv.ci))
	return true
}

// uncount forgets that frames from ci down to the frame end raised nCcalls: C goes on
// with them without being in the calls that made them.
func (t *Thread) uncount(ci, end Addr) {
	for ; ci != end && ci != 0; ci = t.v.ciPrev(ci) {
		t.v.setCIStatus(ci, t.v.ciStatus(ci)&^cistCounted)
	}
}

// countedFrames is the number of frames from ci down to the frame end that
// raised nCcalls.
func (t *Thread) countedFrames(ci, end Addr) (n uint16) {
	for ; ci != end && ci != 0; ci = t.v.ciPrev(ci) {
		if t.v.ciStatus(ci)&cistCounted != 0 {
			n++
		}
	}
	return n
}

// pcallAt calls the function at fn in a protected run (luaD_pcall). handler is
// the stack offset of the message handler or 0. After an error its object
// stands in fn's place.
func (t *Thread) pcallAt(fn Addr, nresults int, handler Addr) state.Status {
	m := t.m
	off, ci, allow := t.save(fn), t.ci(), m.U8(t.l+layout.LuaStateAllowHook)
	nny, nCCalls, old := t.nny(), t.nCCalls(), m.Ptr(t.l+layout.LuaStateErrFunc)
	m.SetPtr(t.l+layout.LuaStateErrFunc, handler)
	t.setNNY(nny + 1)
	status := t.protectedCall(fn, nresults)
	t.setNNY(nny)
	if status != state.OK {
		t.unwindTo(off, ci, allow, status)
	}
	t.setNCCalls(nCCalls)
	m.SetPtr(t.l+layout.LuaStateErrFunc, old)
	return status
}

// unwindTo makes the stack what it was before a protected call that failed, with
// the error's object at the offset off (luaD_pcall).
func (t *Thread) unwindTo(off, ci Addr, allowHook uint8, status state.Status) {
	at := t.restore(off)
	t.closeUpvals(at)
	t.setErrorObject(status, at)
	t.setCI(ci)
	t.m.SetU8(t.l+layout.LuaStateAllowHook, allowHook)
	t.shrinkStack()
}

// protectedCall is the C call of a protected run, counted as such.
func (t *Thread) protectedCall(fn Addr, nresults int) state.Status {
	if n := t.nCCalls() + 1; n < maxCCalls {
		t.setNCCalls(n)
		return t.runLevel(stepCall, fn, nresults)
	}
	off := t.save(fn)
	return t.rawRun(func() { t.call(t.restore(off), nresults) })
}

// function is the Go function at a code address.
func (v *VM) function(a Addr) state.Func {
	f := v.rom.Func(a)
	if f == nil {
		v.badCode(a)
	}
	return f
}

// The rest are coroutines.

// resumeError ends a resume that cannot begin.
func (t *Thread) resumeError(msg string, nargs int) state.Status {
	at := t.top() - Addr(nargs)*tvSize
	t.v.setString(at, t.newGoString(msg))
	t.setTop(at + tvSize)
	return state.ErrRun
}

// resume starts or continues a coroutine (lua_resume).
func (t *Thread) resume(from *Thread, nargs int) state.Status {
	m := t.m
	status := state.Status(m.U8(t.l + layout.LuaStateStatus))
	switch {
	case status == state.OK && t.ci() != t.baseCI():
		return t.resumeError("cannot resume non-suspended coroutine", nargs)
	case status != state.OK && status != state.Yield:
		return t.resumeError("cannot resume dead coroutine", nargs)
	}
	calls := uint16(1)
	if from != nil {
		calls = from.nCCalls() + 1
	}
	t.setNCCalls(calls)
	if calls >= maxCCalls {
		return t.resumeError("C stack overflow", nargs)
	}
	nny := t.nny()
	t.setNNY(0)
	if status == state.OK {
		fn := t.top() - Addr(nargs+1)*tvSize
		status = t.runLevel(stepCall, fn, state.MultRet)
	} else {
		status = t.runLevel(stepResume, Addr(nargs), 0)
	}
	if status > state.Yield {
		m.SetU8(t.l+layout.LuaStateStatus, uint8(status)) // dead
		t.setErrorObject(status, t.top())
		m.SetPtr(t.ci()+layout.CallInfoTop, t.top())
	}
	t.setNNY(nny)
	t.setNCCalls(calls - 1)
	return status
}

// resumeFrame continues the frame that yielded.
func (t *Thread) resumeFrame(nargs int) (res int, interrupted bool) {
	m, v := t.m, t.v
	ci := t.ci()
	m.SetU8(t.l+layout.LuaStateStatus, uint8(state.OK))
	m.SetPtr(ci+layout.CallInfoFunc, t.restore(m.Ptr(ci+layout.CallInfoExtra)))
	if v.isLua(ci) { // it yielded inside a hook
		return calledLua, false
	}
	if k := m.Ptr(ci + layout.CallInfoK); k != 0 {
		f := v.rom.Cont(k)
		if f == nil {
			v.badCode(k)
		}
		nargs = f(t, state.Yield, int(m.I32(ci+layout.CallInfoCtx)))
	}
	res = t.afterC(ci, nargs)
	return res, res != calledLua
}

// yield suspends the thread with the n values on top of its stack (lua_yieldk).
// Its result is to be returned by the C function.
func (t *Thread) yield(n, ctx int, k Addr) int {
	m, v := t.m, t.v
	if t.nny() > 0 {
		if t.l != v.main.l {
			t.runError("attempt to yield across a C-call boundary")
		}
		t.runError("attempt to yield from outside a coroutine")
	}
	ci := t.ci()
	m.SetU8(t.l+layout.LuaStateStatus, uint8(state.Yield))
	m.SetPtr(ci+layout.CallInfoExtra, t.save(v.ciFunc(ci)))
	if v.isLua(ci) {
		return 0 // inside a hook: the main loop sees the status
	}
	m.SetPtr(ci+layout.CallInfoK, k)
	m.SetI32(ci+layout.CallInfoCtx, int32(ctx))
	m.SetPtr(ci+layout.CallInfoFunc, t.top()-Addr(n+1)*tvSize)
	if t.direct() {
		return sentYield
	}
	t.throw(state.Yield)
	return 0
}

// newThread makes a coroutine and pushes it (lua_newthread).
func (t *Thread) newThread() Addr {
	m, v := t.m, t.v
	t.checkGC()
	l := t.alloc(layout.LXSize) + layout.LXL
	all := t.g + layout.GlobalAllGC
	m.SetPtr(l, m.Ptr(all))
	m.SetU8(l+layout.LuaStateTT, tagThread&variantMask)
	m.SetU8(l+layout.LuaStateMarked, v.currentWhite())
	m.SetPtr(all, l)
	v.setPtr(t.push(), l, tagThread)
	v.preinitThread(l)
	m.SetU32(l+layout.LuaStateHookMask, t.hookMask())
	m.SetU32(l+layout.LuaStateBaseHookCount, m.U32(t.l+layout.LuaStateBaseHookCount))
	m.SetPtr(l+layout.LuaStateHook, m.Ptr(t.l+layout.LuaStateHook))
	m.SetU32(l+layout.LuaStateHookCount, m.U32(l+layout.LuaStateBaseHookCount))
	m.SetU32(l-layout.LXL, m.U32(v.main.l-layout.LXL))
	t.initStack(l)
	return l
}
