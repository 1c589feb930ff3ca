// Package hx711 is a converter for load cells: 24 bits, two inputs, a clock and a line for data.
//
// Figures that name no other source are from the data sheet of the HX711 (Avia Semiconductor).
package hx711

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config is a converter.
type Config struct {
	Clock, Data int           // pins
	A, B        source.Config // what is between the wires of an input, in millivolts
	Rate        int           // samples a second, 10 or 80; 0 means 10
	Fault       string        // "", or one of Faults
}

// What can be wrong with a converter.
const (
	faultAbsent = "absent" // its line is not connected
	faultStuck  = "stuck"  // it has never a sample
)

// Faults are the names of what can be wrong.
func Faults() []string { return []string{faultAbsent, faultStuck} }

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "clock"}, Read: keys.Int32(func(c *Config) *int { return &c.Clock })},
		{Key: keys.Key{Name: "data"}, Read: keys.Int32(func(c *Config) *int { return &c.Data })},
		source.Field("a", func(c *Config) *source.Config { return &c.A }),
		source.Field("b", func(c *Config) *source.Config { return &c.B }),
		{Key: keys.Key{Name: "rate"}, Read: keys.Int32(func(c *Config) *int { return &c.Rate })},
		{Key: keys.Key{Name: "fault"}, Read: keys.Text(func(c *Config) *string { return &c.Fault })},
	}
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	fail := func(field, format string, args ...any) error {
		return &keys.FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
	}
	switch {
	case pins.Check(c.Clock) != "":
		return fail("clock", "%s", pins.Check(c.Clock))
	case pins.Check(c.Data) != "":
		return fail("data", "%s", pins.Check(c.Data))
	case c.Clock == c.Data:
		return fail("", "clock and data are both pin %d", c.Data)
	case c.Rate != 0 && c.Rate != 10 && c.Rate != 80:
		return fail("rate", "want 10 or 80 samples a second, not %d", c.Rate)
	case c.Fault != "" && !slices.Contains(Faults(), c.Fault):
		return fail("fault", "%q is none of %s", c.Fault, strings.Join(Faults(), ", "))
	}
	if err := c.A.CheckIn("a"); err != nil {
		return err
	}
	return c.B.CheckIn("b")
}

// Of the clock: how long it is high to put the converter to sleep, how many pulses a sample has,
// and how many there may be with those that choose the next one's input and gain.
const (
	sleepAfter = 60 * time.Microsecond
	bits       = 24
	pulsesMost = bits + 3
)

// settlePeriods is how many samples it takes until there is a right one, after power-on and when
// input or gain change.
const settlePeriods = 4

// mode is an input and its gain.
type mode struct {
	b    bool
	span float64 // mV that are the end of the range, with a supply of 5 V
}

// modes are those that 25, 26 and 27 pulses choose.
func modes() [3]mode { return [3]mode{{false, 20}, {true, 80}, {false, 40}} }

// Part is a converter.
type Part struct {
	loop   sim.Loop
	data   pins.Line
	a, b   source.Source
	period time.Duration

	mode   int // an index of modes
	was    int // that of the sample
	asleep bool
	pulses int    // that a sample has had
	sample uint32 // 24 bits
	ready  port.Timer
	sleep  port.Timer
}

// New connects a converter, which has just got power. The seed is for noise.
func New(loop sim.Loop, bank *pins.Bank, c Config, seed uint64) *Part {
	rate := c.Rate
	if rate == 0 {
		rate = 10
	}
	p := &Part{loop: loop, data: bank.Line(c.Data), period: time.Second / time.Duration(rate), pulses: pulsesMost}
	p.a, p.b = sourceOf(c.A, seed), sourceOf(c.B, seed+1)
	p.ready, p.sleep = loop.NewOutsideTimer(p.convert), loop.NewOutsideTimer(p.fallAsleep)
	switch c.Fault {
	case faultAbsent:
	case faultStuck:
		p.data.Drive(1)
	default:
		p.begin()
		clock := bank.Line(c.Clock)
		clock.Watch(p.edge)
		if clock.Level() == 1 {
			p.edge(1)
		}
	}
	return p
}

func sourceOf(c source.Config, seed uint64) source.Source {
	s, err := c.Source(seed)
	if err != nil {
		return source.Constant(0)
	}
	return s
}

// begin begins to convert, with what is chosen at power-on.
func (p *Part) begin() {
	p.asleep, p.mode, p.pulses = false, 0, pulsesMost
	p.data.Drive(1)
	p.ready.Arm(settlePeriods*p.period, false)
}

// convert has a sample, unless the one before it is just being read.
func (p *Part) convert() {
	p.ready.Arm(p.period, false)
	if p.pulses > 0 && p.pulses < bits {
		return
	}
	p.pulses, p.was = 0, p.mode
	m, s := modes()[p.mode], p.a
	if m.b {
		s = p.b
	}
	const full = 1 << (bits - 1)
	v := s.At(p.loop.Now()) / m.span * full
	if math.IsNaN(v) {
		v = 0
	}
	p.sample = uint32(int32(math.Round(min(max(v, -full), full-1))))
	p.data.Drive(1) // a sample that nobody has read goes by
	p.data.Drive(0)
}

func (p *Part) fallAsleep() {
	p.asleep = true
	p.ready.Disarm()
	p.data.Drive(1)
}

// edge is an edge of the clock: the rising ones shift a bit out, or say what is next.
func (p *Part) edge(level int) {
	if level == 0 {
		p.sleep.Disarm()
		if p.asleep {
			p.begin()
		}
		return
	}
	if p.asleep {
		return
	}
	p.sleep.Arm(sleepAfter, false)
	if p.pulses >= pulsesMost {
		return
	}
	p.pulses++
	if p.pulses <= bits {
		p.data.Drive(int(p.sample >> (bits - p.pulses) & 1))
		return
	}
	p.data.Drive(1)
	p.choose(p.pulses - bits - 1)
}

// choose sets the mode of the next sample.
func (p *Part) choose(mode int) {
	periods := time.Duration(1)
	if mode != p.was {
		periods = settlePeriods
	}
	p.mode = mode
	p.ready.Arm(periods*p.period, false)
}
