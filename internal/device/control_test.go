package device_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/sdk"
)

// endless are programs whose task never ends though the watchdog is content, and what a
// traceback of each says.
var endless = []struct{ name, code, trace string }{
	{"loop", "while true do tmr.wdclr() end", "init.lua:1:"},
	{"print", "while true do print('x') tmr.wdclr() end", "init.lua:1:"},
	{"delay", "while true do tmr.delay(900000) tmr.wdclr() end", "init.lua:1:"},
	{"one delay", "tmr.delay(2000000000)", "init.lua:1:"},
	{"timer", "tmr.create():alarm(20, 0, function() while true do tmr.wdclr() end end)", "init.lua:1:"},
	{"protected", "while true do pcall(function() while true do tmr.wdclr() end end) end", "init.lua:1:"},
	{"coroutine", "coroutine.wrap(function() while true do tmr.wdclr() end end)()", "init.lua:1:"},
	{"hook", "debug.sethook(function() tmr.wdclr() end, '', 1) while true do end", "init.lua:1:"},
	{"finalizer", "setmetatable({}, {__gc = function() while true do tmr.wdclr() end end}) collectgarbage()", "init.lua:1:"},
	{"sort", "table.sort({1, 2, 3}, function() while true do tmr.wdclr() end end)", "init.lua:1:"},
	{"gsub", "string.gsub('x', '.', function() while true do tmr.wdclr() end end)", "init.lua:1:"},
	{"file", "while true do file.putcontents('f', 'x') tmr.wdclr() end", "init.lua:1:"},
	{"gpio", "gpio.mode(1, gpio.OUTPUT) while true do gpio.serout(1, 1, {1000000, 1000000}, 1) tmr.wdclr() end", ""},
	{"no watchdog", "while true do end", "init.lua:1:"},
}

// realModule is a module with the host's clock.
func realModule(t *testing.T, c device.Config, code string) (*device.Device, *[]device.Event) {
	t.Helper()
	events := new([]device.Event)
	c.StateDir, c.Clock, c.Seed = stateWith(t, "init.lua", code), sdk.NewRealClock(1), 1
	c.Report = func(e device.Event) { *events = append(*events, e) }
	if strings.Contains(code, "while true do end") {
		c.SoftWatchdog = -1
	}
	d, err := device.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, events
}

// wasCut checks the report of a task that was cut.
func wasCut(t *testing.T, events []device.Event, trace string) {
	t.Helper()
	for _, e := range events {
		if e.Kind != device.Cut {
			continue
		}
		if !strings.Contains(e.Traceback, trace) && !strings.Contains(e.Text, "by force") { // on a very busy host
			t.Errorf("the traceback is %q, want %q in it", e.Traceback, trace)
		}
		return
	}
	t.Errorf("nothing was told of the cut: %v", events)
}

// patience is how long a test waits for what takes a tenth of a second where nothing else
// runs.
const patience = 20 * time.Second

// ends fails unless f returns, and tells how long that took.
func ends(t *testing.T, f func()) time.Duration {
	t.Helper()
	done := make(chan struct{})
	began := time.Now()
	go func() { f(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	return time.Since(began)
}

// onWrite calls a function when a text is written for the first time.
type onWrite struct {
	text string
	out  []byte
	once sync.Once
	f    func()
}

func (w *onWrite) Write(p []byte) (int, error) {
	if w.out = append(w.out, p...); bytes.Contains(w.out, []byte(w.text)) {
		w.once.Do(w.f)
	}
	return len(p), nil
}

// TestStop_Endless stops modules in the midst of a task that never ends.
func TestStop_Endless(t *testing.T) {
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			var d *device.Device
			stopped := make(chan time.Time, 1)
			booted := &onWrite{text: "begun", f: func() {
				time.AfterFunc(150*time.Millisecond, func() { stopped <- time.Now(); d.Stop() })
			}}
			var events *[]device.Event
			d, events = realModule(t, device.Config{FastSerial: true, Serial: booted}, "print('begun') "+c.code)
			var err error
			ends(t, func() { err = d.Run(t.Context()) })
			t.Logf("ended after %v", time.Since(<-stopped))
			if !errors.Is(err, device.ErrCut) {
				t.Fatalf("Run: %v", err)
			}
			wasCut(t, *events, c.trace)
		})
	}
}

// TestEndAt_Endless ends such modules at a time of their own, by both kinds of clock.
func TestEndAt_Endless(t *testing.T) {
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			d, events := realModule(t, device.Config{EndAt: 500 * time.Millisecond}, c.code)
			var err error
			took := ends(t, func() { err = d.Run(t.Context()) })
			t.Logf("ended after %v", took)
			if !errors.Is(err, device.ErrCut) {
				t.Fatalf("Run: %v", err)
			}
			wasCut(t, *events, c.trace)
		})
		if c.name == "file" { // the chip's time hardly moves
			continue
		}
		t.Run(c.name+" virtual", func(t *testing.T) {
			var outputs []string
			for range 2 {
				config := device.Config{StateDir: stateWith(t, "init.lua", c.code), EndAt: time.Second}
				if c.name == "no watchdog" {
					config.SoftWatchdog = -1
				}
				m := startConfig(t, config)
				if err := m.Run(t.Context()); !errors.Is(err, device.ErrCut) {
					t.Fatalf("virtual clock: %v", err)
				}
				wasCut(t, m.events, c.trace)
				outputs = append(outputs, m.out.String())
			}
			if outputs[0] != outputs[1] {
				t.Error("two runs differ")
			}
		})
	}
}

