package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/compile"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// Calls, errors and coroutines (ldo.c).
//
// The firmware recovers from errors with longjmp, one jump buffer for each
// protected call, and yields in the same way. Here a protected run of the main
// loop is a level: one Go frame that recovers Go panics. Protected calls that
// Lua code makes at a level, and calls with a continuation, need no Go frame
// besides: the C function returns a sentinel, the loop enters the callee, and
// when the callee is done the loop finishes the C function by its continuation
// (finishC). An error unwinds to the CallInfo of the innermost protected call at
// its level, as lua_resume does in the firmware for coroutines.
//
// What a C function calls from Go runs in a nested loop (call); goDepth counts
// these, and a sentinel is possible only where the C function was called at the
// level's own depth. Elsewhere the API falls back to nested Go calls.

// Sentinels that a C function returns instead of its number of results.
const (
	sentRaise = -1 - iota // an error object is on top of the stack
	sentYield             // the thread has yielded
	sentCall              // VM.pending is to be called
)

// Outcomes of preCall.
const (
	calledLua = iota // a Lua function's frame is ready to run
	calledC          // the function is done
	raised           // an error object is on top of the stack
	yielded
)

// pending is the call that goes with sentCall.
type pending struct {
	fn       Addr // offset of the function in the stack
	nresults int
}

// level is a protected run of the main loop.
type level struct {
	l       Addr // its thread
	ci      Addr // the CallInfo that called it
	depth   int  // goDepth at its start
	nny     uint16
	nCCalls uint16
}

// thrown is the value of the Go panics that carry errors and yields.
type thrown struct {
	status state.Status
	from   Addr // the thread that has the error's object
}

// throw unwinds to the innermost protected run of the thread.
func (t *Thread) throw(status state.Status) {
	t.v.thrown = thrown{status, t.l}
	panic(&t.v.thrown)
}

// foreign tells whether the error that was thrown passes t by: it is that of a thread
// further out, by whose functions t runs (which has a luai_jmpbuf of its own). So an error
// of the main thread, in a callback in the midst of a coroutine, ends the coroutine's
// resume as well, and the coroutine stays as it is. outer is how many levels are further out.
func (t *Thread) foreign(outer int) bool {
	from := t.v.thrown.from
	if from == t.l {
		return false
	}
	for i := range outer {
		if t.v.levels[i].l == from {
			return true
		}
	}
	return false
}

// caught tells whether a recovered value is this VM's error, and its status.
func (v *VM) caught(r any) (state.Status, bool) {
	th, ok := r.(*thrown)
	if !ok || th != &v.thrown {
		return 0, false
	}
	return th.status, true
}

// rawRun calls f and returns the status of the error that ended it, if any.
func (t *Thread) rawRun(f func()) (status state.Status) {
	v := t.v
	depth, levels, threads, nCCalls := v.goDepth, len(v.levels), len(v.threads), t.nCCalls()
	defer func() {
		if r := recover(); r != nil {
			s, ok := v.caught(r)
			if !ok || t.foreign(levels) {
				panic(r)
			}
			status, v.goDepth, v.levels = s, depth, v.levels[:levels]
			t.runAgain(threads)
		}
		t.setNCCalls(nCCalls)
	}()
	f()
	return state.OK
}

// runAgain forgets threads that t had resumed when an error passed them by.
func (t *Thread) runAgain(threads int) {
	if v := t.v; len(v.threads) > threads {
		v.threads = v.threads[:threads]
		v.trap = t.traps()
	}
}

// setErrorObject puts the error object of a status at a stack slot and makes it
// the last one.
func (t *Thread) setErrorObject(status state.Status, at Addr) {
	tv := tvSize
	switch status {
	case state.ErrMem:
		t.v.setString(at, t.m.Ptr(t.g+layout.GlobalMemErrMsg))
	case state.ErrErr:
		t.v.setString(at, t.newGoString("error in error handling"))
	default:
		t.v.copyTV(at, t.top()-tv)
	}
	t.setTop(at + tv)
}

