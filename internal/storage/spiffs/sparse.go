package spiffs

// Sparse is the flash memory under one file system, of which only pages that were written
// to take memory of the host. A new one is formatted. A process can have thousands of
// modules whose files are a page or two of a chip of 4 MB, so this is what a module has
// whose files are kept in a directory.
//
// Offsets are those of the file system, which begins at 0.
type Sparse struct {
	g      Geometry
	groups []*group
}

// Tables of pages: a chunk is as long as a block of 8 KB, whatever the blocks are.
const chunkPages = 32

type (
	page  [PageSize]byte
	chunk [chunkPages]*page
	group [chunkPages]*chunk
)

// NewSparse makes the memory for a file system of a geometry that Partition gave, empty and
// formatted.
func NewSparse(g Geometry) (*Sparse, error) {
	if err := g.check(g.Offset + g.Size); err != nil {
		return nil, err
	}
	if g.lookupPages() != 1 {
		return nil, ErrNotConfigured
	}
	g.Offset = 0
	s := &Sparse{g: g}
	s.clear()
	return s, nil
}

// clear makes it new: no page is written to, and each block has the number that it gets by
// being erased.
func (s *Sparse) clear() {
	const groupPages = chunkPages * chunkPages
	s.groups = make([]*group, (s.g.pages()+groupPages-1)/groupPages)
}

// Format makes an empty file system and mounts it, as FormatAt does on a chip.
func (s *Sparse) Format(o Options) (*FS, error) {
	s.clear()
	fs, err := s.Mount(o)
	if err == nil {
		blocks := s.g.Blocks()
		fs.ops.Add(Ops{Erases: s.g.Size / SectorSize, Writes: 2 * blocks, WrittenBytes: 2 * blocks * wordSize})
	}
	return fs, err
}

// Mount mounts the file system.
func (s *Sparse) Mount(o Options) (*FS, error) {
	fs := prepare(s, s.g, o)
	fs.sparse = s
	if err := fs.start(); err != nil {
		return nil, err
	}
	return fs, nil
}

// find is a page, nil if nothing was ever written to it.
func (s *Sparse) find(n int) *page {
	c := n / chunkPages
	if g := s.groups[c/chunkPages]; g != nil {
		if c := g[c%chunkPages]; c != nil {
			return c[n%chunkPages]
		}
	}
	return nil
}

// unwritten counts the blocks from one to before another of which no lookup was written to.
func (s *Sparse) unwritten(block, end int) int {
	if s == nil || s.g.pagesPerBlock() != chunkPages {
		return 0
	}
	at := block
	for at < end {
		g := s.groups[at/chunkPages]
		if g == nil {
			at = min((at/chunkPages+1)*chunkPages, end)
			continue
		}
		if c := g[at%chunkPages]; c != nil && c[0] != nil {
			break
		}
		at++
	}
	return at - block
}

// isLookup tells whether a page is that of a block's lookup.
func (s *Sparse) isLookup(n int) bool { return n%s.g.pagesPerBlock() == 0 }

// make gives a page memory.
func (s *Sparse) make(n int) *page {
	if p := s.find(n); p != nil {
		return p
	}
	c := n / chunkPages
	g := &s.groups[c/chunkPages]
	if *g == nil {
		*g = new(group)
	}
	at := &(*g)[c%chunkPages]
	if *at == nil {
		*at = new(chunk)
	}
	p := s.formatted(n)
	(*at)[n%chunkPages] = &p
	return &p
}

// formatted is a page as formatting leaves it.
func (s *Sparse) formatted(n int) page {
	p := blank
	if s.isLookup(n) {
		putU16(p[s.g.magicAt():], s.g.magic(n/s.g.pagesPerBlock()))
		putU16(p[s.g.magicAt()+2:], 0)
	}
	return p
}

// Write clears the bits that are not set in b, in whole words of one page.
func (s *Sparse) Write(offset int, b []byte) {
	to := s.make(offset / PageSize)[offset%PageSize:]
	for i, v := range b {
		to[i] &= v
	}
}

// Erase sets all bits of a sector. Its pages take no memory any more, but that of a lookup:
// without one it would be a formatted one.
func (s *Sparse) Erase(offset int) {
	first := offset / PageSize
	for n := first; n < first+SectorSize/PageSize; n++ {
		if s.isLookup(n) {
			*s.make(n) = blank
			continue
		}
		if s.find(n) != nil {
			c := n / chunkPages
			s.groups[c/chunkPages][c%chunkPages][n%chunkPages] = nil
		}
	}
}

// Image is a copy of all of it.
func (s *Sparse) Image() []byte {
	image := make([]byte, 0, s.g.Size)
	for n := range s.g.pages() {
		switch p := s.find(n); {
		case p != nil:
			image = append(image, p[:]...)
		case s.isLookup(n):
			p := s.formatted(n)
			image = append(image, p[:]...)
		default:
			image = append(image, blank[:]...)
		}
	}
	return image
}
