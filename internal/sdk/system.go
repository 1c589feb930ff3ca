package sdk

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// SystemConfig is what a System needs. Loop, Mem, the static region and Records
// must be set.
type SystemConfig struct {
	Chip    *chip.Chip // nil is the ESP8266
	Loop    *Loop
	Records *rcr.Page
	// Static variables of modules lie in [StaticStart, StaticEnd) of Mem.
	Mem                    mem.Mem
	StaticStart, StaticEnd mem.Addr

	Hardware port.Hardware
	Build    port.Build
	Seed     uint64 // of the random number generator
	// CheckImage, if any, tells why an image of the store cannot be loaded.
	CheckImage func(name string) string
	// OnUncaught, if any, is told of errors that nothing catches.
	OnUncaught func(message string)
	// LoadNow, if any, loads an image of Lua 5.1, as port.Store has it.
	LoadNow func(name string, take func(bytes int)) string
	// OnRefused, if any, is told why an image was not loaded.
	OnRefused func(why string)
	// LargestFreeHeap, if any, tells the largest block that the heap could give.
	LargestFreeHeap func() int
	// OnRestoreDefaults, if any, makes the radio forget its saved settings.
	OnRestoreDefaults func()
}

// System implements port.System, and what the ESP8266 has besides: port.Records, port.Store
// and port.SDK. What ends a life is only noted: the Loop halts
// after the current task, and who runs it asks Pending.
type System struct {
	config     SystemConfig
	clocks     *chip.Clocks
	loop       *Loop
	random     *rand.PCG
	info       port.ResetInfo
	partitions []rcr.Partition
	sdkOutput  bool

	mhz        int
	cycles     uint32        // CCOUNT when mhz was set
	cyclesTime time.Duration // and when that was

	sleepOption uint8
	pending     *Ending
	rtc         rtcMemory

	statics   map[string]staticArea
	staticEnd mem.Addr // of what is given away
}

type staticArea struct {
	addr mem.Addr
	size int
}

// Ending tells how a life ended and how the next one begins.
type Ending struct {
	Next port.ResetInfo
	// Sleep is how long the chip is off in between, Forever if nothing but a
	// signal at its reset pin wakes it.
	Sleep time.Duration
	// SleepOption is what node.dsleep said about the radio, for a deep sleep.
	SleepOption uint8
}

// Off is the panic by which a task ends that turned the chip off. Pending tells the rest.
type Off struct{}

var (
	_ port.System  = (*System)(nil)
	_ port.Records = (*System)(nil)
	_ port.Store   = (*System)(nil)
	_ port.SDK     = (*System)(nil)

	_ port.RTCMemory = (*System)(nil)
)

// NewSystem returns the system at power-on.
func NewSystem(c SystemConfig) *System {
	c.Chip = cmp.Or(c.Chip, chip.ESP8266())
	c.Hardware.FlashWindow = uint32(c.Chip.Memory.Window.Start)
	s := &System{config: c, clocks: &c.Chip.Clocks, loop: c.Loop, random: rand.NewPCG(c.Seed, c.Seed)}
	s.rtc = newRTCMemory(int(c.Chip.Memory.RTC.Size()/4), c.Seed)
	s.Reset(s.reason(port.ResetPowerOn))
	return s
}

// LargestFreeHeap implements port.System.
func (s *System) LargestFreeHeap() int {
	if f := s.config.LargestFreeHeap; f != nil {
		return f()
	}
	return 0
}

// Reason is the reset info of the ESP8266 for a reason without a crash behind it.
func Reason(r port.ResetReason) port.ResetInfo { return chip.ESP8266().ResetInfo(r) }

func (s *System) reason(r port.ResetReason) port.ResetInfo { return s.config.Chip.ResetInfo(r) }

// Reset begins a new life. The Loop is reset by whoever calls this, before.
func (s *System) Reset(info port.ResetInfo) {
	s.info = info
	s.pending = nil
	s.sdkOutput = false
	if info.Reason == port.ResetPowerOn {
		s.rtc.powerOn()
	}
	s.statics = map[string]staticArea{}
	s.staticEnd = s.config.StaticStart
	s.mhz, s.cycles, s.cyclesTime = s.clocks.CPU, 0, s.loop.Now()
	if b, ok := s.config.Records.Read(port.RecordStartup); ok && len(b) == 4 &&
		binary.LittleEndian.Uint32(b)&port.StartupCPUMax != 0 {
		s.mhz = s.clocks.CPUMax
	}
	table, _ := s.config.Records.Read(port.RecordPartitions)
	s.partitions = rcr.DecodeTable(table)
}

// Pending is the end that was asked for, nil if the life goes on.
func (s *System) Pending() *Ending { return s.pending }

// End ends this life after the current task, unless it has ended already.
func (s *System) End(e Ending) {
	if s.pending == nil {
		s.pending = &e
	}
	s.loop.Halt()
}

// Restart implements port.Power.
func (s *System) Restart() { s.End(Ending{Next: s.reason(port.ResetRestart)}) }

// DeepSleep implements port.Power.
func (s *System) DeepSleep(us uint64, _ bool) {
	e := Ending{Next: s.reason(port.ResetDeepSleep), Sleep: Forever, SleepOption: s.sleepOption}
	if us > 0 && us < uint64(Forever/time.Microsecond) {
		e.Sleep = time.Duration(us) * time.Microsecond
	}
	s.End(e)
}

