package sdk

import (
	"encoding/binary"
	"fmt"
	"slices"

	"moonlet/internal/port"
)

// RecordPage is the flash page of reboot config records, in the firmware's
// format (app/platform/platform.c): records of a header word, which holds the
// length of the body in words and the identifier, and the body. An identifier
// of 0 marks a deleted record and 0xFF the unused rest of the page. A write to
// flash only clears bits, so a new value is appended and the old one deleted;
// when the page is full it is erased and written anew.
type RecordPage struct {
	// OnWrite, if any, runs after each change.
	OnWrite func()

	data [RecordPageSize]byte
}

// RecordPageSize is the size of the page in bytes, a sector of the flash chip.
const RecordPageSize = 4096

const (
	recordDeleted  = 0x00
	recordFree     = 0xFF
	recordWordsMax = 64 // words in a body: MAXREC without the header
	wordSize       = 4
	pageWords      = RecordPageSize / wordSize
)

// NewRecordPage returns a page as the firmware leaves it after its first boot:
// with the partition table of a chip and a build of those sizes.
func NewRecordPage(flashSize, lfsSize uint32) *RecordPage {
	p := new(RecordPage)
	p.erase()
	p.Write(port.RecordPartitions, encodePartitions(DefaultPartitions(flashSize, lfsSize)))
	return p
}

// Provision changes the partition table to that of a build with a store of that
// size, as flashing another build does. A table that the application made itself
// stays.
func (p *RecordPage) Provision(flashSize, lfsSize uint32) {
	b, _ := p.Read(port.RecordPartitions)
	table := decodePartitions(b)
	was := uint32(0)
	for _, t := range table {
		if t.Kind == port.PartitionLFS {
			was = t.Size
		}
	}
	if was != lfsSize && slices.Equal(table, DefaultPartitions(flashSize, was)) {
		p.Write(port.RecordPartitions, encodePartitions(DefaultPartitions(flashSize, lfsSize)))
	}
}

// Partition finds a partition of the table in the page; its size is 0 if there is
// none.
func (p *RecordPage) Partition(kind uint32) port.FlashRegion {
	b, _ := p.Read(port.RecordPartitions)
	return findPartition(decodePartitions(b), kind)
}

// LoadRecordPage returns a page with the content of b.
func LoadRecordPage(b []byte) (*RecordPage, error) {
	if len(b) != RecordPageSize {
		return nil, fmt.Errorf("a page of reboot config records has %d bytes, not %d", RecordPageSize, len(b))
	}
	p := new(RecordPage)
	copy(p.data[:], b)
	return p, nil
}

// Bytes is a copy of the page.
func (p *RecordPage) Bytes() []byte { return append([]byte(nil), p.data[:]...) }

func (p *RecordPage) erase() {
	for i := range p.data {
		p.data[i] = recordFree
	}
}

// header reads the header at word i.
func (p *RecordPage) header(i int) (words int, id uint8) {
	return int(p.data[i*wordSize]), p.data[i*wordSize+1]
}

// find returns the word of the first header with this identifier. A damaged
// page ends where a record would leave it.
func (p *RecordPage) find(id uint8) (int, bool) {
	for i := 0; i < pageWords; {
		n, got := p.header(i)
		if got == id {
			return i, got == recordFree || i+1+n <= pageWords
		}
		if got == recordFree {
			break
		}
		i += 1 + n
	}
	return 0, false
}

func (p *RecordPage) changed() {
	if p.OnWrite != nil {
		p.OnWrite()
	}
}

// Read returns the body of a record, which is padded to whole words.
func (p *RecordPage) Read(id uint8) ([]byte, bool) {
	i, ok := p.find(id)
	if !ok || id == recordFree || id == recordDeleted {
		return nil, false
	}
	n, _ := p.header(i)
	return append([]byte(nil), p.data[(i+1)*wordSize:(i+1+n)*wordSize]...), true
}

// Delete removes a record.
func (p *RecordPage) Delete(id uint8) bool {
	defer p.changed()
	i, ok := p.find(id)
	if !ok || id == recordFree || id == recordDeleted {
		return false
	}
	p.data[i*wordSize+1] = recordDeleted
	return true
}

