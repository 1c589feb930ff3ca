package bloom_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/bloom"
	"moonlet.example/moonlet/internal/module/moduletest"
)

func boot(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{Modules: []state.Module{bloom.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/bloom.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).EveryAllocation("testdata/memory.lua") })
}

func TestReference(t *testing.T) { moduletest.Compare(t, "testdata/cases.lua", bloom.Module) }

// TestAgree: the cases give the same on each edition of Lua.
func TestAgree(t *testing.T) { moduletest.Agree(t, "testdata/cases.lua", bloom.Module) }
