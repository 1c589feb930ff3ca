package bme280math_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/bme280math"
	"moonlet.example/moonlet/internal/module/moduletest"
)

func boot(t *testing.T) *moduletest.Lua {
	return moduletest.Boot(t, moduletest.Config{Modules: []state.Module{bme280math.Module}})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/bme280_math.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).EveryAllocation("testdata/memory.lua") })
}

func TestReference(t *testing.T) { moduletest.Compare(t, "testdata/cases.lua", bme280math.Module) }
