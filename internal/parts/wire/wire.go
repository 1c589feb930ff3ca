// Package wire gives the level of one pin to another.
package wire

import (
	"fmt"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config says from where to where.
type Config struct{ From, To int }

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "from"}, Read: keys.Int32(func(c *Config) *int { return &c.From })},
		{Key: keys.Key{Name: "to"}, Read: keys.Int32(func(c *Config) *int { return &c.To })},
	}
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	if what := pins.Check(c.From); what != "" {
		return &keys.FieldError{Field: "from", Problem: what}
	}
	if what := pins.Check(c.To); what != "" {
		return &keys.FieldError{Field: "to", Problem: what}
	}
	if c.From == c.To {
		return &keys.FieldError{Problem: fmt.Sprintf("connects pin %d with itself", c.From)}
	}
	return nil
}

// Connect connects the two pins.
func Connect(bank *pins.Bank, c Config) {
	from, to := bank.Line(c.From), bank.Line(c.To)
	to.Drive(from.Level())
	from.Watch(to.Drive)
}
