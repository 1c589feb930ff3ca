package rtcmem_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/rtcmem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// board is a chip with RTC memory.
type board struct{ *porttest.Chip }

func (b board) RTC() port.RTCMemory { return b.Sys }

func boot(t *testing.T) *moduletest.Lua {
	chip := porttest.New(t, porttest.Config{})
	return moduletest.Boot(t, moduletest.Config{Chip: chip, Host: board{chip}, Modules: []state.Module{rtcmem.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/rtcmem.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/rtcmem.lua") })
}

// TestResets holds that every reset leaves the memory alone, and the power takes it away.
func TestResets(t *testing.T) { moduletest.Editions(t, testResets) }

func testResets(t *testing.T) {
	l := boot(t)
	first := l.Sys.RTCWord(9)
	l.Do("rtcmem.write32(0, 1, 2, 3) rtcmem.write32(127, 4)")
	for reason := port.ResetHardwareWatchdog; reason <= port.ResetExternal; reason++ {
		l.Reboot(port.ResetInfo{Raw: 2, Reason: reason})
		l.Do("local a, b, c = rtcmem.read32(0, 3) assert(a == 1 and b == 2 and c == 3 and rtcmem.read32(127) == 4)")
		if l.Sys.RTCWord(9) != first {
			t.Error("a reset has changed what nobody wrote")
		}
	}
	l.Reboot(port.ResetInfo{Raw: 1, Reason: port.ResetPowerOn})
	l.Do("local a, b, c = rtcmem.read32(0, 3) assert(a ~= 1 and b ~= 2 and c ~= 3)")
	if l.Sys.RTCWord(9) == first {
		t.Error("there is the same in the memory each time that the power comes")
	}
}

// TestNone holds what the functions say on a board without RTC memory.
func TestNone(t *testing.T) { moduletest.Editions(t, testNone) }

func testNone(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{rtcmem.Module}})
	for _, code := range []string{"rtcmem.read32(0)", "rtcmem.write32(0, 1)"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.Contains(err.Error(), "this board has no RTC memory") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
