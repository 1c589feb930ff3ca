// Package lm92 is National's thermometer LM92 at an I2C bus (data sheet SNIS110). Its outputs for alarms are not
// connected.
package lm92

import (
	"math"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/i2cpart"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/i2c"
)

// Config is a thermometer and what it measures.
type Config struct {
	i2cpart.Config
	Temperature *source.Config // °C; nil: 20
}

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return append(keys.Within(func(c *Config) *i2cpart.Config { return &c.Config }, i2cpart.Keys()),
		source.Quantity("temperature", func(c *Config) **source.Config { return &c.Temperature }))
}

// Addresses are those that two pins choose from.
func Addresses() []int { return []int{0x48, 0x49, 0x4A, 0x4B} }

// Place is where the thermometer is.
func (c Config) Place() i2cpart.Place { return c.Config.Place("lm92", Addresses()...) }

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	if err := c.Config.Check(Addresses()...); err != nil {
		return err
	}
	return source.CheckAll(map[string]*source.Config{"temperature": c.Temperature})
}

// Registers. That of the configuration has one byte, which is read in both halves of a word here.
const (
	regTemperature = iota
	regConfiguration
	regHysteresis
	regCritical
	regLow
	regHigh
	regID = 7

	id = 0x8001
)

// Limits have these values when the power comes, in units of 1/16 °C three bits further up.
const (
	startHysteresis = 2 << 7
	startCritical   = 80 << 7
	startLow        = 10 << 7
	startHigh       = 64 << 7
)

// Connect connects a thermometer.
func Connect(loop sim.Loop, b *i2c.Board, c Config, seed uint64) {
	temperature := c.Temperature.Or(20, seed)
	registers := [8]uint16{regHysteresis: startHysteresis, regCritical: startCritical, regLow: startLow, regHigh: startHigh, regID: id}
	measure := func() uint16 {
		sixteenths := int16(math.Round(float64(min(max(temperature.At(loop.Now()), -55), 150) * 16)))
		limit := func(at int) int16 { return int16(registers[at]) >> 3 }
		v := uint16(sixteenths) << 3
		for bit, over := range [...]bool{sixteenths < limit(regLow), sixteenths > limit(regHigh), sixteenths > limit(regCritical)} {
			if over {
				v |= 1 << bit
			}
		}
		return v
	}
	i2cpart.Attach(b, c.Config, c.At(Addresses()...), &i2cpart.Words{
		Get: func(at int) (uint16, bool) {
			if at &= 7; at == regTemperature {
				return measure(), true
			}
			return registers[at], true
		},
		Set: func(at int, v uint16) {
			switch at &= 7; at {
			case regHysteresis, regCritical, regLow, regHigh:
				registers[at] = v &^ 7
			}
		},
	})
}
