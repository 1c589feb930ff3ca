package dht

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config is a sensor. What it is to measure beyond its range is the end of that.
type Config struct {
	Pin                   int
	Model                 string        // "dht11", "dht12" or "dht22"; "" means "dht22"
	Temperature, Humidity source.Config // °C and percent
	Fault                 string        // "", or one of Faults
}

const defaultModel = "dht22"

// What can be wrong with a sensor.
const (
	faultAbsent = "absent" // it does not answer
	faultStuck  = "stuck"  // it holds the line low for good
	faultCRC    = "crc"    // its checksums are wrong
)

// Faults are the names of what can be wrong.
func Faults() []string { return []string{faultAbsent, faultStuck, faultCRC} }

func (c *Config) modelName() string {
	if c.Model == "" {
		return defaultModel
	}
	return c.Model
}

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "pin"}, Read: keys.Int32(func(c *Config) *int { return &c.Pin })},
		{Key: keys.Key{Name: "model"}, Read: keys.Text(func(c *Config) *string { return &c.Model })},
		source.Field("temperature", func(c *Config) *source.Config { return &c.Temperature }),
		source.Field("humidity", func(c *Config) *source.Config { return &c.Humidity }),
		{Key: keys.Key{Name: "fault"}, Read: keys.Text(func(c *Config) *string { return &c.Fault })},
	}
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	fail := func(field, format string, args ...any) error {
		return &keys.FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
	}
	known := slices.Sorted(maps.Keys(models()))
	switch {
	case pins.Check(c.Pin) != "":
		return fail("pin", "%s", pins.Check(c.Pin))
	case c.Pin == 0:
		return fail("pin", "the module dht cannot read pin 0; choose 1 to 12")
	case !slices.Contains(known, c.modelName()):
		return fail("model", "%q is none of %s", c.Model, strings.Join(known, ", "))
	case c.Fault != "" && !slices.Contains(Faults(), c.Fault):
		return fail("fault", "%q is none of %s", c.Fault, strings.Join(Faults(), ", "))
	}
	if err := c.Temperature.CheckIn("temperature"); err != nil {
		return err
	}
	return c.Humidity.CheckIn("humidity")
}
