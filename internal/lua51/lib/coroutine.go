package lib

import (
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/state"
)

// Coroutine is the library coroutine.
var Coroutine = state.Module{Name: "coroutine", Procs: []*state.Proc{auxWrapProc}, Table: &state.ROTable{Name: "coroutine", Entries: []state.Entry{
	state.Fn("create", coCreate), state.Fn("resume", coResume), state.Fn("running", coRunning), state.Fn("status", coStatus),
	state.Fn("wrap", coWrap), state.FnProc("yield", yieldProc),
}}}

var (
	auxWrapProc = &state.Proc{F: auxWrap, Role: state.RoleWrap, Resumed: wrapResumed}
	yieldProc   = &state.Proc{F: coYield, Role: state.RoleYield}
)

const suspended = "suspended"

// statusOf is the status of a coroutine (costatus).
func statusOf(L, co state.State) string {
	if L.SameThread(co) {
		return "running"
	}
	switch co.Status() {
	case state.Yield:
		return suspended
	case state.OK:
		if _, has := co.GetStack(0); has {
			return "normal"
		}
		if co.GetTop() > 0 {
			return suspended
		}
	}
	return "dead"
}

func checkThread(L state.State) state.State {
	co := L.ToThread(1)
	L.ArgCheck(co != nil, 1, "coroutine expected")
	return co
}

func coStatus(L state.State) int {
	L.PushString(statusOf(L, checkThread(L)))
	return 1
}

// resume resumes the coroutine at an index with n values, and goes on with then.
func resume(L state.State, at, n int, then state.Resumed) int {
	if results, done := L.(state.Environments).ResumeSuspended(at, n, then); done {
		return results
	}
	co := L.ToThread(at)
	status := statusOf(L, co)
	if !co.CheckStack(n) {
		L.Errorf("too many arguments to resume")
	}
	L.PushFString("cannot resume %s coroutine", status)
	return then(L, -1)
}

func coResume(L state.State) int {
	checkThread(L)
	return resume(L, 1, L.GetTop()-1, coResumed)
}

func coResumed(L state.State, n int) int {
	if n < 0 {
		L.PushBoolean(false)
		L.Insert(-2)
		return 2
	}
	L.PushBoolean(true)
	L.Insert(-(n + 1))
	return n + 1
}

func auxWrap(L state.State) int { return resume(L, state.UpvalueIndex(1), L.GetTop(), wrapResumed) }

func wrapResumed(L state.State, n int) int {
	if n < 0 {
		if L.IsString(-1) {
			L.Where(1)
			L.Insert(-2)
			L.Concat(2)
		}
		return L.Error()
	}
	return n
}

func coCreate(L state.State) int {
	co := L.NewThread()
	L.ArgCheck(L.IsFunction(1) && !L.IsCFunction(1), 1, "Lua function expected")
	L.PushValue(1)
	L.XMove(co, 1)
	return 1
}

func coWrap(L state.State) int {
	coCreate(L)
	L.PushClosure(auxWrapProc, 1)
	return 1
}

func coYield(L state.State) int { return L.YieldK(L.GetTop(), 0, nil) }

func coRunning(L state.State) int {
	if L.PushThread() {
		L.PushNil()
	}
	return 1
}

// Debug is the library debug, with what the firmware leaves of it.
var Debug = state.Module{Name: "debug", Open: func(state.State) int { return 0 }, Table: &state.ROTable{Name: "debug", Entries: []state.Entry{
	state.Fn("getregistry", getRegistry), state.Fn("getstrings", getStrings), state.Fn("traceback", traceback),
}}}

func getRegistry(L state.State) int {
	L.PushValue(state.RegistryIndex)
	return 1
}

// getStrings gives the strings of RAM, or with "ROM" those of the flash store.
func getStrings(L state.State) int {
	rom := L.CheckOption(1, "RAM", []string{"RAM", "ROM"}) == 1
	if L.PushStringsArray(rom) {
		L.GetGlobal("table")
		if L.IsTable(-1) {
			L.GetField(-1, "sort")
			L.Remove(-2)
			L.PushValue(-2)
			L.Call(1, 0)
		} else {
			L.Pop(1)
		}
	}
	return 1
}

func traceback(L state.State) int {
	of, arg := L, 0
	if co := L.ToThread(1); co != nil {
		of, arg = co, 1
	}
	level := int64(0)
	if L.SameThread(of) {
		level = 1
	}
	if L.IsNumber(arg + 2) {
		level, _ = L.ToInteger(arg + 2)
		L.Pop(1)
	}
	hasMsg := L.GetTop() > arg
	if hasMsg && !L.IsString(arg+1) {
		return 1
	}
	lauxlib.Levels51(L, of, arg, hasMsg, int(level))
	return 1
}
