package endusersetup

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
)

func TestScript(t *testing.T) { newLab(t).Script("testdata/enduser_setup.lua") }
func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { newLab(t).EveryAllocation("testdata/memory.lua") })
}

// TestNoParts holds what the functions say on a board without the parts.
func TestNoParts(t *testing.T) { moduletest.Editions(t, testNoParts) }

func testNoParts(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{Module}})
	l.Do("assert(enduser_setup.manual(true))")
	for _, f := range []string{"start", "stop"} {
		if err := l.Exec("enduser_setup."+f+"()", "=x"); err == nil || err.Error() != "x:1: this board has no Wi-Fi" {
			t.Errorf("%s: %v", f, err)
		}
	}
	b := newLab(t)
	b.net = nil
	if err := b.Exec("enduser_setup.start()", "=x"); err == nil || err.Error() != "x:1: this board has no network" {
		t.Error(err)
	}
}

// TestFlow is the whole way: the module's own network, a wrong password, the right one, the
// callback at the next look, and the end ten seconds behind it.
func TestFlow(t *testing.T) { moduletest.Editions(t, testFlow) }

func testFlow(t *testing.T) {
	b := newLab(t)
	b.Do("collectgarbage()")
	b.Do(startCode)
	if m := b.radio.Mode(); m != port.StationMode {
		t.Errorf("mode %d while it looks around", m)
	}
	b.RunFor(radio.ScanTime)
	want := port.APConfig{SSID: "NodeMCU_123456", Channel: 6, MaxConnections: 5, BeaconInterval: 100}
	if c := b.radio.APConfig(true); b.radio.Mode() != port.StationAPMode || c != want || b.radio.APConfig(false) != want {
		t.Errorf("mode %d, network %+v", b.radio.Mode(), c)
	}
	if s := b.ask("GET /status HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, "\r\n\r\nIdle.") {
		t.Error(s)
	}
	if s := b.ask(form("wifi_ssid=home&wifi_password=battery+staple")); s != answerTrying {
		t.Error(s)
	}
	b.RunFor(passed)
	if s := b.ask("GET /status HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, "Connecting to \"home\".") {
		t.Error(s)
	}
	if s := b.ask("GET /aplist HTTP/1.1\r\n\r\n"); s != answer204 {
		t.Error(s)
	}
	b.RunFor(5 * time.Second)
	if s := b.ask("GET /status HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, "Failed to connect to \"home\" - Wrong password.") {
		t.Error(s)
	}
	if s := b.ask("GET /status.json HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, `{"deviceid":"123456", "status":2}`) {
		t.Error(s)
	}
	if s := b.ask(form("wifi_ssid=home&wifi_password=correct+horse&lamp=1")); s != answerTrying {
		t.Error(s)
	}
	if c := b.radio.StationConfig(true); c.Password != "battery staple" {
		t.Errorf("%+v before the task", c)
	}
	b.RunFor(passed)
	if c := b.radio.StationConfig(true); c.SSID != "home" || c.Password != "correct horse" || c.BSSIDSet {
		t.Errorf("%+v", c)
	}
	b.WaitFor(func() bool { return b.radio.Status() == port.StationGotIP })
	if s := b.said(); s != "" {
		t.Errorf("it says %q at once", s)
	}
	start := b.Tasks.Now()
	b.WaitFor(func() bool { return b.said() == "connected" })
	if d := b.Tasks.Now() - start; d > checkPeriod {
		t.Errorf("connected after %v", d)
	}
	if s := b.ask("GET /status.json HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, `{"deviceid":"192.168.0.111", "status":5}`) {
		t.Error(s)
	}
	b.RunFor(shutdownDelay - 100*time.Millisecond)
	if b.net.accept == nil || b.radio.Mode() != port.StationAPMode {
		t.Error("it has ended too early")
	}
	b.RunFor(200 * time.Millisecond)
	if b.net.accept != nil || b.net.Open() != 0 || b.radio.Mode() != port.StationMode || b.radio.Status() != port.StationGotIP {
		t.Errorf("it goes on: mode %d", b.radio.Mode())
	}
	if s := b.said(); s != "" || len(b.notes) > 0 {
		t.Errorf("%q %q", s, b.notes)
	}
	if s := b.file(paramsFile); s != "local p={}\np.wifi_ssid=\"home\"\np.wifi_password=\"correct horse\"\np.lamp=\"1\"\nreturn p\n" {
		t.Errorf("%q", s)
	}
}

// TestChannel is a network on another channel than the module's own: the station is given up, so
// that the person hears of it, and connects again in the end, when the callback is called.
func TestChannel(t *testing.T) { moduletest.Editions(t, testChannel) }