// TestStop_NoFuel stops a task that works in Go code which counts nothing: its memory is
// taken away.
func TestStop_NoFuel(t *testing.T) {
	d, events := realModule(t, device.Config{}, "")
	began := make(chan struct{})
	d.Inject(func() {
		close(began)
		d.SpinInMemory()
	})
	go func() {
		<-began
		d.Stop()
	}()
	var err error
	ends(t, func() { err = d.Run(t.Context()) })
	if !errors.Is(err, device.ErrCut) {
		t.Errorf("Run: %v", err)
	}
	wasCut(t, *events, "")
}

// TestEndAt_Exception ends a module while it prints what it has died of, as it does at each
// start, or lets the watchdog bite just then.
func TestEndAt_Exception(t *testing.T) {
	for _, busy := range []time.Duration{0, 2995 * time.Millisecond} {
		exceptions, cuts := 0, 0
		for at := time.Second; at < time.Second+30*time.Millisecond; at += 700 * time.Microsecond {
			m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", ""), EndAt: at + busy})
			m.InjectEachLife(func() {
				m.Loop().Delay(busy)
				m.Fault()
			})
			err := m.Run(t.Context())
			if errors.Is(err, device.ErrCut) {
				cuts++
			} else if err != nil {
				t.Fatal(err)
			}
			for _, e := range m.events {
				switch e.Kind {
				case device.Exception:
					exceptions++
				case device.Watchdog:
					t.Fatal("the watchdog bit a module that had ended")
				}
			}
			m.Close()
		}
		if exceptions == 0 || cuts == 0 {
			t.Errorf("%d exceptions, %d cuts", exceptions, cuts)
		}
	}
}

// TestAside holds that a module in real time does not notice how long somebody looks at it
// between two of its instructions.
func TestAside(t *testing.T) {
	d, events := realModule(t, device.Config{}, "")
	const hold = 1200 * time.Millisecond // more than the watchdog's patience with two of them
	lines := 0
	d.Watch(func(int) {
		lines++
		d.Aside(func() { time.Sleep(hold) })
	})
	began := time.Now()
	d.RunFor(500 * time.Millisecond)
	d.Feed([]byte("local t = tmr.now() local a = 1\n"))
	if err := d.RunFor(500 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if lines == 0 || time.Since(began) < time.Duration(lines)*hold {
		t.Errorf("%d lines, held for %v", lines, time.Since(began))
	}
	if len(*events) != 0 {
		t.Errorf("it noticed: %v", *events)
	}
}

// TestStop_ThenRun holds that a module whose task was cut starts again with power-on, and
// that a Stop that nobody waited for ends the next run.
func TestStop_ThenRun(t *testing.T) {
	m := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua",
		`print(node.bootreason()) if not file.exists('once') then file.putcontents('once', 'x') while true do tmr.wdclr() end end`)})
	if err := m.RunFor(time.Second); !errors.Is(err, device.ErrCut) {
		t.Fatalf("RunFor: %v", err)
	}
	m.printed()
	if got := m.boot(); got != "1\t0\n> " {
		t.Errorf("the next life prints %q", got)
	}
	m.Stop()
	m.runFor(time.Minute)
	if got := m.typed("=1+1\n"); got != "=1+1\n2\n> " {
		t.Errorf("behind a stop: %q", got)
	}
}

// TestRunFor_Endless holds that a step ends as well, also where the work takes the host's
// time more than the chip's.
func TestRunFor_Endless(t *testing.T) {
	for _, code := range []string{"while true do tmr.wdclr() end", "while true do file.putcontents('f', 'x') tmr.wdclr() end"} {
		m := start(t, "init.lua", code)
		var err error
		ends(t, func() { err = m.RunFor(200 * time.Millisecond) })
		if !errors.Is(err, device.ErrCut) {
			t.Errorf("RunFor: %v", err)
		}
		wasCut(t, m.events, "init.lua:1:")
	}
}

// TestRunFor_Continues holds that a task that takes longer than a step of RunFor, and
// ends, is not cut: what follows is as if there were no steps.
func TestRunFor_Continues(t *testing.T) {
	const code = "for i = 1, 40 do tmr.delay(100000) tmr.wdclr() end print(tmr.now() // 1000)"
	whole := start(t, "init.lua", code)
	whole.runFor(6 * time.Second)
	steps := start(t, "init.lua", code)
	for range 6 {
		steps.runFor(time.Second)
	}
	if a, b := whole.printed(), steps.printed(); a != b || !strings.HasSuffix(a, "\n> ") {
		t.Errorf("whole %q, in steps %q", a, b)
	}
}

