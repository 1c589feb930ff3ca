package heap

import (
	"errors"
	"math/bits"

	"moonlet.example/moonlet/internal/mem"
)

// Fast is an allocator without headers: blocks of one size class are kept in a
// list of their own, classes are 8 bytes apart up to 256 bytes and then four to
// each power of two. Memory goes back to its class only.
type Fast struct {
	m          mem.Mem
	start, end Addr
	top        Addr // everything from here up was never handed out
	free       Addr // bytes in free lists
	lists      [classes]Addr
}

const (
	smallMax  = 256 // largest size of the linear classes
	smallStep = 8
	classes   = smallMax/smallStep + 4*24
)

// NewFast uses [start, end).
func NewFast(m mem.Mem, start, end Addr) *Fast {
	start = (start + 7) &^ 7
	return &Fast{m: m, start: start, end: end, top: start}
}

// class returns the class of n bytes and the size that its blocks have.
func class(n Addr) (c int, size Addr) {
	if n <= smallMax {
		c = int(n+smallStep-1) / smallStep
		return c - 1, Addr(c * smallStep)
	}
	e := bits.Len64(uint64(n-1)) - 3 // four classes between 2^(e+2) and 2^(e+3)
	step := Addr(1) << e
	size = (n + step - 1) &^ (step - 1)
	return smallMax/smallStep + (e-6)*4 + int(size>>e) - 5, size
}

// Alloc implements Allocator.
func (f *Fast) Alloc(n Addr) Addr {
	c, size := class(n)
	if c < 0 || c >= classes {
		return 0
	}
	if b := f.lists[c]; b != 0 {
		f.lists[c] = f.m.Ptr(b)
		f.free -= size
		return b
	}
	if size > f.end-f.top {
		return 0
	}
	b := f.top
	f.top += size
	return b
}

// Free implements Allocator.
func (f *Fast) Free(a, n Addr) {
	if a == 0 {
		return
	}
	c, size := class(n)
	if c < 0 || c >= classes { // damaged code
		panic(&mem.Fault{Addr: uint32(a), Cause: mem.CauseLoadProhibited})
	}
	f.m.SetPtr(a, f.lists[c])
	f.lists[c] = a
	f.free += size
}

// Realloc implements Allocator. A block stays where it is while its class does.
func (f *Fast) Realloc(a, o, n Addr) Addr {
	if a == 0 {
		return f.Alloc(n)
	}
	co, _ := class(o)
	cn, _ := class(n)
	if co == cn {
		return a
	}
	b := f.Alloc(n)
	if b != 0 {
		f.m.Copy(b, a, min(o, n))
		f.Free(a, o)
	}
	return b
}

// FreeBytes implements Allocator.
func (f *Fast) FreeBytes() Addr { return f.end - f.top + f.free }

// LargestFree implements Allocator.
func (f *Fast) LargestFree() Addr { return f.end - f.top }

// Check implements Allocator.
func (f *Fast) Check() error {
	var free Addr
	for c := range f.lists {
		for b := f.lists[c]; b != 0; b = f.m.Ptr(b) {
			if b < f.start || b >= f.top {
				return errors.New("free list leaves the heap")
			}
			free++
		}
	}
	return nil
}
