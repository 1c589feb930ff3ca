// Package i2c simulates I2C buses: what the firmware does with two pins, and what a device at them sees of it.
//
// A device gets whole bytes. The lines move at the chip's pins only where somebody looks at them (pins.Line.Watch,
// a history, an interrupt); else an operation is one wait as long as all of its edges.
package i2c

import "moonlet.example/moonlet/internal/sim/pins"

// Device is what is connected to a bus. It is called on the module's goroutine.
type Device interface {
	// Start is a start condition, or a repeated one, with an address of 7 bits and the direction. The device tells
	// whether that is its own, which it acknowledges.
	Start(address int, read bool) (ack bool)
	// Write is the next byte for the device, and tells whether it takes it.
	Write(b byte) (ack bool)
	// Read is the next byte from the device.
	Read() byte
	// Stop is the end of a transfer to or from the device. It does not come before a repeated start.
	Stop()
}

// phase is where a transfer is.
type phase uint8

const (
	idle      phase = iota
	addressed       // behind a start: a byte with the address comes
	writing         // to those that are selected
	reading         // from them
	silent          // nobody has acknowledged the last byte, or the chip has not: nothing comes any more
)

// Bus is two lines with pull-up resistors and the devices at them.
type Bus struct {
	devices []member
	phase   phase
}

// member is a device at a bus.
type member struct {
	Device
	selected bool // it takes part in the transfer
}

// Attach connects a device for good.
func (b *Bus) Attach(d Device) { b.devices = append(b.devices, member{Device: d}) }

// start is a start condition.
func (b *Bus) start() { b.phase = addressed }

// stop is a stop condition.
func (b *Bus) stop() {
	for i := range b.devices {
		b.choose(i, false)
	}
	b.phase = idle
}

// choose says whether a device takes part from now on, and tells it of the end if it does no more.
func (b *Bus) choose(i int, selected bool) {
	d := &b.devices[i]
	if d.selected && !selected {
		d.Stop()
	}
	d.selected = selected
}

// write moves a byte to the devices. More than one may take it, as on real lines.
func (b *Bus) write(v byte) (ack bool) {
	switch b.phase {
	case addressed:
		for i, d := range b.devices {
			mine := d.Start(int(v>>1), v&1 != 0)
			b.choose(i, mine)
			ack = ack || mine
		}
		if !ack {
			b.phase = silent
		} else if b.phase = writing; v&1 != 0 {
			b.phase = reading
		}
	case writing:
		for _, d := range b.devices {
			ack = d.selected && d.Write(v) || ack
		}
	}
	return ack
}

// read is a byte from the devices: a 0 wins. Without an acknowledgement it is the last one.
func (b *Bus) read(ack bool) byte {
	v := byte(0xFF)
	if b.phase != reading {
		return v
	}
	for _, d := range b.devices {
		if d.selected {
			v &= d.Read()
		}
	}
	if !ack {
		b.phase = silent
	}
	return v
}

// Board is all buses around a chip, each at a pair of pins. Two pairs that share a pin are two buses here, of which
// the chip uses one at a time.
type Board struct {
	Pins  *pins.Bank
	buses map[[2]int]*Bus
}

// At is the bus at two pins, which is made if there is none.
func (b *Board) At(sda, scl int) *Bus {
	at := [2]int{sda, scl}
	if b.buses[at] == nil {
		if b.buses == nil {
			b.buses = map[[2]int]*Bus{}
		}
		b.buses[at] = &Bus{}
	}
	return b.buses[at]
}
