package cron_test

import (
	"cmp"
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/cron"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/rtctime"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// board is a chip with RTC memory.
type board struct{ *porttest.Chip }

func (b board) RTC() port.RTCMemory { return b.Sys }

func boot(t *testing.T) *moduletest.Lua {
	chip := porttest.New(t, porttest.Config{})
	return moduletest.Boot(t, moduletest.Config{
		Chip: chip, Host: board{chip}, UnitTime: time.Microsecond,
		Modules: []state.Module{cron.Module, rtctime.Module, tmr.Module, node.New(node.Options{})},
	})
}

// TestScript has more minutes to wait for than Script does.
func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	code, err := os.ReadFile("testdata/cron.lua")
	if err != nil {
		t.Fatal(err)
	}
	l := boot(t)
	l.Do(string(code))
	l.RunFor(10 * time.Minute)
	if s := l.Printed(); s != "cron: ok\n" {
		t.Error(s)
	}
	if top := l.Machine.State().GetTop(); top != 0 {
		t.Errorf("%d values are left on the stack", top)
	}
	if err := l.Machine.CheckHeap(); err != nil {
		t.Error(err)
	}
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/cron.lua") })
}

// TestTimes holds when the functions are called: one second after the start at the earliest,
// then at each full minute, also over a day and after the time was set.
func TestTimes(t *testing.T) { moduletest.Editions(t, testTimes) }

func testTimes(t *testing.T) {
	l := boot(t)
	l.Do(`n = 0 cron.schedule("* * * * *", function() n = n + 1 local s, us = rtctime.get() print(s, math.floor(us / 1000)) end)`)
	l.RunFor(10 * time.Second)
	if s := l.Printed(); s != "" {
		t.Errorf("without a time it was called at %s", s)
	}
	l.Do("rtctime.set(946684830)")
	l.RunFor(2 * time.Minute)
	lines := strings.Fields(l.Printed())
	if len(lines) != 6 || lines[0] != "946684831" && lines[0] != "946684830" || lines[2] != "946684860" || lines[4] != "946684920" || len(lines[3]) > 2 {
		t.Errorf("called at %v", lines)
	}
	l.Do("n = 0")
	l.RunFor(24 * time.Hour)
	l.Printed()
	l.Do("assert(n == 24 * 60, n)")
	// In the last second of a minute it is early for the next.
	l.Do("cron.reset() rtctime.set(1000000019, 100000)") // 01:46:59.1
	l.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	l.Do(`rtctime.set(1000000018, 200000) cron.schedule("47 1 * * *", function() print(rtctime.get()) end)`)
	l.RunFor(100 * time.Second)
	if s := strings.Fields(l.Printed()); len(s) != 3 || s[0] != "1000000019" {
		t.Errorf("called at %v", s)
	}
}

// TestKept holds that entries are kept as long as they are scheduled, and not longer.
func TestKept(t *testing.T) { moduletest.Editions(t, testKept) }

func testKept(t *testing.T) {
	l := boot(t)
	l.Do(`for i = 1, 3 do cron.schedule("* * * * *", function() end) end
		local function free() collectgarbage() collectgarbage() return node.heap() end
		local function round() for i = 1, 50 do cron.schedule("* * * * *", function() end):unschedule() end return free() end
		round() -- makes the registry large enough
		local before = round()
		local after = round()
		assert(before == after, before - after)
		cron.reset()
		assert(free() > after)`)
	o := cron.Owners()[0]
	l.Do(`entry = cron.schedule("* * * * *", function() end)`)
	L := l.Machine.State()
	L.GetGlobal("entry")
	if refs, inUse := o.References(L.Mem(), L.ToUserdata(-1)); len(refs) != 2 || !inUse {
		t.Errorf("an entry that is scheduled: %v, %t", refs, inUse)
	}
	l.Do("entry:unschedule()")
	L.GetGlobal("entry")
	if refs, inUse := o.References(L.Mem(), L.ToUserdata(-1)); len(refs) != 1 || inUse {
		t.Errorf("an entry that is not scheduled: %v, %t", refs, inUse)
	}
	L.SetTop(0)
}

// TestError holds that an error in a function is told, and that the others are called.
func TestError(t *testing.T) { moduletest.Editions(t, testError) }

func testError(t *testing.T) {
	l := boot(t)
	l.Do(`cron.schedule("* * * * *", function() error"broken" end)
		cron.schedule("* * * * *", function() print"called" end) rtctime.set(946684830)`)
	l.RunFor(1500 * time.Millisecond)
	if s := l.Printed(); !strings.Contains(s, "broken") || !strings.Contains(s, "called") {
		t.Error(s)
	}
}

// TestEachAllocation lets each allocation fail in turn, of making entries, changing and
// collecting them.
func TestEachAllocation(t *testing.T) { moduletest.Editions(t, testEachAllocation) }

func testEachAllocation(t *testing.T) {
	l := boot(t)
	for n := range 60 {
		l.Do("rtctime.set(946684830)")
		l.Heap.FailAfter = n
		err := l.Exec(`local list = {}
			for i = 1, 3 do list[i] = cron.schedule("* * * * *", function() list = nil end) end
			list[2]:handler(function() end) list[2]:unschedule() list[2]:schedule("*/2 * * * *") list[3]:unschedule()`, "=test")
		l.Heap.FailAfter = -1
		if err != nil && !strings.Contains(err.Error(), "memory") {
			t.Errorf("failing after %d: %v", n, err)
		}
		l.RunFor(3 * time.Second)
		l.Do("collectgarbage() cron.reset() collectgarbage()")
		if s := l.Printed(); s != "" {
			t.Errorf("failing after %d: %s", n, s)
		}
		if err := cmp.Or(l.Heap.Check(), l.Machine.CheckHeap()); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		l.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	}
}
