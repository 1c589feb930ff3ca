// Package storage is where a module's flash memory is kept. There are two rooms for it: a
// directory of the host, where what the application sees as files are files, and a whole
// flash chip, where everything lies as on a board. Whoever has a Room does not care.
package storage

import (
	"time"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/adc"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/flashdir"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Room keeps the flash memory of one module. Errors are for the user.
type Room interface {
	// FlashBytes is the size of the flash chip, as the firmware sees it.
	FlashBytes() uint32
	// Records opens the page of reboot config records, which is made if there is none.
	Records() (*rcr.Page, error)
	// Files opens the file system in a part of the chip.
	Files(at port.FlashRegion) (Files, error)
	// Store opens the partition of the Lua Flash Store.
	Store(at port.FlashRegion) (*flash.Part, error)
	// WiFi opens what the SDK keeps about the radio.
	WiFi() (radio.Store, error)
	// ADC opens what the radio's init data say about the analog input.
	ADC() (adc.Store, error)
	// Certs opens what is kept of certificates for TLS.
	Certs() (*Certs, error)
	// On tells that the module has power from now on, Off that it has none any more, at a
	// time of its own: between them operations are asked for and wear is counted.
	On()
	Off(at time.Duration)
}

// Files is a file system that can be put away.
type Files interface {
	port.Files
	// Make makes the file system if there is none; what there is stays, whatever the host says.
	Make() error
	// Reset closes all files, as the power does that goes; Unmount writes what waits, too.
	Reset()
	Unmount()
	Close() error
}

// Options say where the room is.
type Options struct {
	// State is the directory of what is kept; nil if there is none yet: then it is that of a
	// module that never ran.
	State *hostfile.Dir
	// Chip is the whole flash chip; without one its content is in State.
	Chip *flash.Chip
	// LFSBytes is the size of the partition of the Lua Flash Store that the build has.
	LFSBytes int
	// FlashBytes is the size of the chip where it is not in Chip.
	FlashBytes int
	Hooks
}

// Hooks are who wants to know of what happens. All may be nil.
type Hooks struct {
	// OnError gets what the host refuses; nil leaves it to who opened the chip.
	OnError func(error)
	// OnOp is asked before each operation of the chip, or of the store where there is none;
	// it may panic, and then it is not done.
	OnOp func(op flash.Op)
	// OnWorn hears of sectors that are erased too often, by the time that Now tells.
	OnWorn func(w flash.Wearing)
	// OnWork gets what each call of the file system asked of the flash chip, at its end. It may
	// panic: all that the call does is done.
	OnWork func(w Work)
	Now    func() time.Duration
}

// New makes the room.
func New(o Options) Room {
	toChip := o.OnError
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	s := settings{o.State, o.OnError, o.OnWork}
	if o.Chip == nil {
		return &dirRoom{s, o}
	}
	if toChip != nil {
		o.Chip.OnError = toChip
	}
	return &chipRoom{s, o}
}

// Partitions tells where the store and the file system are in the flash chip of a module
// that may never have run.
func Partitions(r Room) (lfs, files port.FlashRegion, err error) {
	page, err := r.Records()
	if err != nil {
		return lfs, files, err
	}
	return page.Partition(port.PartitionLFS), flashdir.RegionIn(page.Partition(port.PartitionSPIFFS)), nil
}
