// Package chunk knows the two formats in which compiled Lua 5.3 code travels:
// the binary chunk, a ".lc" file, and the image of the Lua Flash Store. It turns
// their bytes into prototypes as Go values and back; it neither compiles nor
// runs anything.
//
// The grammar of format 10, the binary chunk (app/lua53/ldump.c, lundump.c):
//
//	chunk     = header nup function          nup: byte, upvalues of the main function
//	header    = "\x1bLua" 0x53 format "\x19\x93\r\n\x1a\n" 4 4 sizeof(int) sizeof(float) 0x20 370.5
//	function  = source line last nparams vararg maxstack
//	            count {function} count {instruction} count {constant}
//	            names count {[name] instack idx} count {lineinfo} count {locvar}
//	locvar    = name startpc endpc
//	constant  = 0x00 | 0x10 | 0x11 | 0x20 float | tagged integer | string
//	string    = tagged length+1 (0: none), then the bytes
//	count, line, startpc… = multi-byte integer: big-endian groups of 7 bits, the
//	            high bit set on all but the last byte
//	tagged    = the same with the type in bits 4 to 6 of the first byte: 3 and 4
//	            for integers n and -(n+1), 5 and 6 for short and long strings
//
// Functions of the same source as the enclosing one leave it out. names tells
// whether upvalue names follow: it is 1 at strip level 0. Strip level 1 leaves
// out names and local variables, 2 the line information as well.
//
// Format 11, the image of the store:
//
//	image     = header seed "\x19ss" longest nshort nlong count {string}
//	            "\x19pr" count {function} count {name} timestamp
//	seed, timestamp = tagged integers
//	longest   = the length of the longest string, fixed ones included
//	nshort, nlong = how many strings there are of each kind, fixed ones included
//
// A string behind the second mark is a tagged number: its place in the list of
// strings, from 1 on, after which the fixed strings of package fixed are
// numbered on. Names are the modules', in the order of the functions.
package chunk

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/num"
)

// The formats, as they stand in the header (lundump.h).
const (
	Version   = 0x53
	Format    = 10 // a binary chunk
	FormatLFS = 11 // an image of the store
)

const (
	// Signature begins both kinds of files.
	Signature = "\x1bLua"
	// Data follows the format in the header: it shows damage by text conversion.
	Data = "\x19\x93\r\n\x1a\n"
	// Num is the float at the end of the header.
	Num = 370.5

	stringMark = "\x19ss"
	protoMark  = "\x19pr"
)

// MaxShort is the length of the longest short string (LUAI_MAXSHORTLEN).
const MaxShort = 40

// Types in bits 4 to 6 of a constant's first byte (lundump.h).
const (
	TagNil    = 0 << 4
	TagBool   = 1 << 4
	TagFloat  = 2 << 4
	TagInt    = 3 << 4
	TagNegInt = 4 << 4
	TagShort  = 5 << 4
	TagLong   = 6 << 4
	TagMask   = 7 << 4
)

// Kind is the type of a constant.
type Kind uint8

// The types of constants.
const (
	Nil Kind = iota
	False
	True
	Int
	Float
	String
)

// Constant is a constant of a function.
type Constant struct {
	Kind Kind
	Int  int64
	Bits uint64 // of a float: IEEE 754 of the number model's size
	Str  string
}

// Text is a string that may be absent (a null pointer in C).
type Text struct {
	S   string
	Set bool
}

// Upvalue describes an upvalue of a function.
type Upvalue struct {
	Name    Text
	InStack byte // 1: a local variable of the enclosing function
	Idx     byte
}

// LocVar is a local variable, live in [StartPC, EndPC).
type LocVar struct {
	Name           string
	StartPC, EndPC int
}

// Proto is a function prototype.
type Proto struct {
	Source                       Text // absent: that of the enclosing function
	LineDefined, LastLineDefined int
	NumParams, IsVararg          byte
	MaxStackSize                 byte
	Protos                       []*Proto
	Code                         []uint32
	Constants                    []Constant
	// HasNames tells that upvalues have a place for their names, as at strip
	// level 0; the names themselves may be absent.
	HasNames bool
	Upvalues []Upvalue
	LineInfo []byte // packed, see LineOf
	LocVars  []LocVar
}

// File is a decoded file: a binary chunk, which has a Main, or an image.
type File struct {
	Model num.Model
	Main  *Proto
	Image *Image
}

// Image is an image of the Lua Flash Store.
type Image struct {
	Seed      uint32 // of the strings' hashes
	Longest   int    // length of the longest string in bytes
	NumShort  int    // strings, fixed ones included
	NumLong   int
	Strings   []string
	Modules   []Module
	Timestamp int64 // seconds since 1970
}

// Module is a main function of an image with its name.
type Module struct {
	Name string
	Main *Proto
}

// Error tells what is wrong with a file, and where.
type Error struct {
	Offset int // bytes from the start of the file
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.Reason, e.Offset) }
