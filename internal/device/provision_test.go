package device_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/sim/radio"
)

// around is a module with SmartConfig between some networks, to which things happen.
func around(t *testing.T, code string, script ...string) *module {
	steps, err := radio.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	c := device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: stateWith(t, "init.lua", code)}
	c.Build = firmware.Build{Options: firmware.Options{SmartConfig: true}}
	c.WiFi.KnownOnly, c.WiFi.Script = true, steps
	c.WiFi.Networks = []radio.Network{{SSID: "home", Password: "correct horse"}, {SSID: "eleven", Channel: 11}}
	return startConfig(t, c)
}

// TestProvision: a network by the button of its router, another one by a phone; each is the one that the module
// connects to when it restarts.
func TestProvision(t *testing.T) {
	m := around(t, `
		wifi.setmode(wifi.STATION)
		wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function(e) print("got", wifi.sta.getconfig(), e.IP) end)
		function button()
			wps.enable()
			wps.start(function(s) wps.disable() print("wps", s, s == wps.SUCCESS) if s == 0 then wifi.sta.connect() end end)
		end
		function phone() wifi.startsmart(0, function(ssid, password) print("told", ssid, password) end) end`,
		"10s wps @home", "100s smartconfig @eleven")
	m.boot()
	m.Feed([]byte("button()\n"))
	m.runFor(30 * time.Second)
	if got, want := m.printed(), "wps\t0\ttrue\ngot\thome\t192.168.0.111\n"; !strings.HasSuffix(got, want) {
		t.Errorf("the button: %q", got)
	}
	m.Feed([]byte("node.restart()\n"))
	m.runFor(10 * time.Second)
	if got := m.printed(); !strings.Contains(got, "got\thome\t192.168.0.111\n") {
		t.Errorf("the next life: %q", got)
	}
	m.Feed([]byte("phone()\n"))
	m.runFor(100 * time.Second)
	if got, want := m.printed(), "told\televen\t\ngot\televen\t"; !strings.Contains(got, want) {
		t.Errorf("the phone: %q", got)
	}
	m.Feed([]byte("node.restart()\n"))
	m.runFor(10 * time.Second)
	if got := m.printed(); !strings.Contains(got, "got\televen\t") {
		t.Errorf("the last life: %q", got)
	}
}

// TestMonitor: beacons come until the module restarts, and the station does not connect by itself then, which the
// SDK has saved.
func TestMonitor(t *testing.T) {
	m := around(t, `
		print("status", wifi.sta.status())
		tmr.create():alarm(5000, tmr.ALARM_SINGLE, function() print("later", wifi.sta.status()) end)
		function listen()
			n = 0
			wifi.monitor.start(13, 0x80, function(p) n = n + 1 last = p end)
			tmr.create():alarm(500, tmr.ALARM_SINGLE, function() wifi.monitor.channel(11) end)
		end`)
	m.boot()
	m.Feed([]byte("wifi.setmode(wifi.STATION) wifi.sta.config{ssid='home', pwd='correct horse', auto=true}\n"))
	m.runFor(10 * time.Second)
	m.Feed([]byte("listen()\n"))
	m.runFor(20 * time.Second)
	m.printed()
	m.Feed([]byte("print(n > 185 and n < 195, last[0], last.bssid_hex)\n"))
	m.runFor(time.Second)
	if got := m.printed(); !strings.Contains(got, "true\televen\t02:00:") {
		t.Errorf("heard: %q", got)
	}
	m.Feed([]byte("node.restart()\n"))
	m.runFor(10 * time.Second)
	if got := m.printed(); !strings.Contains(got, "later\t0\n") {
		t.Errorf("the next life: %q", got)
	}
}
