package i2c

import (
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/pins"
)

// What the driver of the default build waits (app/driver/i2c_master.c with I2C_MASTER_OLD_VERSION), and the speed
// that it tells, whatever was asked for. A byte takes 158 µs to write and 206 µs to read.
const (
	halfClock = 5 * time.Microsecond // behind each change of the lines
	settle    = 3 * time.Microsecond // behind the last bit of a byte
	oldSpeed  = 100_000
	// initClocks is how many clocks Setup sends, so that a device in the midst of a byte lets go of SDA.
	initClocks = 28
)

// Master is the chip's side: the one bus of the default build. It implements port.I2C.
type Master struct {
	loop  sim.Loop
	board *Board

	bus      *Bus       // nil before the first setup
	device   *pins.Sink // what devices do to SDA
	sda, scl int        // pins
	lastSDA  int        // what the driver has put on the lines
	lastSCL  int
	slow     bool          // edges are made, since somebody looks
	owed     time.Duration // waits of this operation, if they are not made
}

var _ port.I2C = (*Master)(nil)

// New returns the bus after power-on.
func New(loop sim.Loop, board *Board) *Master {
	return &Master{loop: loop, board: board}
}

// Reset is a reset of the chip: a transfer that was under way stays as it is for the devices.
func (m *Master) Reset() {
	m.letGo()
	m.bus, m.lastSDA, m.lastSCL, m.owed = nil, 0, 0, 0
}

// letGo lets devices do nothing to SDA.
func (m *Master) letGo() {
	if m.device != nil {
		m.device.Pull(false)
	}
}

// Count implements port.I2C.
func (m *Master) Count() int { return 1 }

// Configured implements port.I2C: the driver does not look.
func (m *Master) Configured(int) bool { return true }

// Setup implements port.I2C.
func (m *Master) Setup(_, sda, scl int, _ uint32) uint32 {
	m.sda, m.scl = sda, scl
	bank := m.board.Pins
	m.letGo()
	for _, p := range [...]int{sda, scl} {
		bank.Mode(p, port.PinInput, true)
		bank.WriteMask(1<<port.GPIO(p), 0)
		bank.Mode(p, port.PinOpenDrain, true)
	}
	m.bus, m.device = m.board.At(sda, scl), bank.Line(sda).NewSink()
	m.operation(func() {
		m.set(1, 0)
		m.set(0, 0)
		m.set(1, 0)
		for range initClocks {
			m.set(1, 0)
			m.set(1, 1)
		}
		m.stop()
	})
	return oldSpeed
}

// Start implements port.I2C.
func (m *Master) Start(int) {
	m.operation(func() {
		m.set(1, m.lastSCL)
		m.set(1, 1)
		m.set(0, 1)
	})
	if m.bus != nil {
		m.bus.start()
	}
}

// Stop implements port.I2C.
func (m *Master) Stop(int) { m.operation(m.stop) }

func (m *Master) stop() {
	m.wait(halfClock)
	m.set(0, m.lastSCL)
	m.set(0, 1)
	m.set(1, 1)
	if m.bus != nil {
		m.bus.stop()
	}
}

// Write implements port.I2C.
func (m *Master) Write(_ int, b byte) (ack bool) {
	m.operation(func() {
		m.wait(halfClock)
		m.set(m.lastSDA, 0)
		for i := 7; i >= 0; i-- {
			bit := int(b) >> i & 1
			m.set(bit, 0)
			m.set(bit, 1)
			if i == 0 {
				m.wait(settle)
			}
			m.set(bit, 0)
		}
		ack = m.bus != nil && m.bus.write(b)
		m.set(m.lastSDA, 0)
		m.answer(ack)
		m.set(1, 0)
		m.set(1, 1)
		ack = m.sample(ack)
		m.wait(halfClock)
		m.set(1, 0)
		m.answer(false)
	})
	return ack
}

// Read implements port.I2C.
func (m *Master) Read(_ int, ack bool) (b byte) {
	sent := byte(0xFF)
	if m.bus != nil {
		sent = m.bus.read(ack)
	}
	m.operation(func() {
		m.wait(halfClock)
		m.set(m.lastSDA, 0)
		for i := 7; i >= 0; i-- {
			low := sent>>i&1 == 0
			m.wait(halfClock)
			m.set(1, 0)
			m.answer(low)
			m.set(1, 1)
			b <<= 1
			if !m.sample(low) {
				b |= 1
			}
			m.wait(halfClock)
			if i == 0 {
				m.wait(settle)
			}
		}
		level := 1
		if ack {
			level = 0
		}
		m.set(1, 0)
		m.answer(false)
		m.set(m.lastSDA, 0)
		m.set(level, 0)
		m.set(level, 1)
		m.wait(settle)
		m.set(level, 0)
		m.set(1, 0)
	})
	return b
}

// operation makes the edges of f, or waits as long as they take.
func (m *Master) operation(f func()) {
	bank := m.board.Pins
	m.slow = m.bus != nil && (bank.Watched(m.sda) || bank.Watched(m.scl))
	f()
	m.pay()
}

// set puts levels on the lines, and waits until the clock is up if it has to be: for ever, if something holds it.
func (m *Master) set(sda, scl int) {
	m.lastSDA, m.lastSCL = sda, scl
	bank := m.board.Pins
	if m.bus == nil { // pins that nobody set up, and that nobody is at
		m.wait(halfClock)
		return
	}
	if m.slow {
		bank.Write(m.sda, sda)
		bank.Write(m.scl, scl)
	}
	for scl == 1 && (m.scl == 0 || bank.Read(m.scl) == 0) { // without a limit, so the watchdog ends it; GPIO16 is not read
		m.owed += halfClock
		m.pay()
	}
	m.wait(halfClock)
}

// answer lets a device pull SDA down, or let go of it.
func (m *Master) answer(low bool) {
	if m.slow {
		m.device.Pull(low)
	}
}

// sample tells whether SDA is down, where a device does that or not.
func (m *Master) sample(low bool) bool {
	return m.bus != nil && (low || m.board.Pins.Read(m.sda) == 0)
}

func (m *Master) wait(d time.Duration) {
	m.owed += d
	if m.slow {
		m.pay()
	}
}

// pay lets the time pass that is owed.
func (m *Master) pay() {
	d := m.owed
	m.owed = 0
	m.loop.Delay(d)
}
