package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua51/compile"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// Calls (ldo.c); protect.go has errors. A C function that calls Lua does that in a nested run of the main loop; what
// yields has no such run below it in its coroutine, so that it can return out of the loop. So can an error of a C
// function that the loop itself has called, which is much cheaper than a panic: VM.raised says that there is one.

// What a C function returns that has yielded, raises an error by returning (Raise), or wants a coroutine to run
// (VM.next).
const (
	sentYield  = -1
	sentRaise  = -2
	sentResume = -3
)

// Outcomes of preCall.
const (
	calledLua = iota // a Lua function's frame is ready to run
	calledC          // the function is done
	left             // it has returned one of the above
)

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
	f := t.v.function(code)
	t.needStack(minStack)
	ci := t.nextCI()
	t.needStack(minStack) // a collection may have taken it away
	t.frameOfC(ci, t.restore(off), t.top(), nresults)
	t.v.fuel -= costCCall
	n := f(t)
	if n < 0 {
		t.v.raised = n == sentRaise
		return left
	}
	t.posCall(t.top() - Addr(n)*tvSize)
	return calledC
}

// frameOfC fills the frame of the C function at fn.
func (t *Thread) frameOfC(ci, fn, top Addr, nresults int) {
	m := t.m
	m.SetPtr(ci+layout.CallInfoFunc, fn)
	m.SetPtr(ci+layout.CallInfoBase, fn+tvSize)
	t.setBase(fn + tvSize)
	m.SetPtr(ci+layout.CallInfoTop, top+minStack*tvSize)
	m.SetU32(ci+layout.CallInfoNResults, uint32(nresults))
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
func (t *Thread) posCall(first Addr) bool { return t.deliver(first, t.top()) }

// deliver is posCall for results up to end, which may be in another stack.
func (t *Thread) deliver(first, end Addr) bool {
	m, v := t.m, t.v
	ci := t.ci()
	res, wanted := v.ciFunc(ci), int(m.I32(ci+layout.CallInfoNResults))
	prev := ci - layout.CallInfoSize
	t.setCI(prev)
	t.setBase(v.ciBase(prev))
	t.setSavedPC(m.Ptr(prev + layout.CallInfoSavedPC))
	n := wanted
	for ; n != 0 && first < end; n-- {
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
	t.tryCall(fn, nresults, noResume)
	if t.v.raised {
		t.v.raised = false
		panic(&t.v.thrown)
	}
}

// tryCall is call for who looks at VM.raised. resumed is that of execute.
func (t *Thread) tryCall(fn Addr, nresults, resumed int) {
	t.countCCall()
	t.v.mayResume = false
	if t.preCall(fn, nresults) == calledLua {
		t.execute(1, resumed, t.savedPC())
	}
	if !t.v.raised {
		t.called()
	}
}

// countCCall counts a call that C makes in its own stack.
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

// called is the end of such a call.
func (t *Thread) called() {
	t.setNCCalls(t.nCCalls() - 1)
	t.checkGC()
}
