package wifi_test

import (
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/wifi"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/radio"
)

// monitorVariable names a luac.cross for 32 bits into which the firmware's app/modules/wifi_monitor.c is linked
// as a module wifi_monitor, over an SDK that prints what it is asked for ("sdk auto 0", "sdk mode 1",
// "sdk promiscuous 1", "sdk disconnect", "sdk channel 6") and that a module sim commands:
//
//	frame(BYTES)  the radio hears them, if it is in promiscuous mode
//	run()         what was posted runs
//	status(N)     the station's status from now on
//	left()        the event EVENT_STAMODE_DISCONNECTED
const monitorVariable = "MOONLET_WIFI_MONITOR_C"

// fakeSDK is such an SDK here.
type fakeSDK struct {
	*radio.Radio
	say         func(format string, args ...any)
	status      port.StationStatus
	promiscuous bool
	channel     uint8
	heard       func(record []byte)
	event       func(port.WiFiEvent)
}

func (s *fakeSDK) Status() port.StationStatus           { return s.status }
func (s *fakeSDK) Channel() uint8                       { return s.channel }
func (s *fakeSDK) OnEvent(f func(port.WiFiEvent))       { s.event = f }
func (s *fakeSDK) OnFrame(f func(record []byte))        { s.heard = f }
func (s *fakeSDK) SetAutoConnect(on bool)               { s.say("sdk auto %d\n", bit(on)) }
func (s *fakeSDK) Disconnect() bool                     { s.say("sdk disconnect\n"); return true }
func (s *fakeSDK) SetMode(m port.WiFiMode, _ bool) bool { s.say("sdk mode %d\n", m); return true }

func (s *fakeSDK) RSSI() int8 {
	if s.status == port.StationIdle {
		return port.NotConnectedRSSI
	}
	return -50
}

func (s *fakeSDK) Promiscuous(on bool) {
	s.promiscuous = on
	s.say("sdk promiscuous %d\n", bit(on))
}

func (s *fakeSDK) SetChannel(n uint8) bool {
	s.channel = n
	s.say("sdk channel %d\n", n)
	return true
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// frame lets the radio hear something. Here it only hears whole records, as the firmware's module wants them.
func (s *fakeSDK) frame(record []byte) {
	if s.promiscuous && s.heard != nil && len(record) == port.SnifferRecord {
		s.heard(record)
	}
}

// fakeLoop keeps what is posted until run.
type fakeLoop struct {
	port.Loop
	posted []func()
}

func (l *fakeLoop) Post(_ port.Priority, f func()) bool {
	if len(l.posted) == 8 { // what the chip's queue has room for
		return false
	}
	l.posted = append(l.posted, f)
	return true
}

func (l *fakeLoop) run() {
	for len(l.posted) > 0 {
		f := l.posted[0]
		l.posted = l.posted[1:]
		f()
	}
}

type fakeBoard struct {
	*board
	loop *fakeLoop
}

func (b *fakeBoard) Loop() port.Loop { return b.loop }

// bootFake boots a build with the monitor over a fake SDK, and a module sim.
func bootFake(t testing.TB) (*fakeSDK, *moduletest.Lua) {
	chip := porttest.New(t, porttest.Config{NoWatchdog: true})
	s := &fakeSDK{Radio: radio.New(radio.Config{Loop: chip.Tasks}), channel: 1, say: func(string, ...any) {}}
	b := &fakeBoard{&board{Chip: chip, radio: s}, &fakeLoop{Loop: chip.Tasks}}
	host := clib.Host
	fn := func(name string, f func(L state.State)) state.Entry {
		return state.Fn(name, func(L state.State) int { f(L); return 0 })
	}
	sim := state.Module{Name: "sim", Table: &state.ROTable{Name: "sim", Entries: []state.Entry{
		fn("frame", func(L state.State) { s.frame(L.CheckBytes(1)) }),
		fn("run", func(state.State) { b.loop.run() }),
		fn("status", func(L state.State) { s.status = port.StationStatus(L.CheckInteger(1)) }),
		fn("left", func(state.State) { s.event(port.StationDisconnected{}) }),
	}}}
	l := moduletest.Boot(t, moduletest.Config{Chip: chip, Host: b, CLib: &host,
		Modules: []state.Module{wifi.New(wifi.Options{Monitor: true}), sim}})
	s.say = func(format string, args ...any) { fmt.Fprintf(&l.Out, format, args...) }
	return s, l
}

// casesSum is the checksum (CRC-32) of what the firmware's C code printed.
const casesSum = 0x67739075

// TestMonitorCases: the cases print what the C code has printed, also where that is not at hand.
func TestMonitorCases(t *testing.T) {
	out := runCases(t, "testdata/monitor-cases.lua")
	if sum := crc32.ChecksumIEEE([]byte(out)); sum != casesSum {
		t.Errorf("checksum %#x, want %#x: %s tells what is different", sum, casesSum, monitorVariable)
	}
}

// TestMonitorReference compares with the firmware's C code: frames of all kinds, all fields, methods and
// arguments.
func TestMonitorReference(t *testing.T) {
	program := os.Getenv(monitorVariable)
	if program == "" {
		t.Skipf("%s is not set", monitorVariable)
	}
	path, err := filepath.Abs("testdata/monitor-cases.lua")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-e", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(out), "\n")
	got := strings.Split(runCases(t, path), "\n")
	different := 0
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w && different < 10 {
			different++
			t.Errorf("line %d: %s, want %s", i+1, g, w)
		}
	}
	t.Logf("%d lines", len(want))
}

// runCases runs the script of the comparison, and gives what it prints.
func runCases(t *testing.T, path string) string {
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, l := bootFake(t)
	if err := l.Exec(string(code), "@"+path); err != nil {
		t.Fatal(err)
	}
	return l.Printed()
}
