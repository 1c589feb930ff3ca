package wps_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/module/wps"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/radio"
)

// board is a chip with a radio.
type board struct {
	*porttest.Chip
	radio port.WiFi
	noted []string
}

func (b *board) WiFi() port.WiFi          { return b.radio }
func (b *board) Notes() port.Notes        { return b }
func (b *board) Note(module, text string) { b.noted = append(b.noted, module+": "+text) }

func boot(t *testing.T, script ...string) (*board, *moduletest.Lua) {
	steps, err := radio.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	b := &board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}
	r := radio.New(radio.Config{Loop: b.Tasks, Script: steps, Networks: []radio.Network{
		{SSID: "home", Password: "correct horse"}, {SSID: "other"}, {SSID: "old", Auth: port.AuthWEP},
	}})
	r.Start()
	b.radio = r
	b.AtReset(func() { r.Reset(); r.Start() })
	return b, moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{
		wps.Module, tmr.Module, wifi.Module, node.New(node.Options{}),
	}})
}

// TestScript: every end that WPS can have, and what comes of it.
func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	b, l := boot(t, "20s wps @home", "180s wps 10s @old", "200s wps 10s @home", "0s wps 10s @other",
		"200s wps 10s @home", "1s refuse @home", "199s vanish")
	l.ScriptFor("testdata/wps.lua", 15*time.Minute)
	want := []string{"wps: wps.start does nothing", "wps: wps.enable does nothing", "wps: wps.start does nothing", "wps: wps.start does nothing"}
	for i, w := range want {
		if i >= len(b.noted) || !strings.HasPrefix(b.noted[i], w) {
			t.Fatalf("noted: %q", b.noted)
		}
	}
}

// TestOutOfMemory: nothing breaks where memory is short.
func TestOutOfMemory(t *testing.T) { moduletest.Editions(t, testOutOfMemory) }

func testOutOfMemory(t *testing.T) {
	_, l := boot(t)
	l.EveryAllocation("testdata/short.lua")
}

// TestHeap: starting again and again takes no heap, but for what blocks at other places leave behind them.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	_, l := boot(t)
	l.Do("wifi.setmode(wifi.STATION, false) wps.enable() function again() wps.start(function() end) wps.disable() wps.enable() collectgarbage() collectgarbage() return node.heap() end for i = 1, 3 do again() end")
	l.Do("local h = again() for i = 1, 20 do again() end assert(again() > h - 20, h - again())")
}

// otherRadio is a radio that is not the ESP8266's.
type otherRadio struct{ port.WiFi }

// TestNoRadio: a board without a radio, or with another one, has the module, and its functions
// say what is missing.
func TestNoRadio(t *testing.T) { moduletest.Editions(t, testNoRadio) }

func testNoRadio(t *testing.T) {
	for _, r := range []port.WiFi{nil, otherRadio{}} {
		b := &board{Chip: porttest.New(t, porttest.Config{}), radio: r}
		l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{wps.Module}})
		for _, f := range []string{"enable", "disable", "start"} {
			if err := l.Exec("wps."+f+"(print)", "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no WPS") {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
}
