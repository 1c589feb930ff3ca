package lauxlib

import "moonlet.example/moonlet/internal/lua/state"

// errorReport runs as a task: it hands the traceback, its upvalue, to the
// function in the registry's "onerror", or to print.
var errorReport = &state.Proc{F: func(L state.State) int {
	if L.GetField(state.RegistryIndex, "onerror") != state.Function {
		L.Pop(1)
		L.GetGlobal("print")
	}
	L.PushValue(state.UpvalueIndex(1))
	L.Call(1, 0)
	return 0
}}

// ErrorHandler is the message handler of PCallX: it posts the traceback to the task that
// reports it.
var ErrorHandler = &state.Proc{F: func(L state.State) int {
	if Traceback(L) {
		L.PushClosure(errorReport, 1)
		L.PostTask(state.TaskHigh)
	}
	return 0
}}

// Traceback replaces the message on top of the stack, which has nothing else
// below, by one with a traceback, if there is the function debug.traceback.
func Traceback(L state.State) bool {
	L.GetGlobal("debug")
	L.GetField(-1, "traceback")
	if !L.IsFunction(-1) {
		return false
	}
	L.Insert(1)
	L.Pop(1)
	L.PushInteger(2)
	L.Call(2, 1)
	return true
}

// Report reports that a call with ErrorHandler failed for want of memory, which the handler
// does not hear of.
func (l *Lib) Report(status state.Status) {
	if status != state.OK && status != state.ErrRun {
		l.c.GC(state.GCCollect, 0)
		l.c.PushString("out of memory")
		l.c.PushClosure(errorReport, 1)
		l.PostTask(state.TaskHigh)
	}
}

// PostTask implements state.State.
func (l *Lib) PostTask(prio int) int {
	if !l.c.IsFunction(-1) || prio < state.TaskLow || prio > state.TaskHigh {
		return l.Errorf("invalid posk task")
	}
	if _, exists := l.c.QueueTask(prio, nil); !exists { // the firmware's host build does nothing
		return -1
	}
	ref := l.Ref(state.RegistryIndex)
	if queued, _ := l.c.QueueTask(prio, func(L state.State) { runTask(L, ref, prio) }); !queued {
		l.Unref(state.RegistryIndex, ref)
		return l.Errorf("Task queue overflow. Task not posted")
	}
	return ref
}

// runTask calls the function of a task with its priority.
func runTask(L state.State, ref, prio int) {
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.Unref(state.RegistryIndex, ref)
	L.PushInteger(int64(prio))
	L.PCallX(1, 0)
	L.SetTop(0)
}
