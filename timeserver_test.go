package moonlet_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

const askTime = `
wifi.setmode(wifi.STATION)
wifi.sta.config{ssid = "Moonlet"}
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  sntp.sync(nil, nil, nil, 1)
  tmr.create():alarm(100000, tmr.ALARM_SINGLE, function()
    print("set", rtctime.get())
    sntp.sync("224.0.1.1",
      function(sec, usec, server, info) print('sync', sec, usec, server) end,
      function() print('failed!') end)
  end)
end)
`

// TestTimeServer runs the examples of sntp's manual on whole modules, with the time server that a
// project says.
func TestTimeServer(t *testing.T) {
	for source, want := range map[string][]string{
		"":                          {"set\t17672257", "sync\t17672257", "192.168.0.1"},
		"2030-05-06T07:08:09+02:00": {"set\t1904274", "sync\t1904274", "192.168.0.1"},
		"none":                      {"set\t0\t0", "failed!"},
	} {
		m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": askTime}, Time: moonlet.Virtual,
			Network: moonlet.NetworkConfig{TimeServer: source, Policy: "none"}})
		m.Run(5 * time.Minute)
		out := m.LastLines(20)
		for _, s := range want {
			if !strings.Contains(out, s) {
				t.Errorf("%q: %q is not in\n%s", source, s, out)
			}
		}
	}
	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": askTime}, Time: moonlet.Virtual, Network: moonlet.NetworkConfig{TimeServer: "host"}})
	m.Run(2 * time.Minute)
	_, f, _ := strings.Cut(m.LastLines(5), "sync\t")
	f, _, _ = strings.Cut(f, "\t")
	sec, err := strconv.ParseInt(f, 10, 64)
	if off := time.Since(time.Unix(sec, 0)); err != nil || off < -time.Hour || off > time.Hour {
		t.Errorf("host: told %q, %v ago", f, off)
	}
	if _, err := moonlet.New(moonlet.Config{Network: moonlet.NetworkConfig{TimeServer: "noon"}}); err == nil || !strings.Contains(err.Error(), "noon") {
		t.Errorf("%v", err)
	}
}

const askAll = askTime + `
wifi.eventmon.register(wifi.eventmon.STA_DISCONNECTED, function() print("wifi lost") end)
tmr.create():alarm(30000, tmr.ALARM_SINGLE, function()
  sntp.sync("192.168.0.1", print, function(code) print("told", code, tmr.time()) end)
  client = coap.Client()
  client:get("coap://192.168.0.1/x")
  mdns.register("fishtank")
end)
`

// TestTimeServer_Cut holds what these modules are told of a line that is dead: sntp after five
// seconds, the others nothing, and they go on.
func TestTimeServer_Cut(t *testing.T) {
	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": askAll}, Time: moonlet.Virtual, Network: moonlet.NetworkConfig{Policy: "none"},
		WiFi: moonlet.WiFiConfig{Networks: []moonlet.WiFiNetwork{{SSID: "Moonlet"}}, Script: []string{"25s cut @Moonlet", "20m mend @Moonlet"}}})
	m.Run(25 * time.Minute)
	out := m.LastLines(50)
	if !strings.Contains(out, "told\t4\t35") || strings.Contains(out, "wifi lost") || strings.Contains(out, "PANIC") {
		t.Error(out)
	}
}
