// Code generated from ../check.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// CheckHeap implements Machine: the invariants that a debug build of Lua
// asserts. It is for tests.
func (v *VM) CheckHeap() error {
	if err := v.heap.Check(); err != nil {
		return err
	}
	lists := [...]Addr{layout.GlobalAllGC, layout.GlobalFinObj, layout.GlobalToBeFnz, layout.GlobalFixedGC}
	seen := map[Addr]bool{}
	for i, list := range lists {
		for o := v.m.Ptr(v.g + list); o != 0; o = v.m.Ptr(o) {
			if seen[o] {
				return fmt.Errorf("object %#x is in two lists or in a circle", o)
			}
			seen[o] = true
			if fin := v.mark(o)&finalized != 0; fin != (i == 1 || i == 2) {
				return fmt.Errorf("object %#x of list %d has mark %#x", o, i, v.mark(o))
			}
			if v.isDead(o) {
				continue // not swept yet, like what it refers to
			}
			if err := v.checkObject(o); err != nil {
				return fmt.Errorf("object %#x (%s): %w", o, chunk.TypeName(int(v.objTT(o)&typeMask)), err)
			}
		}
	}
	return v.checkStrings()
}

// checkRef checks a reference of o: it must not be dead, nor white when o is
// black and the invariant holds.
func (v *VM) checkRef(o, ref Addr) error {
	if ref == 0 {
		return nil
	}
	if v.isDead(ref) {
		return fmt.Errorf("refers to the dead object %#x", ref)
	}
	if v.keepInvariant() && v.isBlack(o) && v.isWhite(ref) {
		return fmt.Errorf("is black and refers to the white object %#x", ref)
	}
	return nil
}

func (v *VM) checkValue(o, a Addr) error {
	tag := v.tag(a)
	if tag&collectable == 0 {
		return nil
	}
	ref := v.gcOf(a)
	if tt := uint32(v.objTT(ref)); tt != tag&variantMask {
		return fmt.Errorf("value at %#x has tag %#x, its object %#x", a, tag, tt)
	}
	return v.checkRef(o, ref)
}

func (v *VM) checkObject(o Addr) error {
	m := v.m
	var err error
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	switch v.objTT(o) {
	case tagTable & variantMask:
		note(v.checkRef(o, m.Ptr(o+layout.TableMetatable)))
		for i := range m.Ptr(o + layout.TableSizeArray) {
			note(v.checkValue(o, v.item(m.Ptr(o+layout.TableArray), i)))
		}
		for n, end := v.nodes(o); n < end; n += nodeSize {
			if v.tag(n) != tagNil {
				note(v.checkValue(o, n+layout.NodeKey))
				note(v.checkValue(o, n))
			}
		}
	case tagLua & variantMask:
		note(v.checkRef(o, m.Ptr(o+layout.LClosureP)))
		for i := range Addr(m.U8(o + layout.LClosureNUpvalues)) {
			if uv := m.Ptr(o + layout.LClosureUpvals + 4*i); uv != 0 && m.I32(uv+layout.UpValRefCount) <= 0 {
				note(fmt.Errorf("upvalue %#x has no references", uv))
			}
		}
	case tagProto:
		note(v.checkRef(o, m.Ptr(o+layout.ProtoSource)))
		for i := range m.Ptr(o + layout.ProtoSizeK) {
			note(v.checkValue(o, v.item(m.Ptr(o+layout.ProtoK), i)))
		}
		for i := range m.Ptr(o + layout.ProtoSizeP) {
			note(v.checkRef(o, m.Ptr(m.Ptr(o+layout.ProtoP)+4*i)))
		}
	case tagThread & variantMask:
		for a := m.Ptr(o + layout.LuaStateStack); a < m.Ptr(o+layout.LuaStateTop); a += tvSize {
			note(v.checkValue(o, a))
		}
	case tagCCl & variantMask:
		for i := range Addr(m.U8(o + layout.CClosureNUpvalues)) {
			note(v.checkValue(o, o+layout.CClosureUpvalue+i*tvSize))
		}
	case tagUdata & variantMask:
		note(v.checkRef(o, m.Ptr(o+layout.UdataMetatable)))
	}
	return err
}

// checkStrings holds that the string table has what it counts, each string in
// its own chain.
func (v *VM) checkStrings() error {
	m, strt := v.m, v.g+layout.GlobalStrt
	size, n := m.U32(strt+layout.StringTableSlots), uint32(0)
	for i := range size {
		for ts := m.Ptr(m.Ptr(strt+layout.StringTableHash) + 4*Addr(i)); ts != 0; ts = m.Ptr(ts + layout.TStringHNext) {
			n++
			h := hashBytes(v.strBytes(ts), m.U32(v.g+layout.GlobalSeed))
			if h != m.U32(ts+layout.TStringHash) || h&(size-1) != i {
				return fmt.Errorf("string %q has hash %#x in chain %d", v.strBytes(ts), m.U32(ts+layout.TStringHash), i)
			}
		}
	}
	if want := m.U32(strt + layout.StringTableNUse); n != want {
		return fmt.Errorf("the string table counts %d strings and has %d", want, n)
	}
	return nil
}
