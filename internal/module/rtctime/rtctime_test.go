package rtctime_test

import (
	"errors"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/rtctime"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
)

// board is a chip with RTC memory and the ESP8266's SDK.
type board struct{ *porttest.Chip }

func (b board) RTC() port.RTCMemory { return b.Sys }
func (b board) SDK() port.SDK       { return b.Sys }

func boot(t *testing.T) *moduletest.Lua {
	chip := porttest.New(t, porttest.Config{})
	return moduletest.Boot(t, moduletest.Config{
		Chip: chip, Host: board{chip}, Modules: []state.Module{rtctime.Module}, UnitTime: time.Microsecond,
	})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/rtctime.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/rtctime.lua") })
}

// sleep runs a chunk that turns the chip off, lets the time pass and wakes it up.
func sleep(t *testing.T, l *moduletest.Lua, code string) *sdk.Ending {
	t.Helper()
	if err := l.Exec(code, "=test"); !errors.Is(err, moduletest.ErrOff) {
		t.Fatalf("%s: %v", code, err)
	}
	e := l.Sys.Pending()
	l.Tasks.Reset()
	l.RunFor(e.Sleep)
	l.Reboot(e.Next)
	return e
}

// TestSleep holds that the chip goes to sleep in the midst of the task, whatever else was to
// come after it, and wakes up with the time.
func TestSleep(t *testing.T) { moduletest.Editions(t, testSleep) }

func testSleep(t *testing.T) {
	l := boot(t)
	l.Do("rtctime.set(1436430589, 0)")
	e := sleep(t, l, "pcall(rtctime.dsleep, 5000000, 4) error'still awake'")
	if e.Next.Reason != port.ResetDeepSleep || e.SleepOption != 4 || (e.Sleep-5*time.Second).Abs() > 10*time.Microsecond {
		t.Errorf("%+v", e)
	}
	l.Do("local s, us = rtctime.get() assert(s == 1436430594, s) assert(us < 100000, us)")
	l.Sys.Restart()
	e = sleep(t, l, "rtctime.dsleep_aligned(60000000, 1000000)")
	if e.Next.Reason != port.ResetDeepSleep {
		t.Errorf("%+v", e)
	}
	l.Do("local s, us = rtctime.get() assert(s == 1436430600, s) assert(us < 100000, us)")
	sleep(t, l, "rtctime.dsleep(0)")
	l.Do("assert(rtctime.get() == 1436430600)")
	sleep(t, l, "local co = coroutine.wrap(function(...) rtctime.dsleep(...) end) co(-1)")
	l.Do("assert(rtctime.get() == 1436430600 + 4294)")
}

// TestLost holds which resets lose the time.
func TestLost(t *testing.T) { moduletest.Editions(t, testLost) }

func testLost(t *testing.T) {
	for _, reason := range []port.ResetReason{port.ResetPowerOn, port.ResetHardwareWatchdog, port.ResetException,
		port.ResetSoftWatchdog, port.ResetRestart, port.ResetDeepSleep, port.ResetExternal} {
		l := boot(t)
		l.Do("rtctime.set(1436430589, 0)")
		l.Reboot(port.ResetInfo{Raw: 2, Reason: reason})
		l.Do("local s, us, rate = rtctime.get() assert(s == 0 and us == 0 and rate == 0)")
		l.Do("rtctime.set(1436430589) assert(rtctime.get() == 1436430589)")
	}
}

// TestDay holds that the clock goes on over days, in which its counter overflows.
func TestDay(t *testing.T) { moduletest.Editions(t, testDay) }

func testDay(t *testing.T) {
	l := boot(t)
	l.Do("rtctime.set(1436400000, 0)")
	l.RunFor(48 * time.Hour)
	l.Do("local s = rtctime.get() assert(s == 1436400000 + 48 * 3600, s)")
}

// TestBoardWithout holds that the time can be set on a chip without RTC memory and SDK.
func TestBoardWithout(t *testing.T) { moduletest.Editions(t, testBoardWithout) }

func testBoardWithout(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{rtctime.Module}})
	l.Do("rtctime.set(1436430589) assert(rtctime.get() == 1436430589)")
	if err := l.Exec("rtctime.dsleep(1, 1)", "=test"); !errors.Is(err, moduletest.ErrOff) {
		t.Error(err)
	}
}
