// Code generated from ../rehash.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"math/bits"

	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

func ceilLog2(x uint32) int { return bits.Len32(x - 1) }

// setArraySize changes the array part and fills new slots with nil (setarrayvector).
func (t *Thread) setArraySize(h, size Addr) {
	m, v := t.m, t.v
	old := m.Ptr(h + layout.TableSizeArray)
	a := t.reallocVector(m.Ptr(h+layout.TableArray), old, size, tvSize)
	m.SetPtr(h+layout.TableArray, a)
	for i := old; i < size; i++ {
		v.setNil(v.item(a, i))
	}
	m.SetPtr(h+layout.TableSizeArray, size)
}

// resizeNodes changes the size of the block of nodes from old to size entries, as far as there is a block
// (resizenodevector).
func (t *Thread) resizeNodes(h, old, size Addr) {
	m, v := t.m, t.v
	node, lsize := v.rom.DummyNode, 0
	if size > 0 {
		if lsize = ceilLog2(uint32(size)); lsize > maxArrayBits {
			t.runError("table overflow")
		}
		size = 1 << lsize
		if node = m.Ptr(h + layout.TableNode); node == v.rom.DummyNode {
			node, old = 0, 0
		}
		node = t.reallocVector(node, old, size, nodeSize)
		for i := old; i < size; i++ {
			v.clearNode(node + i*nodeSize)
		}
	}
	m.SetPtr(h+layout.TableNode, node)
	m.SetU8(h+layout.TableLSizeNode, uint8(lsize))
	m.SetPtr(h+layout.TableLastFree, node+size*nodeSize)
}

func (v *VM) clearNode(n Addr) {
	v.m.SetPtr(n+layout.NodeNext, 0)
	v.setNil(n + layout.NodeKey)
	v.setNil(n)
}

// prevNode is the node of a chain whose successor is next, 0 if none is (find_prev_node).
func (v *VM) prevNode(n, next Addr) Addr {
	for n != 0 && v.nodeNext(n) != next {
		n = v.nodeNext(n)
	}
	return n
}

// moveNode moves a node to its place during a rehash, or another one to where it was, and tells whether what is
// there now is where it belongs (move_node).
func (v *VM) moveNode(h, n Addr) bool {
	m := v.m
	mp := v.mainPosition(h, n+layout.NodeKey)
	if mp == n || v.prevNode(mp, n) != 0 {
		return true
	}
	if v.tag(mp) == tagNil {
		v.copyNode(mp, n)
		v.clearNode(n)
		m.SetPtr(mp+layout.NodeNext, v.nodeNext(n)) // 0, as C clears the moved node's
		return true
	}
	other := v.mainPosition(h, mp+layout.NodeKey)
	if other == mp {
		m.SetPtr(n+layout.NodeNext, v.nodeNext(mp))
		m.SetPtr(mp+layout.NodeNext, n)
		return true
	}
	prev := v.prevNode(other, mp)
	if prev != 0 {
		m.SetPtr(prev+layout.NodeNext, n)
	}
	tmp := v.scratch(scratchSlot)
	v.copyNode(tmp, n)
	v.copyNode(n, mp)
	v.copyNode(mp, tmp)
	return prev != 0
}

// moveNumber moves a node with an integer key to the array part, if that has a place for it (move_number).
func (v *VM) moveNumber(h, n Addr) bool {
	k := v.arrayIndex(n + layout.NodeKey)
	if v.tag(n+layout.NodeKey) != tagNumber || uint32(k-1) >= v.m.U32(h+layout.TableSizeArray) || Num(k) != v.numOf(n+layout.NodeKey) {
		return false
	}
	v.copyTV(v.item(v.m.Ptr(h+layout.TableArray), Addr(k-1)), n)
	v.setNil(n + layout.NodeKey)
	v.setNil(n)
	return true
}

