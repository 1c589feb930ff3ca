package structmod_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/structmod"
)

func boot(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{Modules: []state.Module{structmod.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/struct.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/struct.lua") })
}
