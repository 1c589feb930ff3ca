package flash

import (
	"encoding/binary"
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/hostfile"
)

// Sizes of chips in bytes: those that the header of a firmware can name (enum size of
// SPIFlashInfo, app/platform/flash_api.h), without the 256 KB that no module has.
const (
	MinSize     = 512 << 10
	MaxSize     = 16 << 20
	DefaultSize = chip.ESP8266FlashBytes // that of most boards
)

// CheckSize tells what is wrong with the size of a chip, nil if nothing is.
func CheckSize(size int) error {
	if size < MinSize || size > MaxSize || size&(size-1) != 0 {
		return SizeError(size)
	}
	return nil
}

// SizeError is a number of bytes that no chip has.
type SizeError int

// Error implements error.
func (e SizeError) Error() string {
	return fmt.Sprintf("no flash chip has %d bytes: 512 KB, 1, 2, 4, 8 and 16 MB are possible", int(e))
}

// Chip is a whole NOR flash chip. One goroutine uses it at a time.
//
// Every operation is a write to the file before the next one begins, so the order in
// the file is that of the operations. The operating system has taken over what a write
// that returned has written: a process that is killed loses nothing of it, and what it
// was about to write is missing from some word on, as on a board whose power fails. A
// host whose own power fails is another matter. What was written since the last Sync may
// then be in the file or not, sector by sector and in any order, which no board does.
// Close calls Sync, so that only a chip in use can be hit.
type Chip struct {
	// OnOp, if any, runs before each operation; it does not happen if OnOp panics.
	OnOp func(op Op)
	// OnError is told when the file cannot be written.
	OnError func(error)
	// OnViolation, if any, is told of each word that should have set bits again, which
	// writing cannot do.
	OnViolation func(Violation)

	data       []byte
	file       *hostfile.File // nil if the chip is in memory only
	dir        *hostfile.Dir  // of a whole chip in a file, and the file's name in it
	name       string
	broken     error // why what is written cannot be kept, nil if it can
	lock       *lock
	wear       Wear
	watch      watch
	unsaved    int // erases that the file does not count yet
	violations int
	changed    bool // something else is in it than when it was opened
}

// saveEvery is how many erases may be lost from the count when the process is killed.
const saveEvery = 256

// Violation is a write of a word that should have set bits.
type Violation struct {
	Offset   int
	Old, New uint32 // what was there, and what was to be written
}

// String says it in words.
func (v Violation) String() string {
	return fmt.Sprintf("writing %#08x over %#08x at flash address %#06x leaves %#08x: a bit that is 0 stays so until its sector is erased",
		v.New, v.Old, v.Offset, v.New&v.Old)
}

// newChip makes an erased chip in memory.
func newChip(size int) *Chip {
	c := &Chip{data: make([]byte, size)}
	fill(c.data)
	c.wear = Wear{Size: size, Erases: make([]uint32, size/SectorSize)}
	return c
}

func fill(b []byte) {
	for i := range b {
		b[i] = erased
	}
}

// NewChip makes an erased chip that is kept nowhere.
func NewChip(size int) (*Chip, error) {
	if err := CheckSize(size); err != nil {
		return nil, err
	}
	return newChip(size), nil
}

// CopyOf makes a chip that holds a copy of an image and is kept nowhere.
func CopyOf(image []byte) (*Chip, error) {
	c, err := NewChip(len(image))
	if err != nil {
		return nil, err
	}
	copy(c.data, image)
	return c, nil
}

// Changed tells whether something was written or erased since the chip was opened.
func (c *Chip) Changed() bool { return c.changed }

// Size is the size of the chip in bytes.
func (c *Chip) Size() int { return len(c.data) }

// Bytes is what the chip holds; the caller must not change it. It is always the same
// slice.
func (c *Chip) Bytes() []byte { return c.data }

// Word is the word at an offset.
func (c *Chip) Word(offset int) uint32 { return binary.LittleEndian.Uint32(c.data[offset:]) }

// Blank tells whether a sector is erased. offset is that of its first byte.
func (c *Chip) Blank(offset int) bool { return Blank(c.data[offset : offset+SectorSize]) }

