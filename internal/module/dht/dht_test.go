package dht_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/dht"
	"moonlet.example/moonlet/internal/module/moduletest"
	part "moonlet.example/moonlet/internal/parts/dht"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/pins"
)

// board is a chip with pins.
type board struct {
	*porttest.Chip
	pins  *pins.Bank
	parts map[int]*part.Part // by pin
}

func (b *board) Pins() port.Pins { return b.pins }

// boot boots a chip with what testdata/dht.lua says at its pins, more than a second after they
// got power.
func boot(t *testing.T) (*moduletest.Lua, *board) {
	b := &board{Chip: porttest.New(t, porttest.Config{}), parts: map[int]*part.Part{}}
	b.pins = pins.New(b.Tasks, 3000)
	b.AtReset(b.pins.Reset)
	at := func(v float64) source.Config { return source.Config{Value: v} }
	for _, c := range []part.Config{
		{Pin: 1, Temperature: at(21.5), Humidity: at(48.2)},
		{Pin: 2, Model: "dht11", Temperature: at(23.2), Humidity: at(39.7)},
		{Pin: 3, Model: "dht12", Temperature: at(19.7), Humidity: at(55.5)},
		{Pin: 4, Temperature: at(21.5), Humidity: at(48.2), Fault: "crc"},
		{Pin: 6, Fault: "absent"},
		{Pin: 7, Fault: "stuck"},
		{Pin: 12, Temperature: at(-10.1), Humidity: at(0.1)},
	} {
		b.parts[c.Pin] = part.New(b.Tasks, b.pins, c, 0)
	}
	b.Tasks.RunFor(time.Second)
	return moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{dht.Module}}), b
}

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	l, _ := boot(t)
	l.Script("testdata/dht.lua")
}

func TestEveryAllocation(t *testing.T) { moduletest.Editions(t, testEveryAllocation) }

func testEveryAllocation(t *testing.T) {
	l, _ := boot(t)
	l.EveryAllocation("testdata/dht.lua")
}

// TestFrames holds what the functions make of bytes, by the rules of app/dht/dht.c.
func TestFrames(t *testing.T) { moduletest.Editions(t, testFrames) }

func testFrames(t *testing.T) {
	l, b := boot(t)
	for _, c := range []struct {
		frame [5]byte
		call  string
		want  string // status, and both quantities in thousandths
	}{
		{[5]byte{1, 0x90, 0, 0xFF, 0x90}, "read", "0 25500 40000"},
		{[5]byte{1, 0x90, 0x80, 0x65, 0x76}, "read", "0 -10100 40000"},
		{[5]byte{1, 0x90, 0x80, 0x65, 0x77}, "readxx", "-1 -10100 40000"},
		{[5]byte{40, 0, 23, 0, 63}, "read", "0 23000 40000"},
		{[5]byte{40, 0, 23, 0, 64}, "read", "-1 588800 1024000"}, // no DHT11, so tenths in 16 bits
		{[5]byte{40, 0, 10, 0x89, 0xBB}, "read11", "0 -10100 40000"},
		{[5]byte{40, 5, 10, 3, 58}, "read11", "0 10300 40500"},
		{[5]byte{40, 5, 10, 3, 58}, "read12", "0 10300 40500"},
		{[5]byte{40, 5, 0x8A, 3, 186}, "read12", "0 -138300 40500"}, // the sign stays in the value
		{[5]byte{255, 255, 255, 255, 252}, "read", "0 -3276700 6553500"},
	} {
		b.parts[1].Answer(c.frame)
		l.Do(fmt.Sprintf("print(dht.%s(1))", c.call))
		printed := strings.TrimSpace(l.Printed())
		var status, td, hd int
		var temperature, humidity float64
		if _, err := fmt.Sscan(printed, &status, &temperature, &humidity, &td, &hd); err != nil {
			t.Fatalf("%q: %v", printed, err)
		}
		got := fmt.Sprintf("%d %.0f %.0f", status, temperature*1000, humidity*1000)
		if l.Edition.Name == "5.1-int" {
			// Thousandths are cut off, so one may be missing.
			near := func(v float64, d int) float64 { return math.Round((v*1000+float64(d))/100) * 100 }
			got = fmt.Sprintf("%d %.0f %.0f", status, near(temperature, td), near(humidity, hd))
		}
		if got != c.want {
			t.Errorf("%X by %s: %q, want %q", c.frame, c.call, got, c.want)
		}
	}
}

// TestTimes holds how long a reading keeps the chip, and what it leaves the pin as.
func TestTimes(t *testing.T) { moduletest.Editions(t, testTimes) }

func testTimes(t *testing.T) {
	l, b := boot(t)
	for _, c := range []struct {
		pin    int
		least  time.Duration
		most   time.Duration
		output int
	}{
		// 18 ms to wake it, and 40 bits of 76 or 120 µs behind its greeting.
		{1, 21 * time.Millisecond, 24 * time.Millisecond, 1},
		{12, 21 * time.Millisecond, 24 * time.Millisecond, 1},
		{6, 18140 * time.Microsecond, 18140 * time.Microsecond, pins.Floating},
		{7, 18140 * time.Microsecond, 18140 * time.Microsecond, pins.Floating},
	} {
		before := l.Tasks.Now()
		if err := l.Exec(fmt.Sprintf("dht.read(%d)", c.pin), "=test"); err != nil {
			t.Fatal(err)
		}
		if took := l.Tasks.Now() - before; took < c.least || took > c.most {
			t.Errorf("pin %d: %v, want %v to %v", c.pin, took, c.least, c.most)
		}
		if out := b.pins.Line(c.pin).Output(); out != c.output {
			t.Errorf("pin %d: the driver gives %d", c.pin, out)
		}
	}
	if len(l.Long) == 0 {
		t.Error("no task was too long")
	}
}

func TestNoPins(t *testing.T) { moduletest.Editions(t, testNoPins) }

func testNoPins(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{dht.Module}})
	if err := l.Exec("dht.read(1)", "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no pins") {
		t.Error(err)
	}
}
