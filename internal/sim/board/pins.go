package board

import (
	"math"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Floating stands for no level: nothing drives the pin.
const Floating = -1

// adcMax is the largest value that the analog input gives.
const adcMax = 1024

// Change is a level that a pin took.
type Change struct {
	At    time.Duration
	Level int
}

// Board implements port.Pins.
type Board struct {
	loop        Loop
	pins        [port.PinCount]pin
	onInterrupt func(e port.PinEvent)
	adc         Source
	historyMax  int
}

var _ port.Pins = (*Board)(nil)

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

	// The other side.
	driven   int // level that something outside forces, or Floating
	resistor int // level that a resistor on the board pulls to, or Floating

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

// newPins returns a board with the resistors of a NodeMCU development kit: they
// choose the boot mode (GPIO0 and GPIO2 up, GPIO15 down), and the lines of
// serial port 0 idle at high level.
func newPins(loop Loop) *Board {
	b := &Board{loop: loop}
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
func (b *Board) Reset() {
	b.onInterrupt = nil
	for i := range b.pins {
		p := &b.pins[i]
		p.mode, p.pullUp, p.out, p.driver = port.PinInput, false, 0, false
		p.trigger, p.masked, p.seen, p.done = port.TriggerNone, false, 0, 0
		b.update(i)
	}
}

// resolve decides between all that acts on the pin. An output wins over what
// drives it from outside, where real parts would fight; then the stronger
// resistor, that of the board, wins over the chip's. A pin to which nothing is
// connected reads 0.
func (p *pin) resolve() int {
	switch {
	case p.driver && (p.mode != port.PinOpenDrain || p.out == 0):
		return p.out
	case p.driven != Floating:
		return p.driven
	case p.resistor != Floating:
		return p.resistor
	case p.pullUp:
		return 1
	}
	return 0
}

// update brings the level of a pin in line and tells who is interested.
func (b *Board) update(i int) {
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
func (b *Board) Mode(i int, m port.PinMode, pullUp bool) {
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
func (b *Board) Read(i int) int { return b.pins[i].level }

// Write implements port.Pins.
func (b *Board) Write(i, level int) {
	p := &b.pins[i]
	p.out, p.driver = level&1, true
	b.update(i)
}

// WriteMask implements port.Pins.
func (b *Board) WriteMask(set, clear uint32) {
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

// Drive forces a level on a pin from outside, or takes it away (Floating).
func (b *Board) Drive(i, level int) {
	b.pins[i].driven = level
	b.update(i)
}

// Watch calls f with each new level of a pin.
func (b *Board) Watch(i int, f func(level int)) { b.pins[i].watch = append(b.pins[i].watch, f) }

// Wire connects two pins: the second one gets the level of the first.
func (b *Board) Wire(from, to int) {
	b.Drive(to, b.Read(from))
	b.Watch(from, func(level int) { b.Drive(to, level) })
}

// History lists the last changes of a pin's level, as many as Config.History
// says.
func (b *Board) History(i int) []Change { return append([]Change(nil), b.pins[i].history...) }

// SetADC connects the analog input.
func (b *Board) SetADC(s Source) { b.adc = s }

// ADC implements port.Pins.
func (b *Board) ADC() int {
	if b.adc == nil {
		return 0
	}
	v := math.Round(b.adc.At(b.loop.Now()))
	if !(v > 0) { // also not a number
		return 0
	}
	return int(min(v, adcMax))
}
