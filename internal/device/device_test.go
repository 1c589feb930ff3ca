package device_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flashdir"
)

// module is a device with a virtual clock, its output and its events.
type module struct {
	*device.Device
	t      testing.TB
	out    bytes.Buffer
	events []device.Event
}

// start makes a module with files in its flash, name and content in turn.
func start(t testing.TB, files ...string) *module {
	t.Helper()
	return startIn(t, stateWith(t, files...))
}

// stateWith makes a state directory with files in the module's flash.
func stateWith(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	flash := filepath.Join(dir, storage.FlashDir)
	if err := os.MkdirAll(flash, 0o777); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(flash, flashdir.HostName(files[i])), []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func startIn(t testing.TB, dir string) *module {
	t.Helper()
	return startConfig(t, device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir})
}

// startConfig makes a module with what tests need besides its configuration.
func startConfig(t testing.TB, c device.Config) *module {
	t.Helper()
	if c.Chip != nil || c.PowerCut != nil { // to make a file system takes 38 s of a chip
		c.FlashTimes = noFlashTime
	}
	return startTimed(t, c)
}

var noFlashTime = storage.Times{PageRead: -1, PageWrite: -1, SectorErase: -1}

// startTimed is startConfig with the time that a flash chip takes.
func startTimed(t testing.TB, c device.Config) *module {
	t.Helper()
	m := makeModule(t, c)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// makeModule is startConfig for a test with so many modules that it closes each itself.
func makeModule(t testing.TB, c device.Config) *module {
	t.Helper()
	m := &module{t: t}
	c.Clock, c.Serial, c.Seed, c.Net.AutoPorts = sdk.NewVirtualClock(), &m.out, 1, true
	c.Report = func(e device.Event) { m.events = append(m.events, e) }
	var err error
	m.Device, err = device.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *module) runFor(d time.Duration) {
	m.t.Helper()
	if err := m.RunFor(d); err != nil {
		m.t.Fatal(err)
	}
}

// printed takes what came out of serial port 0.
func (m *module) printed() string {
	s := strings.ReplaceAll(m.out.String(), "\r\n", "\n")
	m.out.Reset()
	return s
}

// boot runs the module until its prompt and drops the banner.
func (m *module) boot() string {
	m.t.Helper()
	m.runFor(500 * time.Millisecond)
	_, after, ok := strings.Cut(m.printed(), "SDK 3.0.1-dev(fce080e)\n")
	if !ok {
		m.t.Fatal("no banner")
	}
	return after
}

// typed returns what the console answers to lines, without their echo.
func (m *module) typed(lines string) string {
	m.t.Helper()
	m.Feed([]byte(lines))
	m.runFor(time.Second)
	return m.printed()
}

func TestBoot(t *testing.T) {
	m := start(t)
	if got, want := m.boot(), "cannot open init.lua: \n> "; got != want {
		t.Errorf("after the banner %q, want %q", got, want)
	}
	m = start(t, "init.lua", "print('hello', node.bootreason())")
	if got, want := m.boot(), "hello\t1\t0\n> "; got != want {
		t.Errorf("after the banner %q, want %q", got, want)
	}
}

// bootUse makes the free heap what the configuration says.
func TestFreeHeap(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	got := m.typed("=node.heap()\n=node.heap()\n")
	var free int
	if _, err := fmt.Sscanf(got[strings.LastIndex(got, "()\n")+3:], "%d", &free); err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	if d := free - device.DefaultFreeHeap; d < -8 || d > 8 {
		t.Errorf("%d bytes free at the prompt, want %d", free, device.DefaultFreeHeap)
	}
}

func TestRestart_TwentyLines(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	got := m.typed(`node.restart(); for i = 1, 20 do print("not quite yet -- ",i); end` + "\n")
	if n := strings.Count(got, "not quite yet -- \t"); n != 20 {
		t.Errorf("%d lines: %q", n, got)
	}
	if !strings.Contains(got, "NodeMCU 3.0.0") {
		t.Errorf("no banner after the restart: %q", got)
	}
	if got := m.typed("=node.bootreason()\n"); !strings.Contains(got, "2\t4\n") {
		t.Errorf("boot reason %q", got)
	}
}

func TestWatchdog(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	for _, code := range []string{
		"while true do end",
		"repeat pcall(error) until false",
		`("a"):rep(40):find(("a*"):rep(20) .. "b")`,
		"table.move({}, 1, 2147483600, 2)",
		"coroutine.wrap(function() while true do coroutine.running() end end)()",
		"local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) while true do pcall(function() return t[1] end) end",
	} {
		m.events = nil
		m.Feed([]byte(code + "\n"))
		m.runFor(6 * time.Second)
		m.printed()
		if got := m.typed("=node.bootreason()\n"); !strings.Contains(got, "2\t3\n") {
			t.Errorf("%s: boot reason %q", code, got)
		}
		var saw bool
		for _, e := range m.events {
			saw = saw || e.Kind == device.Watchdog && strings.Contains(e.Traceback, "stdin:1:")
		}
		if !saw {
			t.Errorf("%s: events %+v", code, m.events)
		}
	}
}

func TestOutOfMemory(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	m.Feed([]byte("tmr.create():alarm(10, 0, function() local t = {} while true do t[#t+1] = {} end end)\n"))
	m.runFor(10 * time.Second)
	got := m.printed()
	if !strings.Contains(got, "not enough memory") && !strings.Contains(got, "out of memory") {
		t.Errorf("printed %q", got)
	}
	if !strings.Contains(got, "NodeMCU 3.0.0") {
		t.Errorf("no reboot: %q", got)
	}
}

// A bad init.lua restarts the module again and again until it is removed.
func TestBootLoop(t *testing.T) {
	m := start(t, "init.lua", "tmr.create():alarm(100, 0, function() oops() end)")
	m.runFor(20 * time.Second)
	if n := strings.Count(m.printed(), "NodeMCU 3.0.0"); n < 5 {
		t.Errorf("%d boots", n)
	}
	m.Feed([]byte(`file.remove("init.lua")` + "\n"))
	m.runFor(20 * time.Second)
	if n := strings.Count(m.printed(), "NodeMCU 3.0.0"); n > 2 {
		t.Errorf("%d boots after init.lua was removed", n)
	}
}

func TestReboot_FlashStays(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	m.typed(`x = 1 file.putcontents("f", "kept") node.startupcommand("=y=2")` + "\n")
	m.typed("node.restart()\n")
	if got := m.typed("=x, file.getcontents 'f'\n"); !strings.Contains(got, "nil\tkept\n") {
		t.Errorf("%q", got)
	}
}

func TestDeepSleep(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	m.Feed([]byte("node.dsleep(5000000)\n"))
	m.runFor(4 * time.Second)
	if got := m.printed(); strings.Contains(got, "NodeMCU") {
		t.Errorf("awake too early: %q", got)
	}
	m.runFor(3 * time.Second)
	if got := m.typed("=node.bootreason()\n"); !strings.Contains(got, "2\t5") {
		t.Errorf("boot reason %q", got)
	}
}

func TestVirtualDay(t *testing.T) {
	m := start(t, "init.lua", "n = 0 tmr.create():alarm(1000, tmr.ALARM_AUTO, function() n = n + 1 end)")
	m.boot()
	m.runFor(24 * time.Hour)
	if got := m.typed("=n\n"); !strings.Contains(got, "\n86400") && !strings.Contains(got, "\n86401") {
		t.Errorf("%q", got)
	}
}

func TestDamagedCode_Exception(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	// A function whose constant index is far outside.
	m.Feed([]byte(`local s = string.dump(function() local a = "x" return a end)` +
		` for i = 1, #s do pcall(load(s:sub(1, i - 1) .. "\255" .. s:sub(i + 1), "x", "b") or print) end` + "\n"))
	m.runFor(20 * time.Second)
	m.printed()
	if got := m.typed("=1+1\n"); !strings.Contains(got, "\n2\n") {
		t.Errorf("%q", got)
	}
}

func TestLongTask_Traceback(t *testing.T) {
	m := start(t, "init.lua", "")
	m.boot()
	m.events = nil
	m.typed("tmr.create():alarm(10, 0, function() local x for i = 1, 1e5 do x = i end end)\n")
	for _, e := range m.events {
		if e.Kind == device.LongTask && strings.Contains(e.Traceback, "stdin:1:") && e.Took > 15*time.Millisecond {
			return
		}
	}
	t.Errorf("events %+v", m.events)
}

func TestConfig_Errors(t *testing.T) {
	for _, c := range []device.Config{{}, {StateDir: t.TempDir(), FreeHeap: 100}, {StateDir: t.TempDir(), FreeHeap: 1 << 20}} {
		if d, err := device.New(c); err == nil {
			d.Close()
			t.Errorf("no error for %+v", c)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "records.bin"), []byte("short"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: dir}); err == nil || !strings.Contains(err.Error(), "records.bin is damaged") {
		t.Errorf("%v", err)
	}
}
