// Package button connects a pin to a level as long as somebody presses it.
package button

import (
	"fmt"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config is a button and when it is pressed.
type Config struct {
	Name    string
	Pin     int
	Level   int // while pressed
	Presses []Press
}

// Press is one press of a button, some time after power-on.
type Press struct{ At, For time.Duration }

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "name"}, Read: keys.Text(func(c *Config) *string { return &c.Name })},
		{Key: keys.Key{Name: "pin"}, Read: keys.Int32(func(c *Config) *int { return &c.Pin })},
		{Key: keys.Key{Name: "level"}, Read: keys.Int32(func(c *Config) *int { return &c.Level })},
		{Key: keys.Key{Name: "presses"}, Read: readPresses},
	}
}

// readPresses reads { at, for } or the short form "AT+LENGTH".
func readPresses(s *keys.Section, name string, c *Config) {
	for i, it := range s.List(name) {
		key := fmt.Sprintf("%s[%d]", s.Key(name), i)
		if sub, ok := s.Entry(it, key); ok {
			sub.Need("at", "for")
			c.Presses = append(c.Presses, Press{
				At: sub.Duration("at", 0, false), For: sub.Duration("for", 0, false)})
			sub.Done()
			continue
		}
		short, _ := keys.TextOf(it.Value)
		at, length, _ := strings.Cut(short, "+")
		a, errAt := time.ParseDuration(at)
		l, errFor := time.ParseDuration(length)
		if errAt != nil || errFor != nil || a > keys.TimeMost || l > keys.TimeMost {
			s.FailAt(it, key, `want when and how long, as in "5s+200ms", not %s`, keys.Describe(it.Value))
			continue
		}
		c.Presses = append(c.Presses, Press{At: a, For: l})
	}
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	if what := pins.Check(c.Pin); what != "" {
		return &keys.FieldError{Field: "pin", Problem: what}
	}
	if what := pins.CheckLevel(c.Level); what != "" {
		return &keys.FieldError{Field: "level", Problem: what}
	}
	for i, p := range c.Presses {
		if p.At < 0 || p.For <= 0 {
			return &keys.FieldError{Field: fmt.Sprintf("presses[%d]", i), Problem: "a press needs a time and a length"}
		}
	}
	return nil
}

// Button is a button that can be pressed.
type Button struct {
	line  pins.Line
	level int
	timer port.Timer // releases it
}

// New returns a button that is not pressed yet; times in c count from now.
func New(loop sim.Loop, bank *pins.Bank, c Config) *Button {
	k := &Button{line: bank.Line(c.Pin), level: c.Level}
	k.timer = loop.NewOutsideTimer(k.Release)
	for _, p := range c.Presses {
		loop.NewOutsideTimer(func() { k.PressFor(p.For) }).Arm(p.At, false)
	}
	return k
}

// Press holds the button down.
func (k *Button) Press() {
	k.timer.Disarm()
	k.line.Drive(k.level)
}

// Release lets it go: the pin is connected to nothing.
func (k *Button) Release() { k.line.Drive(pins.Floating) }

// PressFor holds it down for d.
func (k *Button) PressFor(d time.Duration) {
	k.Press()
	k.timer.Arm(d, false)
}
