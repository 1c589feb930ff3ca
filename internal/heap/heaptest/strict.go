// Package heaptest has an allocator for tests of virtual machines.
package heaptest

import (
	"fmt"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/mem"
)

// Strict checks how an allocator is used: sizes must be those that were
// asked for, and memory that is not owned is filled with rubbish.
type Strict struct {
	heap.Allocator
	m      mem.Mem
	Live   map[mem.Addr]mem.Addr // blocks that are owned, with their sizes
	Fail   int                   // the allocation that fails, counted down; negative: none
	Stress bool                  // every request fails once: an emergency collection runs before each
	again  bool                  // the second try has failed
	Once   bool                  // only that one fails
	Failed int                   // how many failed
	Calls  int                   // all requests
}

// NewStrict makes one of another allocator.
func NewStrict(a heap.Allocator, m mem.Mem) *Strict {
	return &Strict{Allocator: a, m: m, Live: map[mem.Addr]mem.Addr{}, Fail: -1}
}

// refuse tells whether this allocation is the one that fails. Without once, all
// that follow fail, too.
func (s *Strict) refuse() bool {
	s.Calls++
	if s.Stress {
		s.again = !s.again
		return s.again
	}
	switch {
	case s.Fail < 0:
		return false
	case s.Fail > 0:
		s.Fail--
		return false
	}
	if s.Once {
		s.Fail = -1
	}
	s.Failed++
	return true
}

func (s *Strict) fill(a, n mem.Addr, c byte) {
	p := s.m.Bytes(a, n)
	for i := range p {
		p[i] = c
	}
}

// Alloc implements heap.Allocator.
func (s *Strict) Alloc(n mem.Addr) mem.Addr {
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
		s.Live[a] = n
		s.fill(a, n, 0xCD)
	}
	return a
}

func (s *Strict) own(a, n mem.Addr, what string) {
	if size, ok := s.Live[a]; !ok || size != n {
		panic(fmt.Sprintf("BUG: %s of %#x with %d bytes: it has %d (owned: %v)", what, a, n, size, ok))
	}
}

// Free implements heap.Allocator.
func (s *Strict) Free(a, n mem.Addr) {
	if a == 0 {
		return
	}
	s.own(a, n, "Free")
	delete(s.Live, a)
	s.fill(a, n, 0xDB)
	s.Allocator.Free(a, n)
}

// Realloc implements heap.Allocator. The block moves always.
func (s *Strict) Realloc(a, o, n mem.Addr) mem.Addr {
	if a == 0 {
		return s.Alloc(n)
	}
	s.own(a, o, "Realloc")
	if n == 0 {
		panic("BUG: Realloc to 0")
	}
	if n <= o && s.Stress { // a collection makes blocks smaller, and tries once
		s.Stress = false
		defer func() { s.Stress = true }()
	}
	b := s.Alloc(n)
	if b != 0 {
		s.m.Copy(b, a, min(o, n))
		s.Free(a, o)
	} else if n <= o {
		s.Live[a] = n // luaM_realloc keeps the block and forgets the rest
	}
	return b
}
