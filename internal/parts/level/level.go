// Package level is a pin that is connected to a level for good.
package level

import (
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config says which pin, and which level.
type Config struct{ Pin, Level int }

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "pin"}, Read: keys.Int32(func(c *Config) *int { return &c.Pin })},
		{Key: keys.Key{Name: "level"}, Read: keys.Int32(func(c *Config) *int { return &c.Level })},
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
	return nil
}

// Connect connects the level.
func Connect(bank *pins.Bank, c Config) { bank.Line(c.Pin).Drive(c.Level) }
