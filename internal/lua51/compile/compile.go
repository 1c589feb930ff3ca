// Package compile is the front end of Lua 5.1 as the firmware builds it: scanner, parser and
// code generator (llex.c, lparser.c, lcode.c). There is one for both builds: it works on prototypes
// in device memory, whose layout does not depend on the numbers, and asks the virtual machine
// for what does.
//
// What a compilation takes of the heap, and when, is the firmware's.
package compile

import "moonlet.example/moonlet/internal/mem"

// Limits (luaconf.h, llimits.h).
const (
	MaxCalls    = 200 // nested C calls, which syntactic levels count as (LUAI_MAXCCALLS)
	maxLocals   = 50  // LUAI_MAXVARS
	maxUpvalues = 60  // LUAI_MAXUPVALUES
	maxRegs     = 250 // MAXSTACK
	maxInt      = 1<<31 - 3
	maxShort    = 1<<15 - 1
)

// Number is a numeral: of a float build Float, of an integer one Int.
type Number struct {
	Float float64
	Int   int32
}

// Consts are the constants of a prototype under construction.
type Consts struct {
	Table   mem.Addr // maps a constant to its index, and anchors names and strings
	Proto   mem.Addr
	N, Size int // used and allocated elements of the prototype's vector
}

// Op is an operation that may be done while a program is compiled.
type Op uint8

// The operations, in the order of the instructions.
const (
	OpAdd Op = iota
	OpSub
	OpMul
	OpDiv
	OpMod
	OpPow
	OpUnm
)

// Machine is what the front end needs of a virtual machine. Addresses are those of objects
// and blocks in device memory. What takes memory throws when there is none.
type Machine interface {
	// Realloc is luaM_realloc_: size 0 frees. Grow makes room in a vector of *size elements
	// (luaM_growaux_), ReallocVector sets their number.
	Realloc(at, old, size mem.Addr) mem.Addr
	Grow(at mem.Addr, size *int, elem mem.Addr, limit int, what string) mem.Addr
	ReallocVector(at mem.Addr, old, n int, elem mem.Addr) mem.Addr
	Barrier(from, to mem.Addr) // an object refers to another from now on

	// NewFunction makes a prototype, and behind it an empty table for its constants, and pushes
	// the table and then the prototype. Pop takes both away.
	NewFunction() (proto, table mem.Addr)
	Pop()

	Anchor(table mem.Addr, s []byte) mem.Addr // makes a string that a table keeps alive
	Text(ts mem.Addr) []byte
	ChunkID(ts mem.Addr) string // a chunk's name for people, of 80 bytes at most

	Pushf(format string, args ...any) string // pushes a message, and gives it
	Throw()                                  // raises a syntax error whose message is on top

	// ParseNumber converts a numeral; Fold computes an operation, where that does not divide by zero
	// and gives a number.
	ParseNumber(text []byte) (n Number, ok bool)
	Fold(op Op, a, b Number) (n Number, ok bool)

	// Constants: each finds or adds one, and gives its index.
	StringK(c *Consts, s mem.Addr) int
	NumberK(c *Consts, n Number) int
	BoolK(c *Consts, b bool) int
	NilK(c *Consts) int
	ValueSize() mem.Addr // bytes of a constant
}

// One is the step of a for loop that has none.
func One() Number { return Number{Float: 1, Int: 1} }
