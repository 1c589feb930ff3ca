package lua53

import (
	"math"

	"moonlet/internal/layout"
	"moonlet/internal/mem"
	"moonlet/internal/num"
)

// Addr is a device address.
type Addr = mem.Addr

// Type tags as they stand in a TValue (lobject.h): bits 0 to 3 are the type,
// bits 4 and 5 its variant, bit 6 marks a collectable value.
const (
	tagNil     = 0
	tagBool    = 1
	tagLight   = 2
	tagFloat   = 3
	tagInt     = 3 | 1<<4
	tagShort   = 4 | collectable
	tagLong    = 4 | 1<<4 | collectable
	tagTable   = 5 | collectable
	tagROEntry = 5 | 1<<4 // a ROTable as the value of a ROTable's entry
	tagROTable = 5 | 1<<4 | collectable
	tagLua     = 6 | collectable // Lua closure
	tagCFunc   = 6 | 1<<4        // light C function
	tagCCl     = 6 | 2<<4 | collectable
	tagUdata   = 7 | collectable
	tagThread  = 8 | collectable
	tagProto   = 9  // header byte only
	tagDead    = 10 // key of a removed entry

	collectable = 1 << 6
	typeMask    = 0x0F
	variantMask = 0x3F

	typeNil      = 0
	typeBoolean  = 1
	typeLight    = 2
	typeNumber   = 3
	typeString   = 4
	typeTable    = 5
	typeFunction = 6
	typeUserdata = 7
	typeThread   = 8
	numTypes     = 9
)

// The accessors below are methods of VM so that hot code can reach them with
// the accessor of memory in a register. A TValue of the narrow model is always
// stored as one double word: a later copy of it then finds it whole in the
// processor's store buffer.

func (v *VM[I, F]) narrow() bool { return layout.TVSize[I, F]() == 8 }

func (v *VM[I, F]) tag(a Addr) uint32 { return v.m.U32(a + layout.TVTT[I, F]()) }

func (v *VM[I, F]) setTag(a Addr, tag uint32) { v.m.SetU32(a+layout.TVTT[I, F](), tag) }

func (v *VM[I, F]) gcOf(a Addr) Addr { return v.m.Ptr(a) }

func (v *VM[I, F]) intOf(a Addr) I { return mem.Load[I](v.m, a) }

func (v *VM[I, F]) floatOf(a Addr) F { return mem.Load[F](v.m, a) }

// copyTV copies a TValue.
func copyTV[I num.Int, F num.Float](m mem.Mem, dst, src Addr) {
	if layout.TVSize[I, F]() == 8 {
		m.SetU64(dst, m.U64(src))
		return
	}
	lo, tt := m.U64(src), m.U32(src+8)
	m.SetU64(dst, lo)
	m.SetU32(dst+8, tt)
}

func (v *VM[I, F]) copyTV(dst, src Addr) { copyTV[I, F](v.m, dst, src) }

// setPtrTV stores a pointer or boolean payload with its tag. As in C, the upper
// half of an 8-byte payload keeps what it had.
func setPtrTV[I num.Int, F num.Float](m mem.Mem, a, p Addr, tag uint32) {
	if layout.TVSize[I, F]() == 8 {
		m.SetU64(a, uint64(tag)<<32|uint64(uint32(p)))
		return
	}
	m.SetU32(a, uint32(p))
	m.SetU32(a+8, tag)
}

func (v *VM[I, F]) setPtr(a, p Addr, tag uint32) { setPtrTV[I, F](v.m, a, p, tag) }

func setIntTV[I num.Int, F num.Float](m mem.Mem, a Addr, n I) {
	if layout.TVSize[I, F]() == 8 {
		m.SetU64(a, tagInt<<32|uint64(uint32(n)))
		return
	}
	mem.Store(m, a, n)
	m.SetU32(a+8, tagInt)
}

func (v *VM[I, F]) setInt(a Addr, n I) { setIntTV[I, F](v.m, a, n) }

func setFloatTV[I num.Int, F num.Float](m mem.Mem, a Addr, n F) {
	if layout.TVSize[I, F]() == 8 {
		m.SetU64(a, tagFloat<<32|uint64(math.Float32bits(float32(n))))
		return
	}
	mem.Store(m, a, n)
	m.SetU32(a+8, tagFloat)
}

func (v *VM[I, F]) setFloat(a Addr, n F) { setFloatTV[I, F](v.m, a, n) }

func (v *VM[I, F]) setNil(a Addr) { v.m.SetU32(a+layout.TVTT[I, F](), tagNil) }

func (v *VM[I, F]) setBool(a Addr, b bool) {
	p := Addr(0)
	if b {
		p = 1
	}
	v.setPtr(a, p, tagBool)
}

func (v *VM[I, F]) isFalse(a Addr) bool {
	t := v.tag(a)
	return t == tagNil || t == tagBool && v.m.U32(a) == 0
}

func isString(tag uint32) bool   { return tag&typeMask == typeString }
func isTable(tag uint32) bool    { return tag&typeMask == typeTable }
func isFunction(tag uint32) bool { return tag&typeMask == typeFunction }
func isNumber(tag uint32) bool   { return tag&typeMask == typeNumber }

// typeNames are the names of the types by tag, after "no value" for -1.
var typeNames = [...]string{"no value", "nil", "boolean", "userdata", "number", "string",
	"table", "function", "userdata", "thread", "proto"}

func typeName(t int) string { return typeNames[t+1] }
