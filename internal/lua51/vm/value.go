package vm

import (
	"moonlet.example/moonlet/internal/lua51/tag"
	"moonlet.example/moonlet/internal/mem"
)

// Addr is a device address.
type Addr = mem.Addr

// Tags by short names; package tag declares them.
const (
	tagNil     = tag.Nil
	tagBool    = tag.Bool
	tagLight   = tag.Light
	tagNumber  = tag.Number
	tagString  = tag.String
	tagTable   = tag.Table
	tagFunc    = tag.Function
	tagUdata   = tag.Userdata
	tagThread  = tag.Thread
	tagProto   = tag.Proto
	tagUpval   = tag.Upval
	tagDead    = tag.Dead
	tagROTable = tag.ROTable
	tagCode    = tag.LightFunction
	typeMask   = tag.TypeMask
)

// collectable tells whether a tag is that of an object on the heap.
func collectable(tag uint32) bool { return tag-tagString <= typeMask-tagString }

// The accessors below are small enough to be inlined everywhere, the main loop included.

func (v *VM) tag(a Addr) uint32 { return v.m.U32(a + tvTag) }

func (v *VM) gcOf(a Addr) Addr { return v.m.Ptr(a) }

func (v *VM) numOf(a Addr) Num { return loadNum(v.m, a) }

func (v *VM) copyTV(dst, src Addr) { copyTV(v.m, dst, src) }

func (v *VM) setPtr(a, p Addr, tag uint32) { setPtr(v.m, a, p, tag) }

func (v *VM) setNum(a Addr, n Num) { setNum(v.m, a, n) }

func (v *VM) setString(a, ts Addr) { setPtr(v.m, a, ts, tagString) }

func (v *VM) setNil(a Addr) { v.m.SetU32(a+tvTag, tagNil) }

func (v *VM) setBool(a Addr, b bool) {
	p := Addr(0)
	if b {
		p = 1
	}
	v.setPtr(a, p, tagBool)
}

// setTable stores a table or a read-only one.
func (v *VM) setTable(a, h Addr) {
	tag := uint32(tagTable)
	if v.isROTable(h) {
		tag = tagROTable
	}
	v.setPtr(a, h, tag)
}

func (v *VM) isFalse(a Addr) bool {
	t := v.tag(a)
	return t == tagNil || t == tagBool && v.m.U32(a) == 0
}

func isTable(tag uint32) bool    { return tag&typeMask == tagTable }
func isFunction(tag uint32) bool { return tag&typeMask == tagFunc }

// item is the address of the i-th value of a vector. It wraps around as the chip's arithmetic does.
func (v *VM) item(vec, i Addr) Addr { return Addr(uint32(vec + i*tvSize)) }

// rawEqual compares values without metamethods (luaO_rawequalObj).
func (v *VM) rawEqual(a, b Addr) bool {
	tag := v.tag(a)
	if tag != v.tag(b) {
		return false
	}
	switch tag {
	case tagNil:
		return true
	case tagNumber:
		return v.numOf(a) == v.numOf(b)
	}
	return v.m.U32(a) == v.m.U32(b)
}

// Values that C keeps in variables are in memory of their own, outside the guest's.
const (
	scratchNone = iota
	scratchKey  // a key on its way to a table
	scratchTemp // of the API
	scratchChain
	scratchFront
	scratchEnv
	scratchSlot
)

// scratchStep is more than a value or a node takes.
const scratchStep = 48

func (v *VM) scratch(i int) Addr { return v.rom.Scratch + Addr(i)*scratchStep }
