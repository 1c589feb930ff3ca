// Code generated from ../gc_mark.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"bytes"

	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// markObject turns a white object gray or black. Strings and userdata need no
// second visit; the others wait in the gray list.
func (v *VM) markObject(o Addr) {
	m := v.m
	gray := v.g + layout.GlobalGray
	for {
		mark := v.mark(o)
		if mark&inFlash != 0 {
			return
		}
		v.setMark(o, mark&^whites)
		switch v.objTT(o) {
		case tagShort & variantMask, tagLong & variantMask:
			v.setMark(o, mark&^whites|black)
			v.addTraversed(sizeString(strLen(m, o)))
			return
		case tagUdata & variantMask:
			if mt := m.Ptr(o + layout.UdataMetatable); mt != 0 && v.isWhite(mt) {
				if v.objTT(mt) == tagUdata&variantMask {
					v.badCode(mt) // a chain of those would be a recursion without end
				}
				v.markObject(mt)
			}
			v.setMark(o, v.mark(o)|black)
			v.addTraversed(layout.UdataSize + m.Ptr(o+layout.UdataLen))
			ref := m.Ptr(o + layout.UdataUser)
			if m.U8(o+layout.UdataTTUV)&collectable == 0 || !v.isWhite(ref) {
				return
			}
			o = ref // its user value
		case tagLua & variantMask:
			v.linkGray(o, layout.LClosureGCList, gray)
			return
		case tagCCl & variantMask:
			v.linkGray(o, layout.CClosureGCList, gray)
			return
		case tagTable & variantMask:
			v.linkGray(o, layout.TableGCList, gray)
			return
		case tagThread & variantMask:
			v.linkGray(o, layout.LuaStateGCList, gray)
			return
		case tagProto:
			v.linkGray(o, layout.ProtoGCList, gray)
			return
		default:
			return
		}
	}
}

// markOpt marks the object o, which may be missing.
func (v *VM) markOpt(o Addr) {
	if o != 0 && v.isWhite(o) {
		v.markObject(o)
	}
}

func (v *VM) markValue(a Addr) {
	if v.tag(a)&collectable != 0 {
		if o := v.gcOf(a); v.isWhite(o) {
			v.markObject(o)
		}
	}
}

// markRange marks n consecutive TValues.
func (v *VM) markRange(a, n Addr) {
	m, size := v.m, tvSize
	for end := a + n*size; a < end; a += size {
		if m.U32(a+tvTag)&collectable != 0 {
			if o := m.Ptr(a); m.U8(o+layout.GCObjectMarked)&whites != 0 {
				v.markObject(o)
			}
		}
	}
}

func (v *VM) markMetatables() {
	mt := v.g + layout.GlobalMT
	for i := range Addr(numTypes) {
		v.markOpt(v.m.Ptr(mt + 4*i))
	}
}

func (v *VM) markBeingFinalized() {
	for o := v.m.Ptr(v.g + layout.GlobalToBeFnz); o != 0; o = v.m.Ptr(o) {
		v.markOpt(o)
	}
}

// remarkUpvals marks the values of touched open upvalues whose threads are not
// marked, and takes threads without open upvalues out of the list.
func (v *VM) remarkUpvals() {
	m := v.m
	p := v.g + layout.GlobalTwUps
	for th := m.Ptr(p); th != 0; th = m.Ptr(p) {
		if v.isGray(th) && m.Ptr(th+layout.LuaStateOpenUpval) != 0 {
			p = th + layout.LuaStateTwUps
			continue
		}
		m.SetPtr(p, m.Ptr(th+layout.LuaStateTwUps))
		m.SetPtr(th+layout.LuaStateTwUps, th)
		for uv := m.Ptr(th + layout.LuaStateOpenUpval); uv != 0; uv = m.Ptr(uv + layout.UpValOpenNext) {
			if m.U32(uv+layout.UpValTouched) != 0 {
				v.markValue(m.Ptr(uv + layout.UpValV))
				m.SetU32(uv+layout.UpValTouched, 0)
			}
		}
	}
}

