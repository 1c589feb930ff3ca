// Package bme280 is Bosch's sensor of temperature, pressure and humidity at an I2C bus, and the BMP280, which has
// no humidity (data sheets BST-BME280-DS002 and BST-BMP280-DS001). The filter is not there: what is measured is
// what the quantity is at that moment.
package bme280

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
	Model       string         // "bme280" or "bmp280"; "" is the first
	Temperature *source.Config // °C; nil: 20
	Pressure    *source.Config // hPa; nil: 1013.25
	Humidity    *source.Config // %; nil: 50
}

// Keys are those of Config.
func Keys() keys.Fields[Config] {
	return append(keys.Within(func(c *Config) *i2cpart.Config { return &c.Config }, i2cpart.Keys()), keys.Fields[Config]{
		{Key: keys.Key{Name: "model"}, Read: keys.Text(func(c *Config) *string { return &c.Model })},
		source.Quantity("temperature", func(c *Config) **source.Config { return &c.Temperature }),
		source.Quantity("pressure", func(c *Config) **source.Config { return &c.Pressure }),
		source.Quantity("humidity", func(c *Config) **source.Config { return &c.Humidity }),
	}...)
}

// Addresses are those that the pin SDO chooses from.
func Addresses() []int { return []int{0x76, 0x77} }

// Place is where the sensor is.
func (c Config) Place() i2cpart.Place { return c.Config.Place("bme280", Addresses()...) }

// Check tells what is wrong: nil or a *keys.FieldError.
func (c Config) Check() error {
	if c.Model != "" && c.Model != "bme280" && c.Model != "bmp280" {
		return &keys.FieldError{Field: "model", Problem: fmt.Sprintf("%q is none of bme280, bmp280", c.Model)}
	}
	if err := c.Config.Check(Addresses()...); err != nil {
		return err
	}
	return source.CheckAll(map[string]*source.Config{"temperature": c.Temperature, "pressure": c.Pressure, "humidity": c.Humidity})
}

// Registers of the sensor.
const (
	regID       = 0xD0
	regReset    = 0xE0
	regHumidity = 0xF2 // ctrl_hum
	regStatus   = 0xF3
	regMeasure  = 0xF4 // ctrl_meas
	regConfig   = 0xF5
	regData     = 0xF7 // to 0xFE

	resetCode = 0xB6
	measuring = 1 << 3 // in regStatus
	idBME     = 0x60
	idBMP     = 0x58
)

// Modes, in the low bits of regMeasure.
const (
	modeSleep  = 0
	modeNormal = 3
)

// sensor is the part.
type sensor struct {
	i2cpart.Registers
	loop                            sim.Loop
	temperature, pressure, humidity source.Source
	bmp                             bool
	low                             [calibrationEnd - calibrationAt]byte
	high                            [humidityOf - humidityAt]byte

	measure, config  byte
	humid, nextHumid byte // ctrl_hum counts from the next write of ctrl_meas on
	data             [8]byte
	forced           bool
	ready            time.Duration // when a forced measurement is done
	shadow           [8]byte       // what a transfer reads, so that its bytes belong together
	shadowed         bool
}

// Connect connects a sensor.
func Connect(loop sim.Loop, b *i2c.Board, c Config, seed uint64) {
	s := &sensor{loop: loop, bmp: c.Model == "bmp280",
		temperature: c.Temperature.Or(20, seed), pressure: c.Pressure.Or(1013.25, seed+1), humidity: c.Humidity.Or(50, seed+2)}
	s.low, s.high = calibration()
	s.Pairs = true
	s.Get, s.Set, s.Done = s.get, s.set, func() { s.shadowed = false }
	s.reset()
	i2cpart.Attach(b, c.Config, c.At(Addresses()...), s)
}

func (s *sensor) reset() {
	s.measure, s.config, s.humid, s.nextHumid, s.forced = 0, 0, 0, 0, false
	s.data = [8]byte{skipped20 >> 12, 0, 0, skipped20 >> 12, 0, 0, skipped16 >> 8, 0}
}

// get is a register.
func (s *sensor) get(at int) byte {
	s.update()
	switch {
	case at >= calibrationAt && at < calibrationEnd:
		return s.low[at-calibrationAt]
	case at >= humidityAt && at < humidityOf && !s.bmp:
		return s.high[at-humidityAt]
	case at >= regData && at < regData+len(s.data):
		if !s.shadowed {
			s.shadow, s.shadowed = s.data, true
		}
		return s.shadow[at-regData]
	}
	switch at {
	case regID:
		if s.bmp {
			return idBMP
		}
		return idBME
	case regHumidity:
		return s.nextHumid
	case regStatus:
		if s.forced {
			return measuring
		}
	case regMeasure:
		return s.measure
	case regConfig:
		return s.config
	}
	return 0
}

// set changes a register.
func (s *sensor) set(at int, v byte) {
	s.update()
	switch at {
	case regReset:
		if v == resetCode {
			s.reset()
		}
	case regHumidity:
		s.nextHumid = v & 7
	case regConfig:
		s.config = v
	case regMeasure:
		s.measure, s.humid = v, s.nextHumid
		if mode := v & 3; mode != modeSleep && mode != modeNormal {
			s.forced, s.ready = true, s.loop.Now()+s.takes()
		}
	}
}

// takes is how long a measurement takes at the most usual (BST-BME280-DS002, 9.1).
func (s *sensor) takes() time.Duration {
	t := time.Millisecond
	if n := oversampling(s.measure >> 5); n > 0 {
		t += time.Duration(n) * 2 * time.Millisecond
	}
	if n := oversampling(s.measure >> 2); n > 0 {
		t += time.Duration(n)*2*time.Millisecond + time.Millisecond/2
	}
	if n := oversampling(s.humid); n > 0 && !s.bmp {
		t += time.Duration(n)*2*time.Millisecond + time.Millisecond/2
	}
	return t
}

// oversampling is how often three bits let something be measured.
func oversampling(bits byte) int {
	if bits &= 7; bits == 0 {
		return 0
	} else if bits < 5 {
		return 1 << (bits - 1)
	}
	return 16
}

// update takes what has been measured since.
func (s *sensor) update() {
	switch {
	case s.forced && s.loop.Now() >= s.ready:
		s.sample(s.ready)
		s.forced = false
		s.measure &^= 3
	case s.measure&3 == modeNormal:
		s.sample(s.loop.Now())
	}
}

// sample puts what is measured at a moment into the data.
func (s *sensor) sample(at time.Duration) {
	rawT, rawP, rawH := skipped20, skipped20, skipped16
	celsius := min(max(s.temperature.At(at), -40), 85) // what the sensor can tell
	t := invert(raw20Max, float64(celsius*5120), false, fine)
	if oversampling(s.measure>>5) > 0 {
		rawT = t
	}
	if oversampling(s.measure>>2) > 0 {
		pa := float64(min(max(s.pressure.At(at), 300), 1100) * 100)
		rawP = invert(raw20Max, pa, true, func(raw int) float64 { return pascals(raw, fine(t)) })
	}
	if oversampling(s.humid) > 0 && !s.bmp {
		rawH = invert(raw16Max, min(max(s.humidity.At(at), 0), 100), false, func(raw int) float64 { return percent(raw, fine(t)) })
	}
	s.data = [8]byte{byte(rawP >> 12), byte(rawP >> 4), byte(rawP << 4), byte(rawT >> 12), byte(rawT >> 4), byte(rawT << 4), byte(rawH >> 8), byte(rawH)}
	if s.bmp {
		s.data[6], s.data[7] = 0, 0
	}
}
