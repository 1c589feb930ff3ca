package integral

import (
	"encoding/binary"
	"math"
	"strconv"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua51/compile"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
	"moonlet.example/moonlet/internal/lua51/tag"
	"moonlet.example/moonlet/internal/mem"
)

// This file and the import of the layouts are all that the build changes; the other files of this package are generated
// from package vm, whose file of this name says more.

// Num is Lua's number.
type Num = int32

const (
	integral  = true
	numSize   = 4 // bytes
	floatSize = 0
)

func loadNum(m mem.Mem, a Addr) Num { return m.I32(a) }

func copyTV(m mem.Mem, dst, src Addr) { m.SetU64(dst, m.U64(src)) }

func setNum(m mem.Mem, a Addr, n Num) { m.SetU64(a, tagNumber<<32|uint64(uint32(n))) }

func setPtr(m mem.Mem, a, p Addr, tag uint32) { m.SetU64(a, uint64(tag)<<32|uint64(uint32(p))) }

// Sizes that run-time arithmetic uses, typed as addresses.
const (
	tvSize   Addr = layout.TVSize
	tvTag    Addr = layout.TVTT
	nodeSize Addr = layout.NodeSize
)

func numInt(n Num) int32 { return n }

// numOfFloat is what C makes of a double.
func numOfFloat(n float64) Num { return libm.ChipInt32(n) }

// cInt is lua_number2int in a C function.
func (v *VM) cInt(n Num) int32 { return n }

func isNaN(Num) bool { return false }

// numDiv, numMod and numPow are the operations that are not the processor's: division is cut downwards.
func (t *Thread) numDiv(a, b Num) Num {
	switch b {
	case 0:
		t.runError("divide by zero")
	case -1:
		return -a
	}
	q := a / b
	if (a < 0) != (b < 0) && a%b != 0 {
		q--
	}
	return q
}

func (t *Thread) numMod(a, b Num) Num {
	switch b {
	case 0:
		t.runError("modulo by zero")
	case -1:
		return 0
	}
	r := a % b
	if (a < 0) != (b < 0) && r != 0 {
		r += b
	}
	return r
}

// numPow is luai_ipow: squares, that wrap.
func (t *Thread) numPow(a, b Num) Num {
	if b < 0 {
		return 0
	}
	c := Num(1)
	for ; b > 0; b >>= 1 {
		if b&1 != 0 {
			c *= a
		}
		a *= a
	}
	return c
}

// appendNumber appends a number as text (lua_number2str).
func (v *VM) appendNumber(dst []byte, n Num) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// parseNumber converts a numeral.
func (v *VM) parseNumber(s []byte) (Num, bool) { return parseInteger(v.cfg.CLib, s) }

// numberOf and numeralOf convert to and from what the front end has.
func numberOf(n Num) compile.Number { return compile.Number{Int: n} }

func numeralOf(n compile.Number) Num { return n.Int }

// dumpNumber and readNumber are those of binary chunks, which have no place for the two numbers at the ends.
func dumpNumber(dst []byte, n Num) ([]byte, bool) {
	return binary.LittleEndian.AppendUint32(dst, uint32(n)), n != math.MinInt32 && n != math.MaxInt32
}

func readNumber(b []byte) Num { return Num(binary.LittleEndian.Uint32(b)) }

// shape is the ROM's.
var shape = rom.Shape{Node: layout.NodeSize, Entry: layout.ROEntrySize, ValueTag: layout.TVTT,
	Integer: tagNumber, Function: tagCode, IntBytes: numSize, Events: tag.Events[:tag.Eq+1]}

// parseInteger converts a numeral to an integer: a host's strtol has 64 bits, of which the lower half counts, and the
// chip's has 32 and stays at the ends.
func parseInteger(lib clib.Library, s []byte) (int32, bool) {
	rest, negative := signed(numeral(s))
	limit := uint64(math.MaxUint64)
	if lib == clib.Chip {
		limit = math.MaxUint32
	}
	if digits, ok := hexDigits(rest); ok {
		n, ok := unsigned(digits, 16, limit)
		if negative && n < limit {
			n = -n
		}
		return int32(uint32(n)), ok
	}
	most := limit >> 1
	if negative {
		most++
	}
	n, ok := unsigned(rest, 10, most)
	if negative {
		n = -n
	}
	return int32(uint32(n)), ok
}
