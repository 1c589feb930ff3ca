package inspect

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/lua/lauxlib"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua51/chunk"
	layout "moonlet.example/moonlet/internal/lua51/layout/common"
	"moonlet.example/moonlet/internal/lua51/tag"
)

// This file tells what is on the heap: each object with the blocks that belong to it, in the sizes in which it asks for
// them, and with what it refers to.

// walker is one walk.
type walker struct {
	v     *View
	f     func(o *machine.HeapObject)
	types map[Addr]string // names of metatables in the registry
	left  int             // how many objects may follow
	dead  bool            // the object is not swept yet: what it refers to may be gone
	o     machine.HeapObject
}

// WalkHeap implements machine.Machine.
func (v *View) WalkHeap(f func(o *machine.HeapObject)) {
	w := &walker{v: v, f: f, left: v.c.MostObjects}
	w.types = w.typeNames()
	w.state()
	v.eachObject(func(o Addr) bool { w.object(o); return true })
}

// eachObject calls f for each object on the heap until it tells false: those of the list of all, with the main thread
// and the userdata behind it; those that wait for their finalizers; open upvalues and strings.
func (v *View) eachObject(f func(o Addr) bool) {
	m, left := v.m, v.c.MostObjects
	list := func(o Addr) bool {
		for ; o != 0; o = m.Ptr(o) {
			if left--; left < 0 {
				v.circle(o) // a circle
			}
			if !f(o) {
				return false
			}
		}
		return true
	}
	if !list(m.Ptr(v.g + layout.GlobalRootGC)) {
		return
	}
	if last := m.Ptr(v.g + layout.GlobalTMUData); last != 0 {
		for u := m.Ptr(last); f(u) && u != last && left > 0; u = m.Ptr(u) {
			left--
		}
	}
	head := v.g + v.at.GlobalUVHead
	for uv := m.Ptr(head + layout.UpValOpenNext); uv != head && left > 0; uv = m.Ptr(uv + layout.UpValOpenNext) {
		left--
		f(uv)
	}
	strt := v.g + layout.GlobalStrt
	for i := range m.Ptr(strt + layout.StringTableSlots) {
		if !list(m.Ptr(m.Ptr(strt+layout.StringTableHash) + 4*i)) {
			return
		}
	}
}

// begin starts the description of an object; emit hands it over.
func (w *walker) begin(a Addr, kind machine.HeapKind) {
	w.o = machine.HeapObject{Addr: a, Kind: kind}
}

func (w *walker) emit() { o := w.o; w.f(&o) }

// block adds a block to the object, if it has any.
func (w *walker) block(a, size Addr, part string) {
	if a != 0 && size != 0 {
		w.o.Blocks = append(w.o.Blocks, machine.HeapBlock{Addr: a, Size: size, Part: part})
	}
}

// state tells the block of main thread and global state, with the roots, and the string table.
func (w *walker) state() {
	v, m := w.v, w.v.m
	w.begin(v.g, machine.HeapState)
	w.block(v.c.Main-layout.LGL, v.at.LGSize, "record")
	w.block(m.Ptr(v.g+layout.GlobalBuff+layout.BufferAt), m.Ptr(v.g+layout.GlobalBuff+layout.BufferBytes), "buffer")
	w.value(v.g+layout.GlobalRegistry, machine.HeapRef{Kind: machine.RefRegistry})
	w.ref(v.c.Main, machine.HeapRef{Kind: machine.RefMainThread})
	w.value(v.c.Main+layout.LuaStateGlobals, machine.HeapRef{Kind: machine.RefGlobals})
	for i := range Addr(tag.NumTypes) {
		w.ref(m.Ptr(v.g+v.at.GlobalMT+4*i), machine.HeapRef{Kind: machine.RefTypeMetatable, Name: TypeName(int(i))})
	}
	v.eachObject(func(o Addr) bool {
		switch mark, tt := m.U8(o+layout.GCObjectMarked), m.U8(o+layout.GCObjectTT); {
		case tt == tag.String && mark&fixed != 0:
			w.ref(o, machine.HeapRef{Kind: machine.RefFixed})
		case tt == tag.Userdata && mark&finalized != 0:
			w.ref(o, machine.HeapRef{Kind: machine.RefFinalizer})
		}
		return true
	})
	w.emit()
	strt := v.g + layout.GlobalStrt
	w.begin(m.Ptr(strt+layout.StringTableHash), machine.HeapStringTable) // the record is where the state's is
	w.block(m.Ptr(strt+layout.StringTableHash), 4*m.Ptr(strt+layout.StringTableSlots), "slots")
	w.emit()
}