// hook calls the debug hook for an event, in the middle of whatever runs.
func (t *Thread) hook(event, line int) {
	m, v := t.m, t.v
	h := v.rom.Hook(m.Ptr(t.l + layout.LuaStateHook))
	if h == nil || m.U8(t.l+layout.LuaStateAllowHook) == 0 {
		return
	}
	ci := t.ci()
	top, ciTop := t.save(t.top()), t.save(v.ciTop(ci))
	t.needStack(minStack)
	m.SetPtr(ci+layout.CallInfoTop, t.top()+minStack*tvSize)
	m.SetU8(t.l+layout.LuaStateAllowHook, 0)
	v.setCIStatus(ci, v.ciStatus(ci)|cistHooked)
	v.goDepth++
	h(t, &state.Debug{Event: event, CurrentLine: line, CI: ci})
	v.goDepth--
	m.SetU8(t.l+layout.LuaStateAllowHook, 1)
	m.SetPtr(ci+layout.CallInfoTop, t.restore(ciTop))
	t.setTop(t.restore(top))
	v.setCIStatus(ci, v.ciStatus(ci)&^uint16(cistHooked))
}

func (t *Thread) hookMask() uint32 { return t.m.U32(t.l + layout.LuaStateHookMask) }

// callHook tells the hook of a new Lua frame.
func (t *Thread) callHook(ci Addr) {
	m, v := t.m, t.v
	event := state.HookCall
	pc := ci + layout.CallInfoSavedPC
	m.SetPtr(pc, m.Ptr(pc)+4) // hooks see the pc behind the instruction
	if prev := v.ciPrev(ci); v.isLua(prev) &&
		opcode.OpOf(m.U32(m.Ptr(prev+layout.CallInfoSavedPC)-4)) == opcode.TailCall {
		v.setCIStatus(ci, v.ciStatus(ci)|cistTail)
		event = state.HookTailCall
	}
	t.hook(event, -1)
	m.SetPtr(pc, m.Ptr(pc)-4)
}

// adjustVarargs moves the fixed parameters of a vararg function above its actual
// arguments and returns the function's base.
func (t *Thread) adjustVarargs(p Addr, actual Addr) Addr {
	v, tv := t.v, tvSize
	base := t.top()
	fixed, n := base-actual*tv, Addr(t.m.U8(p+layout.ProtoNumParams))
	for i := range n {
		if i < actual {
			v.copyTV(base+i*tv, fixed+i*tv)
			v.setNil(fixed + i*tv) // the copy is the one that lives
		} else {
			v.setNil(base + i*tv)
		}
	}
	t.setTop(base + n*tv)
	return base
}

// callable makes way for the __call metamethod below the function at fn.
func (t *Thread) callable(fn Addr) {
	v, tv := t.v, tvSize
	tm := v.tmByObj(fn, tmCall)
	if tm == 0 || !isFunction(v.tag(tm)) {
		t.typeError(fn, "call")
	}
	for p := t.top(); p > fn; p -= tv {
		v.copyTV(p, p-tv)
	}
	t.setTop(t.top() + tv)
	v.copyTV(fn, tm)
}

// nextCI is the CallInfo for a new frame, which becomes the current one.
func (t *Thread) nextCI() Addr {
	ci := t.v.ciNext(t.ci())
	if ci == 0 {
		ci = t.extendCI()
	}
	t.setCI(ci)
	return ci
}

// roomFor makes room for n slots above the top and returns fn, which may move.
func (t *Thread) roomFor(n, fn Addr) Addr {
	if t.hasRoom(n) {
		return fn
	}
	off := t.save(fn)
	t.checkGC()
	t.growStack(n)
	return t.restore(off)
}

