// Package compile is the front end of Lua 5.3 as the firmware builds it: scanner, parser and
// code generator (llex.c, lparser.c, lcode.c). There is one for all number models: it works
// on prototypes in device memory, whose layout does not depend on them, and asks the
// virtual machine for what does.
//
// What a compilation takes of the heap, and when, is the firmware's.
package compile

import (
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
	"moonlet.example/moonlet/internal/mem"
)

// Limits.
const (
	MaxCalls    = 200 // nested C calls, which syntactic levels count as (LUAI_MAXCCALLS, llimits.h)
	MaxUpvalues = 255 // of a function (MAXUPVAL, lfunc.h)
	maxSize     = 1<<31 - 1
)

// Number is a numeral. An integer has at most the bits of the number model, a float no
// more digits than it: both convert without loss.
type Number struct {
	IsInt bool
	Int   int64
	Float float64
}

// Consts are the constants of a prototype under construction.
type Consts struct {
	Strings mem.Addr // the chunk's table, which maps a constant to its index
	Proto   mem.Addr
	N, Size int // used and allocated elements of the prototype's vector
}

// Machine is what the front end needs of a virtual machine. Addresses are those of objects
// and blocks in device memory. Whatever takes memory may collect garbage, and throws when
// there is none.
type Machine interface {
	// Realloc is luaM_realloc_: size 0 frees. Grow makes room in a vector of *size elements
	// (luaM_growaux_), ReallocVector sets their number.
	Realloc(at, old, size mem.Addr) mem.Addr
	Grow(at mem.Addr, size *int, elem mem.Addr, limit int, what string) mem.Addr
	ReallocVector(at, old, n, elem mem.Addr) mem.Addr
	CheckGC()
	Barrier(from, to mem.Addr) // an object refers to another from now on
	NewProto() mem.Addr

	String(s string) mem.Addr
	Anchor(strings mem.Addr, s []byte) mem.Addr // makes a string that a table keeps alive
	Text(ts mem.Addr) string                    // up to its first NUL
	ChunkID(ts mem.Addr) string                 // a chunk's name for people

	Pushf(format string, args ...any) string // pushes a message, and gives it
	Throw()                                  // raises a syntax error whose message is on top

	// ParseNumber converts a numeral, and Fold computes an operation (an Op constant of
	// state) on two, unless that could raise an error or gives NaN or a zero float.
	ParseNumber(text []byte) (n Number, ok bool)
	Fold(op int, a, b Number) (n Number, ok bool)

	// Constants: each finds or adds one, and gives its index.
	StringK(c *Consts, s mem.Addr) int
	IntK(c *Consts, n int64) int
	FloatK(c *Consts, n float64) int
	BoolK(c *Consts, b bool) int
	NilK(c *Consts) int
	ValueSize() mem.Addr // bytes of a constant
}

// isShort tells whether a string is a short one.
func (x *lexer) isShort(ts mem.Addr) bool { return x.m.U8(ts+layout.GCObjectTT) == tag.ObjShort }

// maxShortLen is the length of the longest short string in bytes (LUAI_MAXSHORTLEN).
const maxShortLen = 40

// same tells whether a short string has these bytes.
func (x *lexer) same(ts mem.Addr, s []byte) bool {
	n := mem.Addr(len(s))
	return mem.Addr(x.m.U8(ts+layout.TStringShrLen)) == n && x.m.String(ts+layout.TStringSize, n) == string(s)
}
