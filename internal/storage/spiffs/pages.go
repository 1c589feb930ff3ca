package spiffs

// Pages are written in an order that a power cut may end anywhere: page numbers and
// the orders are those of app/spiffs/spiffs_nucleus.c.

// put writes whole words.
func (fs *FS) put(at int, b []byte) {
	fs.ops.write(len(b))
	fs.chip.Write(at, b)
}

// program clears bits from an offset on; the chip wants whole words.
func (fs *FS) program(offset int, b []byte, a access) {
	fs.cache.write(offset/PageSize, a)
	at := fs.g.Offset + offset
	lead := offset % wordSize
	if lead == 0 && len(b)%wordSize == 0 {
		fs.put(at, b)
		return
	}
	n := (lead + len(b) + wordSize - 1) / wordSize * wordSize
	w := fs.word[:n]
	putU32(w, 0xFFFFFFFF)
	putU32(w[n-wordSize:], 0xFFFFFFFF)
	copy(w[lead:], b)
	fs.put(at-lead, w)
}

// programU16 clears bits of a number, which is in one word.
func (fs *FS) programU16(offset int, v uint16, a access) {
	fs.cache.write(offset/PageSize, a)
	lead := offset % wordSize
	putU32(fs.word[:], 0xFFFFFFFF)
	putU16(fs.word[lead:], v)
	fs.put(fs.g.Offset+offset-lead, fs.word[:wordSize])
}

// setFlags clears the flags of a page that are not set in flags.
func (fs *FS) setFlags(page int, flags byte, a access) {
	fs.cache.write(page, a)
	putU32(fs.word[:], 0xFFFFFF00|uint32(flags))
	fs.put(fs.g.Offset+page*PageSize+atFlags, fs.word[:wordSize])
}

// programHead writes the beginning of a page.
func (fs *FS) programHead(page int, head [headerSize]byte) {
	fs.cache.write(page, plain)
	putU32(fs.word[wordSize:], 0xFFFFFFFF)
	copy(fs.word[:], head[:])
	fs.put(fs.g.Offset+page*PageSize, fs.word[:2*wordSize])
}

// eraseBlock erases a block, then writes the count of erasures, then the magic number
// (spiffs_erase_block).
func (fs *FS) eraseBlock(block int) {
	fs.arm()
	at := block * fs.g.Block
	for i := 0; i < fs.g.Block; i += SectorSize {
		fs.chip.Erase(fs.g.Offset + at + i)
		fs.ops.Erases++
	}
	fs.freeBlocks++
	fs.programU16(at+fs.g.magicAt()+2, fs.erases, through)
	fs.programU16(at+fs.g.magicAt(), fs.g.magic(block), through)
	if fs.erases++; fs.erases == idIndex {
		fs.erases = 0
	}
}

// pageHead is the beginning of a page.
func pageHead(id, span uint16, flags byte) [headerSize]byte {
	return [headerSize]byte{byte(id), byte(id >> 8), byte(span), byte(span >> 8), flags}
}

// allocate writes a new page: its id in the lookup, its beginning, then the data, if
// any. Where the flags do not say yet that the page is final, finish adds that
// (spiffs_page_allocate_data).
func (fs *FS) allocate(id, span uint16, flags byte, data []byte, finish bool) (page int, err error) {
	page, err = fs.findFree()
	if err != nil {
		return 0, err
	}
	fs.programU16(fs.idAt(page), id, plain)
	fs.used++
	flags &^= flagUsed
	fs.programHead(page, pageHead(id, span, flags))
	if data != nil {
		fs.program(page*PageSize+headerSize, data, plain)
	}
	if finish && flags&flagFinal != 0 {
		fs.setFlags(page, flags&^flagFinal, plain)
	}
	return page, nil
}

// move writes a page that was changed in memory to a new place and deletes the old one
// (spiffs_page_move). It is final when it is in the lookup.
func (fs *FS) move(content []byte, id uint16, from int) (to int, err error) {
	to, err = fs.findFree()
	if err != nil {
		return 0, err
	}
	final := content[atFlags]&flagFinal == 0
	content[atFlags] = content[atFlags]&^flagUsed | flagFinal
	fs.program(to*PageSize, content, plain)
	fs.programU16(fs.idAt(to), id, plain)
	fs.used++
	if final {
		content[atFlags] &^= flagFinal | flagUsed
		fs.setFlags(to, content[atFlags], plain)
	}
	return to, fs.delete(from)
}

// copyPage copies a page as it is to a new place and deletes the old one.
func (fs *FS) copyPage(id uint16, from int) (to int, err error) {
	to, err = fs.findFree()
	if err != nil {
		return 0, err
	}
	fs.copyPart(to, from, 0, PageSize)
	fs.programU16(fs.idAt(to), id, plain)
	fs.used++
	return to, fs.delete(from)
}

