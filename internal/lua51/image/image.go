// Package image knows the image of the Lua Flash Store of Lua 5.1, as the firmware's compiler writes it. It turns
// its bytes into prototypes as Go values and back.
//
// A file is a gzip member (one deflate block with fixed codes) around an image and its bitmap, or an absolute image
// as it is. All numbers are words of 32 bits, little-endian (app/lua/lflash.h, luac_cross/lflashimg.c):
//
//	file     = gzip(image bitmap) | image
//	bitmap   = bit i of word i/32, the lowest first, tells that word i of the image is a pointer
//	image    = signature bytes mainproto hashvector nstrings nslots 0 0
//	           {slot} {string} {function}
//	string   = next tag hash length, the bytes, a zero byte, up to a whole word
//	function = what is inside, then {function} {constant} {instruction} {local} {upvalue} proto
//	proto    = 0 0 constants code functions lines locals upvalues source
//	           nupvalues nconstants ninstructions nfunctions nlocals line lastline 0 small
//	small    = nups nparams vararg maxstack, a byte each
//	constant = value of 4 or 8 bytes, tag; 16 bytes in images whose values are not packed
//	local    = name startpc endpc
//
// A pointer is a number of words from the start, in an absolute image an address; 0 is none. lines points to the
// bytes of a string. A slot leads to the string that was written last, next to the one before. The signature is
// 0xfafaa050 + 0x100 (format) + 8 (being written) + 4 (packed values) + 2 (integer) + 1 (absolute).
package image

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua51/chunk"
)

// What the signature is made of (lflash.h).
const (
	signature     = 0xfafaa050
	signatureMask = 0xfffff0f0 // without the format and the bits

	bitInteger = 2

	format      = 0x100
	earlyFormat = 0xf00 // FLASH_SIG 0xfafaaf50, of firmware up to 2019; Lua 5.3 has 0x200
)

// Parts of the signature that a loader looks at.
const (
	AbsoluteBit = 1 // pointers are addresses; a store that the loader has written is without it
	PackedBit   = 4
	WritingBit  = 8 // the loader is at work
	FormatMask  = 0xf00
)

// Sizes in words.
const (
	headerWords = 8
	stringWords = 4 // of a string without its bytes
	protoWords  = 18
	localWords  = 3

	maxWords = 65536 // of an image, as the compiler has it (LUA_MAX_FLASH_SIZE)
)

// MaxBytes is the most that an image may have.
const MaxBytes = 4 * maxWords

// Tags of values (lua.h), and those of firmware before 3.0-master_20200610.
const (
	tagBool      = 1
	tagNumber    = 3
	tagString    = 4
	oldTagNumber = 5
	oldTagString = 6

	markStore = 0x40 // of a string: bit 6, what lies in the store
)

// OldTypes says what an image with OldTags is.
const OldTypes = "for firmware before 3.0-master_20200610, whose types have other numbers: later firmware takes it, but misreads it; compile it again"

// Image is an image.
type Image struct {
	Numbers  chunk.Numbers
	Packed   bool // values of 12 bytes in float builds; before and without LUA_PACK_TVALUES 16
	Absolute bool
	Base     uint32 // of an absolute image: where it lies
	Writing  bool   // the loader was at work
	OldTags  bool   // for firmware before 3.0-master_20200610, which later firmware takes and misreads

	Bytes   int          // of the image without its bitmap
	Main    *chunk.Proto // gives the modules by name
	Modules []Module
	Strings []string // as they lie
	// Timestamp is when it was compiled, in seconds since 1970, as its constant says.
	Timestamp int64
}

// Module is a file of an image.
type Module struct {
	Name string
	Main *chunk.Proto
}

// Error tells what is wrong with an image, and where.
type Error struct {
	Word   int // of the image; -1: of none
	Reason string
}

func (e *Error) Error() string {
	if e.Word < 0 {
		return e.Reason
	}
	return fmt.Sprintf("%s at word %d (byte %d)", e.Reason, e.Word, 4*e.Word)
}

// valueWords is the size of a constant.
func (im *Image) valueWords() int {
	switch {
	case im.Numbers == chunk.Integer:
		return 2
	case im.Packed:
		return 3
	}
	return 4
}

// word is the signature.
func (im *Image) word() uint32 {
	s := uint32(signature | format)
	for _, b := range []struct {
		set bool
		bit uint32
	}{{im.Absolute, AbsoluteBit}, {im.Numbers == chunk.Integer, bitInteger}, {im.Packed, PackedBit}, {im.Writing, WritingBit}} {
		if b.set {
			s |= b.bit
		}
	}
	return s
}

// Signature is the first word of a store that is whole, as the loader of a build writes it.
func Signature(n chunk.Numbers, packed bool) uint32 {
	im := Image{Numbers: n, Packed: packed}
	return im.word()
}
