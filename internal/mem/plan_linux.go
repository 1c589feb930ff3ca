//go:build !purego && linux && (amd64 || arm64)

package mem

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Spaces of a plan lie side by side in slabs, so that nothing but mappings of files in
// memory is needed: own memory is a file of just its size, mapped from its first byte up
// to the shared content; that is another file, mapped from there up to the own memory of
// the next space. What lies behind the end of a file faults (SIGBUS), as what is mapped
// nowhere does.
//
//	… | own, then nothing | content, then nothing … | own, then nothing | content …
//	    0x3FFE8000          0x40210000                of the next space
//
// So there are two mappings for each space where memory, a gap, content and a gap would
// be four. A place whose space is closed keeps them, empty, for the next one, until all
// places of its slab are free. A space that is alone has neither slab nor file: it is a
// space as NewSpace makes it, which begins and ends in less time.

const (
	// stride is how far spaces of a slab lie apart. Two neighbours have their slack in common.
	stride = 1<<32 + Slack
	// slabMax is how many spaces a slab has at most: with twice as many, a slab would be
	// a noticeable part of the 128 TiB that a process has on amd64.
	slabMax = 64
)

// planHost is what the spaces of a plan have on the host.
type planHost struct {
	mu     sync.Mutex
	fd     int // of the content, valid while slabs is not empty
	slabs  []*slab
	refuse bool // the host cannot do it
	lone   bool // there is a space without a place
}

// slab is address space for several spaces.
type slab struct {
	plan *Plan
	res  []byte
	used []bool // places
	kept []bool // places that have their mappings
	n    int    // places that are used
}

// place is where a space lies.
type place struct {
	slab *slab
	i    int
	more bool      // memory was mapped besides
	lone *planHost // of the space that is alone; there is no slab
}

// NewSpace makes a space of the plan.
func (p *Plan) NewSpace() (*Space, error) {
	h := &p.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lone || len(h.slabs) > 0 {
		if s := h.shared(p); s != nil {
			return s, nil
		}
	}
	s, err := p.copied()
	if err == nil && !h.lone {
		h.lone = true
		s.place = &place{lone: h}
	}
	return s, err
}

// shared makes a space in a slab, nil if the host refuses.
func (h *planHost) shared(p *Plan) *Space {
	first, last := p.own[0], p.own[len(p.own)-1]
	for i, r := range p.own[1:] {
		if before := p.own[i]; before.Start+before.Size != r.Start {
			return nil // one file would not do
		}
	}
	if h.refuse || !h.begin(p) {
		return nil
	}
	at := h.free(p)
	own := Range{first.Start, last.Start + last.Size - first.Start}
	if at == nil || !at.fill(own) {
		h.end()
		return nil
	}
	start := at.i * stride
	return &Space{res: at.slab.res[start : start+reserved : start+reserved], place: at,
		regions: []region{{own.Start, own.Size, ReadWrite, false}, {p.at, Addr(len(p.content)), ReadOnly, true}}}
}

// begin makes the file of the content, unless there is one.
func (h *planHost) begin(p *Plan) bool {
	if len(h.slabs) > 0 {
		return true
	}
	fd, err := memoryFile(len(p.content))
	if err == nil {
		var n int
		if n, err = unix.Pwrite(fd, p.content, 0); n < len(p.content) {
			unix.Close(fd)
		}
	}
	if h.refuse = err != nil; h.refuse {
		return false
	}
	h.fd = fd
	return true
}

// end gives back what no space needs.
func (h *planHost) end() error {
	var err error
	kept := h.slabs[:0]
	for _, b := range h.slabs {
		if b.n > 0 {
			kept = append(kept, b)
		} else if e := release(b.res); e != nil {
			err = e
		}
	}
	clear(h.slabs[len(kept):])
	if h.slabs = kept; len(kept) == 0 {
		unix.Close(h.fd)
	}
	return err
}

