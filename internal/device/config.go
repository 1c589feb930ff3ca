// Package device is a whole virtual module: chip, boot, console and the lives
// that it leads between two resets.
//
// It puts the simulators of the other packages around a virtual machine in
// device memory, in the memory map of an ESP8266. A Device belongs to one
// goroutine, the one that calls Run; Feed, EndInput and Stop may be called from
// any.
package device

import (
	"fmt"
	"io"
	"time"

	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/parts"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/sim/radio"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Config describes a module and what is around it. Only StateDir is needed, and not that
// for a module with a Chip that is not switched on.
type Config struct {
	// StateDir is the host's directory for what a reset keeps: the files of the
	// file system, the reboot config records and the radio's
	// settings. It is made if it does not exist.
	StateDir string
	// State is that directory if the caller has opened it, and locked it by storage.LockState. The
	// caller closes it. With one in memory (hostfile.NewMemory) the module needs no
	// descriptors and leaves nothing behind.
	State *hostfile.Dir
	// Files is the file system of the host; nil is the real one.
	Files *hostfile.Host

	// Chip is the whole flash chip: files, store and settings are in it as on a board.
	// The caller opens and closes it. Without one they are files in StateDir.
	Chip *flash.Chip

	// Build is the firmware. With larger numbers the same heap has less room: FreeHeap is
	// that of a build with the default numbers.
	Build firmware.Build
	// FreeHeap is what node.heap() tells at the prompt of a module without an
	// application, in bytes, when the collector has just run; 0 is DefaultFreeHeap.
	FreeHeap int
	// DebugHeap, if any, is FreeHeap for a chip that does not exist: it may be as large as
	// MaxDebugHeap.
	DebugHeap int
	// SDKMemory is what the closed part of the SDK takes from the heap while the module
	// works; nil is DefaultSDKMemory.
	SDKMemory *SDKMemory
	ChipID    uint32 // 0 is DefaultChipID
	// LFSSize is the size of the partition of the Lua Flash Store that the build
	// has, in bytes: a multiple of 4096, 0 for none. An application that makes a
	// partition table of its own (node.setpartitiontable) overrules it.
	LFSSize int
	Seed    uint64 // of the chip's random numbers

	// Clock is where time comes from; nil is the host's clock.
	Clock sdk.Clock
	// UnitTime is what one unit of instruction cost takes on the chip
	// (docs/time.md); 0 is DefaultUnitTime.
	UnitTime time.Duration
	// FlashTimes are what reading, writing and erasing the flash chip takes.
	FlashTimes storage.Times
	// TaskLimit and SoftWatchdog are as in sdk.Config.
	TaskLimit, SoftWatchdog time.Duration

	// Init is what the build starts, as console.Config has it; "" is init.lua.
	Init string

	// Script is what is done to the board, each step some time after the one before.
	Script []BoardStep

	// EndAt is when Run ends, in device time; 0 is never.
	EndAt time.Duration

	// Serial gets what the module sends on serial port 0, Serial1 what it sends on
	// port 1. Nil throws it away.
	Serial, Serial1 io.Writer
	// Printed, if any, gets of what goes to Serial only what programs send: no banner, no
	// prompt, no echo.
	Printed io.Writer
	// FastSerial lets writing take no time, instead of what the line needs at its
	// baud rate.
	FastSerial bool

	Board parts.Config
	Net   Network
	WiFi  WiFi

	// HeapProfile makes the module remember who took which block of the heap, for
	// HeapSnapshot. It changes nothing that the module can notice.
	HeapProfile bool

	// PowerCut, if any, is asked before each operation of the flash chip: of Chip on all of
	// it, without one on the store. True resets the module before it is done, as if the
	// power had gone.
	PowerCut func(op flash.Op) bool

	Watch Watch

	// Air is a simulated network with other modules, and Lease what the networks in it give
	// to this one, unless they say otherwise.
	Air   *hostnet.Air
	Lease port.IPInfo

	// Report gets what the module itself cannot tell; nil drops it. It runs on the
	// module's goroutine and must not call the Device.
	Report func(e Event)
}

// Network is how the module meets the host's network.
type Network = hostnet.Access

// WiFi is what the radio hears.
type WiFi = radio.World

// Defaults of Config.
const (
	DefaultFreeHeap = 44 << 10
	// MaxDebugHeap is the most that Config.DebugHeap may be, in bytes.
	MaxDebugHeap  = 4 << 20
	DefaultChipID = 0x4D4C54
	// DefaultUnitTime is a round figure between published measurements of the chip
	// at 80 MHz, which disagree by a factor of nine; docs/time.md lists them.
	DefaultUnitTime = 1250 * time.Nanosecond
	// MaxLFS is the size of the largest store: what the processor can read of the
	// flash chip behind the program.
	MaxLFS = rcr.WindowSize - rcr.ProgramEnd
)

// EventKind tells what an Event is about.
type EventKind int

// The events.
const (
	Listening      EventKind = iota // a server of the module can be reached
	LongTask                        // a task held the chip for too long
	Watchdog                        // the watchdog reset the chip
	Exception                       // damaged code made the processor stop
	Rebooted                        // a new life begins
	Sleeping                        // the chip sleeps deeply
	HostError                       // something failed on the host
	FlashWear                       // a sector of the flash chip is erased too often
	NetworkRefused                  // something was not let through to or from the host's network
	Cut                             // the end came in the midst of a task
	Bug                             // a fault of Moonlet reset the module
	MissingModule                   // a module of the firmware was asked for that Moonlet does not have
	Panic                           // an error that nothing has caught: the module restarts
	LuaError                        // an error of the application's start, or of what is typed
	OldCode                         // the application uses what older Lua or firmware has
	OutOfMemory                     // memory was wanted that is not there
	StoreRefused                    // an image is none that the store can take
	InputLate                       // the virtual clock does not wait any longer for who types
	Note                            // a module does something of which a board says nothing
)

var eventNames = [...]string{"listening", "long-task", "watchdog", "exception", "rebooted", "sleeping", "host-error", "flash-wear", "network-refused", "cut", "bug", "missing-module",
	"panic", "lua-error", "old-code", "out-of-memory", "store-refused", "input-late", "note"}

// String is the kind's name, as it stands in JSON.
func (k EventKind) String() string { return eventNames[k] }

// Event is something that a board does not tell.
type Event struct {
	Kind EventKind
	At   time.Duration // since power-on, in device time
	// Text is a sentence for the user, without the kind.
	Text string
	// Traceback is where Lua was, for LongTask, Watchdog, Cut, Bug, MissingModule, Panic,
	// LuaError, OutOfMemory and StoreRefused; it may be empty.
	Traceback string
	Mapping   *hostnet.Mapping // of Listening
	Took      time.Duration    // of LongTask
	Reset     *port.ResetInfo  // of Rebooted: how the new life began
	Wear      *flash.Wearing   // of FlashWear
	Module    string           // of MissingModule and Note: its name
	Shortage  *Shortage        // of OutOfMemory
}

func (c *Config) setDefaults() error {
	c.setMemory()
	if err := firmware.Join(c.mistakes()); err != nil {
		return err
	}
	if c.ChipID == 0 {
		c.ChipID = DefaultChipID
	}
	if c.Clock == nil {
		c.Clock = sdk.NewRealClock(1)
	}
	if c.UnitTime == 0 {
		c.UnitTime = DefaultUnitTime
	}
	c.FlashTimes = c.FlashTimes.Complete()
	if c.Serial == nil {
		c.Serial = io.Discard
	}
	if c.Serial1 == nil {
		c.Serial1 = io.Discard
	}
	if c.Report == nil {
		c.Report = func(Event) {}
	}
	return nil
}

// setMemory sets the defaults that decide how much memory there is.
func (c *Config) setMemory() {
	if c.SDKMemory == nil {
		m := DefaultSDKMemory()
		c.SDKMemory = &m
	}
	if minFreeHeap <= c.DebugHeap && c.DebugHeap <= MaxDebugHeap {
		c.FreeHeap = c.DebugHeap
		c.Build.Chip = c.Build.ChipOrDefault().WithHeap(c.DebugHeap + c.atPrompt())
	}
	if c.FreeHeap == 0 {
		c.FreeHeap = DefaultFreeHeap
	}
}

// Mistakes lists what in a configuration cannot be, all of it.
func (c Config) Mistakes() []*firmware.Mistake {
	c.setMemory()
	return c.mistakes()
}

func (c *Config) mistakes() []*firmware.Mistake {
	list := c.Build.Mistakes()
	fail := func(key, format string, args ...any) {
		list = append(list, &firmware.Mistake{Key: key, Problem: fmt.Sprintf(format, args...)})
	}
	if c.DebugHeap != 0 && (c.DebugHeap < minFreeHeap || c.DebugHeap > MaxDebugHeap) {
		fail("debug_heap", "a heap of %d bytes is not possible: choose %d to %d", c.DebugHeap, minFreeHeap, MaxDebugHeap)
	}
	if most := c.maxFreeHeap(); c.FreeHeap < minFreeHeap || c.FreeHeap > most {
		fail("heap", "a heap of %d bytes is not possible: choose %d to %d", c.FreeHeap, minFreeHeap, most)
	}
	if c.LFSSize < 0 || c.LFSSize%flash.SectorSize != 0 || c.LFSSize > c.maxLFS() {
		fail("lfs", "a store of %d bytes is not possible: choose a multiple of %d up to %d", c.LFSSize, flash.SectorSize, c.maxLFS())
	}
	return list
}

// maxLFS is the size of the largest store in bytes.
func (c *Config) maxLFS() int {
	m := &c.Build.ChipOrDefault().Memory
	return int(m.Stores.End - m.StoreBase)
}

// Room is where the module's flash memory is kept.
func (c *Config) Room(h storage.Hooks) storage.Room {
	return storage.New(storage.Options{State: c.State, Chip: c.Chip, LFSBytes: c.LFSSize, FlashBytes: c.Build.ChipOrDefault().Flash.DefaultBytes, Hooks: h})
}
