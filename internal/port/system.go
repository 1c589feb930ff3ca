package port

import "moonlet.example/moonlet/internal/mem"

// System is what the SDK and the platform layer of the firmware offer beside
// tasks and timers.
type System interface {
	Counters
	Power

	// Hardware and Build describe the module.
	Hardware() Hardware
	Build() Build

	// NewHardwareTimer makes a timer whose function runs at interrupt level: on
	// time even in the midst of a task, as soon as time passes there. Such a
	// function must not touch Lua; it may change pins, arm timers and post tasks.
	NewHardwareTimer(f func()) Timer

	// LargestFreeHeap is the size of the largest block that the heap could give now, in
	// bytes. The SDK has no such function; only Moonlet's own additions ask for it.
	LargestFreeHeap() int

	// Static is the address of a module's static variables (what the linker puts
	// into .bss): size bytes, zeroed at boot. The same name gives the same place
	// until the next reset.
	Static(name string, size int) mem.Addr
}

// Counters are the chip's clocks and its random number generator.
type Counters interface {
	// SystemTime is the time since the last reset in µs (system_get_time).
	SystemTime() uint32
	// CycleCount is the processor's register CCOUNT.
	CycleCount() uint32
	// RTCTime counts the cycles of the slow clock, which goes on in deep sleep
	// (system_get_rtc_time).
	RTCTime() uint32
	// RTCCalibration is the length of such a cycle in µs, with 12 bits after the
	// binary point (system_rtc_clock_cali_proc).
	RTCCalibration() uint32
	// TimerCount is the counter behind the SDK's timers (FRC2): the time since the last
	// reset in units of 3.2 µs, whatever the processor's clock is.
	TimerCount() uint32
	// CPUFrequency is 80 or 160, in MHz.
	CPUFrequency() int
	SetCPUFrequency(mhz int)
	// Random is a number of the hardware's generator (os_random).
	Random() uint32
}

// Power ends the life that the module leads.
type Power interface {
	// Restart resets the chip when the task that calls it is over
	// (system_restart); the rest of the task still runs.
	Restart()
	// Uncaught tells the user of an error that no protected call has caught, for which the
	// chip is about to restart. message has the traceback.
	Uncaught(message string)
	// Hang never returns: nothing runs until the watchdog resets the chip.
	Hang()
	// DeepSleep turns the chip off when the task is over. It wakes up with a
	// reset after that many µs, never for 0. At once means without waiting for
	// the radio.
	DeepSleep(us uint64, atOnce bool)
	// SleepNow turns the chip off in the midst of the task and does not return. It wakes
	// up with a reset after that many cycles of the slow clock.
	SleepNow(cycles uint32)
	// ResetInfo tells how this life began.
	ResetInfo() ResetInfo
}

// SDK is what only the ESP8266's SDK has.
type SDK interface {
	// SetSDKOutput turns the SDK's own messages on or off (system_set_os_print).
	SetSDKOutput(on bool)
	// SetDeepSleepOption says what the radio does after waking up.
	SetDeepSleepOption(option uint8)
	// RestoreDefaults forgets the SDK's saved settings (system_restore).
	RestoreDefaults()
}

// Store is what loads the Lua Flash Store.
type Store interface {
	// CheckImage tells why a file is no image that the store could take, "" if it is one
	// or nobody can tell. The firmware finds that out too late.
	CheckImage(name string) string
	// Refused tells the user, who may not see what Lua gets, why an image is not loaded.
	Refused(why string)
	// LoadImage notes that the next start loads an image into the store, and restarts
	// the chip when the task that calls it is over.
	LoadImage(name string) bool
	// LoadNow loads an image of Lua 5.1 at once, and the watchdog resets the chip then. It tells why an image is not
	// loaded; take is told each time what the loader takes of the guest's memory, in bytes, and may panic.
	LoadNow(name string, take func(bytes int)) (why string)
}

// ResetReason is the SDK's extended reset cause (enum rst_reason).
type ResetReason uint32

// The reasons for a reset.
const (
	ResetPowerOn ResetReason = iota
	ResetHardwareWatchdog
	ResetException
	ResetSoftWatchdog
	ResetRestart
	ResetDeepSleep
	ResetExternal
)

// ResetInfo is the SDK's struct rst_info with the raw cause beside it.
type ResetInfo struct {
	Raw              uint32 // rtc_get_reset_reason
	Reason           ResetReason
	ExcCause         uint32
	EPC1, EPC2, EPC3 uint32
	ExcVAddr         uint32
	DEPC             uint32
}

// Hardware is what the chip tells about itself.
type Hardware struct {
	ChipID     uint32
	FlashID    uint32
	FlashSize  uint32 // bytes
	FlashMode  uint32 // 0 QIO, 1 QOUT, 2 DIO, 15 DOUT
	FlashSpeed uint32 // Hz
	// FlashWindow is where the processor reads the first byte of the flash chip.
	FlashWindow uint32
}

// Build is what the firmware tells about itself (user_version.h, buildinfo.h).
type Build struct {
	Major, Minor, Revision int
	Branch                 string
	Commit                 string
	Release                string
	ReleaseDTS             string
	SSL                    bool
	LFSSize                int
	Modules                string // names with commas between
	NumberType             string
}

// Identifiers of reboot config records (PLATFORM_RCR constants,
// app/platform/platform.h).
const (
	RecordPartitions = 1
	RecordPhyData    = 2
	RecordReflash    = 3
	RecordFlashLFS   = 4
	RecordInit       = 5
	RecordStartup    = 6
)

// Bits of the record RecordStartup (STARTUP_OPTION constants,
// app/platform/platform.h).
const (
	StartupNoBanner   = 1 << 0
	StartupCPUMax     = 1 << 1
	StartupDelayMount = 1 << 2
)

// Types of partitions: the SDK's own and the firmware's, which begin at 100
// (app/include/user_config.h, tools/nodemcu-partition.py).
const (
	PartitionRFCal      = 4
	PartitionPhyData    = 5
	PartitionParameters = 6
	PartitionEagleROM   = 101
	PartitionIROM0      = 102
	PartitionLFS        = 103
	PartitionSPIFFS     = 106
)

// PartitionSize is the size of an entry of the record RecordPartitions in
// bytes: type, address and size, each a word.
const PartitionSize = 12

// Records are the settings that survive a reset: the page of reboot config
// records in the flash chip, and what is made of the first of them.
type Records interface {
	// ReadRecord is the body of a record, padded to whole words.
	ReadRecord(id uint8) ([]byte, bool)
	// WriteRecord replaces a record. It returns how many bytes that took, false
	// if the page is full.
	WriteRecord(id uint8, body []byte) (int, bool)
	DeleteRecord(id uint8) bool
	// Partition finds a partition in the table that was in force at boot; its
	// size is 0 if there is none.
	Partition(kind uint32) FlashRegion
}
