package storage

import (
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// chipRoom keeps files, store and records in a flash chip. What the SDK keeps about the
// radio is in the state directory.
type chipRoom struct {
	settings
	o Options
}

// FlashBytes implements Room: what the boot image says, if there is one.
func (r *chipRoom) FlashBytes() uint32 { return uint32(flash.FirmwareSize(r.o.Chip.Bytes())) }

// On implements Room. A module that is being made has no power to lose.
func (r *chipRoom) On() {
	if r.o.OnWorn != nil {
		r.o.Chip.Watch(r.o.Now, r.o.OnWorn)
	}
	r.o.Chip.OnOp = r.o.OnOp
}

// Off implements Room.
func (r *chipRoom) Off(at time.Duration) {
	r.o.Chip.EndWatch()
	r.o.Chip.Ran(at)
	r.o.Chip.OnOp = nil
}

// Files implements Room.
func (r *chipRoom) Files(at port.FlashRegion) (Files, error) {
	files := flashfs.New(r.o.Chip, at)
	files.OnWork = r.o.OnWork
	return files, nil
}

// Store implements Room.
func (r *chipRoom) Store(at port.FlashRegion) (*flash.Part, error) {
	return r.o.Chip.Part(int(at.Addr), int(at.Size)), nil
}

// Records implements Room: the page in the chip. A new chip gets the table that the firmware makes at
// its first boot. One that has a table keeps it, unless a store is asked for and the table
// is that of a build without one. Of the table in a firmware that has never started, the
// first boot is done.
func (r *chipRoom) Records() (*rcr.Page, error) {
	c := r.o
	page, err := rcr.In(c.Chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		return nil, err
	}
	size := r.FlashBytes()
	table, ok := page.Table()
	ok = ok && len(table) > 0
	sound := ok && (rcr.Unfinished(table) || rcr.Check(table, size) == nil)
	fresh := !sound && isNew(c.Chip)
	switch {
	case !ok && !fresh:
		return nil, ErrNoTable
	case size < rcr.LeastChip:
		return nil, &ChipError{fmt.Sprintf("the firmware does not start on a flash chip of %d bytes: it wants %d or more", size, rcr.LeastChip)}
	case fresh:
		if !c.Chip.Blank(rcr.PageAddr) { // the power went while the table was written
			c.Chip.Erase(rcr.PageAddr)
		}
		page.WriteTable(rcr.DefaultPartitions(size, uint32(c.LFSBytes)))
	case !sound:
		return nil, &ChipError{fmt.Sprintf("the partition table on the flash chip is damaged, so the firmware does not start: %v; %s", rcr.Check(table, size), lookHint)}
	case rcr.Unfinished(table):
		made, err := rcr.FirstBoot(table, size)
		if err != nil {
			return nil, &ChipError{fmt.Sprintf("the firmware does not start with its partition table: %v", err)}
		}
		page.WriteTable(made)
	case c.LFSBytes > 0:
		page.Provision(size, uint32(c.LFSBytes))
	}
	return page, nil
}

// isNew tells whether there is nothing in a chip but, perhaps, the beginning of a record with
// a table.
func isNew(chip *flash.Chip) bool {
	if head := chip.Bytes()[rcr.PageAddr:]; !chip.Blank(rcr.PageAddr) && (head[1] != port.RecordPartitions || head[2] != 0 || head[3] != 0) {
		return false
	}
	for at := 0; at < chip.Size(); at += flash.SectorSize {
		if at != rcr.PageAddr && !chip.Blank(at) {
			return false
		}
	}
	return true
}

const lookHint = `"moonlet flash inspect" shows what is on the chip, "moonlet spiffs extract" gets its files`

// ChipError is what keeps the firmware from starting with what is on a flash chip.
type ChipError struct{ problem string }

// Error implements error.
func (e *ChipError) Error() string { return e.problem }

// ErrNoTable says that a chip with something on it has no partition table.
var ErrNoTable = &ChipError{fmt.Sprintf("the flash chip has no partition table at 0x%06x, so the firmware does not start: it is none of NodeMCU 3, "+
	"or the power went while its settings were written anew; %s", rcr.PageAddr, lookHint)}
