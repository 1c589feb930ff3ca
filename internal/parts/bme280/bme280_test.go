package bme280_test

import (
	"math"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/bme280"
	"moonlet.example/moonlet/internal/parts/i2cpart"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/i2c"
	"moonlet.example/moonlet/internal/sim/pins"
)

// bench is a chip with a sensor at the pins 2 and 1.
type bench struct {
	*porttest.Chip
	*i2c.Master
	address byte
}

func newBench(t testing.TB, c bme280.Config) *bench {
	chip := porttest.New(t, porttest.Config{})
	buses := &i2c.Board{Pins: pins.New(chip.Tasks, 0)}
	c.SDA, c.SCL = 2, 1
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	bme280.Connect(chip.Tasks, buses, c, 1)
	b := &bench{chip, i2c.New(chip.Tasks, buses), 0x76}
	if c.Address != 0 {
		b.address = byte(c.Address)
	}
	b.Setup(0, 2, 1, 100_000)
	return b
}

// set writes registers, each with its number.
func (b *bench) set(pairs ...byte) (ack bool) {
	b.Start(0)
	ack = b.Write(0, b.address<<1)
	for _, v := range pairs {
		ack = b.Write(0, v) && ack
	}
	b.Stop(0)
	return ack
}

// get reads n registers.
func (b *bench) get(at byte, n int) []byte {
	b.Start(0)
	b.Write(0, b.address<<1)
	b.Write(0, at)
	b.Start(0)
	b.Write(0, b.address<<1|1)
	out := make([]byte, n)
	for i := range out {
		out[i] = b.Read(0, i < n-1)
	}
	b.Stop(0)
	return out
}

func constant(v float64) *source.Config { return &source.Config{Value: v} }

// reading is what an application makes of the registers: the data sheet's formulas in whole numbers, with the
// calibration that the sensor tells.
func (b *bench) reading(d []byte) (celsius, pascals, percent float64) {
	c, h := b.get(0x88, 26), b.get(0xE1, 7)
	u := func(i int) int64 { return int64(c[2*i]) | int64(c[2*i+1])<<8 }
	s := func(i int) int64 { return int64(int16(u(i))) }
	rawP, rawT := int64(d[0])<<12|int64(d[1])<<4|int64(d[2])>>4, int64(d[3])<<12|int64(d[4])<<4|int64(d[5])>>4
	x := (rawT>>3 - u(0)<<1) * s(1) >> 11
	y := (rawT>>4 - u(0)) * (rawT>>4 - u(0)) >> 12 * s(2) >> 14
	fine := x + y
	celsius = float64((fine*5+128)>>8) / 100

	v1 := fine - 128000
	v2 := v1*v1*s(8) + v1*s(7)<<17 + s(6)<<35
	v1 = (v1*v1*s(5)>>8 + v1*s(4)<<12 + 1<<47) * u(3) >> 33
	p := ((1048576-rawP)<<31 - v2) * 3125 / v1
	p = (p+s(11)*(p>>13)*(p>>13)>>25+s(10)*p>>19)>>8 + s(9)<<4
	pascals = float64(p) / 256

	rawH := int64(d[6])<<8 | int64(d[7])
	h2, h4, h5 := int64(int16(uint16(h[0])|uint16(h[1])<<8)), int64(h[3])<<4|int64(h[4]&15), int64(h[5])<<4|int64(h[4]>>4)
	v := fine - 76800
	v = ((rawH<<14 - h4<<20 - h5*v + 16384) >> 15) * ((((v*int64(h[6])>>10)*(v*int64(h[2])>>11+32768)>>10+2097152)*h2 + 8192) >> 14)
	v -= (v >> 15) * (v >> 15) >> 7 * int64(c[25]) >> 4
	percent = float64(min(max(v, 0), 419430400)>>12) / 1024
	return celsius, pascals, percent
}

