//go:build !purego && (linux || darwin || freebsd || windows) && (amd64 || arm64)

package mem

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"unsafe"
)

// Mapped tells which implementation this is (see the package comment).
const Mapped = true

// The reservation has Slack bytes on both sides of the 4 GiB, which are never
// mapped.
const reserved = Slack + 1<<32 + Slack

// Mem reads and writes the address space. It is a value of one word, to be kept
// in a local variable of hot loops.
type Mem struct{ base unsafe.Pointer }

// Space owns the reservation behind a Mem.
type Space struct {
	res     []byte // the whole reservation; address 0 is Slack bytes from its start
	place   *place // among the spaces of a plan, nil for a reservation of its own
	mu      sync.Mutex
	regions []region
	revoked bool
}

type region struct {
	start, size Addr
	prot        Prot
	shared      bool // of a plan, never written
}

// NewSpace reserves an address space with nothing mapped.
func NewSpace() (*Space, error) {
	res, err := reserve(reserved)
	if err != nil {
		return nil, fmt.Errorf("reserving a module's address space (%d bytes): %w", uint64(reserved), err)
	}
	return &Space{res: res}, nil
}

// Mem returns the accessor of s, which stays valid until Close.
func (s *Space) Mem() Mem {
	// SAFETY: the sum is inside the reservation.
	return Mem{unsafe.Add(unsafe.Pointer(unsafe.SliceData(s.res)), Slack)}
}

// Map backs [start, start+size) with zeroed memory under the given protection,
// or changes the protection of a region that was mapped before. Both bounds are
// multiples of PageSize.
func (s *Space) Map(start, size Addr, p Prot) error {
	if start%PageSize != 0 || size%PageSize != 0 || start+size > 1<<32 {
		return fmt.Errorf("BUG: region %#x+%#x is not made of whole pages", start, size)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.regions {
		if (r.start != start || r.size != size) && start < r.start+r.size && r.start < start+size {
			return fmt.Errorf("BUG: region %#x+%#x overlaps %#x+%#x", start, size, r.start, r.size)
		}
	}
	i := slices.IndexFunc(s.regions, func(r region) bool { return r.start == start && r.size == size })
	if i >= 0 && s.regions[i].shared && p == ReadWrite {
		return fmt.Errorf("BUG: region %#x+%#x is read by others", start, size)
	}
	back := protect
	if i < 0 && s.place != nil {
		back = s.place.back
	}
	if err := back(s.res[Slack+start:Slack+start+size], p); err != nil {
		return fmt.Errorf("mapping device memory %#x+%#x: %w", start, size, err)
	}
	if i >= 0 {
		s.regions[i].prot = p
	} else {
		s.regions = append(s.regions, region{start, size, p, false})
	}
	return nil
}

// MappedBytes is the size of all regions.
func (s *Space) MappedBytes() int {
	n := 0
	for _, r := range s.regions {
		n += int(r.size)
	}
	return n
}

// Revoke takes all memory away, so that whatever works with it faults: the way to
// stop a task that never ends. Any goroutine may call it. Restore gives the memory
// back with its content.
func (s *Space) Revoke() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.res == nil {
		return nil
	}
	s.revoked = true
	for _, r := range s.regions {
		if err := protect(s.res[Slack+r.start:Slack+r.start+r.size], None); err != nil {
			return err
		}
	}
	return nil
}

// Restore is the reverse of Revoke. It tells whether the memory was away.
func (s *Space) Restore() (revoked bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.revoked {
		return false, nil
	}
	s.revoked = false
	for _, r := range s.regions {
		if err := protect(s.res[Slack+r.start:Slack+r.start+r.size], r.prot); err != nil {
			return true, err
		}
	}
	return true, nil
}

// Close gives the reservation back. No Mem of s may be used afterwards.
func (s *Space) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.res == nil {
		return nil
	}
	res := s.res
	s.res = nil
	if s.place != nil {
		return s.place.release(res)
	}
	return release(res)
}

// CatchFaults makes the calling goroutine panic on a fault, where it would end
// the process otherwise; it returns a function that restores the old setting.
func CatchFaults() func() {
	old := debug.SetPanicOnFault(true)
	return func() { debug.SetPanicOnFault(old) }
}

