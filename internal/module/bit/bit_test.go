package bit_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/bit"
	"moonlet.example/moonlet/internal/module/moduletest"
)

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	moduletest.Boot(t, moduletest.Config{Modules: []state.Module{bit.Module}}).Script("testdata/bit.lua")
}