func testChannel(t *testing.T) {
	b := newLab(t)
	b.open()
	b.ask(form("wifi_ssid=cafe"))
	b.WaitFor(func() bool { return b.radio.Status() == port.StationGotIP })
	b.RunFor(checkPeriod)
	if b.radio.Status() != port.StationIdle || b.radio.Mode() != port.StationAPMode || b.radio.Channel() != 6 {
		t.Errorf("status %d, mode %d, channel %d", b.radio.Status(), b.radio.Mode(), b.radio.Channel())
	}
	if s := b.ask("GET /status.json HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, `{"deviceid":"192.168.0.111", "status":5}`) {
		t.Error(s)
	}
	if s := b.ask("GET /status HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, "Connected to \"cafe\" (0.0.0.0).") {
		t.Error(s)
	}
	if s := b.said(); s != "" {
		t.Errorf("it says %q", s)
	}
	b.RunFor(shutdownDelay)
	if s := b.said(); s != "connected" || b.radio.Mode() != port.StationMode || b.radio.Status() != port.StationConnecting {
		t.Errorf("it says %q, mode %d, status %d", s, b.radio.Mode(), b.radio.Status())
	}
	b.RunFor(10 * time.Second)
	if b.radio.Status() != port.StationGotIP || b.said() != "" {
		t.Errorf("status %d", b.radio.Status())
	}
}

// TestManual is the mode in which the module's own network is the application's. The firmware
// takes it for one on channel 1, where it must be for that.
func TestManual(t *testing.T) { moduletest.Editions(t, testManual) }

func testManual(t *testing.T) {
	for _, channel := range []uint8{1, 6} {
		b := newLab(t, radio.Network{SSID: "home", Channel: channel})
		b.radio.SetMode(port.StationAPMode, true)
		own := port.APConfig{SSID: "mine", Channel: channel, MaxConnections: 4, BeaconInterval: 100}
		b.radio.SetAPConfig(own, true)
		b.Do("enduser_setup.manual(true)")
		b.open()
		b.ask(form("wifi_ssid=home"))
		b.RunFor(time.Minute)
		told, kept := b.said() == "connected", b.radio.APConfig(false) == own
		if ok := channel == 1; b.net.accept == nil || told != ok || kept != ok || (len(b.notes) == 0) != ok {
			t.Errorf("channel %d: told %v, kept %v, notes %q", channel, told, kept, b.notes)
		}
		b.Do("enduser_setup.stop()")
		if b.radio.Mode() != port.StationAPMode || b.net.accept != nil || b.said() == "connected" == (channel == 1) {
			t.Errorf("channel %d: mode %d", channel, b.radio.Mode())
		}
	}
}

// TestName holds the name of the module's own network.
func TestName(t *testing.T) { moduletest.Editions(t, testName) }

func testName(t *testing.T) {
	for _, x := range [][2]string{{`"lamp"`, "lamp"}, {`5`, "5"}, {`"a\0b"`, "a"}, {`("x"):rep(40)`, strings.Repeat("x", 32)}, {"nil", "NodeMCU_123456"}} {
		b := newLab(t)
		b.Do("enduser_setup.start(" + x[0] + ")")
		b.RunFor(radio.ScanTime)
		if s := b.radio.APConfig(false).SSID; s != x[1] {
			t.Errorf("%s: %q", x[0], s)
		}
	}
}

// TestAgain holds what a second start does: it ends the portal, and nobody is told but the user.
func TestAgain(t *testing.T) { moduletest.Editions(t, testAgain) }

func testAgain(t *testing.T) {
	b := newLab(t)
	b.open()
	b.Do("enduser_setup.start('other', nil, function(...) note(...) end)")
	if b.net.accept != nil || b.net.Open() != 0 || b.radio.Mode() != port.StationMode || b.said() != "" {
		t.Error("it goes on, or tells somebody")
	}
	if len(b.notes) != 1 || !strings.HasPrefix(b.notes[0], "init failed. Appears to already be started. EUS will shut down now. The portal has ended, with error 6;") {
		t.Errorf("%q", b.notes)
	}
	b.open()
	if b.net.accept == nil || b.radio.Mode() != port.StationAPMode {
		t.Error("it does not start again")
	}
}

// TestStopInCallback holds that the callback may end the portal, and begin with another one, where
// the firmware writes to what it has given back.
func TestStopInCallback(t *testing.T) { moduletest.Editions(t, testStopInCallback) }

