// Code generated from ../protect.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// Errors (ldo.c). One is a Go panic, as it is a longjmp in C, or VM.raised where the main loop can return; a protected
// run is one Go frame that recovers it.

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

// A jump is a protected run, or a coroutine that the main loop has resumed by itself.
type jump struct {
	l       Addr // the thread
	threads int  // running ones in front of it

	// Of a coroutine:
	by    *Thread // the thread that runs the function that resumes it
	depth int     // frames of that one that are left in the main loop
	then  state.Resumed
	// wrapped tells that then is that of coroutine.wrap.
	wrapped bool
}

// target finds the jump that gets the error: the innermost of the thread that has it, which may not be the innermost
// one of all, in which another thread runs.
func (v *VM) target() int {
	for i := len(v.jumps) - 1; i >= 0; i-- {
		if v.jumps[i].l == v.thrown.from {
			return i
		}
	}
	return len(v.jumps) - 1
}

// land makes an error that reaches the protected run at n the one of the jump that gets it, which is the last one
// afterwards. An error that is not for that run or what it has inside goes on.
func (v *VM) land(n int) state.Status {
	v.raised = false
	at := v.target()
	if at < n {
		v.jumps = v.jumps[:n]
		panic(&v.thrown)
	}
	v.jumps, v.threads = v.jumps[:at+1], v.threads[:v.jumps[at].threads]
	return v.thrown.status
}

// landPanic is land for a panic. One that is no error of Lua goes on.
func (v *VM) landPanic(r any, n int) state.Status {
	if _, ok := v.caught(r); !ok {
		v.jumps = v.jumps[:n]
		panic(r)
	}
	return v.land(n)
}

// rawRun calls f and returns the status of the error that ended it, if any (luaD_rawrunprotected).
func (t *Thread) rawRun(f func()) (status state.Status) {
	v := t.v
	n := len(v.jumps)
	v.jumps = append(v.jumps, jump{l: t.l, threads: len(v.threads)})
	defer func() {
		if r := recover(); r != nil {
			status = v.landPanic(r, n)
		}
		v.jumps = v.jumps[:n]
	}()
	f()
	return state.OK
}

// What a run of Lua is for.
const (
	runCall   = iota // it calls the function at a place
	runResume        // it starts or continues a coroutine, whose arguments begin there
)

// run is rawRun for a call or for resuming a coroutine. The main loop is right below, so that it can resume coroutines
// by itself; their errors come here, and each is a step more.
func (t *Thread) run(what int, at Addr, nresults int) state.Status {
	v := t.v
	n := len(v.jumps)
	v.jumps = append(v.jumps, jump{l: t.l, threads: len(v.threads)})
	status := t.step(what, at, nresults, n, state.OK)
	for status != state.OK && len(v.jumps) > n+1 {
		status = t.step(what, at, nresults, n, status)
	}
	v.jumps = v.jumps[:n]
	return status
}

// step is a part of the run at n: the first one, or after a coroutine that the loop has resumed has failed. Its status
// is that of the error which the last jump has.
func (t *Thread) step(what int, at Addr, nresults, n int, failed state.Status) (status state.Status) {
	v := t.v
	defer func() {
		if r := recover(); r != nil {
			status = v.landPanic(r, n)
		}
	}()
	switch {
	case failed != state.OK:
		v.coroutineFailed(failed, n)
		if what == runCall && !v.raised {
			t.called()
		}
	case what == runCall:
		t.tryCall(at, nresults, 0)
	default:
		t.resumeFrame(at)
	}
	if v.raised {
		return v.land(n)
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
	off, before := t.save(fn), t.protect(handler)
	status := t.run(runCall, fn, nresults)
	t.endProtected(off, before, status)
	return status
}

// protected runs f; an error is left at the offset off of the stack.
func (t *Thread) protected(off, handler Addr, f func()) state.Status {
	before := t.protect(handler)
	status := t.rawRun(f)
	t.endProtected(off, before, status)
	return status
}

// unprotected is the state of a thread before a protected run.
type unprotected struct {
	ci      Addr // its offset
	handler uint32
	nCCalls uint16
	allow   uint8
}

// protect begins a protected run with a message handler.
func (t *Thread) protect(handler Addr) unprotected {
	m := t.m
	u := unprotected{t.ci() - t.baseCI(), m.U32(t.l + layout.LuaStateErrFunc), t.nCCalls(), m.U8(t.l + layout.LuaStateAllowHook)}
	m.SetPtr(t.l+layout.LuaStateErrFunc, handler)
	return u
}

// endProtected ends a protected run; after an error the thread is as it was before, with the error's object at the
// offset off.
func (t *Thread) endProtected(off Addr, u unprotected, status state.Status) {
	m := t.m
	if status != state.OK {
		t.closeUpvals(t.restore(off))
		t.setErrorObject(status, t.restore(off))
		t.setNCCalls(u.nCCalls)
		at := t.baseCI() + u.ci
		t.setCI(at)
		t.setBase(t.v.ciBase(at))
		t.setSavedPC(m.Ptr(at + layout.CallInfoSavedPC))
		m.SetU8(t.l+layout.LuaStateAllowHook, u.allow)
		t.restoreCalls()
	}
	m.SetU32(t.l+layout.LuaStateErrFunc, u.handler)
}
