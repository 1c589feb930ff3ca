// Code generated from ../table.go by internal/lua/gen; DO NOT EDIT.

package int64float64

import (
	"math"
	"math/bits"

	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// Tables have an array part and a hash part of chained nodes (Brent's
// variation): a node that is not in its main position has to give way to one
// whose main position it is. Sizes, growth and the order of nodes are those of
// ltable.c, so that memory and the order of traversal are the firmware's.
//
// Look-ups return the address of the value, or 0 when there is no such entry.

const (
	maxArrayBits = 31
	maxArraySize = 1 << maxArrayBits
	maxHashBits  = 30
)

// item is the address of a vector's i-th TValue, counted from 0.
func (v *VM) item(a, i Addr) Addr { return Addr(uint32(a + i*tvSize)) }

// usesDummy tells whether h has no hash part of its own but the common empty node.
func (v *VM) usesDummy(h Addr) bool { return v.m.Ptr(h+layout.TableLastFree) == 0 }

func (v *VM) sizeNode(h Addr) Addr { return 1 << (v.m.U8(h+layout.TableLSizeNode) & 31) }

func (v *VM) allocSizeNode(h Addr) Addr {
	if v.usesDummy(h) {
		return 0
	}
	return v.sizeNode(h)
}

func (v *VM) isROTable(h Addr) bool {
	return v.m.U8(h+layout.TableTT) == tagROTable&variantMask
}

// nodeNext is the node behind n in its chain, 0 at the end. The chain link is a
// distance in nodes.
func (v *VM) nodeNext(n Addr) Addr {
	d := v.m.I32(n + layout.NodeNext)
	if d == 0 {
		return 0
	}
	return Addr(uint32(int64(n) + int64(d)*int64(nodeSize)))
}

// link makes to the successor of n; to may be 0.
func (v *VM) link(n, to Addr) {
	d := int32(0)
	if to != 0 {
		d = int32((int64(to) - int64(n)) / int64(nodeSize))
	}
	v.m.SetI32(n+layout.NodeNext, d)
}

// hashPow2 is the node for a hash that is good in its low bits.
func (v *VM) hashPow2(h Addr, hash uint32) Addr {
	mask := uint32(1)<<v.m.U8(h+layout.TableLSizeNode) - 1
	return Addr(v.m.U32(h+layout.TableNode) + (hash&mask)*uint32(nodeSize))
}

// hashMod is the node for a hash with many factors of two.
func (v *VM) hashMod(h Addr, hash uint32) Addr {
	mod := (uint32(1)<<v.m.U8(h+layout.TableLSizeNode) - 1) | 1
	return Addr(v.m.U32(h+layout.TableNode) + hash%mod*uint32(nodeSize))
}

// hashFloat is l_hashfloat: mantissa and exponent in one word.
func hashFloat(n float64) uint32 {
	if math.IsInf(n, 0) || n != n {
		return 0
	}
	frac, exp := math.Frexp(n)
	u := uint32(exp) + uint32(int64(float64(frac*(1<<31))))
	if u <= math.MaxInt32 {
		return u
	}
	return ^u
}

// mainPosition is the node where the key at a belongs.
func (v *VM) mainPosition(h, a Addr) Addr {
	switch v.tag(a) & variantMask {
	case tagInt:
		return v.hashPow2(h, uint32(v.intOf(a)))
	case tagFloat:
		return v.hashMod(h, hashFloat(float64(v.floatOf(a))))
	case tagShort & variantMask:
		return v.hashPow2(h, v.m.U32(v.gcOf(a)+layout.TStringHash))
	case tagLong & variantMask:
		return v.hashPow2(h, v.hashLong(v.gcOf(a)))
	case tagBool:
		return v.hashPow2(h, v.m.U32(a))
	}
	return v.hashMod(h, v.m.U32(a))
}

// arrayIndex is the key at a as an index of the array part, or 0.
func (v *VM) arrayIndex(a Addr) uint32 {
	if v.tag(a) == tagInt {
		if k := int64(v.intOf(a)); 0 < k && k <= maxArraySize {
			return uint32(k)
		}
	}
	return 0
}

// getInt finds the entry of an integer key.
func (v *VM) getInt(h Addr, key Int) Addr {
	m := v.m
	if v.isROTable(h) {
		return 0
	}
	if uint64(int64(key)-1) < uint64(m.U32(h+layout.TableSizeArray)) {
		return v.item(m.Ptr(h+layout.TableArray), Addr(key-1))
	}
	for n := v.hashPow2(h, uint32(key)); n != 0; n = v.nodeNext(n) {
		k := n + layout.NodeKey
		if v.tag(k) == tagInt && v.intOf(k) == key {
			return n
		}
	}
	return 0
}

// getShort finds the entry of a short string.
func (v *VM) getShort(h, ts Addr) Addr {
	m := v.m
	if v.isROTable(h) {
		return v.roFind(h, ts)
	}
	for n := v.hashPow2(h, m.U32(ts+layout.TStringHash)); n != 0; n = v.nodeNext(n) {
		k := n + layout.NodeKey
		if v.tag(k) == tagShort && v.gcOf(k) == ts {
			return n
		}
	}
	return 0
}

// getGeneric finds the entry of any key but an integer or a float that equals one.
func (v *VM) getGeneric(h, a Addr) Addr {
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

// getStr finds the entry of a string object.
func (t *Thread) getStr(h, ts Addr) Addr {
	if t.v.objTT(ts) == tagShort&variantMask {
		return t.v.getShort(h, ts)
	}
	a := t.v.scratch(scratchGet)
	t.v.setPtr(a, ts, tagLong)
	return t.v.getGeneric(h, a)
}

// get finds the entry of the key at a.
func (v *VM) get(h, a Addr) Addr {
	switch v.tag(a) {
	case tagShort:
		return v.getShort(h, v.gcOf(a))
	case tagInt:
		return v.getInt(h, v.intOf(a))
	case tagNil:
		return 0
	case tagFloat:
		if k, ok := v.floatToInt(v.floatOf(a)); ok {
			return v.getInt(h, k)
		}
	}
	return v.getGeneric(h, a)
}

// set returns the place for the value of the key at a, making an entry if there
// is none. The caller sees to barrier and metamethod flags.
func (t *Thread) set(h, a Addr) Addr {
	if t.v.isROTable(h) {
		t.runError("table is readonly")
	}
	if slot := t.v.get(h, a); slot != 0 {
		return slot
	}
	return t.newKey(h, a)
}

// setIntKey stores the value at a under an integer key.
func (t *Thread) setIntKey(h Addr, key Int, a Addr) {
	if t.v.isROTable(h) {
		t.runError("table is readonly")
	}
	slot := t.v.getInt(h, key)
	if slot == 0 {
		k := t.v.scratch(scratchInt)
		t.v.setInt(k, key)
		slot = t.newKey(h, k)
	}
	t.v.copyTV(slot, a)
}

// The slots of scratch memory, by who uses them.
const (
	scratchGet   = iota // key of a long string
	scratchInt          // key of setIntKey
	scratchNorm         // integer for a float key in newKey
	scratchHash         // rehash's copy of the key
	scratchArith        // operands and results of arithmetic outside the stack
	scratchArith2
	scratchConst // constants under construction in the compiler
	scratchConst2
	scratchAPI
	scratchNone // what stands where an index names no value
	scratchSlots
)

// scratch is a TValue that C code would have on its own stack: it is at the
// bottom of the chip's system stack, where no collection looks.
func (v *VM) scratch(i Addr) Addr { return v.rom.Scratch + i*16 }

// freePosition finds a free node, looking downwards from the last one found.
func (v *VM) freePosition(h Addr) Addr {
	m := v.m
	last := m.Ptr(h + layout.TableLastFree)
	if last == 0 {
		return 0
	}
	for first := m.Ptr(h + layout.TableNode); last > first; {
		last -= nodeSize
		m.SetPtr(h+layout.TableLastFree, last)
		if v.tag(last+layout.NodeKey) == tagNil {
			return last
		}
	}
	return 0
}

// newKey makes an entry for the key at a, which has none, and returns the place
// of its value (luaH_newkey).
func (t *Thread) newKey(h, a Addr) Addr {
	m, v := t.m, t.v
	if v.isROTable(h) {
		t.runError("table is Readonly")
	}
	switch v.tag(a) {
	case tagNil:
		t.runError("table index is nil")
	case tagFloat:
		n := v.floatOf(a)
		if k, ok := v.floatToInt(n); ok {
			a = v.scratch(scratchNorm)
			v.setInt(a, k)
		} else if n != n {
			t.runError("table index is NaN")
		}
	}
	mp := v.mainPosition(h, a)
	if v.tag(mp) != tagNil || v.usesDummy(h) {
		free := v.freePosition(h)
		if free == 0 {
			t.rehash(h, a)
			return t.set(h, a)
		}
		other := v.mainPosition(h, mp+layout.NodeKey)
		if other != mp {
			v.moveNode(other, mp, free)
		} else {
			v.link(free, v.nodeNext(mp))
			v.link(mp, free)
			mp = free
		}
	}
	key := mp + layout.NodeKey
	v.copyTV(key, a)
	if v.tag(a)&collectable != 0 && v.isBlack(h) && v.isWhite(m.Ptr(a)) {
		v.tableBarrierBack(h)
	}
	return mp
}

// moveNode moves the node mp, which stands in another's main position, to the
// free node and empties it; other is its own main position.
func (v *VM) moveNode(other, mp, free Addr) {
	prev := other
	for next := v.nodeNext(prev); next != mp; next = v.nodeNext(prev) {
		prev = next
	}
	next := v.nodeNext(mp)
	v.m.Copy(free, mp, nodeSize)
	v.link(prev, free)
	v.link(free, next)
	v.link(mp, 0)
	v.setNil(mp)
}

// newTable makes an empty table.
func (t *Thread) newTable() Addr {
	m := t.m
	h := t.newObject(tagTable&variantMask, layout.TableSize)
	m.SetU8(h+layout.TableFlags, 0xFF)
	m.SetU8(h+layout.TableLSizeNode, 0)
	m.SetPtr(h+layout.TableMetatable, 0)
	m.SetU32(h+layout.TableSizeArray, 0)
	m.SetPtr(h+layout.TableArray, 0)
	m.SetPtr(h+layout.TableNode, t.v.rom.DummyNode)
	m.SetPtr(h+layout.TableLastFree, 0)
	return h
}

func (t *Thread) freeTable(h Addr) {
	m := t.m
	if n := t.v.allocSizeNode(h); n != 0 {
		t.free(m.Ptr(h+layout.TableNode), n*nodeSize)
	}
	t.free(m.Ptr(h+layout.TableArray), m.Ptr(h+layout.TableSizeArray)*tvSize)
	t.free(h, layout.TableSize)
}

// setArraySize changes the array part and fills new slots with nil.
func (t *Thread) setArraySize(h, size Addr) {
	m, tv := t.m, tvSize
	old := m.Ptr(h + layout.TableSizeArray)
	a := t.reallocVector(m.Ptr(h+layout.TableArray), old, size, tv)
	m.SetPtr(h+layout.TableArray, a)
	for i := old; i < size; i++ {
		t.v.setNil(t.v.item(a, i))
	}
	m.SetPtr(h+layout.TableSizeArray, size)
}

// setNodes gives h a hash part for size entries. It tells false, with h as it
// was, when there is no memory for it.
func (t *Thread) setNodes(h, size Addr) bool {
	m, v := t.m, t.v
	if size == 0 {
		m.SetPtr(h+layout.TableNode, v.rom.DummyNode)
		m.SetU8(h+layout.TableLSizeNode, 0)
		m.SetPtr(h+layout.TableLastFree, 0)
		return true
	}
	lsize := ceilLog2(uint32(size))
	if lsize > maxHashBits {
		return false
	}
	size = 1 << lsize
	if uint64(size)*uint64(nodeSize) >= 1<<32-1 {
		return false
	}
	n := t.tryAlloc(size * nodeSize)
	if n == 0 {
		return false
	}
	m.SetPtr(h+layout.TableNode, n)
	for end := n + size*nodeSize; n < end; n += nodeSize {
		m.SetI32(n+layout.NodeNext, 0)
		v.setNil(n + layout.NodeKey)
		v.setNil(n)
	}
	m.SetU8(h+layout.TableLSizeNode, uint8(lsize))
	m.SetPtr(h+layout.TableLastFree, n)
	return true
}

// tryAlloc is alloc without the error: it returns 0 when even an emergency
// collection does not find the memory.
func (t *Thread) tryAlloc(size Addr) Addr {
	a := t.v.rawRealloc(0, 0, size)
	if a == 0 {
		t.fullGC(true)
		if a = t.v.rawRealloc(0, 0, size); a == 0 {
			return 0
		}
	}
	debt := t.g + layout.GlobalGCDebt
	t.m.SetI32(debt, t.m.I32(debt)+int32(size))
	return a
}

// resize gives h an array part of na slots and a hash part for nh entries
// (luaH_resize).
func (t *Thread) resize(h, na, nh Addr) {
	m, v := t.m, t.v
	oldA, oldH, oldNodes := m.Ptr(h+layout.TableSizeArray), v.allocSizeNode(h), m.Ptr(h+layout.TableNode)
	if na > oldA {
		t.setArraySize(h, na)
	}
	if !t.setNodes(h, nh) {
		t.setArraySize(h, oldA)
		t.throw(state.ErrMem)
	}
	if na < oldA {
		m.SetPtr(h+layout.TableSizeArray, na)
		array := m.Ptr(h + layout.TableArray)
		for i := na; i < oldA; i++ {
			if slot := v.item(array, i); v.tag(slot) != tagNil {
				t.setIntKey(h, Int(i+1), slot)
			}
		}
		m.SetPtr(h+layout.TableArray, t.reallocVector(array, oldA, na, tvSize))
	}
	for i := int(oldH) - 1; i >= 0; i-- {
		if n := Addr(uint32(oldNodes + Addr(i)*nodeSize)); v.tag(n) != tagNil {
			v.copyTV(t.set(h, n+layout.NodeKey), n)
		}
	}
	if oldH > 0 {
		t.free(oldNodes, oldH*nodeSize)
	}
}

func ceilLog2(x uint32) int { return bits.Len32(x - 1) }

// keyCounts[i] is the number of integer keys k with 2^(i-1) < k <= 2^i.
type keyCounts [maxArrayBits + 1]uint32

// countArray adds the entries of the array part.
func (v *VM) countArray(h Addr, counts *keyCounts) uint32 {
	size, a := v.m.U32(h+layout.TableSizeArray), v.m.Ptr(h+layout.TableArray)
	total, i := uint32(0), uint32(1)
	for lg, limit := 0, uint32(1); lg <= maxArrayBits; lg, limit = lg+1, limit*2 {
		lim := limit
		if lim > size {
			lim = size
			if i > lim {
				break
			}
		}
		n := uint32(0)
		for ; i <= lim; i++ {
			if v.tag(v.item(a, Addr(i-1))) != tagNil {
				n++
			}
		}
		counts[lg] += n
		total += n
	}
	return total
}

// countHash adds the integer keys of the hash part; it returns how many there
// are and the number of all entries.
func (v *VM) countHash(h Addr, counts *keyCounts) (ints, total uint32) {
	for n, end := v.nodes(h); n < end; n += nodeSize {
		if v.tag(n) != tagNil {
			if k := v.arrayIndex(n + layout.NodeKey); k != 0 {
				counts[ceilLog2(k)]++
				ints++
			}
			total++
		}
	}
	return ints, total
}

// arraySizeFor computes the largest n such that more than half of the slots 1
// to n are in use, and how many keys go there.
func (counts *keyCounts) arraySizeFor(ints uint32) (size, keys uint32) {
	sum := uint32(0)
	for i, twoToI := 0, uint32(1); twoToI > 0 && ints > twoToI/2; i, twoToI = i+1, twoToI*2 {
		sum += counts[i]
		if counts[i] > 0 && sum > twoToI/2 {
			size, keys = twoToI, sum
		}
	}
	return size, keys
}

// rehash finds new sizes for h, which is full, so that the key at a fits.
func (t *Thread) rehash(h, a Addr) {
	var counts keyCounts
	v := t.v
	ints := v.countArray(h, &counts)
	total := ints
	n, all := v.countHash(h, &counts)
	ints += n
	total += all
	if k := v.arrayIndex(a); k != 0 {
		counts[ceilLog2(k)]++
		ints++
	}
	total++
	size, keys := counts.arraySizeFor(ints)
	// The key may stand in a scratch slot that re-insertion uses as well.
	keep := v.scratch(scratchHash)
	v.copyTV(keep, a)
	t.resize(h, Addr(size), Addr(total-keys))
	if a == v.scratch(scratchInt) {
		v.copyTV(a, keep)
	}
}
