package vm

import (
	"bytes"

	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/tag"
)

func (v *VM) markObject(o Addr) {
	if o != 0 && v.isWhite(o) {
		v.reallyMark(o)
	}
}

func (v *VM) markValue(a Addr) {
	m := v.m
	if !collectable(m.U32(a + tvTag)) {
		return
	}
	if o := m.Ptr(a); o != 0 && m.U8(o+layout.GCObjectMarked)&whites != 0 {
		v.reallyMark(o)
	}
}

// markTable marks a metatable, unless it is a read-only one.
func (v *VM) markTable(h Addr) {
	if h != 0 && !v.isROTable(h) {
		v.markObject(h)
	}
}

// markString makes a string gray, which of a string is enough.
func (v *VM) markString(ts Addr) {
	if ts != 0 && v.mark(ts)&inFlash == 0 {
		v.setMark(ts, v.mark(ts)&^whites)
	}
}

// reallyMark marks a white object (reallymarkobject).
func (v *VM) reallyMark(o Addr) {
	m := v.m
	m.SetU8(o+layout.GCObjectMarked, m.U8(o+layout.GCObjectMarked)&^whites)
	switch m.U8(o + layout.GCObjectTT) {
	case tagString:
	case tagUdata:
		v.setMark(o, v.mark(o)|black)
		v.markTable(m.Ptr(o + layout.UdataMetatable))
		v.markObject(m.Ptr(o + layout.UdataEnv))
	case tagUpval:
		v.markValue(m.Ptr(o + layout.UpValV))
		if !v.isOpen(o) {
			v.setMark(o, v.mark(o)|black)
		}
	case tagFunc:
		v.linkGray(o, layout.LClosureGCList, layout.GlobalGray)
	case tagTable:
		v.linkGray(o, layout.TableGCList, layout.GlobalGray)
	case tagThread:
		v.linkGray(o, layout.LuaStateGCList, layout.GlobalGray)
	case tagProto:
		v.linkGray(o, layout.ProtoGCList, layout.GlobalGray)
	}
}

// linkGray puts o into a list of the global state; link is the offset of the link in o's record.
func (v *VM) linkGray(o, link, list Addr) {
	v.m.SetPtr(o+link, v.m.Ptr(v.g+list))
	v.m.SetPtr(v.g+list, o)
}

// markRoots begins a cycle (markroot).
func (v *VM) markRoots() {
	m := v.m
	for _, list := range [...]Addr{layout.GlobalGray, layout.GlobalGrayAgain, layout.GlobalWeak} {
		m.SetPtr(v.g+list, 0)
	}
	v.markObject(v.main.l)
	v.markValue(v.main.globals())
	v.markValue(v.g + layout.GlobalRegistry)
	v.markMetatables()
	v.setGCState(gcsPropagate)
}

func (v *VM) markMetatables() {
	for i := range Addr(tag.NumTypes) {
		v.markTable(v.m.Ptr(v.g + layout.GlobalMT + 4*i))
	}
}

// weakness reads the mode of a table's metatable, and puts a weak table into the list of those (traversetable).
func (v *VM) weakness(h Addr) (keys, values bool) {
	mt := v.m.Ptr(h + layout.TableMetatable)
	if mt == 0 {
		return false, false
	}
	v.markTable(mt)
	mode := v.fastTM(mt, tag.Mode)
	if mode == 0 || v.tag(mode) != tagString {
		return false, false
	}
	s, _, _ := bytes.Cut(v.strBytes(v.gcOf(mode)), []byte{0})
	keys, values = bytes.IndexByte(s, 'k') >= 0, bytes.IndexByte(s, 'v') >= 0
	if keys || values {
		mark := v.mark(h) &^ (weakKeys | weakValues)
		if keys {
			mark |= weakKeys
		}
		if values {
			mark |= weakValues
		}
		v.setMark(h, mark)
		v.linkGray(h, layout.TableGCList, layout.GlobalWeak)
	}
	return keys, values
}

