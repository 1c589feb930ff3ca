package inspect

import (
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// This file tells an embedder what is on the heap: each object with the blocks
// that belong to it, in the sizes in which it asks for them, and with what it
// refers to. It only reads. walk_refs.go has the references.

// walker is one walk.
type walker struct {
	*View
	f     func(o *machine.HeapObject)
	types map[Addr]string // names of metatables in the registry
	upvs  map[Addr]bool   // upvalues that were told
	left  int             // how many objects may follow
	o     machine.HeapObject
}

// WalkHeap implements machine.Machine.
func (w *View) WalkHeap(f func(o *machine.HeapObject)) {
	all := &walker{View: w, f: f, upvs: map[Addr]bool{}, left: w.c.MostObjects}
	all.types = all.typeNames()
	all.state()
	all.object(w.m.Ptr(w.g + w.at.GlobalMainThread))
	for _, list := range w.lists() {
		for o := w.m.Ptr(w.g + list); o != 0; o = w.m.Ptr(o) {
			all.object(o)
		}
	}
}

// lists are the lists that each object is in one of, as offsets of their heads.
func (w *View) lists() [4]Addr {
	return [...]Addr{w.at.GlobalAllGC, w.at.GlobalFinObj, w.at.GlobalToBeFnz, w.at.GlobalFixedGC}
}

// begin starts the description of an object; emit hands it over.
func (w *walker) begin(a Addr, kind machine.HeapKind) {
	w.count(a)
	w.o = machine.HeapObject{Addr: a, Kind: kind}
}

// count ends the walk where there are more objects than have room on the heap.
func (w *walker) count(a Addr) {
	if w.left--; w.left < 0 {
		badCode(a) // a circle
	}
}

func (w *walker) emit() { o := w.o; w.f(&o) }

// block adds a block to the object, if it has any.
func (w *walker) block(a, size Addr, part string) {
	if a != 0 && size != 0 {
		w.o.Blocks = append(w.o.Blocks, machine.HeapBlock{Addr: a, Size: size, Part: part})
	}
}

// state tells the block of main thread and global state, with the roots, and the
// string table.
func (w *walker) state() {
	m := w.m
	w.begin(w.g, machine.HeapState)
	w.block(w.c.Main-layout.LXL, w.at.LGSize, "record")
	w.block(m.Ptr(w.g+w.at.GlobalCache), w.c.Cache, "key cache")
	w.value(w.g+layout.GlobalRegistry, machine.HeapRef{Kind: machine.RefRegistry})
	w.ref(m.Ptr(w.g+w.at.GlobalMainThread), machine.HeapRef{Kind: machine.RefMainThread})
	for i := range Addr(tag.NumTypes) {
		w.ref(m.Ptr(w.g+w.at.GlobalMT+4*i), machine.HeapRef{Kind: machine.RefTypeMetatable, Name: chunk.TypeName(int(i))})
	}
	for o := m.Ptr(w.g + w.at.GlobalToBeFnz); o != 0; o = m.Ptr(o) {
		w.ref(o, machine.HeapRef{Kind: machine.RefFinalizer})
	}
	for o := m.Ptr(w.g + w.at.GlobalFixedGC); o != 0; o = m.Ptr(o) {
		w.ref(o, machine.HeapRef{Kind: machine.RefFixed})
	}
	w.emit()
	strt := w.g + layout.GlobalStrt
	w.begin(strt, machine.HeapStringTable)
	w.block(m.Ptr(strt+layout.StringTableHash), 4*m.Ptr(strt+layout.StringTableSlots), "slots")
	w.emit()
}

// object tells the object o and the upvalues that it is the first to have.
func (w *walker) object(o Addr) {
	m := w.m
	dead := w.isDead(o)
	switch w.objTT(o) {
	case tag.ObjShort, tag.ObjLong:
		w.begin(o, machine.HeapString)
		n := w.strLen(o)
		w.o.Length, w.o.Name = int(n), w.text(o)
		w.block(o, layout.TStringSize+n+1, "record")
	case tag.Table & tag.VariantMask:
		w.begin(o, machine.HeapTable)
		w.block(o, layout.TableSize, "record")
		w.block(m.Ptr(o+layout.TableArray), w.at.TVSize*m.Ptr(o+layout.TableSizeArray), "array")
		w.block(m.Ptr(o+layout.TableNode), w.ownNodes(o), "nodes")
		w.tableRefs(o)
	case tag.ObjLua:
		w.begin(o, machine.HeapFunction)
		w.block(o, layout.LClosureUpvals+4*Addr(m.U8(o+layout.LClosureNUpvalues)), "record")
		w.closureRefs(o)
	case tag.CCl & tag.VariantMask:
		w.begin(o, machine.HeapFunction)
		n := Addr(m.U8(o + layout.CClosureNUpvalues))
		w.o.Name, w.o.Def = w.c.ROM.Path(m.Ptr(o+layout.CClosureF)), machine.Frame{LineDefined: -1}
		w.block(o, layout.CClosureUpvalue+n*w.at.TVSize, "record")
		for i := range n {
			w.value(o+layout.CClosureUpvalue+i*w.at.TVSize, machine.HeapRef{Kind: machine.RefUpvalue, Index: int64(i + 1)})
		}
	case tag.Udata & tag.VariantMask:
		w.begin(o, machine.HeapUserdata)
		n, mt := m.Ptr(o+layout.UdataLen), m.Ptr(o+layout.UdataMetatable)
		w.o.Length, w.o.Name = int(n), w.types[mt]
		w.block(o, w.at.UdataSize+n, "record")
		w.ref(mt, machine.HeapRef{Kind: machine.RefMetatable})
		if m.U8(o+layout.UdataTTUV)&tag.Collectable != 0 {
			w.ref(m.Ptr(o+layout.UdataUser), machine.HeapRef{Kind: machine.RefUser})
		}
	case tag.Thread & tag.VariantMask:
		w.begin(o, machine.HeapThread)
		w.thread(o)
	case tag.ObjProto:
		w.begin(o, machine.HeapPrototype)
		w.proto(o)
	default:
		w.count(o)
		return
	}
	if w.o.Dead = dead; dead {
		w.o.Refs = nil // may be freed already
	}
	w.emit()
	w.upvaluesOf(o)
}

func (w *walker) thread(l Addr) {
	m := w.m
	if l != w.c.Main { // that of the main thread is part of the state
		w.block(l-layout.LXL, layout.LXSize, "record")
	}
	stack := m.Ptr(l + layout.LuaStateStack)
	w.block(stack, w.at.TVSize*m.Ptr(l+layout.LuaStateStackSize), "stack")
	for ci := w.ciNext(l + layout.LuaStateBaseCI); ci != 0; ci = w.ciNext(ci) {
		w.block(ci, layout.CallInfoSize, "call")
		if len(w.o.Blocks) > w.c.MostObjects {
			badCode(ci) // a circle
		}
	}
	if first := stack + w.at.TVSize; stack != 0 && first < m.Ptr(l+layout.LuaStateTop) {
		if w.tag(first) == tag.Lua {
			w.o.Def = w.defined(w.protoAt(first))
		}
	}
	w.threadRefs(l)
}

func (w *walker) proto(p Addr) {
	m := w.m
	w.o.Def = w.defined(p)
	w.block(p, layout.ProtoSize, "record")
	w.block(m.Ptr(p+layout.ProtoCode), 4*m.Ptr(p+layout.ProtoSizeCode), "code")
	w.block(m.Ptr(p+layout.ProtoK), w.at.TVSize*m.Ptr(p+layout.ProtoSizeK), "constants")
	w.block(m.Ptr(p+layout.ProtoP), 4*m.Ptr(p+layout.ProtoSizeP), "inner functions")
	w.block(m.Ptr(p+layout.ProtoLineInfo), m.Ptr(p+layout.ProtoSizeLineInfo), "line numbers")
	w.block(m.Ptr(p+layout.ProtoLocVars), layout.LocVarSize*m.Ptr(p+layout.ProtoSizeLocVars), "local variables")
	w.block(m.Ptr(p+layout.ProtoUpvalues), layout.UpvaldescSize*m.Ptr(p+layout.ProtoSizeUpvalues), "upvalue descriptions")
	w.protoRefs(p)
}

// ownNodes is the size of the nodes that are the table's own: an empty one has a node of
// the ROM.
func (w *walker) ownNodes(h Addr) Addr {
	if w.usesDummy(h) {
		return 0
	}
	return w.at.NodeSize * w.sizeNode(h)
}

// upvaluesOf tells the upvalues of a function or a thread that were not told yet.
func (w *walker) upvaluesOf(o Addr) {
	m := w.m
	switch w.objTT(o) {
	case tag.ObjLua:
		for i := range Addr(m.U8(o + layout.LClosureNUpvalues)) {
			w.upvalue(m.Ptr(o + layout.LClosureUpvals + 4*i))
		}
	case tag.Thread & tag.VariantMask:
		for uv := m.Ptr(o + layout.LuaStateOpenUpval); uv != 0; uv = m.Ptr(uv + layout.UpValOpenNext) {
			w.upvalue(uv)
		}
	}
}

func (w *walker) upvalue(uv Addr) {
	if uv == 0 || w.upvs[uv] {
		return
	}
	w.upvs[uv] = true
	w.begin(uv, machine.HeapUpvalue)
	w.block(uv, w.at.UpValSize, "record")
	w.value(w.m.Ptr(uv+layout.UpValV), machine.HeapRef{Kind: machine.RefValue})
	w.emit()
}

// defined tells where a prototype is defined, in words that stay.
func (w *walker) defined(p Addr) machine.Frame {
	f := w.View.defined(p)
	f.Source = strings.Clone(f.Source)
	return f
}

// textMax is how much of a string is told, in bytes.
const textMax = 64

func (w *walker) text(ts Addr) string {
	b := w.strBytes(ts)
	return string(b[:min(len(b), textMax)])
}

// typeNames finds the names that the registry has for metatables.
func (w *walker) typeNames() map[Addr]string {
	names := map[Addr]string{}
	reg := w.gcOf(w.g + layout.GlobalRegistry)
	for n, end := w.nodes(reg); n < end; n += w.at.NodeSize {
		if key := n + w.at.NodeKey; isTable(w.tag(n)) && isString(w.tag(key)) {
			names[w.gcOf(n)] = w.text(w.gcOf(key))
		}
	}
	return names
}

// keyText describes a key that is no string.
func (w *walker) keyText(key Addr) string {
	switch w.tag(key) {
	case tag.Float:
		return strconv.FormatFloat(w.float(key), 'g', -1, 64)
	case tag.Bool:
		return strconv.FormatBool(w.isTrue(key))
	}
	return chunk.TypeName(int(w.tag(key) & tag.TypeMask))
}