// Write replaces a record and returns the number of bytes it takes, false if
// there is no room. As in the firmware the length of body counts modulo 256,
// and rewriting the same value changes nothing.
func (p *RecordPage) Write(id uint8, body []byte) (int, bool) {
	defer p.changed()
	body = body[:len(body)&0xFF]
	words := (len(body) + wordSize - 1) / wordSize
	rec := make([]byte, (1+words)*wordSize)
	rec[0], rec[1] = byte(words), id
	copy(rec[wordSize:], body)
	if words > recordWordsMax {
		return 0, false
	}
	old, had := p.find(id)
	if n, _ := p.header(old); had && n == words && string(p.data[old*wordSize:(old+1+n)*wordSize]) == string(rec) {
		return len(body), true
	}
	// At least one word stays unused, which ends the search.
	if free, ok := p.find(recordFree); ok && free+1+words < pageWords {
		copy(p.data[free*wordSize:], rec)
		if had {
			p.data[old*wordSize+1] = recordDeleted
		}
		return words * wordSize, true
	}
	return words * wordSize, p.compact(id, rec)
}

// compact writes the page anew: without deleted records, without the old value
// of id, and with rec at the end.
func (p *RecordPage) compact(id uint8, rec []byte) bool {
	var keep []byte
	for i := 0; i < pageWords; {
		n, got := p.header(i)
		if got == recordFree || i+1+n > pageWords {
			break
		}
		if got != recordDeleted && got != id {
			keep = append(keep, p.data[i*wordSize:(i+1+n)*wordSize]...)
		}
		i += 1 + n
	}
	keep = append(keep, rec...)
	if len(keep) >= RecordPageSize {
		return false
	}
	p.erase()
	copy(p.data[:], keep)
	return true
}

// Partition is an entry of the partition table.
type Partition struct {
	Kind uint32
	port.FlashRegion
}

// Addresses in the flash chip (app/user/user_main.c). The end of the program is
// that of a typical build: the firmware's own tools assume it where they need
// one (FLASH_BASE in app/lua53/lnodemcu.c).
const (
	programStart = 0x10000
	// ProgramEnd is where the program ends.
	ProgramEnd     = 0x90000
	parametersSize = 0x3000
)

// DefaultPartitions is the table that the firmware makes at its first boot: the
// store behind the program, if the build has one, and all that is left for SPIFFS
// (app/user/user_main.c).
func DefaultPartitions(flashSize, lfsSize uint32) []Partition {
	at := func(kind, addr, size uint32) Partition {
		return Partition{kind, port.FlashRegion{Addr: addr, Size: size}}
	}
	end := ProgramEnd + lfsSize
	table := []Partition{
		at(port.PartitionEagleROM, 0, 0xB000),
		at(port.PartitionRFCal, 0xD000, 0x1000),
		at(port.PartitionPhyData, 0xF000, 0x1000),
		at(port.PartitionIROM0, programStart, ProgramEnd-programStart),
	}
	if lfsSize != 0 {
		table = append(table, at(port.PartitionLFS, ProgramEnd, lfsSize))
	}
	return append(table,
		at(port.PartitionSPIFFS, end, flashSize-parametersSize-end),
		at(port.PartitionParameters, flashSize-parametersSize, parametersSize))
}

func encodePartitions(table []Partition) []byte {
	var b []byte
	for _, p := range table {
		b = binary.LittleEndian.AppendUint32(b, p.Kind)
		b = binary.LittleEndian.AppendUint32(b, p.Addr)
		b = binary.LittleEndian.AppendUint32(b, p.Size)
	}
	return b
}

func decodePartitions(b []byte) []Partition {
	var table []Partition
	for ; len(b) >= port.PartitionSize; b = b[port.PartitionSize:] {
		var p Partition
		p.Kind = binary.LittleEndian.Uint32(b)
		p.Addr = binary.LittleEndian.Uint32(b[4:])
		p.Size = binary.LittleEndian.Uint32(b[8:])
		table = append(table, p)
	}
	return table
}
