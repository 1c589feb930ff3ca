package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/compile"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// Calls, errors and coroutines (ldo.c). An error is a Go panic, as it is a longjmp in C, and a protected call one Go
// frame that recovers it. A C function that calls Lua does that in a nested run of the main loop; what yields has no
// such run below it in its coroutine, so that it can return out of the loop. So can an error of a C function that the
// loop itself has called, which is much cheaper than a panic: VM.raised says that there is one.

// What a C function returns that has yielded, or raises an error by returning (Raise).
const (
	sentYield = -1
	sentRaise = -2
)

// Outcomes of preCall.
const (
	calledLua = iota // a Lua function's frame is ready to run
	calledC          // the function is done
	left             // it has yielded, or raised an error
)

// jump is a protected run.
type jump struct{ l Addr }

// thrown is the value of the Go panics that carry errors.
type thrown struct {
	status state.Status
	from   Addr // the thread that has the error's object
}

// throw unwinds to the innermost protected run of the thread (luaD_throw). It ends what collectgarbage "stop" began.
func (t *Thread) throw(status state.Status) {
	t.toThrow(status)
	panic(&t.v.thrown)
}

// toThrow prepares the unwinding.
func (t *Thread) toThrow(status state.Status) {
	t.unfixStack()
	t.unblock()
	t.v.thrown = thrown{status, t.l}
}

// caught tells whether a recovered value is this machine's error, and its status.
func (v *VM) caught(r any) (state.Status, bool) {
	th, ok := r.(*thrown)
	if !ok || th != &v.thrown {
		return 0, false
	}
	return th.status, true
}

// foreign tells whether an error passes a thread by: it is that of another thread that has a protected run further
// out, in which this one runs.
func (t *Thread) foreign(outer int) bool {
	from := t.v.thrown.from
	if from == t.l {
		return false
	}
	for _, j := range t.v.jumps[:outer] {
		if j.l == from {
			return true
		}
	}
	return false
}

// rawRun calls f and returns the status of the error that ended it, if any (luaD_rawrunprotected). f may end with
// VM.raised set.
func (t *Thread) rawRun(f func()) (status state.Status) {
	v := t.v
	jumps, threads := len(v.jumps), len(v.threads)
	v.jumps = append(v.jumps, jump{t.l})
	defer func() {
		v.jumps = v.jumps[:jumps]
		r := recover()
		if r == nil {
			return
		}
		s, ok := v.caught(r)
		if !ok || t.foreign(jumps) {
			panic(r)
		}
		status, v.threads = s, v.threads[:threads]
	}()
	f()
	if v.raised {
		v.raised = false
		v.threads = v.threads[:threads]
		return v.thrown.status
	}
	return state.OK
}

// setErrorObject puts the error object of a status at a stack slot and makes it the last one (luaD_seterrorobj).
func (t *Thread) setErrorObject(status state.Status, at Addr) {
	off := t.save(at)
	switch status {
	case state.ErrMem:
		ts := t.newGoString(memErrMsg)
		t.v.setString(t.restore(off), ts)
	case state.ErrErr:
		ts := t.newGoString("error in error handling")
		t.v.setString(t.restore(off), ts)
	default:
		t.v.copyTV(at, t.top()-tvSize)
	}
	t.setTop(t.restore(off) + tvSize)
}

// pcallAt calls the function at fn in a protected run (luaD_pcall). handler is the stack offset of the message
// handler, or 0. After an error its object stands in fn's place.
func (t *Thread) pcallAt(fn Addr, nresults int, handler Addr) state.Status {
	off := t.save(fn)
	return t.protected(off, handler, func() { t.tryCall(t.restore(off), nresults) })
}

// protected runs f; an error is left at the offset off of the stack.
func (t *Thread) protected(off, handler Addr, f func()) state.Status {
	m := t.m
	nCCalls, ci := t.nCCalls(), t.ci()-t.baseCI()
	allow, old := m.U8(t.l+layout.LuaStateAllowHook), m.U32(t.l+layout.LuaStateErrFunc)
	m.SetPtr(t.l+layout.LuaStateErrFunc, handler)
	status := t.rawRun(f)
	if status != state.OK {
		t.closeUpvals(t.restore(off))
		t.setErrorObject(status, t.restore(off))
		t.setNCCalls(nCCalls)
		at := t.baseCI() + ci
		t.setCI(at)
		t.setBase(t.v.ciBase(at))
		t.setSavedPC(m.Ptr(at + layout.CallInfoSavedPC))
		m.SetU8(t.l+layout.LuaStateAllowHook, allow)
		t.restoreCalls()
	}
	m.SetU32(t.l+layout.LuaStateErrFunc, old)
	return status
}

// argsTable makes the table arg of a function of the old kind: the n values below the top, and their number.
func (t *Thread) argsTable(n int) Addr {
	v := t.v
	t.checkGC()
	h := t.newTable(Addr(n), 1)
	v.setTable(t.top(), h)
	t.incTop()
	t.fixStack()
	for i := range n {
		slot := t.setInt(h, int32(i+1))
		v.copyTV(slot, t.top()-Addr(1+n-i)*tvSize)
	}
	t.unfixStack()
	slot := t.setStr(h, t.newGoString("n"))
	v.setNum(slot, Num(n))
	t.setTop(t.top() - tvSize)
	return h
}

