// Package ds18b20 is a thermometer at a 1-Wire bus, of which there may be many at one pin.
//
// Figures that name no other source are from the data sheet of the DS18B20 (Maxim, 19-7487).
package ds18b20

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config is a thermometer.
type Config struct {
	Pin int
	// ID is the serial number, twelve hexadecimal digits in the order of the bus; "" is one
	// that follows from the place in the list.
	ID          string
	Temperature source.Config // °C; what is out of the range -55 to 125 is its end
	// Resolution is that of the EEPROM, 9 to 12 bits; 0 means 12.
	Resolution int
	// High and Low are the alarm's bounds in the EEPROM, in whole °C.
	High, Low int
	Parasite  bool   // it has no supply but the bus
	Fault     string // "", or one of Faults
}

// What can be wrong with a part.
const (
	faultAbsent = "absent" // it does not answer
	faultStuck  = "stuck"  // it holds the line low for good
	faultCRC    = "crc"    // the checksums of what it is asked for are wrong
)

// Faults are the names of what can be wrong.
func Faults() []string { return []string{faultAbsent, faultStuck, faultCRC} }

// Bounds of the alarm, with which the part comes from the factory: an assumption, since the data
// sheet leaves them open.
const (
	defaultHigh = 75
	defaultLow  = 70
)

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	bound := func(name string, otherwise int, at func(c *Config) *int) keys.Field[Config] {
		return keys.Field[Config]{Key: keys.Key{Name: name}, Read: func(s *keys.Section, name string, c *Config) {
			*at(c) = otherwise
			if n := int(s.Int(name, -128, 127)); s.Has(name) {
				*at(c) = n
			}
		}}
	}
	return keys.Fields[Config]{
		{Key: keys.Key{Name: "pin"}, Read: keys.Int32(func(c *Config) *int { return &c.Pin })},
		{Key: keys.Key{Name: "id"}, Read: keys.Text(func(c *Config) *string { return &c.ID })},
		source.Field("temperature", func(c *Config) *source.Config { return &c.Temperature }),
		{Key: keys.Key{Name: "resolution"}, Read: keys.Int32(func(c *Config) *int { return &c.Resolution })},
		bound("high", defaultHigh, func(c *Config) *int { return &c.High }),
		bound("low", defaultLow, func(c *Config) *int { return &c.Low }),
		{Key: keys.Key{Name: "parasite"}, Read: keys.Bool(false, func(c *Config) *bool { return &c.Parasite })},
		{Key: keys.Key{Name: "fault"}, Read: keys.Text(func(c *Config) *string { return &c.Fault })},
	}
}

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	fail := func(field, format string, args ...any) error {
		return &keys.FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
	}
	switch {
	case pins.Check(c.Pin) != "":
		return fail("pin", "%s", pins.Check(c.Pin))
	case c.Pin == 0:
		return fail("pin", "pin 0 cannot be a 1-Wire bus; choose 1 to 12")
	case c.ID != "" && !isSerial(c.ID):
		return fail("id", "want twelve hexadecimal digits, as in \"FF0102030405\", not %q", c.ID)
	case c.Resolution != 0 && (c.Resolution < 9 || c.Resolution > 12):
		return fail("resolution", "want 9 to 12 bits, not %d", c.Resolution)
	case c.High < -128 || c.High > 127:
		return fail("high", "want -128 to 127 degrees, not %d", c.High)
	case c.Low < -128 || c.Low > 127:
		return fail("low", "want -128 to 127 degrees, not %d", c.Low)
	case c.Fault != "" && !slices.Contains(Faults(), c.Fault):
		return fail("fault", "%q is none of %s", c.Fault, strings.Join(Faults(), ", "))
	}
	return c.Temperature.CheckIn("temperature")
}

func isSerial(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == serialSize
}
