package rotary_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/rotary"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/parts/encoder"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/pins"
)

const ms = time.Millisecond

// board is a chip with pins, and a knob at the pins 1, 2 and 5.
type board struct {
	*porttest.Chip
	pins *pins.Bank
	knob *encoder.Part
}

func (b *board) Pins() port.Pins { return b.pins }

func boot(t *testing.T) (*moduletest.Lua, *board) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	b.pins = pins.New(b.Tasks, 0)
	b.AtReset(b.pins.Reset)
	b.knob = encoder.New(b.Tasks, b.pins, encoder.Config{A: 1, B: 2, Push: 5})
	l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{rotary.Module, tmr.Module}})
	l.RunFor(20 * ms)
	return l, b
}

// setup has a knob that prints all its events by name, and the time since the last one in ms.
const setup = `
	names = {"press", "long", "release", "turn", "click", "double"}
	function event(mask, pos, time)
		local n = 1
		while mask > 1 do mask = mask / 2 n = n + 1 end
		print(names[n], pos)
	end
	rotary.setup(0, 1, 2, 5)
	rotary.on(0, rotary.ALL, event)`

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	l, _ := boot(t)
	l.Script("testdata/rotary.lua")
}

func TestOutOfMemory(t *testing.T) { moduletest.Editions(t, testOutOfMemory) }

func testOutOfMemory(t *testing.T) {
	l, _ := boot(t)
	l.EveryAllocation("testdata/rotary.lua")
}

// TestEvents holds which events come of what is done, by the rules of app/modules/rotary.c.
func TestEvents(t *testing.T) { moduletest.Editions(t, testEvents) }

func testEvents(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(l *moduletest.Lua, k *encoder.Part)
		want string
	}{
		"right":        {func(_ *moduletest.Lua, k *encoder.Part) { k.Turn(1) }, "turn 1 turn 2 turn 3 turn 4"},
		"left":         {func(_ *moduletest.Lua, k *encoder.Part) { k.Turn(-1) }, "turn -1 turn -2 turn -3 turn -4"},
		"there again":  {func(_ *moduletest.Lua, k *encoder.Part) { k.Turn(1); k.Turn(-1) }, "turn 1 turn 2 turn 3 turn 4 turn 3 turn 2 turn 1 turn 0"},
		"click":        {func(_ *moduletest.Lua, k *encoder.Part) { k.Press(100 * ms) }, "press 0 release 0 click 0"},
		"long":         {func(_ *moduletest.Lua, k *encoder.Part) { k.Press(700 * ms) }, "press 0 long 0 release 0 click 0"},
		"bounces":      {func(_ *moduletest.Lua, k *encoder.Part) { k.Press(5 * ms) }, "press 0 long 0"},
		"double click": {func(l *moduletest.Lua, k *encoder.Part) { k.Press(100 * ms); l.RunFor(300 * ms); k.Press(100 * ms) }, "press 0 release 0 press 0 release 0 double 0"},
		"two clicks": {func(l *moduletest.Lua, k *encoder.Part) { k.Press(100 * ms); l.RunFor(700 * ms); k.Press(100 * ms) },
			"press 0 release 0 click 0 press 0 release 0 click 0"},
	} {
		l, b := boot(t)
		l.Do(setup)
		c.do(l, b.knob)
		l.RunFor(3 * time.Second)
		if got := strings.Join(strings.Fields(strings.ReplaceAll(l.Printed(), ".0", "")), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestBusy holds that turns while Lua is busy become one, and that presses between them stay.
func TestBusy(t *testing.T) { moduletest.Editions(t, testBusy) }

func testBusy(t *testing.T) {
	l, b := boot(t)
	l.Do(setup)
	b.knob.Turn(10)
	l.Do("tmr.delay(100000)")
	l.RunFor(10 * ms)
	got := strings.Fields(strings.ReplaceAll(l.Printed(), ".0", ""))
	if len(got) < 2 || len(got) > 4 || got[len(got)-1] != "40" {
		t.Errorf("%q", got)
	}
	l.Do("assert(rotary.getpos(0) == 40)")
}

// TestInCallback holds that a callback may close its knob, and that all of it is gone at a reset.
func TestInCallback(t *testing.T) { moduletest.Editions(t, testInCallback) }

func testInCallback(t *testing.T) {
	l, b := boot(t)
	for _, event := range []string{"TURN", "PRESS", "RELEASE", "CLICK", "DBLCLICK", "LONGPRESS"} {
		l.Do("rotary.setup(0, 1, 2, 5) rotary.on(0, rotary." + event + ", function() rotary.close(0) print 'closed' end)")
		b.knob.Turn(2)
		l.RunFor(100 * ms)
		for range 2 {
			b.knob.Press(100 * ms)
			l.RunFor(200 * ms)
		}
		l.RunFor(time.Second)
		b.knob.Press(900 * ms)
		l.RunFor(2 * time.Second)
		if got := l.Printed(); got != "closed\n" {
			t.Errorf("%s: %q", event, got)
		}
	}
	l.Do(setup)
	l.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	b.knob.Turn(1)
	l.RunFor(time.Second)
	if got := l.Printed(); got != "" {
		t.Errorf("%q", got)
	}
	if err := l.Machine.CheckHeap(); err != nil {
		t.Error(err)
	}
}

// TestNoSwitch holds that a knob without a switch counts as pressed once it is turned, as in the
// firmware.
func TestNoSwitch(t *testing.T) { moduletest.Editions(t, testNoSwitch) }

func testNoSwitch(t *testing.T) {
	l, b := boot(t)
	l.Do("rotary.setup(0, 1, 2) local _, p = rotary.getpos(0) assert(p == rotary.RELEASE)")
	b.knob.Turn(1)
	l.RunFor(20 * ms)
	l.Do("local pos, p = rotary.getpos(0) assert(pos == 4 and p == rotary.PRESS)")
	b.knob.Turn(-1)
	l.RunFor(20 * ms)
	l.Do("assert(rotary.getpos(0) == 0)")
	b.knob.Turn(-1)
	l.RunFor(ms)
	l.Do("assert(rotary.getpos(0) == nil)") // pressed at -1
}

// TestHeap holds what a knob takes: records of 64 and 100 bytes.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	b.pins = pins.New(b.Tasks, 0)
	var free []int
	l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{rotary.Module},
		Output: func(L state.State, p []byte) {
			if string(p) == "x" {
				free = append(free, L.FreeHeap())
			}
		}})
	l.Do("function look() print 'x' rotary.setup(0, 1, 2) print 'x' rotary.close(0) end look()")
	l.FillHoles()
	free = nil
	l.Do("look()")
	if len(free) != 2 || free[0]-free[1] != moduletest.Blocks(64, 100) {
		t.Errorf("free are %v, want a difference of %d", free, moduletest.Blocks(64, 100))
	}
}

func TestNoPins(t *testing.T) { moduletest.Editions(t, testNoPins) }

func testNoPins(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{rotary.Module}})
	for _, code := range []string{"rotary.setup(0, 1, 2)", "rotary.getpos(0)", "rotary.close(0)", "rotary.on(0, 1)"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no pins") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
