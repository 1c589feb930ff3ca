package spiffs

import (
	"bytes"
	"fmt"
	"slices"
)

// Chip is a NOR flash chip or a part of one, such as *flash.Part. Offsets are in
// bytes.
type Chip interface {
	// Bytes is what the chip holds, always the same slice; nobody may change it but
	// by the methods below.
	Bytes() []byte
	// Write clears the bits that are not set in b. Offset and length are whole
	// numbers of words of 4 bytes; the words are written in order.
	Write(offset int, b []byte)
	// Erase sets all bits of the sector of SectorSize bytes that begins at offset.
	Erase(offset int)
}

// writer is how a file system changes what is on its chip.
type writer interface {
	Write(offset int, b []byte)
	Erase(offset int)
}

// Ops is what a file system asked of its chip. A page that is in one of the cache's buffers
// is not read again.
type Ops struct {
	Reads, ReadBytes     int
	Writes, WrittenBytes int
	Erases               int // of sectors
}

func (o *Ops) read(n int)  { o.Reads++; o.ReadBytes += n }
func (o *Ops) write(n int) { o.Writes++; o.WrittenBytes += n }

// Add adds other operations to them.
func (o *Ops) Add(b Ops) {
	o.Reads += b.Reads
	o.ReadBytes += b.ReadBytes
	o.Writes += b.Writes
	o.WrittenBytes += b.WrittenBytes
	o.Erases += b.Erases
}

// TakeOps tells what was asked of the chip since the file system was mounted, that included,
// or since the last call.
func (fs *FS) TakeOps() Ops {
	o := fs.ops
	fs.ops = Ops{}
	return o
}

// Memory is a chip without a file.
type Memory struct {
	data []byte
	// OnOp, if any, runs before a sector is erased and before each word is
	// written, which does not happen if OnOp panics. That is how a test cuts the
	// power.
	OnOp func(erase bool, offset int)
}

// NewMemory makes an erased chip.
func NewMemory(size int) *Memory {
	return &Memory{data: slices.Repeat([]byte{0xFF}, size)}
}

// MemoryOf makes a chip that holds a copy of an image.
func MemoryOf(image []byte) *Memory { return &Memory{data: slices.Clone(image)} }

// Bytes implements Chip.
func (m *Memory) Bytes() []byte { return m.data }

// Write implements Chip.
func (m *Memory) Write(offset int, b []byte) {
	data := m.data[offset : offset+len(b)]
	for len(b) >= wordSize {
		if m.OnOp != nil {
			m.OnOp(false, offset)
			offset += wordSize
		}
		putU32(data, u32(data)&u32(b))
		data, b = data[wordSize:], b[wordSize:]
	}
}

// Erase implements Chip.
func (m *Memory) Erase(offset int) {
	if m.OnOp != nil {
		m.OnOp(true, offset)
	}
	for i := 0; i < SectorSize; i += PageSize {
		copy(m.data[offset+i:], blank[:])
	}
}

// WriteImage brings an image, such as one that Repair made, to a chip. A sector is
// erased only if a bit has to be set. If the power goes meanwhile, files can be lost.
func WriteImage(c Chip, offset int, image []byte) error {
	old := c.Bytes()
	if offset < 0 || offset%SectorSize != 0 || len(image)%SectorSize != 0 || offset > len(old) || len(image) > len(old)-offset {
		return fmt.Errorf("an image of %d bytes does not fit into %d bytes of flash at 0x%X: %w", len(image), len(old), offset, ErrNotConfigured)
	}
	for ; len(image) > 0; offset, image = offset+SectorSize, image[SectorSize:] {
		sector := image[:SectorSize]
		if bytes.Equal(sector, old[offset:offset+SectorSize]) {
			continue
		}
		for i, b := range sector {
			if b&^old[offset+i] != 0 {
				c.Erase(offset)
				break
			}
		}
		c.Write(offset, sector)
	}
	return nil
}
