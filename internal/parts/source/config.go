package source

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"moonlet.example/moonlet/internal/keys"
)

// Config describes a Source. Which fields count depends on Kind.
type Config struct {
	Kind     string        // "constant", "ramp", "sine" or "list"
	Value    float64       // constant: the value
	From, To float64       // ramp: its ends
	Mean     float64       // sine: its middle
	Swing    float64       // sine: how far it goes from there
	Values   []float64     // list
	Every    time.Duration // ramp and sine: length; list: time per value
	Repeat   bool          // ramp and list begin again
	Noise    float64       // any: how far noise goes to both sides
	// NoiseEvery is the time between two values of the noise; 0 means 1 ms.
	NoiseEvery time.Duration
}

// Keys are those of Config; what says what the source is for.
func Keys(what string) keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "kind", Value: "KIND", Usage: what + ": constant, ramp, sine or list"},
			Read: keys.Text(func(c *Config) *string { return &c.Kind })},
		{Key: keys.Key{Name: "value", Value: "N", Usage: "constant: the value"},
			Read: keys.Number(func(c *Config) *float64 { return &c.Value })},
		{Key: keys.Key{Name: "from", Value: "N", Usage: "ramp: where it begins"},
			Read: keys.Number(func(c *Config) *float64 { return &c.From })},
		{Key: keys.Key{Name: "to", Value: "N", Usage: "ramp: where it ends"},
			Read: keys.Number(func(c *Config) *float64 { return &c.To })},
		{Key: keys.Key{Name: "mean", Value: "N", Usage: "sine: its middle"},
			Read: keys.Number(func(c *Config) *float64 { return &c.Mean })},
		{Key: keys.Key{Name: "swing", Value: "N", Usage: "sine: how far it goes from there"},
			Read: keys.Number(func(c *Config) *float64 { return &c.Swing })},
		{Key: keys.Key{Name: "values", Value: "N", Usage: "list: the next value", Form: keys.FormList},
			Read: keys.Numbers(func(c *Config) *[]float64 { return &c.Values })},
		{Key: keys.Key{Name: "every", Value: "TIME", Usage: "ramp and sine: length; list: time per value"},
			Read: keys.Duration(0, func(c *Config) *time.Duration { return &c.Every })},
		{Key: keys.Key{Name: "repeat", Usage: "ramp and list begin again", Form: keys.FormSwitch},
			Read: keys.Bool(false, func(c *Config) *bool { return &c.Repeat })},
		{Key: keys.Key{Name: "noise", Value: "N", Usage: "how far noise goes to both sides"},
			Read: keys.Number(func(c *Config) *float64 { return &c.Noise })},
		{Key: keys.Key{Name: "noise_every", Value: "TIME", Usage: "time between two values of the noise"},
			Read: keys.Duration(0, func(c *Config) *time.Duration { return &c.NoiseEvery })},
		{Read: func(s *keys.Section, _ string, c *Config) { s.Later(c.Check) }},
	}
}

// Quantity is Field for a quantity that may be missing: it is nil then.
func Quantity[T any](name string, at func(t *T) **Config) keys.Field[T] {
	field := Field(name, func(c *Config) *Config { return c })
	return keys.Field[T]{Key: field.Key, Read: func(s *keys.Section, name string, t *T) {
		c := &Config{}
		field.Read(s, name, c)
		if s.Has(name) {
			*at(t) = c
		}
	}}
}

// Or is the source of a quantity, or a value where the quantity is nil. The configuration has been checked.
func (c *Config) Or(value float64, seed uint64) Source {
	if c == nil {
		return Constant(value)
	}
	s, err := c.Source(seed)
	if err != nil {
		return Constant(value)
	}
	return s
}

// CheckAll checks the quantities of a part: nil or a *keys.FieldError. Those that are nil are right.
func CheckAll(quantities map[string]*Config) error {
	for _, name := range slices.Sorted(maps.Keys(quantities)) {
		c := quantities[name]
		if c == nil {
			continue
		}
		var f *keys.FieldError
		if err := c.Check(); errors.As(err, &f) {
			return f.In(name)
		}
	}
	return nil
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c *Config) Check() error {
	_, err := c.Source(0)
	return err
}

// Source makes the source. The seed is for its noise. The error is a *keys.FieldError.
func (c *Config) Source(seed uint64) (Source, error) {
	var s Source
	switch c.Kind {
	case "constant", "":
		s = Constant(c.Value)
	case "ramp":
		s = Ramp{From: c.From, To: c.To, Over: c.Every, Repeat: c.Repeat}
	case "sine":
		s = Sine{Mean: c.Mean, Amplitude: c.Swing, Period: c.Every}
	case "list":
		if len(c.Values) == 0 {
			return nil, &keys.FieldError{Field: "values", Problem: "a list needs at least one value"}
		}
		s = List{Values: slices.Clone(c.Values), Every: c.Every, Repeat: c.Repeat}
	default:
		return nil, &keys.FieldError{Field: "kind", Problem: fmt.Sprintf("%q is none of constant, ramp, sine, list", c.Kind)}
	}
	if _, ok := s.(Constant); !ok && c.Every <= 0 {
		return nil, &keys.FieldError{Field: "every", Problem: fmt.Sprintf("a %s needs a time", c.Kind)}
	}
	if c.Noise != 0 {
		every := c.NoiseEvery
		if every == 0 {
			every = time.Millisecond
		}
		if every < 0 {
			return nil, &keys.FieldError{Field: "noise_every", Problem: "a time cannot be negative"}
		}
		s = Noise{Of: s, Amplitude: c.Noise, Every: every, Seed: seed}
	}
	return s, nil
}
