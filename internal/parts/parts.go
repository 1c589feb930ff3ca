// Package parts knows all parts that can be connected to a module: each is a package below,
// which knows the bus that it is connected to and no other.
//
// A new part is a package with its Config, the Keys of that, and a function that connects
// it; a field of Config here, and an entry of kinds.
package parts

import (
	"errors"
	"fmt"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/bh1750"
	"moonlet.example/moonlet/internal/parts/bme280"
	"moonlet.example/moonlet/internal/parts/button"
	"moonlet.example/moonlet/internal/parts/dht"
	"moonlet.example/moonlet/internal/parts/ds18b20"
	"moonlet.example/moonlet/internal/parts/encoder"
	"moonlet.example/moonlet/internal/parts/hdc1080"
	"moonlet.example/moonlet/internal/parts/hx711"
	"moonlet.example/moonlet/internal/parts/i2cpart"
	"moonlet.example/moonlet/internal/parts/level"
	"moonlet.example/moonlet/internal/parts/lm92"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/parts/wave"
	"moonlet.example/moonlet/internal/parts/wire"
	"moonlet.example/moonlet/internal/sim"
	"moonlet.example/moonlet/internal/sim/adc"
	"moonlet.example/moonlet/internal/sim/i2c"
	"moonlet.example/moonlet/internal/sim/pins"
)

// Config says what is connected to a module, as a project file does.
type Config struct {
	Levels  []level.Config
	Wires   []wire.Config
	Buttons []button.Config
	Waves   []wave.Config
	BME280  []bme280.Config
	BH1750  []bh1750.Config
	HDC1080 []hdc1080.Config
	LM92    []lm92.Config
	// Attached are devices that a program brings.
	Attached []Attached
	// Thermometers may share pins.
	Thermometers []ds18b20.Config
	Hygrometers  []dht.Config
	Scales       []hx711.Config
	Encoders     []encoder.Config
	ADC          *source.Config // nil: 0
	// History is how many changes of level are kept per pin.
	History int
}

// Attached is a device at an I2C bus that a program brings.
type Attached struct {
	SDA, SCL int // pins
	Make     func(now func() time.Duration) i2c.Device
}

// check tells what is wrong: nil or a *keys.FieldError.
func (a *Attached) check() error {
	c := i2cpart.Config{SDA: a.SDA, SCL: a.SCL}
	return in("AttachI2C", c.Check())
}

// Board is what a module offers to the parts around it.
type Board struct {
	Loop sim.Loop
	Pins *pins.Bank
	ADC  *adc.Input
	I2C  *i2c.Board
	Seed uint64 // of noise

	// Buttons are those that were connected, in their order.
	Buttons []*button.Button

	thermometers int // that were connected
}

// kind is one kind of part.
type kind struct {
	fields keys.Fields[Config]
	// places are where parts of this kind are at I2C buses.
	places func(c *Config) []i2cpart.Place
	// check tells what is wrong with the parts of this kind: nil or a *keys.FieldError.
	check func(c *Config) error
	// connect connects them; they have been checked.
	connect func(b *Board, c *Config)
}

// kinds are all parts, in the order in which they are read, checked and connected. They are
// made once: every module that boots looks at them.
var kinds = allKinds()

