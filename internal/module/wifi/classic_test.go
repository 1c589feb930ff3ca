package wifi_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/radio"
)

func bootClassic(t *testing.T) *moduletest.Lua {
	b := &board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}
	r := radio.New(radio.Config{Loop: b.Tasks, Networks: []radio.Network{{SSID: "home", Password: "secret-1"}}})
	r.Start()
	b.radio = r
	return moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{wifi.Classic}})
}

func TestClassic(t *testing.T) { bootClassic(t).Script("testdata/classic.lua") }
func TestClassicOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { bootClassic(t).EveryAllocation("testdata/classic.lua") })
}

func TestClassicNoRadio(t *testing.T) { moduletest.Editions(t, testClassicNoRadio) }

func testClassicNoRadio(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{wifi.Classic}})
	for _, code := range []string{"wifi.sta.config('home', '')", "wifi.sleep(1)", "wifi.sta.eventMonStart()"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no Wi-Fi") {
			t.Errorf("%s: %v", code, err)
		}
	}
	l.Do("wifi.sta.eventMonReg(1, print) wifi.sta.eventMonReg(1) wifi.sta.eventMonStop('x')")
}
