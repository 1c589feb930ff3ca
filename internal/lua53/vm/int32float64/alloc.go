// Code generated from ../alloc.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

// realloc is the one way to the heap that Lua's account sees (luaM_realloc_): a
// new size of 0 frees the block. When there is no memory it runs an emergency
// collection and tries again, then raises "not enough memory".
func (t *Thread) realloc(block, osize, nsize Addr) Addr {
	m, v := t.m, t.v
	if block == 0 {
		osize = 0
	}
	if v.egcMode > state.EGCOnAllocFailure && nsize > osize {
		t.collectBefore(int(nsize - osize))
	}
	a := v.rawRealloc(block, osize, nsize)
	if a == 0 && nsize > 0 {
		if m.Ptr(t.g+layout.GlobalVersion) != 0 && v.egcMode&state.EGCOnAllocFailure != 0 { // is the state complete?
			t.fullGC(true)
			a = v.rawRealloc(block, osize, nsize)
		}
		if a == 0 {
			v.short(nsize)
			t.throw(state.ErrMem)
		}
	}
	debt := t.g + layout.GlobalGCDebt
	m.SetI32(debt, m.I32(debt)+int32(nsize)-int32(osize))
	return a
}

// SetEGC implements state.State (lua_setegcmode).
func (t *Thread) SetEGC(mode state.EGCMode, limit int) { t.v.egcMode, t.v.egcLimit = mode, limit }

// collectBefore does what the mode of emergency collections wants before n bytes more are
// allocated. It raises an error if the limit does not allow them.
func (t *Thread) collectBefore(n int) {
	v := t.v
	if v.egcMode&state.EGCAlways != 0 {
		t.fullGC(true)
	}
	if v.egcMode&state.EGCOnMemLimit == 0 {
		return
	}
	if v.egcLimit < 0 {
		if t.FreeHeap() < -v.egcLimit {
			t.fullGC(true)
		}
		return
	}
	over := func() bool { return int(v.totalBytes())+n >= v.egcLimit }
	if over() {
		t.fullGC(true)
	}
	if over() {
		v.short(Addr(n))
		t.throw(state.ErrMem)
	}
}

// short tells the embedder of bytes that are not there.
func (v *VM) short(n Addr) {
	if v.cfg.OutOfMemory != nil {
		v.cfg.OutOfMemory(int(n))
	}
}

// rawRealloc is l_alloc (lauxlib.c): heap outside Lua's account. A block that
// shrinks is never lost.
func (v *VM) rawRealloc(block, osize, nsize Addr) Addr {
	if v.fast != nil {
		switch {
		case nsize == 0:
			v.fast.Free(block, osize)
			return 0
		case block == 0:
			return v.fast.Alloc(nsize)
		}
	}
	if nsize == 0 {
		v.heap.Free(block, osize)
		return 0
	}
	a := v.heap.Realloc(block, osize, nsize)
	if a == 0 && block != 0 && nsize <= osize {
		return block
	}
	return a
}

func (t *Thread) alloc(size Addr) Addr { return t.realloc(0, 0, size) }

func (t *Thread) free(block, size Addr) { t.realloc(block, size, 0) }

func (t *Thread) tooBig() {
	t.runError("memory allocation error: block too big")
}

// minVector is the smallest size of a growing vector (MINSIZEARRAY, lmem.c).
const minVector = 4

// growVector makes room in a vector of *size elements (luaM_growaux_).
func (t *Thread) growVector(block Addr, size *int, elem Addr, limit int, what string) Addr {
	n := *size * 2
	if *size >= limit/2 {
		if *size >= limit {
			t.runError("too many %s (limit is %d)", what, limit)
		}
		n = limit
	} else if n < minVector {
		n = minVector
	}
	block = t.reallocVector(block, Addr(*size), Addr(n), elem)
	*size = n
	return block
}

// reallocVector changes a vector from on to n elements, with a check that the
// size in bytes fits.
func (t *Thread) reallocVector(block, on, n, elem Addr) Addr {
	if uint64(n)+1 > (1<<32-1)/uint64(elem) {
		t.tooBig()
	}
	return t.realloc(block, on*elem, n*elem)
}

// newObject makes a collectable object, white and linked into the list of all.
func (t *Thread) newObject(tt byte, size Addr) Addr {
	m := t.m
	o := t.realloc(0, 0, size)
	all := t.g + layout.GlobalAllGC
	m.SetPtr(o, m.Ptr(all))
	m.SetU16(o+layout.GCObjectTT, uint16(tt)|uint16(t.v.currentWhite())<<8)
	m.SetPtr(all, o)
	return o
}
