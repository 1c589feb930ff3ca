package vm

import (
	"math"

	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
	"moonlet.example/moonlet/internal/lua51/tag"
	"moonlet.example/moonlet/internal/mem"
)

// Tables (ltable.c). Those of the firmware rehash in place: the nodes stay in their block, which grows or shrinks.

// maxArrayBits is the size of an array part as a power of two (MAXBITS).
const maxArrayBits = 26

// isROTable tells whether an address is that of a read-only table.
func (v *VM) isROTable(h Addr) bool { return v.m.U8(h+layout.TableTT) == tagROTable }

// usesDummy tells whether a table has no hash part.
func (v *VM) usesDummy(h Addr) bool { return v.m.Ptr(h+layout.TableNode) == v.rom.DummyNode }

func (v *VM) sizeNode(h Addr) Addr { return 1 << (v.m.U8(h+layout.TableLSizeNode) & 31) }

// nodes are the first node of a table's hash part and the end of it.
func (v *VM) nodes(h Addr) (first, end Addr) {
	first = v.m.Ptr(h + layout.TableNode)
	return first, first + v.sizeNode(h)*nodeSize
}

func (v *VM) nodeNext(n Addr) Addr { return v.m.Ptr(n + layout.NodeNext) }

// nodeAt is the i-th node of a hash part.
func (v *VM) nodeAt(h, i Addr) Addr {
	return Addr(uint32(v.m.Ptr(h+layout.TableNode) + i*nodeSize))
}

// hashMod is the node of a number by a modulus that is no power of two.
func (v *VM) hashMod(h Addr, n uint32) Addr {
	return v.nodeAt(h, Addr(n%(uint32(v.sizeNode(h)-1)|1)))
}

// hashNum is the node of a number: the sum of its words, modulo.
func (v *VM) hashNum(h Addr, n Num) Addr {
	if n == 0 { // also minus zero
		return v.nodeAt(h, 0)
	}
	if integral {
		return v.hashMod(h, uint32(int32(n)))
	}
	bits := math.Float64bits(float64(n))
	return v.hashMod(h, uint32(bits)+uint32(bits>>32))
}

// mainPosition is the node where the key at a has its place.
func (v *VM) mainPosition(h, a Addr) Addr {
	switch v.tag(a) {
	case tagNumber:
		return v.hashNum(h, v.numOf(a))
	case tagString:
		return v.nodeAt(h, v.m.Ptr(v.gcOf(a)+layout.TStringHash)&(v.sizeNode(h)-1))
	case tagBool:
		return v.nodeAt(h, v.m.Ptr(a)&(v.sizeNode(h)-1))
	}
	return v.hashMod(h, v.m.U32(a))
}

// arrayIndex is the index of a key that may be in an array part, -1 of another.
func (v *VM) arrayIndex(a Addr) int32 {
	if v.tag(a) == tagNumber {
		n := v.numOf(a)
		if k := numInt(n); Num(k) == n {
			return k
		}
	}
	return -1
}

// probe finds a string in an ordinary table, 0 if it is not there.
func probe(m mem.Mem, h, ts Addr) Addr {
	mask := uint32(1)<<(m.U8(h+layout.TableLSizeNode)&31) - 1
	n := Addr(m.U32(h+layout.TableNode) + m.U32(ts+layout.TStringHash)&mask*uint32(nodeSize))
	for n != 0 {
		if m.Ptr(n+layout.NodeKey) == ts && m.U32(n+layout.NodeKeyTT) == tagString {
			return n
		}
		n = m.Ptr(n + layout.NodeNext)
	}
	return 0
}

// roNameMax is the longest key that is found in a ROTable (LUA_MAX_ROTABLE_NAME).
const roNameMax = 32

// getString finds the value of a string key, 0 if there is none (luaH_getstr).
func (v *VM) getString(h, ts Addr) Addr {
	if v.isROTable(h) {
		if strLen(v.m, ts) > roNameMax {
			return 0
		}
		return v.roFind(h, ts)
	}
	return probe(v.m, h, ts)
}

// getInt finds the value of an integer key, 0 if there is none (luaH_getnum).
func (v *VM) getInt(h Addr, k int32) Addr {
	if v.isROTable(h) {
		return 0
	}
	m := v.m
	if uint32(k-1) < m.U32(h+layout.TableSizeArray) {
		return v.item(m.Ptr(h+layout.TableArray), Addr(uint32(k-1)))
	}
	for n := v.hashNum(h, Num(k)); n != 0; n = v.nodeNext(n) {
		if v.tag(n+layout.NodeKey) == tagNumber && v.numOf(n+layout.NodeKey) == Num(k) {
			return n
		}
	}
	return 0
}

