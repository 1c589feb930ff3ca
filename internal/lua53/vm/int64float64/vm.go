// Code generated from ../vm.go by internal/lua/gen; DO NOT EDIT.

// Package int64float64 is Lua 5.3 as the firmware builds it: compiler, virtual machine,
// collector and API, with every object in device memory.
//
// The algorithms that decide when memory is taken and given back, what a number
// or a message looks like and which instructions a program becomes are those of
// app/lua53; comments name the file. What differs on purpose:
//
//   - A protected call that Lua code makes needs no Go frame: the virtual machine
//     keeps running in the same loop, and an error unwinds to the call's CallInfo
//     (see calls.go). The same holds for yields and for iterators written in Lua.
//   - Saved program counters are written when something can look at them, not
//     with each instruction.
//   - The look-aside cache for ROTables is kept outside device memory (its 512
//     bytes are still allocated, as the firmware's are).
package int64float64

import (
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/lua53/inspect"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
	"moonlet.example/moonlet/internal/lua53/tag"
	"moonlet.example/moonlet/internal/mem"
)

// VM is one Lua state with all its threads.
type VM struct {
	m    mem.Mem
	g    Addr       // global_State
	fast *heap.Fast // the allocator, when it is this one
	heap heap.Allocator
	rom  *rom.Image

	stepNext, stepIPairs Addr // functions that loops call, see iterate
	methods              Addr // the ROTable with the methods of strings, once SELF has found it

	main *Thread
	cfg  machine.Config
	chip bool // numbers are the chip's: cfg.CLib is clib.Chip

	trap    bool  // the main loop has something to do before the next instruction
	fuel    int64 // cost units left until Fuel is called
	granted int64 // what Fuel gave last

	thrown  thrown  // the status travelling with the Go panic of an error
	levels  []level // protected runs of the main loop, innermost last
	goDepth int     // calls from Go into Lua that are in progress
	pending pending // call that a C function asks its caller to make

	roCache [roCacheSize]roLine
	cont    *state.Cont // the last one asked for
	contAt  Addr        // its address
	threads []*Thread   // handles for nested resumes, by depth
	// handlesOf are handles of late, by address: a handle knows nothing that ends with
	// its thread, so it serves the next one at that address as well.
	handlesOf [8]*Thread
	handles   []any
	freeHand  []uint32
	aux       lauxlib.Shared
	borrowed  Thread // see borrow

	egcMode     state.EGCMode
	egcLimit    int // bytes, see SetEGC
	mostObjects int // more than the heap has room for
	closed      bool
	trace       syntax.Tracer // see Observe

	// Behind what the main loop uses.
	inspect.View
	watch  watch
	proc   *state.Proc // the last one pushed
	procAt Addr        // its address
}

// Thread is a Lua thread as Go code sees it. The lua_State itself is in device
// memory at l; the Go object is only a handle.
type Thread struct {
	v    *VM
	m    mem.Mem
	l, g Addr
	lauxlib.Lib
}

// handle makes a handle of the lua_State at l.
func (v *VM) handle(l Addr) *Thread {
	t := &Thread{v: v, m: v.m, l: l, g: v.g}
	t.Lib = lauxlib.New(t, &v.aux)
	return t
}

func (v *VM) thread(l Addr) *Thread {
	if v.main != nil && l == v.main.l {
		return v.main
	}
	return v.handle(l)
}

// Fields of lua_State that many functions touch.

func (t *Thread) top() Addr           { return t.m.Ptr(t.l + layout.LuaStateTop) }
func (t *Thread) setTop(a Addr)       { t.m.SetPtr(t.l+layout.LuaStateTop, a) }
func (t *Thread) ci() Addr            { return t.m.Ptr(t.l + layout.LuaStateCI) }
func (t *Thread) setCI(a Addr)        { t.m.SetPtr(t.l+layout.LuaStateCI, a) }
func (t *Thread) stack() Addr         { return t.m.Ptr(t.l + layout.LuaStateStack) }
func (t *Thread) nCCalls() uint16     { return t.m.U16(t.l + layout.LuaStateNCCalls) }
func (t *Thread) setNCCalls(n uint16) { t.m.SetU16(t.l+layout.LuaStateNCCalls, n) }
func (t *Thread) nny() uint16         { return t.m.U16(t.l + layout.LuaStateNNY) }
func (t *Thread) setNNY(n uint16)     { t.m.SetU16(t.l+layout.LuaStateNNY, n) }

// push reserves the slot at the top and returns it; the caller made sure that
// there is room.
func (t *Thread) push() Addr {
	a := t.top()
	t.setTop(a + tvSize)
	return a
}

// save turns a stack address into an offset that survives reallocation.
func (t *Thread) save(a Addr) Addr { return a - t.stack() }

// restore is the inverse of save.
func (t *Thread) restore(off Addr) Addr { return t.stack() + off }

// Bits of CallInfo.callstatus (lstate.h), and two of our own.
const (
	cistOAH       = 1 << 0 // allowhook as it was
	cistLua       = tag.CallLua
	cistHooked    = tag.CallHooked
	cistFresh     = 1 << 3 // the loop was entered for this frame
	cistYPCall    = 1 << 4 // protected call whose frame can be resumed
	cistTail      = tag.CallTail
	cistHookYield = 1 << 6
	cistLEQ       = 1 << 7
	cistFin       = tag.CallFin
	// cistCounted marks a frame that raised nCcalls by one without a Go frame:
	// the callee of CallK and PCallK, an iterator in Lua.
	cistCounted = 1 << 9
)

func (v *VM) ciFunc(ci Addr) Addr     { return v.m.Ptr(ci + layout.CallInfoFunc) }
func (v *VM) ciTop(ci Addr) Addr      { return v.m.Ptr(ci + layout.CallInfoTop) }
func (v *VM) ciPrev(ci Addr) Addr     { return v.m.Ptr(ci + layout.CallInfoPrevious) }
func (v *VM) ciNext(ci Addr) Addr     { return v.m.Ptr(ci + layout.CallInfoNext) }
func (v *VM) ciStatus(ci Addr) uint16 { return v.m.U16(ci + layout.CallInfoCallStatus) }
func (v *VM) setCIStatus(ci Addr, s uint16) {
	v.m.SetU16(ci+layout.CallInfoCallStatus, s)
}
func (v *VM) isLua(ci Addr) bool { return v.ciStatus(ci)&cistLua != 0 }
func (v *VM) ciProto(ci Addr) Addr {
	return v.m.Ptr(v.gcOf(v.ciFunc(ci)) + layout.LClosureP)
}

// baseCI is the CallInfo of the thread's bottom.
func (t *Thread) baseCI() Addr { return t.l + layout.LuaStateBaseCI }

// Observe is machine.Machine's.
func (v *VM) Observe(t syntax.Tracer) { v.trace = t }
