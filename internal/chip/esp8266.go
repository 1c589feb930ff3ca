package chip

import (
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Facts of the ESP8266 that others need as constants; all else is in ESP8266.
const (
	// ESP8266Window is where the processor reads the first byte of the flash chip
	// (FLASH_BASE_ADDR), ESP8266WindowBytes how much of it (irom0_0_seg of ld/nodemcu.ld,
	// flash_map_meg_offset of app/platform/platform.c).
	ESP8266Window      = 0x40200000
	ESP8266WindowBytes = 1 << 20
	// ESP8266ProgramEnd is where a typical program ends in the flash chip: the firmware's
	// own tools assume it where they need one (FLASH_BASE in app/lua53/lnodemcu.c).
	ESP8266ProgramEnd = 0x90000
	// ESP8266FlashBytes is the size of the flash chip of most boards.
	ESP8266FlashBytes = 4 << 20
	// ESP8266TaskLimit is how long a task may hold the chip before the radio suffers
	// (15 ms, docs/lua-modules/cohelper.md of the firmware).
	ESP8266TaskLimit = 15 * time.Millisecond
	// ESP8266SoftWatchdog is how long until the SDK's own watchdog resets the chip. The
	// SDK does not document it; 3.2 s is what users of the chip commonly measure
	// (for instance sigmdel.ca/michel/program/esp8266/arduino/watchdogs_en.html).
	ESP8266SoftWatchdog = 3200 * time.Millisecond
)

// All lists the chips that there are.
func All() []*Chip { return []*Chip{esp8266} }

// Find finds a chip by its name, nil if there is none.
func Find(name string) *Chip {
	for _, c := range All() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Names lists the names of all chips in quotes.
func Names() string {
	var names []string
	for _, c := range All() {
		names = append(names, strconv.Quote(c.Name))
	}
	return strings.Join(names, ", ")
}

// ESP8266 is the chip that NodeMCU's release branch is made for. It is always the same
// value.
func ESP8266() *Chip { return esp8266 }

var esp8266 = &Chip{
	Name: "esp8266",
	// ESP8266 Technical Reference, memory map; the firmware's linker script ld/nodemcu.ld.
	// What the SDK and the network stack occupy in RAM for good is not simulated: the
	// heap just begins where the profile says.
	Memory: Memory{
		RAM:         Region{0x3FFE8000, 0x3FFFC000}, // 80 KB
		StaticBytes: 8 << 10,
		Scratch:     Region{0x3FFFC000, 0x40000000}, // the boot ROM's and the system's stack
		Code:        0x40100000,                     // the chip's instruction RAM
		Tables:      0x40210000,                     // IROM0_SEG in lnodemcu.c
		Window:      Region{ESP8266Window, ESP8266Window + ESP8266WindowBytes},
		// The program of a board can be shorter than the typical one, as far as the tables
		// leave room.
		Stores:    Region{0x40220000, ESP8266Window + ESP8266WindowBytes},
		StoreBase: ESP8266Window + ESP8266ProgramEnd,
		RTC:       Region{0x60001200, 0x60001400}, // app/include/rtc/rtcaccess.h
	},
	// A chip by Winbond, as in the data sheets of the W25Q series.
	Flash: Flash{DefaultBytes: ESP8266FlashBytes, Vendor: 0xEF, Type: 0x40, SpeedHz: 40_000_000},
	NewHeap: func(m mem.Mem, start, end mem.Addr) heap.System {
		return heap.NewDevice(m, start, end)
	},
	TaskQueue: port.TaskQueueLen,
	TimerStep: time.Microsecond,
	// The slow clock is an RC oscillator, no two are alike; with 5.75 µs the longest deep
	// sleep is about 3.4 hours, near the 3.5 hours that docs/modules/node.md quotes as
	// realistic.
	Clocks:      Clocks{CPU: 80, CPUMax: 160, RTCPeriod: 5*4096 + 3*1024, UnitMHz: 80},
	Watchdog:    Watchdog{Task: ESP8266TaskLimit, Soft: ESP8266SoftWatchdog},
	Pins:        port.PinCount,
	SerialPorts: port.SerialPorts,
	// The raw cause is 1 after power-on, 4 after the hardware watchdog, 2 after what the
	// SDK does through the reset pin's path.
	Resets: map[port.ResetReason]Reset{
		port.ResetPowerOn:          {"power on", 1},
		port.ResetHardwareWatchdog: {"hardware watchdog", 4},
		port.ResetException:        {"exception", 2},
		port.ResetSoftWatchdog:     {"watchdog", 2},
		port.ResetRestart:          {"restart", 2},
		port.ResetDeepSleep:        {"deep sleep is over", 2},
		port.ResetExternal:         {"reset pin", 2},
	},
	// Those that the SDK prints.
	Exceptions: map[uint8]string{
		mem.CauseIllegalInstruction: "IllegalInstructionCause",
		mem.CauseUnaligned:          "LoadStoreAlignmentCause",
		mem.CauseLoadProhibited:     "LoadProhibitedCause",
		mem.CauseStoreProhibited:    "StoreProhibitedCause",
	},
}
