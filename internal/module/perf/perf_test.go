package perf_test

import (
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/perf"
)

func boot(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{Modules: []state.Module{perf.Module}, UnitTime: time.Microsecond})
}

func TestScript(t *testing.T) { boot(t).Script("testdata/perf.lua") }
func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/perf.lua") })
}

// TestTotal holds that there is a sample each 50 µs, also while nothing runs.
func TestTotal(t *testing.T) { moduletest.Editions(t, testTotal) }

func testTotal(t *testing.T) {
	l := boot(t)
	l.Do("perf.start()")
	l.RunFor(2 * time.Hour)
	l.Do("local n = perf.stop() assert(n >= 144000000 and n < 144000100, n)")
}

// TestHeap holds what a session has on the heap: 28 bytes and four for each bin in a userdata,
// and 32 for the timer, which stay.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	l := boot(t)
	l.Do("start, stop = perf.start, perf.stop start(0, 1000, 1000) stop() collectgarbage() collectgarbage()")
	l.FillHoles()
	L := l.Machine.State()
	before := L.FreeHeap()
	L.GC(state.GCStop, 0)
	L.GetGlobal("start")
	for _, n := range []int64{0, 100, 100} {
		L.PushInteger(n)
	}
	l.Tasks.Exec(func() { L.PCall(3, 0, 0) })
	L.SetTop(0)
	if got, want := before-L.FreeHeap(), moduletest.Blocks(l.Userdata(28+400)); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
	l.Do("stop() collectgarbage() collectgarbage()")
	if lost := before - L.FreeHeap(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
}
