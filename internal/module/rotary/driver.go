package rotary

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// The record of a driver (DATA in app/driver/rotary.c): its pins, -1 for none; how much of the
// queue was read and written; when the switch changed last; the queue of statuses with their
// times. What the firmware keeps as masks besides is left out, its places are there.
const (
	offPins        = 0
	offRead        = 4
	offWrite       = 8
	offPressChange = 28
	offQueue       = 36
	queueSize      = 8
	driverSize     = offQueue + 8*queueSize
	noPin          = -1
	pinA, pinB     = 0, 1
	pinPress       = 2
	pinKinds       = 3
)

// pressed is the bit of a status beside the position, which has the others.
const pressed = 1 << 31

// bounce is for how long a change of the switch is not looked at again, in µs.
const bounce = 10 * 1000

// skipped is added to the position when an interrupt was missed.
const skipped = 1000000

// position is that of a status, with its sign.
func position(status uint32) int32 { return int32(status<<1) >> 1 }

// event is an entry of the queue.
type event struct{ status, time uint32 }

// driver is a record in device memory; at is 0 if there is none.
type driver struct {
	unit
	at state.Addr
}

func (u unit) driver(id int) driver {
	return driver{u, u.m.Ptr(u.addr + offDrivers + state.Addr(4*id))}
}

func (u unit) setDriver(id int, at state.Addr) {
	u.m.SetPtr(u.addr+offDrivers+state.Addr(4*id), at)
}

func (d driver) pin(kind int) int { return int(int8(d.m.U8(d.at + offPins + state.Addr(kind)))) }
func (d driver) read() uint32     { return d.m.U32(d.at + offRead) }
func (d driver) written() uint32  { return d.m.U32(d.at + offWrite) }
func (d driver) setRead(n uint32) { d.m.SetU32(d.at+offRead, n) }
func (d driver) hasQueued() bool  { return d.read() < d.written() }
func (d driver) last() event      { return d.entry(d.written() - 1) }
func (d driver) has(pin int) bool {
	return pin == d.pin(pinA) || pin == d.pin(pinB) || pin == d.pin(pinPress)
}
func (d driver) high(kind int) bool { return d.pin(kind) >= 0 && d.pins.Read(d.pin(kind)) == 1 }

func (d driver) place(n uint32) state.Addr { return d.at + offQueue + state.Addr(8*(n%queueSize)) }

func (d driver) entry(n uint32) event {
	return event{d.m.U32(d.place(n)), d.m.U32(d.place(n) + 4)}
}

func (d driver) setEntry(n, status uint32) {
	d.m.SetU32(d.place(n), status)
	d.m.SetU32(d.place(n)+4, d.port.System().SystemTime())
}

// openDriver lets the pins of a knob interrupt.
func (u unit) openDriver(L state.State, id, a, b, press int) {
	d := driver{u, u.alloc(L, driverSize)}
	u.setDriver(id, d.at)
	for kind, pin := range [pinKinds]int{a, b, press} {
		u.m.SetU8(d.at+offPins+state.Addr(kind), byte(pin))
		if pin == noPin {
			continue
		}
		u.pins.Mode(pin, port.PinInterrupt, true)
		u.pins.SetTrigger(pin, port.TriggerBoth)
		u.pins.Hook(pin, func() { u.interrupt(pin) })
	}
}

// closeDriver leaves the pins to others, as inputs.
func (u unit) closeDriver(L state.State, id int) {
	d := u.driver(id)
	if d.at == 0 {
		return
	}
	u.setDriver(id, 0)
	for kind := range pinKinds {
		if pin := d.pin(kind); pin != noPin {
			u.pins.Hook(pin, nil)
			u.pins.Mode(pin, port.PinInput, true)
		}
	}
	L.Free(d.at, driverSize)
}

// interrupt is that of a pin.
func (u unit) interrupt(pin int) {
	for id := range channels {
		if d := u.driver(id); d.at != 0 && d.has(pin) {
			d.look()
		}
	}
}

// look takes the status of the knob and queues it. A queue that is full, or whose newest entry is
// only about turning as well, has that entry replaced.
func (d driver) look() {
	old := d.last().status
	status := d.turned(old) | d.switched(old)
	if status == old {
		return
	}
	before := d.entry(d.written() - 2).status
	n := d.written()
	if d.hasQueued() && (old^status)&pressed == 0 && (old^before)&pressed == 0 || d.read()+queueSize-1 <= n {
		d.setEntry(n-1, status)
		return
	}
	d.setEntry(n, status)
	d.m.SetU32(d.at+offWrite, n+1)
	if d.m.U8(d.addr+offQueued) == 0 && d.port.Loop().Post(port.Medium, func() { d.task(true) }) {
		d.m.SetU8(d.addr+offQueued, 1)
	}
}

// switched is the bit of the switch. As in the firmware a knob that has none is pressed, once ten
// milliseconds have passed since the start of the chip.
func (d driver) switched(old uint32) uint32 {
	now := d.port.System().SystemTime()
	if now-d.m.U32(d.at+offPressChange) <= bounce {
		return old & pressed
	}
	status := uint32(pressed)
	if d.high(pinPress) {
		status = 0
	}
	if (status^old)&pressed != 0 {
		d.m.SetU32(d.at+offPressChange, now)
	}
	return status
}

// turned is the position: its two lowest bits are where the knob is between two notches.
func (d driver) turned(old uint32) uint32 {
	quarter := uint32(2)
	if d.high(pinB) {
		quarter = 3
	}
	if d.high(pinA) {
		quarter ^= 3
	}
	switch (quarter - old) & 3 {
	case 1:
		old++
	case 2:
		old += skipped
	case 3:
		old--
	}
	return old &^ pressed
}

// take gives the oldest event.
func (d driver) take() (event, bool) {
	if !d.hasQueued() {
		return event{}, false
	}
	n := d.read()
	d.setRead(n + 1)
	return d.entry(n), true
}
