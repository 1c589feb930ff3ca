package heap

// Tracked is an allocator that remembers who took each block that is in use. It
// decides nothing: addresses and figures are those of the allocator below, and its
// books are in the host's memory.
type Tracked struct {
	Allocator
	site   func() uint32
	blocks map[Addr]Taken
	seq    uint64
}

// Taken is what is known of a block in use.
type Taken struct {
	Size Addr   // bytes that were asked for
	Site uint32 // who took it, as Tracked's function said
	Seq  uint64 // the number of the request, from 1: no two blocks of a life share it
}

// NewTracked watches an allocator. site tells who asks for memory right now; it is
// called before the allocator does anything, so the machine is in order then.
func NewTracked(a Allocator, site func() uint32) *Tracked {
	return &Tracked{Allocator: a, site: site, blocks: map[Addr]Taken{}}
}

func (t *Tracked) take(a, n Addr, site uint32) {
	if a != 0 {
		t.seq++
		t.blocks[a] = Taken{Size: n, Site: site, Seq: t.seq}
	}
}

// Alloc implements Allocator.
func (t *Tracked) Alloc(n Addr) Addr {
	site := t.site()
	a := t.Allocator.Alloc(n)
	t.take(a, n, site)
	return a
}

// Free implements Allocator.
func (t *Tracked) Free(a, n Addr) {
	t.Allocator.Free(a, n)
	delete(t.blocks, a)
}

// Realloc implements Allocator. A block that grows belongs to the one who lets it
// grow, for that is what costs; one that shrinks stays whose it was.
func (t *Tracked) Realloc(a, o, n Addr) Addr {
	old, known := t.blocks[a]
	shrinks := known && n <= old.Size
	site := old.Site
	if !shrinks {
		site = t.site()
	}
	b := t.Allocator.Realloc(a, o, n)
	switch {
	case b == 0:
		return 0
	case b != a:
		delete(t.blocks, a)
	}
	if shrinks {
		t.blocks[b] = Taken{Size: n, Site: site, Seq: old.Seq}
	} else {
		t.take(b, n, site)
	}
	return b
}

// Taken tells who took the block at an address. Blocks that were taken from the
// allocator below, past the Tracked, are not known.
func (t *Tracked) Taken(a Addr) (Taken, bool) {
	b, ok := t.blocks[a]
	return b, ok
}

// Overhead is what the SDK's allocator adds to each block, in bytes, apart from
// rounding.
const Overhead = headerSize

// Size is the size of the whole heap: what is free when nothing is in use.
func (d *Device) Size() Addr { return d.end - d.start }

// Blocks calls f for each block in use in the order of addresses, with the address
// that Alloc gave and the size with header and rounding.
func (d *Device) Blocks(f func(a, size Addr)) {
	for b := d.start; b < d.end; {
		size := d.m.Ptr(b + 4)
		if size&inUse != 0 {
			size &^= inUse
			f(b+headerSize, size)
		}
		if size < headerSize { // damaged: Check says what is wrong
			return
		}
		b += size
	}
}
