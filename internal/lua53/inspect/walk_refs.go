package inspect

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
	"moonlet.example/moonlet/internal/mem"
)

// ref adds a reference to the object to. What is in flash is no object of RAM.
func (w *walker) ref(to Addr, r machine.HeapRef) {
	if to == 0 || w.isROTable(to) || w.mark(to)&tag.InFlash != 0 {
		return
	}
	r.To = to
	w.add(r)
}

// add adds a reference. Each one takes a word at least, so there are not more than
// words on the heap.
func (w *walker) add(r machine.HeapRef) {
	if len(w.o.Refs) > w.c.MostObjects*layout.TStringSize/4 {
		badCode(r.To) // a circle
	}
	w.o.Refs = append(w.o.Refs, r)
}

// value adds the reference that the value at a is, if it is one.
func (w *walker) value(a Addr, r machine.HeapRef) {
	if t := w.tag(a); t&tag.Collectable != 0 && t != tag.ROTable {
		w.ref(w.gcOf(a), r)
	}
}

// eventMode is the place of "__mode" among the events.
const eventMode = 3

// weakness tells which references of a table do not keep what they refer to.
func (w *walker) weakness(h Addr) (keys, values bool) {
	mt := w.m.Ptr(h + layout.TableMetatable)
	if mt == 0 {
		return false, false
	}
	mode := w.c.Short(mt, w.m.Ptr(w.g+w.at.GlobalTMName+4*eventMode))
	if mode == 0 || !isString(w.tag(mode)) {
		return false, false
	}
	s, _, _ := bytes.Cut(w.strBytes(w.gcOf(mode)), []byte{0})
	return bytes.IndexByte(s, 'k') >= 0, bytes.IndexByte(s, 'v') >= 0
}

func (w *walker) tableRefs(h Addr) {
	m := w.m
	weakKeys, weakValues := w.weakness(h)
	// A string in a weak table stays: it counts as a value without identity.
	weak := func(a Addr, is bool) bool { return is && !isString(w.tag(a)) }
	w.ref(m.Ptr(h+layout.TableMetatable), machine.HeapRef{Kind: machine.RefMetatable})
	array := m.Ptr(h + layout.TableArray)
	for i := range m.Ptr(h + layout.TableSizeArray) {
		a := w.item(array, i)
		w.value(a, machine.HeapRef{Kind: machine.RefIndex, Index: int64(i + 1), Weak: weak(a, weakValues)})
	}
	if w.usesDummy(h) {
		return
	}
	for n, end := w.nodes(h); n < end; n += w.at.NodeSize {
		if w.tag(n) == tag.Nil {
			continue
		}
		key := n + w.at.NodeKey
		r := machine.HeapRef{Weak: weak(n, weakValues)}
		switch t := w.tag(key); {
		case isString(t):
			r.Kind, r.Name = machine.RefField, w.text(w.gcOf(key))
		case t == tag.Int:
			r.Kind, r.Index = machine.RefIndex, w.integer(key)
		default:
			r.Kind, r.Name = machine.RefKeyed, w.keyText(key)
		}
		w.value(n, r)
		r.Kind, r.Weak = machine.RefKey, weak(key, weakKeys)
		w.value(key, r)
	}
}

func (w *walker) closureRefs(cl Addr) {
	m := w.m
	p := m.Ptr(cl + layout.LClosureP)
	if p == 0 { // still being made
		return
	}
	w.o.Def = w.defined(p)
	for i := range Addr(m.U8(cl + layout.LClosureNUpvalues)) {
		if uv := m.Ptr(cl + layout.LClosureUpvals + 4*i); uv != 0 {
			r := machine.HeapRef{To: uv, Kind: machine.RefUpvalue, Index: int64(i + 1)}
			if i < m.Ptr(p+layout.ProtoSizeUpvalues) {
				if r.Name = w.upvalName(p, int(i)); r.Name == "?" {
					r.Name = ""
				}
			}
			w.add(r)
		}
	}
	w.ref(p, machine.HeapRef{Kind: machine.RefCode})
}

func (w *walker) protoRefs(p Addr) {
	m := w.m
	debug := machine.HeapRef{Kind: machine.RefDebug}
	for i := range m.Ptr(p + layout.ProtoSizeP) {
		w.ref(m.Ptr(m.Ptr(p+layout.ProtoP)+4*i), machine.HeapRef{Kind: machine.RefInner, Index: int64(i + 1)})
	}
	for i := range m.Ptr(p + layout.ProtoSizeK) {
		w.value(w.item(m.Ptr(p+layout.ProtoK), i), machine.HeapRef{Kind: machine.RefConstant, Index: int64(i + 1)})
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
	m := w.m
	stack, top := m.Ptr(l+layout.LuaStateStack), m.Ptr(l+layout.LuaStateTop)
	if stack == 0 {
		return
	}
	next, name := w.ciNext(l+layout.LuaStateBaseCI), ""
	current := m.Ptr(l + layout.LuaStateCI)
	for i := range w.slots(stack, top) {
		a := w.item(stack, Addr(i))
		for next != 0 && a >= w.ciFunc(next) {
			name = w.functionAt(w.ciFunc(next))
			if next == current {
				next = 0 // what follows is unused
				break
			}
			next = w.ciNext(next)
		}
		w.value(a, machine.HeapRef{Kind: machine.RefStack, Name: name, Index: int64(i)})
	}
	for uv := m.Ptr(l + layout.LuaStateOpenUpval); uv != 0; uv = m.Ptr(uv + layout.UpValOpenNext) {
		w.add(machine.HeapRef{To: uv, Kind: machine.RefOpenUpvalue})
	}
}

// slots is how many values are between two addresses of a stack. More than one can hold,
// with the room for the handler of an overflow, come from damaged code only.
func (w *walker) slots(from, to Addr) int {
	n := mem.Wrap(to-from) / w.at.TVSize
	if n > state.MaxStack+200 {
		badCode(from)
	}
	return int(n)
}

// functionAt names the function at a stack slot: file and line, or a C function's
// name.
func (w *walker) functionAt(a Addr) string {
	switch w.tag(a) {
	case tag.Lua:
		return w.defined(w.protoAt(a)).Function()
	case tag.CFunc, tag.CCl:
		return w.cName(a)
	}
	return ""
}