// traverseTable marks what a table refers to, and tells whether it is weak.
func (v *VM) traverseTable(h Addr) (weak bool) {
	m := v.m
	keys, values := v.weakness(h)
	if keys && values {
		return true
	}
	if !values {
		array := m.Ptr(h + layout.TableArray)
		for i := m.Ptr(h + layout.TableSizeArray); i > 0; i-- {
			v.markValue(v.item(array, i-1))
		}
	}
	if v.usesDummy(h) {
		return keys || values
	}
	first, end := v.nodes(h)
	for n := end - nodeSize; n >= first && n < end; n -= nodeSize {
		if m.U32(n+tvTag) == tagNil {
			v.removeEntry(n)
			continue
		}
		if !keys {
			v.markValue(n + layout.NodeKey)
		}
		if !values {
			v.markValue(n)
		}
	}
	return keys || values
}

// removeEntry makes the key of an empty node a dead one, if its object may go.
func (v *VM) removeEntry(n Addr) {
	if collectable(v.tag(n + layout.NodeKey)) {
		v.m.SetU32(n+layout.NodeKeyTT, tagDead)
	}
}

func (v *VM) traverseProto(p Addr) {
	m := v.m
	v.markString(m.Ptr(p + layout.ProtoSource))
	for i := range m.Ptr(p + layout.ProtoSizeK) {
		v.markValue(v.item(m.Ptr(p+layout.ProtoK), i))
	}
	for i := range m.Ptr(p + layout.ProtoSizeUpvalues) {
		v.markString(m.Ptr(m.Ptr(p+layout.ProtoUpvalues) + 4*i))
	}
	for i := range m.Ptr(p + layout.ProtoSizeP) {
		v.markObject(m.Ptr(m.Ptr(p+layout.ProtoP) + 4*i))
	}
	for i := range m.Ptr(p + layout.ProtoSizeLocVars) {
		v.markString(m.Ptr(m.Ptr(p+layout.ProtoLocVars) + i*layout.LocVarSize + layout.LocVarVarName))
	}
}

func (v *VM) traverseClosure(cl Addr) {
	m := v.m
	v.markObject(m.Ptr(cl + layout.LClosureEnv))
	n := Addr(m.U8(cl + layout.LClosureNUpvalues))
	if m.U8(cl+layout.LClosureIsC) != 0 {
		for i := range n {
			v.markValue(cl + layout.CClosureSize + i*tvSize)
		}
		return
	}
	v.markObject(m.Ptr(cl + layout.LClosureP))
	for i := range n {
		v.markObject(m.Ptr(cl + layout.LClosureSize + 4*i))
	}
}

// traverseStack marks what is on a stack, clears what is not in use, and may make it smaller (traversestack).
func (v *VM) traverseStack(l Addr) {
	m, t := v.m, v.borrow(l)
	v.markValue(t.globals())
	limit := t.top()
	if t.stack() == 0 {
		return
	}
	for ci := t.baseCI(); ci <= t.ci(); ci += layout.CallInfoSize {
		limit = max(limit, v.ciTop(ci))
	}
	end := m.Ptr(l+layout.LuaStateStack) + m.Ptr(l+layout.LuaStateStackSize)*tvSize
	if limit >= end { // in C the last value of a frame that has the whole stack; of damaged code anything
		limit = end - tvSize
	}
	a := t.stack()
	for top := t.top(); a < top; a += tvSize {
		v.markValue(a)
	}
	for ; a <= limit; a += tvSize {
		v.setNil(a)
	}
	if v.mark(l)&fixedStack == 0 {
		t.shrinkStacks(limit)
	}
}