// Part is a part of the chip, of whole sectors.
func (c *Chip) Part(offset, size int) *Part {
	if offset%SectorSize != 0 || size%SectorSize != 0 {
		panic(fmt.Sprintf("BUG: a part of the flash chip at %#x with %#x bytes", offset, size))
	}
	return &Part{chip: c, at: offset, data: c.data[offset : offset+size : offset+size]}
}

// Erase sets all bits of the sector at an offset.
func (c *Chip) Erase(offset int) { c.erase(offset, nil) }

// Clear erases the whole sectors between two offsets that are not blank.
func (c *Chip) Clear(from, to int) {
	for at := from; at+SectorSize <= to; at += SectorSize {
		if !c.Blank(at) {
			c.Erase(at)
		}
	}
}

// Write clears the bits that are not set in b. Its length and the offset are whole
// numbers of words.
func (c *Chip) Write(offset int, b []byte) { c.write(offset, b, nil) }

// Violations counts the words that should have set bits again.
func (c *Chip) Violations() int { return c.violations }

// Wear is what was counted of the chip's life so far, this run included.
func (c *Chip) Wear() Wear {
	w := c.wear
	w.Erases = append([]uint32(nil), w.Erases...)
	return w
}

// Ran adds to the time that the module was switched on, as the module's clock tells it.
func (c *Chip) Ran(t time.Duration) { c.wear.Ran += t }

func (c *Chip) erase(offset int, by *Part) {
	if offset%SectorSize != 0 {
		panic(fmt.Sprintf("BUG: no sector begins at %#x", offset))
	}
	c.step(Op{Erase: true, Offset: offset}, by)
	c.changed = c.changed || !c.Blank(offset)
	fill(c.data[offset : offset+SectorSize])
	c.save(offset, offset+SectorSize, by)
	c.count(offset/SectorSize, by)
}

// count counts an erase.
func (c *Chip) count(sector int, by *Part) {
	c.wear.Erases[sector]++
	c.watch.erased(sector, c.wear.Erases[sector])
	if c.unsaved++; c.unsaved >= saveEvery && c.dir != nil && c.broken == nil {
		if err := c.saveWear(); err != nil {
			c.failed(err, by)
		}
	}
}

func (c *Chip) write(offset int, b []byte, by *Part) {
	if offset%WordSize != 0 || len(b)%WordSize != 0 {
		panic(fmt.Sprintf("BUG: %d bytes at %#x are no whole words", len(b), offset))
	}
	done := offset
	defer func() { c.save(offset, done, by) }() // also what a power cut leaves
	for ; len(b) > 0; b = b[WordSize:] {
		c.step(Op{Offset: done}, by)
		to := c.data[done : done+WordSize]
		was, want := binary.LittleEndian.Uint32(to), binary.LittleEndian.Uint32(b)
		c.changed = c.changed || was&want != was
		binary.LittleEndian.PutUint32(to, was&want)
		if want&^was != 0 {
			c.violations++
			if c.OnViolation != nil {
				c.OnViolation(Violation{Offset: done, Old: was, New: want})
			}
		}
		done += WordSize
	}
}

// step runs the hooks, with the offset as each counts it.
func (c *Chip) step(op Op, by *Part) {
	if by != nil && by.OnOp != nil {
		by.OnOp(Op{Erase: op.Erase, Offset: op.Offset - by.at})
	}
	if c.OnOp != nil {
		c.OnOp(op)
	}
}

// save brings a range of bytes to the file.
func (c *Chip) save(from, to int, by *Part) {
	if from < to && c.broken != nil {
		c.failed(c.broken, by)
		return
	}
	if c.file == nil || from == to {
		return
	}
	if _, err := c.file.WriteAt(c.data[from:to], int64(from)); err != nil {
		c.failed(fmt.Errorf("cannot keep what was written to the flash chip: %w", err), by)
	}
}

func (c *Chip) failed(err error, by *Part) {
	switch {
	case by != nil && by.OnError != nil:
		by.OnError(err)
	case c.OnError != nil:
		c.OnError(err)
	}
}
