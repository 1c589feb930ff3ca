// Package flash is a part of a NOR flash chip: erasing a sector sets all its bits,
// and writing only clears bits. What it holds is kept in a file of the host, word
// by word as it is written, so that a program that is killed leaves what a module
// without power would.
package flash

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

const (
	// SectorSize is what is erased at once, in bytes.
	SectorSize = 4096
	// WordSize is what is written at once.
	WordSize = 4

	erased = 0xFF
)

// Op is one thing that the chip does: it erases a sector or writes a word.
type Op struct {
	Erase  bool
	Offset int // of the sector or word, in bytes
}

// Part is a part of a chip.
type Part struct {
	data []byte
	file *os.File
	path string
	// OnOp, if any, runs before each operation; it does not happen if OnOp panics.
	OnOp func(op Op)
	// OnError is told when the file cannot be written.
	OnError func(error)
}

// Open opens a part that is kept in a file, which is made if it does not exist.
// A shorter file is followed by erased bytes.
func Open(path string, size int) (*Part, error) {
	p := New(size)
	p.path = path
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read the flash chip: %w", err)
	}
	copy(p.data, old)
	if p.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("cannot write to the flash chip: %w", err)
	}
	if len(old) < size {
		if _, err := p.file.WriteAt(p.data[len(old):], int64(len(old))); err != nil {
			p.file.Close()
			return nil, fmt.Errorf("cannot write to the flash chip: %w", err)
		}
	}
	return p, nil
}

// New makes an erased part that is kept nowhere. The size is rounded down to whole
// sectors.
func New(size int) *Part {
	p := &Part{data: make([]byte, size/SectorSize*SectorSize)}
	for i := range p.data {
		p.data[i] = erased
	}
	return p
}

// Close gives the file back.
func (p *Part) Close() error {
	if p.file == nil {
		return nil
	}
	f := p.file
	p.file = nil
	return f.Close()
}

// Size is the size of the part in bytes.
func (p *Part) Size() int { return len(p.data) }

// Bytes is what the part holds; the caller must not change it.
func (p *Part) Bytes() []byte { return p.data }

// Word is the word at an offset.
func (p *Part) Word(offset int) uint32 { return binary.LittleEndian.Uint32(p.data[offset:]) }

// Blank tells whether a sector is erased. offset is that of its first byte.
func (p *Part) Blank(offset int) bool {
	for _, b := range p.data[offset : offset+SectorSize] {
		if b != erased {
			return false
		}
	}
	return true
}

// Erase sets all bits of the sector at an offset.
func (p *Part) Erase(offset int) {
	p.step(Op{Erase: true, Offset: offset})
	s := p.data[offset : offset+SectorSize]
	for i := range s {
		s[i] = erased
	}
	p.save(offset, offset+SectorSize)
}

// Write clears the bits that are not set in b, whose length is a whole number of
// words.
func (p *Part) Write(offset int, b []byte) {
	done := offset
	defer func() { p.save(offset, done) }() // also what a power cut leaves
	for ; len(b) > 0; b = b[WordSize:] {
		p.step(Op{Offset: done})
		for i, c := range b[:WordSize] {
			p.data[done+i] &= c
		}
		done += WordSize
	}
}

func (p *Part) step(op Op) {
	if p.OnOp != nil {
		p.OnOp(op)
	}
}

// save brings a range of bytes to the file.
func (p *Part) save(from, to int) {
	if p.file == nil || from == to {
		return
	}
	if _, err := p.file.WriteAt(p.data[from:to], int64(from)); err != nil && p.OnError != nil {
		p.OnError(fmt.Errorf("cannot keep what was written to the flash chip: %w", err))
	}
}