// free takes a place, in a new slab if need be; nil if there is no address space.
func (h *planHost) free(p *Plan) *place {
	for _, b := range h.slabs {
		if b.n < len(b.used) {
			return b.take()
		}
	}
	n := 1
	for _, b := range h.slabs {
		n = min(max(n, 2*len(b.used)), slabMax)
	}
	res, err := reserve(n*stride + Slack)
	if err != nil {
		return nil
	}
	b := &slab{plan: p, res: res, used: make([]bool, n), kept: make([]bool, n)}
	h.slabs = append(h.slabs, b)
	return b.take()
}

func (b *slab) take() *place {
	for i, used := range b.used {
		if !used {
			b.used[i] = true
			b.n++
			return &place{slab: b, i: i}
		}
	}
	panic("BUG: a slab with room has no place")
}

// fill maps what a space has. The place is free again if that fails.
func (a *place) fill(own Range) bool {
	p := a.slab.plan
	if a.slab.kept[a.i] {
		return true
	}
	fd, err := memoryFile(int(own.Size))
	if err != nil {
		a.leave()
		return false
	}
	defer unix.Close(fd)
	err = a.mapFile(own.Start, p.at, fd, unix.PROT_READ|unix.PROT_WRITE)
	if err == nil {
		err = a.mapFile(p.at, a.end(own.Start), p.host.fd, unix.PROT_READ)
	}
	if err != nil {
		a.clear()
		a.leave()
	}
	a.slab.kept[a.i] = err == nil
	return err == nil
}

// end is where the own memory of the next space begins, seen from this one, and the end of
// the slab if there is none.
func (a *place) end(own Addr) Addr {
	if a.i+1 < len(a.slab.used) {
		return stride + own
	}
	return 1<<32 + Slack
}

// mapFile maps a file from its first byte on.
func (a *place) mapFile(start, end Addr, fd, prot int) error {
	return mapAt(a.slab.res[uintptr(a.i)*stride+Slack:][start:end], fd, prot, unix.MAP_SHARED|noReserve)
}

// back backs a part of the space with zeroed memory of its own.
func (a *place) back(b []byte, p Prot) error {
	if a.lone != nil {
		return protect(b, p)
	}
	a.more = true
	return mapAt(b, -1, protBits[p], unix.MAP_PRIVATE|unix.MAP_ANON|noReserve)
}

func mapAt(b []byte, fd, prot, flags int) error {
	// SAFETY: b is a part of a reservation of this package, in which nothing else is.
	_, err := unix.MmapPtr(fd, 0, unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)), prot, flags|unix.MAP_FIXED)
	return err
}

// clear takes all memory away from the place.
func (a *place) clear() error {
	own := a.slab.plan.own[0].Start
	return mapAt(a.slab.res[uintptr(a.i)*stride+Slack:][own:a.end(own)], -1, unix.PROT_NONE,
		unix.MAP_PRIVATE|unix.MAP_ANON|noReserve)
}

// leave makes the place free.
func (a *place) leave() {
	a.slab.used[a.i] = false
	a.slab.n--
}

// release gives back the place of a space whose reservation is res.
func (a *place) release(res []byte) error {
	if h := a.lone; h != nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.lone = false
		return release(res)
	}
	h := &a.slab.plan.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.leave(); a.slab.n == 0 { // the slab goes as a whole
		return h.end()
	}
	a.slab.kept[a.i] = !a.more && a.empty()
	if a.slab.kept[a.i] {
		return nil
	}
	return a.clear()
}

// empty gives back what the own memory of the place holds; it reads zeros then.
func (a *place) empty() bool {
	own := a.slab.plan.own
	last := own[len(own)-1]
	return unix.Madvise(a.slab.res[uintptr(a.i)*stride+Slack:][own[0].Start:last.Start+last.Size], unix.MADV_REMOVE) == nil
}

// memoryFile makes a file in memory, full of zeros.
func memoryFile(size int) (fd int, err error) {
	if fd, err = unix.MemfdCreate("moonlet", unix.MFD_CLOEXEC); err != nil {
		return -1, err
	}
	if err = unix.Ftruncate(fd, int64(size)); err != nil {
		unix.Close(fd)
	}
	return fd, err
}
