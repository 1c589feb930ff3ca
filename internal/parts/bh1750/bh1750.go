// Package bh1750 is ROHM's sensor of light BH1750FVI at an I2C bus (data sheet of November 2011).
package bh1750

import (
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/i2cpart"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/i2c"
)

// Config is a sensor and the light that falls on it.
type Config struct {
	i2cpart.Config
	Light *source.Config // lux; nil: 100
}

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return append(keys.Within(func(c *Config) *i2cpart.Config { return &c.Config }, i2cpart.Keys()),
		source.Quantity("light", func(c *Config) **source.Config { return &c.Light }))
}

// Addresses are those that the pin ADDR chooses from.
func Addresses() []int { return []int{0x23, 0x5C} }

// Place is where the sensor is.
func (c Config) Place() i2cpart.Place { return c.Config.Place("bh1750", Addresses()...) }

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	if err := c.Config.Check(Addresses()...); err != nil {
		return err
	}
	return source.CheckAll(map[string]*source.Config{"light": c.Light})
}

// Instructions. Those of a measurement have the bits continuous or once, and a resolution.
const (
	powerDown  = 0x00
	powerOn    = 0x01
	reset      = 0x07
	continuous = 0x10
	once       = 0x20
	half       = 0x01 // resolution of 0.5 lux
	coarse     = 0x03 // of 4 lux, in a shorter time
	timeHigh   = 0x40 // the upper three bits of the measuring time
	timeLow    = 0x60 // the lower five
)

// Times of a measurement with the usual measuring time, which are typical ones, and that one.
const (
	fineTime   = 120 * time.Millisecond
	coarseTime = 16 * time.Millisecond
	usualTime  = 69
)

// sensor is the part.
type sensor struct {
	loop  sim.Loop
	light source.Source

	on      bool
	mode    byte          // instruction of the measurement that goes on, 0 for none
	time    byte          // measuring time
	ready   time.Duration // when the measurement is done, or the first one of many
	data    uint16
	sending int // bytes of this transfer that were read
}

// Connect connects a sensor.
func Connect(loop sim.Loop, b *i2c.Board, c Config, seed uint64) {
	s := &sensor{loop: loop, light: c.Light.Or(100, seed), time: usualTime}
	i2cpart.Attach(b, c.Config, c.At(Addresses()...), s)
}

// Begin implements i2cpart.Part.
func (s *sensor) Begin(bool) { s.sending = 0 }

// End implements i2cpart.Part.
func (s *sensor) End() {}

// takes is how long a measurement takes.
func (s *sensor) takes() time.Duration {
	t := fineTime
	if s.mode&3 == coarse {
		t = coarseTime
	}
	return t * time.Duration(s.time) / usualTime
}

// Write implements i2cpart.Part: an instruction.
func (s *sensor) Write(v byte) bool {
	s.update()
	switch {
	case v == powerDown:
		s.on, s.mode = false, 0
	case v == powerOn:
		s.on, s.mode = true, 0
	case v == reset:
		if s.on {
			s.data = 0
		}
	case v&^7 == timeHigh:
		s.time = s.time&0x1F | v<<5
	case v&^0x1F == timeLow:
		s.time = s.time&^0x1F | v&0x1F
	case v&^3 == continuous || v&^3 == once:
		s.on, s.mode = true, v
		s.ready = s.loop.Now() + s.takes()
	}
	return true
}

// update takes what has been measured since.
func (s *sensor) update() {
	now := s.loop.Now()
	if s.mode == 0 || now < s.ready {
		return
	}
	at := s.ready
	if s.mode&continuous != 0 {
		at = now - (now-s.ready)%max(s.takes(), 1)
	}
	// 1.2 counts are a lux, at the usual time and a resolution of 1 lux.
	counts := float64(float64(s.light.At(at)*1.2) * float64(s.time) / usualTime)
	if s.mode&3 == half {
		counts *= 2
	}
	s.data = uint16(min(max(counts+0.5, 0), 0xFFFF))
	if s.mode&once != 0 {
		s.on, s.mode = false, 0
	}
}

// Read implements i2cpart.Part.
func (s *sensor) Read() byte {
	if s.sending == 0 {
		s.update()
	}
	s.sending++
	if s.sending%2 == 1 {
		return byte(s.data >> 8)
	}
	return byte(s.data)
}
