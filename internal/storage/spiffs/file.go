package spiffs

import "errors"

// Flags say what a file is opened for (SPIFFS_O_…, app/spiffs/spiffs.h).
type Flags uint8

// The flags. SPIFFS_O_DIRECT is left out: nothing in the firmware uses it, and files that
// are open with and without it get each other's data.
const (
	Append    Flags = 1 << 0
	Truncate  Flags = 1 << 1
	Create    Flags = 1 << 2
	ReadOnly  Flags = 1 << 3
	WriteOnly Flags = 1 << 4
	Exclusive Flags = 1 << 6 // with Create: there must be no such file
	ReadWrite       = ReadOnly | WriteOnly
)

// Whence is the base of File.Seek.
type Whence int

// The bases: SPIFFS_SEEK_….
const (
	SeekSet Whence = iota
	SeekCur
	SeekEnd
)

// File is an open file.
//
// Writes of less than a page wait in memory until more is written than fits there,
// until the file is read, flushed or closed, or until its position is asked for.
type File struct {
	fs   *FS
	slot *slot
	uses int // of the slot when the file was opened
}

// Open opens a file.
func (fs *FS) Open(name string, flags Flags) (*File, error) {
	name = cString(name)
	if err := fs.ready(); err != nil {
		return nil, err
	}
	if len(name) > NameMax {
		return nil, fs.fail(ErrNameTooLong)
	}
	if flags&(WriteOnly|Create|Truncate) != 0 {
		fs.arm()
	}
	s, err := fs.takeSlot(name, true)
	if err != nil {
		return nil, fs.fail(err)
	}
	if err := fs.openSlot(s, name, flags); err != nil {
		s.open = false
		return nil, fs.fail(err)
	}
	return &File{fs: fs, slot: s, uses: s.uses}, nil
}

func (fs *FS) openSlot(s *slot, name string, flags Flags) error {
	page, err := fs.findName(name)
	switch {
	case err == nil && flags&(Create|Exclusive) == Create|Exclusive:
		return ErrFileExists
	case err == ErrNotFound && flags&Create != 0:
		id, err := fs.freeID()
		if err != nil {
			return err
		}
		if page, err = fs.create(id, name); err != nil {
			return err
		}
		flags &^= Truncate
	case err != nil:
		return err
	}
	if err := fs.load(s, page, flags); err != nil {
		return err
	}
	if flags&Truncate != 0 {
		if err := fs.truncate(s, false); err != nil {
			return err
		}
	}
	s.pos = 0
	return nil
}

// use tells whether the file is still open.
func (f *File) use() error {
	if err := f.fs.ready(); err != nil {
		return err
	}
	if !f.slot.open || f.slot.uses != f.uses {
		return f.fs.fail(ErrFileClosed)
	}
	return nil
}

// Descriptor is the number that the file has in C, from 1 on.
func (f *File) Descriptor() int { return f.slot.n }

// Read fills p from the position on. At the end it returns 0 and no error.
func (f *File) Read(p []byte) (int, error) {
	if err := f.use(); err != nil {
		return 0, err
	}
	fs, s := f.fs, f.slot
	if s.flags&ReadOnly == 0 {
		return 0, fs.fail(ErrNotReadable)
	}
	if s.size == sizeNone && len(p) > 0 {
		_ = fs.fail(ErrEndOfObject)
		return 0, nil
	}
	_ = fs.flush(s)
	if uint64(s.pos)+uint64(len(p)) >= uint64(s.size) {
		if s.size == sizeNone || s.pos >= s.size {
			_ = fs.fail(ErrEndOfObject)
			return 0, nil
		}
		p = p[:s.size-s.pos]
	}
	if err := fs.readAt(s, s.pos, p); err != nil {
		return 0, fs.fail(err)
	}
	s.pos += uint32(len(p))
	return len(p), nil
}

