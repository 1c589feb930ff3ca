package ds18b20

import (
	"errors"
	"math"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/pins"
)

const us = time.Microsecond

// master is a chip that speaks 1-Wire at pin 1, other than the module does: by a chip's open
// drain, and with the slots of the data sheet.
type master struct {
	loop *sdk.Loop
	bank *pins.Bank
}

func newMaster() *master {
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	m := &master{l, pins.New(l, 0)}
	m.bank.Mode(1, port.PinOpenDrain, false)
	m.bank.Write(1, 1)
	return m
}

func (m *master) low(d time.Duration) {
	m.bank.Write(1, 0)
	m.loop.RunFor(d)
	m.bank.Write(1, 1)
}

func (m *master) reset() bool {
	m.low(480 * us)
	m.loop.RunFor(60 * us)
	there := m.bank.Read(1) == 0
	m.loop.RunFor(420 * us)
	return there
}

func (m *master) bit() (v byte) {
	m.low(2 * us)
	m.loop.RunFor(10 * us)
	v = byte(m.bank.Read(1))
	m.loop.RunFor(50 * us)
	return v
}

func (m *master) write(bytes ...byte) {
	for _, v := range bytes {
		for i := range 8 {
			low := 60 * us
			if v>>i&1 != 0 {
				low = 10 * us
			}
			m.low(low)
			m.loop.RunFor(61*us - low)
		}
	}
}

func (m *master) read(n int) (list []byte) {
	for range n {
		v := byte(0)
		for i := range 8 {
			v |= m.bit() << i
		}
		list = append(list, v)
	}
	return list
}

func (m *master) connect(c Config, number int) *Part {
	c.Pin = 1
	return New(m.loop, m.bank, c, number, 0)
}

// TestTemperatures holds the numbers of the data sheet's table, and the ends of the range.
func TestTemperatures(t *testing.T) {
	for _, c := range []struct {
		degrees float64
		bits    int
		want    uint16
		takes   time.Duration
	}{
		{125, 12, 0x07D0, 750 * time.Millisecond}, {85, 12, 0x0550, 750 * time.Millisecond},
		{25.0625, 12, 0x0191, 750 * time.Millisecond}, {10.125, 12, 0x00A2, 750 * time.Millisecond},
		{0, 12, 0, 750 * time.Millisecond}, {-0.5, 12, 0xFFF8, 750 * time.Millisecond},
		{-25.0625, 12, 0xFE6F, 750 * time.Millisecond}, {-55, 12, 0xFC90, 750 * time.Millisecond},
		{1000, 12, 0x07D0, 750 * time.Millisecond}, {-300, 12, 0xFC90, 750 * time.Millisecond},
		{25.0625, 11, 0x0190, 375 * time.Millisecond}, {25.4, 10, 0x0194, 187500 * us}, {25.9, 9, 0x0198, 93750 * us},
	} {
		m := newMaster()
		m.connect(Config{Temperature: source.Config{Value: c.degrees}, Resolution: c.bits}, 0)
		m.reset()
		m.write(cmdSkip, cmdConvert)
		for begin := m.loop.Now(); m.bit() == 0; {
			if got := m.loop.Now() - begin; got > c.takes+100*us {
				t.Fatalf("%v: it does not end", c)
			}
		}
		m.reset()
		m.write(cmdSkip, cmdRead)
		pad := m.read(padSize)
		if got := uint16(pad[0]) | uint16(pad[1])<<8; got != c.want || crc(pad) != 0 {
			t.Errorf("%v: %04X, %X", c, got, pad)
		}
	}
}

func TestROM(t *testing.T) {
	m := newMaster()
	p := m.connect(Config{ID: "112233445566"}, 0)
	m.reset()
	m.write(cmdReadROM)
	if got := m.read(romSize); [romSize]byte(got) != p.ROM() || got[0] != family || got[1] != 0x11 || crc(got) != 0 {
		t.Errorf("%X, and not %X", got, p.ROM())
	}
	m.write(cmdPower)
	if got := m.read(1); got[0] != 0xFF {
		t.Error("a command behind the code is not obeyed")
	}
	m.reset()
	m.write(0x99)
	if got := m.read(1); got[0] != 0xFF {
		t.Error("an unknown command is answered")
	}
}