// AsFault tells whether the recovered value r is a fault inside s. The host
// does not say whether a load or a store faulted: in a read-only region it was
// a store, elsewhere the load is assumed.
func (s *Space) AsFault(r any) (*Fault, bool) {
	if f, ok := r.(*Fault); ok {
		return f, true
	}
	e, ok := r.(interface {
		error
		Addr() uintptr
	})
	if !ok || s.res == nil {
		return nil, false
	}
	off := e.Addr() - uintptr(unsafe.Pointer(unsafe.SliceData(s.res)))
	if off >= reserved {
		return nil, false
	}
	off -= Slack // negative in the lower slack, where no region is
	f := &Fault{Addr: uint32(off), Cause: CauseLoadProhibited}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.regions {
		if off >= r.start && off < r.start+r.size && r.prot == ReadOnly {
			f.Cause = CauseStoreProhibited
		}
	}
	return f, true
}

// SAFETY (all accessors below): the package rules keep a within the
// reservation, which lives until Space.Close; what is not mapped faults.

// U8 loads a byte.
func (m Mem) U8(a Addr) byte { return *(*byte)(unsafe.Add(m.base, a)) }

// SetU8 stores a byte.
func (m Mem) SetU8(a Addr, v byte) { *(*byte)(unsafe.Add(m.base, a)) = v }

// U16 loads a half word.
func (m Mem) U16(a Addr) uint16 { return *(*uint16)(unsafe.Add(m.base, a)) }

// SetU16 stores a half word.
func (m Mem) SetU16(a Addr, v uint16) { *(*uint16)(unsafe.Add(m.base, a)) = v }

// U32 loads a word.
func (m Mem) U32(a Addr) uint32 { return *(*uint32)(unsafe.Add(m.base, a)) }

// SetU32 stores a word.
func (m Mem) SetU32(a Addr, v uint32) { *(*uint32)(unsafe.Add(m.base, a)) = v }

// I32 loads a signed word.
func (m Mem) I32(a Addr) int32 { return *(*int32)(unsafe.Add(m.base, a)) }

// SetI32 stores a signed word.
func (m Mem) SetI32(a Addr, v int32) { *(*int32)(unsafe.Add(m.base, a)) = v }

// U64 loads a double word; it needs no alignment.
func (m Mem) U64(a Addr) uint64 { return *(*uint64)(unsafe.Add(m.base, a)) }

// SetU64 stores a double word; it needs no alignment.
func (m Mem) SetU64(a Addr, v uint64) { *(*uint64)(unsafe.Add(m.base, a)) = v }

// SetU64U32 stores a double word and a word behind it; no alignment is needed. This
// and the next two are whole values of Lua with numbers of 64 bits: as one method they
// are cheap enough for the compiler to inline them in the main loop.
func (m Mem) SetU64U32(a Addr, v uint64, w uint32) {
	*(*u64u32)(unsafe.Add(m.base, a)) = u64u32{v, w}
}

// SetF64U32 stores a double and a word behind it.
func (m Mem) SetF64U32(a Addr, v float64, w uint32) {
	*(*f64u32)(unsafe.Add(m.base, a)) = f64u32{v, w}
}

// Copy12 moves 12 bytes that do not overlap, or not at all move.
func (m Mem) Copy12(dst, src Addr) {
	*(*[3]uint32)(unsafe.Add(m.base, dst)) = *(*[3]uint32)(unsafe.Add(m.base, src))
}

type (
	u64u32 struct {
		v uint64
		w uint32
	}
	f64u32 struct {
		v float64
		w uint32
	}
)

// Ptr loads a device address.
func (m Mem) Ptr(a Addr) Addr { return Addr(*(*uint32)(unsafe.Add(m.base, a))) }

// SetPtr stores a device address.
func (m Mem) SetPtr(a, v Addr) { *(*uint32)(unsafe.Add(m.base, a)) = uint32(v) }

// F32 loads a float.
func (m Mem) F32(a Addr) float32 { return *(*float32)(unsafe.Add(m.base, a)) }

// F64 loads a double; it needs no alignment.
func (m Mem) F64(a Addr) float64 { return *(*float64)(unsafe.Add(m.base, a)) }

// Bytes is a view of n bytes at a. It aliases device memory, so it is valid
// until that memory is freed or moved.
func (m Mem) Bytes(a, n Addr) []byte {
	if n > 1<<32 || a+n > 1<<32 {
		panic(&Fault{Addr: uint32(a), Cause: CauseLoadProhibited})
	}
	return unsafe.Slice((*byte)(unsafe.Add(m.base, a)), n)
}

// String is Bytes as a string that aliases device memory: for comparisons and
// look-ups that end before the memory can change.
func (m Mem) String(a, n Addr) string {
	b := m.Bytes(a, n)
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// Copy moves n bytes from src to dst; the two may overlap.
func (m Mem) Copy(dst, src, n Addr) { copy(m.Bytes(dst, n), m.Bytes(src, n)) }

// Zero clears n bytes at a.
func (m Mem) Zero(a, n Addr) { clear(m.Bytes(a, n)) }
