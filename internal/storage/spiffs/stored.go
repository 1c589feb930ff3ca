package spiffs

// Who keeps a copy of the files elsewhere asks after each call what changed on flash, and
// reads that. Neither is anything that the C code does, so it takes no time of the chip, and
// leaves its cache alone.

// Change is what was changed in the content of a file on flash. What waits to be written
// is not there yet.
type Change struct {
	Any      bool
	Cut      bool   // it was emptied or removed before
	From, To uint32 // bytes that were written, if To is not 0; fewer where flash is full
}

// note adds a write to it.
func (c *Change) note(s *slot, offset uint32, n int) {
	size := s.size
	if size == sizeNone {
		size = 0
	}
	offset = min(offset, size)
	if c.To == 0 {
		c.From = offset
	}
	c.From, c.To = min(c.From, offset), max(c.To, offset+uint32(n))
	c.Any = true
}

// TakeChange tells what changed since it was asked last. No call changes two files.
func (fs *FS) TakeChange() Change {
	c := fs.change
	fs.change = Change{}
	return c
}

// StoredSize is how much of the file is on flash. It can be asked right after the file was
// closed, too.
func (f *File) StoredSize() int {
	if f.slot.uses != f.uses || f.slot.size == sizeNone {
		return 0
	}
	return int(f.slot.size)
}

// ReadStored reads what is on flash of the file, also right after it was closed: p from an
// offset on, all within its size. It returns how much it read before the error.
func (f *File) ReadStored(p []byte, offset int) (n int, err error) {
	fs, s := f.fs, f.slot
	if s.uses != f.uses {
		return 0, ErrFileClosed
	}
	var index []byte
	last := -1
	for len(p) > 0 {
		span := offset / DataSize
		i, at := indexOf(uint32(span))
		if int(i) != last {
			last = int(i)
			if index = fs.storedIndex(s, uint16(i)); index == nil {
				return n, ErrIndexInvalid
			}
		}
		page := int(u16(index[at:]))
		if !fs.inFile(page) || u16(fs.page(page)[atSpan:]) != uint16(span) {
			return n, ErrIndexRefInvalid
		}
		k := copy(p, fs.page(page)[headerSize+offset%DataSize:])
		p = p[k:]
		offset += k
		n += k
	}
	return n, nil
}

// storedIndex is a part of a file's index, nil if there is none.
func (fs *FS) storedIndex(s *slot, span uint16) []byte {
	id := s.id | idIndex
	page := s.header
	switch {
	case span == 0:
	case span == s.indexSpan && checkIndex(fs.page(s.index), id, span) == nil:
		page = s.index
	default:
		page = fs.storedPart(id, span)
	}
	if !fs.inFile(page) {
		return nil
	}
	p := fs.page(page)
	if checkIndex(p, id, span) != nil {
		return nil
	}
	return p
}

// storedPart looks for a page with a part of an index, -1 if there is none.
func (fs *FS) storedPart(id, span uint16) int {
	for b := range fs.blocks {
		ids := fs.ids(b, 0, fs.entries)
		for i := 0; i < len(ids); i += 2 {
			if u16(ids[i:]) != id {
				continue
			}
			page := b*fs.perBlock + fs.lookups + i/2
			if p := fs.page(page); u16(p) == id && checkIndex(p, id, span) == nil {
				return page
			}
		}
	}
	return -1
}
