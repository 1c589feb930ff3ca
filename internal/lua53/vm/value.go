package vm

import (
	"moonlet.example/moonlet/internal/lua53/tag"
	"moonlet.example/moonlet/internal/mem"
)

// Addr is a device address.
type Addr = mem.Addr

// Tags and types by short names; package tag declares them.
const (
	tagNil     = tag.Nil
	tagBool    = tag.Bool
	tagLight   = tag.Light
	tagFloat   = tag.Float
	tagInt     = tag.Int
	tagShort   = tag.Short
	tagLong    = tag.Long
	tagTable   = tag.Table
	tagROEntry = tag.ROEntry
	tagROTable = tag.ROTable
	tagLua     = tag.Lua
	tagCFunc   = tag.CFunc
	tagCCl     = tag.CCl
	tagUdata   = tag.Udata
	tagThread  = tag.Thread
	tagProto   = tag.ObjProto
	tagDead    = tag.Dead

	collectable = tag.Collectable
	typeMask    = tag.TypeMask
	variantMask = tag.VariantMask

	typeNil      = tag.TypeNil
	typeBoolean  = tag.TypeBoolean
	typeLight    = tag.TypeLight
	typeNumber   = tag.TypeNumber
	typeString   = tag.TypeString
	typeTable    = tag.TypeTable
	typeFunction = tag.TypeFunction
	typeUserdata = tag.TypeUserdata
	typeThread   = tag.TypeThread
	numTypes     = tag.NumTypes
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
