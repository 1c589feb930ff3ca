package moonlet

import (
	"time"

	"moonlet.example/moonlet/internal/parts"
	"moonlet.example/moonlet/internal/sim/i2c"
)

// I2CDevice is something at an I2C bus of the module, for instance a sensor that a test stands for. Its methods are
// called in the midst of the module's work, each at the moment when the last bit of it is on the lines: they must
// neither wait for the module nor take long.
type I2CDevice interface {
	// Start is a start condition, or a repeated one, with an address of 7 bits and the direction. The device tells
	// whether that is its own. It is asked for every address that is sent.
	Start(address int, read bool) (ack bool)
	// Write is the next byte for the device, and tells whether it takes it.
	Write(b byte) (ack bool)
	// Read is the next byte from the device. The module tells nobody how many it wants.
	Read() byte
	// Stop is the end of a transfer to or from the device. It does not come before a repeated start.
	Stop()
}

// AttachI2C connects a device to the bus at two pins, from 1 to 12. Power makes it: the function is called once for
// each module that is made, and gets the module's clock, the time since power-on. The device goes on when the chip
// is reset.
func AttachI2C(sda, scl int, power func(now func() time.Duration) I2CDevice) Option {
	return func(o *options) {
		o.attached = append(o.attached, parts.Attached{SDA: sda, SCL: scl,
			Make: func(now func() time.Duration) i2c.Device { return power(now) }})
	}
}
