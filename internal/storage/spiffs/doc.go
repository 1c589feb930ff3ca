// Package spiffs is the file system of the firmware's flash chip, on flash as the
// firmware's build of SPIFFS has it (app/spiffs/spiffs_config.h,
// app/spiffs/nodemcu_spiffs.h). What it writes is what the C code writes, byte for
// byte and in the same order: where a file's pages go, which block is collected, what
// a full file system answers. A test compares both over random histories.
//
// # Format
//
// All numbers are little-endian. A file system is a row of blocks, which are erased
// as a whole; a block is a row of pages of 256 bytes.
//
//	fs     = block block block block…                  at least 4
//	block  = lookup… page…                             8192 bytes, 4096 in a small one
//	lookup = id… 0xFFFF… magic:u16 erases:u16          one id for each page that follows
//	page   = data | header | index
//	data   = id:u16 span:u16 flags:u8 content:251      id without the top bit
//	header = id:u16 0:u16 flags:u8 pad:3 size:u32 type:u8 name:32 pad:1 pageno:u16×105
//	index  = id:u16 span:u16 flags:u8 pad:3 pageno:u16×124   span from 1 on
//
// Blocks with more than 128 pages have more lookup pages, of which the last one ends
// with magic and erases.
//
// An id in the lookup is 0xFFFF for a page that is free and 0 for one that is
// deleted; the top bit says that the page is a header or an index. The span of data
// says which part of the file it is, in pages; the span of an index which part of
// the file's index. The first 105 pages of a file are found in its header, 124 more
// in each index. A size of 0xFFFFFFFF is that of a file that was never written to:
// it can be put there without a new header. Padding is whatever the C compiler left
// on the stack; this package writes ones.
//
// Flags are bits that are cleared as time goes on: see the constants below.
//
// The magic is 0x0529 ^ 0x0100 ^ (number of blocks − number of this block), so the
// first blocks tell how large the file system is (SPIFFS_MAGIC,
// app/spiffs/spiffs_nucleus.h). It is written last after a block was erased. Of the
// number of erasures, the highest one in the file system counts on.
//
// Writing to flash only clears bits. So whatever changes goes to a new page, and the
// old one is marked as deleted in its flags and in the lookup; garbage collection
// moves what is in use out of a block and erases it.
//
// # Power cuts
//
// After a cut at any point the file system can be mounted. More than that the C code
// does not give, and neither does this package, which writes the same in the same order:
//
//   - While garbage is collected, pages of any file are moved before its index is
//     written. After a cut then, parts of files that nobody was writing to cannot be
//     read, with errors such as ErrDeleted.
//   - A file that is written to has a mixture of old and new parts, or its old size.
//   - A page can be written to without being in the lookup, or behind the end of its
//     file. What is written there later is damaged, for nothing looks whether it is blank.
//   - Pages that were written but are not in an index yet come back when garbage is
//     collected: in place of others of the file, or behind its end.
//   - A new file can have a name that does not end; the C code then copies too much.
//
// The firmware never runs SPIFFS_check. [Check] finds all of this, and [Repair] brings
// back every file that nobody was writing to; a test cuts the power everywhere.
//
// # Differences to the C code
//
// All are in what the C code does to memory or flash that is not its own:
//
//   - Writing nothing does nothing. In C it can write another file's index over a header.
//   - A file that was removed while it was open is closed for good. In C, its descriptor
//     means another file as soon as that gets it.
//   - Damaged indexes and names never lead out of the file system or of a page.
//   - Padding is ones.
//   - Where flash that is not blank is written to, the C code has in its cache what it
//     wrote, and sometimes copies that to another page; flash has less bits. It takes pages
//     in no index, which a power cut leaves, or a write that a full file system stopped.
//   - Ids beyond the 256 groups in which large file systems count them do not count. It
//     takes more than 5,800 files to get there.
package spiffs

import (
	"encoding/binary"
	"strings"
)

const (
	// PageSize is the size of a page: LOG_PAGE_SIZE in app/spiffs/spiffs.c.
	PageSize = 256
	// SectorSize is what the chip erases at once.
	SectorSize = 4096
	// NameMax is the longest name of a file: FS_OBJ_NAME_LEN,
	// app/include/user_config.h.
	NameMax = 31
	// DataSize is how much of a file is in a page.
	DataSize = PageSize - headerSize

	wordSize = 4 // what the chip writes at once

	// Offsets in a page, and in a header page.
	atID    = 0
	atSpan  = 2
	atFlags = 4
	atSize  = 8
	atType  = 12
	atName  = 13

	headerSize  = 5           // of a data page: spiffs_page_header
	nameSize    = NameMax + 1 // with the zero byte: SPIFFS_OBJ_NAME_LEN
	fileHeader  = 46          // spiffs_page_object_ix_header, which is aligned to 2
	indexHeader = 8           // spiffs_page_object_ix
	headerSlots = (PageSize - fileHeader) / 2
	indexSlots  = (PageSize - indexHeader) / 2

	lookupsPerPage = PageSize / 2

	idFree    = 0xFFFF
	idDeleted = 0
	idIndex   = 0x8000 // SPIFFS_OBJ_ID_IX_FLAG
	noPage    = 0xFFFF

	sizeNone = 0xFFFFFFFF // SPIFFS_UNDEFINED_LEN
	typeFile = 1          // SPIFFS_TYPE_FILE

	magicBase = 0x0529 ^ PageSize
)

// Flags of a page. A bit that is cleared says that it is so.
const (
	flagUsed     = 1 << 0 // written to
	flagFinal    = 1 << 1 // completely
	flagIndex    = 1 << 2 // a header or an index
	flagRemoving = 1 << 6 // the file of this header is being removed: SPIFFS_PH_FLAG_IXDELE
	flagDeleted  = 1 << 7
)

// A header counts if these flags are so: final, neither deleted nor about to be.
const (
	liveMask = flagDeleted | flagFinal | flagRemoving
	liveIs   = flagDeleted | flagRemoving
)

func u16(b []byte) uint16        { return binary.LittleEndian.Uint16(b) }
func putU16(b []byte, v uint16)  { binary.LittleEndian.PutUint16(b, v) }
func u32(b []byte) uint32        { return binary.LittleEndian.Uint32(b) }
func putU32(b []byte, v uint32)  { binary.LittleEndian.PutUint32(b, v) }
func isLiveHeader(p []byte) bool { return u16(p[atSpan:]) == 0 && p[atFlags]&liveMask == liveIs }
func usesID(id uint16) bool      { return id != idFree && id != idDeleted }
func isIndexID(id uint16) bool   { return usesID(id) && id&idIndex != 0 }
func isDataID(id uint16) bool    { return usesID(id) && id&idIndex == 0 }
func dataPages(size uint32) int  { return int((uint64(size) + DataSize - 1) / DataSize) }

// indexOf tells in which index of a file the page number of a part is, and at which
// offset in that index.
func indexOf(span uint32) (index uint32, at int) {
	if span < headerSlots {
		return 0, fileHeader + 2*int(span)
	}
	span -= headerSlots
	return 1 + span/indexSlots, indexHeader + 2*int(span%indexSlots)
}

// nameIn is the name in a header page.
func nameIn(header []byte) []byte {
	name := header[atName : atName+nameSize]
	for i, c := range name {
		if c == 0 {
			return name[:i]
		}
	}
	return name
}

// cString is what C sees of a string: what is before a zero byte.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}
