package parts_test

import (
	"testing"
	"time"

	"moonlet.example/moonlet/internal/parts"
	"moonlet.example/moonlet/internal/parts/bh1750"
	"moonlet.example/moonlet/internal/parts/bme280"
	"moonlet.example/moonlet/internal/parts/hdc1080"
	"moonlet.example/moonlet/internal/parts/i2cpart"
	"moonlet.example/moonlet/internal/parts/lm92"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/i2c"
	"moonlet.example/moonlet/internal/sim/pins"
)

// at are the pins of the bus.
var at = i2cpart.Config{SDA: 2, SCL: 1}

// FuzzI2C sends anything to all parts at a bus. Each answers at its address afterwards.
func FuzzI2C(f *testing.F) {
	f.Add([]byte("\x00\x00\x01\xec\x01\xf4\x01\x25\x00\x00\x01\xed\x02\x02\x02\x03\x03\x00"))
	f.Add([]byte("\x00\x00\x01\x46\x01\x10\x04\xff\x00\x00\x01\x47\x02\x02\x02\x03\x03\x00"))
	f.Add([]byte("\x00\x00\x01\x80\x01\x00\x04\xff\x00\x00\x01\x81\x02\x02\x02\x02\x02\x02\x02\x03\x03\x00"))
	f.Add([]byte("\x00\x00\x01\x90\x01\x04\x01\xff\x01\x00\x01\xff\x00\x00\x01\x91\x02\x02\x02\x03\x03\x00"))
	f.Fuzz(func(t *testing.T, program []byte) {
		chip := porttest.New(t, porttest.Config{})
		buses := &i2c.Board{Pins: pins.New(chip.Tasks, 0)}
		err := parts.Connect(&parts.Board{Loop: chip.Tasks, Pins: buses.Pins, I2C: buses}, &parts.Config{
			BME280: []bme280.Config{{Config: at}}, BH1750: []bh1750.Config{{Config: at}},
			HDC1080: []hdc1080.Config{{Config: at}}, LM92: []lm92.Config{{Config: at}},
		})
		if err != nil {
			t.Fatal(err)
		}
		m := i2c.New(chip.Tasks, buses)
		m.Setup(0, at.SDA, at.SCL, 100_000)
		for i := 0; i+1 < len(program) && i < 400; i += 2 {
			switch v := program[i+1]; program[i] % 5 {
			case 0:
				m.Start(0)
			case 1:
				m.Write(0, v)
			case 2:
				m.Read(0, v&1 == 0)
			case 3:
				m.Stop(0)
			case 4:
				chip.Tasks.Delay(time.Duration(v) * time.Millisecond)
			}
		}
		m.Stop(0)
		for _, address := range []byte{0x76, 0x23, 0x40, 0x48} {
			m.Start(0)
			if !m.Write(0, address<<1) {
				t.Errorf("nobody is at 0x%02X any more", address)
			}
			m.Stop(0)
		}
	})
}
