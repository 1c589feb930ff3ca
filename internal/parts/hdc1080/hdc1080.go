// Package hdc1080 is Texas Instruments' sensor of humidity and temperature HDC1080 at an I2C bus (data sheet
// SNAS672), and the HDC1000, which has the same registers (SNAS643). The pin DRDYn of the latter is not connected.
package hdc1080

import (
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/i2cpart"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/i2c"
)

// Config is a sensor and what it measures.
type Config struct {
	i2cpart.Config
	Model       string         // "hdc1080" or "hdc1000"; "" is the first
	Temperature *source.Config // °C; nil: 20
	Humidity    *source.Config // %; nil: 50
}

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return append(keys.Within(func(c *Config) *i2cpart.Config { return &c.Config }, i2cpart.Keys()), keys.Fields[Config]{
		{Key: keys.Key{Name: "model"}, Read: keys.Text(func(c *Config) *string { return &c.Model })},
		source.Quantity("temperature", func(c *Config) **source.Config { return &c.Temperature }),
		source.Quantity("humidity", func(c *Config) **source.Config { return &c.Humidity }),
	}...)
}

// Addresses are those of the HDC1000; the HDC1080 has the first.
func Addresses() []int { return []int{0x40, 0x41, 0x42, 0x43} }

// Place is where the sensor is.
func (c Config) Place() i2cpart.Place { return c.Config.Place("hdc1080", Addresses()...) }

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	addresses := Addresses()
	switch c.Model {
	case "", "hdc1080":
		addresses = addresses[:1]
	case "hdc1000":
	default:
		return &keys.FieldError{Field: "model", Problem: fmt.Sprintf("%q is none of hdc1080, hdc1000", c.Model)}
	}
	if err := c.Config.Check(addresses...); err != nil {
		return err
	}
	return source.CheckAll(map[string]*source.Config{"temperature": c.Temperature, "humidity": c.Humidity})
}

// Registers.
const (
	regTemperature = 0x00
	regHumidity    = 0x01
	regConfig      = 0x02
	regID          = 0xFB // three words of a serial number, then these
	regMaker       = 0xFE
	regModel       = 0xFF
)

// Bits of the configuration.
const (
	bitReset    = 1 << 15
	bitBoth     = 1 << 12 // temperature and humidity, one behind the other
	bitCoarse   = 1 << 10 // temperature in 11 bits
	bitsHumid   = 3 << 8  // humidity in 14, 11 or 8 bits
	configKept  = bitBoth | bitCoarse | bitsHumid | 1<<13
	startConfig = bitBoth
)

// Times of a measurement by resolution.
const (
	time14bits    = 6500 * time.Microsecond
	temperature11 = 3650 * time.Microsecond
	humidity11    = 3850 * time.Microsecond
	humidity8     = 2500 * time.Microsecond
)

// sensor is the part.
type sensor struct {
	i2cpart.Words
	loop                  sim.Loop
	temperature, humidity source.Source
	config, model         uint16
	first                 int           // register that was measured first
	ready                 time.Duration // when all is measured
	read                  int           // words of this measurement that were read
}

// Connect connects a sensor.
func Connect(loop sim.Loop, b *i2c.Board, c Config, seed uint64) {
	s := &sensor{loop: loop, temperature: c.Temperature.Or(20, seed), humidity: c.Humidity.Or(50, seed+1), config: startConfig, model: 0x1050}
	if c.Model == "hdc1000" {
		s.model = 0x1000
	}
	s.Get, s.Set, s.Select = s.get, s.set, s.choose
	i2cpart.Attach(b, c.Config, c.At(Addresses()...), s)
}

// choose begins to measure if a measurement is chosen.
func (s *sensor) choose(at int) {
	if at > regHumidity {
		return
	}
	t, h := time14bits, time14bits
	if s.config&bitCoarse != 0 {
		t = temperature11
	}
	switch s.config & bitsHumid >> 8 {
	case 1:
		h = humidity11
	case 2, 3:
		h = humidity8
	}
	s.first, s.read, s.ready = at, 0, s.loop.Now()
	if at == regTemperature {
		s.ready += t
	}
	if at == regHumidity || s.config&bitBoth != 0 {
		s.ready += h
	}
}

func (s *sensor) get(at int) (uint16, bool) {
	switch at {
	case regTemperature, regHumidity:
		if s.loop.Now() < s.ready {
			return 0, false
		}
		if at == regHumidity || s.config&bitBoth != 0 && s.read%2 == 1 {
			return fraction(s.humidity.At(s.ready)/100, 14-3*int(min(s.config&bitsHumid>>8, 2))), true
		}
		bits := 14
		if s.config&bitCoarse != 0 {
			bits = 11
		}
		return fraction((s.temperature.At(s.ready)+40)/165, bits), true
	case regConfig:
		return s.config, true
	case regID, regID + 1, regID + 2:
		return uint16(0x0102 * (at - regID + 1)), true
	case regMaker:
		return 0x5449, true
	case regModel:
		return s.model, true
	}
	return 0, true
}

// fraction is a part of the whole in the upper bits of a word.
func fraction(x float64, bits int) uint16 {
	return uint16(min(max(x*65536, 0), 65535)) &^ (1<<(16-bits) - 1)
}

// Read implements i2cpart.Part.
func (s *sensor) Read() byte {
	whole := s.Pending() == 1
	b := s.Words.Read()
	if whole {
		s.read++
	}
	return b
}

func (s *sensor) set(at int, v uint16) {
	if at != regConfig {
		return
	}
	s.config = v & configKept
	if v&bitReset != 0 {
		s.config = startConfig
	}
}