// Write writes p at the position, or at the end of a file that was opened with Append. Where
// there is nothing to write, the position goes to that end all the same, and nothing else
// happens: the C code would write an index page of whatever is in its buffer, if that is
// within the file (spiffs_hydro_write, spiffs_object_modify).
func (f *File) Write(p []byte) (int, error) {
	if err := f.use(); err != nil {
		return 0, err
	}
	fs, s := f.fs, f.slot
	if s.flags&WriteOnly == 0 {
		return 0, fs.fail(ErrNotWritable)
	}
	if s.flags&Append != 0 {
		s.pos = s.size
		if s.size == sizeNone {
			s.pos = 0
		}
	}
	if len(p) == 0 {
		return 0, nil
	}
	if s.buffer == nil {
		s.buffer = fs.cache.waiting(s.id)
	}
	offset := s.pos
	if b := s.buffer; b != nil && s.flags&Append != 0 {
		offset = max(offset, b.offset+b.size)
	}
	if err := f.writeBuffered(offset, p); err != nil {
		return 0, fs.fail(err)
	}
	s.pos += uint32(len(p))
	return len(p), nil
}

// writeBuffered puts a small write into the buffer of the file. What waits there is
// written first if the two do not fit together.
func (f *File) writeBuffered(offset uint32, p []byte) error {
	fs, s := f.fs, f.slot
	n := uint32(len(p))
	small := n < PageSize
	b := s.buffer
	if b != nil && (!small || offset < b.offset || offset > b.offset+b.size || offset+n > b.offset+PageSize) {
		err := fs.writeAt(s, b.offset, b.data[:b.size])
		fs.release(b)
		if err != nil {
			return err
		}
		b = nil
	}
	if small && b == nil {
		if b = fs.cache.takeFor(s.id); b != nil {
			b.offset = offset
		}
		s.buffer = b
	}
	if !small || b == nil {
		return fs.writeAt(s, offset, p)
	}
	copy(b.data[offset-b.offset:], p)
	b.size = max(b.size, offset-b.offset+n)
	return nil
}

// flush writes what waits (spiffs_fflush_cache). If that fails, it is lost.
func (fs *FS) flush(s *slot) error {
	if s.buffer == nil {
		s.buffer = fs.cache.waiting(s.id)
	}
	b := s.buffer
	if b == nil {
		return nil
	}
	err := fs.writeAt(s, b.offset, b.data[:b.size])
	fs.release(b)
	if err != nil {
		return fs.fail(err)
	}
	return nil
}

// Flush writes what waits in memory.
func (f *File) Flush() error {
	if err := f.use(); err != nil {
		return err
	}
	return f.fs.flush(f.slot)
}

// Close writes what waits and gives the descriptor back. If writing fails, the file
// stays open, as in C; what waited is lost, and closing again works.
func (f *File) Close() error {
	if err := f.Flush(); err != nil {
		return err
	}
	f.slot.open = false
	return nil
}

// Seek moves the position. Past the end, it moves to the end and fails.
func (f *File) Seek(offset int, w Whence) (int, error) {
	if err := f.use(); err != nil {
		return 0, err
	}
	fs, s := f.fs, f.slot
	_ = fs.flush(s)
	size := int(s.size)
	if s.size == sizeNone {
		size = 0
	}
	switch w {
	case SeekCur:
		offset += int(s.pos)
	case SeekEnd:
		offset += size
	}
	if offset < 0 {
		return 0, fs.fail(ErrSeekBounds)
	}
	if offset > size {
		s.pos = uint32(size)
		return 0, fs.fail(ErrEndOfObject)
	}
	n, _ := indexOf(uint32(max(offset, 1)-1) / DataSize)
	if span := uint16(n); span != s.indexSpan {
		page, err := fs.findPart(s.id|idIndex, span)
		if err != nil {
			return 0, fs.fail(err)
		}
		s.indexSpan, s.index = span, page
	}
	s.pos = uint32(offset)
	return offset, nil
}

// Tell is the position. What waits is written first.
func (f *File) Tell() (int, error) {
	if err := f.Flush(); err != nil {
		return 0, err
	}
	return int(f.slot.pos), nil
}

