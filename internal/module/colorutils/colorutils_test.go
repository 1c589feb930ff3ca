package colorutils_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/colorutils"
	"moonlet.example/moonlet/internal/module/moduletest"
)

func boot(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{Modules: []state.Module{colorutils.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/color_utils.lua") })
}

func TestReference(t *testing.T) { moduletest.Compare(t, "testdata/cases.lua", colorutils.Module) }

// TestAgree: the cases give the same on each edition of Lua.
func TestAgree(t *testing.T) { moduletest.Agree(t, "testdata/cases.lua", colorutils.Module) }
