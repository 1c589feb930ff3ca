package spiffs

// Garbage collection chooses the blocks and moves the pages that the C code does
// (app/spiffs/spiffs_gc.c).

const (
	// Weights of a block's score: SPIFFS_GC_HEUR_W_….
	weightDeleted = 5
	weightUsed    = -1
	weightAge     = 50 // for each erasure since that of the block
	// collectMax is how many blocks one call may collect: SPIFFS_GC_MAX_RUNS,
	// app/spiffs/nodemcu_spiffs.h.
	collectMax = 256
)

// freePages is how many pages files can still get, deleted ones not counted. It is
// negative when the spare blocks are in use.
func (fs *FS) freePages() int { return fs.g.capacity() - fs.used - fs.deleted }

// makeRoom collects garbage until a number of bytes can be written
// (spiffs_gc_check).
func (fs *FS) makeRoom(size int) error {
	free := fs.freePages()
	if fs.freeBlocks > 3 && size < free*DataSize {
		return nil
	}
	if (size+DataSize-1)/DataSize > free+fs.deleted {
		return ErrFull
	}
	for tries := 1; ; tries++ {
		before := free
		if err := fs.collect(fs.chooseBlock(free <= 0)); err != nil {
			return err
		}
		free = fs.freePages()
		if before <= 0 && before == free || // nothing gained, so spare the flash
			tries >= collectMax ||
			fs.freeBlocks > 2 && size <= free*DataSize {
			break
		}
	}
	if size > free*DataSize {
		return ErrFull
	}
	return nil
}

// collect empties a block and erases it.
func (fs *FS) collect(block int) error {
	fs.cleaning = true
	err := fs.clean(block)
	fs.cleaning = false
	if err != nil {
		return err
	}
	_, used, deleted := fs.countBlock(block)
	fs.used -= used
	fs.deleted -= deleted
	fs.recycle(block)
	return nil
}

// recycle erases a block that nothing is in.
func (fs *FS) recycle(block int) {
	fs.eraseBlock(block)
	for p := range fs.perBlock {
		if b := fs.cache.find(block*fs.perBlock + p); b != nil {
			fs.cache.free(b)
		}
	}
}

// countBlock counts the pages of a block.
func (fs *FS) countBlock(block int) (free, used, deleted int) {
	at := block * fs.g.Block
	for i := range fs.entries {
		if i%lookupsPerPage == 0 {
			fs.touch(at+i*2, plain)
		}
		switch u16(fs.ids(block, i, i+1)) {
		case idFree:
			free++
		case idDeleted:
			deleted++
		default:
			used++
		}
	}
	return free, used, deleted
}

// chooseBlock is the block with the highest score. Blocks that are free count as
// well, by their age. In a crammed file system the age does not count
// (spiffs_gc_find_candidate).
func (fs *FS) chooseBlock(crammed bool) int {
	best, bestScore := 0, 0
	for b := range fs.blocks {
		at := b * fs.g.Block
		used, deleted := fs.countFilled(b)
		fs.read(at+fs.g.magicAt(), passing, 2)
		_, erases := fs.tail(b)
		age := fs.erases - erases
		if fs.erases <= erases { // erases began again at zero
			age-- // SPIFFS_OBJ_ID_FREE − (erases − fs.erases)
		}
		score := deleted*weightDeleted + used*weightUsed
		if !crammed {
			score += int(age) * weightAge
		}
		if b == 0 || score > bestScore {
			best, bestScore = b, score
		}
	}
	return best
}

// countFilled counts the pages of a block up to the first one that is free: pages are
// used in order.
func (fs *FS) countFilled(block int) (used, deleted int) {
	for i := 0; i < fs.entries; i += lookupsPerPage {
		fs.touch(block*fs.g.Block+i*2, plain)
		ids := fs.ids(block, i, min(i+lookupsPerPage, fs.entries))
		for ; len(ids) >= 2; ids = ids[2:] {
			switch u16(ids) {
			case idFree:
				return used, deleted
			case idDeleted:
				deleted++
			default:
				used++
			}
		}
	}
	return used, deleted
}

// collectQuick erases the first block with nothing but deleted pages and at most a
// number of free ones (spiffs_gc_quick).
func (fs *FS) collectQuick(freeMax int) error {
	for b := range fs.blocks {
		deleted, ok := fs.onlyDeleted(b, freeMax)
		if ok {
			fs.deleted -= deleted
			fs.recycle(b)
			return nil
		}
	}
	return ErrNoDeletedBlocks
}