// restartCollection marks the roots and empties the lists of gray objects.
func (v *VM) restartCollection() {
	for _, list := range [...]Addr{layout.GlobalGray, layout.GlobalGrayAgain,
		layout.GlobalWeak, layout.GlobalAllWeak, layout.GlobalEphemeron} {
		v.m.SetPtr(v.g+list, 0)
	}
	v.markOpt(v.m.Ptr(v.g + layout.GlobalMainThread))
	v.markValue(v.g + layout.GlobalRegistry)
	v.markMetatables()
	v.markBeingFinalized()
}

// removeEntry makes the key of an empty node dead when its object is not
// marked: it stays in its chain, but does not keep the object alive.
func (v *VM) removeEntry(n Addr) {
	key := n + layout.NodeKey
	if v.whiteValue(key) {
		v.setTag(key, tagDead)
	}
}

// isCleared tells whether a key or value vanishes from a weak table. Strings
// count as values and are marked instead.
func (v *VM) isCleared(a Addr) bool {
	tag := v.tag(a)
	if tag&collectable == 0 {
		return false
	}
	if isString(tag) {
		v.markOpt(v.gcOf(a))
		return false
	}
	return v.isWhite(v.gcOf(a))
}

// nodes returns the first node of table h and the end of its nodes.
func (v *VM) nodes(h Addr) (n, end Addr) {
	n = v.m.Ptr(h + layout.TableNode)
	return n, n + nodeSize<<v.m.U8(h+layout.TableLSizeNode)
}

// traverseWeakValue visits a table with weak values. Its array may hold white
// values, which is not worth a look now.
func (v *VM) traverseWeakValue(h Addr) {
	hasClears := v.m.U32(h+layout.TableSizeArray) > 0
	for n, end := v.nodes(h); n < end; n += nodeSize {
		if v.tag(n) == tagNil {
			v.removeEntry(n)
			continue
		}
		v.markValue(n + layout.NodeKey)
		if !hasClears && v.isCleared(n) {
			hasClears = true
		}
	}
	if v.gcState() == gcsPropagate {
		v.linkGray(h, layout.TableGCList, v.g+layout.GlobalGrayAgain)
	} else if hasClears {
		v.linkGray(h, layout.TableGCList, v.g+layout.GlobalWeak)
	}
}

// traverseEphemeron visits a table with weak keys and tells whether it marked
// anything.
func (v *VM) traverseEphemeron(h Addr) (marked bool) {
	hasClears, hasWhite := false, false // a white key; a white key with a white value
	size := tvSize
	array := v.m.Ptr(h + layout.TableArray)
	for end := array + size*v.m.Ptr(h+layout.TableSizeArray); array < end; array += size {
		if v.whiteValue(array) {
			marked = true
			v.markObject(v.gcOf(array))
		}
	}
	for n, end := v.nodes(h); n < end; n += nodeSize {
		switch {
		case v.tag(n) == tagNil:
			v.removeEntry(n)
		case v.isCleared(n + layout.NodeKey):
			hasClears = true
			hasWhite = hasWhite || v.whiteValue(n)
		case v.whiteValue(n):
			marked = true
			v.markObject(v.gcOf(n))
		}
	}
	list := Addr(0)
	switch {
	case v.gcState() == gcsPropagate:
		list = layout.GlobalGrayAgain
	case hasWhite:
		list = layout.GlobalEphemeron
	case hasClears:
		list = layout.GlobalAllWeak
	default:
		return marked
	}
	v.linkGray(h, layout.TableGCList, v.g+list)
	return marked
}

func (v *VM) traverseStrong(h Addr) {
	m := v.m
	v.markRange(m.Ptr(h+layout.TableArray), m.Ptr(h+layout.TableSizeArray))
	for n, end := v.nodes(h); n < end; n += nodeSize {
		tag := m.U32(n + tvTag)
		if tag == tagNil {
			v.removeEntry(n)
			continue
		}
		if m.U32(n+layout.NodeKeyTT)&collectable != 0 {
			if o := m.Ptr(n + layout.NodeKey); m.U8(o+layout.GCObjectMarked)&whites != 0 {
				v.markObject(o)
			}
		}
		if tag&collectable != 0 {
			if o := m.Ptr(n); m.U8(o+layout.GCObjectMarked)&whites != 0 {
				v.markObject(o)
			}
		}
	}
}

