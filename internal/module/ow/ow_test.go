package ow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/ow"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/parts/ds18b20"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/pins"
)

// board is a chip with pins.
type board struct {
	*porttest.Chip
	pins *pins.Bank
}

func (b *board) Pins() port.Pins { return b.pins }

// boot boots a chip with what testdata/ow.lua says at its pins.
func boot(t *testing.T) (*moduletest.Lua, *pins.Bank) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	b.pins = pins.New(b.Tasks, 3000)
	b.AtReset(b.pins.Reset)
	b.pins.Line(5).Drive(0)
	for i, c := range []ds18b20.Config{
		{ID: "0000A1B2C3D4", Temperature: source.Config{Value: 21.5}, High: 75, Low: 70},
		{Temperature: source.Config{Value: -10.125}, High: 75, Low: 70, Parasite: true},
		{Temperature: source.Config{Value: 30.9}, Resolution: 9, High: 75, Low: 70},
	} {
		c.Pin = 1
		ds18b20.New(b.Tasks, b.pins, c, i, 0)
	}
	return moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{ow.Module, tmr.Module}}), b.pins
}

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	l, _ := boot(t)
	l.Script("testdata/ow.lua")
}

func TestOutOfMemory(t *testing.T) { moduletest.Editions(t, testOutOfMemory) }

func testOutOfMemory(t *testing.T) {
	l, _ := boot(t)
	l.OutOfMemory("testdata/ow.lua")
}

func TestEveryAllocation(t *testing.T) { moduletest.Editions(t, testEveryAllocation) }

func testEveryAllocation(t *testing.T) {
	l, _ := boot(t)
	l.EveryAllocation("testdata/allocations.lua")
}

// TestTimes holds how long resets, bits and searches take, as the waits in the firmware add up.
func TestTimes(t *testing.T) { moduletest.Editions(t, testTimes) }

func testTimes(t *testing.T) {
	const us = time.Microsecond
	l, bank := boot(t)
	for _, c := range []struct {
		code string
		want time.Duration
	}{
		{"ow.reset(1)", (2 + 480 + 70 + 410) * us},
		{"ow.reset(2)", 124 * 2 * us}, // no resistor: nothing takes the line up
		{"ow.write(1, 0xFF)", 8 * 65 * us},
		{"ow.write(1, 0)", 8 * 70 * us},
		{"ow.read(1)", 8 * 65 * us},
		{"ow.write_bytes(1, 'UU')", 2 * (4*65 + 4*70) * us},
		{"ow.skip(1)", (4*65 + 4*70) * us},
	} {
		before := l.Tasks.Now()
		if err := l.Exec(c.code, "=test"); err != nil {
			t.Fatal(err)
		}
		if got := l.Tasks.Now() - before; got != c.want {
			t.Errorf("%s took %v, want %v", c.code, got, c.want)
		}
	}
	before := l.Tasks.Now()
	if err := l.Exec("assert(ow.search(1))", "=test"); err != nil {
		t.Fatal(err)
	}
	if got := l.Tasks.Now() - before; got < 13*time.Millisecond || got > 15*time.Millisecond {
		t.Errorf("a search took %v", got)
	}
	// A byte with power: the line is high by itself, and stays.
	l.Do("ow.write(1, 1, 1)")
	if out := bank.Line(1).Output(); out != 1 {
		t.Errorf("the driver gives %d", out)
	}
	l.Do("ow.depower(1)")
	if out := bank.Line(1).Output(); out != pins.Floating {
		t.Errorf("the driver gives %d", out)
	}
}

// TestEdges holds the signal of a reset with its answer, and of a byte.
func TestEdges(t *testing.T) { moduletest.Editions(t, testEdges) }

func testEdges(t *testing.T) {
	const us = time.Microsecond
	l, bank := boot(t)
	before := l.Tasks.Now() + 2*us
	l.Do("ow.reset(1) ow.write(1, 0x02)")
	want := []pins.Change{{At: 0, Level: 0}, {At: 480 * us, Level: 1}, {At: 510 * us, Level: 0}, {At: 630 * us, Level: 1}}
	at := 960 * us
	for bit := range 8 {
		low, rest := 65*us, 5*us
		if bit == 1 {
			low, rest = 5*us, 60*us
		}
		want = append(want, pins.Change{At: at, Level: 0}, pins.Change{At: at + low, Level: 1})
		at += low + rest
	}
	got := bank.History(1)
	if len(got) > 0 && got[0].Level == 1 {
		got = got[1:] // the resistor
	}
	for i := range got {
		got[i].At -= before
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestParasite holds that a part without a supply converts only while the chip's driver holds the
// line high, and begins anew otherwise.
func TestParasite(t *testing.T) { moduletest.Editions(t, testParasite) }

func testParasite(t *testing.T) {
	for name, c := range map[string]struct {
		during string
		want   string
	}{
		"power":    {"", "94 255\n"},
		"no power": {"ow.depower(1)", "80 5\n"},
		"traffic":  {"ow.reset(1) ow.skip(1) ow.write(1, 0xB4, 1)", "80 5\n"},
	} {
		l, _ := boot(t)
		l.Do("ow.setup(1) ow.reset(1) ow.skip(1) ow.write(1, 0x44, 1)")
		l.Do(c.during)
		l.RunFor(751 * time.Millisecond)
		l.Do(`for rom in ow.search, 1 do
			if rom:byte(7) == 2 then
				ow.reset(1) ow.select(1, rom) ow.write(1, 0xBE)
				print(ow.read(1) .. " " .. ow.read(1))
			end
		end`)
		if got := l.Printed(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestPowerOn holds what a part says before it has measured anything, and until the end of the
// first conversion.
func TestPowerOn(t *testing.T) { moduletest.Editions(t, testPowerOn) }

func testPowerOn(t *testing.T) {
	l, _ := boot(t)
	l.Do(`function pad()
			ow.reset(1) ow.select(1, "\40\0\0\161\178\195\212" .. string.char(ow.crc8("\40\0\0\161\178\195\212")))
			ow.write(1, 0xBE)
			print((ow.read_bytes(1, 9):gsub(".", function(c) return ("%02X"):format(c:byte()) end)))
		end
		ow.setup(1) pad()
		assert(ow.search(1, 1) == nil)
		ow.reset(1) ow.skip(1) ow.write(1, 0x44)`)
	l.RunFor(740 * time.Millisecond)
	l.Do("pad()")
	l.RunFor(10 * time.Millisecond)
	l.Do("pad() assert(#ow.search(1, 1) == 8)")
	want := "50054B467FFF0C101C\n50054B467FFF0C101C\n58014B467FFF0C10C2\n"
	if got := l.Printed(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestReset holds that waits and searches are as at power-on after a reset of the chip, and that
// the parts go on.
func TestReset(t *testing.T) { moduletest.Editions(t, testReset) }

func testReset(t *testing.T) {
	l, _ := boot(t)
	l.Do("ow.set_timings(470) ow.setup(1) assert(ow.reset(1) == 0)")
	l.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	l.Do("ow.setup(1) assert(ow.reset(1) == 1)")
}

func TestNoPins(t *testing.T) { moduletest.Editions(t, testNoPins) }

func testNoPins(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{ow.Module}})
	for _, code := range []string{"ow.setup(1)", "ow.reset(1)", "ow.search(1)"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no pins") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
