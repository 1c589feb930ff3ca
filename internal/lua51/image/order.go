package image

import "math/bits"

// order is a table of Lua 5.1 whose keys are strings, as far as the order goes in which next visits them
// (app/lua/ltable.c): the compiler puts the strings of an image into such a table and writes them in its
// order. A table grows in place here, which neither Lua 5.1.5 nor 5.3 does.
type order struct {
	nodes []node
	free  int // nodes from here on are not free, or were not when one was last looked for
}

// node has a key, or is empty. next is the place of the next node of its chain, -1 for none.
type node struct {
	used bool
	key  string
	hash uint32
	next int
}

// hashOf is the hash of a string, whose seed is its length; of a long one not all bytes count (luaS_newlstr).
func hashOf(s string) uint32 {
	h := uint32(len(s))
	step := len(s)>>5 + 1
	for i := len(s); i >= step; i -= step {
		h ^= h<<5 + h>>2 + uint32(s[i-1])
	}
	return h
}

// main is where a key belongs.
func (t *order) main(hash uint32) int { return int(hash) & (len(t.nodes) - 1) }

// takeFree finds a node without a key, -1 if there is none (getfreepos).
func (t *order) takeFree() int {
	for t.free > 0 {
		if t.free--; !t.nodes[t.free].used {
			return t.free
		}
	}
	return -1
}

// before is the node of a chain whose next one is at; -1 if at is not in the chain.
func (t *order) before(chain, at int) int {
	for chain >= 0 && t.nodes[chain].next != at {
		chain = t.nodes[chain].next
	}
	return chain
}

// has tells whether a key is there.
func (t *order) has(s string, hash uint32) bool {
	if len(t.nodes) == 0 {
		return false
	}
	for at := t.main(hash); at >= 0; at = t.nodes[at].next {
		if t.nodes[at].used && t.nodes[at].key == s {
			return true
		}
	}
	return false
}

// add adds a key that may be there (luaH_setstr, newkey).
func (t *order) add(s string) {
	hash := hashOf(s)
	if t.has(s, hash) {
		return
	}
	for {
		if t.insert(node{used: true, key: s, hash: hash, next: -1}) {
			return
		}
		n := 1
		for i := range t.nodes {
			if t.nodes[i].used {
				n++
			}
		}
		t.grow(1 << bits.Len(uint(n-1)))
	}
}

// insert puts a node where it belongs; who is there without belonging there goes elsewhere. It is false where
// no node is free.
func (t *order) insert(n node) bool {
	if len(t.nodes) == 0 {
		return false
	}
	at := t.main(n.hash)
	if !t.nodes[at].used {
		n.next = t.nodes[at].next
		t.nodes[at] = n
		return true
	}
	free := t.takeFree()
	if free < 0 {
		return false
	}
	if other := t.main(t.nodes[at].hash); other != at {
		t.nodes[t.before(other, at)].next = free
		t.nodes[free] = t.nodes[at]
		t.nodes[at] = n
		return true
	}
	n.next = t.nodes[at].next
	t.nodes[free] = n
	t.nodes[at].next = free
	return true
}

// grow makes room for size nodes and lets each go where it belongs (resize_hashpart).
func (t *order) grow(size int) {
	for i := range t.nodes {
		t.nodes[i].next = -1
	}
	for len(t.nodes) < size {
		t.nodes = append(t.nodes, node{next: -1})
	}
	t.free = size
	for i := range t.nodes {
		for t.nodes[i].used && !t.settle(i) {
		}
	}
}

// settle moves a node to where it belongs, or into the chain from there; it is false where another one that does
// not belong here either has taken its place (move_node).
func (t *order) settle(at int) bool {
	n := &t.nodes[at]
	home := t.main(n.hash)
	if home == at || t.before(home, at) >= 0 {
		return true
	}
	h := &t.nodes[home]
	if !h.used {
		*h, *n = *n, node{next: -1}
		return true
	}
	if other := t.main(h.hash); other != home {
		moved := *n
		prev := t.before(other, home)
		if prev >= 0 {
			t.nodes[prev].next = at
		}
		*n, *h = *h, moved
		return prev >= 0
	}
	n.next = h.next
	h.next = at
	return true
}

// keys are all keys in the order of next.
func (t *order) keys() (list []string) {
	for i := range t.nodes {
		if t.nodes[i].used {
			list = append(list, t.nodes[i].key)
		}
	}
	return list
}
