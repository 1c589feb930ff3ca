// Code generated from ../alloc.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v4"
)

// realloc is the one way to the heap that Lua's account sees (luaM_realloc_): a new size of 0 frees the block.
func (t *Thread) realloc(block, osize, nsize Addr) Addr {
	m, v := t.m, t.v
	if block == 0 {
		osize = 0
	}
	a := v.allocate(block, osize, nsize)
	if a == 0 && nsize > 0 {
		v.short(nsize)
		t.throw(state.ErrMem)
	}
	total := t.g + layout.GlobalTotalBytes
	m.SetU32(total, m.U32(total)-uint32(osize)+uint32(nsize))
	return a
}

// allocate is l_alloc (lauxlib.c): the modes of the emergency collector are at work here. Collections are those of
// the main thread, whichever runs.
func (v *VM) allocate(block, osize, nsize Addr) Addr {
	if nsize == 0 || !v.complete {
		return v.rawRealloc(block, osize, nsize)
	}
	m, t := v.m, v.main
	mode := state.EGCMode(m.U32(v.g + layout.GlobalEGCMode))
	limit := m.I32(v.g + layout.GlobalMemLimit)
	if mode&state.EGCAlways != 0 {
		t.fullGC()
	}
	if mode&state.EGCOnMemLimit != 0 && limit < 0 && t.FreeHeap() < -int(limit) {
		t.fullGC()
	}
	if nsize > osize && limit > 0 && mode&state.EGCOnMemLimit != 0 && t.overLimit(uint32(nsize-osize)) {
		return 0
	}
	a := v.rawRealloc(block, osize, nsize)
	if a == 0 && mode&state.EGCOnAllocFailure != 0 {
		t.fullGC()
		a = v.rawRealloc(block, osize, nsize)
	}
	return a
}

// overLimit collects step by step until n bytes more are within the limit, or one cycle is over, and tells whether
// they are not (l_check_memlimit).
func (t *Thread) overLimit(n uint32) bool {
	m := t.m
	most := m.U32(t.g + layout.GlobalMemLimit)
	if n > most {
		return true
	}
	over := func() bool { return m.U32(t.g+layout.GlobalTotalBytes) >= most-n }
	for cycles := 0; over() && !t.blocked(); t.gcStep() {
		if m.U8(t.g+layout.GlobalGCState) == gcsPause {
			if cycles++; cycles > 1 {
				break
			}
		}
	}
	return over()
}

// short tells the embedder of bytes that are not there.
func (v *VM) short(n Addr) {
	if v.cfg.OutOfMemory != nil {
		v.cfg.OutOfMemory(int(n))
	}
}

// rawRealloc is the C library's realloc: heap outside Lua's account. A block that shrinks is never lost.
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

// growVector makes room in a vector of *size elements (luaM_growaux_). what is the error where there is none.
func (t *Thread) growVector(block Addr, size *int, elem Addr, limit int, what string) Addr {
	n := *size * 2
	if *size >= limit/2 {
		if *size >= limit {
			t.runError("%s", what)
		}
		n = limit
	} else if n < minVector {
		n = minVector
	}
	block = t.reallocVector(block, Addr(*size), Addr(n), elem)
	*size = n
	return block
}

// reallocVector changes a vector from on to n elements, with a check that the size in bytes fits.
func (t *Thread) reallocVector(block, on, n, elem Addr) Addr {
	if uint64(n)+1 > (1<<32-3)/uint64(elem) {
		t.tooBig()
	}
	return t.realloc(block, on*elem, n*elem)
}

// newObject makes a collectable object, white and linked into the list of all (luaC_link).
func (t *Thread) newObject(tt byte, size Addr) Addr {
	o := t.alloc(size)
	t.link(o, tt)
	return o
}

func (t *Thread) link(o Addr, tt byte) {
	m, root := t.m, t.g+layout.GlobalRootGC
	m.SetPtr(o, m.Ptr(root))
	m.SetPtr(root, o)
	m.SetU8(o+layout.GCObjectMarked, t.v.currentWhite())
	m.SetU8(o+layout.GCObjectTT, tt)
}
