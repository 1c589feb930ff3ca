package wifi_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/gpio"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/pins"
	"moonlet.example/moonlet/internal/sim/radio"
)

// sleeper is a board with all that sleep needs. Pin 3 can be pulled down from outside.
type sleeper struct {
	*board
	pins   *pins.Bank
	forced *sdk.ForcedSleep
	noted  []string
}

func (b *sleeper) Pins() port.Pins               { return b.pins }
func (b *sleeper) ForcedSleep() port.ForcedSleep { return b.forced }
func (b *sleeper) Notes() port.Notes             { return b }
func (b *sleeper) Note(module, text string)      { b.noted = append(b.noted, module+": "+text) }

// bootSleeper boots a build with both options, with node, tmr and gpio.
func bootSleeper(t *testing.T) (*sleeper, *moduletest.Lua) {
	chip := porttest.New(t, porttest.Config{NoWatchdog: true})
	b := &sleeper{board: &board{Chip: chip}, pins: pins.New(chip.Tasks, 0)}
	b.forced = sdk.NewForcedSleep(chip.Tasks, b.pins)
	r := radio.New(radio.Config{Loop: chip.Tasks, MAC: radio.MACOf(0x123456)})
	r.Start()
	b.radio = r
	chip.AtReset(b.pins.Reset)
	chip.AtReset(b.forced.Reset)
	chip.AtReset(func() { r.Reset(); r.Start() })
	return b, moduletest.Boot(t, moduletest.Config{Chip: chip, Host: b, Modules: []state.Module{
		gpio.ModuleWithPulse, gpio.PulseModule,
		tmr.WithSuspend(tmr.Module), wifi.New(wifi.Options{PMSleep: true}),
		node.New(node.Options{PMSleep: true, TimerSuspend: true}),
	}})
}

// TestSuspend: all that wifi.suspend and wifi.resume do.
func TestSuspend(t *testing.T) { moduletest.Editions(t, testSuspend) }

func testSuspend(t *testing.T) {
	b, l := bootSleeper(t)
	l.Script("testdata/suspend.lua")
	if len(b.noted) != 1 || !strings.HasPrefix(b.noted[0], "wifi: a sleep that begins in a callback") {
		t.Errorf("noted: %q", b.noted)
	}
}

// TestSleep: node.sleep, whose pin goes low 10 s after the script's begin, and every 10 s.
func TestSleep(t *testing.T) { moduletest.Editions(t, testSleep) }

func testSleep(t *testing.T) {
	b, l := bootSleeper(t)
	line, level := b.pins.Line(3), 1
	pull := b.Tasks.NewOutsideTimer(func() {
		if level = 1 - level; level == 0 {
			line.Drive(0)
		} else {
			line.Drive(pins.Floating)
		}
	})
	pull.Arm(5_000_000_000, true) // down at 5 s, up at 10 s, and so on
	l.Script("testdata/sleep.lua")
}

// TestSleep_OutOfMemory: nothing breaks where memory is short.
func TestSleep_OutOfMemory(t *testing.T) { moduletest.Editions(t, testSleep_OutOfMemory) }

func testSleep_OutOfMemory(t *testing.T) {
	_, l := bootSleeper(t)
	l.EveryAllocation("testdata/suspend-short.lua")
}

// TestSleep_Gaps: what the functions say on boards and in builds that lack something.
func TestSleep_Gaps(t *testing.T) { moduletest.Editions(t, testSleep_Gaps) }

func testSleep_Gaps(t *testing.T) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	r := radio.New(radio.Config{Loop: b.Tasks})
	r.Start()
	l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{
		wifi.New(wifi.Options{PMSleep: true}), node.New(node.Options{PMSleep: true}),
	}})
	for code, want := range map[string]string{
		"wifi.suspend()":              "this board has no forced sleep",
		"wifi.suspend{duration = 0}":  "this board has no Wi-Fi",
		"wifi.resume()":               "this board has no forced sleep",
		"node.sleep{wake_pin = 3}":    "node.sleep() is unavailable",
		"assert(node.INT_LOW == nil)": "assertion failed!",
	} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", code, err, want)
		}
	}
	if got, want := l.Printed(), "\n The option \"TIMER_SUSPEND_ENABLE\" in \"app/include/user_config.h\" was disabled during FW build!\n"; got != want {
		t.Errorf("printed %q", got)
	}
}
