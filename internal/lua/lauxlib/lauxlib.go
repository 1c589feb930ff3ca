// Package lauxlib is the auxiliary library of all editions (lauxlib.c): what can be said
// in terms of the C API alone, once for all of them. A virtual machine embeds a Lib in its
// threads and so has the whole of state.State.
package lauxlib

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// Addr is a device address.
type Addr = mem.Addr

// Core is what the library needs of a thread: the C API, the queue of tasks, and of itself
// what a Buffer needs.
type Core interface {
	state.BoxState
	// QueueTask queues f as a task; exists is false where there is no event loop.
	QueueTask(prio int, f func(L state.State)) (queued, exists bool)
}

// Shared is what the threads of a virtual machine share.
type Shared struct {
	buffers []*state.Buffer // not in use
}

// Lib is the library over one thread.
type Lib struct {
	c   Core
	s   *Shared
	old bool // as in Lua 5.1
}

// New makes the library of a thread of Lua 5.3.
func New(c Core, s *Shared) Lib { return Lib{c, s, false} }

// NewLua51 makes the library of a thread of Lua 5.1: functions have the names of the code that calls them alone, types
// of userdata no name of their own, integers are cut, and buffers are strings on the stack.
func NewLua51(c Core, s *Shared) Lib { return Lib{c, s, true} }

// Support declares what the library itself needs in the ROM; every selection of modules
// includes it.
func Support() state.Module {
	return state.Module{Name: "lauxlib", Procs: []*state.Proc{boxGC, errorReport, ErrorHandler}}
}

// Touched is b for one who copies it: where a damaged length makes it gigabytes, its end is
// no memory, and reading that ends the run before room for the copy is asked for.
func Touched(b []byte) []byte {
	if n := len(b); n > 1<<16 {
		bytes.IndexByte(b[n-1:], 0)
	}
	return b
}

// text is the string on top up to its first NUL, as C sees it.
func (l *Lib) text() string {
	s, _ := l.c.ToBytes(-1)
	for i, c := range s {
		if c == 0 {
			return string(s[:i])
		}
	}
	return string(Touched(s))
}

// Arguments.

// CheckInteger implements state.State.
func (l *Lib) CheckInteger(arg int) int64 {
	n, ok := l.c.ToInteger(arg)
	if !ok {
		if l.c.IsNumber(arg) {
			l.ArgError(arg, "number has no integer representation")
		}
		l.tagError(arg, state.Number)
	}
	return n
}

// OptInteger implements state.State.
func (l *Lib) OptInteger(arg int, def int64) int64 {
	if l.c.IsNoneOrNil(arg) {
		return def
	}
	return l.CheckInteger(arg)
}

// CheckNumber implements state.State.
func (l *Lib) CheckNumber(arg int) float64 {
	n, ok := l.c.ToNumber(arg)
	if !ok {
		l.tagError(arg, state.Number)
	}
	return n
}

// OptNumber implements state.State.
func (l *Lib) OptNumber(arg int, def float64) float64 {
	if l.c.IsNoneOrNil(arg) {
		return def
	}
	return l.CheckNumber(arg)
}

// CheckBytes implements state.State.
func (l *Lib) CheckBytes(arg int) []byte {
	s, ok := l.c.ToBytes(arg)
	if !ok {
		l.tagError(arg, state.String)
	}
	return s
}

// CheckString implements state.State.
func (l *Lib) CheckString(arg int) string { return string(Touched(l.CheckBytes(arg))) }

// OptString implements state.State.
func (l *Lib) OptString(arg int, def string) string {
	if l.c.IsNoneOrNil(arg) {
		return def
	}
	return l.CheckString(arg)
}

// CheckType implements state.State.
func (l *Lib) CheckType(arg int, ty state.Type) {
	if l.c.Type(arg) != ty {
		l.tagError(arg, ty)
	}
}

// CheckAny implements state.State.
func (l *Lib) CheckAny(arg int) {
	if l.c.IsNone(arg) {
		l.ArgError(arg, "value expected")
	}
}

// CheckOption implements state.State.
func (l *Lib) CheckOption(arg int, def string, list []string) int {
	name := def
	if def == "" || !l.c.IsNoneOrNil(arg) {
		name = l.CheckString(arg)
	}
	for i, s := range list {
		if s == name {
			return i
		}
	}
	l.c.PushFString("invalid option '%s'", name)
	return l.ArgError(arg, l.text())
}

// ArgCheck implements state.State.
func (l *Lib) ArgCheck(cond bool, arg int, msg string) {
	if !cond {
		l.ArgError(arg, msg)
	}
}

// CheckStackMsg implements state.State.
func (l *Lib) CheckStackMsg(n int, msg string) {
	if !l.c.CheckStack(n) {
		if msg != "" {
			l.Errorf("stack overflow (%s)", msg)
		}
		l.Errorf("stack overflow")
	}
}

// LenInt implements state.State.
func (l *Lib) LenInt(i int) int64 {
	l.c.Len(i)
	n, ok := l.c.ToInteger(-1)
	if !ok {
		l.Errorf("object length is not an integer")
	}
	l.c.Pop(1)
	return n
}

// Require opens a library unless it is loaded, and registers it: one without an entry in
// ROM becomes a global and a loaded module (luaL_requiref). push pushes its start-up
// function.
func (l *Lib) Require(name string, push func()) {
	inROM := false
	l.GetSubTable(state.RegistryIndex, "_LOADED")
	l.c.GetField(-1, name)
	if !l.c.ToBoolean(-1) {
		l.c.GetGlobal("ROM")
		if !l.c.IsNil(-1) {
			l.c.GetField(-1, name)
			inROM = l.c.ToBoolean(-1)
			l.c.Pop(3)
		} else {
			l.c.Pop(2)
		}
		push()
		l.c.PushString(name)
		l.c.Call(1, 1)
		if l.c.ToBoolean(-1) && !inROM {
			l.c.PushValue(-1)
			l.c.SetField(-3, name)
		}
	}
	l.c.Remove(-2)
	if !inROM {
		l.c.PushValue(-1)
		l.c.SetGlobal(name)
	}
}
