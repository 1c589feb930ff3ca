package wifi_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/radio"
)

// board is a chip with a radio.
type board struct {
	*porttest.Chip
	radio port.WiFi
}

func (b *board) WiFi() port.WiFi { return b.radio }

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	script, err := radio.ParseScript([]string{
		"60s join 02:00:00:00:00:01", "1s probe 02:00:00:00:00:02 -70", "1s auth wpa", "1s vanish",
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}
	r := radio.New(radio.Config{
		Loop: b.Tasks, MAC: radio.MACOf(0x123456), Script: script, Networks: []radio.Network{
			{SSID: "home", Password: "secret-1", Channel: 11, RSSI: -60, Address: port.IPInfo{
				Addr: port.IP{10, 1, 0, 5}, Netmask: port.IP{255, 255}, Gateway: port.IP{10, 1, 0, 1}}},
			{SSID: "cafe,bar"},
			{SSID: "shy", Hidden: true},
		},
	})
	r.Start()
	b.radio = r
	moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{wifi.Module}}).Script("testdata/wifi.lua")
}

func TestConstants(t *testing.T) { moduletest.Editions(t, testConstants) }

func testConstants(t *testing.T) {
	b := &board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}
	r := radio.New(radio.Config{Loop: b.Tasks, MAC: radio.MACOf(0x123456)})
	r.Start()
	b.radio = r
	moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{wifi.Module}}).Script("testdata/constants.lua")
}

// otherRadio is a radio that is not the ESP8266's.
type otherRadio struct{ port.WiFi }

// A board without a radio, or with another one, has the module, and its functions say what
// is missing.
func TestNoRadio(t *testing.T) { moduletest.Editions(t, testNoRadio) }

func testNoRadio(t *testing.T) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	r := radio.New(radio.Config{Loop: b.Tasks})
	r.Start()
	for _, x := range []struct {
		radio      port.WiFi
		code, want string
	}{
		{nil, "wifi.getmode()", "this board has no Wi-Fi"},
		{otherRadio{r}, "wifi.setmode(wifi.STATION, false)", ""},
		{otherRadio{r}, "wifi.sta.changeap(1)", "this board has no Wi-Fi with the ESP8266's SDK"},
		{otherRadio{r}, "wifi.nullmodesleep()", "this board has no Wi-Fi with the ESP8266's SDK"},
	} {
		b := &board{porttest.New(t, porttest.Config{}), x.radio}
		l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{wifi.Module}})
		err := l.Exec(x.code, "=test")
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.HasSuffix(err.Error(), x.want)) {
			t.Errorf("%s: %v, want %q", x.code, err, x.want)
		}
	}
}