// adjustVarargs moves the fixed parameters of a vararg function above its actual arguments and returns the
// function's base (adjust_varargs). The stack has room for size slots.
func (t *Thread) adjustVarargs(p, size Addr, actual int) Addr {
	m, v := t.m, t.v
	fixedArgs := int(m.U8(p + layout.ProtoNumParams))
	for ; actual < fixedArgs; actual++ {
		v.setNil(t.push())
	}
	args := Addr(0)
	if m.U8(p+layout.ProtoIsVararg)&opcode.VarargNeedsArg != 0 {
		args = t.argsTable(actual - fixedArgs)
		t.needStack(size) // a collection may have taken it away
	}
	base := t.top()
	from := base - Addr(actual)*tvSize
	for range fixedArgs {
		v.copyTV(t.push(), from)
		v.setNil(from)
		from += tvSize
	}
	if args != 0 {
		v.setTable(t.push(), args)
	}
	return base
}

// callable makes way for the __call metamethod below the value at an offset of the stack (tryfuncTM).
func (t *Thread) callable(off Addr) {
	v := t.v
	fn := t.restore(off)
	tm := v.tmByObj(fn, tag.Call)
	if tm == 0 || !isFunction(v.tag(tm)) {
		t.typeError(fn, "call")
	}
	for p := t.top(); p > fn; p -= tvSize {
		v.copyTV(p, p-tvSize)
	}
	v.copyTV(fn, tm)
	t.incTop()
}

// preCall begins a call of the function at fn, whose arguments lie above it up to the top. A C function is run to its
// end (luaD_precall).
func (t *Thread) preCall(fn Addr, nresults int) int {
	m, v := t.m, t.v
	off := t.save(fn)
	if !isFunction(v.tag(fn)) {
		t.callable(off)
		fn = t.restore(off)
	}
	m.SetPtr(t.ci()+layout.CallInfoSavedPC, t.savedPC())
	if v.tag(fn) == tagCode {
		return t.callC(m.Ptr(fn), off, nresults)
	}
	cl := m.Ptr(fn)
	if m.U8(cl+layout.LClosureIsC) != 0 {
		return t.callC(m.Ptr(cl+layout.CClosureF), off, nresults)
	}
	t.enterLua(off, m.Ptr(cl+layout.LClosureP), nresults)
	return calledLua
}

// enterLua makes the frame of the Lua function at an offset of the stack, of prototype p.
func (t *Thread) enterLua(off, p Addr, nresults int) {
	m, v := t.m, t.v
	size := Addr(m.U8(p + layout.ProtoMaxStackSize))
	t.needStack(size)
	var base Addr
	if m.U8(p+layout.ProtoIsVararg) == 0 {
		base = t.restore(off) + tvSize
		if end := base + Addr(m.U8(p+layout.ProtoNumParams))*tvSize; t.top() > end {
			t.setTop(end)
		}
	} else {
		base = t.adjustVarargs(p, size, v.slots(t.restore(off), t.top())-1)
	}
	baseOff := t.save(base)
	ci := t.nextCI()
	t.needStack(size) // as above
	base = t.restore(baseOff)
	end := base + size*tvSize
	m.SetPtr(ci+layout.CallInfoFunc, t.restore(off))
	m.SetPtr(ci+layout.CallInfoBase, base)
	m.SetPtr(ci+layout.CallInfoTop, end)
	m.SetU32(ci+layout.CallInfoTailCalls, 0)
	m.SetU32(ci+layout.CallInfoNResults, uint32(nresults))
	t.setBase(base)
	t.setSavedPC(m.Ptr(p + layout.ProtoCode))
	for a := t.top(); a < end; a += tvSize {
		v.setNil(a)
	}
	t.setTop(end)
}

// callC runs the C function at a code address.
func (t *Thread) callC(code, off Addr, nresults int) int {
	m := t.m
	f := t.v.function(code)
	t.needStack(minStack)
	ci := t.nextCI()
	t.needStack(minStack) // a collection may have taken it away
	fn := t.restore(off)
	m.SetPtr(ci+layout.CallInfoFunc, fn)
	m.SetPtr(ci+layout.CallInfoBase, fn+tvSize)
	t.setBase(fn + tvSize)
	m.SetPtr(ci+layout.CallInfoTop, t.top()+minStack*tvSize)
	m.SetU32(ci+layout.CallInfoNResults, uint32(nresults))
	t.v.fuel -= costCCall
	n := f(t)
	if n < 0 {
		t.v.raised = n == sentRaise
		return left
	}
	t.posCall(t.top() - Addr(n)*tvSize)
	return calledC
}

// function is the Go function at a code address.
func (v *VM) function(a Addr) state.Func {
	f := v.rom.Func(a)
	if f == nil {
		v.badCode(a)
	}
	return f
}