// EOF tells whether the position is at the end. What waits is written first.
func (f *File) EOF() (bool, error) {
	if err := f.Flush(); err != nil {
		return false, err
	}
	s := f.slot
	return s.size == sizeNone || s.pos >= s.size, nil
}

// Stat describes the file. What waits is written first.
func (f *File) Stat() (Stat, error) {
	if err := f.use(); err != nil {
		return Stat{}, err
	}
	_ = f.fs.flush(f.slot)
	return f.fs.statPage(f.slot.header), nil
}

// Size is what the firmware's own function finds by moving to the end and back
// (myspiffs_vfs_size, app/spiffs/spiffs.c).
func (f *File) Size() (int, error) {
	pos, err := f.Tell()
	if err != nil {
		return 0, err
	}
	size, err := f.Seek(0, SeekEnd)
	if err != nil {
		return 0, err
	}
	_, err = f.Seek(pos, SeekSet)
	return size, err
}

// ReadFile reads a whole file.
func (fs *FS) ReadFile(name string) ([]byte, error) {
	f, err := fs.Open(name, ReadOnly)
	if err != nil {
		return nil, err
	}
	size, err := f.Size()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b := make([]byte, size)
	n, err := f.Read(b)
	return b[:n], errors.Join(err, f.Close())
}

// Remove removes the file and closes it for all who have it open (SPIFFS_fremove).
func (f *File) Remove() error {
	if err := f.use(); err != nil {
		return err
	}
	fs, s := f.fs, f.slot
	if s.flags&WriteOnly == 0 {
		return fs.fail(ErrNotWritable)
	}
	fs.release(s.buffer)
	if err := fs.truncate(s, true); err != nil {
		return fs.fail(err)
	}
	return nil
}

// Remove removes a file, for which it needs a free descriptor. Who has it open finds
// it closed.
func (fs *FS) Remove(name string) error {
	fs.arm()
	name = cString(name)
	if err := fs.ready(); err != nil {
		return err
	}
	if len(name) > NameMax {
		return fs.fail(ErrNameTooLong)
	}
	s, err := fs.takeSlot("", false)
	if err != nil {
		return fs.fail(err)
	}
	page, err := fs.findName(name)
	if err == nil {
		err = fs.load(s, page, 0)
	}
	if err == nil {
		err = fs.truncate(s, true)
	}
	if err != nil {
		s.open = false
		return fs.fail(err)
	}
	return nil
}

// Rename gives a file another name, which no file may have. It needs a free
// descriptor.
func (fs *FS) Rename(from, to string) error {
	fs.arm()
	from, to = cString(from), cString(to)
	if err := fs.ready(); err != nil {
		return err
	}
	if len(from) > NameMax || len(to) > NameMax {
		return fs.fail(ErrNameTooLong)
	}
	page, err := fs.findName(from)
	if err != nil {
		return fs.fail(err)
	}
	if _, err := fs.findName(to); err == nil {
		return fs.fail(ErrConflictingName)
	} else if err != ErrNotFound {
		return fs.fail(err)
	}
	s, err := fs.takeSlot("", false)
	if err != nil {
		return fs.fail(err)
	}
	if err = fs.load(s, page, 0); err == nil {
		err = fs.rewriteHeader(s, s.id, s.header, true, update{rename: true, name: to})
	}
	if err == nil {
		fs.rehash(from, to)
	}
	s.open = false
	if err != nil {
		return fs.fail(err)
	}
	return nil
}

// Collect collects garbage until a number of bytes can be written (SPIFFS_gc).
func (fs *FS) Collect(size int) error {
	fs.arm()
	if err := fs.ready(); err != nil {
		return err
	}
	if err := fs.makeRoom(size); err != nil {
		return fs.fail(err)
	}
	return nil
}

// CollectQuick erases a block with nothing but deleted pages and at most freeMax free
// ones (SPIFFS_gc_quick).
func (fs *FS) CollectQuick(freeMax int) error {
	fs.arm()
	if err := fs.ready(); err != nil {
		return err
	}
	if err := fs.collectQuick(freeMax); err != nil {
		return fs.fail(err)
	}
	return nil
}