// object tells the object o.
func (w *walker) object(o Addr) {
	v, m := w.v, w.v.m
	w.dead = v.isDead(o)
	switch m.U8(o + layout.GCObjectTT) {
	case tag.String:
		w.begin(o, machine.HeapString)
		n := m.Ptr(o + layout.TStringLen)
		w.o.Length, w.o.Name = int(n), w.text(o)
		w.block(o, layout.TStringSize+n+1, "record")
	case tag.Table:
		w.begin(o, machine.HeapTable)
		w.block(o, layout.TableSize, "record")
		w.block(m.Ptr(o+layout.TableArray), v.at.TVSize*m.Ptr(o+layout.TableSizeArray), "array")
		if first, end, hashed := v.nodes(o); hashed {
			w.block(first, end-first, "nodes")
		}
		w.tableRefs(o)
	case tag.Function:
		w.begin(o, machine.HeapFunction)
		w.function(o)
	case tag.Upval:
		w.begin(o, machine.HeapUpvalue)
		w.block(o, v.at.UpValSize, "record")
		w.value(m.Ptr(o+layout.UpValV), machine.HeapRef{Kind: machine.RefValue})
	case tag.Userdata:
		w.begin(o, machine.HeapUserdata)
		n, mt := m.Ptr(o+layout.UdataLen), m.Ptr(o+layout.UdataMetatable)
		w.o.Length, w.o.Name = int(n), w.types[mt]
		w.block(o, layout.UdataSize+n, "record")
		w.ref(mt, machine.HeapRef{Kind: machine.RefMetatable})
		w.ref(m.Ptr(o+layout.UdataEnv), machine.HeapRef{Kind: machine.RefUser})
	case tag.Thread:
		w.begin(o, machine.HeapThread)
		w.thread(o)
	case tag.Proto:
		w.begin(o, machine.HeapPrototype)
		w.proto(o)
	default:
		return
	}
	w.o.Dead = w.dead
	w.emit()
}

func (w *walker) function(o Addr) {
	v, m := w.v, w.v.m
	n := Addr(m.U8(o + layout.LClosureNUpvalues))
	w.ref(m.Ptr(o+layout.LClosureEnv), machine.HeapRef{Kind: machine.RefUser})
	if m.U8(o+layout.LClosureIsC) != 0 {
		w.o.Name, w.o.Def = v.c.ROM.Path(m.Ptr(o+layout.CClosureF)), machine.Frame{LineDefined: -1}
		w.block(o, layout.CClosureSize+n*v.at.TVSize, "record")
		for i := range n {
			w.value(o+layout.CClosureSize+i*v.at.TVSize, machine.HeapRef{Kind: machine.RefUpvalue, Index: int64(i + 1)})
		}
		return
	}
	p := m.Ptr(o + layout.LClosureP)
	w.block(o, layout.LClosureSize+4*n, "record")
	if w.dead {
		return
	}
	w.o.Def = w.defined(p)
	for i := range n {
		r := machine.HeapRef{Kind: machine.RefUpvalue, Index: int64(i + 1)}
		if i < m.Ptr(p+layout.ProtoSizeUpvalues) {
			r.Name = v.cString(m.Ptr(m.Ptr(p+layout.ProtoUpvalues) + 4*i))
		}
		w.ref(m.Ptr(o+layout.LClosureSize+4*i), r)
	}
	w.ref(p, machine.HeapRef{Kind: machine.RefCode})
}

func (w *walker) thread(l Addr) {
	v, m := w.v, w.v.m
	if l != v.c.Main { // that of the main thread is part of the state
		w.block(l, v.at.LuaStateSize, "record")
	}
	stack, top := m.Ptr(l+layout.LuaStateStack), m.Ptr(l+layout.LuaStateTop)
	w.block(stack, v.at.TVSize*m.Ptr(l+layout.LuaStateStackSize), "stack")
	w.block(m.Ptr(l+layout.LuaStateBaseCI), layout.CallInfoSize*m.Ptr(l+layout.LuaStateSizeCI), "calls")
	w.value(l+layout.LuaStateGlobals, machine.HeapRef{Kind: machine.RefUser})
	if stack == 0 || w.dead {
		return
	}
	if first := stack + v.at.TVSize; first < top {
		if p := v.ProtoOf(first); p != 0 {
			w.o.Def = w.defined(p)
		}
	}
	ci, last, name := m.Ptr(l+layout.LuaStateBaseCI), m.Ptr(l+layout.LuaStateCI), ""
	for i := range v.slots(stack, top) {
		a := v.item(stack, Addr(i))
		for ci < last && a >= m.Ptr(ci+layout.CallInfoSize+layout.CallInfoFunc) {
			ci += layout.CallInfoSize
			name = w.functionAt(m.Ptr(ci + layout.CallInfoFunc))
		}
		w.value(a, machine.HeapRef{Kind: machine.RefStack, Name: name, Index: int64(i)})
	}
	for uv := m.Ptr(l + v.at.LuaStateOpenUpval); uv != 0; uv = m.Ptr(uv) {
		w.add(machine.HeapRef{To: uv, Kind: machine.RefOpenUpvalue})
	}
}