// posCall ends the current frame: the results from first up to the top go to the place of its function. It tells
// whether the caller wanted a fixed number of them (luaD_poscall).
func (t *Thread) posCall(first Addr) bool {
	m, v := t.m, t.v
	ci := t.ci()
	res, wanted := v.ciFunc(ci), int(m.I32(ci+layout.CallInfoNResults))
	prev := ci - layout.CallInfoSize
	t.setCI(prev)
	t.setBase(v.ciBase(prev))
	t.setSavedPC(m.Ptr(prev + layout.CallInfoSavedPC))
	n, top := wanted, t.top()
	for ; n != 0 && first < top; n-- {
		v.copyTV(res, first)
		res, first = res+tvSize, first+tvSize
	}
	for ; n > 0; n-- {
		v.setNil(res)
		res += tvSize
	}
	t.setTop(res)
	return wanted != state.MultRet
}

// maxCCalls is the limit of nested C calls.
const maxCCalls = compile.MaxCalls

// call calls the function at fn; results replace it (luaD_call).
func (t *Thread) call(fn Addr, nresults int) {
	t.tryCall(fn, nresults)
	if t.v.raised {
		t.v.raised = false
		panic(&t.v.thrown)
	}
}

// tryCall is call for who looks at VM.raised.
func (t *Thread) tryCall(fn Addr, nresults int) {
	n := t.nCCalls() + 1
	t.setNCCalls(n)
	if n >= maxCCalls {
		if n == maxCCalls {
			t.runError("C stack overflow")
		} else if n >= maxCCalls+maxCCalls>>3 {
			t.throw(state.ErrErr)
		}
	}
	if t.preCall(fn, nresults) == calledLua {
		t.execute(1)
	}
	if t.v.raised {
		return
	}
	t.setNCCalls(t.nCCalls() - 1)
	t.checkGC()
}

// The rest are coroutines.

// resumeError ends a resume that cannot begin (resume_error).
func (t *Thread) resumeError(msg string) state.Status {
	t.setTop(t.v.ciBase(t.ci()))
	ts := t.newGoString(msg)
	t.v.setString(t.top(), ts)
	t.incTop()
	return state.ErrRun
}

// resume starts or continues a coroutine (lua_resume).
func (t *Thread) resume(nargs int) state.Status {
	m := t.m
	status := t.Status()
	if status != state.Yield && (status != state.OK || t.ci() != t.baseCI()) {
		return t.resumeError("cannot resume non-suspended coroutine")
	}
	if t.nCCalls() >= maxCCalls {
		return t.resumeError("C stack overflow")
	}
	n := t.nCCalls() + 1
	t.setNCCalls(n)
	m.SetU16(t.l+layout.LuaStateBaseCCalls, n)
	status = t.rawRun(func() { t.resumeFrame(t.top() - Addr(nargs)*tvSize) })
	if status != state.OK {
		m.SetU8(t.l+layout.LuaStateStatus, uint8(status)) // dead
		t.setErrorObject(status, t.top())
		m.SetPtr(t.ci()+layout.CallInfoTop, t.top())
	} else {
		status = t.Status()
	}
	t.setNCCalls(t.nCCalls() - 1)
	return status
}

// resumeFrame goes on where the coroutine is, with arguments from first on.
func (t *Thread) resumeFrame(first Addr) {
	m, v := t.m, t.v
	ci := t.ci()
	if t.Status() == state.OK {
		if t.preCall(first-tvSize, state.MultRet) != calledLua {
			return
		}
	} else {
		m.SetU8(t.l+layout.LuaStateStatus, uint8(state.OK))
		if !v.isLua(ci) { // finish the CALL that was interrupted
			if t.posCall(first) {
				t.setTop(v.ciTop(t.ci()))
			}
		} else {
			t.setBase(v.ciBase(ci))
		}
	}
	t.execute(int((t.ci() - t.baseCI()) / layout.CallInfoSize))
}

// yield suspends the thread with the n values on top of its stack (lua_yield). Its result is to be returned by the C
// function.
func (t *Thread) yield(n int) int {
	m := t.m
	if t.nCCalls() > m.U16(t.l+layout.LuaStateBaseCCalls) {
		t.runError("attempt to yield across metamethod/C-call boundary")
	}
	t.setBase(t.top() - Addr(n)*tvSize)
	m.SetU8(t.l+layout.LuaStateStatus, uint8(state.Yield))
	return sentYield
}

// newThread makes a thread (luaE_newthread).
func (t *Thread) newThread() Addr {
	m, v := t.m, t.v
	t.checkGC()
	l := t.newObject(tagThread, layout.LuaStateSize)
	m.Zero(l+layout.LuaStateStatus, layout.LuaStateSize-layout.LuaStateStatus)
	v.setPtr(t.top(), l, tagThread)
	t.incTop()
	m.SetPtr(l+layout.LuaStateG, v.g)
	m.SetU8(l+layout.LuaStateAllowHook, 1)
	v.setNil(l + layout.LuaStateGlobals)
	t.initStack(l)
	v.copyTV(l+layout.LuaStateGlobals, t.globals())
	return l
}