func (v *VM) traverseTable(h Addr) Addr {
	mt := v.m.Ptr(h + layout.TableMetatable)
	weakKey, weakValue := false, false
	if mt != 0 {
		if mode := v.fastTM(mt, tmMode); mode != 0 && isString(v.tag(mode)) {
			s := v.strBytes(v.gcOf(mode))
			if i := bytes.IndexByte(s, 0); i >= 0 {
				s = s[:i]
			}
			weakKey, weakValue = bytes.IndexByte(s, 'k') >= 0, bytes.IndexByte(s, 'v') >= 0
		}
		v.markOpt(mt)
	}
	switch {
	case !weakKey && !weakValue:
		v.traverseStrong(h)
	case !weakKey:
		v.setMark(h, v.mark(h)&^black)
		v.traverseWeakValue(h)
	case !weakValue:
		v.setMark(h, v.mark(h)&^black)
		v.traverseEphemeron(h)
	default:
		v.setMark(h, v.mark(h)&^black)
		v.linkGray(h, layout.TableGCList, v.g+layout.GlobalAllWeak)
	}
	return layout.TableSize + tvSize*v.m.Ptr(h+layout.TableSizeArray) +
		nodeSize*v.allocSizeNode(h)
}

// traverseProto visits a prototype, whose vectors may still be under
// construction.
func (v *VM) traverseProto(p Addr) Addr {
	m := v.m
	v.markOpt(m.Ptr(p + layout.ProtoSource))
	nk, nup := m.Ptr(p+layout.ProtoSizeK), m.Ptr(p+layout.ProtoSizeUpvalues)
	np, nloc := m.Ptr(p+layout.ProtoSizeP), m.Ptr(p+layout.ProtoSizeLocVars)
	v.markRange(m.Ptr(p+layout.ProtoK), nk)
	for a, i := m.Ptr(p+layout.ProtoUpvalues), Addr(0); i < nup; i++ {
		v.markOpt(m.Ptr(a + i*layout.UpvaldescSize + layout.UpvaldescName))
	}
	for a, i := m.Ptr(p+layout.ProtoP), Addr(0); i < np; i++ {
		v.markOpt(m.Ptr(a + i*4))
	}
	for a, i := m.Ptr(p+layout.ProtoLocVars), Addr(0); i < nloc; i++ {
		v.markOpt(m.Ptr(a + i*layout.LocVarSize + layout.LocVarVarName))
	}
	return layout.ProtoSize + 4*m.Ptr(p+layout.ProtoSizeCode) + 4*np + tvSize*nk +
		m.Ptr(p+layout.ProtoSizeLineInfo) + layout.LocVarSize*nloc + layout.UpvaldescSize*nup
}

func (v *VM) traverseCClosure(cl Addr) Addr {
	n := Addr(v.m.U8(cl + layout.CClosureNUpvalues))
	v.markRange(cl+layout.CClosureUpvalue, n)
	return sizeCClosure(n)
}

// traverseLClosure visits a Lua closure. The values of open upvalues belong to
// their thread, except in the atomic phase, when the thread may not be visited
// again.
func (v *VM) traverseLClosure(cl Addr) Addr {
	m := v.m
	v.markOpt(m.Ptr(cl + layout.LClosureP))
	n := Addr(m.U8(cl + layout.LClosureNUpvalues))
	for i := range n {
		uv := m.Ptr(cl + layout.LClosureUpvals + 4*i)
		if uv == 0 {
			continue
		}
		if v.isOpen(uv) && v.gcState() != gcsInsideAtomic {
			m.SetU32(uv+layout.UpValTouched, 1)
		} else {
			v.markValue(m.Ptr(uv + layout.UpValV))
		}
	}
	return sizeLClosure(n)
}

