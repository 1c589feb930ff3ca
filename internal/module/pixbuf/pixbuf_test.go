package pixbuf_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/pixbuf"
)

func boot(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{Modules: []state.Module{pixbuf.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/pixbuf.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).EveryAllocation("testdata/memory.lua") })
}

func TestReference(t *testing.T) { moduletest.Compare(t, "testdata/cases.lua", pixbuf.Module) }

// TestAgree: the cases give the same on each edition of Lua.
func TestAgree(t *testing.T) { moduletest.Agree(t, "testdata/cases.lua", pixbuf.Module) }
