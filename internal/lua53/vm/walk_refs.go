package vm

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/machine"
	layout "moonlet.example/moonlet/internal/lua53/layout/v4"
)

// ref adds a reference to the object to. What is in flash is no object of RAM.
func (w *walker) ref(to Addr, r machine.HeapRef) {
	if to == 0 || w.v.isROTable(to) || w.v.mark(to)&inFlash != 0 {
		return
	}
	r.To = to
	w.add(r)
}

// add adds a reference. Each one takes a word at least, so there are not more than
// words on the heap.
func (w *walker) add(r machine.HeapRef) {
	if len(w.o.Refs) > w.v.mostObjects*layout.TStringSize/4 {
		w.v.badCode(r.To) // a circle
	}
	w.o.Refs = append(w.o.Refs, r)
}

// value adds the reference that the value at a is, if it is one.
func (w *walker) value(a Addr, r machine.HeapRef) {
	if tag := w.v.tag(a); tag&collectable != 0 && tag != tagROTable {
		w.ref(w.v.gcOf(a), r)
	}
}

// weakness tells which references of a table do not keep what they refer to.
func (w *walker) weakness(h Addr) (keys, values bool) {
	v := w.v
	mt := v.m.Ptr(h + layout.TableMetatable)
	if mt == 0 {
		return false, false
	}
	mode := v.getShort(mt, v.tmName(tmMode))
	if mode == 0 || !isString(v.tag(mode)) {
		return false, false
	}
	s, _, _ := bytes.Cut(v.strBytes(v.gcOf(mode)), []byte{0})
	return bytes.IndexByte(s, 'k') >= 0, bytes.IndexByte(s, 'v') >= 0
}

func (w *walker) tableRefs(h Addr) {
	v, m := w.v, w.v.m
	weakKeys, weakValues := w.weakness(h)
	// A string in a weak table stays: it counts as a value without identity.
	weak := func(a Addr, is bool) bool { return is && !isString(v.tag(a)) }
	w.ref(m.Ptr(h+layout.TableMetatable), machine.HeapRef{Kind: machine.RefMetatable})
	array := m.Ptr(h + layout.TableArray)
	for i := range m.Ptr(h + layout.TableSizeArray) {
		a := v.item(array, i)
		w.value(a, machine.HeapRef{Kind: machine.RefIndex, Index: int64(i + 1), Weak: weak(a, weakValues)})
	}
	if v.usesDummy(h) {
		return
	}
	for n, end := v.nodes(h); n < end; n += nodeSize {
		if v.tag(n) == tagNil {
			continue
		}
		key := n + layout.NodeKey
		r := machine.HeapRef{Weak: weak(n, weakValues)}
		switch tag := v.tag(key); {
		case isString(tag):
			r.Kind, r.Name = machine.RefField, w.text(v.gcOf(key))
		case tag == tagInt:
			r.Kind, r.Index = machine.RefIndex, int64(v.intOf(key))
		default:
			r.Kind, r.Name = machine.RefKeyed, w.keyText(key)
		}
		w.value(n, r)
		r.Kind, r.Weak = machine.RefKey, weak(key, weakKeys)
		w.value(key, r)
	}
}

func (w *walker) closureRefs(cl Addr) {
	v, m := w.v, w.v.m
	p := m.Ptr(cl + layout.LClosureP)
	if p == 0 { // still being made
		return
	}
	w.o.Def = w.defined(p)
	for i := range Addr(m.U8(cl + layout.LClosureNUpvalues)) {
		if uv := m.Ptr(cl + layout.LClosureUpvals + 4*i); uv != 0 {
			r := machine.HeapRef{To: uv, Kind: machine.RefUpvalue, Index: int64(i + 1)}
			if i < m.Ptr(p+layout.ProtoSizeUpvalues) {
				if r.Name = v.upvalName(p, int(i)); r.Name == "?" {
					r.Name = ""
				}
			}
			w.add(r)
		}
	}
	w.ref(p, machine.HeapRef{Kind: machine.RefCode})
}

func (w *walker) protoRefs(p Addr) {
	m := w.v.m
	debug := machine.HeapRef{Kind: machine.RefDebug}
	for i := range m.Ptr(p + layout.ProtoSizeP) {
		w.ref(m.Ptr(m.Ptr(p+layout.ProtoP)+4*i), machine.HeapRef{Kind: machine.RefInner, Index: int64(i + 1)})
	}
	for i := range m.Ptr(p + layout.ProtoSizeK) {
		w.value(w.v.item(m.Ptr(p+layout.ProtoK), i), machine.HeapRef{Kind: machine.RefConstant, Index: int64(i + 1)})
	}
	w.ref(m.Ptr(p+layout.ProtoSource), debug)
	for i := range m.Ptr(p + layout.ProtoSizeUpvalues) {
		w.ref(m.Ptr(m.Ptr(p+layout.ProtoUpvalues)+i*layout.UpvaldescSize+layout.UpvaldescName), debug)
	}
	for i := range m.Ptr(p + layout.ProtoSizeLocVars) {
		w.ref(m.Ptr(m.Ptr(p+layout.ProtoLocVars)+i*layout.LocVarSize+layout.LocVarVarName), debug)
	}
}

// threadRefs adds what is on a thread's stack, each slot with the function in
// whose frame it is.
func (w *walker) threadRefs(l Addr) {
	v, m := w.v, w.v.m
	stack, top := m.Ptr(l+layout.LuaStateStack), m.Ptr(l+layout.LuaStateTop)
	if stack == 0 {
		return
	}
	next, name := v.ciNext(l+layout.LuaStateBaseCI), ""
	current := m.Ptr(l + layout.LuaStateCI)
	for i := range v.slots(stack, top) {
		a := v.item(stack, Addr(i))
		for next != 0 && a >= v.ciFunc(next) {
			name = w.functionAt(v.ciFunc(next))
			if next == current {
				next = 0 // what follows is unused
				break
			}
			next = v.ciNext(next)
		}
		w.value(a, machine.HeapRef{Kind: machine.RefStack, Name: name, Index: int64(i)})
	}
	for uv := m.Ptr(l + layout.LuaStateOpenUpval); uv != 0; uv = m.Ptr(uv + layout.UpValOpenNext) {
		w.add(machine.HeapRef{To: uv, Kind: machine.RefOpenUpvalue})
	}
}

// functionAt names the function at a stack slot: file and line, or a C function's
// name.
func (w *walker) functionAt(a Addr) string {
	v := w.v
	switch v.tag(a) {
	case tagLua:
		return w.defined(v.m.Ptr(v.gcOf(a) + layout.LClosureP)).Function()
	case tagCFunc:
		return v.rom.Path(v.gcOf(a))
	case tagCCl:
		return v.rom.Path(v.m.Ptr(v.gcOf(a) + layout.CClosureF))
	}
	return ""
}
