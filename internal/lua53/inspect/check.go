package inspect

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// CheckHeap implements Machine: the invariants that a debug build of Lua
// asserts. It is for tests.
func (w *View) CheckHeap() error {
	if err := w.c.CheckBlocks(); err != nil {
		return err
	}
	seen := map[Addr]bool{}
	for i, list := range w.lists() {
		for o := w.m.Ptr(w.g + list); o != 0; o = w.m.Ptr(o) {
			if seen[o] {
				return fmt.Errorf("object %#x is in two lists or in a circle", o)
			}
			seen[o] = true
			if fin := w.mark(o)&tag.Finalized != 0; fin != (i == 1 || i == 2) {
				return fmt.Errorf("object %#x of list %d has mark %#x", o, i, w.mark(o))
			}
			if w.isDead(o) {
				continue // not swept yet, like what it refers to
			}
			if err := w.checkObject(o); err != nil {
				return fmt.Errorf("object %#x (%s): %w", o, chunk.TypeName(int(w.objTT(o)&tag.TypeMask)), err)
			}
		}
	}
	return w.checkStrings()
}

// gcAtomic is the last state of the collector in which no black object refers to a white
// one (GCSatomic, lgc.h).
const gcAtomic = 1

// checkRef checks a reference of o: it must not be dead, nor white when o is
// black and the invariant holds.
func (w *View) checkRef(o, ref Addr) error {
	if ref == 0 {
		return nil
	}
	if w.isDead(ref) {
		return fmt.Errorf("refers to the dead object %#x", ref)
	}
	invariant := w.m.U8(w.g+w.at.GlobalGCState) <= gcAtomic
	if invariant && w.mark(o)&tag.Black != 0 && w.mark(ref)&tag.Whites != 0 {
		return fmt.Errorf("is black and refers to the white object %#x", ref)
	}
	return nil
}

func (w *View) checkValue(o, a Addr) error {
	t := w.tag(a)
	if t&tag.Collectable == 0 {
		return nil
	}
	ref := w.gcOf(a)
	if tt := uint32(w.objTT(ref)); tt != t&tag.VariantMask {
		return fmt.Errorf("value at %#x has tag %#x, its object %#x", a, t, tt)
	}
	return w.checkRef(o, ref)
}

func (w *View) checkObject(o Addr) error {
	m := w.m
	var err error
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	switch w.objTT(o) {
	case tag.Table & tag.VariantMask:
		note(w.checkRef(o, m.Ptr(o+layout.TableMetatable)))
		for i := range m.Ptr(o + layout.TableSizeArray) {
			note(w.checkValue(o, w.item(m.Ptr(o+layout.TableArray), i)))
		}
		for n, end := w.nodes(o); n < end; n += w.at.NodeSize {
			if w.tag(n) != tag.Nil {
				note(w.checkValue(o, n+w.at.NodeKey))
				note(w.checkValue(o, n))
			}
		}
	case tag.ObjLua:
		note(w.checkRef(o, m.Ptr(o+layout.LClosureP)))
		for i := range Addr(m.U8(o + layout.LClosureNUpvalues)) {
			if uv := m.Ptr(o + layout.LClosureUpvals + 4*i); uv != 0 && m.I32(uv+layout.UpValRefCount) <= 0 {
				note(fmt.Errorf("upvalue %#x has no references", uv))
			}
		}
	case tag.ObjProto:
		note(w.checkRef(o, m.Ptr(o+layout.ProtoSource)))
		for i := range m.Ptr(o + layout.ProtoSizeK) {
			note(w.checkValue(o, w.item(m.Ptr(o+layout.ProtoK), i)))
		}
		for i := range m.Ptr(o + layout.ProtoSizeP) {
			note(w.checkRef(o, m.Ptr(m.Ptr(o+layout.ProtoP)+4*i)))
		}
	case tag.Thread & tag.VariantMask:
		for a := m.Ptr(o + layout.LuaStateStack); a < m.Ptr(o+layout.LuaStateTop); a += w.at.TVSize {
			note(w.checkValue(o, a))
		}
	case tag.CCl & tag.VariantMask:
		for i := range Addr(m.U8(o + layout.CClosureNUpvalues)) {
			note(w.checkValue(o, o+layout.CClosureUpvalue+i*w.at.TVSize))
		}
	case tag.Udata & tag.VariantMask:
		note(w.checkRef(o, m.Ptr(o+layout.UdataMetatable)))
	}
	return err
}

// checkStrings holds that the string table has what it counts, each string in
// its own chain.
func (w *View) checkStrings() error {
	m, strt := w.m, w.g+layout.GlobalStrt
	size, n := m.U32(strt+layout.StringTableSlots), uint32(0)
	for i := range size {
		for ts := m.Ptr(m.Ptr(strt+layout.StringTableHash) + 4*Addr(i)); ts != 0; ts = m.Ptr(ts + layout.TStringHNext) {
			n++
			h := w.c.Hash(w.strBytes(ts), m.U32(w.g+w.at.GlobalSeed))
			if h != m.U32(ts+layout.TStringHash) || h&(size-1) != i {
				return fmt.Errorf("string %q has hash %#x in chain %d", w.strBytes(ts), m.U32(ts+layout.TStringHash), i)
			}
		}
	}
	if want := m.U32(strt + layout.StringTableNUse); n != want {
		return fmt.Errorf("the string table counts %d strings and has %d", want, n)
	}
	return nil
}
