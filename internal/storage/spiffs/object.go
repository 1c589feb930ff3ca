package spiffs

// Contents of files: reading, appending, changing, removing
// (app/spiffs/spiffs_nucleus.c).

// indexPage is the page of a part of a file's index: the one that the slot used last
// or one that is looked for.
func (fs *FS) indexPage(s *slot, span uint16) (int, error) {
	if s.indexSpan == span {
		return s.index, nil
	}
	return fs.findPart(s.id|idIndex, span)
}

// readAt reads a range of bytes that is within the size of the file
// (spiffs_object_read).
func (fs *FS) readAt(s *slot, offset uint32, p []byte) error {
	var index []byte
	last := -1 // span of index
	for len(p) > 0 {
		span := uint16(offset / DataSize)
		n, at := indexOf(uint32(span))
		if int(n) != last {
			page := s.header
			if n != 0 {
				var err error
				if page, err = fs.indexPage(s, uint16(n)); err != nil {
					return err
				}
			}
			fs.touch(page*PageSize, plain)
			index = fs.page(page)
			if err := checkIndex(index, s.id, uint16(n)); err != nil {
				return err
			}
			s.index, s.indexSpan = page, uint16(n)
			last = int(n)
		}
		page := int(u16(index[at:]))
		if err := fs.checkData(page, span); err != nil {
			return err
		}
		fs.touch(page*PageSize, plain)
		k := copy(p, fs.page(page)[headerSize+offset%DataSize:])
		p = p[k:]
		offset += uint32(k)
	}
	return nil
}

// writeAt changes what is within the size of the file, then appends the rest
// (spiffs_hydro_write). Writing nothing does nothing; in C it may write an old index
// over the file's header.
func (fs *FS) writeAt(s *slot, offset uint32, p []byte) error {
	fs.change.note(s, offset, len(p))
	if s.size != sizeNone && offset < s.size {
		n := int(min(uint64(s.size-offset), uint64(len(p))))
		if n > 0 {
			if err := fs.modify(s, offset, p[:n]); err != nil {
				return err
			}
		}
		p = p[n:]
		offset += uint32(n)
	}
	if len(p) == 0 {
		return nil
	}
	return fs.appendAt(s, offset, p)
}

// writing is the state of a write: the index that the next page belongs to is in
// FS.work, until a page of another index comes.
type writing struct {
	fs     *FS
	s      *slot
	offset uint32 // at which the write began
	done   uint32 // bytes written
	page   int    // of the index
	span   uint16 // number of the index
	begun  bool   // there is an index in FS.work
}

func (fs *FS) newWriting(s *slot, offset uint32) writing {
	return writing{fs: fs, s: s, offset: offset, page: s.header}
}

func (w *writing) end() uint32 { return w.offset + w.done }

// remember notes the index in the slot.
func (w *writing) remember() { w.s.index, w.s.indexSpan = w.page, w.span }

// load brings the index to FS.work: the header, or another one that exists.
func (w *writing) load() error {
	if w.span != 0 {
		page, err := w.fs.indexPage(w.s, w.span)
		if err != nil {
			return err
		}
		w.page = page
	}
	return w.fs.loadWork(w.page, w.s.id, w.span)
}

// storeInPlace writes the index over itself, which only adds page numbers.
func (w *writing) storeInPlace() error {
	if err := w.fs.checkIndexPage(w.page, w.s.id, w.span); err != nil {
		return err
	}
	w.fs.program(w.page*PageSize, w.fs.work[:], plain)
	return nil
}

// storeMoved writes the index, which is not the header, to a new page.
func (w *writing) storeMoved() error {
	fs := w.fs
	if err := fs.checkIndexPage(w.page, w.s.id, w.span); err != nil {
		return err
	}
	to, err := fs.move(fs.work[:], w.s.id, w.page)
	if err != nil {
		return err
	}
	fs.moved(w.s.id, u16(fs.work[atSpan:]), to, 0)
	w.page = to
	return nil
}

// appendAt writes behind the end of a file (spiffs_object_append). If no free page is
// found half-way, what was written counts, and the error is returned.
func (fs *FS) appendAt(s *slot, offset uint32, p []byte) error {
	offset = min(offset, s.size)
	if err := fs.makeRoom(len(p) + DataSize); err != nil {
		return err
	}
	w := fs.newWriting(s, offset)
	span := uint16(offset / DataSize)
	in := int(offset % DataSize)
	var full error
	for len(p) > 0 {
		n, at := indexOf(uint32(span))
		if !w.begun || uint16(n) != w.span {
			if err := w.turnAppending(uint16(n)); err != nil {
				return err
			}
		}
		k := min(len(p), DataSize-in)
		page := int(u16(fs.work[at:]))
		if in == 0 {
			page, full = fs.allocate(s.id&^idIndex, span, 0xFF&^flagFinal, p[:k], true)
			if full != nil {
				break
			}
		} else {
			if err := fs.checkData(page, span); err != nil {
				return err
			}
			fs.program(page*PageSize+headerSize+in, p[:k], plain)
		}
		putU16(fs.work[at:], uint16(page))
		if w.span == 0 {
			putU32(fs.work[atSize:], w.end())
		}
		in = 0
		span++
		w.done += uint32(k)
		p = p[k:]
	}
	s.size = w.end()
	w.remember()
	if err := w.finishAppending(); err != nil {
		return err
	}
	return full
}

