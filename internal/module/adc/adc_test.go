package adc_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/adc"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	sim "moonlet.example/moonlet/internal/sim/adc"
)

// board is a chip with an analog input, which is connected to a value, and whose mode is kept.
type board struct {
	*porttest.Chip
	input  *sim.Input
	value  float64
	supply bool
}

func (b *board) ADC() port.ADC            { return b.input }
func (b *board) Records() port.Records    { return b.Sys }
func (b *board) At(time.Duration) float64 { return b.value }
func (b *board) LoadSupplyMode() bool     { return b.supply }
func (b *board) SaveSupplyMode(on bool)   { b.supply = on }

func boot(t *testing.T) (*moduletest.Lua, *board) {
	b := &board{Chip: porttest.New(t, porttest.Config{}), value: 512}
	b.input = sim.New(b.Tasks, b)
	b.input.Connect(b)
	b.AtReset(b.input.Start)
	return moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{adc.Module}}), b
}

func TestScript(t *testing.T) { moduletest.Editions(t, testScript) }

func testScript(t *testing.T) {
	l, _ := boot(t)
	l.Script("testdata/adc.lua")
}

func TestOutOfMemory(t *testing.T) { moduletest.Editions(t, testOutOfMemory) }

func testOutOfMemory(t *testing.T) {
	l, _ := boot(t)
	l.OutOfMemory("testdata/adc.lua")
}

// TestModes holds that a mode counts from the next start on.
func TestModes(t *testing.T) { moduletest.Editions(t, testModes) }

func testModes(t *testing.T) {
	l, b := boot(t)
	restart := port.ResetInfo{Raw: 2, Reason: port.ResetRestart}
	b.value = 1024
	l.Do("assert(adc.read(0) == 1024) assert(adc.force_init_mode(adc.INIT_VDD33))")
	l.Reboot(restart)
	l.Do("assert(adc.read(0) == 65535 and adc.readvdd33() == 3300)")
	l.Do("assert(not adc.force_init_mode(adc.INIT_VDD33)) assert(adc.force_init_mode(adc.INIT_ADC))")
	l.Do("assert(adc.read(0) == 65535 and adc.readvdd33() == 3300)")
	l.Reboot(restart)
	l.Do("assert(adc.read(0) == 1024 and adc.readvdd33() == 65535)")
}

func TestNone(t *testing.T) { moduletest.Editions(t, testNone) }

func testNone(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{adc.Module}})
	for _, code := range []string{"adc.read(0)", "adc.readvdd33()", "adc.force_init_mode(0)"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.Contains(err.Error(), "this board has no analog input") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