func (w *walker) proto(p Addr) {
	v, m := w.v, w.v.m
	w.block(p, layout.ProtoSize, "record")
	w.block(m.Ptr(p+layout.ProtoCode), 4*m.Ptr(p+layout.ProtoSizeCode), "code")
	w.block(m.Ptr(p+layout.ProtoK), v.at.TVSize*m.Ptr(p+layout.ProtoSizeK), "constants")
	w.block(m.Ptr(p+layout.ProtoP), 4*m.Ptr(p+layout.ProtoSizeP), "inner functions")
	w.block(m.Ptr(p+layout.ProtoLineInfo), v.LineBytes(p), "line numbers")
	w.block(m.Ptr(p+layout.ProtoLocVars), layout.LocVarSize*m.Ptr(p+layout.ProtoSizeLocVars), "local variables")
	w.block(m.Ptr(p+layout.ProtoUpvalues), 4*m.Ptr(p+layout.ProtoSizeUpvalues), "names of upvalues")
	if w.dead {
		return
	}
	w.o.Def = w.defined(p)
	debug := machine.HeapRef{Kind: machine.RefDebug}
	for i := range m.Ptr(p + layout.ProtoSizeP) {
		w.ref(m.Ptr(m.Ptr(p+layout.ProtoP)+4*i), machine.HeapRef{Kind: machine.RefInner, Index: int64(i + 1)})
	}
	for i := range m.Ptr(p + layout.ProtoSizeK) {
		w.value(v.item(m.Ptr(p+layout.ProtoK), i), machine.HeapRef{Kind: machine.RefConstant, Index: int64(i + 1)})
	}
	w.ref(m.Ptr(p+layout.ProtoSource), debug)
	for i := range m.Ptr(p + layout.ProtoSizeUpvalues) {
		w.ref(m.Ptr(m.Ptr(p+layout.ProtoUpvalues)+4*i), debug)
	}
	for i := range m.Ptr(p + layout.ProtoSizeLocVars) {
		w.ref(m.Ptr(m.Ptr(p+layout.ProtoLocVars)+i*layout.LocVarSize+layout.LocVarVarName), debug)
	}
}

// ref adds a reference to the object to. What is in flash is no object of RAM.
func (w *walker) ref(to Addr, r machine.HeapRef) {
	if to == 0 || w.dead || w.v.inStore(to) || w.v.isROTable(to) {
		return
	}
	r.To = to
	w.add(r)
}

// add adds a reference. Each one takes a word at least, so there are not more than words on the heap.
func (w *walker) add(r machine.HeapRef) {
	if len(w.o.Refs) > w.v.c.MostObjects*layout.TStringSize/4 {
		w.v.circle(r.To) // a circle
	}
	w.o.Refs = append(w.o.Refs, r)
}

// value adds the reference that the value at a is, if it is one.
func (w *walker) value(a Addr, r machine.HeapRef) {
	if collectable(w.v.tag(a)) {
		w.ref(w.v.object(a), r)
	}
}

// modes tells which references of a table do not keep what they refer to.
func (w *walker) modes(h Addr) (keys, values bool) {
	v := w.v
	mt := v.m.Ptr(h + layout.TableMetatable)
	if mt == 0 {
		return false, false
	}
	mode := Addr(0)
	v.EachField(mt, func(key []byte, value Addr) bool {
		if string(key) == "__mode" {
			mode = value
		}
		return mode == 0
	})
	if mode == 0 || v.tag(mode) != tag.String {
		return false, false
	}
	s, _, _ := bytes.Cut(v.strBytes(v.object(mode)), []byte{0})
	return bytes.IndexByte(s, 'k') >= 0, bytes.IndexByte(s, 'v') >= 0
}

