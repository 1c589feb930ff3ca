// Code generated from ../walk.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// This file tells an embedder what is on the heap: each object with the blocks
// that belong to it, in the sizes in which it asks for them, and with what it
// refers to. It only reads. walk_refs.go has the references.

// walker is one walk.
type walker struct {
	v     *VM
	f     func(o *machine.HeapObject)
	types map[Addr]string // names of metatables in the registry
	upvs  map[Addr]bool   // upvalues that were told
	left  int             // how many objects may follow
	o     machine.HeapObject
}

// WalkHeap implements machine.Machine.
func (v *VM) WalkHeap(f func(o *machine.HeapObject)) {
	w := &walker{v: v, f: f, upvs: map[Addr]bool{}, left: v.mostObjects}
	w.types = w.typeNames()
	w.state()
	w.object(v.m.Ptr(v.g + layout.GlobalMainThread))
	for _, list := range [...]Addr{layout.GlobalAllGC, layout.GlobalFinObj, layout.GlobalToBeFnz, layout.GlobalFixedGC} {
		for o := v.m.Ptr(v.g + list); o != 0; o = v.m.Ptr(o) {
			w.object(o)
		}
	}
}

// begin starts the description of an object; emit hands it over.
func (w *walker) begin(a Addr, kind machine.HeapKind) {
	w.count(a)
	w.o = machine.HeapObject{Addr: a, Kind: kind}
}

