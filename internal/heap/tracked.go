package heap

// Tracked is an allocator that remembers who took each block that is in use. It
// decides nothing: addresses and figures are those of the allocator below, and its
// books are in the host's memory.
type Tracked struct {
	Allocator
	// Failed, if any, is called when the one who asked gives up: Lua asks a second time
	// after an emergency collection, a buffer of Lua's library and C code do not.
	Failed func(n Addr, site uint32)

	site   func() uint32
	blocks map[Addr]Taken
	seq    uint64
	denied denied
}

// denied is a request that failed, until it is known what comes of it. One of Alloc
// has no block.
type denied struct {
	a, n  Addr
	site  uint32
	freed bool // something was freed since: the collector is at work
}

// Taken is what is known of a block in use.
type Taken struct {
	Size Addr   // bytes that were asked for
	Site uint32 // who took it, as Tracked's function said
	Seq  uint64 // the number of the request, from 1: no two blocks of a life share it
	What string // what a block of C code is for, "" if nobody says
}

// NewTracked watches an allocator. site tells who asks for memory right now; it is
// called before the allocator does anything, so the machine is in order then.
func NewTracked(a Allocator, site func() uint32) *Tracked {
	return &Tracked{Allocator: a, site: site, blocks: map[Addr]Taken{}}
}

func (t *Tracked) take(a, n Addr, site uint32) {
	t.seq++
	t.blocks[a] = Taken{Size: n, Site: site, Seq: t.seq}
}

// asked notes that a request comes. Another one than that which has just failed, with
// nothing freed in between, tells that nobody tries that again.
func (t *Tracked) asked(a, n Addr) {
	if d := t.denied; d.n != 0 && !d.freed && (d.a != a || d.n != n) {
		t.givenUp()
	}
}

// answered notes what became of a request.
func (t *Tracked) answered(a, n Addr, site uint32, ok bool) {
	d := t.denied
	switch {
	case ok:
		t.denied = denied{}
	case d.n == n && d.a == a:
		t.givenUp()
	default:
		t.denied = denied{a: a, n: n, site: site}
	}
}

// GiveUp tells that the one whose request has just failed does not try again. Who does not say
// so is found out with the next request, unless something was freed before.
func (t *Tracked) GiveUp() {
	if t.denied.n != 0 {
		t.givenUp()
	}
}

func (t *Tracked) givenUp() {
	d := t.denied
	t.denied = denied{}
	if t.Failed != nil {
		t.Failed(d.n, d.site)
	}
}

// Alloc implements Allocator.
func (t *Tracked) Alloc(n Addr) Addr {
	t.asked(0, n)
	site := t.site()
	a := t.Allocator.Alloc(n)
	if a != 0 {
		t.take(a, n, site)
	}
	t.answered(0, n, site, a != 0)
	return a
}

// AllocC is Alloc for C code, which asks only once, with what the block is for.
func (t *Tracked) AllocC(n Addr, what string) Addr {
	site := t.site()
	a := t.Allocator.Alloc(n)
	if a != 0 {
		t.take(a, n, site)
		t.Name(a, what)
	}
	return a
}

// Free implements Allocator.
func (t *Tracked) Free(a, n Addr) {
	if d := &t.denied; d.n != 0 && a != 0 {
		if a == d.a { // a buffer goes that could not grow
			t.givenUp()
		}
		d.freed = true
	}
	t.Allocator.Free(a, n)
	delete(t.blocks, a)
}

// Realloc implements Allocator. A block that grows belongs to the one who lets it
// grow, for that is what costs; one that shrinks stays whose it was.
func (t *Tracked) Realloc(a, o, n Addr) Addr {
	if a == 0 {
		return t.Alloc(n)
	}
	old, known := t.blocks[a]
	shrinks := known && n <= old.Size
	site := old.Site
	if !shrinks {
		t.asked(a, n)
		site = t.site()
	}
	b := t.Allocator.Realloc(a, o, n)
	if b == 0 {
		if !shrinks { // else Lua keeps the block as it is
			t.answered(a, n, site, false)
		}
		return 0
	}
	if b != a {
		delete(t.blocks, a)
	}
	if shrinks {
		t.blocks[b] = Taken{Size: n, Site: site, Seq: old.Seq}
	} else {
		t.take(b, n, site)
		t.answered(a, n, site, true)
	}
	return b
}

// Name says what a block is for.
func (t *Tracked) Name(a Addr, what string) {
	if b, ok := t.blocks[a]; ok {
		b.What = what
		t.blocks[a] = b
	}
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
