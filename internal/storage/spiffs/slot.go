package spiffs

// slot is a file descriptor (spiffs_fd, app/spiffs/spiffs_nucleus.h). A closed one
// remembers where its file was, so that it is found at once if it is opened again.
type slot struct {
	n     int // of the descriptor, from 1 on
	open  bool
	uses  int // how often it was opened, to tell files from each other
	id    uint16
	flags Flags
	size  uint32 // sizeNone: never written to
	pos   uint32

	header    int    // page
	index     int    // page of the index that was used last
	indexSpan uint16 // and its number

	buffer *buffer // with what waits to be written

	hash  uint32 // of the name
	score uint16 // how often it was found again; 0: never opened by name
}

// hitScore is SPIFFS_TEMPORAL_CACHE_HIT_SCORE.
const hitScore = 4

// hashName is spiffs_hash: djb2.
func hashName(name string) uint32 {
	h := uint32(5381)
	for i := range len(name) {
		h = h*33 ^ uint32(name[i])
	}
	return h
}

// takeSlot is a free slot: the one that had the file of a name before, or else the
// one with the lowest score (spiffs_fd_find_new). Without a name, scores stay.
func (fs *FS) takeSlot(name string, byName bool) (*slot, error) {
	hash := uint32(0)
	if byName {
		hash = hashName(name)
		for i := range fs.slots {
			if s := &fs.slots[i]; !s.open && s.score > 1 {
				s.score--
			}
		}
	}
	var s *slot
	for i := range fs.slots {
		c := &fs.slots[i]
		if c.open {
			continue
		}
		if byName && c.hash == hash {
			s = c
			break
		}
		if s == nil || c.score < s.score {
			s = c
		}
	}
	if s == nil {
		return nil, ErrOutOfFileDescs
	}
	if byName {
		if s.hash == hash && s.score > 0 {
			fs.lastFound = max(0, fs.entryOf(s.header))
			if s.score < 0xFFFF-hitScore {
				s.score += hitScore
			} else {
				s.score = 0xFFFF
			}
		} else {
			s.score, s.hash = hitScore, hash
		}
	}
	s.open = true
	s.uses++
	return s, nil
}

// rehash follows a file that gets another name (spiffs_fd_temporal_cache_rehash).
func (fs *FS) rehash(from, to string) {
	was, is := hashName(from), hashName(to)
	for i := range fs.slots {
		if s := &fs.slots[i]; s.score > 0 && s.hash == was {
			s.hash = is
		}
	}
}

// load makes a slot one of the file with a header (spiffs_object_open_by_page).
func (fs *FS) load(s *slot, page int, flags Flags) error {
	fs.touch(page*PageSize, plain)
	p := fs.page(page)
	fs.touch(fs.idAt(page), plain)
	s.header, s.index, s.indexSpan = page, page, 0
	s.size = u32(p[atSize:])
	s.id = fs.idOf(page)
	s.flags = flags
	return checkIndex(p, s.id, 0)
}

// moved tells all slots that a part of a file's index is in another page or has
// other contents. size is that of the file, 0 if it did not change
// (spiffs_cb_object_event).
func (fs *FS) moved(id, span uint16, page int, size uint32) {
	for i := range fs.slots {
		s := &fs.slots[i]
		if s.id&^idIndex != id&^idIndex {
			continue
		}
		if span == 0 {
			if s.score == 0 {
				continue
			}
			s.header = page
			if size != 0 {
				fs.resized(s, size)
			}
		}
		if s.indexSpan == span {
			s.index = page
		}
	}
}

// resized gives a slot another size; what waits behind the new end is given up.
func (fs *FS) resized(s *slot, size uint32) {
	s.size = size
	if size == sizeNone {
		size = 0
	}
	if b := s.buffer; b != nil && size > 0 {
		size = max(size, b.offset+b.size)
	}
	s.pos = min(s.pos, size)
	if b := s.buffer; b != nil && b.offset > size+1 {
		fs.release(b)
	}
}

// gone tells all slots that a part of a file's index was deleted. Without its header
// the file is closed for all.
func (fs *FS) gone(id, span uint16) {
	for i := range fs.slots {
		s := &fs.slots[i]
		if s.id&^idIndex != id&^idIndex {
			continue
		}
		if span == 0 {
			if s.open {
				fs.release(s.buffer)
			}
			s.open = false
			s.id = idDeleted
		}
		if s.indexSpan == span {
			s.index = 0
		}
	}
}