func TestStored(t *testing.T) {
	m := newMaster()
	p := m.connect(Config{High: 75, Low: -10}, 0)
	m.reset()
	m.write(cmdSkip, cmdWrite, 1, 2, 0xFF)
	m.reset()
	m.write(cmdSkip, cmdCopy)
	m.loop.RunFor(copyTime)
	m.reset()
	m.write(cmdSkip, cmdWrite, 3) // a reset ends it
	m.reset()
	if p.pad[padHigh] != 3 || p.pad[padLow] != 2 || p.pad[padConfig] != 0x7F {
		t.Errorf("%X", p.pad)
	}
	m.write(cmdSkip, cmdRecall)
	if p.pad[padHigh] != 1 || p.eeprom != [storedSize]byte{1, 2, 0x7F} {
		t.Errorf("%X and %X", p.pad, p.eeprom)
	}
}

func TestFaults(t *testing.T) {
	m := newMaster()
	m.connect(Config{Fault: faultAbsent}, 0)
	if m.reset() {
		t.Error("it is there")
	}
	m.connect(Config{Fault: faultCRC}, 1)
	if !m.reset() {
		t.Error("it is not there")
	}
	m.write(cmdSkip, cmdRead)
	if pad := m.read(padSize); crc(pad) == 0 {
		t.Errorf("%X is right", pad)
	}
	m.connect(Config{Fault: faultStuck}, 2)
	if m.bank.Read(1) != 0 {
		t.Error("the line is high")
	}
}

func TestCheck(t *testing.T) {
	for field, c := range map[string]Config{
		"pin": {}, "id": {Pin: 1, ID: "xy"}, "resolution": {Pin: 1, Resolution: 8}, "high": {Pin: 1, High: 128},
		"low": {Pin: 1, Low: -129}, "fault": {Pin: 1, Fault: "fire"}, "temperature.kind": {Pin: 1, Temperature: source.Config{Kind: "x"}},
	} {
		var f *keys.FieldError
		if err := c.Check(); !errors.As(err, &f) || f.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := (Config{Pin: 12, ID: "00aabbccddee", Resolution: 9, Fault: faultCRC}).Check(); err != nil {
		t.Error(err)
	}
}

func TestNoNumber(t *testing.T) {
	m := newMaster()
	p := m.connect(Config{}, 0)
	p.temperature = source.Constant(math.NaN())
	p.convert()
	m.loop.RunFor(time.Second)
	if p.pad[0] != 0 || p.pad[1] != 0 {
		t.Errorf("%X", p.pad)
	}
}

// FuzzWire gives parts at one pin what a master does that is none: any levels for any times, among
// them whole commands.
func FuzzWire(f *testing.F) {
	f.Add([]byte{0xF0, 0, 0xF1, 0xCC, 0xF1, 0x44, 200, 3, 0xF0, 0})
	f.Add([]byte{0xF0, 0, 0xF1, 0xF0, 1, 1, 2, 2, 3, 3, 0xF2, 9, 0xF3, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		m := newMaster()
		parts := []*Part{m.connect(Config{}, 0), m.connect(Config{Parasite: true}, 1), m.connect(Config{Resolution: 9, Fault: faultCRC}, 2)}
		for len(data) >= 2 {
			v := data[1]
			switch data[0] {
			case 0xF0:
				m.reset()
			case 0xF1:
				m.write(v)
			case 0xF2:
				m.read(int(v % 16))
			case 0xF3:
				m.bank.Reset()
				m.bank.Mode(1, port.PinOpenDrain, false)
			default:
				m.bank.Write(1, int(v&1))
				m.loop.RunFor(time.Duration(data[0])*time.Duration(v)*us/16 + time.Duration(v&3)*us)
			}
			data = data[2:]
		}
		m.bank.Write(1, 1)
		m.loop.RunFor(time.Second)
		if m.bank.Read(1) != 1 {
			t.Error("a part pulls for good")
		}
		m.reset()
		for _, p := range parts {
			m.reset()
			rom := p.ROM()
			m.write(append([]byte{cmdMatch}, rom[:]...)...)
			m.write(cmdRead)
			if pad := m.read(padSize); pad[7] != 0x10 || (crc(pad) == 0) == p.badCRC {
				t.Errorf("%X", pad)
			}
		}
	})
}
