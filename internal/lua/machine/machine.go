// Package machine is what an embedder sees of a virtual machine, whatever its
// edition of Lua and its number model.
package machine

import (
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/mem"
)

// Edition is an edition of Lua with a number model.
type Edition struct {
	// Shape is that of the ROM.
	Shape rom.Shape
	// New makes a virtual machine.
	New func(Config) (Machine, error)
	// Support declares what the machine itself needs in the ROM.
	Support func() state.Module
	// OpenLibs runs the start-up functions of the linked libraries (luaL_openlibs)
	// for code that runs in a protected call already. L is a state of the edition.
	OpenLibs func(L state.State)
}

// Config is what a virtual machine is built from.
type Config struct {
	Mem   mem.Mem
	Space *mem.Space
	Heap  heap.Allocator
	ROM   *rom.Image // linked for the same number model and already in memory
	Host  any        // for State.Host

	Output      func(p []byte)
	ErrorOutput func(s string)
	// Seed is what luai_makeseed would read from the cycle counter.
	Seed uint32
	// StripDefault is the strip level that compiled code starts with
	// (LUAI_OPTIMIZE_DEBUG of the firmware's user_config.h).
	StripDefault int
	// Store is the partition of the Lua Flash Store as the chip reads it; its size
	// is 0 where there is none.
	Store Store
	// WideKeys lets the compiler find equal integer constants as it does on a host
	// of 64 bits, and not as on the chip; it matters for integers of 64 bits.
	WideKeys bool
	// PostTask queues a task; nil where there is no event loop.
	PostTask func(prio int, f func()) bool
	// CLib is where numbers come from: how they are printed and read, and some arithmetic.
	// With clib.Chip the float remainder has the ESP8266's formula as well.
	CLib clib.Library
	// OutOfMemory, if any, is told of bytes that are wanted and not there: for Lua, whose
	// emergency collection is over then, or for a module's own buffers, for which there is
	// none. It must only look.
	OutOfMemory func(bytes int)
	// Undefined, if any, is told of names that the table of all modules does not have, when
	// a program asks for a global of that name which is not there. It is not told each
	// time, and must not call the machine.
	Undefined func(name string)
	// Fuel is called when the cost of executed instructions has used up the
	// budget that its last result gave; see cost.go of package lua53.
	Fuel func(used int64) (budget int64)
}

// Machine is a virtual machine of any number model.
type Machine interface {
	Control
	// OpenLibs runs the start-up functions of the linked libraries.
	OpenLibs() state.Status
	// State is the main thread.
	State() state.State
	// Close runs all finalizers and gives all memory back.
	Close()
	// Observe lets t be told what the compiler reads from now on; nil ends it.
	Observe(t syntax.Tracer)
	// Used returns the cost units executed since the last call.
	Used() int64
	// Interrupt makes the budget end at the next charge.
	Interrupt()
	// TotalBytes is what Lua has allocated, by its own account.
	TotalBytes() int
	// RAMStrings lists the short strings in RAM that are not known to be garbage.
	RAMStrings() []string
	// Handles is the number of host objects that the guest holds.
	Handles() int
	// Position tells where the running thread is, like a traceback but without
	// taking device memory: it can be asked in the midst of anything.
	Position() string
	// Unprotected tells whether a recovered panic is an error of this machine
	// that no protected call caught, and its message.
	Unprotected(r any) (msg string, ok bool)
	// CheckHeap walks all objects and reports the first that is inconsistent.
	CheckHeap() error
	// WalkHeap calls f for each object in RAM. It reads only and may be asked
	// between two tasks; the first object is the state with the roots.
	WalkHeap(f func(o *HeapObject))
	// Fields are the string keys of what a path of names leads to from the global variables,
	// in no order; a name may come twice, if a table that is searched later has it, too. Where
	// a metatable's __index is a table that is searched as well; one that is a function is
	// not called. It reads only, as WalkHeap, and may be asked between two tasks.
	Fields(path []string) []Field
	// CallStack appends the functions that run, innermost first, to a list. Like
	// Position it can be asked in the midst of anything.
	CallStack(list []Frame) []Frame
}

// Field is an entry of a table with a string for a key.
type Field struct {
	Name string
	Kind string // type of the value, as Lua's type has it
}

// Store is a part of the flash chip.
type Store struct {
	Base mem.Addr
	Size uint32 // bytes
}