// turnAppending stores the index that is full and begins or loads the next one.
func (w *writing) turnAppending(span uint16) error {
	fs, s := w.fs, w.s
	if w.done > 0 {
		if err := w.storeFull(); err != nil {
			return err
		}
		s.size = w.end()
	}
	w.span = span
	w.begun = true
	last, _ := indexOf((s.size - 1) / DataSize)
	switch {
	case span == 0:
		return fs.loadWork(w.page, s.id, 0)
	case w.done > 0 || span > uint16(last):
		const flags = 0xFF &^ (flagFinal | flagIndex | flagUsed)
		page, err := fs.allocate(s.id|idIndex, span, flags, nil, true)
		if err != nil {
			return err
		}
		fs.work = blank
		head := pageHead(s.id|idIndex, span, flags)
		copy(fs.work[:], head[:])
		fs.moved(s.id, span, page, 0)
		w.page = page
	default:
		if err := w.load(); err != nil {
			return err
		}
	}
	w.remember()
	s.size = w.end()
	return nil
}

// storeFull stores an index when there is more to append than it can hold.
func (w *writing) storeFull() error {
	fs, s := w.fs, w.s
	if w.span != 0 {
		if err := w.storeInPlace(); err != nil {
			return err
		}
		fs.moved(s.id, u16(fs.work[atSpan:]), w.page, 0)
		return fs.rewriteHeader(s, s.id, s.header, true, update{size: w.end()})
	}
	putU32(fs.work[atSize:], w.end())
	if w.offset == 0 { // a header without a size
		return w.storeInPlace()
	}
	return fs.rewriteHeader(s, s.id, s.header, false, update{size: w.end()})
}

// finishAppending stores the last index and the new size.
func (w *writing) finishAppending() error {
	fs, s := w.fs, w.s
	switch {
	case w.span != 0:
		if err := w.storeInPlace(); err != nil {
			return err
		}
		fs.moved(s.id, u16(fs.work[atSpan:]), w.page, 0)
		return fs.rewriteHeader(s, s.id, s.header, true, update{size: w.end()})
	case w.offset == 0:
		putU32(fs.work[atSize:], w.end())
		if err := w.storeInPlace(); err != nil {
			return err
		}
		fs.moved(s.id, u16(fs.work[atSpan:]), w.page, w.end())
		return nil
	}
	return fs.rewriteHeader(s, s.id, s.header, false, update{size: w.end()})
}

// modify writes within the size of a file: each page that changes is replaced
// (spiffs_object_modify).
func (fs *FS) modify(s *slot, offset uint32, p []byte) error {
	if err := fs.makeRoom(len(p) + DataSize); err != nil {
		return err
	}
	w := fs.newWriting(s, offset)
	span := uint16(offset / DataSize)
	in := int(offset % DataSize)
	var full error
	for len(p) > 0 {
		n, at := indexOf(uint32(span))
		if !w.begun || uint16(n) != w.span {
			if err := w.turnModifying(uint16(n)); err != nil {
				return err
			}
		}
		k := min(len(p), DataSize-in)
		old := int(u16(fs.work[at:]))
		if in != 0 || k != DataSize {
			if err := fs.checkData(old, span); err != nil {
				return err
			}
		}
		var page int
		if page, full = fs.replace(s, old, span, in, p[:k]); full != nil {
			break
		}
		putU16(fs.work[at:], uint16(page))
		in = 0
		span++
		w.done += uint32(k)
		p = p[k:]
	}
	w.remember()
	if err := w.storeModified(true); err != nil {
		return err
	}
	return full
}

