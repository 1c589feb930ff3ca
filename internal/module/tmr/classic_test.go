package tmr_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/port"
)

func bootClassic(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{UnitTime: time.Microsecond, Modules: []state.Module{tmr.Classic}})
}

func TestClassic(t *testing.T) { bootClassic(t).Script("testdata/classic.lua") }
func TestClassicOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { bootClassic(t).EveryAllocation("testdata/classic.lua") })
}

// TestClassicHeap: timers by number take nothing but their functions' places in the registry, and
// the heap is back when they are unregistered.
func TestClassicHeap(t *testing.T) { moduletest.Editions(t, testClassicHeap) }

func testClassicHeap(t *testing.T) {
	l := bootClassic(t)
	code := `local f = function() end
for i = 0, 6 do tmr.alarm(i, 1000, 1, f) end for i = 0, 6 do tmr.unregister(i) end
collectgarbage() collectgarbage() a = a or 0`
	l.Do(code)
	before := l.Machine.TotalBytes()
	for range 50 {
		l.Do(code)
	}
	if now := l.Machine.TotalBytes(); now > before+16 {
		t.Errorf("%d bytes, then %d", before, now)
	}
	l.Do("for i = 0, 6 do tmr.alarm(i, 10, 0, function() end) end")
	l.RunFor(time.Second)
	l.Do("collectgarbage() collectgarbage()")
	l.Do(code)
	if now := l.Machine.TotalBytes(); now > before+16 {
		t.Errorf("%d bytes, then %d", before, now)
	}
}

// TestClassicReset: a reset forgets the timers, and an error in a function is one of the task.
func TestClassicReset(t *testing.T) { moduletest.Editions(t, testClassicReset) }

func testClassicReset(t *testing.T) {
	l := bootClassic(t)
	l.Do("tmr.alarm(0, 100, 1, function() print 'old' end)")
	l.Reboot(port.ResetInfo{})
	l.Do("assert(tmr.state(0) == nil)")
	l.RunFor(time.Second)
	if s := l.Printed(); strings.Contains(s, "old") {
		t.Errorf("%q", s)
	}
}
