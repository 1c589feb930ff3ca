// Package rcr is the page of reboot config records, in the firmware's format
// (app/platform/platform.c, app/platform/platform.h): the settings in the flash chip
// that the firmware reads before anything else runs, the partition table among them.
//
// # Format
//
// The page is the sector of 4096 bytes at address 0x10000, where the program begins
// (section .irom0.ptable of ld/nodemcu.ld). Numbers are little-endian.
//
//	page      = { record } unused
//	record    = words:u8 id:u8 0:u16 body      the body has that many words, 64 at most
//	id        = 0 deleted | 1 table | 2 PHY data | 3 reflash | 4 load LFS | 5 init | 6 startup
//	unused    = 0xFFFFFFFF…                    one word at least; 0xFF as an id ends the search
//	table     = { partition } [ unfinished ]   the body of record 1
//	partition = kind:u32 address:u32 size:u32
//	unfinished = 0:u32 end:u32 0:u32           the linker's table, see FirstBoot
//
// A write to flash only clears bits, so a new value is appended, and then the old one
// is marked as deleted. When the page is full it is erased and written anew without
// what was deleted.
package rcr

import (
	"fmt"

	"moonlet.example/moonlet/internal/port"
)

// Flash is the sector that the page lies in, such as a *flash.Part.
type Flash interface {
	// Bytes is what the sector holds, always the same slice.
	Bytes() []byte
	// Write clears the bits that are not set in b, a whole number of words.
	Write(offset int, b []byte)
	// Erase sets all bits of the sector at an offset.
	Erase(offset int)
}

// Page is the page of reboot config records.
type Page struct {
	// OnWrite, if any, runs after each change.
	OnWrite func()

	flash Flash
}

// PageSize is the size of the page in bytes, a sector of the flash chip.
const PageSize = 4096

// PageAddr is where the page lies in the chip.
const PageAddr = programStart

const (
	deleted   = 0x00
	unused    = 0xFF
	wordsMax  = 64 // words in a body: MAXREC without the header
	wordSize  = 4
	pageWords = PageSize / wordSize
)

// memory is a sector that is kept nowhere.
type memory [PageSize]byte

func (m *memory) Bytes() []byte { return m[:] }

func (m *memory) Write(offset int, b []byte) {
	for i, c := range b {
		m[offset+i] &= c
	}
}

func (m *memory) Erase(int) {
	for i := range m {
		m[i] = unused
	}
}

// New returns a page in memory as the firmware leaves it after its first boot: with the
// partition table of a chip and a build of those sizes.
func New(flashSize, lfsSize uint32) *Page {
	m := new(memory)
	m.Erase(0)
	p := &Page{flash: m}
	p.WriteTable(DefaultPartitions(flashSize, lfsSize))
	return p
}

// Load returns a page in memory with the content of b.
func Load(b []byte) (*Page, error) {
	if len(b) != PageSize {
		return nil, fmt.Errorf("a page of reboot config records has %d bytes, not %d", PageSize, len(b))
	}
	m := new(memory)
	copy(m[:], b)
	return &Page{flash: m}, nil
}

// In is the page that lies in a sector of a flash chip. Changes go there word by word,
// in the firmware's order.
func In(f Flash) (*Page, error) {
	if n := len(f.Bytes()); n != PageSize {
		return nil, fmt.Errorf("a page of reboot config records has %d bytes, not %d", PageSize, n)
	}
	return &Page{flash: f}, nil
}

// Bytes is a copy of the page.
func (p *Page) Bytes() []byte { return append([]byte(nil), p.flash.Bytes()...) }

// header reads the header at word i.
func (p *Page) header(i int) (words int, id uint8) {
	b := p.flash.Bytes()[i*wordSize:]
	return int(b[0]), b[1]
}

// find returns the word of the first header with this identifier. A damaged
// page ends where a record would leave it.
func (p *Page) find(id uint8) (int, bool) {
	for i := 0; i < pageWords; {
		n, got := p.header(i)
		if got == id {
			return i, got == unused || i+1+n <= pageWords
		}
		if got == unused {
			break
		}
		i += 1 + n
	}
	return 0, false
}

func (p *Page) changed() {
	if p.OnWrite != nil {
		p.OnWrite()
	}
}

