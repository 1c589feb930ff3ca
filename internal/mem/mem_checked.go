//go:build purego || !((linux || darwin || freebsd || windows) && (amd64 || arm64))

package mem

import (
	"encoding/binary"
	"fmt"
	"math"
	"sync/atomic"
)

// Mapped tells which implementation this is (see the package comment).
const Mapped = false

// Mem reads and writes the address space.
type Mem struct{ s *Space }

// Space owns the memory behind a Mem.
type Space struct {
	regions []region
	revoked atomic.Bool
}

type region struct {
	start  uint32
	prot   Prot
	shared bool // of a plan, never written
	data   []byte
}

type planHost struct{}

// NewSpace makes a space of the plan.
func (p *Plan) NewSpace() (*Space, error) {
	s := &Space{}
	for _, r := range p.own {
		if err := s.Map(r.Start, r.Size, ReadWrite); err != nil {
			return nil, err
		}
	}
	s.regions = append(s.regions, region{uint32(p.at), ReadOnly, true, p.content})
	return s, nil
}

// NewSpace makes an address space with nothing mapped.
func NewSpace() (*Space, error) { return &Space{}, nil }

// Mem returns the accessor of s.
func (s *Space) Mem() Mem { return Mem{s} }

// Map backs [start, start+size) with zeroed memory under the given protection,
// or changes the protection of a region that was mapped before. Both bounds are
// multiples of PageSize.
func (s *Space) Map(start, size Addr, p Prot) error {
	if start%PageSize != 0 || size%PageSize != 0 || uint64(start)+uint64(size) > 1<<32 {
		return fmt.Errorf("BUG: region %#x+%#x is not made of whole pages", start, size)
	}
	for i := range s.regions {
		if r := &s.regions[i]; r.start == uint32(start) && Addr(len(r.data)) == size {
			if r.shared && p == ReadWrite {
				return fmt.Errorf("BUG: region %#x+%#x is read by others", start, size)
			}
			r.prot = p
			return nil
		}
	}
	for _, r := range s.regions {
		if start < Addr(r.start)+Addr(len(r.data)) && Addr(r.start) < start+size {
			return fmt.Errorf("BUG: region %#x+%#x overlaps %#x+%#x", start, size, r.start, len(r.data))
		}
	}
	s.regions = append(s.regions, region{uint32(start), p, false, make([]byte, size)})
	return nil
}

// MappedBytes is the size of all regions.
func (s *Space) MappedBytes() int {
	n := 0
	for _, r := range s.regions {
		n += len(r.data)
	}
	return n
}

// Revoke takes all memory away, so that whatever works with it faults: the way to
// stop a task that never ends. Any goroutine may call it. Restore gives the memory
// back with its content.
func (s *Space) Revoke() error { s.revoked.Store(true); return nil }

// Restore is the reverse of Revoke. It tells whether the memory was away.
func (s *Space) Restore() (revoked bool, err error) { return s.revoked.Swap(false), nil }

// Close forgets the memory.
func (s *Space) Close() error { s.regions = nil; return nil }

// CatchFaults does nothing here: faults are panics by themselves.
func CatchFaults() func() { return func() {} }

// AsFault tells whether the recovered value r is a fault.
func (s *Space) AsFault(r any) (*Fault, bool) {
	f, ok := r.(*Fault)
	return f, ok
}

// at finds the n bytes at a, or panics with the fault that the chip raises.
func (m Mem) at(a Addr, n uint32, want Prot) []byte {
	x := uint32(a)
	for i := range m.s.regions {
		if m.s.revoked.Load() {
			break
		}
		r := &m.s.regions[i]
		if off := x - r.start; uint64(off)+uint64(n) <= uint64(len(r.data)) && uint64(a)>>32 == 0 {
			if r.prot < want {
				break
			}
			return r.data[off : off+n : off+n]
		}
	}
	cause := uint8(CauseLoadProhibited)
	if want == ReadWrite {
		cause = CauseStoreProhibited
	}
	panic(&Fault{Addr: x, Cause: cause})
}

// U8 loads a byte.
func (m Mem) U8(a Addr) byte { return m.at(a, 1, ReadOnly)[0] }

// SetU8 stores a byte.
func (m Mem) SetU8(a Addr, v byte) { m.at(a, 1, ReadWrite)[0] = v }

// U16 loads a half word.
func (m Mem) U16(a Addr) uint16 { return binary.LittleEndian.Uint16(m.at(a, 2, ReadOnly)) }

// SetU16 stores a half word.
func (m Mem) SetU16(a Addr, v uint16) { binary.LittleEndian.PutUint16(m.at(a, 2, ReadWrite), v) }

// U32 loads a word.
func (m Mem) U32(a Addr) uint32 { return binary.LittleEndian.Uint32(m.at(a, 4, ReadOnly)) }

// SetU32 stores a word.
func (m Mem) SetU32(a Addr, v uint32) { binary.LittleEndian.PutUint32(m.at(a, 4, ReadWrite), v) }

// I32 loads a signed word.
func (m Mem) I32(a Addr) int32 { return int32(m.U32(a)) }

// SetI32 stores a signed word.
func (m Mem) SetI32(a Addr, v int32) { m.SetU32(a, uint32(v)) }

// U64 loads a double word; it needs no alignment.
func (m Mem) U64(a Addr) uint64 { return binary.LittleEndian.Uint64(m.at(a, 8, ReadOnly)) }

// SetU64 stores a double word; it needs no alignment.
func (m Mem) SetU64(a Addr, v uint64) { binary.LittleEndian.PutUint64(m.at(a, 8, ReadWrite), v) }

// SetU64U32 stores a double word and a word behind it; no alignment is needed.
func (m Mem) SetU64U32(a Addr, v uint64, w uint32) {
	m.SetU64(a, v)
	m.SetU32(a+8, w)
}

// SetF64U32 stores a double and a word behind it.
func (m Mem) SetF64U32(a Addr, v float64, w uint32) { m.SetU64U32(a, math.Float64bits(v), w) }

// Copy12 moves 12 bytes that do not overlap, or not at all move.
func (m Mem) Copy12(dst, src Addr) { m.SetU64U32(dst, m.U64(src), m.U32(src+8)) }

// Ptr loads a device address.
func (m Mem) Ptr(a Addr) Addr { return Addr(m.U32(a)) }

// SetPtr stores a device address.
func (m Mem) SetPtr(a, v Addr) { m.SetU32(a, uint32(v)) }

// F32 loads a float.
func (m Mem) F32(a Addr) float32 { return math.Float32frombits(m.U32(a)) }

// F64 loads a double; it needs no alignment.
func (m Mem) F64(a Addr) float64 { return math.Float64frombits(m.U64(a)) }

// Bytes is a view of n bytes at a. It aliases device memory, so it is valid
// until that memory is freed or moved. It may be written where the region may.
func (m Mem) Bytes(a, n Addr) []byte {
	if uint64(n) > 1<<32-1 {
		panic(&Fault{Addr: uint32(a), Cause: CauseLoadProhibited})
	}
	return m.at(a, uint32(n), ReadOnly)
}

// String copies n bytes at a into a string (the mapped twin aliases them).
func (m Mem) String(a, n Addr) string { return string(m.Bytes(a, n)) }

// Copy moves n bytes from src to dst; the two may overlap.
func (m Mem) Copy(dst, src, n Addr) { copy(m.at(dst, uint32(n), ReadWrite), m.Bytes(src, n)) }

// Zero clears n bytes at a.
func (m Mem) Zero(a, n Addr) { clear(m.at(a, uint32(n), ReadWrite)) }