// replace writes a new version of a page of data and deletes the old one.
func (fs *FS) replace(s *slot, old int, span uint16, in int, p []byte) (page int, err error) {
	id := s.id &^ idIndex
	if in == 0 && len(p) == DataSize {
		if page, err = fs.allocate(id, span, 0xFF, p, true); err != nil {
			return 0, err
		}
		return page, fs.delete(old)
	}
	if page, err = fs.allocate(id, span, 0xFF, nil, false); err != nil {
		return 0, err
	}
	start := headerSize + in
	end := start + len(p)
	if in > 0 {
		fs.copyPart(page, old, headerSize, start)
	}
	if end < PageSize {
		fs.copyPart(page, old, end, PageSize)
	}
	fs.program(page*PageSize+start, p, plain)
	fs.setFlags(page, 0xFF&^(flagUsed|flagFinal), plain)
	return page, fs.delete(old)
}

// turnModifying stores the index that was changed and loads the next one.
func (w *writing) turnModifying(span uint16) error {
	if w.done > 0 {
		if err := w.storeModified(false); err != nil {
			return err
		}
	}
	w.span = span
	w.begun = true
	if err := w.load(); err != nil {
		return err
	}
	w.remember()
	return nil
}

// storeModified writes the index to a new page; after the last one, the slot knows it.
func (w *writing) storeModified(last bool) error {
	fs, s := w.fs, w.s
	if w.span == 0 {
		return fs.rewriteHeader(s, s.id, s.header, false, update{})
	}
	err := w.storeMoved()
	if last && err == nil {
		w.remember()
	}
	return err
}

// truncate empties a file or, if remove, removes it, from the end on
// (spiffs_object_truncate, which is never called with another size than 0). A file
// that is being removed is marked first, and its size is not brought up to date: a
// full file system has no page for that.
func (fs *FS) truncate(s *slot, remove bool) error {
	if !remove {
		if s.size == sizeNone || s.size == 0 {
			return nil
		}
		if err := fs.makeRoom(2 * DataSize); err != nil {
			return err
		}
	} else {
		fs.setFlags(s.header, 0xFF&^(flagUsed|flagIndex|flagFinal|flagRemoving), plain)
	}
	fs.change.Any, fs.change.Cut = true, true
	size := s.size
	if size == sizeNone {
		size = 0
	}
	w := fs.newWriting(s, 0)
	span := uint16((max(size, 1) - 1) / DataSize)
	var broken error
	for size > 0 {
		n, at := indexOf(uint32(span))
		if !w.begun || uint16(n) != w.span {
			if err := w.turnTruncating(uint16(n), size, remove); err != nil {
				return err
			}
		}
		page := int(u16(fs.work[at:]))
		putU16(fs.work[at:], noPage)
		switch err := fs.checkData(page, span); err {
		case nil:
			broken = fs.delete(page)
		case ErrDeleted, ErrIndexRefFree: // it was cut off before
		default:
			broken = err
		}
		if broken != nil {
			break
		}
		size = (size - 1) / DataSize * DataSize
		s.size = size
		span--
	}
	if err := w.finishTruncating(size, remove); err != nil {
		return err
	}
	s.size = size
	return nil
}

// turnTruncating deletes the index that nothing is left of and loads the one before
// it.
func (w *writing) turnTruncating(span uint16, size uint32, remove bool) error {
	fs, s := w.fs, w.s
	if w.begun {
		if err := fs.checkIndexPage(w.page, s.id, w.span); err != nil {
			return err
		}
		if err := fs.delete(w.page); err != nil {
			return err
		}
		fs.gone(s.id, u16(fs.work[atSpan:]))
		if w.span > 0 {
			if !remove {
				if err := fs.rewriteHeader(s, s.id, s.header, true, update{size: size}); err != nil {
					return err
				}
			}
			s.size = size
		}
	}
	w.span = span
	w.begun = true
	if span == 0 {
		w.page = s.header
	} else {
		page, err := fs.findPart(s.id|idIndex, span)
		if err != nil {
			return err
		}
		w.page = page
	}
	if err := fs.loadWork(w.page, s.id, span); err != nil {
		return err
	}
	w.remember()
	return nil
}

// finishTruncating stores what is left of a file or deletes its header. size is more
// than 0 if the file is damaged.
func (w *writing) finishTruncating(size uint32, remove bool) error {
	fs, s := w.fs, w.s
	switch {
	case w.span != 0:
		if err := w.storeMoved(); err != nil {
			return err
		}
		w.remember()
		return fs.rewriteHeader(s, s.id, s.header, true, update{size: size})
	case size > 0:
		return fs.rewriteHeader(s, s.id, w.page, false, update{size: size})
	case !remove:
		copy(fs.work[fileHeader:], blank[fileHeader:])
		return fs.rewriteHeader(s, s.id, w.page, false, update{size: sizeNone})
	}
	if err := fs.checkIndexPage(w.page, s.id, 0); err != nil {
		return err
	}
	if err := fs.delete(w.page); err != nil {
		return err
	}
	fs.gone(s.id, 0)
	return nil
}