// propagate marks what the next gray object refers to, and tells how many bytes that was (propagatemark).
func (v *VM) propagate() int32 {
	m, list := v.m, v.g+layout.GlobalGray
	o := m.Ptr(list)
	v.setMark(o, v.mark(o)|black)
	switch v.objTT(o) {
	case tagTable:
		m.SetPtr(list, m.Ptr(o+layout.TableGCList))
		if v.traverseTable(o) {
			v.setMark(o, v.mark(o)&^black)
		}
		return int32(layout.TableSize + tvSize*m.Ptr(o+layout.TableSizeArray) + nodeSize*v.sizeNode(o))
	case tagFunc:
		m.SetPtr(list, m.Ptr(o+layout.LClosureGCList))
		v.traverseClosure(o)
		n := Addr(m.U8(o + layout.LClosureNUpvalues))
		if m.U8(o+layout.LClosureIsC) != 0 {
			return int32(sizeCClosure(n))
		}
		return int32(sizeLClosure(n))
	case tagThread:
		m.SetPtr(list, m.Ptr(o+layout.LuaStateGCList))
		v.linkGray(o, layout.LuaStateGCList, layout.GlobalGrayAgain)
		v.setMark(o, v.mark(o)&^black)
		v.traverseStack(o)
		return int32(layout.LuaStateSize + tvSize*m.Ptr(o+layout.LuaStateStackSize) + layout.CallInfoSize*m.Ptr(o+layout.LuaStateSizeCI))
	case tagProto:
		m.SetPtr(list, m.Ptr(o+layout.ProtoGCList))
		v.traverseProto(o)
		return int32(layout.ProtoSize + 4*m.Ptr(o+layout.ProtoSizeP) + tvSize*m.Ptr(o+layout.ProtoSizeK) +
			layout.LocVarSize*m.Ptr(o+layout.ProtoSizeLocVars) + 4*m.Ptr(o+layout.ProtoSizeUpvalues) +
			4*m.Ptr(o+layout.ProtoSizeCode) + v.LineBytes(o))
	}
	v.badCode(o)
	return 0
}

func (v *VM) propagateAll() (n int32) {
	for v.m.Ptr(v.g+layout.GlobalGray) != 0 {
		n += v.propagate()
	}
	return n
}

// cleared tells whether a key or a value goes from a weak table. Strings are values and stay; a userdata that is
// being finalized stays as a key alone.
func (v *VM) cleared(a Addr, isKey bool) bool {
	switch t := v.tag(a); {
	case !collectable(t):
		return false
	case t == tagString:
		v.markString(v.gcOf(a))
		return false
	case v.isWhite(v.gcOf(a)):
		return true
	default:
		return t == tagUdata && !isKey && v.mark(v.gcOf(a))&finalized != 0
	}
}

// clearWeak takes what is collected out of the weak tables (cleartable).
func (v *VM) clearWeak() {
	m := v.m
	for h := m.Ptr(v.g + layout.GlobalWeak); h != 0; h = m.Ptr(h + layout.TableGCList) {
		if v.mark(h)&weakValues != 0 {
			for i := m.Ptr(h + layout.TableSizeArray); i > 0; i-- {
				if a := v.item(m.Ptr(h+layout.TableArray), i-1); v.cleared(a, false) {
					v.setNil(a)
				}
			}
		}
		if v.usesDummy(h) {
			continue
		}
		first, end := v.nodes(h)
		for n := end - nodeSize; n >= first && n < end; n -= nodeSize {
			if v.tag(n) != tagNil && (v.cleared(n+layout.NodeKey, true) || v.cleared(n, false)) {
				v.setNil(n)
				v.removeEntry(n)
			}
		}
	}
}

// remarkUpvals marks the values of open upvalues that are gray: their threads may be dead.
func (v *VM) remarkUpvals() {
	m, head := v.m, v.g+layout.GlobalUVHead
	for uv := m.Ptr(head + layout.UpValOpenNext); uv != head; uv = m.Ptr(uv + layout.UpValOpenNext) {
		if v.isGray(uv) {
			v.markValue(m.Ptr(uv + layout.UpValV))
		}
	}
}

// markToFinalize marks userdata that wait for their finalizers (marktmu). The list is a ring; its head is the last.
func (v *VM) markToFinalize() {
	m := v.m
	last := m.Ptr(v.g + layout.GlobalTMUData)
	if last == 0 {
		return
	}
	for u := m.Ptr(last); ; u = m.Ptr(u) {
		v.makeWhite(u)
		v.reallyMark(u)
		if u == last {
			return
		}
	}
}