// preCall begins a call of the function at fn, whose arguments lie above it up
// to the top. A C function is run to its end.
func (t *Thread) preCall(fn Addr, nresults int) int {
	m, v := t.m, t.v
	for {
		switch tag := v.tag(fn); tag {
		case tagLua:
			t.enterLua(fn, nresults)
			return calledLua
		case tagCFunc, tagCCl:
			f := m.Ptr(fn)
			if tag == tagCCl {
				f = m.Ptr(f + layout.CClosureF)
			}
			return t.callC(v.function(f), fn, nresults)
		}
		fn = t.roomFor(1, fn)
		t.callable(fn)
	}
}

// enterLua pushes the frame of the Lua function at fn.
func (t *Thread) enterLua(fn Addr, nresults int) {
	m, v, tv := t.m, t.v, tvSize
	p := m.Ptr(m.Ptr(fn) + layout.LClosureP)
	size := Addr(m.U8(p + layout.ProtoMaxStackSize))
	if !t.hasRoom(size) {
		fn = t.roomFor(size, fn)
	}
	base, top := fn+tv, t.top()
	if m.U8(p+layout.ProtoIsVararg) != 0 {
		base = t.adjustVarargs(p, Addr(v.slots(fn, top)-1))
	} else {
		for end := base + Addr(m.U8(p+layout.ProtoNumParams))*tv; top < end; top += tv {
			v.setNil(top)
		}
	}
	ci := t.nextCI()
	m.SetU32(ci+layout.CallInfoNResults, uint32(uint16(nresults))|cistLua<<16)
	m.SetPtr(ci+layout.CallInfoFunc, fn)
	m.SetPtr(ci+layout.CallInfoBase, base)
	t.setTop(base + size*tv)
	m.SetPtr(ci+layout.CallInfoTop, base+size*tv)
	m.SetPtr(ci+layout.CallInfoSavedPC, m.Ptr(p+layout.ProtoCode))
	if t.hookMask()&state.MaskCall != 0 {
		t.callHook(ci)
	}
}

// callC runs a C function.
func (t *Thread) callC(f state.Func, fn Addr, nresults int) int {
	m := t.m
	if !t.hasRoom(minStack) {
		fn = t.roomFor(minStack, fn)
	}
	ci := t.nextCI()
	m.SetU32(ci+layout.CallInfoNResults, uint32(uint16(nresults)))
	m.SetPtr(ci+layout.CallInfoFunc, fn)
	m.SetPtr(ci+layout.CallInfoTop, t.top()+minStack*tvSize)
	if t.hookMask()&state.MaskCall != 0 {
		t.hook(state.HookCall, -1)
	}
	t.v.fuel -= costCCall
	n := f(t)
	if n < 0 {
		return t.afterC(ci, n)
	}
	t.posCall(ci, Addr(uint32(t.top()-Addr(n)*tvSize)), n)
	return calledC
}

// afterC goes on with a C function or continuation that returned n, until it is
// done or something else has to run.
func (t *Thread) afterC(ci Addr, n int) int {
	v := t.v
	for n < 0 {
		switch n {
		case sentRaise:
			return raised
		case sentYield:
			return yielded
		}
		t.countCCall()
		res := t.preCall(t.restore(v.pending.fn), v.pending.nresults)
		switch res {
		case calledLua:
			callee := v.ciNext(ci)
			v.setCIStatus(callee, v.ciStatus(callee)|cistCounted)
			return res
		case raised, yielded:
			return res
		}
		t.setNCCalls(t.nCCalls() - 1)
		n = t.continueC(ci, state.Yield)
	}
	t.posCall(ci, Addr(uint32(t.top()-Addr(n)*tvSize)), n)
	return calledC
}

// continueC calls the continuation of the C frame ci, whose callee is done.
func (t *Thread) continueC(ci Addr, status state.Status) int {
	m, v := t.m, t.v
	if s := v.ciStatus(ci); s&cistYPCall != 0 {
		v.setCIStatus(ci, s&^uint16(cistYPCall))
		m.SetU32(t.l+layout.LuaStateErrFunc, m.U32(ci+layout.CallInfoOldErrFunc))
	}
	if top := t.top(); v.ciTop(ci) < top {
		m.SetPtr(ci+layout.CallInfoTop, top)
	}
	k := v.rom.Cont(m.Ptr(ci + layout.CallInfoK))
	if k == nil {
		v.badCode(m.Ptr(ci + layout.CallInfoK))
	}
	return k(t, status, int(m.I32(ci+layout.CallInfoCtx)))
}

