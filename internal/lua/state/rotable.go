package state

// Kind is what a ROTable entry holds.
type Kind uint8

// The kinds of values that a ROTable can hold (the LROT macros).
const (
	KindFunc Kind = iota
	KindInt
	KindFloat
	KindTable
	KindLight
)

// Entry is one key of a ROTable.
type Entry struct {
	Name  string
	Kind  Kind
	Func  Func
	Proc  *Proc // instead of Func
	Int   int64 // also the address of a KindLight entry
	Float float64
	Table *ROTable
}

// ROTable declares a read-only table. It is linked into the module's ROM before
// boot; declarations are package-level variables that nothing changes.
//
// Entries whose name begins with "__" stand first. Their presence decides the
// flags that short-circuit metamethod lookup, so there are no mask constants to
// keep in step (the firmware's LROT_MASK macros).
type ROTable struct {
	Name    string // for listings of the ROM
	Meta    *ROTable
	Entries []Entry
}

// Proc is a function that code pushes by itself (PushFunction, PushClosure); its
// pointer is its identity, since Go functions have none. FnProc makes a named
// entry of it.
type Proc struct {
	F Func
	// Role tells a machine that it may do what F does by itself.
	Role Role
	// Resumed is how the one with RoleWrap goes on, as in Environments.
	Resumed Resumed
}

// Role is a function that nearly every program calls all the time.
type Role uint8

// The roles.
const (
	NoRole     Role = iota
	RoleNext        // next, which pairs gives to a loop
	RoleIPairs      // the iterator of ipairs
	RoleWrap        // what coroutine.wrap gives, with the coroutine for an upvalue
	RoleYield       // coroutine.yield
	NumRoles
)

// Cont is a continuation for CallK, PCallK and YieldK.
type Cont struct{ F KFunc }

// HookProc is a debug hook for SetHook.
type HookProc struct{ F Hook }

// Module declares a library or a module of the firmware. What is not reachable
// from Table is listed, so that it gets its place in the ROM as well.
type Module struct {
	Name   string
	Table  *ROTable // nil for a library without an entry in ROM
	Open   Func     // runs at start-up, in the order of selection; may be nil
	Tables []*ROTable
	Procs  []*Proc
	Conts  []*Cont
	Hooks  []*HookProc
}

// Fn declares a function.
func Fn(name string, f Func) Entry { return Entry{Name: name, Kind: KindFunc, Func: f} }

// FnProc declares a function that is also pushed by PushFunction.
func FnProc(name string, p *Proc) Entry { return Entry{Name: name, Kind: KindFunc, Proc: p} }

// Int declares an integer constant.
func Int(name string, n int64) Entry { return Entry{Name: name, Kind: KindInt, Int: n} }

// Float declares a float constant.
func Float(name string, n float64) Entry { return Entry{Name: name, Kind: KindFloat, Float: n} }

// Tab declares a table inside a table.
func Tab(name string, t *ROTable) Entry { return Entry{Name: name, Kind: KindTable, Table: t} }

// Light declares a light userdata.
func Light(name string, a int64) Entry { return Entry{Name: name, Kind: KindLight, Int: a} }