// SleepNow implements port.Power. It takes the place of an end that was asked for before,
// which would have come after the task.
func (s *System) SleepNow(cycles uint32) {
	s.loop.Now() // the work before it takes its time
	s.pending = nil
	ns := uint64(cycles) * uint64(s.clocks.RTCPeriod) * uint64(time.Microsecond) / 4096
	s.End(Ending{Next: s.reason(port.ResetDeepSleep), Sleep: time.Duration(ns), SleepOption: s.sleepOption})
	panic(Off{})
}

// SetDeepSleepOption implements port.SDK.
func (s *System) SetDeepSleepOption(option uint8) { s.sleepOption = option }

// Hang implements port.Power. The Loop's OnWatchdog ends it by a panic.
func (s *System) Hang() {
	for {
		s.loop.Delay(s.config.Chip.Watchdog.Soft)
	}
}

// ResetInfo implements port.Power.
func (s *System) ResetInfo() port.ResetInfo { return s.info }

// RestoreDefaults implements port.SDK.
func (s *System) RestoreDefaults() {
	if s.config.OnRestoreDefaults != nil {
		s.config.OnRestoreDefaults()
	}
}

// SystemTime implements port.Counters.
func (s *System) SystemTime() uint32 {
	return uint32((s.loop.Now() - s.loop.ResetTime()) / time.Microsecond)
}

// CycleCount implements port.Counters.
func (s *System) CycleCount() uint32 {
	ns := uint64(s.loop.Now() - s.cyclesTime)
	return s.cycles + uint32(ns*uint64(s.mhz)/1000)
}

// RTCTime implements port.Counters.
func (s *System) RTCTime() uint32 {
	us := uint64(s.loop.Now() / time.Microsecond)
	return uint32(us * 4096 / uint64(s.clocks.RTCPeriod))
}

// RTCCalibration implements port.Counters.
func (s *System) RTCCalibration() uint32 { return s.clocks.RTCPeriod }

// timerCountStep is the period of the counter behind the SDK's timers: 256 cycles at 80 MHz.
const timerCountStep = 3200 * time.Nanosecond

// TimerCount implements port.Counters.
func (s *System) TimerCount() uint32 {
	return uint32((s.loop.Now() - s.loop.ResetTime()) / timerCountStep)
}

// CPUFrequency implements port.Counters.
func (s *System) CPUFrequency() int { return s.mhz }

// SetCPUFrequency implements port.Counters.
func (s *System) SetCPUFrequency(mhz int) {
	s.cycles, s.cyclesTime = s.CycleCount(), s.loop.Now()
	s.mhz = mhz
}

// Random implements port.Counters.
func (s *System) Random() uint32 { return uint32(s.random.Uint64() >> 32) }

// Hardware implements port.System.
func (s *System) Hardware() port.Hardware { return s.config.Hardware }

// Build implements port.System.
func (s *System) Build() port.Build { return s.config.Build }

// SetSDKOutput implements port.SDK.
func (s *System) SetSDKOutput(on bool) { s.sdkOutput = on }

// SDKOutput tells whether the SDK's own messages are wanted.
func (s *System) SDKOutput() bool { return s.sdkOutput }

// NewHardwareTimer implements port.System.
func (s *System) NewHardwareTimer(f func()) port.Timer { return s.loop.NewHardwareTimer(f) }

// ReadRecord implements port.Records.
func (s *System) ReadRecord(id uint8) ([]byte, bool) { return s.config.Records.Read(id) }

// WriteRecord implements port.Records.
func (s *System) WriteRecord(id uint8, body []byte) (int, bool) {
	return s.config.Records.Write(id, body)
}

// DeleteRecord implements port.Records.
func (s *System) DeleteRecord(id uint8) bool { return s.config.Records.Delete(id) }

// Partition implements port.Records.
func (s *System) Partition(kind uint32) port.FlashRegion {
	return rcr.Find(s.partitions, kind)
}

// LoadImage implements port.Store.
func (s *System) LoadImage(name string) bool {
	n, ok := s.WriteRecord(port.RecordFlashLFS, append([]byte(name), 0))
	if !ok || n == 0 {
		return false
	}
	s.Restart()
	return true
}

// CheckImage implements port.Store.
func (s *System) CheckImage(name string) string {
	if s.config.CheckImage == nil {
		return ""
	}
	return s.config.CheckImage(name)
}

// LoadNow implements port.Store.
func (s *System) LoadNow(name string, take func(bytes int)) string {
	if s.config.LoadNow == nil {
		return "No LFS partition allocated"
	}
	return s.config.LoadNow(name, take)
}

// Uncaught implements port.Power.
func (s *System) Uncaught(message string) {
	if s.config.OnUncaught != nil {
		s.config.OnUncaught(message)
	}
}

// Refused implements port.Store.
func (s *System) Refused(why string) {
	if s.config.OnRefused != nil {
		s.config.OnRefused(why)
	}
}

// Static implements port.System.
func (s *System) Static(name string, size int) mem.Addr {
	const align = 8
	if a, ok := s.statics[name]; ok {
		if a.size != size {
			panic(fmt.Sprintf("BUG: static variables %s of %d and of %d bytes", name, a.size, size))
		}
		return a.addr
	}
	addr := s.staticEnd
	end := (addr + mem.Addr(size) + align - 1) &^ (align - 1)
	if end > s.config.StaticEnd {
		panic(fmt.Sprintf("BUG: no room for static variables %s (%d bytes)", name, size))
	}
	s.staticEnd = end
	s.statics[name] = staticArea{addr, size}
	s.config.Mem.Zero(addr, mem.Addr(size))
	return addr
}
