// Package tag declares the tags of Lua 5.1's values (app/lua/lua.h, lobject.h).
package tag

// Tags of values. Those from String to the mask are of objects on the heap.
const (
	Nil = iota
	Bool
	Light
	Number
	String
	Table
	Function // a closure
	Userdata
	Thread
	Proto // of objects alone, as the next ones
	Upval
	Dead // a key whose object is gone
)

const (
	// TypeMask is the part of a tag that is the type.
	TypeMask = 0x0f
	// NumTypes is how many types a program sees.
	NumTypes = Thread + 1

	ROTable       = Table | 1<<4
	LightFunction = Function | 1<<5
)

// Names are the names of the types by tag, behind that of -1, which is no value (luaT_typenames).
var Names = [...]string{"no value", "nil", "boolean", "lightfunction", "number", "string", "table", "function", "userdata", "thread", "proto", "upval"}

// Event is a metamethod.
type Event int

// The metamethods, in the order of ltm.h. Those up to Eq are cached as absent in a table's flags.
const (
	Index Event = iota
	NewIndex
	GC
	Mode
	Eq
	Add
	Sub
	Mul
	Div
	Mod
	Pow
	Unm
	Len
	Lt
	Le
	Concat
	Call
	Metatable
	NumEvents
)

// Events are their names.
var Events = [NumEvents]string{"__index", "__newindex", "__gc", "__mode", "__eq", "__add", "__sub", "__mul", "__div",
	"__mod", "__pow", "__unm", "__len", "__lt", "__le", "__concat", "__call", "__metatable"}
