package spiffs

import "slices"

// Options are what a build of the firmware fixes. Zero means the firmware's own.
type Options struct {
	Files   int // that can be open: SPIFFS_MAX_OPEN_FILES, 4
	Buffers int // of the cache, of a page each: myspiffs_cache in app/spiffs/spiffs.c, 4
}

func (o *Options) complete() {
	if o.Files == 0 {
		o.Files = 4
	}
	if o.Buffers == 0 {
		o.Buffers = 4
	}
}

// FS is a mounted file system. It is for one goroutine at a time.
type FS struct {
	g      Geometry
	chip   writer
	flash  []byte  // the file system in the chip, nil if it is in sparse
	sparse *Sparse // nil if it is in flash
	ops    Ops
	change Change
	// What g says, at hand.
	entries, blocks, lookups, perBlock int

	cache   cache
	slots   []slot // file descriptors
	mounted bool
	err     Error // the last one, zero if there was none

	// nextFree is the entry at which the search for a free page begins, and lastFound
	// the one at which other searches do. Entries are numbered over all blocks.
	nextFree, lastFound int
	freeIn              int // the block of the last page that was found free

	skipped       int    // blocks in the last walk that were never written to
	freeBlocks    uint32 // as the C code counts: one that is erased twice counts twice
	used, deleted int    // pages
	cleaning      bool   // garbage is being collected
	erases        uint16 // number that the next block to be erased gets

	*scratch // nil until something is written
}

// scratch is what writing needs.
type scratch struct {
	work page // an index that is being changed
	word [PageSize + 2*wordSize]byte
}

// arm makes ready to write. Who only reads, as most modules do, has no scratch.
func (fs *FS) arm() {
	if fs.scratch == nil {
		fs.scratch = new(scratch)
	}
}

// Mount mounts the file system that the firmware would find in a partition of a chip.
// As in C, a block without a magic number is erased, since the power went while it was
// being erased.
func Mount(c Chip, offset, size int, o Options) (*FS, error) {
	g, err := Find(c.Bytes(), offset, size)
	if err != nil {
		return nil, err
	}
	return MountAt(c, g, o)
}

// MountAt mounts a file system of a known geometry.
func MountAt(c Chip, g Geometry, o Options) (*FS, error) {
	fs, err := prepareOn(c, g, o)
	if err != nil {
		return nil, err
	}
	if err := fs.start(); err != nil {
		return nil, err
	}
	return fs, nil
}

// start mounts what was prepared.
func (fs *FS) start() error {
	if err := fs.scan(); err != nil {
		return err
	}
	fs.mounted = true
	return nil
}

// View mounts a copy of an image, so that the image stays as it is.
func View(image []byte, g Geometry, o Options) (*FS, error) {
	if err := g.check(len(image)); err != nil {
		return nil, err
	}
	part := image[g.Offset : g.Offset+g.Size]
	g.Offset = 0
	return MountAt(MemoryOf(part), g, o)
}

// Format makes an empty file system in all of a partition and mounts it
// (myspiffs_format, app/spiffs/spiffs.c).
func Format(c Chip, offset, size int, o Options) (*FS, error) {
	g, err := Partition(offset, size)
	if err != nil {
		return nil, err
	}
	return FormatAt(c, g, o)
}

// FormatAt makes an empty file system of a given geometry and mounts it.
func FormatAt(c Chip, g Geometry, o Options) (*FS, error) {
	fs, err := prepareOn(c, g, o)
	if err != nil {
		return nil, err
	}
	for b := range fs.blocks {
		fs.erases = 0
		fs.eraseBlock(b)
	}
	formatted := fs.ops
	if fs, err = MountAt(c, g, o); err == nil {
		fs.ops.Add(formatted)
	}
	return fs, err
}

// prepareOn prepares a file system on a chip.
func prepareOn(c Chip, g Geometry, o Options) (*FS, error) {
	if err := g.check(len(c.Bytes())); err != nil {
		return nil, err
	}
	fs := prepare(c, g, o)
	fs.flash = c.Bytes()[g.Offset : g.Offset+g.Size]
	return fs, nil
}

func prepare(c writer, g Geometry, o Options) *FS {
	o.complete()
	fs := &FS{
		g: g, chip: c,
		entries: g.entries(), blocks: g.Blocks(), lookups: g.lookupPages(), perBlock: g.pagesPerBlock(),
		cache: cache{buffers: make([]buffer, o.Buffers)},
		slots: make([]slot, o.Files),
	}
	for i := range fs.slots {
		fs.slots[i].n = i + 1
	}
	return fs
}

