// Package vm is Lua 5.1 as the firmware builds it: virtual machine, collector and API, with every object in device
// memory.
//
// The algorithms that decide when memory is taken and given back, what a number or a message looks like and which
// instructions a program becomes are those of app/lua; comments name the file. What differs on purpose:
//
//   - A place in the stack is looked up anew after whatever may collect garbage, which moves stacks. The C code keeps
//     some across that, and is at the mercy of what lies there then.
//   - The look-aside cache for ROTables is kept outside device memory.
//   - There are no debug hooks, since nothing in the firmware's libraries sets one.
package vm

import (
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/lua51/inspect"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/mem"
)

// VM is one Lua state with all its threads.
type VM struct {
	inspect.View // what only reads

	m    mem.Mem
	g    Addr       // global_State
	fast *heap.Fast // the allocator, when it is this one
	heap heap.Allocator
	rom  *rom.Image

	main *Thread
	cfg  machine.Config
	chip bool // numbers are the chip's: cfg.CLib is clib.Chip

	trace   syntax.Tracer // see Observe
	raised  bool          // an error travels without a panic: see calls.go
	trap    bool          // the main loop has something to do before the next instruction
	fuel    int64         // cost units left until Fuel is called
	granted int64         // what Fuel gave last

	thrown  thrown // the status travelling with the Go panic of an error
	threads []*Thread
	jumps   []jump // innermost last

	yieldCode Addr          // coroutine.yield
	mayResume bool          // the C function that is called may return sentResume
	next      *Thread       // the coroutine which that is to run,
	nextArgs  int           // with how many values,
	then      state.Resumed // and what comes after it

	roCache   [roCacheSize]roLine
	named     chunkName
	handlesOf [8]*Thread
	handles   []any
	freeHand  []uint32
	aux       lauxlib.Shared
	borrowed  Thread // see borrow

	complete    bool // the state is: its memory may be collected
	mostObjects int  // more than the heap has room for
	closed      bool
	watch       watch
	proc        *state.Proc // the last one pushed
	procAt      Addr        // its address
}

// Thread is a Lua thread as Go code sees it. The lua_State itself is in device memory at l; the Go object is only a
// handle.
type Thread struct {
	v    *VM
	m    mem.Mem
	l, g Addr
	lauxlib.Lib
}

// handle makes a handle of the lua_State at l.
func (v *VM) handle(l Addr) *Thread {
	t := &Thread{v: v, m: v.m, l: l, g: v.g}
	t.Lib = lauxlib.NewLua51(t, &v.aux)
	return t
}

// borrow is a handle for a thread that nobody keeps: the collector uses it.
func (v *VM) borrow(l Addr) *Thread {
	if l == v.main.l {
		return v.main
	}
	v.borrowed = Thread{v: v, m: v.m, l: l, g: v.g}
	v.borrowed.Lib = lauxlib.NewLua51(&v.borrowed, &v.aux)
	return &v.borrowed
}

// Fields of lua_State that many functions touch.

func (t *Thread) top() Addr           { return t.m.Ptr(t.l + layout.LuaStateTop) }
func (t *Thread) setTop(a Addr)       { t.m.SetPtr(t.l+layout.LuaStateTop, a) }
func (t *Thread) base() Addr          { return t.m.Ptr(t.l + layout.LuaStateBase) }
func (t *Thread) setBase(a Addr)      { t.m.SetPtr(t.l+layout.LuaStateBase, a) }
func (t *Thread) ci() Addr            { return t.m.Ptr(t.l + layout.LuaStateCI) }
func (t *Thread) setCI(a Addr)        { t.m.SetPtr(t.l+layout.LuaStateCI, a) }
func (t *Thread) baseCI() Addr        { return t.m.Ptr(t.l + layout.LuaStateBaseCI) }
func (t *Thread) stack() Addr         { return t.m.Ptr(t.l + layout.LuaStateStack) }
func (t *Thread) savedPC() Addr       { return t.m.Ptr(t.l + layout.LuaStateSavedPC) }
func (t *Thread) setSavedPC(a Addr)   { t.m.SetPtr(t.l+layout.LuaStateSavedPC, a) }
func (t *Thread) nCCalls() uint16     { return t.m.U16(t.l + layout.LuaStateNCCalls) }
func (t *Thread) setNCCalls(n uint16) { t.m.SetU16(t.l+layout.LuaStateNCCalls, n) }
func (t *Thread) globals() Addr       { return t.l + layout.LuaStateGlobals }
func (t *Thread) registry() Addr      { return t.g + layout.GlobalRegistry }

// push reserves the slot at the top and returns it; the caller made sure that there is room.
func (t *Thread) push() Addr {
	a := t.top()
	t.setTop(a + tvSize)
	return a
}

// save turns a stack address into an offset that survives reallocation; restore is its inverse.
func (t *Thread) save(a Addr) Addr      { return a - t.stack() }
func (t *Thread) restore(off Addr) Addr { return Addr(uint32(t.stack() + off)) }

func (v *VM) ciFunc(ci Addr) Addr { return v.m.Ptr(ci + layout.CallInfoFunc) }
func (v *VM) ciBase(ci Addr) Addr { return v.m.Ptr(ci + layout.CallInfoBase) }
func (v *VM) ciTop(ci Addr) Addr  { return v.m.Ptr(ci + layout.CallInfoTop) }

// isLua tells whether a frame is that of a Lua function.
func (v *VM) isLua(ci Addr) bool {
	fn := v.ciFunc(ci)
	return v.tag(fn) == tagFunc && v.m.U8(v.gcOf(fn)+layout.LClosureIsC) == 0
}

// ciProto is the prototype of a Lua frame.
func (v *VM) ciProto(ci Addr) Addr { return v.m.Ptr(v.gcOf(v.ciFunc(ci)) + layout.LClosureP) }

// badCode ends the run as the chip does where damaged code leads: with an exception.
func (v *VM) badCode(a Addr) {
	panic(&mem.Fault{Addr: uint32(a), Cause: mem.CauseIllegalInstruction})
}
