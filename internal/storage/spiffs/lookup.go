package spiffs

// Searches in the lookup pages, in the order and with the reads of the C code
// (spiffs_obj_lu_find_entry_visitor, app/spiffs/spiffs_nucleus.c).

// pageOf is the page of an entry.
func (fs *FS) pageOf(entry int) int {
	return entry/fs.entries*fs.perBlock + fs.lookups + entry%fs.entries
}

// entryOf is the entry of a page.
func (fs *FS) entryOf(page int) int {
	return page/fs.perBlock*fs.entries + page%fs.perBlock - fs.lookups
}

// idAt is the offset of a page's id in the lookup.
func (fs *FS) idAt(page int) int {
	return page/fs.perBlock*fs.g.Block + (page%fs.perBlock-fs.lookups)*2
}

// inFile tells whether a page number can be that of a page of a file.
func (fs *FS) inFile(page int) bool {
	return page >= 0 && page < fs.blocks*fs.perBlock && page%fs.perBlock >= fs.lookups
}

// page is what a page holds. A number that leads out of the file system, which only
// damaged indexes have, stands for an empty page.
func (fs *FS) page(n int) []byte {
	if n < 0 || n >= fs.blocks*fs.perBlock {
		return blank[:]
	}
	if fs.sparse != nil {
		if p := fs.sparse.find(n); p != nil {
			return p[:]
		}
		return blank[:]
	}
	return fs.flash[n*PageSize : (n+1)*PageSize]
}

// ids are the entries of a block's lookup from one to before another, as bytes.
func (fs *FS) ids(block, from, to int) []byte {
	if fs.sparse != nil {
		if p := fs.sparse.find(block * fs.perBlock); p != nil {
			return p[from*2 : to*2]
		}
		return blank[from*2 : to*2]
	}
	at := block * fs.g.Block
	return fs.flash[at+from*2 : at+to*2]
}

// idOf is the id of a page in the lookup.
func (fs *FS) idOf(page int) uint16 {
	i := page%fs.perBlock - fs.lookups
	return u16(fs.ids(page/fs.perBlock, i, i+1))
}

// tail is what ends a block's lookup: the magic number, and how often the file system's
// blocks had been erased when this one was.
func (fs *FS) tail(block int) (magic, erases uint16) {
	at := fs.g.magicAt()
	if fs.sparse != nil {
		p := fs.sparse.find(block * fs.perBlock)
		if p == nil {
			return fs.g.magic(block), 0
		}
		return u16(p[at:]), u16(p[at+2:])
	}
	at += block * fs.g.Block
	return u16(fs.flash[at:]), u16(fs.flash[at+2:])
}

// blank is an erased page.
var blank = func() (p page) {
	for i := range p {
		p[i] = 0xFF
	}
	return p
}()

// touch notes that the page of an offset is read, or of it as much as a file's header has.
func (fs *FS) touch(offset int, a access) { fs.read(offset, a, fileHeader) }

// read notes that n bytes of a page are read.
func (fs *FS) read(offset int, a access, n int) {
	switch fs.cache.read(offset/PageSize, a) {
	case fetched:
		fs.ops.read(PageSize)
	case direct:
		fs.ops.read(n)
	}
}

// walk goes through the lookup from an entry on: to the end or, if it wraps, around
// until the block in which it began has been passed again. f gets what is left of a
// lookup page and the number of its first entry, and returns the index of the id at
// which to stop, or -1. Of a block that was never written to it gets nil, and of
// many in a row it does not get all: skipped counts the others. walk returns that entry, or
// -1.
func (fs *FS) walk(start int, wrap bool, f func(first int, ids []byte) int) int {
	block, entry := start/fs.entries, start%fs.entries
	rest := fs.blocks - block
	if wrap {
		block %= fs.blocks
		rest = fs.blocks
		if entry > 0 {
			rest++
		}
	}
	fs.skipped = 0
	for run := 0; rest > 0; rest-- {
		at := block * fs.g.Block
		run++
		for entry < fs.entries {
			end := min(fs.entries, (entry/lookupsPerPage+1)*lookupsPerPage)
			fs.touch(at+entry*2, plain)
			first := block*fs.entries + entry
			var ids []byte
			if fs.sparse == nil || fs.sparse.find(block*fs.perBlock) != nil {
				ids = fs.ids(block, entry, end)
				run = 0
			}
			if i := f(first, ids); i >= 0 {
				return first + i
			}
			entry = end
		}
		entry = 0
		if run >= 2*len(fs.cache.buffers) {
			n := fs.skip(block+1, rest-1)
			block += n
			rest -= n
		}
		if block++; block == fs.blocks {
			block = 0
		}
	}
	return -1
}

// skip passes blocks that were never written to, as many as the cache has buffers or a
// multiple of it, and leaves everything as if their lookups had been read: there were that
// many before them, so each buffer has one of those.
func (fs *FS) skip(block, most int) int {
	buffers := len(fs.cache.buffers)
	n := fs.sparse.unwritten(block, min(block+most, fs.blocks))
	if n -= n % buffers; n == 0 || !fs.cache.pass(n, fs.perBlock) {
		return 0
	}
	fs.ops.Reads += n
	fs.ops.ReadBytes += n * PageSize
	fs.skipped += n
	return n
}

