package port

// I2C is the buses of which the chip is the master. The firmware moves the lines itself, so each call takes the
// time of its edges.
type I2C interface {
	// Count is how many buses there are; id is below that in all other calls.
	Count() int
	// Setup lets a bus be at two pins, from 0 to PinCount-1, and brings both lines up (platform_i2c_setup). It gives
	// the speed in Hz, which may be another one; 0 if it cannot be done.
	Setup(id, sda, scl int, speedHz uint32) uint32
	// Configured tells whether there was a Setup, or it needs none.
	Configured(id int) bool
	// Start and Stop make the conditions of those names.
	Start(id int)
	Stop(id int)
	// Write sends a byte, also the one with the address, and tells whether somebody acknowledged it.
	Write(id int, b byte) (ack bool)
	// Read is the next byte, which is acknowledged or not. It is 0xFF if nobody sends one.
	Read(id int, ack bool) byte
}
