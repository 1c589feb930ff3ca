package machine

import (
	"cmp"
	"strconv"

	"moonlet.example/moonlet/internal/mem"
)

// Frame is a function that runs. CallStack's Source is a view of device memory:
// whoever keeps it makes a copy.
type Frame struct {
	Source      string // file of a Lua function; name of another, "" if it has none
	LineDefined int    // 0 of a main chunk, -1 of a function that is not Lua's
	Line        int    // that it executes, 0 if unknown
}

// Function names the function of a frame by where it is defined.
func (f Frame) Function() string {
	source := cmp.Or(f.Source, "?")
	if f.LineDefined > 0 {
		return source + ":" + strconv.Itoa(f.LineDefined)
	}
	return source
}

// HeapKind is a kind of HeapObject.
type HeapKind string

// The kinds of what Lua has on the heap.
const (
	HeapState       HeapKind = "state" // lua_State and global_State
	HeapStringTable HeapKind = "string_table"
	HeapString      HeapKind = "string"
	HeapTable       HeapKind = "table"
	HeapFunction    HeapKind = "function"
	HeapPrototype   HeapKind = "prototype"
	HeapUpvalue     HeapKind = "upvalue"
	HeapUserdata    HeapKind = "userdata"
	HeapThread      HeapKind = "thread"
)

// HeapObject is an object in RAM with the memory that belongs to it alone.
type HeapObject struct {
	Addr   mem.Addr
	Kind   HeapKind
	Name   string // start of a string; type of a userdata; name of a C function
	Length int    // of a string or a userdata's memory, in bytes
	Def    Frame  // of functions, prototypes, threads: where they are defined; else empty
	Dead   bool   // the collector is about to free it
	Blocks []HeapBlock
	Refs   []HeapRef
}

// HeapBlock is a block of the allocator.
type HeapBlock struct {
	Addr, Size mem.Addr // as Lua asked for it
	Part       string
}

// RefKind tells what a reference is in the object that has it.
type RefKind string

// The kinds of references. Those of the state are the roots.
const (
	RefRegistry      RefKind = "registry"
	RefMainThread    RefKind = "main_thread"
	RefGlobals       RefKind = "globals"        // of an edition that has them outside of the registry
	RefTypeMetatable RefKind = "type_metatable" // Name is the type
	RefFinalizer     RefKind = "finalizer"      // waits for its finalizer
	RefFixed         RefKind = "fixed"          // never collected

	RefIndex       RefKind = "index" // value of an integer key, Index
	RefField       RefKind = "field" // value of a string key, Name
	RefKeyed       RefKind = "keyed" // value of another key; Name describes that
	RefKey         RefKind = "key"   // the key itself
	RefMetatable   RefKind = "metatable"
	RefUpvalue     RefKind = "upvalue" // Index from 1; Name "" if it was stripped
	RefValue       RefKind = "value"   // of an upvalue
	RefCode        RefKind = "code"    // prototype of a function
	RefConstant    RefKind = "constant"
	RefInner       RefKind = "inner" // prototype in a prototype
	RefDebug       RefKind = "debug" // name in the debug information
	RefStack       RefKind = "stack" // slot Index; Name is the function whose frame it is
	RefOpenUpvalue RefKind = "open_upvalue"
	RefUser        RefKind = "user_value"
)

// HeapRef is a reference to an object in RAM.
type HeapRef struct {
	To    mem.Addr
	Kind  RefKind
	Name  string
	Index int64
	Weak  bool // does not keep the object alive
}