// TestFeed_Waits holds that who types waits while the module does not read, and is sent
// away when it is closed.
func TestFeed_Waits(t *testing.T) {
	m := start(t, "init.lua", "")
	text := bytes.Repeat([]byte("x = 1\n"), 100_000)
	typed := make(chan int)
	go func() { typed <- m.Feed(text) }()
	for m.Untyped() < device.TypedMax {
		time.Sleep(time.Millisecond)
	}
	select {
	case n := <-typed:
		t.Fatalf("%d bytes were taken at once", n)
	case <-time.After(20 * time.Millisecond):
	}
	if n := m.Untyped(); n > device.TypedMax {
		t.Errorf("%d bytes wait", n)
	}
	m.runFor(30 * time.Second) // reads some 200 KB at 115,200 baud, and makes room
	select {
	case n := <-typed:
		t.Fatalf("%d bytes were taken while the line carries 11,520 a second", n)
	default:
	}
	if n := m.Untyped(); n > device.TypedMax {
		t.Errorf("%d bytes wait", n)
	}
	m.Close()
	if n := <-typed; n >= len(text) || n < 200_000 {
		t.Errorf("%d of %d bytes were typed", n, len(text))
	}
	if n := m.Feed([]byte("x")); n != 0 {
		t.Error("a closed module takes input")
	}
}

// TestFeed_Whole holds that nothing is lost when there is more than may wait.
func TestFeed_Whole(t *testing.T) {
	m := start(t, "init.lua", `local n = 0
		uart.on("data", 100, function(s) n = n + #s if s:find("!") then uart.on("data") print("got", n) end end, 0)`)
	m.boot()
	const pieces = 2000
	go func() {
		m.Feed(bytes.Repeat([]byte(strings.Repeat("x", 100)), pieces))
		m.Feed([]byte(strings.Repeat("!", 100)))
		m.EndInput()
	}()
	if err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := m.printed(); !strings.HasPrefix(got, "got\t200100\n") {
		t.Errorf("%q", got)
	}
}

// TestBug holds that a fault of this program within a task is told as one, resets the
// module, and is the error of the run.
func TestBug(t *testing.T) {
	for _, fault := range []func(){
		func() { panic("BUG: a test") },
		func() { panic(io.ErrUnexpectedEOF) },
		func() { var p *int; *p = 1 },
		func() { _ = make([]byte, 3)[len(endless)] },
	} {
		m := start(t, "init.lua", "print('starts')")
		m.boot()
		m.Inject(fault)
		err := m.RunFor(time.Second)
		if err == nil || !strings.HasPrefix(err.Error(), "BUG: ") || strings.Contains(err.Error()[4:], "BUG") {
			t.Errorf("RunFor: %v", err)
		}
		if n := strings.Count(m.printed(), "starts"); n != 1 {
			t.Errorf("the module started %d times", n)
		}
		var bugs []device.Event
		for _, e := range m.events {
			if e.Kind == device.Bug {
				bugs = append(bugs, e)
			}
		}
		if len(bugs) != 1 {
			t.Fatalf("events %v", m.events)
		}
		for _, want := range []string{"BUG: ", "is a fault of moonlet itself", "Lua 5.3 with int32", "seed 1", "heap 45056", "control_test.go"} {
			if !strings.Contains(bugs[0].Text, want) {
				t.Errorf("the report lacks %q:\n%s", want, bugs[0].Text)
			}
		}
		if err := m.RunFor(time.Second); err != nil { // told once
			t.Errorf("the next run: %v", err)
		}
	}
}

// TestBug_AtEachStart holds that a module that meets a fault of this program at each start
// does not go on for ever.
func TestBug_AtEachStart(t *testing.T) {
	m := start(t, "init.lua", "")
	m.InjectEachLife(func() { panic("again") })
	err := m.Run(t.Context())
	if err == nil || err.Error() != "BUG: again" {
		t.Errorf("Run: %v", err)
	}
	if n := len(m.events); n > 30 {
		t.Errorf("%d events", n)
	}
}

// TestEndAt_DeepSleep holds that a module that sleeps deeply between short lives has all of
// them until the end, also if the end comes by steps.
func TestEndAt_DeepSleep(t *testing.T) {
	const code = "print('boot', node.bootreason()) tmr.create():alarm(1000, 0, function() node.dsleep(1000000) end)"
	whole := startConfig(t, device.Config{StateDir: stateWith(t, "init.lua", code), EndAt: 11 * time.Second})
	if err := whole.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	steps := start(t, "init.lua", code)
	for range 11 {
		steps.runFor(time.Second)
	}
	for _, m := range []*module{whole, steps} {
		if n := strings.Count(m.printed(), "boot\t"); n != 6 {
			t.Errorf("%d boots in 11 s, want 6", n)
		}
	}
}
