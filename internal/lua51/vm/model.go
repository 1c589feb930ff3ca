package vm

import (
	"encoding/binary"
	"math"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua51/compile"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/tag"
	"moonlet.example/moonlet/internal/mem"
)

// This file and the import of the layouts are all that the build changes in this package: this one is for numbers
// that are doubles.

//go:generate go run ../../lua/gen -root ../../..

// Num is Lua's number.
type Num = float64

const (
	integral  = false
	numSize   = 8  // bytes
	floatSize = 8  // likewise, 0 where there are none
	floatPrec = 14 // digits of "%.14g" (LUA_NUMBER_FMT)
)

func loadNum(m mem.Mem, a Addr) Num { return m.F64(a) }

func copyTV(m mem.Mem, dst, src Addr) { m.Copy12(dst, src) }

func setNum(m mem.Mem, a Addr, n Num) { m.SetF64U32(a, n, tagNumber) }

func setPtr(m mem.Mem, a, p Addr, tag uint32) { m.SetU64U32(a, uint64(uint32(p)), tag) }

// Sizes that run-time arithmetic uses, typed as addresses.
const (
	tvSize   Addr = layout.TVSize
	tvTag    Addr = layout.TVTT
	nodeSize Addr = layout.NodeSize
)

// numInt is lua_number2int: by way of 64 bits, of which the lower half is left.
func numInt(n Num) int32 {
	if n >= -1<<63 && n < 1<<63 {
		return int32(int64(n))
	}
	return 0
}

// numOfFloat is what C makes of a double.
func numOfFloat(n float64) Num { return n }

// cInt is lua_number2int in a C function: what has no place in 64 bits is the least number on a host, and on the chip the
// nearest, or the largest for what is no number.
func (v *VM) cInt(n Num) int32 {
	if v.chip && !(n < 1<<63) {
		return -1
	}
	return numInt(n)
}

func isNaN(n Num) bool { return n != n }

// numDiv, numMod and numPow are the operations that are not the processor's.
func (t *Thread) numDiv(a, b Num) Num {
	r := a / b
	if r != r {
		r = t.v.cfg.CLib.Checked(clib.Div, a, b, r)
	}
	return r
}

func (t *Thread) numMod(a, b Num) Num {
	whole := t.v.cfg.CLib.Floor(a / b)
	product := Num(whole * b) // not fused with the subtraction
	return a - product
}

func (t *Thread) numPow(a, b Num) Num {
	if !t.v.chip {
		return libm.Pow(a, b)
	}
	r, ends := libm.ChipPow(a, b)
	for !ends {
		t.Charge(costIndex)
	}
	return r
}

// appendNumber appends a number as text (lua_number2str).
func (v *VM) appendNumber(dst []byte, n Num) []byte { return v.cfg.CLib.AppendG(dst, n, floatPrec) }

// parseNumber converts a numeral.
func (v *VM) parseNumber(s []byte) (Num, bool) { return parseDouble(v.cfg.CLib, s) }

// numberOf and numeralOf convert to and from what the front end has.
func numberOf(n Num) compile.Number { return compile.Number{Float: n} }

func numeralOf(n compile.Number) Num { return n.Float }

// dumpNumber and readNumber are those of binary chunks.
func dumpNumber(dst []byte, n Num) ([]byte, bool) {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(n)), true
}

func readNumber(b []byte) Num { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

// shape is the ROM's.
var shape = rom.Shape{Node: layout.NodeSize, Entry: layout.ROEntrySize, ValueTag: layout.TVTT,
	Float: tagNumber, Function: tagCode, FloatBytes: numSize, Events: tag.Events[:tag.Eq+1]}
