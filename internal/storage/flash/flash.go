// Package flash is a NOR flash chip and parts of it: erasing a sector sets all its
// bits, and writing only clears bits. What it holds is kept in a file of the host, word
// by word as it is written, so that a program that is killed leaves what a module
// without power would.
//
// A Chip is a whole chip in a file of exactly its size. It is locked while somebody
// uses it, and counts the erases of each sector.
package flash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
)

const (
	// SectorSize is what is erased at once, in bytes.
	SectorSize = 4096
	// PageSize is what one command writes at most.
	PageSize = 256
	// WordSize is what is written at once.
	WordSize = 4

	erased = 0xFF
)

// erasedSector is the content of an erased sector; to compare with it is faster than to
// look at each byte.
var erasedSector = strings.Repeat("\xFF", SectorSize)

// Op is one thing that the chip does: it erases a sector or writes a word.
type Op struct {
	Erase  bool
	Offset int // of the sector or word, in bytes
}

// Part is a part of a chip. Offsets count from its first byte.
type Part struct {
	// OnOp, if any, runs before each operation; it does not happen if OnOp panics.
	OnOp func(op Op)
	// OnError is told when the file cannot be written. Without it, the chip's is.
	OnError func(error)

	chip *Chip
	at   int
	data []byte // of the chip
	own  bool   // the chip has no other parts
}

// Open opens a part that is kept in a file of its own in a directory, which is made if it
// does not exist. A shorter file is followed by erased bytes. If nothing can be written
// there, the part is used as it is, and what is written to it lasts until it is closed.
func Open(d *hostfile.Dir, name string, size int) (*Part, error) {
	p := New(size)
	old, err := d.ReadFile(name, MaxSize)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read the flash chip: %w", err)
	}
	copy(p.data, old)
	f, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		err = fmt.Errorf("cannot write to the flash chip: %w", err)
		if hostfile.IsReadOnly(err) {
			p.chip.broken = err
			return p, nil
		}
		return nil, err
	}
	if len(old) < len(p.data) {
		if _, err := f.WriteAt(p.data[len(old):], int64(len(old))); err != nil {
			f.Close()
			return nil, fmt.Errorf("cannot write to the flash chip: %w", err)
		}
	}
	p.chip.file = f
	return p, nil
}

// New makes an erased part that is kept nowhere. The size is rounded down to whole
// sectors.
func New(size int) *Part {
	c := newChip(size / SectorSize * SectorSize)
	p := c.Part(0, c.Size())
	p.own = true
	return p
}

// Close gives the file back that only this part has. A part of a Chip stays open.
func (p *Part) Close() error {
	if !p.own {
		return nil
	}
	return p.chip.closeFile()
}

// Size is the size of the part in bytes.
func (p *Part) Size() int { return len(p.data) }

// Bytes is what the part holds; the caller must not change it. It is always the same
// slice.
func (p *Part) Bytes() []byte { return p.data }

// Word is the word at an offset.
func (p *Part) Word(offset int) uint32 { return binary.LittleEndian.Uint32(p.data[offset:]) }

// Blank tells whether a sector is erased. offset is that of its first byte.
func (p *Part) Blank(offset int) bool { return Blank(p.data[offset : offset+SectorSize]) }

// Blank tells whether bytes of a chip are erased.
func Blank(b []byte) bool {
	for ; len(b) > SectorSize; b = b[SectorSize:] {
		if string(b[:SectorSize]) != erasedSector {
			return false
		}
	}
	return string(b) == erasedSector[:len(b)]
}

// Erase sets all bits of the sector at an offset.
func (p *Part) Erase(offset int) {
	_ = p.data[offset : offset+SectorSize] // no other part's sector
	p.chip.erase(p.at+offset, p)
}

// Clear erases the sectors of the part that are not blank.
func (p *Part) Clear() {
	for at := 0; at+SectorSize <= p.Size(); at += SectorSize {
		if !p.Blank(at) {
			p.Erase(at)
		}
	}
}

// Write clears the bits that are not set in b. Its length and the offset are whole
// numbers of words.
func (p *Part) Write(offset int, b []byte) {
	_ = p.data[offset : offset+len(b)]
	p.chip.write(p.at+offset, b, p)
}
