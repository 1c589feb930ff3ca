// Package dht is a sensor of temperature and humidity with one line, as DHT11, DHT12 and DHT22
// are.
//
// Figures that name no other source are from the data sheets of the DHT11 and the DHT22 (Aosong,
// AM2302).
package dht

import (
	"math"
	"time"

	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Times on the line: how long after a request the sensor answers, the pulses before the first
// bit, and those of a bit.
const (
	answerAfter = 30 * time.Microsecond
	readyPulse  = 80 * time.Microsecond
	lowPulse    = 50 * time.Microsecond
	zeroPulse   = 26 * time.Microsecond
	onePulse    = 70 * time.Microsecond
)

// readyAfter is how long a sensor does not answer after power-on.
const readyAfter = time.Second

// model is a type of sensor.
type model struct {
	wake           time.Duration // the least length of a request
	every          time.Duration // between two measurements
	coldest, hot   float64       // °C
	driest, wetest float64       // %
	encode         func(temperature, humidity float64) [4]byte
}

func models() map[string]model {
	return map[string]model{
		"dht11": {18 * time.Millisecond, time.Second, 0, 50, 20, 90, encode11},
		// The DHT12's own data sheet was not at hand: its times are those of the DHT11.
		"dht12": {18 * time.Millisecond, 2 * time.Second, -20, 60, 20, 95, encode12},
		"dht22": {800 * time.Microsecond, 2 * time.Second, -40, 80, 0, 99.9, encode22},
	}
}

// tenths are those of a number, and its sign in the highest bit of a byte.
func tenths(v float64) (n uint16, sign byte) {
	if v < 0 {
		sign = 0x80
	}
	if n = uint16(math.Round(math.Abs(v) * 10)); n == 0 {
		sign = 0
	}
	return n, sign
}

// encode11 has whole numbers only, and no negative ones.
func encode11(t, h float64) [4]byte { return [4]byte{byte(math.Round(h)), 0, byte(math.Round(t)), 0} }

// encode12 has whole numbers and tenths apart.
func encode12(t, h float64) [4]byte {
	nt, sign := tenths(t)
	nh, _ := tenths(h)
	return [4]byte{byte(nh / 10), byte(nh % 10), byte(nt/10) | sign, byte(nt % 10)}
}

// encode22 has tenths in 16 bits.
func encode22(t, h float64) [4]byte {
	nt, sign := tenths(t)
	nh, _ := tenths(h)
	return [4]byte{byte(nh >> 8), byte(nh), byte(nt>>8) | sign, byte(nt)}
}

// Part is a sensor.
type Part struct {
	loop                  sim.Loop
	line                  pins.Line
	sink                  *pins.Sink
	timer                 port.Timer
	model                 model
	temperature, humidity source.Source
	badCRC                bool

	since    time.Duration // when it got power
	fell     time.Duration // when the line went low
	measured time.Duration // when the values were, 0 for never
	frame    [5]byte
	fixed    bool // the frame was given by Answer

	pulses []time.Duration // of the answer, that are left; the next one is low if low
	low    bool
}

// New connects a sensor to its pin, with the resistor that such a line has. The seed is for
// noise.
func New(loop sim.Loop, bank *pins.Bank, c Config, seed uint64) *Part {
	p := &Part{loop: loop, line: bank.Line(c.Pin), model: models()[c.modelName()], badCRC: c.Fault == faultCRC, since: loop.Now()}
	p.temperature, p.humidity = sourceOf(c.Temperature, seed), sourceOf(c.Humidity, seed+1)
	p.sink = p.line.NewSink()
	p.timer = loop.NewOutsideTimer(p.next)
	p.line.PullUp()
	switch c.Fault {
	case faultAbsent:
	case faultStuck:
		p.sink.Pull(true)
	default:
		p.line.Watch(p.edge)
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

// Answer makes the sensor send these bytes from now on, whatever it measures.
func (p *Part) Answer(frame [5]byte) { p.frame, p.fixed = frame, true }

// edge looks for requests: a low pulse that is long enough, while no answer is under way.
func (p *Part) edge(level int) {
	now := p.loop.Now()
	switch {
	case level == 0:
		p.fell = now
	case p.pulses == nil && now-p.fell >= p.model.wake && now-p.since >= readyAfter:
		p.measure(now)
		p.answer()
	}
}

// measure takes new values, unless the last ones are too young: a sensor that is asked too soon
// gives those again.
func (p *Part) measure(now time.Duration) {
	if p.fixed || p.measured != 0 && now-p.measured < p.model.every {
		return
	}
	m := &p.model
	p.measured = now
	f := m.encode(limit(p.temperature.At(now), m.coldest, m.hot), limit(p.humidity.At(now), m.driest, m.wetest))
	copy(p.frame[:], f[:])
	p.frame[4] = f[0] + f[1] + f[2] + f[3]
	if p.badCRC {
		p.frame[4] ^= 0xFF
	}
}

func limit(v, least, most float64) float64 {
	if math.IsNaN(v) {
		v = 0
	}
	return min(max(v, least), most)
}

// answer lays out the pulses: a high one of rest, and then low and high in turn.
func (p *Part) answer() {
	p.pulses = append(p.pulses, readyPulse, readyPulse)
	for i := range 8 * len(p.frame) {
		high := zeroPulse
		if p.frame[i/8]>>(7-i%8)&1 != 0 {
			high = onePulse
		}
		p.pulses = append(p.pulses, lowPulse, high)
	}
	p.pulses = append(p.pulses, lowPulse)
	p.low = true
	p.timer.Arm(answerAfter, false)
}

// next begins the next pulse of the answer, or ends it.
func (p *Part) next() {
	if len(p.pulses) == 0 {
		p.pulses = nil
		p.sink.Pull(false)
		return
	}
	d, low := p.pulses[0], p.low
	p.pulses, p.low = p.pulses[1:], !low
	p.timer.Arm(d, false)
	p.sink.Pull(low)
}