func allKinds() []kind {
	return []kind{
		list("levels", "level", "pin=P,level=L", "a pin that is connected to 0 or 1",
			"a pin that is connected to 0 or 1 for good",
			func(c *Config) *[]level.Config { return &c.Levels }, level.Keys(), []string{"pin", "level"},
			func(b *Board, c level.Config) { level.Connect(b.Pins, c) }),
		list("wires", "wire", "from=P,to=P", "a wire between two pins",
			"a wire that carries the level of one pin to another",
			func(c *Config) *[]wire.Config { return &c.Wires }, wire.Keys(), []string{"from", "to"},
			func(b *Board, c wire.Config) { wire.Connect(b.Pins, c) }),
		list("buttons", "button", "pin=P,level=L,...", "a button: name, pin, level while pressed, presses=AT+LENGTH as in 5s+200ms",
			"a button, its level while it is pressed, and when that is: a time after power-on and a length",
			func(c *Config) *[]button.Config { return &c.Buttons }, button.Keys(), []string{"pin"},
			func(b *Board, c button.Config) { b.Buttons = append(b.Buttons, button.New(b.Loop, b.Pins, c)) }),
		list("waves", "wave", "pin=P,low=T,high=T", "a square wave on a pin", "a square wave",
			func(c *Config) *[]wave.Config { return &c.Waves }, wave.Keys(), []string{"pin", "low", "high"},
			func(b *Board, c wave.Config) { wave.New(b.Loop, b.Pins, c) }),
		list("bme280", "bme280", "sda=P,scl=P,...", "a BME280: name, sda, scl, address, model=bme280|bmp280, temperature, pressure, humidity",
			"a sensor of temperature (°C), pressure (hPa) and humidity (%) at an I2C bus, or with `model = \"bmp280\"` one without humidity",
			func(c *Config) *[]bme280.Config { return &c.BME280 }, bme280.Keys(), []string{"sda", "scl"},
			func(b *Board, c bme280.Config) { bme280.Connect(b.Loop, b.I2C, c, b.Seed) }),
		list("bh1750", "bh1750", "sda=P,scl=P,...", "a BH1750: name, sda, scl, address, light", "a sensor of light (lux) at an I2C bus",
			func(c *Config) *[]bh1750.Config { return &c.BH1750 }, bh1750.Keys(), []string{"sda", "scl"},
			func(b *Board, c bh1750.Config) { bh1750.Connect(b.Loop, b.I2C, c, b.Seed) }),
		list("hdc1080", "hdc1080", "sda=P,scl=P,...", "an HDC1080: name, sda, scl, address, model=hdc1080|hdc1000, temperature, humidity",
			"a sensor of temperature (°C) and humidity (%) at an I2C bus, or with `model = \"hdc1000\"` the one before it",
			func(c *Config) *[]hdc1080.Config { return &c.HDC1080 }, hdc1080.Keys(), []string{"sda", "scl"},
			func(b *Board, c hdc1080.Config) { hdc1080.Connect(b.Loop, b.I2C, c, b.Seed) }),
		list("lm92", "lm92", "sda=P,scl=P,...", "an LM92: name, sda, scl, address, temperature", "a thermometer (°C) at an I2C bus",
			func(c *Config) *[]lm92.Config { return &c.LM92 }, lm92.Keys(), []string{"sda", "scl"},
			func(b *Board, c lm92.Config) { lm92.Connect(b.Loop, b.I2C, c, b.Seed) }),
		list("ds18b20", "ds18b20", "pin=P,temperature=N,...", "a thermometer at a 1-Wire bus: pin, id, temperature, resolution, high, low, parasite, fault",
			"a thermometer at a 1-Wire bus, [below](#thermometers); many may share a pin",
			func(c *Config) *[]ds18b20.Config { return &c.Thermometers }, ds18b20.Keys(), []string{"pin"},
			func(b *Board, c ds18b20.Config) {
				ds18b20.New(b.Loop, b.Pins, c, b.thermometers, b.Seed)
				b.thermometers++
			}),
		list("dht", "dht", "pin=P,temperature=N,humidity=N,...", "a sensor of temperature and humidity: pin, model, temperature, humidity, fault",
			"a sensor of temperature and humidity, [below](#sensors-of-humidity)",
			func(c *Config) *[]dht.Config { return &c.Hygrometers }, dht.Keys(), []string{"pin"},
			func(b *Board, c dht.Config) { dht.New(b.Loop, b.Pins, c, b.Seed+uint64(c.Pin)<<32) }),
		list("hx711", "hx711", "clock=P,data=P,a=N,...", "the converter of a scale: clock, data, a, b, rate, fault",
			"the converter of a scale, [below](#scales)",
			func(c *Config) *[]hx711.Config { return &c.Scales }, hx711.Keys(), []string{"clock", "data"},
			func(b *Board, c hx711.Config) { hx711.New(b.Loop, b.Pins, c, b.Seed+uint64(c.Data)<<32) }),
		list("encoders", "encoder", "a=P,b=P,...", "a knob that turns: a, b, push, pace, steps=\"AT turn N\" or \"AT press LENGTH\"",
			"a knob that turns, with a switch, and what is done to it, [below](#knobs)",
			func(c *Config) *[]encoder.Config { return &c.Encoders }, encoder.Keys(), []string{"a", "b"},
			func(b *Board, c encoder.Config) { encoder.New(b.Loop, b.Pins, c) }),
		analog(),
	}
}