// copyPart copies a range of bytes of a page to another page.
func (fs *FS) copyPart(to, from, start, end int) {
	fs.touch(from*PageSize, plain)
	fs.program(to*PageSize+start, fs.page(from)[start:end], plain)
}

// delete marks a page as deleted, in the lookup first (spiffs_page_delete). Files
// have gaps where a full file system stopped a write. The C code counts those as
// pages, too, and its writes go past the end of the chip. To pages that only damaged
// indexes lead to it does write; here that is an error.
func (fs *FS) delete(page int) error {
	if page != noPage && !fs.inFile(page) {
		return ErrIndexRefInvalid
	}
	fs.deleted++
	fs.used--
	if page == noPage {
		return nil
	}
	fs.programU16(fs.idAt(page), idDeleted, plain)
	fs.setFlags(page, 0xFF&^(flagDeleted|flagUsed), dropping)
	return nil
}

// checkIndex tells why a page is not the part of an index that it should be
// (SPIFFS_VALIDATE_OBJIX).
func checkIndex(p []byte, id, span uint16) error {
	flags := p[atFlags]
	switch {
	case flags&flagUsed != 0:
		return ErrIsFree
	case flags&flagDeleted == 0:
		return ErrDeleted
	case flags&flagFinal != 0:
		return ErrNotFinalized
	case flags&flagIndex != 0, id&idIndex == 0:
		return ErrNotIndex
	case u16(p[atSpan:]) != span:
		return ErrIndexSpanMismatch
	}
	return nil
}

// checkIndexPage does so for a page of the file system (spiffs_page_index_check).
func (fs *FS) checkIndexPage(page int, id, span uint16) error {
	switch {
	case page == noPage:
		return ErrIndexFree
	case page%fs.perBlock < fs.lookups:
		return ErrIndexLU
	case !fs.inFile(page):
		return ErrIndexInvalid
	}
	fs.touch(page*PageSize, plain)
	return checkIndex(fs.page(page), id, span)
}

// checkData tells why a page is not the part of a file that it should be
// (spiffs_page_data_check).
func (fs *FS) checkData(page int, span uint16) error {
	switch {
	case page == noPage:
		return ErrIndexRefFree
	case page%fs.perBlock < fs.lookups:
		return ErrIndexRefLU
	case !fs.inFile(page):
		return ErrIndexRefInvalid
	}
	fs.touch(page*PageSize, plain)
	p := fs.page(page)
	flags := p[atFlags]
	switch {
	case flags&flagUsed != 0:
		return ErrIsFree
	case flags&flagDeleted == 0:
		return ErrDeleted
	case flags&flagFinal != 0:
		return ErrNotFinalized
	case flags&flagIndex == 0:
		return ErrIsIndex
	case u16(p[atSpan:]) != span:
		return ErrDataSpanMismatch
	}
	return nil
}

// create writes the header of a new file, without a size (spiffs_object_create).
func (fs *FS) create(id uint16, name string) (page int, err error) {
	if err := fs.makeRoom(DataSize); err != nil {
		return 0, err
	}
	page, err = fs.findFree()
	if err != nil {
		return 0, err
	}
	id |= idIndex
	fs.programU16(fs.idAt(page), id, plain)
	fs.used++
	h := fs.work[:]
	copy(h, blank[:])
	head := pageHead(id, 0, 0xFF&^(flagFinal|flagIndex|flagUsed))
	copy(h, head[:])
	h[atType] = typeFile
	putName(h, name)
	fs.program(page*PageSize, h[:fileHeader], plain)
	fs.moved(id, 0, page, sizeNone)
	return page, nil
}

func putName(header []byte, name string) {
	clear(header[atName : atName+nameSize])
	copy(header[atName:atName+NameMax], name)
}

// loadWork brings an index page to the buffer for changes.
func (fs *FS) loadWork(page int, id, span uint16) error {
	fs.touch(page*PageSize, plain)
	copy(fs.work[:], fs.page(page))
	return checkIndex(fs.work[:], id, span)
}

// update is what a header gets.
type update struct {
	rename bool
	name   string
	size   uint32 // 0: as it was
}

// rewriteHeader writes a header to a new page, with what is in the buffer for changes
// or, if fresh, with what is in the old one (spiffs_object_update_index_hdr). s may
// be nil.
func (fs *FS) rewriteHeader(s *slot, id uint16, page int, fresh bool, u update) error {
	id |= idIndex
	if fresh {
		fs.touch(page*PageSize, plain)
		copy(fs.work[:], fs.page(page))
	}
	h := fs.work[:]
	if err := checkIndex(h, id, 0); err != nil {
		return err
	}
	if u.rename {
		putName(h, u.name)
	}
	if u.size != 0 {
		putU32(h[atSize:], u.size)
	}
	to, err := fs.move(h, id, page)
	if err != nil {
		return err
	}
	fs.moved(id, u16(h[atSpan:]), to, u32(h[atSize:]))
	if s != nil {
		s.header = to
	}
	return nil
}
