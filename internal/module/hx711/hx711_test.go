package hx711_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/gpio"
	"moonlet.example/moonlet/internal/module/hx711"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/tmr"
	part "moonlet.example/moonlet/internal/parts/hx711"
	"moonlet.example/moonlet/internal/parts/source"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/pins"
)

// board is a chip with pins.
type board struct {
	*porttest.Chip
	pins *pins.Bank
}

func (b *board) Pins() port.Pins { return b.pins }

// boot boots a chip with what testdata/hx711.lua says at its pins.
func boot(t *testing.T) (*moduletest.Lua, *board) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	b.pins = pins.New(b.Tasks, 0)
	b.AtReset(b.pins.Reset)
	b.pins.Line(2).Drive(1)
	part.New(b.Tasks, b.pins, part.Config{Clock: 5, Data: 6, Rate: 80, A: source.Config{Value: 10}, B: source.Config{Value: -20}}, 0)
	return moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, UnitTime: time.Microsecond,
		Modules: []state.Module{gpio.Module, hx711.Module, tmr.Module}}), b
}

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	l, _ := boot(t)
	l.Script("testdata/hx711.lua")
}

func TestOutOfMemory(t *testing.T) { moduletest.Editions(t, testOutOfMemory) }

func testOutOfMemory(t *testing.T) {
	l, _ := boot(t)
	l.EveryAllocation("testdata/allocations.lua")
}

// TestDropped holds that samples are dropped while Lua is busy, and counted, once both buffers are
// full.
func TestDropped(t *testing.T) { moduletest.Editions(t, testDropped) }

func testDropped(t *testing.T) {
	l, _ := boot(t)
	l.Do(`hx711.init(5, 6)
		local n = 0
		hx711.start(0, 2, function(data, time, dropped)
			n = n + 1
			print(n, #data, dropped)
			if n == 1 then tmr.delay(112500) end
			if n == 5 then hx711.stop() end
		end)`)
	l.RunFor(time.Second)
	// In the eight or nine samples of the delay both buffers get full, and the rest is lost.
	if got, want := l.Printed(), "1\t6\t0\n2\t6\t0\n3\t6\t0\n4\t6\t4\n5\t6\t0\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestHeap holds what a series takes of Lua's account, and gives back: one block, of a record of 48
// bytes and two buffers. Lua 5.1 with integers counts whole kilobytes.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	l, _ := boot(t)
	l.Do(`hx711.init(5, 6)
		local function f() end
		local count = function() return collectgarbage "count" end
		local a, b, c
		for _ = 1, 4 do -- the first ones let Lua's own tables grow
			a = count() hx711.start(0, 400, f)
			b = count() hx711.stop()
			c = count()
		end
		if 1 / 2 == 0 then
			assert(b - a == 2 or b - a == 3, b - a)
			assert(c - a < 2, c - a)
		else
			assert((b - a) * 1024 == 48 + 2 * 3 * 400, (b - a) * 1024)
			assert(c == a, c - a)
		end`)
}

// TestReleased holds that the pin's interrupts are those of gpio again behind a series, and that
// one ends with the chip's life.
func TestReleased(t *testing.T) { moduletest.Editions(t, testReleased) }

func testReleased(t *testing.T) {
	l, b := boot(t)
	l.Do(`hx711.init(5, 6) hx711.start(0, 1, print) hx711.stop()
		gpio.mode(6, gpio.INT) gpio.trig(6, "down", function() print "edge" gpio.trig(6, "none") end)
		gpio.write(5, 0)`)
	l.RunFor(200 * time.Millisecond)
	if got := l.Printed(); got != "edge\n" {
		t.Errorf("%q", got)
	}
	l.Do("hx711.start(0, 1, function() print 'sample' hx711.stop() end)")
	l.RunFor(200 * time.Millisecond)
	if got := l.Printed(); got != "sample\n" {
		t.Errorf("%q", got)
	}
	l.Do("hx711.start(0, 1, print)")
	l.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	l.RunFor(200 * time.Millisecond)
	for _, code := range []string{"hx711.read()", "hx711.start(0, 1, print)"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.Contains(err.Error(), "hx711.init has not been called") {
			t.Error(err)
		}
	}
	if b.pins.Trigger(6) != port.TriggerNone {
		t.Error("the interrupt is on")
	}
}

// TestTimes holds that a reading lasts until the converter has settled: 50 ms, and twice that for
// other modes than the first.
func TestTimes(t *testing.T) { moduletest.Editions(t, testTimes) }

func testTimes(t *testing.T) {
	l, _ := boot(t)
	l.Do("hx711.init(5, 6)")
	for i, want := range []time.Duration{50 * time.Millisecond, 100 * time.Millisecond} {
		before := l.Tasks.Now()
		if err := l.Exec("hx711.read("+string(rune('0'+i))+")", "=test"); err != nil {
			t.Fatal(err)
		}
		if took := l.Tasks.Now() - before; took < want || took > want+time.Millisecond {
			t.Errorf("mode %d: %v", i, took)
		}
		l.RunFor(time.Millisecond)
	}
}

func TestNoPins(t *testing.T) { moduletest.Editions(t, testNoPins) }

func testNoPins(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{hx711.Module}})
	for _, code := range []string{"hx711.init(1, 2)", "hx711.read()", "hx711.start(0, 1, print)", "hx711.stop()"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no pins") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
