package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/opcode"
)

// Coroutines. Where a function of C that resumes one was called by a main loop right below a protected run, the
// function returns sentResume and the loop changes the thread: no Go frame is between the two. The innermost jump
// knows what it is to do when the coroutine yields, ends or fails. In all other cases the coroutine runs in a
// protected run and a main loop of its own.

// noResume is for a main loop that resumes no coroutines.
const noResume = -1

// NewThread implements state.State.
func (t *Thread) NewThread() state.State { return t.v.threadHandle(t.newThread()) }

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

// Resume implements state.State.
func (t *Thread) Resume(from state.State, nargs int) state.Status {
	v := t.v
	if from != nil { // lua_setlevel, which auxresume calls
		t.setNCCalls(from.(*Thread).nCCalls())
	}
	v.threads = append(v.threads, t)
	n := len(v.threads)
	status := t.resume(nargs)
	v.threads = v.threads[:n-1]
	return status
}

// resume starts or continues a coroutine (lua_resume).
func (t *Thread) resume(nargs int) state.Status {
	status := t.Status()
	if status != state.Yield && (status != state.OK || t.ci() != t.baseCI()) {
		return t.resumeError("cannot resume non-suspended coroutine")
	}
	if t.nCCalls() >= maxCCalls {
		return t.resumeError("C stack overflow")
	}
	t.enterLevel(t.nCCalls())
	status = t.run(runResume, t.top()-Addr(nargs)*tvSize, 0)
	if status != state.OK {
		t.died(status)
	} else {
		status = t.Status()
	}
	t.setNCCalls(t.nCCalls() - 1)
	return status
}

// resumeError ends a resume that cannot begin (resume_error).
func (t *Thread) resumeError(msg string) state.Status {
	t.setTop(t.v.ciBase(t.ci()))
	ts := t.newGoString(msg)
	t.v.setString(t.top(), ts)
	t.incTop()
	return state.ErrRun
}

// enterLevel begins the C call in which a coroutine runs, behind n others.
func (t *Thread) enterLevel(n uint16) {
	t.setNCCalls(n + 1)
	t.m.SetU16(t.l+layout.LuaStateBaseCCalls, n+1)
}

// died ends a coroutine with an error.
func (t *Thread) died(status state.Status) {
	t.m.SetU8(t.l+layout.LuaStateStatus, uint8(status))
	t.setErrorObject(status, t.top())
	t.m.SetPtr(t.ci()+layout.CallInfoTop, t.top())
}

// resumeFrame goes on where the coroutine is, with arguments from first on.
func (t *Thread) resumeFrame(first Addr) {
	if t.continued(first) {
		t.execute(t.luaFrames(), 0, t.savedPC())
	}
}

// continued makes a coroutine ready to run. False: its function is one of C, and did.
func (t *Thread) continued(first Addr) bool {
	m, v := t.m, t.v
	ci := t.ci()
	if t.Status() == state.OK {
		v.mayResume = false
		return t.preCall(first-tvSize, state.MultRet) == calledLua
	}
	m.SetU8(t.l+layout.LuaStateStatus, uint8(state.OK))
	if v.isLua(ci) {
		t.setBase(v.ciBase(ci))
	} else if t.posCall(first) { // the end of the CALL that was interrupted
		t.setTop(v.ciTop(t.ci()))
	}
	return true
}

// luaFrames is the number of a coroutine's frames.
func (t *Thread) luaFrames() int { return int((t.ci() - t.baseCI()) / layout.CallInfoSize) }

// ResumeSuspended implements state.Environments.
func (t *Thread) ResumeSuspended(i, n int, then state.Resumed) (results int, done bool) {
	m, v := t.m, t.v
	a := t.index(i)
	if a == 0 || v.tag(a) != tagThread {
		return 0, false
	}
	l := m.Ptr(a)
	if l == t.l {
		return 0, false
	}
	co := v.threadHandle(l)
	if !co.isSuspended() || !co.CheckStack(n) {
		return 0, false
	}
	t.moveValues(co, n)
	if v.mayResume && t.nCCalls() < maxCCalls && co.beginsWithLua(n) {
		v.next, v.nextArgs, v.then = co, n, then
		return sentResume, true
	}
	if s := co.Resume(t, n); s != state.OK && s != state.Yield {
		co.moveValues(t, 1)
		return then(t, -1), true
	}
	return then(t, t.take(co)), true
}

