// Package serial simulates the chip's serial ports: the line with its speed, the FIFOs and
// the firmware's driver behind the receiver. It implements port.Serial.
package serial

import (
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
)

// Sizes of a serial port's queues in bytes.
const (
	receiveSize = 256 // the driver's ring: RX_BUFF_SIZE, app/include/driver/uart.h
	sendSize    = 126 // what the firmware lets wait in the FIFO (uart_tx_one_char)
)

// Config is what a serial port is connected to.
type Config struct {
	// Send takes what the module writes, at once: the time that a real line
	// needs is only counted.
	Send func(p []byte)
	// Unpaced makes writing take no time, so that a long text does not hold the
	// chip.
	Unpaced bool
	// Lossy lets bytes overwrite older ones that nobody has read, as on the
	// chip. Otherwise the other side waits until there is room.
	Lossy bool
	// NoReceiver is for port 1, which only sends.
	NoReceiver bool
	// Deaf, if any, tells that what arrives is lost: the processor's clock stands.
	Deaf func() bool
	// OnTaken, if any, is told how many of the bytes that Receive got have arrived.
	OnTaken func(n int)
}

// UART implements port.Serial, with the ring and the interrupt routine of the
// firmware's driver (app/driver/uart.c) behind its receiver.
type UART struct {
	loop      sim.Loop
	config    Config
	setup     port.SerialConfig
	alternate bool
	sent      time.Duration // when the last byte that was written is out

	ring      []byte // received and not read
	onReceive func()
	posted    bool // a task that calls onReceive is on its way

	line    []byte        // what the other side has yet to send
	arrival time.Duration // when the first byte of line is there
	timer   port.Timer
}

var _ port.Serial = (*UART)(nil)

// New returns a port as it is after a reset.
func New(loop sim.Loop, c Config) *UART {
	u := &UART{loop: loop, config: c}
	u.timer = loop.NewOutsideTimer(u.arrive)
	u.Reset()
	return u
}

// Reset is a reset of the chip. What the other side has yet to send stays with
// it.
func (u *UART) Reset() {
	u.setup = port.SerialConfig{
		Baud: port.DefaultBaud, DataBits: 8, Parity: port.ParityNone, StopBits: port.StopBits1,
	}
	u.alternate, u.onReceive, u.posted = false, nil, false
	u.ring = nil
	u.schedule()
}

// Setup implements port.Serial.
func (u *UART) Setup(c port.SerialConfig) {
	u.drain()
	u.setup = c
}

// Config implements port.Serial.
func (u *UART) Config() port.SerialConfig { return u.setup }

// Alternate implements port.Serial.
func (u *UART) Alternate(on bool) {
	u.drain()
	u.alternate = on
}

// Alternated tells whether the port is at GPIO13 and GPIO15.
func (u *UART) Alternated() bool { return u.alternate }

// byteTime is how long a byte takes on the line.
func (u *UART) byteTime() time.Duration {
	halves := 2 + 2*u.setup.DataBits // the start bit first
	if u.setup.Parity != port.ParityNone {
		halves += 2
	}
	switch u.setup.StopBits {
	case port.StopBits2:
		halves += 4
	case port.StopBits1Half:
		halves += 3
	default:
		halves += 2
	}
	return time.Duration(halves) * time.Second / time.Duration(2*u.setup.Baud)
}

// drain waits until everything is out (uart_wait_tx_empty).
func (u *UART) drain() { u.loop.Delay(u.sent - u.loop.Now()) }

// Write implements port.Serial.
func (u *UART) Write(p []byte) {
	if len(p) == 0 {
		return
	}
	if u.config.Send != nil {
		u.config.Send(p)
	}
	if u.config.Unpaced {
		return
	}
	each := u.byteTime()
	now := u.loop.Now()
	u.sent = max(u.sent, now) + time.Duration(len(p))*each
	u.loop.Delay(u.sent - now - sendSize*each)
}

// FIFODepth implements port.Serial. The interrupt routine empties the
// receiver's FIFO byte by byte.
func (u *UART) FIFODepth(f port.FIFO) int {
	if f == port.FIFORX {
		return 0
	}
	each := u.byteTime()
	return int((max(u.sent-u.loop.Now(), 0) + each - 1) / each)
}

// Receive lets the other side send p, as fast as the line allows.
func (u *UART) Receive(p []byte) {
	if u.config.NoReceiver || len(p) == 0 {
		return
	}
	idle := len(u.line) == 0
	u.line = append(u.line, p...)
	if idle {
		u.arrival = max(u.arrival, u.loop.Now()+u.byteTime())
		u.schedule()
	}
}

// Waiting is the number of bytes that the other side has yet to send.
func (u *UART) Waiting() int { return len(u.line) }

// Buffered is the number of bytes that were received and not taken yet.
func (u *UART) Buffered() int { return len(u.ring) }

// schedule waits for the next byte, if it may come.
func (u *UART) schedule() {
	if len(u.line) == 0 || u.full() {
		u.timer.Disarm()
		return
	}
	u.timer.Arm(u.arrival-u.loop.Now(), false)
}

func (u *UART) deaf() bool { return u.config.Deaf != nil && u.config.Deaf() }

func (u *UART) full() bool { return len(u.ring) >= receiveSize && !u.config.Lossy }

// arrive takes the bytes that have come: several at once if the clock is too
// coarse for single ones.
func (u *UART) arrive() {
	now := u.loop.Now()
	waiting := len(u.line)
	for len(u.line) > 0 && u.arrival <= now && !u.full() {
		if len(u.ring) >= receiveSize {
			u.ring = u.ring[1:]
		}
		if !u.deaf() {
			u.ring = append(u.ring, u.line[0])
		}
		u.line = u.line[1:]
		u.arrival += u.byteTime()
	}
	if n := waiting - len(u.line); n > 0 && u.config.OnTaken != nil {
		u.config.OnTaken(n)
	}
	u.schedule()
	u.interrupt()
}

// interrupt posts the task that reads, unless one is on its way.
func (u *UART) interrupt() {
	if u.posted || u.onReceive == nil || len(u.ring) == 0 {
		return
	}
	u.posted = u.loop.Post(port.High, func() {
		u.posted = false
		if u.onReceive != nil {
			u.onReceive()
		}
	})
}

// OnReceive names the function that runs as a task of high priority after bytes
// have come (uart_init_task); it reads until TakeByte tells that there are no
// more.
func (u *UART) OnReceive(f func()) {
	u.onReceive = f
	u.interrupt()
}

// TakeByte takes a byte that was received.
func (u *UART) TakeByte() (c byte, ok bool) {
	if len(u.ring) == 0 {
		return 0, false
	}
	wasFull := u.full()
	c = u.ring[0]
	u.ring = u.ring[1:]
	if wasFull {
		u.arrival = max(u.arrival, u.loop.Now())
		u.schedule()
	}
	return c, true
}