// get finds the value of the key at a, 0 if there is none (luaH_get).
func (v *VM) get(h, a Addr) Addr {
	switch v.tag(a) {
	case tagNil:
		return 0
	case tagString:
		return v.getString(h, v.gcOf(a))
	case tagNumber:
		n := v.numOf(a)
		if k := numInt(n); Num(k) == n {
			return v.getInt(h, k)
		}
	}
	if v.isROTable(h) {
		return 0
	}
	for n := v.mainPosition(h, a); n != 0; n = v.nodeNext(n) {
		if v.rawEqual(n+layout.NodeKey, a) {
			return n
		}
	}
	return 0
}

// set finds or makes the slot of the key at a (luaH_set).
func (t *Thread) set(h, a Addr) Addr {
	v := t.v
	if v.isROTable(h) {
		t.runError("table is readonly")
	}
	slot := v.get(h, a)
	t.m.SetU8(h+layout.TableFlags, 0)
	if slot != 0 {
		return slot
	}
	switch v.tag(a) {
	case tagNil:
		t.runError("table index is nil")
	case tagNumber:
		if isNaN(v.numOf(a)) {
			t.runError("table index is NaN")
		}
	}
	return t.newKey(h, a)
}

// setInt finds or makes the slot of an integer key (luaH_setnum).
func (t *Thread) setInt(h Addr, k int32) Addr {
	v := t.v
	if v.isROTable(h) {
		t.runError("table is readonly")
	}
	if slot := v.getInt(h, k); slot != 0 {
		return slot
	}
	key := v.scratch(scratchKey)
	v.setNum(key, Num(k))
	return t.newKey(h, key)
}

// setStr finds or makes the slot of a string key (luaH_setstr).
func (t *Thread) setStr(h, ts Addr) Addr {
	v := t.v
	if slot := v.getString(h, ts); slot != 0 {
		return slot
	}
	key := v.scratch(scratchKey)
	v.setString(key, ts)
	return t.newKey(h, key)
}

// freePosition finds a node without a key, 0 if there is none (getfreepos).
func (v *VM) freePosition(h Addr) Addr {
	m, last := v.m, h+layout.TableLastFree
	for m.Ptr(last) > m.Ptr(h+layout.TableNode) {
		n := m.Ptr(last) - nodeSize
		m.SetPtr(last, n)
		if v.tag(n+layout.NodeKey) == tagNil {
			return n
		}
	}
	m.SetPtr(last, m.Ptr(last)-nodeSize) // as C leaves it
	return 0
}

// copyNode copies a node with its link.
func (v *VM) copyNode(dst, src Addr) { v.m.Copy(dst, src, nodeSize) }

// newKey enters the key at a, which the table has not, and gives its slot (newkey).
func (t *Thread) newKey(h, a Addr) Addr {
	m, v := t.m, t.v
	mp := v.mainPosition(h, a)
	if v.tag(mp) != tagNil || mp == v.rom.DummyNode {
		n := v.freePosition(h)
		if n == 0 {
			return t.grown(h, a)
		}
		if other := v.mainPosition(h, mp+layout.NodeKey); other != mp {
			for v.nodeNext(other) != mp {
				other = v.nodeNext(other)
			}
			m.SetPtr(other+layout.NodeNext, n)
			v.copyNode(n, mp)
			m.SetPtr(mp+layout.NodeNext, 0)
			v.setNil(mp)
		} else {
			m.SetPtr(n+layout.NodeNext, v.nodeNext(mp))
			m.SetPtr(mp+layout.NodeNext, n)
			mp = n
		}
	}
	v.copyTV(mp+layout.NodeKey, a)
	v.tableBarrier(h, a)
	return mp
}

// grown grows a table that is full, and enters the key at a, which may lie on the stack.
func (t *Thread) grown(h, a Addr) Addr {
	v := t.v
	key := v.scratch(scratchChain)
	v.copyTV(key, a)
	t.rehash(h, key)
	return t.set(h, key)
}

// newTable makes a table with room (luaH_new). It is nowhere but in the result: whoever allocates before it is in a
// place keeps it on the stack.
func (t *Thread) newTable(narray, nhash Addr) Addr {
	m, v := t.m, t.v
	h := t.newObject(tagTable, layout.TableSize)
	v.setPtr(t.top(), h, tagTable)
	t.incTop()
	m.SetPtr(h+layout.TableMetatable, 0)
	m.SetU8(h+layout.TableFlags, 0xff)
	m.SetPtr(h+layout.TableArray, 0)
	m.SetU32(h+layout.TableSizeArray, 0)
	m.SetU8(h+layout.TableLSizeNode, 0)
	m.SetPtr(h+layout.TableNode, v.rom.DummyNode)
	m.SetPtr(h+layout.TableLastFree, v.rom.DummyNode)
	t.setArraySize(h, narray)
	t.resizeNodes(h, 0, nhash)
	t.setTop(t.top() - tvSize)
	return h
}

func (t *Thread) freeTable(h Addr) {
	m := t.m
	if !t.v.usesDummy(h) {
		t.free(m.Ptr(h+layout.TableNode), t.v.sizeNode(h)*nodeSize)
	}
	t.free(m.Ptr(h+layout.TableArray), m.Ptr(h+layout.TableSizeArray)*tvSize)
	t.free(h, layout.TableSize)
}