func (v *VM) traverseThread(l Addr) Addr {
	m, size := v.m, tvSize
	o := m.Ptr(l + layout.LuaStateStack)
	if o == 0 {
		return 1 // its stack is not built yet
	}
	top := m.Ptr(l + layout.LuaStateTop)
	for ; o < top; o += size {
		v.markValue(o)
	}
	nslots := m.Ptr(l + layout.LuaStateStackSize)
	if v.gcState() == gcsInsideAtomic {
		for end := m.Ptr(l+layout.LuaStateStack) + size*nslots; o < end; o += size {
			v.setNil(o) // dead part of the stack
		}
		if m.Ptr(l+layout.LuaStateTwUps) == l && m.Ptr(l+layout.LuaStateOpenUpval) != 0 {
			list := v.g + layout.GlobalTwUps
			m.SetPtr(l+layout.LuaStateTwUps, m.Ptr(list))
			m.SetPtr(list, l)
		}
	} else if !v.emergency() {
		v.borrow(l).shrinkStack()
		nslots = m.Ptr(l + layout.LuaStateStackSize)
	}
	return layout.LuaStateSize + size*nslots + layout.CallInfoSize*Addr(m.U16(l+layout.LuaStateNCI))
}

// propagateMark visits one gray object.
func (v *VM) propagateMark() {
	m, gray := v.m, v.g+layout.GlobalGray
	o := m.Ptr(gray)
	v.setMark(o, v.mark(o)|black)
	var size Addr
	switch v.objTT(o) {
	case tagTable & variantMask:
		m.SetPtr(gray, m.Ptr(o+layout.TableGCList))
		size = v.traverseTable(o)
	case tagLua & variantMask:
		m.SetPtr(gray, m.Ptr(o+layout.LClosureGCList))
		size = v.traverseLClosure(o)
	case tagCCl & variantMask:
		m.SetPtr(gray, m.Ptr(o+layout.CClosureGCList))
		size = v.traverseCClosure(o)
	case tagThread & variantMask:
		// Threads stay gray: their stacks change without barriers.
		m.SetPtr(gray, m.Ptr(o+layout.LuaStateGCList))
		v.linkGray(o, layout.LuaStateGCList, v.g+layout.GlobalGrayAgain)
		v.setMark(o, v.mark(o)&^black)
		size = v.traverseThread(o)
	case tagProto:
		m.SetPtr(gray, m.Ptr(o+layout.ProtoGCList))
		size = v.traverseProto(o)
	default:
		m.SetPtr(gray, 0)
	}
	v.addTraversed(size)
}

func (v *VM) propagateAll() {
	for v.m.Ptr(v.g+layout.GlobalGray) != 0 {
		v.propagateMark()
	}
}

// convergeEphemerons visits ephemeron tables until nothing new is marked.
func (v *VM) convergeEphemerons() {
	list := v.g + layout.GlobalEphemeron
	for changed := true; changed; {
		changed = false
		next := v.m.Ptr(list)
		v.m.SetPtr(list, 0)
		for next != 0 {
			h := next
			next = v.m.Ptr(h + layout.TableGCList)
			if v.traverseEphemeron(h) {
				v.propagateAll()
				changed = true
			}
		}
	}
}

// clearKeys empties the entries with unmarked keys of all tables from l on, up
// to the table end.
func (v *VM) clearKeys(l, end Addr) {
	for ; l != end; l = v.m.Ptr(l + layout.TableGCList) {
		for n, last := v.nodes(l); n < last; n += nodeSize {
			if v.tag(n) != tagNil && v.isCleared(n+layout.NodeKey) {
				v.setNil(n)
			}
			if v.tag(n) == tagNil {
				v.removeEntry(n)
			}
		}
	}
}

// clearValues does the same for unmarked values.
func (v *VM) clearValues(l, end Addr) {
	size := tvSize
	for ; l != end; l = v.m.Ptr(l + layout.TableGCList) {
		array := v.m.Ptr(l + layout.TableArray)
		for last := array + size*v.m.Ptr(l+layout.TableSizeArray); array < last; array += size {
			if v.isCleared(array) {
				v.setNil(array)
			}
		}
		for n, last := v.nodes(l); n < last; n += nodeSize {
			if v.tag(n) != tagNil && v.isCleared(n) {
				v.setNil(n)
				v.removeEntry(n)
			}
		}
	}
}
