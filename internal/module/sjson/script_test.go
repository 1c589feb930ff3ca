package sjson_test

import (
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/sjson"
)

func TestScripts(t *testing.T) { moduletest.Editions(t, testScripts) }

func testScripts(t *testing.T) {
	for _, name := range []string{"sjson", "leaks"} {
		t.Run(name, func(t *testing.T) {
			moduletest.Boot(t, moduletest.Config{Modules: []state.Module{sjson.Module}}).Script("testdata/" + name + ".lua")
		})
	}
}