// resizeHash gives the hash part room for n entries (resize_hashpart). One that should vanish keeps a node.
func (t *Thread) resizeHash(h, n Addr) {
	m, v := t.m, t.v
	lsize, old := 0, Addr(0)
	if !v.usesDummy(h) {
		old = v.sizeNode(h)
	}
	if n > 0 {
		if lsize = ceilLog2(uint32(n)); lsize > maxArrayBits {
			t.runError("table overflow")
		}
	}
	n = 1 << lsize
	if old < n {
		t.resizeNodes(h, old, n)
	} else {
		m.SetU8(h+layout.TableLSizeNode, uint8(lsize))
		m.SetPtr(h+layout.TableLastFree, v.nodeAt(h, n))
	}
	for i := range old {
		at := v.nodeAt(h, i)
		m.SetPtr(at+layout.NodeNext, 0)
		switch {
		case v.tag(at) == tagNil:
			v.setNil(at + layout.NodeKey)
		case v.moveNumber(h, at):
		case i >= n:
			if free := v.freePosition(h); free != 0 {
				v.copyNode(free, at)
			} else {
				v.badCode(h)
			}
		}
	}
	if old > n {
		t.resizeNodes(h, old, n)
	}
	for i := range n {
		if at := v.nodeAt(h, i); v.tag(at) != tagNil {
			for !v.moveNode(h, at) {
			}
		}
	}
}

// resize gives a table an array part of na slots and a hash part for nh entries.
func (t *Thread) resize(h, na, nh Addr) {
	m, v := t.m, t.v
	old := m.Ptr(h + layout.TableSizeArray)
	if na > old {
		t.setArraySize(h, na)
	}
	if !v.usesDummy(h) || nh > 0 {
		t.resizeHash(h, nh)
	}
	if na >= old {
		return
	}
	m.SetPtr(h+layout.TableSizeArray, na)
	for i := na; i < old; i++ {
		if slot := v.item(m.Ptr(h+layout.TableArray), i); v.tag(slot) != tagNil {
			to := t.setInt(h, int32(i+1))
			v.copyTV(to, v.item(m.Ptr(h+layout.TableArray), i))
		}
	}
	m.SetPtr(h+layout.TableArray, t.reallocVector(m.Ptr(h+layout.TableArray), old, na, tvSize))
}

// resizeArray sets the size of the array part alone (luaH_resizearray).
func (t *Thread) resizeArray(h, na Addr) {
	nh := Addr(0)
	if !t.v.usesDummy(h) {
		nh = t.v.sizeNode(h)
	}
	t.resize(h, na, nh)
}

// keyCounts[i] is the number of integer keys k with 2^(i-1) < k <= 2^i.
type keyCounts [maxArrayBits + 1]int32

func (c *keyCounts) add(k int32) int32 {
	if k <= 0 || k > 1<<maxArrayBits {
		return 0
	}
	c[ceilLog2(uint32(k))]++
	return 1
}

// countArray adds the entries of the array part (numusearray).
func (v *VM) countArray(h Addr, counts *keyCounts) int32 {
	size, a := v.m.U32(h+layout.TableSizeArray), v.m.Ptr(h+layout.TableArray)
	total, i := int32(0), uint32(1)
	for lg, limit := 0, uint32(1); lg <= maxArrayBits; lg, limit = lg+1, limit*2 {
		lim := limit
		if lim > size {
			lim = size
			if i > lim {
				break
			}
		}
		n := int32(0)
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

// sizes computes the size of an array part of which more than half would be in use, and how many of the ints keys
// go there (computesizes).
func (c *keyCounts) sizes(ints int32) (size, keys int32) {
	sum := int32(0)
	for i, twoToI := 0, int32(1); twoToI/2 < ints && i < len(c); i, twoToI = i+1, twoToI*2 {
		if c[i] > 0 {
			sum += c[i]
			if sum > twoToI/2 {
				size, keys = twoToI, sum
			}
		}
		if sum == ints {
			break
		}
	}
	return size, keys
}

// rehash finds new sizes for a table that is full, so that the key at a fits.
func (t *Thread) rehash(h, a Addr) {
	var counts keyCounts
	v := t.v
	ints := v.countArray(h, &counts)
	total := ints
	for n, end := v.nodes(h); n < end; n += nodeSize {
		if v.tag(n) != tagNil {
			ints += counts.add(v.arrayIndex(n + layout.NodeKey))
			total++
		}
	}
	ints += counts.add(v.arrayIndex(a))
	total++
	size, keys := counts.sizes(ints)
	t.resize(h, Addr(size), Addr(total-keys))
}