// TestValues reads what the sensor was told to measure.
func TestValues(t *testing.T) {
	for celsius := -40.0; celsius <= 85; celsius += 12.5 {
		for _, hectopascals := range []float64{300, 700, 1013.25, 1100} {
			for _, percent := range []float64{0, 12.5, 50, 99, 100} {
				b := newBench(t, bme280.Config{Temperature: constant(celsius), Pressure: constant(hectopascals), Humidity: constant(percent)})
				if !b.set(0xF2, 5) || !b.set(0xF4, 0b101_101_11) {
					t.Fatal("the sensor does not answer")
				}
				c, p, h := b.reading(b.get(0xF7, 8))
				if math.Abs(c-celsius) > 0.011 || math.Abs(p-100*hectopascals) > 1 || math.Abs(h-percent) > 0.02 {
					t.Errorf("%v °C, %v hPa, %v %% are read as %v, %v, %v", celsius, hectopascals, percent, c, p/100, h)
				}
			}
		}
	}
}

// TestModes holds what is measured, and when.
func TestModes(t *testing.T) {
	b := newBench(t, bme280.Config{Config: i2cpart.Config{Address: 0x77}, Temperature: &source.Config{Kind: "ramp", From: 0, To: 50, Every: 5 * time.Second}})
	if id := b.get(0xD0, 1)[0]; id != 0x60 {
		t.Errorf("id %02x", id)
	}
	never := [8]byte{0x80, 0, 0, 0x80, 0, 0, 0x80, 0}
	if got := b.get(0xF7, 8); [8]byte(got) != never {
		t.Errorf("before all: % x", got)
	}
	b.set(0xF2, 1, 0xF4, 0b001_001_01)
	if s := b.get(0xF3, 1)[0]; s != 8 {
		t.Errorf("status %02x while it measures", s)
	}
	b.Tasks.Delay(10 * time.Millisecond)
	first := b.get(0xF7, 8)
	if b.get(0xF3, 1)[0] != 0 || b.get(0xF4, 1)[0] != 0b001_001_00 || [8]byte(first) == never {
		t.Errorf("behind a forced measurement: % x", first)
	}
	b.Tasks.Delay(time.Second)
	if got := b.get(0xF7, 8); [8]byte(got) != [8]byte(first) {
		t.Error("it measures while it sleeps")
	}
	b.set(0xF2, 0)
	b.set(0xF4, 0b001_000_11)
	got := b.get(0xF7, 8)
	if got[0] != 0x80 || got[6] != 0x80 || got[3] == first[3] {
		t.Errorf("temperature only: % x", got)
	}
	b.set(0xE0, 0xB6)
	if got := b.get(0xF7, 8); [8]byte(got) != never {
		t.Errorf("behind a reset: % x", got)
	}
	if got := newBench(t, bme280.Config{Model: "bmp280"}).get(0xD0, 1)[0]; got != 0x58 {
		t.Errorf("a BMP280 has the id %02x", got)
	}
}

// TestFaults is a sensor that is not there, and one that gives up.
func TestFaults(t *testing.T) {
	if newBench(t, bme280.Config{Config: i2cpart.Config{Absent: true}}).set(0xF4, 0) {
		t.Error("a sensor that is absent answers")
	}
	b := newBench(t, bme280.Config{Config: i2cpart.Config{NackAfter: 4}})
	if !b.set(0xF2, 1) || b.set(0xF4, 1) {
		t.Error("four bytes are acknowledged, and no more")
	}
}

// TestCheck holds what is refused.
func TestCheck(t *testing.T) {
	good := i2cpart.Config{SDA: 2, SCL: 1}
	for field, c := range map[string]bme280.Config{
		"model":            {Config: good, Model: "bme999"},
		"address":          {Config: i2cpart.Config{SDA: 2, SCL: 1, Address: 0x40}},
		"sda":              {Config: i2cpart.Config{SDA: 13, SCL: 1}},
		"scl":              {Config: i2cpart.Config{SDA: 2, SCL: 2}},
		"temperature.kind": {Config: good, Temperature: &source.Config{Kind: "wild"}},
	} {
		if f, ok := c.Check().(*keys.FieldError); !ok || f.Field != field {
			t.Errorf("%s: %v", field, c.Check())
		}
	}
}