func testStopInCallback(t *testing.T) {
	for _, network := range []string{"home&wifi_password=correct+horse", "cafe"} {
		for _, again := range []bool{false, true} {
			b := newLab(t)
			b.Do(fmt.Sprintf(`calls, again = 0, %v
				function go() enduser_setup.start(function() calls = calls + 1 enduser_setup.stop() if again then again = false go() end end) end
				go()`, again))
			b.RunFor(radio.ScanTime)
			b.ask(form("wifi_ssid=" + network))
			b.WaitFor(func() bool { return b.net.accept == nil })
			b.RunFor(passed)
			if !again && (b.radio.Mode() != port.StationMode || b.net.accept != nil) {
				t.Errorf("%s: it goes on", network)
			}
			b.RunFor(40 * time.Second)
			b.Do("print(calls)")
			if s := b.Printed(); again && s != "2\n" || !again && s != "1\n" {
				t.Errorf("%s %v: %s calls", network, again, s)
			}
			if err := b.Heap.Check(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestStopSoon holds what stop does to what is under way: a form whose task has not run yet is
// taken over all the same.
func TestStopSoon(t *testing.T) { moduletest.Editions(t, testStopSoon) }

func testStopSoon(t *testing.T) {
	b := newLab(t)
	b.open()
	b.ask(form("wifi_ssid=home&wifi_password=correct+horse"))
	b.Tasks.Exec(func() { portalOf(b.Machine.State()).stop() })
	b.RunFor(passed)
	if c := b.radio.StationConfig(false); c.SSID != "home" || b.radio.Status() != port.StationConnecting {
		t.Errorf("%+v", c)
	}
	b.Do("enduser_setup.stop()") // while nothing is there
	b.Do("enduser_setup.start() enduser_setup.stop()")
	b.RunFor(radio.ScanTime) // on which the scan ends
	if b.radio.Mode() != port.StationMode {
		t.Error("the network comes behind the end")
	}
}

// TestFatal holds the errors that end the portal: the error callback hears of none.
func TestFatal(t *testing.T) { moduletest.Editions(t, testFatal) }

func testFatal(t *testing.T) {
	for _, x := range []struct {
		name string
		do   func(b *lab)
		want string
	}{
		{"taken", func(b *lab) { b.net.taken = true }, "http_start bind failed: port 80 is that of a server or of a connection that is there still. The portal has ended, with error 4;"},
		{"taken, no memory", func(b *lab) { b.net.taken, b.net.noPCB = true, true }, "http_start failed. Memory allocation failed (http_pcb == NULL). The portal has ended, with error 1;"},
		{"no memory", func(b *lab) { b.net.noPCB = true }, "http_start failed. Memory allocation failed (http_pcb == NULL). The portal has ended, with error 1;"},
		{"not here", func(b *lab) { b.net.refuses = port.NetErrInUse }, "http_start bind failed. The portal has ended, with error 4;"},
		{"no listener", func(b *lab) { b.net.refuses = port.NetErrMem }, "http_start listen failed. The portal has ended, with error 4;"},
		{"no socket", func(b *lab) { b.net.NoPCB = true }, "dns_start failed. Couldn't create connection, out of memory. The portal has ended, with error 1;"},
		{"page", func(b *lab) { b.write("enduser_setup.html", strings.Repeat("x", 79000)) }, "http_start failed. Unable to allocate memory for HTTP payload. The portal has ended, with error 1;"},
	} {
		b := newLab(t)
		x.do(b)
		b.open()
		if len(b.notes) != 1 || !strings.HasPrefix(b.notes[0], x.want) || b.said() != "" {
			t.Errorf("%s: %q", x.name, b.notes)
		}
		if b.net.accept != nil || b.net.Open() != 0 || b.radio.Mode() != port.StationMode {
			t.Errorf("%s: it goes on", x.name)
		}
		if x.name == "taken" && b.net.pcbs != 1 {
			t.Errorf("%d connections are lost, the firmware loses one", b.net.pcbs)
		}
	}
}

// TestChannel_Connects holds what comes of another channel where the station connects by itself: it
// tries again and again, and is given up each time, until somebody chooses something else.
func TestChannel_Connects(t *testing.T) { moduletest.Editions(t, testChannel_Connects) }

func testChannel_Connects(t *testing.T) {
	b := newLab(t, radio.Network{SSID: "home", Channel: 6, RSSI: -40}, radio.Network{SSID: "cafe", Channel: 11, Password: "12345678"})
	b.radio.SetAutoConnect(true)
	b.open()
	b.ask(form("wifi_ssid=cafe&wifi_password=87654321"))
	b.RunFor(20 * time.Second)
	for i := range 6 {
		if s := b.ask("GET /status.json HTTP/1.1\r\n\r\n"); !strings.HasSuffix(s, `"status":2}`) {
			t.Errorf("%d: %s", i, s)
		}
		p := b.browser().send("GET /aplist HTTP/1.1\r\n\r\n")
		b.RunFor(radio.ScanTime)
		if s := p.got.String(); !strings.Contains(s, `"cafe"`) {
			t.Errorf("%d: %q, channel %d", i, s, b.radio.Channel())
		}
		p.ends()
		b.RunFor(time.Second)
	}
	b.ask(form("wifi_ssid=cafe&wifi_password=12345678"))
	b.RunFor(20 * time.Second)
	if s := b.said(); s != "connected" || b.radio.Mode() != port.StationMode || b.radio.Status() != port.StationGotIP || b.net.accept != nil {
		t.Errorf("it says %q, mode %d, status %d", s, b.radio.Mode(), b.radio.Status())
	}
}
