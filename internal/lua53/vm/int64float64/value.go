// Code generated from ../value.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/mem"
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

// The accessors below are small enough to be inlined everywhere, the main loop
// included, where the compiler inlines nothing that costs more than 20 nodes.
// What they do to a TValue as a whole depends on the number model: see model.go.

func (v *VM) tag(a Addr) uint32 { return v.m.U32(a + tvTag) }

func (v *VM) setTag(a Addr, tag uint32) { v.m.SetU32(a+tvTag, tag) }

func (v *VM) gcOf(a Addr) Addr { return v.m.Ptr(a) }

func (v *VM) intOf(a Addr) Int { return loadInt(v.m, a) }

func (v *VM) floatOf(a Addr) Float { return loadFloat(v.m, a) }

func (v *VM) copyTV(dst, src Addr) { copyTV(v.m, dst, src) }

func (v *VM) setPtr(a, p Addr, tag uint32) { setPtr(v.m, a, p, tag) }

func (v *VM) setInt(a Addr, n Int) { setInt(v.m, a, n) }

func (v *VM) setFloat(a Addr, n Float) { setFloat(v.m, a, n) }

func (v *VM) setNil(a Addr) { v.m.SetU32(a+tvTag, tagNil) }

func (v *VM) setBool(a Addr, b bool) {
	p := Addr(0)
	if b {
		p = 1
	}
	v.setPtr(a, p, tagBool)
}

func (v *VM) isFalse(a Addr) bool {
	t := v.tag(a)
	return t == tagNil || t == tagBool && v.m.U32(a) == 0
}

func isString(tag uint32) bool   { return tag&typeMask == typeString }
func isTable(tag uint32) bool    { return tag&typeMask == typeTable }
func isFunction(tag uint32) bool { return tag&typeMask == typeFunction }
func isNumber(tag uint32) bool   { return tag&typeMask == typeNumber }

// typeNames are the names of the types by tag, after "no value" for -1.
var typeNames = chunk.Types

// typeName is the name of a type, "?" for a tag that only damaged code can make.
func typeName(t int) string {
	if t+1 >= len(typeNames) {
		return "?"
	}
	return typeNames[t+1]
}
