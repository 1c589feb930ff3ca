package tmr_test

import (
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/tmr"
)

func boot(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{
		UnitTime: time.Microsecond,
		Modules:  []state.Module{tmr.Module, node.New(node.Options{})},
	})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/tmr.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/tmr.lua") })
}

func TestSoftWatchdogOfApplication(t *testing.T) {
	moduletest.Editions(t, testSoftWatchdogOfApplication)
}

func testSoftWatchdogOfApplication(t *testing.T) {
	l := boot(t)
	l.Do("tmr.softwd(3)")
	l.RunFor(3500 * time.Millisecond)
	l.Do("tmr.softwd(-1)")
	l.RunFor(time.Minute)
	if l.Sys.Pending() != nil {
		t.Error("restarted though it was turned off")
	}
	l.Do("tmr.softwd(3)")
	l.RunFor(5 * time.Second)
	if l.Sys.Pending() == nil {
		t.Error("did not restart")
	}
}
