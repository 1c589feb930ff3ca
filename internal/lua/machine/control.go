package machine

import "moonlet.example/moonlet/internal/mem"

// Control is the controlling half of a machine: it stops between two instructions, where
// what a thread has in its hands can be read and changed. Everything here belongs to the
// machine's goroutine, and takes no time and no memory of the guest but for a new string.
// The guest's own debug.sethook is untouched by it.
//
// A watched machine executes every instruction by the long way; one that is not pays
// nothing.
type Control interface {
	// Watch lets f be called before each first instruction of a line that is reached, with
	// its number; nil ends it. f may use all of Control, and panic to end the machine's run.
	Watch(f func(line int))
	// Depth is how many functions run, those of resuming threads included.
	Depth() int
	// Variables are the arguments, locals and upvalues that the function at a level of
	// CallStack sees, in the order of their declaration. Of one that is not Lua's there are
	// none.
	Variables(level int) []Variable
	// SetVariable changes one of them. Errors are for the user: there is no such variable,
	// or no memory for a string.
	SetVariable(level int, v Variable, to Value) error
	// Entries are up to most entries of the table at an address: those with integer keys
	// from 1 on first, then the others as they lie.
	Entries(table mem.Addr, most int) []Entry
}

// VariableKind tells where a variable is.
type VariableKind uint8

// The kinds of variables.
const (
	Local VariableKind = iota
	Upvalue
)

// Variable is a variable with its value.
type Variable struct {
	Kind  VariableKind
	Name  string
	Index int // among those of its kind, from 1 on
	Value Value
}

// ValueKind is the type of a Value.
type ValueKind uint8

// The types of values.
const (
	NilValue ValueKind = iota
	BoolValue
	IntValue
	FloatValue
	StringValue
	ObjectValue // anything else: Text says what
)

// Value is a value outside of the machine.
type Value struct {
	Kind  ValueKind
	Bool  bool
	Int   int64
	Float float64
	Text  string   // of a string its bytes; else a word for it, as in "table"
	Addr  mem.Addr // of an object; 0 for what is none
}

// Entry is one of a table.
type Entry struct{ Key, Value Value }