// length is a border of a table: the operator # (luaH_getn).
func (v *VM) length(h Addr) uint32 {
	if v.isROTable(h) {
		return 0
	}
	m := v.m
	j := m.U32(h + layout.TableSizeArray)
	array := m.Ptr(h + layout.TableArray)
	if j > 0 && v.tag(v.item(array, Addr(j-1))) == tagNil {
		i := uint32(0)
		for j-i > 1 {
			mid := (i + j) / 2
			if v.tag(v.item(array, Addr(mid-1))) == tagNil {
				j = mid
			} else {
				i = mid
			}
		}
		return i
	}
	if v.usesDummy(h) {
		return j
	}
	return v.unboundSearch(h, j)
}

func (v *VM) hasInt(h Addr, k uint32) bool {
	slot := v.getInt(h, int32(k))
	return slot != 0 && v.tag(slot) != tagNil
}

func (v *VM) unboundSearch(h Addr, j uint32) uint32 {
	i := j
	for j++; v.hasInt(h, j); {
		i = j
		j *= 2
		if j > maxInt { // a table built to be nasty
			for i = 1; v.hasInt(h, i); i++ {
			}
			return i - 1
		}
	}
	for j-i > 1 {
		if mid := (i + j) / 2; v.hasInt(h, mid) {
			i = mid
		} else {
			j = mid
		}
	}
	return i
}

// next replaces the key at a by the following one and puts its value behind it; false at the end (luaH_next).
func (t *Thread) next(h, a Addr) bool {
	v, m := t.v, t.m
	if v.isROTable(h) {
		return t.roNext(h, a)
	}
	size := m.Ptr(h + layout.TableSizeArray)
	i := t.findIndex(h, a, size)
	for array := m.Ptr(h + layout.TableArray); i < size; i++ {
		if slot := v.item(array, i); v.tag(slot) != tagNil {
			v.copyTV(a+tvSize, slot)
			v.setNum(a, Num(i+1))
			return true
		}
	}
	n, end := v.nodes(h)
	for n = Addr(uint32(n + (i-size)*nodeSize)); n < end; n += nodeSize {
		if v.tag(n) != tagNil {
			v.copyTV(a, n+layout.NodeKey)
			v.copyTV(a+tvSize, n)
			return true
		}
	}
	return false
}

// findIndex is the position behind the key at a in a traversal. A key that died meanwhile is still found.
func (t *Thread) findIndex(h, a, size Addr) Addr {
	v := t.v
	if v.tag(a) == tagNil {
		return 0
	}
	if i := v.arrayIndex(a); 0 < i && Addr(i) <= size {
		return Addr(i)
	}
	for n := v.mainPosition(h, a); n != 0; n = v.nodeNext(n) {
		k := n + layout.NodeKey
		if v.rawEqual(k, a) || v.tag(k) == tagDead && collectable(v.tag(a)) && v.gcOf(k) == v.gcOf(a) {
			return (n-v.m.Ptr(h+layout.TableNode))/nodeSize + 1 + size
		}
	}
	t.runError("invalid key to 'next'")
	return 0
}

// Metamethods.

// tmName is the string object of a metamethod's name.
func (v *VM) tmName(e tag.Event) Addr { return v.m.Ptr(v.g + layout.GlobalTMName + Addr(e)*4) }

// fastTM finds one of the cached metamethods in the metatable mt, 0 if it has none.
func (v *VM) fastTM(mt Addr, e tag.Event) Addr {
	if mt == 0 || v.m.U8(mt+layout.TableFlags)&(1<<e) != 0 {
		return 0
	}
	slot := v.getString(mt, v.tmName(e))
	if slot == 0 || v.tag(slot) == tagNil {
		if !v.isROTable(mt) {
			v.m.SetU8(mt+layout.TableFlags, v.m.U8(mt+layout.TableFlags)|1<<e)
		}
		return 0
	}
	return slot
}

// metatable is the metatable of the value at a, 0 if it has none.
func (v *VM) metatable(a Addr) Addr {
	switch t := v.tag(a); t {
	case tagTable, tagROTable:
		return v.m.Ptr(v.gcOf(a) + layout.TableMetatable)
	case tagUdata:
		return v.m.Ptr(v.gcOf(a) + layout.UdataMetatable)
	default:
		if t&typeMask >= tag.NumTypes { // a tag that only damaged code can make
			return 0
		}
		return v.m.Ptr(v.g + layout.GlobalMT + Addr(t&typeMask)*4)
	}
}

// tmByObj finds a metamethod of the value at a, 0 if it has none (luaT_gettmbyobj).
func (v *VM) tmByObj(a Addr, e tag.Event) Addr {
	mt := v.metatable(a)
	if mt == 0 {
		return 0
	}
	slot := v.getString(mt, v.tmName(e))
	if slot == 0 || v.tag(slot) == tagNil {
		return 0
	}
	return slot
}