func (w *walker) tableRefs(h Addr) {
	v, m := w.v, w.v.m
	if w.dead {
		return
	}
	weakKey, weakValue := w.modes(h)
	// A string in a weak table stays: it counts as a value without identity.
	weak := func(a Addr, is bool) bool { return is && v.tag(a) != tag.String }
	w.ref(m.Ptr(h+layout.TableMetatable), machine.HeapRef{Kind: machine.RefMetatable})
	for i := range m.Ptr(h + layout.TableSizeArray) {
		a := v.item(m.Ptr(h+layout.TableArray), i)
		w.value(a, machine.HeapRef{Kind: machine.RefIndex, Index: int64(i + 1), Weak: weak(a, weakValue)})
	}
	n, end, hashed := v.nodes(h)
	for ; hashed && n < end; n += v.at.NodeSize {
		if v.tag(n) == tag.Nil {
			continue
		}
		key := n + v.at.NodeKey
		r := machine.HeapRef{Weak: weak(n, weakValue)}
		switch {
		case v.tag(key) == tag.String:
			r.Kind, r.Name = machine.RefField, w.text(v.object(key))
		case v.tag(key) == tag.Number && v.isIndex(key):
			r.Kind, r.Index = machine.RefIndex, int64(v.c.Number(key))
		default:
			r.Kind, r.Name = machine.RefKeyed, w.keyText(key)
		}
		w.value(n, r)
		r.Kind, r.Weak = machine.RefKey, weak(key, weakKey)
		w.value(key, r)
	}
}

// keyText describes a key that is no string.
func (w *walker) keyText(key Addr) string {
	v := w.v
	switch v.tag(key) {
	case tag.Number:
		return strconv.FormatFloat(v.c.Number(key), 'g', -1, 64)
	case tag.Bool:
		return strconv.FormatBool(v.isTrue(key))
	}
	return typeOf(v.tag(key))
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
	n, end, _ := v.nodes(v.object(v.g + layout.GlobalRegistry))
	for ; n < end; n += v.at.NodeSize {
		if key := n + v.at.NodeKey; isTable(v.tag(n)) && v.tag(key) == tag.String {
			names[v.object(n)] = w.text(v.object(key))
		}
	}
	return names
}

// defined tells where a prototype is defined, in words that stay.
func (w *walker) defined(p Addr) machine.Frame {
	f := w.v.defined(p)
	f.Source = strings.Clone(f.Source)
	return f
}

// defined tells where a prototype is defined.
func (v *View) defined(p Addr) machine.Frame {
	f := machine.Frame{LineDefined: int(v.m.I32(p + layout.ProtoLineDefined))}
	if s := v.m.Ptr(p + layout.ProtoSource); s != 0 {
		f.Source = string(lauxlib.Touched(v.strBytes(s)))
		if f.Source != "" && (f.Source[0] == '@' || f.Source[0] == '=') {
			f.Source = f.Source[1:]
		} else {
			f.Source = chunk.ID(f.Source, chunk.IDSize)
		}
	}
	return f
}

// functionAt names the function at a stack slot: file and line, or a C function's name.
func (w *walker) functionAt(a Addr) string {
	v := w.v
	if p := v.ProtoOf(a); p != 0 {
		return w.defined(p).Function()
	}
	return v.c.ROM.Path(v.codeAt(a))
}

// codeAt is the code address of the C function at a, 0 if it is none.
func (v *View) codeAt(a Addr) Addr {
	switch v.tag(a) {
	case tag.LightFunction:
		return v.object(a)
	case tag.Function:
		return v.m.Ptr(v.object(a) + layout.CClosureF)
	}
	return 0
}

// isIndex tells whether the number at a is whole, as keys of arrays are.
func (v *View) isIndex(a Addr) bool {
	n := v.c.Number(a)
	return n != -1 && float64(int32(int64(n))) == n
}

// CheckReferences finds the first object that refers to a dead one: it is for tests.
func (v *View) CheckReferences() (err error) {
	v.WalkHeap(func(o *machine.HeapObject) {
		for _, r := range o.Refs {
			if err == nil && r.To != v.g && v.isDead(r.To) && o.Kind != machine.HeapState && o.Kind != machine.HeapStringTable {
				err = fmt.Errorf("%s %#x refers to the dead %s %#x (%s %q)", o.Kind, o.Addr, typeOf(uint32(v.m.U8(r.To+layout.GCObjectTT))), r.To, r.Kind, r.Name)
			}
		}
	})
	return err
}

// RAMStrings implements machine.Machine.
func (v *View) RAMStrings() (list []string) {
	strt, n := v.g+layout.GlobalStrt, 0
	for i := range v.m.Ptr(strt + layout.StringTableSlots) {
		for ts := v.m.Ptr(v.m.Ptr(strt+layout.StringTableHash) + 4*i); ts != 0; ts = v.m.Ptr(ts) {
			if n++; n > v.c.MostObjects {
				v.circle(ts)
			}
			if !v.isDead(ts) {
				list = append(list, v.goString(ts))
			}
		}
	}
	return list
}
