package gpio_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/gpio"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/parts/wave"
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

func boot(t *testing.T) (*moduletest.Lua, *pins.Bank) {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	b.pins = pins.New(b.Tasks, 0)
	b.AtReset(b.pins.Reset)
	return moduletest.Boot(t, moduletest.Config{
		Chip: b.Chip, Host: b, UnitTime: time.Microsecond,
		Modules: []state.Module{gpio.ModuleWithPulse, gpio.PulseModule, tmr.Module, node.New(node.Options{})},
	}), b.pins
}

func TestScripts(t *testing.T) { moduletest.Editions(t, testScripts) }

func testScripts(t *testing.T) {
	for _, name := range []string{"gpio", "pulse"} {
		t.Run(name, func(t *testing.T) {
			l, _ := boot(t)
			l.Script("testdata/" + name + ".lua")
		})
		t.Run(name+" out of memory", func(t *testing.T) {
			l, _ := boot(t)
			l.OutOfMemory("testdata/" + name + ".lua")
		})
	}
}

// A board without pins has the module, and its functions say what is missing.
func TestNoPins(t *testing.T) { moduletest.Editions(t, testNoPins) }

func testNoPins(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{gpio.ModuleWithPulse, gpio.PulseModule}})
	for _, code := range []string{
		"gpio.read(1)", "gpio.write(1, 1)", "gpio.mode(1, gpio.OUTPUT)", "gpio.serout(1, 1, {100})",
		"gpio.trig(1, 'up', print)", "gpio.pulse.build({{gpio.LOW, delay = 10}}):start(print)",
	} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no pins") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestTrig(t *testing.T) { moduletest.Editions(t, testTrig) }

func testTrig(t *testing.T) {
	l, bank := boot(t)
	l.Do(`gpio.mode(2, gpio.INT, gpio.PULLUP)
		gpio.trig(2, "low", function(level, when, n) print(level, n, when) gpio.trig(2, "none") end)`)
	l.RunFor(6 * time.Millisecond)
	want := fmt.Sprintf("0\t1\t%d\n", l.Tasks.Now()/time.Microsecond)
	bank.Line(2).Drive(0)
	l.RunFor(time.Millisecond)
	if got := l.Printed(); got != want {
		t.Errorf("level: %q, want %q", got, want)
	}
	l.Do(`gpio.trig(2, "both", function(level, when, n) print(level, n, when) tmr.delay(4000) end)`)
	w := wave.New(l.Tasks, bank, wave.Config{Pin: 2, Low: time.Millisecond, High: time.Millisecond})
	l.RunFor(10 * time.Millisecond)
	w.Stop()
	// An edge per millisecond, and callbacks of four: each counts what it missed.
	lines := strings.Split(strings.TrimSpace(l.Printed()), "\n")
	total := 0
	for _, line := range lines {
		var level, n, when int
		if _, err := fmt.Sscan(line, &level, &n, &when); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		total += n
	}
	if len(lines) > 5 || total < 8 {
		t.Errorf("%q", lines)
	}
}