// count ends the walk where there are more objects than have room on the heap.
func (w *walker) count(a Addr) {
	if w.left--; w.left < 0 {
		w.v.badCode(a) // a circle
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
	v, m := w.v, w.v.m
	w.begin(v.g, machine.HeapState)
	w.block(v.main.l-layout.LXL, layout.LGSize, "record")
	w.block(m.Ptr(v.g+layout.GlobalCache), keyCacheSize, "key cache")
	w.value(v.g+layout.GlobalRegistry, machine.HeapRef{Kind: machine.RefRegistry})
	w.ref(m.Ptr(v.g+layout.GlobalMainThread), machine.HeapRef{Kind: machine.RefMainThread})
	for i := range Addr(numTypes) {
		w.ref(m.Ptr(v.g+layout.GlobalMT+4*i), machine.HeapRef{Kind: machine.RefTypeMetatable, Name: chunk.TypeName(int(i))})
	}
	for o := m.Ptr(v.g + layout.GlobalToBeFnz); o != 0; o = m.Ptr(o) {
		w.ref(o, machine.HeapRef{Kind: machine.RefFinalizer})
	}
	for o := m.Ptr(v.g + layout.GlobalFixedGC); o != 0; o = m.Ptr(o) {
		w.ref(o, machine.HeapRef{Kind: machine.RefFixed})
	}
	w.emit()
	strt := v.g + layout.GlobalStrt
	w.begin(strt, machine.HeapStringTable)
	w.block(m.Ptr(strt+layout.StringTableHash), 4*m.Ptr(strt+layout.StringTableSlots), "slots")
	w.emit()
}

// object tells the object o and the upvalues that it is the first to have.
func (w *walker) object(o Addr) {
	v, m := w.v, w.v.m
	dead := v.isDead(o)
	switch v.objTT(o) {
	case tagShort & variantMask, tagLong & variantMask:
		w.begin(o, machine.HeapString)
		n := strLen(m, o)
		w.o.Length, w.o.Name = int(n), w.text(o)
		w.block(o, sizeString(n), "record")
	case tagTable & variantMask:
		w.begin(o, machine.HeapTable)
		w.block(o, layout.TableSize, "record")
		w.block(m.Ptr(o+layout.TableArray), tvSize*m.Ptr(o+layout.TableSizeArray), "array")
		w.block(m.Ptr(o+layout.TableNode), nodeSize*v.allocSizeNode(o), "nodes")
		w.tableRefs(o)
	case tagLua & variantMask:
		w.begin(o, machine.HeapFunction)
		w.block(o, sizeLClosure(Addr(m.U8(o+layout.LClosureNUpvalues))), "record")
		w.closureRefs(o)
	case tagCCl & variantMask:
		w.begin(o, machine.HeapFunction)
		n := Addr(m.U8(o + layout.CClosureNUpvalues))
		w.o.Name, w.o.Def = w.v.rom.Path(m.Ptr(o+layout.CClosureF)), machine.Frame{LineDefined: -1}
		w.block(o, sizeCClosure(n), "record")
		for i := range n {
			w.value(o+layout.CClosureUpvalue+i*tvSize, machine.HeapRef{Kind: machine.RefUpvalue, Index: int64(i + 1)})
		}
	case tagUdata & variantMask:
		w.begin(o, machine.HeapUserdata)
		n, mt := m.Ptr(o+layout.UdataLen), m.Ptr(o+layout.UdataMetatable)
		w.o.Length, w.o.Name = int(n), w.types[mt]
		w.block(o, layout.UdataSize+n, "record")
		w.ref(mt, machine.HeapRef{Kind: machine.RefMetatable})
		if m.U8(o+layout.UdataTTUV)&collectable != 0 {
			w.ref(m.Ptr(o+layout.UdataUser), machine.HeapRef{Kind: machine.RefUser})
		}
	case tagThread & variantMask:
		w.begin(o, machine.HeapThread)
		w.thread(o)
	case tagProto:
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
	v, m := w.v, w.v.m
	if l != v.main.l { // that of the main thread is part of the state
		w.block(l-layout.LXL, layout.LXSize, "record")
	}
	stack := m.Ptr(l + layout.LuaStateStack)
	w.block(stack, tvSize*m.Ptr(l+layout.LuaStateStackSize), "stack")
	for ci := v.ciNext(l + layout.LuaStateBaseCI); ci != 0; ci = v.ciNext(ci) {
		w.block(ci, layout.CallInfoSize, "call")
		if len(w.o.Blocks) > v.mostObjects {
			v.badCode(ci) // a circle
		}
	}
	if first := stack + tvSize; stack != 0 && first < m.Ptr(l+layout.LuaStateTop) {
		if v.tag(first) == tagLua {
			w.o.Def = w.defined(m.Ptr(v.gcOf(first) + layout.LClosureP))
		}
	}
	w.threadRefs(l)
}

func (w *walker) proto(p Addr) {
	m := w.v.m
	w.o.Def = w.defined(p)
	w.block(p, layout.ProtoSize, "record")
	w.block(m.Ptr(p+layout.ProtoCode), 4*m.Ptr(p+layout.ProtoSizeCode), "code")
	w.block(m.Ptr(p+layout.ProtoK), tvSize*m.Ptr(p+layout.ProtoSizeK), "constants")
	w.block(m.Ptr(p+layout.ProtoP), 4*m.Ptr(p+layout.ProtoSizeP), "inner functions")
	w.block(m.Ptr(p+layout.ProtoLineInfo), m.Ptr(p+layout.ProtoSizeLineInfo), "line numbers")
	w.block(m.Ptr(p+layout.ProtoLocVars), layout.LocVarSize*m.Ptr(p+layout.ProtoSizeLocVars), "local variables")
	w.block(m.Ptr(p+layout.ProtoUpvalues), layout.UpvaldescSize*m.Ptr(p+layout.ProtoSizeUpvalues), "upvalue descriptions")
	w.protoRefs(p)
}

// upvaluesOf tells the upvalues of a function or a thread that were not told yet.
func (w *walker) upvaluesOf(o Addr) {
	v, m := w.v, w.v.m
	switch v.objTT(o) {
	case tagLua & variantMask:
		for i := range Addr(m.U8(o + layout.LClosureNUpvalues)) {
			w.upvalue(m.Ptr(o + layout.LClosureUpvals + 4*i))
		}
	case tagThread & variantMask:
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
	w.block(uv, layout.UpValSize, "record")
	w.value(w.v.m.Ptr(uv+layout.UpValV), machine.HeapRef{Kind: machine.RefValue})
	w.emit()
}

// defined tells where a prototype is defined, in words that stay.
func (w *walker) defined(p Addr) machine.Frame {
	f := w.v.defined(p)
	f.Source = strings.Clone(f.Source)
	return f
}

// defined tells where a prototype is defined.
func (v *VM) defined(p Addr) machine.Frame {
	f := machine.Frame{LineDefined: int(v.m.I32(p + layout.ProtoLineDefined))}
	if s := v.m.Ptr(p + layout.ProtoSource); s != 0 {
		lauxlib.Touched(v.strBytes(s))
		f.Source = sourceName(v.m.String(strData(s), strLen(v.m, s)))
	}
	return f
}

// sourceName is a chunk's name for people: that of its file, in full.
func sourceName(source string) string {
	if source != "" && (source[0] == '@' || source[0] == '=') {
		return source[1:]
	}
	return chunkID(source)
}

// textMax is how much of a string is told, in bytes.
const textMax = 64

func (w *walker) text(ts Addr) string {
	b := w.v.strBytes(ts)
	return string(b[:min(len(b), textMax)])
}

// typeNames finds the names that the registry has for metatables.
func (w *walker) typeNames() map[Addr]string {
	v, names := w.v, map[Addr]string{}
	reg := v.gcOf(v.g + layout.GlobalRegistry)
	for n, end := v.nodes(reg); n < end; n += nodeSize {
		if key := n + layout.NodeKey; isTable(v.tag(n)) && isString(v.tag(key)) {
			names[v.gcOf(n)] = w.text(v.gcOf(key))
		}
	}
	return names
}

// keyText describes a key that is no string.
func (w *walker) keyText(key Addr) string {
	v := w.v
	switch v.tag(key) {
	case tagFloat:
		return strconv.FormatFloat(float64(v.floatOf(key)), 'g', -1, 64)
	case tagBool:
		return strconv.FormatBool(!v.isFalse(key))
	}
	return chunk.TypeName(int(v.tag(key) & typeMask))
}

// callFrames is how many functions CallStack tells at most.
const callFrames = 48

// CallStack implements machine.Machine. Below a coroutine's functions come those
// of the thread that resumed it.
func (v *VM) CallStack(list []machine.Frame) (out []machine.Frame) {
	if v.main == nil {
		return list
	}
	out = list
	defer func() { // of damaged code: what is known so far
		if r := recover(); r != nil {
			if _, ok := v.cfg.Space.AsFault(r); !ok {
				panic(r)
			}
		}
	}()
	v.eachFrame(func(_, ci Addr) bool {
		if len(out) >= callFrames {
			return false
		}
		fn := v.ciFunc(ci)
		switch {
		case v.isLua(ci):
			f := v.defined(v.ciProto(ci))
			f.Line = max(v.funcLine(v.ciProto(ci), max(v.currentPC(ci), 0)), 0)
			out = append(out, f)
		case v.tag(fn) == tagCFunc:
			out = append(out, machine.Frame{Source: v.rom.Path(v.gcOf(fn)), LineDefined: -1})
		case v.tag(fn) == tagCCl:
			out = append(out, machine.Frame{Source: v.rom.Path(v.m.Ptr(v.gcOf(fn) + layout.CClosureF)), LineDefined: -1})
		}
		return true
	})
	return out
}
