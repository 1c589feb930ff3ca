package wifi_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/radio"
)

// bootAround boots a build with the monitor and SmartConfig, with some networks around.
func bootAround(t testing.TB, script ...string) (*noting, *moduletest.Lua) {
	steps, err := radio.ParseScript(script)
	if err != nil {
		t.Fatal(err)
	}
	b := &noting{board: board{Chip: porttest.New(t, porttest.Config{NoWatchdog: true})}}
	r := radio.New(radio.Config{Loop: b.Tasks, MAC: radio.MACOf(0x123456), Script: steps, Networks: []radio.Network{
		{SSID: "home", Password: "correct horse", RSSI: -44}, {SSID: "shy", Hidden: true}, {SSID: "eleven", Channel: 11},
	}})
	r.Start()
	b.radio = r
	b.AtReset(func() { r.Reset(); r.Start() })
	return b, moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{
		tmr.Module, wifi.New(wifi.Options{Monitor: true, SmartConfig: true}),
	}})
}

// noting is a board that keeps what is noted.
type noting struct {
	board
	noted []string
}

func (b *noting) Notes() port.Notes        { return b }
func (b *noting) Note(module, text string) { b.noted = append(b.noted, module+": "+text) }

// TestMonitor: what the monitor hears of the simulated radio.
func TestMonitor(t *testing.T) { moduletest.Editions(t, testMonitor) }

func testMonitor(t *testing.T) {
	_, l := bootAround(t, "30s probe 02:00:00:00:00:02 -70", "1s vanish @home")
	l.Script("testdata/monitor.lua")
}

// TestMonitorMemory: nothing breaks where memory is short.
func TestMonitorMemory(t *testing.T) { moduletest.Editions(t, testMonitorMemory) }

func testMonitorMemory(t *testing.T) {
	_, l := bootAround(t)
	l.EveryAllocation("testdata/monitor-short.lua")
}

// TestMonitorHeap: frames leave nothing behind. Each start keeps the function before in the registry until
// the module restarts, as in the firmware, unless stop was called.
func TestMonitorHeap(t *testing.T) { moduletest.Editions(t, testMonitorHeap) }

func testMonitorHeap(t *testing.T) {
	_, l := bootAround(t)
	l.Do(`n, m, h = 0, 0, 0 function f(p) n = n + 1 local x = p.ie_table end
		function heap() collectgarbage() collectgarbage() return collectgarbage "count" end
		function same() local now = heap() if h == 0 then h = now end assert(now == h, now - h) end
		wifi.monitor.start(f) wifi.monitor.channel(6)`)
	l.RunFor(time.Second)
	l.Do("same() m = n - m")
	l.Do("same() m = n - m")
	free := l.Heap.FreeBytes()
	l.RunFor(10 * time.Second)
	l.Do("same() m = n - m")
	if now := l.Heap.FreeBytes(); now < free-32 { // what blocks at other places leave behind them
		t.Errorf("%d bytes of heap are gone", free-now)
	}
	l.Do("assert(m > 90, m)")
	l.Do("wifi.monitor.stop() for i = 1, 3 do wifi.monitor.start(function() end) wifi.monitor.stop() end h = 0")
	l.Do("same() m = n - m")
	l.Do("for i = 1, 50 do wifi.monitor.start(function() end) wifi.monitor.stop() end")
	l.Do("same() m = n - m")
}

// TestMonitorError: an error of the callback restarts the module, as that of any callback, and the monitor is
// gone then.
func TestMonitorError(t *testing.T) { moduletest.Editions(t, testMonitorError) }

func testMonitorError(t *testing.T) {
	_, l := bootAround(t)
	l.Do(`wifi.monitor.start(function() error "oops" end) wifi.monitor.channel(6)`)
	err := ""
	l.Do("old = true")
	l.RunFor(200 * time.Millisecond)
	if err = l.Out.String(); !strings.Contains(err, "oops") {
		t.Errorf("printed: %q", err)
	}
	l.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	l.Printed()
	l.Do("assert(not old)")
	l.RunFor(time.Second)
	if s := l.Printed(); s != "" {
		t.Errorf("printed: %q", s)
	}
}

// TestMonitorFull: what has no room in the queue is lost. A filter counts although there is no function behind
// it, and what was on its way when the monitor stopped comes to nobody.
func TestMonitorFull(t *testing.T) { moduletest.Editions(t, testMonitorFull) }

func testMonitorFull(t *testing.T) {
	s, l := bootFake(t)
	if err := l.Exec(`heard = 0
		wifi.monitor.start(function() heard = heard + 1 end)
		for i = 1, 20 do sim.frame(("\128"):rep(128):gsub("^............", ("\0"):rep(12))) end
		sim.run() assert(heard == 8, heard)
		pcall(wifi.monitor.start, 13, 0x50)
		sim.frame(("\128"):rep(128)) sim.run() assert(heard == 8)
		sim.frame(("\80"):rep(128)) sim.run() assert(heard == 9)
		wifi.monitor.stop() sim.frame(("\80"):rep(128)) sim.run() assert(heard == 9)`, "=test"); err != nil {
		t.Fatal(err)
	}
	if s.channel != 1 {
		t.Errorf("channel %d", s.channel)
	}
	if err := l.Machine.CheckHeap(); err != nil {
		t.Error(err)
	}
}