// isSuspended tells whether a thread has yielded or not begun yet.
func (t *Thread) isSuspended() bool {
	switch t.Status() {
	case state.Yield:
		return true
	case state.OK:
		return t.ci() == t.baseCI() && t.top() > t.base()
	}
	return false
}

// beginsWithLua tells whether what a suspended coroutine does first is in Lua, when it gets n values.
func (t *Thread) beginsWithLua(n int) bool {
	if t.Status() == state.Yield {
		return true
	}
	fn := t.top() - Addr(n+1)*tvSize
	return t.v.tag(fn) == tagFunc && t.m.U8(t.v.gcOf(fn)+layout.LClosureIsC) == 0
}

// take moves all values of a coroutine that has yielded or ended to its resumer's stack: their number.
func (t *Thread) take(co *Thread) int {
	n := co.GetTop()
	if !t.CheckStack(n + 1) {
		t.Errorf("too many results to resume")
	}
	co.moveValues(t, n)
	return n
}

// moveValues moves the n values on top to another thread.
func (t *Thread) moveValues(to *Thread, n int) {
	from, dst := t.top()-Addr(n)*tvSize, to.top()
	t.setTop(from)
	for range n {
		copyTV(t.m, dst, from)
		from, dst = from+tvSize, dst+tvSize
	}
	to.setTop(dst)
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

// The rest is the main loop's.

// leave goes on where a function of C has left the loop: in the coroutine that it resumes, or where the one was
// resumed that yields. It tells whether the loop is done.
func (t *self) leave() bool {
	switch {
	case t.v.raised:
		return true
	case t.v.next != nil:
		t.enter()
		return false
	case t.resumed <= 0:
		return true
	}
	return t.suspend()
}

// enter makes the loop run the coroutine VM.next.
func (t *self) enter() {
	v := t.v
	co := v.next
	v.next = nil
	t.pushJump(co).then = v.then
	co.continued(co.top() - Addr(v.nextArgs)*tvSize)
	t.depth, t.pc = co.luaFrames(), co.savedPC()
}

// pushJump makes the coroutine the thread that the loop runs.
func (t *self) pushJump(co *Thread) *jump {
	v := t.v
	v.jumps = append(v.jumps, jump{})
	j := &v.jumps[len(v.jumps)-1]
	// Field by field, as a copy of what was just stored in parts is slow.
	j.l, j.threads, j.by, j.depth = co.l, len(v.threads), t.Thread, t.depth
	v.threads = append(v.threads, co)
	co.enterLevel(t.nCCalls())
	t.Thread, t.l = co, co.l
	t.resumed++
	return j
}

// suspend leaves the coroutine that the loop runs, which has yielded or ended. It tells whether the loop is done.
func (t *self) suspend() bool {
	co := t.Thread
	co.setNCCalls(co.nCCalls() - 1)
	then := t.leaveJump()
	return t.resumedC(then(t.Thread, t.take(co)))
}

// leaveJump goes back to who resumed the coroutine of the last jump.
func (t *self) leaveJump() state.Resumed {
	v := t.v
	n := len(v.jumps) - 1
	j := &v.jumps[n]
	t.Thread, t.l, t.depth = j.by, j.by.l, j.depth
	t.resumed--
	v.threads = v.threads[:j.threads]
	v.jumps = v.jumps[:n]
	return j.then
}

// coroutineFailed goes on where the coroutine of the last jump was resumed, which has an error. n is the jump of the
// protected run.
func (v *VM) coroutineFailed(status state.Status, n int) {
	co := v.threadHandle(v.jumps[len(v.jumps)-1].l)
	t := co.self(0, len(v.jumps)-n-1)
	then := t.leaveJump()
	co.died(status)
	co.setNCCalls(co.nCCalls() - 1)
	co.moveValues(t.Thread, 1)
	if !t.resumedC(then(t.Thread, -1)) {
		t.execute(t.depth, t.resumed, t.pc)
	}
}

// resumedC ends the function of C that has resumed a coroutine, and the instruction that called it. n is what the
// function returns. It tells whether the loop is done.
func (t *self) resumedC(n int) bool {
	if n < 0 {
		t.v.raised = n == sentRaise
		return true
	}
	t.endCall(t.posCall(t.top() - Addr(n)*tvSize))
	return false
}

// endCall ends the instruction that has called a function of C. fixed tells that it wants a certain number of results.
func (t *self) endCall(fixed bool) {
	if i := t.instruction(); opcode.OpOf(i) == opcode.TForLoop {
		t.called()
		t.endTForLoop(i)
		return
	}
	if fixed {
		t.setTop(t.v.ciTop(t.ci()))
	}
	t.pc = t.savedPC()
}

// What coroutine.wrap gives and coroutine.yield are most of what programs do with coroutines. Where nothing has to
// grow and nothing can fail the loop does their work by itself: values go from stack to stack to where they are
// wanted.

// switches does what the call of the function at fn would, if it is one of those two and nothing is in the way.
func (t *self) switches(fn Addr, nresults int) bool {
	m, v := t.m, t.v
	f, top := m.Ptr(fn), t.top()
	if tag := m.U32(fn + tvTag); tag == tagCode {
		return f == v.yieldCode && t.resumed > 0 && t.hasFrame(top) && t.yieldValues(fn, top, nresults)
	} else if tag != tagFunc || m.U8(f+layout.LClosureIsC) == 0 {
		return false
	}
	return m.Ptr(f+layout.CClosureF) == v.rom.Role(state.RoleWrap) && t.hasFrame(top) &&
		t.resumeWrapped(m.Ptr(f+layout.CClosureSize), fn, top, nresults)
}

// hasFrame tells whether there is room for a frame of C.
func (t *self) hasFrame(top Addr) bool {
	return t.hasRoom(top, minStack*tvSize) && t.ci() != t.m.Ptr(t.l+layout.LuaStateEndCI)
}

// hasRoom tells whether needStack would do nothing for so many bytes.
func (t *Thread) hasRoom(top, size Addr) bool {
	return int64(t.m.Ptr(t.l+layout.LuaStateStackLast))-int64(top) > int64(size)
}

// maxSwitched bounds the values that a switch takes along, in bytes: as many as CheckStack allows.
const maxSwitched = (maxCStack - 1) * tvSize

// pushFrameOfC makes and charges the frame of the C function at fn, for which there is room.
func (t *self) pushFrameOfC(fn, top Addr, nresults int) {
	ci := t.ci()
	t.m.SetPtr(ci+layout.CallInfoSavedPC, t.savedPC())
	t.setCI(ci + layout.CallInfoSize)
	t.frameOfC(ci+layout.CallInfoSize, fn, top, nresults)
	t.v.fuel -= costCCall
}

// resumeWrapped resumes the coroutine l, if that waits in coroutine.yield.
func (t *self) resumeWrapped(l, fn, top Addr, nresults int) bool {
	m, v := t.m, t.v
	if state.Status(m.U8(l+layout.LuaStateStatus)) != state.Yield || t.nCCalls() >= maxCCalls {
		return false
	}
	co, size := v.threadHandle(l), top-(fn+tvSize)
	if y := v.ciFunc(co.ci()); v.tag(y) != tagCode || m.Ptr(y) != v.yieldCode ||
		size > maxSwitched || !co.hasRoom(co.top(), size) {
		return false
	}
	t.pushFrameOfC(fn, top, nresults)
	t.setTop(fn + tvSize) // the arguments go away at once
	j := t.pushJump(co)
	j.then, j.wrapped = v.rom.WrapResumed(), true
	m.SetU8(l+layout.LuaStateStatus, uint8(state.OK))
	if co.deliver(fn+tvSize, top) {
		co.setTop(v.ciTop(co.ci()))
	}
	t.depth, t.pc = co.luaFrames(), co.savedPC()
	return true
}

// yieldValues gives the arguments of coroutine.yield at fn to the function at which a coroutine was resumed.
func (t *self) yieldValues(fn, top Addr, nresults int) bool {
	m, v := t.m, t.v
	size, j := top-(fn+tvSize), &v.jumps[len(v.jumps)-1]
	if !j.wrapped || size > maxSwitched || !j.by.hasRoom(j.by.top(), size+tvSize) ||
		t.nCCalls() > m.U16(t.l+layout.LuaStateBaseCCalls) {
		return false
	}
	t.pushFrameOfC(fn, top, nresults)
	t.setTop(fn + tvSize)
	m.SetU8(t.l+layout.LuaStateStatus, uint8(state.Yield))
	t.setNCCalls(t.nCCalls() - 1)
	t.leaveJump()
	t.endCall(t.deliver(fn+tvSize, top))
	return true
}