// Read returns the body of a record, which is padded to whole words.
func (p *Page) Read(id uint8) ([]byte, bool) {
	i, ok := p.find(id)
	if !ok || id == unused || id == deleted {
		return nil, false
	}
	n, _ := p.header(i)
	return append([]byte(nil), p.flash.Bytes()[(i+1)*wordSize:(i+1+n)*wordSize]...), true
}

// Delete removes a record.
func (p *Page) Delete(id uint8) bool {
	defer p.changed()
	i, ok := p.find(id)
	if !ok || id == unused || id == deleted {
		return false
	}
	p.mark(i)
	return true
}

// mark marks the record at word i as deleted.
func (p *Page) mark(i int) {
	words, _ := p.header(i)
	p.flash.Write(i*wordSize, []byte{byte(words), deleted, 0, 0})
}

// Write replaces a record and returns the number of bytes it takes, false if
// there is no room. As in the firmware the length of body counts modulo 256,
// and rewriting the same value changes nothing.
func (p *Page) Write(id uint8, body []byte) (int, bool) {
	defer p.changed()
	body = body[:len(body)&0xFF]
	words := (len(body) + wordSize - 1) / wordSize
	rec := make([]byte, (1+words)*wordSize)
	rec[0], rec[1] = byte(words), id
	copy(rec[wordSize:], body)
	if words > wordsMax {
		return 0, false
	}
	old, had := p.find(id)
	if n, _ := p.header(old); had && n == words && string(p.flash.Bytes()[old*wordSize:(old+1+n)*wordSize]) == string(rec) {
		return len(body), true
	}
	// At least one word stays unused, which ends the search.
	if free, ok := p.find(unused); ok && free+1+words < pageWords {
		p.flash.Write(free*wordSize, rec)
		if had {
			p.mark(old)
		}
		return words * wordSize, true
	}
	return words * wordSize, p.compact(id, rec)
}

// compact writes the page anew: without deleted records, without the old value
// of id, and with rec at the end.
func (p *Page) compact(id uint8, rec []byte) bool {
	var keep []byte
	for _, r := range p.Records() {
		if r.ID != deleted && r.ID != id {
			keep = append(keep, r.bytes...)
		}
	}
	keep = append(keep, rec...)
	if len(keep) >= PageSize {
		return false
	}
	p.flash.Erase(0)
	p.flash.Write(0, keep)
	return true
}

// Record is a record of a page.
type Record struct {
	ID     uint8 // 0 if it is deleted
	Offset int   // of its header, in bytes
	Body   []byte
	bytes  []byte // header and body
}

// Deleted tells whether the record counts no more.
func (r *Record) Deleted() bool { return r.ID == deleted }

// Records lists the records in the order in which they stand, those that are deleted
// included. A damaged page ends where a record would leave it.
func (p *Page) Records() []Record {
	var list []Record
	b := p.flash.Bytes()
	for i := 0; i < pageWords; {
		n, id := p.header(i)
		if id == unused || i+1+n > pageWords {
			break
		}
		r := Record{ID: id, Offset: i * wordSize, bytes: append([]byte(nil), b[i*wordSize:(i+1+n)*wordSize]...)}
		r.Body = r.bytes[wordSize:]
		list = append(list, r)
		i += 1 + n
	}
	return list
}

// Check tells what is wrong with a page, nil if nothing is: the firmware follows the
// lengths of the records until it finds an unused one, wherever that leads it.
func (p *Page) Check() error {
	end := 0
	for _, r := range p.Records() {
		end = r.Offset + len(r.bytes)
	}
	if end >= PageSize {
		return fmt.Errorf("no unused word ends the records: the firmware would read on in the program behind them")
	}
	b := p.flash.Bytes()
	if b[end+1] != unused {
		return fmt.Errorf("the record at byte %#x is said to have %d words and would leave the page", end, b[end])
	}
	for i, c := range b[end:] {
		if c != unused {
			return fmt.Errorf("byte %#x behind the last record is %#02x and not erased: the next record would be damaged", end+i, c)
		}
	}
	return nil
}

// Table is the partition table in the page, false if there is none.
func (p *Page) Table() ([]Partition, bool) {
	b, ok := p.Read(port.RecordPartitions)
	return DecodeTable(b), ok
}

// WriteTable replaces the partition table; false if there is no room.
func (p *Page) WriteTable(table []Partition) bool {
	_, ok := p.Write(port.RecordPartitions, EncodeTable(table))
	return ok
}