// finishC completes the current C frame, whose callee is done or was recovered
// from an error.
func (t *Thread) finishC(status state.Status) int {
	ci := t.ci()
	return t.afterC(ci, t.continueC(ci, status))
}

// posCall ends the frame ci: nres results from first on go to the place of its
// function. It tells whether the caller wanted a fixed number of results.
func (t *Thread) posCall(ci, first Addr, nres int) bool {
	m, v, tv := t.m, t.v, tvSize
	if mask := t.hookMask(); mask&(state.MaskRet|state.MaskLine) != 0 {
		if mask&state.MaskRet != 0 {
			off := t.save(first)
			t.hook(state.HookRet, -1)
			first = t.restore(off)
		}
		m.SetPtr(t.l+layout.LuaStateOldPC, m.Ptr(v.ciPrev(ci)+layout.CallInfoSavedPC))
	}
	res := v.ciFunc(ci)
	ns := m.U32(ci + layout.CallInfoNResults)
	t.setCI(v.ciPrev(ci))
	if ns>>16&cistCounted != 0 {
		t.setNCCalls(t.nCCalls() - 1)
	}
	wanted := int(int16(ns))
	if wanted == 1 {
		if nres == 0 {
			v.setNil(res)
		} else {
			v.copyTV(res, first)
		}
		t.setTop(res + tv)
		return true
	}
	n := nres
	if wanted >= 0 {
		n = min(nres, wanted)
	}
	for i := range Addr(n) {
		v.copyTV(res+i*tv, first+i*tv)
	}
	if wanted < 0 {
		t.setTop(res + Addr(n)*tv)
		return false
	}
	for i := Addr(n); i < Addr(wanted); i++ {
		v.setNil(res + i*tv)
	}
	t.setTop(res + Addr(wanted)*tv)
	return true
}

// maxCCalls is the limit of nested C calls.
const maxCCalls = compile.MaxCalls

// countCCall counts a C call and raises an error when there are too many.
func (t *Thread) countCCall() {
	n := t.nCCalls() + 1
	t.setNCCalls(n)
	if n >= maxCCalls {
		if n == maxCCalls {
			t.runError("C stack overflow")
		} else if n >= maxCCalls+maxCCalls>>3 {
			t.throw(state.ErrErr)
		}
	}
}

// call calls the function at fn from Go; results replace it.
func (t *Thread) call(fn Addr, nresults int) {
	v := t.v
	t.countCCall()
	v.goDepth++
	ci := t.ci()
	switch t.preCall(fn, nresults) {
	case calledLua:
		t.execute()
		if t.ci() != ci && t.unroll(ci, true) == raised {
			t.throw(state.ErrRun)
		}
	case raised:
		t.throw(state.ErrRun)
	case yielded:
		t.throw(state.Yield)
	}
	v.goDepth--
	t.setNCCalls(t.nCCalls() - 1)
}

func (t *Thread) callNoYield(fn Addr, nresults int) {
	t.setNNY(t.nny() + 1)
	t.call(fn, nresults)
	t.setNNY(t.nny() - 1)
}

// unroll runs what is left above the frame ci: Lua functions that were
// interrupted and C functions that wait for their continuation. interrupted
// tells that the current frame is in the middle of an instruction.
func (t *Thread) unroll(ci Addr, interrupted bool) int {
	for t.ci() != ci {
		if t.v.isLua(t.ci()) {
			if interrupted {
				t.finishOp()
			}
			if res := t.execute(); res != calledC {
				return res
			}
			interrupted = true
			continue
		}
		res := t.finishC(state.Yield)
		if res == raised || res == yielded {
			return res
		}
		interrupted = res != calledLua
	}
	return calledC
}
