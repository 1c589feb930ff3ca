package gpio

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// An entry in device memory, as the firmware's pulse_entry_t.
const (
	offSet       = 0 // bits by GPIO number
	offClear     = 4
	offDelay     = 8 // µs, like the next two
	offDelayMin  = 12
	offDelayMax  = 16
	offLoopCount = 20 // count
	offLoopLeft  = 24 // count_left
	offLoop      = 28 // entry to go to, from 1; 16 bits
	entrySize    = 32
)

// Limits of the module.
const (
	entriesMax = 100
	delayMax   = 64000000 // µs: DELAY_LIMIT
	noLimit    = -1       // in place of a shortest or longest delay
)

// entry is a copy of an entry.
type entry struct {
	set, clear       uint32
	delay, low, high int32
	count, left      uint32
	loop             uint16
}

func (p pulser) entryAddr(i int) state.Addr { return p.addr + pulserSize + state.Addr(entrySize*i) }

// entry reads an entry, from 0.
func (p pulser) entry(i int) entry {
	a := p.entryAddr(i)
	return entry{
		set: p.m.U32(a + offSet), clear: p.m.U32(a + offClear),
		delay: p.m.I32(a + offDelay), low: p.m.I32(a + offDelayMin), high: p.m.I32(a + offDelayMax),
		count: p.m.U32(a + offLoopCount), left: p.m.U32(a + offLoopLeft), loop: p.m.U16(a + offLoop),
	}
}

func (p pulser) setEntry(i int, e entry) {
	a := p.entryAddr(i)
	p.m.SetU32(a+offSet, e.set)
	p.m.SetU32(a+offClear, e.clear)
	p.m.SetI32(a+offDelay, e.delay)
	p.m.SetI32(a+offDelayMin, e.low)
	p.m.SetI32(a+offDelayMax, e.high)
	p.m.SetU32(a+offLoopCount, e.count)
	p.m.SetU32(a+offLoopLeft, e.left)
	p.m.SetU16(a+offLoop, e.loop)
}

func (p pulser) setLeft(i int, left uint32) { p.m.SetU32(p.entryAddr(i)+offLoopLeft, left) }

// build is gpio.pulse.build(table).
func build(L state.State) int {
	L.CheckType(1, state.Table)
	n := L.RawLen(1)
	if n > entriesMax {
		return L.Errorf("table is too large: %d entries is more than 100", n)
	}
	p := pulser{L.Mem(), L.NewUserdata(pulserSize + n*entrySize)}
	L.SetMetatableByName(pulseName)
	p.m.SetPtr(p.addr+offEntries, p.entryAddr(0))
	p.setU32(offCount, uint32(n))
	for i := range n {
		L.RawGetI(1, int64(i+1))
		e := entry{low: noLimit, high: noLimit}
		e.fill(L)
		p.setEntry(i, e)
	}
	return 1
}

// update is pulser:update(entry, table).
func update(L state.State) int {
	p := checkPulser(L)
	n := int(int32(L.CheckInteger(2)))
	if n < 1 || n > p.count() {
		return L.Errorf("entry number must be in range 1 .. %d", p.count())
	}
	L.PushValue(3)
	e := p.entry(n - 1)
	e.fill(L)
	p.setEntry(n-1, e)
	return 0
}

// fill changes an entry as the table on top of the stack says, and pops it.
func (e *entry) fill(L state.State) {
	if L.Type(-1) != state.Table {
		L.Errorf("All entries must be tables")
	}
	L.PushNil()
	for L.Next(-2) {
		if L.Type(-2) == state.Number {
			e.setPin(L, int32(L.CheckInteger(-2)), int32(L.CheckInteger(-1)))
		} else {
			e.setField(L, L.CheckString(-2))
		}
		L.Pop(1)
	}
	if e.low != noLimit || e.high != noLimit {
		e.low = max(e.low, 0)
		if e.low > e.delay || e.high < e.delay {
			L.Errorf("Delay of %d must be between min and max", int(e.delay))
		}
	}
	L.Pop(1)
}

func (e *entry) setPin(L state.State, pin, value int32) {
	if pin < 0 || pin >= port.PinCount {
		L.Errorf("pin number %d must be in range 0 .. %d", int(pin), port.PinCount-1)
	}
	bit := uint32(1) << port.GPIO(int(pin))
	if value != 0 {
		e.set |= bit
	} else {
		e.clear |= bit
	}
}

// setField takes the value on top of the stack.
func (e *entry) setField(L state.State, name string) {
	checkDelay := func(what string) int32 {
		v := int32(L.CheckInteger(-1))
		if v < 0 || v > delayMax {
			L.Errorf("%s of %d must be in the range 0 .. 64000000 microseconds", what, int(v))
		}
		return v
	}
	switch name {
	case "delay":
		e.delay = checkDelay("delay")
	case "min":
		e.low = checkDelay("delay minimum")
	case "max":
		e.high = checkDelay("delay maximum")
	case "count":
		e.count = uint32(L.CheckInteger(-1))
	case "loop":
		e.loop = uint16(L.CheckInteger(-1))
	default:
		L.Errorf("Unrecognized key found: %s", name)
	}
}