// list is a kind of which there may be many, each a table in a list. A part that has no
// key of a name in needed cannot be read.
func list[C interface{ Check() error }](name, flag, value, usage, doc string, at func(c *Config) *[]C,
	fields keys.Fields[C], needed []string, connect func(b *Board, c C)) kind {
	return kind{
		fields: keys.Fields[Config]{{
			Key: keys.Key{Name: name, Flag: flag, Value: value, Usage: usage, Doc: doc,
				Form: keys.FormTables, Entries: fields.Names()},
			Read: keys.Tables(fields, at, needed...),
		}},
		places: func(c *Config) (all []i2cpart.Place) {
			for _, part := range *at(c) {
				if p, ok := any(part).(interface{ Place() i2cpart.Place }); ok {
					all = append(all, p.Place())
				}
			}
			return all
		},
		check: func(c *Config) error {
			for i, part := range *at(c) {
				if err := in(fmt.Sprintf("%s[%d]", name, i), part.Check()); err != nil {
					return err
				}
			}
			return nil
		},
		connect: func(b *Board, c *Config) {
			for _, part := range *at(c) {
				connect(b, part)
			}
		},
	}
}

// analog is what the analog input reads.
func analog() kind {
	const name = "adc"
	return kind{
		fields: keys.Fields[Config]{keys.Table(name, func(c *Config) *source.Config {
			c.ADC = new(source.Config)
			return c.ADC
		}, source.Keys("analog input"))},
		check: func(c *Config) error {
			if c.ADC == nil {
				return nil
			}
			return in(name, c.ADC.Check())
		},
		connect: func(b *Board, c *Config) {
			if c.ADC == nil {
				return
			}
			if s, err := c.ADC.Source(b.Seed); err == nil {
				b.ADC.Connect(s)
			}
		},
	}
}

// in names the field of an error by its place in Config.
func in(table string, err error) error {
	var f *keys.FieldError
	if errors.As(err, &f) {
		return f.In(table)
	}
	return err
}

// Keys are those of Config.
func Keys() (all keys.Fields[Config]) {
	for _, k := range kinds {
		all = append(all, k.fields...)
	}
	all = append(all, keys.Field[Config]{Read: func(s *keys.Section, _ string, c *Config) { s.Later(c.conflicts) }})
	return all.Grouped("Pins")
}

// Validate tells the first thing that is wrong with c: nil or a *keys.FieldError.
func (c *Config) Validate() error {
	for _, k := range kinds {
		if err := k.check(c); err != nil {
			return err
		}
	}
	for i := range c.Attached {
		if err := c.Attached[i].check(); err != nil {
			return err
		}
	}
	return c.conflicts()
}

// conflicts tells of two parts that cannot be where they are: nil or a *keys.FieldError.
func (c *Config) conflicts() error {
	var places []i2cpart.Place
	for _, k := range kinds {
		if k.places == nil {
			continue
		}
		for _, p := range k.places(c) {
			for _, q := range places {
				if what := q.Conflict(p); what != "" {
					return &keys.FieldError{Problem: what}
				}
			}
			places = append(places, p)
		}
	}
	return nil
}

// Connect connects what c describes; times in c count from now.
func Connect(b *Board, c *Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	for _, k := range kinds {
		k.connect(b, c)
	}
	for _, a := range c.Attached {
		b.I2C.At(a.SDA, a.SCL).Attach(a.Make(b.Loop.Now))
	}
	return nil
}
