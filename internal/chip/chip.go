// Package chip says what a chip is: its memory map, its flash window, its allocator, the
// lengths of its queues, its clocks and watchdogs, and the words for its resets. A chip is
// a value; no other package declares an address or a length of one.
//
// What only some chips have is not here: what a chip's pins or its radio can do is asked
// through package port.
package chip

import (
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Region is the addresses from Start up to, and not with, End.
type Region struct{ Start, End mem.Addr }

// Size is the length of the region in bytes.
func (r Region) Size() mem.Addr { return r.End - r.Start }

// Chip describes a chip and what the SDK makes of it. Nobody changes one that modules have.
type Chip struct {
	Name   string // as project files have it
	Memory Memory
	Flash  Flash
	// NewHeap formats [start, end) for the allocator that the SDK has.
	NewHeap func(m mem.Mem, start, end mem.Addr) heap.System

	TaskQueue int           // tasks of one priority that can wait
	TimerStep time.Duration // the shortest period of a timer
	Clocks    Clocks
	Watchdog  Watchdog

	Pins        int // GPIO numbers, the ones that lead nowhere included
	SerialPorts int

	Resets     map[port.ResetReason]Reset
	Exceptions map[uint8]string // names of the processor's fatal exceptions
}

// Memory is the address space as the processor sees it. All regions are whole pages of
// package mem.
type Memory struct {
	// RAM begins with the static variables of modules, StaticBytes of them, and has the
	// heap at its end. What lies between them when the heap is small belongs to the SDK.
	RAM         Region
	StaticBytes mem.Addr
	Scratch     Region   // values that the API works with; on the chip, its system stack
	Code        mem.Addr // where functions have their addresses; nothing is mapped there
	Tables      mem.Addr // read-only tables, inside of Window
	Window      Region   // what the processor reads of the flash chip, from its first byte
	// Stores is where a Lua Flash Store can be, in Window and behind the tables; StoreBase
	// is where a program of usual length leaves it.
	Stores    Region
	StoreBase mem.Addr
	// RTC is the part of the real time clock's memory that programs may use. The processor
	// reaches it as a peripheral, so nothing is mapped there.
	RTC Region
}

// WithHeap is a chip as no factory makes it, whose RAM has room for a heap of that many bytes.
func (c *Chip) WithHeap(bytes int) *Chip {
	const page = 64 << 10 // whole pages of any host
	larger := *c
	if more := bytes - int(c.Memory.Heap().Size()); more > 0 {
		larger.Memory.RAM.Start -= mem.Addr((more + page - 1) / page * page)
	}
	return &larger
}

// Heap is where the heap of a module can be.
func (m *Memory) Heap() Region { return Region{m.RAM.Start + m.StaticBytes, m.RAM.End} }

// Flash is the flash chip that modules have.
type Flash struct {
	DefaultBytes int
	// Vendor and Type are the first two bytes of its JEDEC identification; the third one
	// is the logarithm of its size.
	Vendor, Type uint8
	SpeedHz      uint32
}

// ID is how a flash chip of that size identifies itself, in the order of the SDK's
// spi_flash_get_id.
func (f *Flash) ID(bytes uint32) uint32 {
	log := uint32(0)
	for n := bytes; n > 1; n >>= 1 {
		log++
	}
	return log<<16 | uint32(f.Type)<<8 | uint32(f.Vendor)
}

// Clocks are the frequencies of a chip.
type Clocks struct {
	CPU    int // MHz at start
	CPUMax int // MHz, with the option of node.startup
	// RTCPeriod is the length of a cycle of the slow clock in µs, with 12 bits after the
	// binary point.
	RTCPeriod uint32
	// UnitMHz is the clock that a unit of cost is measured at.
	UnitMHz int
}

// Watchdog is how long a task may hold the chip.
type Watchdog struct {
	Task time.Duration // until the radio suffers
	Soft time.Duration // until the SDK resets the chip
}

// Reset is a cause of a reset.
type Reset struct {
	Name string // in reports
	Raw  uint32 // what the boot ROM calls it ("rst cause")
}

// ResetInfo is what the SDK tells about a reset without a crash behind it.
func (c *Chip) ResetInfo(r port.ResetReason) port.ResetInfo {
	return port.ResetInfo{Raw: c.Resets[r].Raw, Reason: r}
}

// ExceptionName is the SDK's name of a fatal exception.
func (c *Chip) ExceptionName(cause uint8) string {
	if name, ok := c.Exceptions[cause]; ok {
		return name
	}
	return "unknown"
}

// ExceptionText is what the SDK prints of a fatal exception. There is no program counter
// of the chip, so epc1 is 0.
func (c *Chip) ExceptionText(f *mem.Fault) string {
	return fmt.Sprintf("Fatal exception %d(%s):\nepc1=0x%08x, epc2=0x00000000, epc3=0x00000000, excvaddr=0x%08x, depc=0x00000000\n",
		f.Cause, c.ExceptionName(f.Cause), 0, f.Addr)
}
