// Package wave is a square wave on a pin.
package wave

import (
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config is a pin and how long its level is low and high.
type Config struct {
	Pin       int
	Low, High time.Duration
}

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "pin"}, Read: keys.Int32(func(c *Config) *int { return &c.Pin })},
		{Key: keys.Key{Name: "low"}, Read: keys.Duration(0, func(c *Config) *time.Duration { return &c.Low })},
		{Key: keys.Key{Name: "high"}, Read: keys.Duration(0, func(c *Config) *time.Duration { return &c.High })},
	}
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	if what := pins.Check(c.Pin); what != "" {
		return &keys.FieldError{Field: "pin", Problem: what}
	}
	if c.Low < shortest || c.High < shortest {
		return &keys.FieldError{Problem: fmt.Sprintf("each half must last %v or more", shortest)}
	}
	return nil
}

// shortest is the shortest half of a wave: a shorter one would leave no time for
// anything else.
const shortest = time.Microsecond

// Wave is a square wave.
type Wave struct {
	line      pins.Line
	low, high time.Duration
	level     int
	timer     port.Timer
}

// New starts a wave with its low half. Each half lasts at least 1 µs.
func New(loop sim.Loop, bank *pins.Bank, c Config) *Wave {
	w := &Wave{line: bank.Line(c.Pin), low: max(c.Low, shortest), high: max(c.High, shortest), level: 1}
	w.timer = loop.NewOutsideTimer(w.toggle)
	w.toggle()
	return w
}

func (w *Wave) toggle() {
	w.level ^= 1
	if w.level == 0 {
		w.timer.Arm(w.low, false)
	} else {
		w.timer.Arm(w.high, false)
	}
	w.line.Drive(w.level)
}

// Stop ends the wave and leaves the pin to itself.
func (w *Wave) Stop() {
	w.timer.Disarm()
	w.line.Drive(pins.Floating)
}