func (fs *FS) onlyDeleted(block, freeMax int) (deleted int, ok bool) {
	free := 0
	for i := range fs.entries {
		if i%lookupsPerPage == 0 {
			fs.touch(block*fs.g.Block+i*2, plain)
		}
		switch u16(fs.ids(block, i, i+1)) {
		case idDeleted:
			deleted++
		case idFree:
			if free++; free > freeMax {
				return 0, false
			}
		default:
			return 0, false
		}
	}
	return deleted, true
}

// clean moves what is in use out of a block (spiffs_gc_clean): for each page of data
// in order all those in the block that the same index leads to, then that index, so
// that it is written only once; at last the indexes that are in the block.
func (fs *FS) clean(block int) error {
	if fs.freeIn == block {
		fs.freeIn = (block + 1) % fs.blocks
		fs.nextFree = fs.freeIn * fs.entries
	}
	at := block * fs.g.Block
	first := block*fs.perBlock + fs.lookups
	for i := 0; ; i++ {
		i = fs.nextData(at, first, i)
		if i == fs.entries {
			break
		}
		if err := fs.cleanData(at, first, i); err != nil {
			return err
		}
	}
	return fs.cleanIndexes(at, first)
}

// nextData is the next entry of a block with data, from one on.
func (fs *FS) nextData(at, first, i int) int {
	fs.touch(at+i*2, plain)
	for start := i; i < fs.entries; i++ {
		if i > start && i%lookupsPerPage == 0 {
			fs.touch(at+i*2, plain)
		}
		if isDataID(fs.idOf(first + i)) {
			break
		}
	}
	return i
}

// cleanData moves the page of data of an entry and all that share its index.
func (fs *FS) cleanData(at, first, i int) error {
	id := fs.idOf(first + i)
	fs.touch((first+i)*PageSize, passing)
	n, _ := indexOf(uint32(u16(fs.page(first + i)[atSpan:])))
	span := uint16(n)
	index, err := fs.findPart(id|idIndex, span)
	if err == ErrNotFound { // nothing leads to the page
		return fs.delete(first + i)
	}
	if err != nil {
		return err
	}
	fs.read(index*PageSize, passing, PageSize)
	copy(fs.work[:], fs.page(index))
	if err := checkIndex(fs.work[:], id|idIndex, span); err != nil {
		return err
	}
	if err := fs.moveData(at, first, id, span); err != nil {
		return err
	}
	if span == 0 {
		return fs.rewriteHeader(nil, id, index, false, update{})
	}
	to, err := fs.move(fs.work[:], id|idIndex, index)
	if err != nil {
		return err
	}
	fs.moved(id, u16(fs.work[atSpan:]), to, 0)
	return nil
}

// moveData moves all pages of data of a block that the index in the buffer for
// changes leads to.
func (fs *FS) moveData(at, first int, id, span uint16) error {
	for i := range fs.entries {
		if i%lookupsPerPage == 0 {
			fs.touch(at+i*2, plain)
		}
		if fs.idOf(first+i) != id {
			continue
		}
		page := first + i
		fs.touch(page*PageSize, passing)
		p := fs.page(page)
		n, slotAt := indexOf(uint32(u16(p[atSpan:])))
		if uint16(n) != span {
			continue
		}
		to := noPage
		if p[atFlags]&flagDeleted != 0 {
			var err error
			if to, err = fs.copyPage(id, page); err != nil {
				return err
			}
			fs.touch(at+i*2, plain)
		} else if err := fs.delete(page); err != nil { // as only its flags say so far
			return err
		}
		putU16(fs.work[slotAt:], uint16(to))
	}
	return nil
}

// cleanIndexes moves all headers and indexes of a block.
func (fs *FS) cleanIndexes(at, first int) error {
	for i := range fs.entries {
		if i%lookupsPerPage == 0 {
			fs.touch(at+i*2, plain)
		}
		id := fs.idOf(first + i)
		if !isIndexID(id) {
			continue
		}
		page := first + i
		fs.touch(page*PageSize, passing)
		p := fs.page(page)
		span := u16(p[atSpan:])
		if p[atFlags]&flagDeleted == 0 {
			if err := fs.delete(page); err != nil {
				return err
			}
			fs.gone(id, span)
			continue
		}
		to, err := fs.copyPage(id, page)
		if err != nil {
			return err
		}
		fs.moved(id, span, to, 0)
		fs.touch(at+i*2, plain)
	}
	return nil
}