// findFree is the next free page, which counts as taken from now on. If that
// leaves no spare block, one with nothing but deleted pages is erased first
// (spiffs_obj_lu_find_free).
func (fs *FS) findFree() (page int, err error) {
	if !fs.cleaning && fs.freeBlocks < 2 {
		if err := fs.collectQuick(0); err != nil && err != ErrNoDeletedBlocks {
			return 0, err
		}
		if fs.freeBlocks < 2 {
			return 0, ErrFull
		}
	}
	n := fs.walk(fs.nextFree, true, func(_ int, ids []byte) int {
		if ids == nil {
			return 0
		}
		for i := 0; i < len(ids); i += 2 {
			if ids[i] == 0xFF && ids[i+1] == 0xFF {
				return i / 2
			}
		}
		return -1
	})
	if n < 0 {
		return 0, ErrNotFound
	}
	fs.nextFree, fs.freeIn = n+1, n/fs.entries
	if n%fs.entries == 0 {
		fs.freeBlocks--
	}
	return fs.pageOf(n), nil
}

// findPart is the page with a part of a file or, if the id is that of an index, of
// its index (spiffs_obj_lu_find_id_and_span).
func (fs *FS) findPart(id, span uint16) (page int, err error) {
	n := fs.walk(fs.lastFound, true, func(first int, ids []byte) int {
		for i := 0; i < len(ids); i += 2 {
			if u16(ids[i:]) == id && fs.isPart(fs.pageOf(first+i/2), id, span) {
				return i / 2
			}
		}
		return -1
	})
	return fs.foundAt(n)
}

// foundAt is the page of an entry, where the next search begins; a negative one is none.
func (fs *FS) foundAt(n int) (page int, err error) {
	if n < 0 {
		return 0, ErrNotFound
	}
	fs.lastFound = n
	return fs.pageOf(n), nil
}

func (fs *FS) isPart(page int, id, span uint16) bool {
	// The C code has the arguments the wrong way round, so this read takes a buffer.
	fs.touch(page*PageSize, plain)
	p := fs.page(page)
	return u16(p) == id && u16(p[atSpan:]) == span &&
		p[atFlags]&(flagFinal|flagDeleted|flagUsed) == flagDeleted &&
		(id&idIndex == 0 || p[atFlags]&flagRemoving != 0 || span != 0)
}

// liveHeader tells whether an entry with the id of an index is that of a file's
// header.
func (fs *FS) liveHeader(entry int) bool {
	page := fs.pageOf(entry)
	fs.touch(page*PageSize, passing)
	return isLiveHeader(fs.page(page))
}

// findName is the header of the file of a name
// (spiffs_object_find_object_index_header_by_name).
func (fs *FS) findName(name string) (page int, err error) {
	n := fs.walk(fs.lastFound, true, func(first int, ids []byte) int {
		for i := 0; i < len(ids); i += 2 {
			if n := first + i/2; isIndexID(u16(ids[i:])) && fs.liveHeader(n) &&
				string(nameIn(fs.page(fs.pageOf(n)))) == name {
				return i / 2
			}
		}
		return -1
	})
	return fs.foundAt(n)
}

// freeID is an id that no page has (spiffs_obj_lu_find_free_obj_id). If the ids that
// there can be do not fit into a page of bits, they are counted in 256 groups first,
// by header; a group without any gives its first id.
func (fs *FS) freeID() (uint16, error) {
	first, last := 1, fs.blocks*fs.entries/2+1
	if last&idIndex != 0 {
		last = idIndex - 1
	}
	if last-first > PageSize*8 {
		group := (last - first) / PageSize
		count := fs.countIDs(first, last, group)
		least := 0
		for i, n := range count {
			if n < count[least] {
				least = i
			}
		}
		switch int(count[least]) {
		case group:
			return 0, ErrFull
		case 0:
			return uint16(least*group + first), nil
		}
		first += least * group
	}
	var taken [PageSize]byte
	fs.walk(0, true, func(_ int, ids []byte) int {
		for i := 0; i < len(ids); i += 2 {
			id := u16(ids[i:])
			if !usesID(id) {
				continue
			}
			if bit := int(id&^idIndex) - first; bit >= 0 && bit < len(taken)*8 {
				taken[bit/8] |= 1 << (bit % 8)
			}
		}
		return -1
	})
	for bit := range len(taken) * 8 {
		if taken[bit/8]>>(bit%8)&1 == 0 {
			return uint16(first + bit), nil
		}
	}
	return 0, ErrFull
}

// countIDs counts the headers in groups of ids. The C code counts ids behind the last
// group in memory that is not its own; here they do not count.
func (fs *FS) countIDs(first, last, group int) (count [PageSize]byte) {
	fs.walk(0, true, func(start int, ids []byte) int {
		for i := 0; i < len(ids); i += 2 {
			id := u16(ids[i:])
			if !isIndexID(id) {
				continue
			}
			page := fs.pageOf(start + i/2)
			fs.touch(page*PageSize, passing)
			p := fs.page(page)
			if u16(p[atSpan:]) != 0 || p[atFlags]&(flagIndex|flagFinal|flagDeleted) != flagDeleted {
				continue
			}
			n := int(id &^ idIndex)
			if g := (n - first) / group; n >= first && n <= last && g < len(count) {
				count[g]++
			}
		}
		return -1
	})
	return count
}
