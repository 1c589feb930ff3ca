// Package wallclock is the time of day as the firmware's module rtctime keeps it
// (app/include/rtc/rtctime_internal.h): what rtctime, cron, rtcfifo and sntp have in common.
//
// Time is a count of unit cycles, of which 2,080 are a microsecond, behind the counter of the
// SDK's timers. It begins to run when somebody sets it. Over a deep sleep that this package
// begins, and over no other reset, it is kept in the first nine words of the RTC memory.
//
// The firmware reads the processor's cycles between the reset and the start of its own code.
// That time is none here, so the counter of the timers is the only source.
package wallclock

import (
	"time"

	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// What the first word of the RTC memory says: which counter the time belongs to, or that the
// chip sleeps.
const (
	magicCycles = 0x44695573
	magicTimer  = magicCycles + 1
	magicSleep  = magicCycles + 2
)

const (
	unitsPerMicro = 2080
	unitsPerTick  = 256 * unitsPerMicro / 80 // of port.Counters.TimerCount
	microsPerSec  = 1_000_000
)

// Words of the RTC memory.
const (
	wordMagic        = 0
	wordBase         = 1 // 64 bits
	wordLast         = 3
	wordUnits        = 4
	wordCalibration  = 5
	wordSleepMicros  = 6
	wordSleepCycles  = 7
	wordRate         = 8
	invalidSleep     = 0xFFFFFFFF
	rateStretch      = 1_000_000_000 // µs, after which the rate counts from a new point
	cyclesFraction   = 12            // bits after the binary point of a calibration
	calibrationLeast = 4 << cyclesFraction
	calibrationMost  = 10 << cyclesFraction
)

// Static variables, in the firmware's order.
const (
	offMagic       = 0
	offBase        = 8  // unit cycles since 1970 when the counter was 0; 0 is unknown
	offLast        = 16 // the counter when it was read last
	offUnits       = 20 // unit cycles of a step of the counter
	offCalibration = 24 // of the slow clock, as it is in deep sleep
	offSleepMicros = 28 // slept since the time was set, and in cycles of the slow clock
	offSleepCycles = 32
	offRateFrom    = 40 // µs since 1970 from which the rate counts, before and after it
	offRateTo      = 48
	offAhead       = 56 // µs by which the time that is told is ahead of the time
	offToldMicros  = 60 // the µs that were told last
	offRate        = 64 // offset of the rate in 2⁻³²
	staticSize     = 72
)

// TickPeriod is how often Tick has to be called, so that no overflow of the counter is missed.
const TickPeriod = 10 * time.Second

// Clock is the time of day of one life of a chip. Its state is in device memory.
type Clock struct {
	m    mem.Mem
	at   mem.Addr
	loop port.Loop
	sys  port.System
	rtc  port.RTCMemory // nil if the chip has none
}

// Of gives the clock of a chip with its memory.
func Of(m mem.Mem, chip port.Chip) Clock {
	sys := chip.System()
	rtc, _ := port.RTCOf(chip)
	return Clock{m, sys.Static("rtctime", staticSize), chip.Loop(), sys, rtc}
}

func (c Clock) u32(off mem.Addr) uint32       { return c.m.U32(c.at + off) }
func (c Clock) setU32(off mem.Addr, v uint32) { c.m.SetU32(c.at+off, v) }
func (c Clock) u64(off mem.Addr) uint64       { return c.m.U64(c.at + off) }
func (c Clock) setU64(off mem.Addr, v uint64) { c.m.SetU64(c.at+off, v) }

// kept pairs words of the RTC memory with static variables.
var kept = [...]struct {
	word int
	off  mem.Addr
}{
	{wordMagic, offMagic}, {wordBase, offBase}, {wordBase + 1, offBase + 4}, {wordLast, offLast}, {wordUnits, offUnits},
	{wordCalibration, offCalibration}, {wordSleepMicros, offSleepMicros}, {wordSleepCycles, offSleepCycles}, {wordRate, offRate},
}

func (c Clock) load() {
	if c.rtc == nil {
		return
	}
	for _, k := range kept {
		c.setU32(k.off, c.rtc.RTCWord(k.word))
	}
}

func (c Clock) save() {
	if c.rtc == nil {
		return
	}
	for _, k := range kept {
		c.rtc.SetRTCWord(k.word, c.u32(k.off))
	}
}

func (c Clock) setMagic(v uint32) {
	c.setU32(offMagic, v)
	c.save()
}

// inUse tells whether somebody has set the time in this life or before it.
func (c Clock) inUse() bool {
	switch c.u32(offMagic) {
	case magicCycles, magicTimer, magicSleep:
		return true
	}
	return false
}

// forget makes the time unknown.
func (c Clock) forget() {
	for _, off := range [...]mem.Addr{offSleepMicros, offSleepCycles, offAhead, offToldMicros, offUnits, offLast, offRate, offCalibration} {
		c.setU32(off, 0)
	}
	for _, off := range [...]mem.Addr{offBase, offRateFrom, offRateTo} {
		c.setU64(off, 0)
	}
	c.save()
}

// rawExternal is the raw cause of a reset behind a deep sleep. The reset button has the same
// one, so a sleep that it cuts short counts as slept.
const rawExternal = 2

// Boot begins a life: it takes the time over from a deep sleep.
func (c Clock) Boot() {
	c.load()
	slept := c.u32(offMagic) == magicSleep
	if !slept || c.sys.ResetInfo().Raw != rawExternal {
		c.forget()
	}
	if !c.inUse() {
		return
	}
	// The counter began with the life, and the time of its zero is that of waking up.
	c.setU32(offMagic, magicTimer)
	c.setU32(offUnits, unitsPerTick)
	c.setU32(offLast, 0)
	if slept {
		c.setU32(offAhead, 0)
		now := c.told()
		c.setU64(offRateFrom, now)
		c.setU64(offRateTo, now)
	} else {
		c.sinceZero()
	}
	c.save()
}

// prepare begins to keep time, which is unknown.
func (c Clock) prepare() {
	c.forget()
	c.setU32(offUnits, unitsPerTick)
	c.setMagic(magicTimer)
}

// Prepare begins to keep time, unless it is kept already.
func (c Clock) Prepare() {
	if !c.inUse() {
		c.prepare()
	}
}

// Known tells whether the time is known.
func (c Clock) Known() bool { return c.inUse() && c.u64(offBase) != 0 }

// sinceZero is how many unit cycles ago the counter was zero. It looks for an overflow.
func (c Clock) sinceZero() uint64 {
	if c.u32(offMagic) != magicTimer {
		return 0
	}
	count, units := c.sys.TimerCount(), uint64(c.u32(offUnits))
	if base := c.u64(offBase); count < c.u32(offLast) && base != 0 {
		c.setU64(offBase, base+units<<32)
	}
	c.setU32(offLast, count)
	return uint64(count) * units
}

// actual is the time in µs since 1970, 0 if that is unknown.
func (c Clock) actual() uint64 {
	if !c.inUse() {
		return 0
	}
	since := c.sinceZero() // may change what follows
	base := c.u64(offBase)
	if base == 0 {
		return 0
	}
	return (base + since) / unitsPerMicro
}

// told is actual with what keeps the time that is told from going back.
func (c Clock) told() uint64 {
	now := c.actual()
	if now == 0 {
		return 0
	}
	return now + uint64(c.u32(offAhead))
}

// factor is the rate as a number with 32 bits after the binary point.
func (c Clock) factor() uint64 { return 1<<32 + uint64(int64(c.Rate())) }

// atRate is the time us by the rate. anew lets the rate count from there.
func (c Clock) atRate(us uint64, anew bool) uint64 {
	passed := us - c.u64(offRateFrom)
	by := passed*c.factor()>>32 + c.u64(offRateTo)
	if passed > rateStretch || anew {
		c.setU64(offRateFrom, us)
		c.setU64(offRateTo, by)
	}
	return by
}

// Rate is the offset of the clock's rate in 2⁻³².
func (c Clock) Rate() int32 { return int32(c.u32(offRate)) }

// SetRate changes it from now on.
func (c Clock) SetRate(rate int32) {
	c.atRate(c.told(), true)
	c.setU32(offRate, uint32(rate))
}

// AdjustDelta is how long us of the system's time are by the rate.
func (c Clock) AdjustDelta(us int32) int32 {
	return int32(uint64(int64(us)) * c.factor() >> 32)
}

// Tick has to be called every TickPeriod.
func (c Clock) Tick() {
	c.atRate(c.told(), false)
	c.sinceZero()
}

// slewShift is the part of the time between two readings, 1/16, by which the time that is told
// comes nearer to the time.
const slewShift = 4

// Now is the time since 1970, 0, 0 if it is unknown. It never goes back: if the time was set to
// an earlier one, what is told runs slower until that has caught up.
func (c Clock) Now() (sec, micros uint32) {
	now := c.atRate(c.told(), false)
	if ahead := c.u32(offAhead); ahead != 0 {
		us, before := uint32(now%microsPerSec), c.u32(offToldMicros)
		if us < before {
			us += microsPerSec
		}
		less := min((us-before)>>slewShift, ahead)
		now -= uint64(less)
		c.setU32(offAhead, ahead-less)
	}
	sec, micros = uint32(now/microsPerSec), uint32(now%microsPerSec)
	c.setU32(offToldMicros, micros)
	return sec, micros
}

// Set sets the time. If the chip has slept since it was set last, what the time is off by says
// how long a cycle of the slow clock is while it sleeps. The rate stays.
func (c Clock) Set(sec, micros uint32) {
	c.Prepare()
	rate := c.Rate()
	thought := c.atRate(c.told(), true)
	now := uint64(sec)*microsPerSec + uint64(micros)
	off := int64(thought - now)
	c.setU64(offBase, now*unitsPerMicro-c.sinceZero())
	if sec != 0 {
		c.calibrate(off)
	}
	c.setU32(offSleepMicros, 0)
	c.setU32(offSleepCycles, 0)
	c.setU64(offRateFrom, now)
	c.setU64(offRateTo, now)
	c.setU32(offRate, 0)
	ahead := uint32(0)
	if off > 0 && sec != 0 {
		ahead = uint32(min(off, 0xFFFFFFFF))
	}
	c.setU32(offAhead, ahead)
	c.setU32(offToldMicros, uint32((now+uint64(ahead))%microsPerSec))
	c.SetRate(rate)
}

// calibrate makes use of what the time is off by after sleeping.
func (c Clock) calibrate(off int64) {
	us, cycles := c.u32(offSleepMicros), c.u32(offSleepCycles)
	if us == 0 || us == invalidSleep || cycles == 0 || cycles == invalidSleep {
		return
	}
	slept := uint64(us) - uint64(off)
	if cal := uint32(slept << cyclesFraction / uint64(cycles)); cal >= calibrationLeast && cal <= calibrationMost {
		c.setU32(offCalibration, cal)
	}
}

// What the firmware waits for: a first look at the slow clock, and its sleep to begin.
const (
	calibrationWait = 200 * time.Microsecond
	sleepWait       = 20 * time.Microsecond
)

func (c Clock) calibration() uint32 {
	if cal := c.u32(offCalibration); cal != 0 && c.inUse() {
		return cal
	}
	c.loop.Delay(calibrationWait)
	cal := c.sys.RTCCalibration()
	c.setU32(offCalibration, cal)
	return cal
}

// Sleep turns the chip off at once and does not return. It wakes up after us microseconds by
// what is known of the slow clock, with the time that it is then.
func (c Clock) Sleep(us uint32) {
	if c.inUse() {
		us += c.u32(offAhead)
		c.setU32(offAhead, 0)
		if now := c.actual(); now != 0 {
			c.setU64(offBase, (now+uint64(us))*unitsPerMicro)
		}
	}
	c.loop.Delay(sleepWait)
	cycles := uint32(uint64(us) << cyclesFraction / uint64(c.calibration()))
	if c.inUse() {
		c.countSleep(us, cycles)
	}
	if m := c.u32(offMagic); m == magicTimer || m == magicCycles {
		c.setU32(offMagic, magicSleep)
	}
	c.save()
	c.sys.SleepNow(cycles)
}

// countSleep counts what has been slept since the time was set, as long as that can be counted.
func (c Clock) countSleep(us, cycles uint32) {
	before := c.u32(offSleepMicros)
	us, cycles = before+us, c.u32(offSleepCycles)+cycles
	if us < before {
		us, cycles = invalidSleep, invalidSleep
	}
	c.setU32(offSleepMicros, us)
	c.setU32(offSleepCycles, cycles)
}

// SleepAligned is Sleep for least microseconds or more, until the time is a multiple of align;
// with 0 it is Sleep.
func (c Clock) SleepAligned(align, least uint32) {
	now := c.told()
	then := now + uint64(least)
	if a := uint64(align); a != 0 {
		then += a - 1
		then -= then % a
	}
	c.Sleep(uint32(then - now))
}
