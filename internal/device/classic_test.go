package device_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/firmware"
)

func startClassic(t *testing.T, code string) *module {
	return startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", code), Build: firmware.Build{Firmware: firmware.Classic}})
}

// TestClassic: an application of 2015 runs on a module with the classic interface.
func TestClassic(t *testing.T) {
	m := startClassic(t, `wifi.setmode(wifi.STATION)
wifi.sta.config("any", "password")
tmr.alarm(0, 1000, 1, function()
  if wifi.sta.getip() == nil then return end
  tmr.stop(0)
  print(cjson.encode({ip = wifi.sta.getip()}))
  srv = net.createServer(net.TCP, 30)
  srv:listen(80, function(c) end)
  print(crypto.toHex("ok"), tmr.state(0))
end)`)
	text := m.boot()
	m.runFor(20 * time.Second)
	text += m.printed()
	if !strings.Contains(text, `{"ip":"192.168.`) || !strings.Contains(text, "6f6b\tfalse\t1") {
		t.Errorf("%s", text)
	}
	if e := m.only(device.OldCode); len(e) > 0 {
		t.Errorf("%+v", e)
	}
}

// TestClassicHeap: the calls of the classic interface take no heap.
func TestClassicHeap(t *testing.T) {
	code := "print('heap', node.heap())"
	now, classic := start(t, "init.lua", code).boot(), startClassic(t, code).boot()
	if a, b := heapLine(now), heapLine(classic); a == "" || a != b {
		t.Errorf("%q, and with the classic interface %q", a, b)
	}
}

// heapLine is the line of a text that tells the heap.
func heapLine(text string) string {
	_, rest, _ := strings.Cut(text, "heap\t")
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// TestOldCalls: calls that silently mean something else are told once for each place, and no others.
func TestOldCalls(t *testing.T) {
	m := start(t, "init.lua", `local function server() return net.createServer(net.UDP) end
server() server()
net.createServer(30)
net.createServer(net.TCP, 30)
local u = net.createConnection(net.UDP)
net.createConnection(net.TCP, 0)
node.output(function(p) net.createConnection():send(p) end, 1)`)
	m.boot()
	m.runFor(time.Second)
	var told []string
	for _, e := range m.only(device.OldCode) {
		told = append(told, e.Text)
	}
	want := []string{"init.lua:1: older firmware has net.createServer(net.UDP); since", "init.lua:5: older firmware has net.createConnection(net.UDP)",
		"older firmware has node.output(function(text) … end)"}
	if len(told) != len(want) {
		t.Fatalf("%q", told)
	}
	for i, text := range told {
		if !strings.HasPrefix(text, want[i]) {
			t.Errorf("%q, want %q", text, want[i])
		}
	}
}