// TestNoMonitor: a build without them has neither the monitor nor SmartConfig, and a board without a radio, or with
// another one, says what is missing.
func TestNoMonitor(t *testing.T) { moduletest.Editions(t, testNoMonitor) }

func testNoMonitor(t *testing.T) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{wifi.Module}})
	l.Do("assert(not wifi.monitor and not wifi.startsmart and not wifi.stopsmart)")

	chip := porttest.New(t, porttest.Config{})
	r := radio.New(radio.Config{Loop: chip.Tasks})
	r.Start()
	for _, x := range []struct {
		radio      port.WiFi
		code, want string
	}{
		{nil, "wifi.monitor.start(print)", "this board has no Wi-Fi"},
		{nil, "wifi.monitor.stop()", "this board has no promiscuous mode"},
		{nil, "wifi.monitor.channel()", "this board has no Wi-Fi"},
		{nil, "wifi.startsmart()", "this board has no Wi-Fi"},
		{nil, "wifi.stopsmart()", "this board has no SmartConfig"},
		{otherRadio{r}, "wifi.monitor.start(print)", "this board has no promiscuous mode"},
		{otherRadio{r}, "wifi.monitor.channel(1)", "this board has no promiscuous mode"},
		{otherRadio{r}, "wifi.monitor.channel()", "this board has no promiscuous mode"},
		{otherRadio{r}, "assert(wifi.monitor)", ""},
		{otherRadio{r}, "wifi.startsmart()", "this board has no SmartConfig"},
	} {
		b := &board{porttest.New(t, porttest.Config{}), x.radio}
		l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{
			wifi.New(wifi.Options{Monitor: true, SmartConfig: true}),
		}})
		err := l.Exec(x.code, "=test")
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.HasSuffix(err.Error(), x.want)) {
			t.Errorf("%s: %v, want %q", x.code, err, x.want)
		}
	}
}

// FuzzPacket: whatever the radio hears, all that a packet has can be read.
func FuzzPacket(f *testing.F) {
	f.Add([]byte("\x80"), uint8(13), uint8(0x80), uint8(0xFF))
	f.Add([]byte("\x40\x00rest\x00\xFF\x07"), uint8(13), uint8(0), uint8(0x0C))
	f.Add([]byte(strings.Repeat("\xB0\xFF", 60)), uint8(0), uint8(0), uint8(0))
	_, l := bootFake(f)
	if err := l.Exec(`function look(p)
		heard = true
		for _, name in ipairs(names) do local v = p[name] end
		local total = 0
		for id, s in pairs(p.ie_table or {}) do
			total = total + #s + 2
			assert(id >= 0 and id <= 255)
			assert(p[id])
		end
		assert(total <= 128 - 36)
		local m = p.frame_sub
		if m then
			assert(p:frame_sub(1) == p.frame and #p.frame == 112 and p:radio_sub(1) == p.radio)
			assert(p:frame_subhex(1, -1, ":") == p.frame_hex)
			assert(p.rssi == p:radio_byte(1) or p.rssi == p:radio_byte(1) - 256)
			assert(p.subtype == math.floor(p:frame_byte(1) / 16) and p.type == 0 and p.duration == p:frame_byte(3) + 256 * p:frame_byte(4))
		end
	end
	function both(a, b) -- the bits that two bytes have in common
		local sum, place = 0, 128
		while place >= 1 do
			if a >= place and b >= place then sum = sum + place end
			a, b, place = a % place, b % place, math.floor(place / 2)
		end
		return sum
	end
	names = {}
	for name in ("header reason status capability association_id current_ap listen_interval timestamp number channel ht_length legacy_length " ..
		"ie_ssid ie_he_capabilities ie_vendor_specific"):gmatch "%S+" do names[#names + 1] = name end
	`, "=fuzz"); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, frame []byte, offset, value, mask uint8) {
		r := make([]byte, port.SnifferRecord)
		copy(r[port.SnifferHeader:], frame)
		if len(frame) > port.SnifferFrame {
			copy(r, frame[port.SnifferFrame:]) // the header as well
		}
		l.Machine.State().PushBytes(r)
		l.Machine.State().SetGlobal("record")
		l.Machine.State().PushBytes([]byte{offset, value, mask})
		l.Machine.State().SetGlobal("filter")
		err := l.Exec(`heard = false local o, v, m = filter:byte(1, 3)
			wifi.monitor.start(o, v, m, look) sim.frame(record) sim.run()
			local at = o == 0 and 256 or o -- the byte that is looked at counts to 255
			assert(heard == (at <= 128 and both(record:byte(at), m) == v))
			wifi.monitor.stop()`, "=fuzz")
		if err != nil {
			t.Fatal(err)
		}
		if s := l.Printed(); strings.Contains(s, "assert") {
			t.Fatal(s)
		}
	})
}

// TestScanTwice: the second scan at once is refused, which the firmware tells nobody.
func TestScanTwice(t *testing.T) { moduletest.Editions(t, testScanTwice) }

func testScanTwice(t *testing.T) {
	b, l := bootAround(t)
	l.Do(`wifi.setmode(wifi.STATION) n = 0 wifi.sta.getap(function() n = n + 1 end)`)
	if len(b.noted) > 0 {
		t.Errorf("noted %q", b.noted)
	}
	l.Do(`wifi.sta.getap(function() n = n + 10 end)`)
	if len(b.noted) != 1 || !strings.Contains(b.noted[0], "a scan is under way") {
		t.Errorf("noted %q", b.noted)
	}
}
