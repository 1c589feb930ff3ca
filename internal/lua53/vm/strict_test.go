package vm_test

import (
	"fmt"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/mem"
)

// strictHeap checks how an allocator is used: sizes must be those that were
// asked for, and memory that is not owned is filled with rubbish.
type strictHeap struct {
	heap.Allocator
	m      mem.Mem
	live   map[mem.Addr]mem.Addr
	fail   int  // the allocation that fails, counted down; negative: none
	stress bool // every request fails once: an emergency collection runs before each
	again  bool // the second try has failed
	once   bool // only that one fails
	failed int  // how many failed
	calls  int  // all requests
}

func newStrict(a heap.Allocator, m mem.Mem) *strictHeap {
	return &strictHeap{Allocator: a, m: m, live: map[mem.Addr]mem.Addr{}, fail: -1}
}

// refuse tells whether this allocation is the one that fails. Without once, all
// that follow fail, too.
func (s *strictHeap) refuse() bool {
	s.calls++
	if s.stress {
		s.again = !s.again
		return s.again
	}
	switch {
	case s.fail < 0:
		return false
	case s.fail > 0:
		s.fail--
		return false
	}
	if s.once {
		s.fail = -1
	}
	s.failed++
	return true
}

func (s *strictHeap) fill(a, n mem.Addr, c byte) {
	p := s.m.Bytes(a, n)
	for i := range p {
		p[i] = c
	}
}

func (s *strictHeap) Alloc(n mem.Addr) mem.Addr {
	if n == 0 {
		panic("BUG: Alloc(0)")
	}
	if s.refuse() {
		return 0
	}
	a := s.Allocator.Alloc(n)
	if a != 0 {
		if a%4 != 0 {
			panic(fmt.Sprintf("BUG: block at %#x", a))
		}
		s.live[a] = n
		s.fill(a, n, 0xCD)
	}
	return a
}

func (s *strictHeap) own(a, n mem.Addr, what string) {
	if size, ok := s.live[a]; !ok || size != n {
		panic(fmt.Sprintf("BUG: %s of %#x with %d bytes: it has %d (owned: %v)", what, a, n, size, ok))
	}
}

func (s *strictHeap) Free(a, n mem.Addr) {
	if a == 0 {
		return
	}
	s.own(a, n, "Free")
	delete(s.live, a)
	s.fill(a, n, 0xDB)
	s.Allocator.Free(a, n)
}

func (s *strictHeap) Realloc(a, o, n mem.Addr) mem.Addr {
	if a == 0 {
		return s.Alloc(n)
	}
	s.own(a, o, "Realloc")
	if n == 0 {
		panic("BUG: Realloc to 0")
	}
	b := s.Alloc(n)
	if b != 0 {
		s.m.Copy(b, a, min(o, n))
		s.Free(a, o)
	} else if n <= o {
		s.live[a] = n // luaM_realloc keeps the block and forgets the rest
	}
	return b
}