// scan reads all lookup pages: magic numbers, erasures, how many pages are in use
// (spiffs_obj_lu_scan, app/spiffs/spiffs_nucleus.c).
func (fs *FS) scan() error {
	unerased := -1
	low, high := uint16(idFree), uint16(0)
	for b := range fs.blocks {
		at := b*fs.g.Block + fs.g.magicAt()
		if fs.sparse != nil && fs.sparse.find(b*fs.perBlock) == nil { // the cache is empty still
			fs.ops.read(2)
			fs.ops.read(2)
			fs.cache.clock += 2
			low = 0
			continue
		}
		fs.read(at, passing, 2)
		magic, erases := fs.tail(b)
		if magic != fs.g.magic(b) {
			if unerased >= 0 {
				return ErrNotAFS
			}
			unerased = b
		}
		fs.read(at, passing, 2)
		if erases != idFree {
			low, high = min(low, erases), max(high, erases)
		}
	}
	switch {
	case low == 0 && high == idFree:
		fs.erases = 0
	case high-low > idFree/2 && high >= low: // it began again at zero
		fs.erases = low + 1
	default:
		fs.erases = high + 1
	}
	if unerased >= 0 {
		fs.eraseBlock(unerased)
	}
	fs.freeBlocks, fs.used, fs.deleted = 0, 0, 0
	fs.walk(0, true, func(first int, ids []byte) int {
		if ids == nil {
			fs.freeBlocks++
			return -1
		}
		for i := 0; i < len(ids); i += 2 {
			switch u16(ids[i:]) {
			case idFree:
				if (first+i/2)%fs.entries == 0 {
					fs.freeBlocks++
				}
			case idDeleted:
				fs.deleted++
			default:
				fs.used++
			}
		}
		return -1
	})
	fs.freeBlocks += uint32(fs.skipped)
	return nil
}

// Unmount writes what waits to be written and closes all files. Errors in doing so
// are lost, as in C.
func (fs *FS) Unmount() {
	if !fs.mounted {
		return
	}
	for i := range fs.slots {
		if s := &fs.slots[i]; s.open {
			_ = fs.flush(s)
			s.open = false
		}
	}
	fs.mounted = false
}

// Geometry tells where the file system is.
func (fs *FS) Geometry() Geometry { return fs.g }

// Errno is the number of the last error, zero if there was none (SPIFFS_errno).
func (fs *FS) Errno() Error { return fs.err }

// ClearErr forgets the last error (SPIFFS_clearerr).
func (fs *FS) ClearErr() { fs.err = 0 }

// fail notes an error for Errno.
func (fs *FS) fail(err error) error {
	if e, ok := err.(Error); ok {
		fs.err = e
	}
	return err
}

// ready tells whether the file system is mounted.
func (fs *FS) ready() error {
	if !fs.mounted {
		return fs.fail(ErrNotMounted)
	}
	return nil
}

// Info is the size of the file system and how much of it is in use, in bytes of
// content (SPIFFS_info). The page more is one that is never used.
func (fs *FS) Info() (total, used uint32, err error) {
	if err := fs.ready(); err != nil {
		return 0, 0, err
	}
	return uint32(fs.g.capacity()+1) * DataSize, uint32(fs.used) * DataSize, nil
}

// Stat describes a file.
type Stat struct {
	Name string
	Size int
	ID   uint16
	Type uint8 // 1: a file
	Page int   // of its header
}

// Stat describes the file of a name.
func (fs *FS) Stat(name string) (Stat, error) {
	name = cString(name)
	if err := fs.ready(); err != nil {
		return Stat{}, err
	}
	if len(name) > NameMax {
		return Stat{}, fs.fail(ErrNameTooLong)
	}
	page, err := fs.findName(name)
	if err != nil {
		return Stat{}, fs.fail(err)
	}
	return fs.statPage(page), nil
}

// statPage describes the file of a header page.
func (fs *FS) statPage(page int) Stat {
	fs.touch(page*PageSize, plain)
	fs.touch(fs.idAt(page), plain)
	s := fs.describe(page)
	s.ID = fs.idOf(page) &^ idIndex
	return s
}

// describe reads a header page.
func (fs *FS) describe(page int) Stat {
	p := fs.page(page)
	size := u32(p[atSize:])
	if size == sizeNone {
		size = 0
	}
	return Stat{Name: string(nameIn(p)), Size: int(size), Type: p[atType], Page: page}
}

// Dir reads the directory, which is a search that goes on.
type Dir struct {
	fs   *FS
	next int // entry
}

// OpenDir begins to read the directory.
func (fs *FS) OpenDir() (*Dir, error) {
	if err := fs.ready(); err != nil {
		return nil, err
	}
	return &Dir{fs: fs}, nil
}

// Next is the next file in the order of the pages; false if there is none.
func (d *Dir) Next() (s Stat, ok bool) {
	fs := d.fs
	if fs.ready() != nil {
		return s, false
	}
	n := -1
	if d.next < fs.blocks*fs.entries {
		n = fs.walk(d.next, false, func(first int, ids []byte) int {
			for i := 0; i < len(ids); i += 2 {
				if n := first + i/2; isIndexID(u16(ids[i:])) && fs.liveHeader(n) {
					s = fs.describe(fs.pageOf(n))
					s.ID = u16(ids[i:]) &^ idIndex
					return i / 2
				}
			}
			return -1
		})
	}
	if n < 0 {
		_ = fs.fail(ErrVisited)
		return s, false
	}
	d.next = n + 1
	return s, true
}

// List is all files, in the order of Dir.
func (fs *FS) List() ([]Stat, error) {
	d, err := fs.OpenDir()
	if err != nil {
		return nil, err
	}
	var list []Stat
	for s, ok := d.Next(); ok; s, ok = d.Next() {
		list = append(list, s)
	}
	return list, nil
}

// Image is a copy of the file system.
func (fs *FS) Image() []byte {
	if fs.sparse != nil {
		return fs.sparse.Image()
	}
	return slices.Clone(fs.flash)
}
