package stdlib

import "moonlet.example/moonlet/internal/lua/state"

// Coroutine declares the coroutine library.
var Coroutine = state.Module{
	Name: "coroutine",
	Table: &state.ROTable{Name: "coroutine", Entries: []state.Entry{
		state.Fn("create", coCreate),
		state.Fn("resume", coResume),
		state.Fn("running", coRunning),
		state.Fn("status", coStatus),
		state.Fn("wrap", coWrap),
		state.Fn("yield", coYield),
		state.Fn("isyieldable", coIsYieldable),
	}},
	Procs: []*state.Proc{wrapStepProc},
}

// checkThread is the coroutine in the first argument.
func checkThread(L state.State) state.State {
	co := L.ToThread(1)
	if co == nil {
		L.ArgError(1, "thread expected")
	}
	return co
}

// resume runs a coroutine with the topmost values as arguments. It pushes the
// results and returns their number, or pushes an error and returns -1.
func resume(L, co state.State, nargs int) int {
	if !co.CheckStack(nargs) {
		L.PushString("too many arguments to resume")
		return -1
	}
	if co.Status() == state.OK && co.GetTop() == 0 {
		L.PushString("cannot resume dead coroutine")
		return -1
	}
	L.XMove(co, nargs)
	if status := co.Resume(L, nargs); status != state.OK && status != state.Yield {
		co.XMove(L, 1)
		return -1
	}
	n := co.GetTop()
	if !L.CheckStack(n + 1) {
		co.Pop(n)
		L.PushString("too many results to resume")
		return -1
	}
	co.XMove(L, n)
	return n
}

func coResume(L state.State) int {
	co := checkThread(L)
	n := resume(L, co, L.GetTop()-1)
	if n < 0 {
		L.PushBoolean(false)
		L.Insert(-2)
		return 2
	}
	L.PushBoolean(true)
	L.Insert(-(n + 1))
	return n + 1
}

var wrapStepProc = &state.Proc{F: wrapStep}

// wrapStep is the function that coroutine.wrap returns; its upvalue is the
// coroutine.
func wrapStep(L state.State) int {
	co := L.ToThread(state.UpvalueIndex(1))
	if co == nil { // the debug library has changed the upvalue
		return L.Errorf("thread expected")
	}
	n := resume(L, co, L.GetTop())
	if n >= 0 {
		return n
	}
	if L.Type(-1) == state.String {
		L.Where(1)
		L.Insert(-2)
		L.Concat(2)
	}
	return L.Raise()
}

func coCreate(L state.State) int {
	L.CheckType(1, state.Function)
	co := L.NewThread()
	L.PushValue(1)
	L.XMove(co, 1)
	return 1
}

func coWrap(L state.State) int {
	coCreate(L)
	L.PushClosure(wrapStepProc, 1)
	return 1
}

func coYield(L state.State) int { return L.YieldK(L.GetTop(), 0, nil) }

// threadStatus is what coroutine.status says about co.
func threadStatus(L, co state.State) string {
	if L.SameThread(co) {
		return "running"
	}
	switch co.Status() {
	case state.Yield:
		return "suspended"
	case state.OK:
		if _, active := co.GetStack(0); active {
			return "normal" // it resumed another one
		}
		if co.GetTop() > 0 {
			return "suspended" // it has not begun
		}
	}
	return "dead"
}

func coStatus(L state.State) int {
	L.PushString(threadStatus(L, checkThread(L)))
	return 1
}

func coIsYieldable(L state.State) int {
	L.PushBoolean(L.IsYieldable())
	return 1
}

func coRunning(L state.State) int {
	L.PushBoolean(L.PushThread())
	return 2
}
