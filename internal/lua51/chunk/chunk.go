// Package chunk knows the binary chunk of Lua 5.1, a ".lc" file. It turns its bytes into
// prototypes as Go values and back; it neither compiles nor runs anything.
//
// The grammar (app/lua/ldump.c, lundump.c); numbers are little-endian:
//
//	chunk    = "\x1bLua" 0x51 0 1 4 4 4 numbers function
//	numbers  = 8 0 | 4 1                  size of a number, whether it is an integer
//	function = source line lastline nups nparams vararg maxstack
//	           count pad {instruction} count {constant} count {function}
//	           count pad {lineinfo} count {locvar} count {string}   the last: names of upvalues
//	constant = 0 | 1 byte | 3 number | 4 string
//	locvar   = string startpc endpc
//	string   = length+1 (0: none), the bytes, a zero byte
//	pad      = zero bytes up to a multiple of four from the start of the file
//
// count, line, pc and length are words of 32 bits, nups, nparams, vararg and maxstack bytes.
// Functions of the same source as the enclosing one leave it out. A stripped chunk has
// neither sources nor line information nor names.
package chunk

import "fmt"

// What stands in the header (lundump.h, luaU_header).
const (
	Signature  = "\x1bLua"
	Version    = 0x51
	headerSize = 12
)

// Numbers is what the numbers of a build are.
type Numbers uint8

// The builds: Lua 5.1 of NodeMCU has doubles, or with LUA_NUMBER_INTEGRAL integers of 32 bits.
const (
	Float Numbers = iota
	Integer
)

// String names a build as the firmware's banner does.
func (n Numbers) String() string { return [...]string{"float", "integer"}[n] }

// NumbersOf are the numbers of an edition.
func NumbersOf(integral bool) Numbers {
	if integral {
		return Integer
	}
	return Float
}

// Edition is the name of the edition with these numbers, as --lua and project files have it.
func (n Numbers) Edition() string { return [...]string{"5.1", "5.1-int"}[n] }

// size is that of a number in bytes.
func (n Numbers) size() int { return [...]int{8, 4}[n] }

// Types of constants, as they are since 3.0-master_20200610 (lua.h). Before that a number was 5
// and a string 6 in this firmware.
const (
	tagNil       = 0
	tagBool      = 1
	tagNumber    = 3
	tagString    = 4
	oldTagNumber = 5
	oldTagString = 6
)

// Kind is the type of a constant.
type Kind uint8

// The types of constants.
const (
	Nil Kind = iota
	False
	True
	Number
	String
)

// Constant is a constant of a function.
type Constant struct {
	Kind  Kind
	Float float64 // of a number of a float build
	Int   int32   // of an integer build
	Str   string
}

// Text is a string that may be absent (a null pointer in C).
type Text struct {
	S   string
	Set bool
}

// LocVar is a local variable, live in [StartPC, EndPC).
type LocVar struct {
	Name           Text
	StartPC, EndPC int
}

// Proto is a function prototype.
type Proto struct {
	Source                       Text // absent: that of the enclosing function
	LineDefined, LastLineDefined int
	NumUpvalues, NumParams       byte
	IsVararg, MaxStackSize       byte
	Code                         []uint32
	Constants                    []Constant
	Protos                       []*Proto
	LineInfo                     []byte // package lineinfo
	LocVars                      []LocVar
	Upvalues                     []Text // their names, or nothing
}

// Bits of Proto.IsVararg (lobject.h).
const (
	VarargHasArg   = 1 // makes the table arg
	VarargIsVararg = 2
	VarargNeedsArg = 4 // ... is not used, so arg may be
)

// File is a decoded binary chunk.
type File struct {
	Numbers Numbers
	Main    *Proto
}

// Error tells what is wrong with a file, and where.
type Error struct {
	Offset int // bytes from the start of the file
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }

// IsCompiled tells whether a file begins like compiled Lua of this edition.
func IsCompiled(data []byte) bool {
	return len(data) > len(Signature) && string(data[:len(Signature)]) == Signature && data[len(Signature)] == Version
}
