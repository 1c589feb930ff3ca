// Package pins simulates the chip's digital pins with their interrupts, and what a board
// of the kind NodeMCU has soldered to them. What else is wired to a pin is a part
// (internal/parts), which sees the pin as a Line.
//
// It implements port.Pins.
package pins

import (
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
)

// Floating stands for no level: nothing drives the pin.
const Floating = -1

// Change is a level that a pin took.
type Change struct {
	At    time.Duration
	Level int
}

// Bank is all pins of a chip. It implements port.Pins.
type Bank struct {
	loop        sim.Loop
	pins        [port.PinCount]pin
	onInterrupt func(e port.PinEvent)
	historyMax  int
	sleep       sleep
}

var _ port.Pins = (*Bank)(nil)

// pin is one pin with what is soldered to it.
type pin struct {
	// The chip's side.
	mode   port.PinMode
	pullUp bool // the chip's own resistor
	out    int  // output register
	driver bool // the output driver is on

	trigger port.Trigger
	masked  bool   // a level interrupt was reported and waits for SetTrigger
	seen    uint16 // interrupts, 15 bits, and postFailed
	done    uint16 // of these, how many TakeEvents has given
	hook    func() // gets the interrupts, if there is one
	hooked  bool   // it runs

	// The other side.
	driven   int // level that something outside forces, or Floating
	resistor int // level that a resistor on the board pulls to, or Floating
	sinking  int // sinks that pull the pin to 0

	level   int // at the pin
	history []Change
	watch   []func(level int)
}

// postFailed in pin.seen marks that the task queue was full, so that the next
// interrupt tries again (app/platform/platform.c).
const (
	postFailed = 0x8000
	countMask  = 0x7FFF
)

// New returns the pins after power-on, with the resistors of a NodeMCU development kit:
// they choose the boot mode (GPIO0 and GPIO2 up, GPIO15 down), and the lines of
// serial port 0 idle at high level. History is how many changes of level are kept per pin.
func New(loop sim.Loop, history int) *Bank {
	b := &Bank{loop: loop, historyMax: history}
	for i := range b.pins {
		p := &b.pins[i]
		p.driven, p.resistor = Floating, Floating
		switch port.GPIO(i) {
		case 0, 1, 2, 3:
			p.resistor = 1
		case 15:
			p.resistor = 0
		}
		p.level = p.resolve()
	}
	return b
}

// Reset is a reset of the chip: its side of the pins is as after power-on.
func (b *Bank) Reset() {
	b.onInterrupt, b.sleep = nil, sleep{wake: b.sleep.wake}
	for i := range b.pins {
		p := &b.pins[i]
		p.mode, p.pullUp, p.out, p.driver = port.PinInput, false, 0, false
		p.trigger, p.masked, p.seen, p.done = port.TriggerNone, false, 0, 0
		p.hook, p.hooked = nil, false
		b.update(i)
	}
}

// resolve decides between all that acts on the pin. An output wins over what
// drives it from outside, where real parts would fight; then the stronger
// resistor, that of the board, wins over the chip's. A pin to which nothing is
// connected reads 0.
func (p *pin) resolve() int {
	switch {
	case p.output() != Floating:
		return p.out
	case p.sinking > 0:
		return 0
	case p.driven != Floating:
		return p.driven
	case p.resistor != Floating:
		return p.resistor
	case p.pullUp:
		return 1
	}
	return 0
}

// output is what the chip's driver puts on the pin, or Floating.
func (p *pin) output() int {
	if p.driver && (p.mode != port.PinOpenDrain || p.out == 0) {
		return p.out
	}
	return Floating
}

// update brings the level of a pin in line and tells who is interested.
func (b *Bank) update(i int) {
	p := &b.pins[i]
	level := p.resolve()
	if level == p.level {
		return
	}
	p.level = level
	if b.historyMax > 0 {
		if len(p.history) == b.historyMax {
			p.history = append(p.history[:0], p.history[1:]...)
		}
		p.history = append(p.history, Change{b.loop.Now(), level})
	}
	b.check(i, true)
	for _, f := range p.watch {
		f(level)
	}
}

// Mode implements port.Pins.
func (b *Bank) Mode(i int, m port.PinMode, pullUp bool) {
	p := &b.pins[i]
	if i == 0 { // GPIO16 belongs to the real-time clock and can do less
		if m != port.PinInput {
			m = port.PinOutput
		}
		pullUp = false
	}
	p.mode, p.pullUp = m, pullUp
	p.driver = m == port.PinOutput || m == port.PinOpenDrain
	p.trigger, p.masked = port.TriggerNone, false
	b.update(i)
}

// Read implements port.Pins.
func (b *Bank) Read(i int) int { return b.pins[i].level }

// Write implements port.Pins.
func (b *Bank) Write(i, level int) {
	p := &b.pins[i]
	p.out, p.driver = level&1, true
	b.update(i)
}

// Release implements port.Pins.
func (b *Bank) Release(i int) {
	b.pins[i].driver = false
	b.update(i)
}

// WriteMask implements port.Pins.
func (b *Bank) WriteMask(set, clear uint32) {
	for _, step := range [...]struct {
		mask  uint32
		level int
	}{{set, 1}, {clear, 0}} {
		for i := range b.pins {
			if step.mask>>port.GPIO(i)&1 != 0 {
				b.pins[i].out = step.level
				b.update(i)
			}
		}
	}
}

// Line is a pin as that what is wired to it sees it.
type Line struct {
	bank *Bank
	pin  int
}

// Line is the pin of that number, which must be valid (Check).
func (b *Bank) Line(pin int) Line { return Line{b, pin} }

// Level is the level at the pin, 0 or 1.
func (l Line) Level() int { return l.bank.pins[l.pin].level }

// Drive forces a level on the pin from outside, or takes it away (Floating).
func (l Line) Drive(level int) {
	l.bank.pins[l.pin].driven = level
	l.bank.update(l.pin)
}

// Watch calls f with each new level of the pin.
func (l Line) Watch(f func(level int)) {
	p := &l.bank.pins[l.pin]
	p.watch = append(p.watch, f)
}

// Watched tells whether anything comes of a change of the pin: somebody looks, or an interrupt is armed.
func (b *Bank) Watched(i int) bool {
	p := &b.pins[i]
	return b.historyMax > 0 || len(p.watch) > 0 || p.trigger != port.TriggerNone
}

// History lists the last changes of a pin's level, as many as New was told to keep.
func (b *Bank) History(i int) []Change { return append([]Change(nil), b.pins[i].history...) }

// Check tells what is wrong with the number of a pin, "" for nothing.
func Check(pin int) string {
	if pin < 0 || pin >= port.PinCount {
		return fmt.Sprintf("there is no pin %d; pins are 0 to %d", pin, port.PinCount-1)
	}
	return ""
}

// CheckLevel tells what is wrong with a level, "" for nothing.
func CheckLevel(level int) string {
	if level != 0 && level != 1 {
		return fmt.Sprintf("a level is 0 or 1, not %d", level)
	}
	return ""
}
