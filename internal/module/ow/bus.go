package ow

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

const romSize = 8

// Commands to all parts at once (app/driver/onewire.c).
const (
	cmdMatch       = 0x55
	cmdSkip        = 0xCC
	cmdSearch      = 0xF0
	cmdAlarmSearch = 0xEC
)

// keepPower says that the pin stays high by the chip's driver behind a byte, which is what the
// firmware does everywhere but behind the last one (owDefaultPower).
const keepPower = true

// The waits of the protocol, in the order of ow.set_timings.
const (
	resetLow = iota
	resetWait
	resetRest
	oneLow
	oneRest
	zeroLow
	zeroRest
	readLow
	readWait
	readRest
	timingCount
)

// defaultTimings are the waits in µs (onewire_timings, app/driver/onewire.c).
func defaultTimings() [timingCount]uint16 {
	return [timingCount]uint16{480, 70, 410, 5, 52, 65, 5, 5, 8, 52}
}

// Waits that ow.set_timings leaves alone, and how often a reset looks whether the line is free
// (app/driver/onewire.c).
const (
	oneHigh    = 8 * time.Microsecond
	freeStep   = 2 * time.Microsecond
	freeChecks = 125
)

// Static variables: the ROM code that a search found last, and how far it came, for each pin;
// then the waits, three of 16 bits and seven of 8 bits, and whether they have been set at all.
const (
	offROM         = 0
	offDiscrepancy = offROM + romSize*port.PinCount
	offLast        = offDiscrepancy + port.PinCount
	offTimings     = offLast + port.PinCount // even
	wideTimings    = 3
	offReady       = offTimings + 2*wideTimings + (timingCount - wideTimings)
	staticSize     = offReady + 1
)

// statics is the place of the static variables.
type statics struct {
	m    mem.Mem
	addr state.Addr
}

// static finds the variables, which have their first values from the first use on.
func static(L state.State) statics {
	s := statics{L.Mem(), L.Host().(port.Chip).System().Static("ow", staticSize)}
	if s.m.U8(s.addr+offReady) == 0 {
		for i, us := range defaultTimings() {
			s.setTiming(i, us)
		}
		s.m.SetU8(s.addr+offReady, 1)
	}
	return s
}

func (s statics) timingAt(i int) state.Addr {
	if i < wideTimings {
		return s.addr + offTimings + state.Addr(2*i)
	}
	return s.addr + offTimings + state.Addr(wideTimings+i)
}

func (s statics) setTiming(i int, us uint16) {
	if i < wideTimings {
		s.m.SetU16(s.timingAt(i), us)
	} else {
		s.m.SetU8(s.timingAt(i), uint8(us))
	}
}

func (s statics) timing(i int) time.Duration {
	us := uint16(0)
	if i < wideTimings {
		us = s.m.U16(s.timingAt(i))
	} else {
		us = uint16(s.m.U8(s.timingAt(i)))
	}
	return time.Duration(us) * time.Microsecond
}

// bus is the bus at a pin.
type bus struct {
	statics
	pin    int
	pins   port.Pins
	loop   port.Loop
	search searchState
}

func newBus(L state.State, pin int) bus {
	p, ok := port.PinsOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoPins.Error())
	}
	s := static(L)
	return bus{s, pin, p, L.Host().(port.Chip).Loop(), searchState{s, pin}}
}

func (b bus) wait(timing int) { b.loop.Delay(b.timing(timing)) }
func (b bus) pull()           { b.pins.Write(b.pin, 0) }
func (b bus) release()        { b.pins.Release(b.pin) }

// reset resets the parts and tells whether one is there. A line that stays low makes it wait
// a quarter of a millisecond, and nobody is there.
func (b bus) reset() bool {
	b.release()
	for n := 1; ; n++ {
		if n == freeChecks {
			return false
		}
		b.loop.Delay(freeStep)
		if b.pins.Read(b.pin) == 1 {
			break
		}
	}
	b.pull()
	b.wait(resetLow)
	b.release()
	b.wait(resetWait)
	present := b.pins.Read(b.pin) == 0
	b.wait(resetRest)
	return present
}

// end ends the low part of a slot: the resistor takes the line up, or the chip's driver.
func (b bus) end(power bool) {
	if power {
		b.pins.Write(b.pin, 1)
	} else {
		b.release()
	}
}

func (b bus) writeBit(one, power bool) {
	b.pull()
	if one {
		b.wait(oneLow)
		b.end(power)
		b.loop.Delay(oneHigh)
		b.wait(oneRest)
		return
	}
	b.wait(zeroLow)
	b.end(power)
	b.wait(zeroRest)
}

func (b bus) readBit() bool {
	b.pull()
	b.wait(readLow)
	b.release()
	b.wait(readWait)
	one := b.pins.Read(b.pin) == 1
	b.wait(readRest)
	return one
}

// write sends a byte, its lowest bit first; power holds the line high behind it.
func (b bus) write(v byte, power bool) {
	for i := range 8 {
		b.writeBit(v>>i&1 != 0, power && i == 7)
	}
}

func (b bus) read() (v byte) {
	for i := range 8 {
		if b.readBit() {
			v |= 1 << i
		}
	}
	return v
}
