package node_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// TestClassicOutput: the function of node.output gets text, at once.
func TestClassicOutput(t *testing.T) { moduletest.Editions(t, testClassicOutput) }

func testClassicOutput(t *testing.T) {
	c := bootWith(t, true)
	c.Do(`got = "" node.output(function(s, ...) assert(select("#", ...) == 0) got = got .. s end) print "both" node.output() print(got)`)
	if got := c.Printed(); got != "both\nboth\n\n" {
		t.Errorf("%q", got)
	}
	c.Do(`got = "" node.output(function(s) got = got .. s end, 0) print("only", 1) node.output(nil, 0) print(got)`)
	if got := c.Printed(); got != "only\t1\n\n" {
		t.Errorf("%q", got)
	}
	// What the function prints goes to the serial port.
	c.Do(`node.output(function(s) print("in " .. s:upper()) end, 0) print "out" node.output() print "end"`)
	if got := c.Printed(); !strings.Contains(got, "in OUT") || !strings.HasSuffix(got, "end\n") {
		t.Errorf("%q", got)
	}
	c.Do(`node.output(function(s) error "broken" end, 0) print "x"`)
	if got := c.Printed(); !strings.HasPrefix(got, "error calling the function of node.output (") || !strings.Contains(got, "broken") {
		t.Errorf("%q", got)
	}
	if c.Sys.Pending() == nil {
		t.Error("did not restart")
	}
	c.Reboot(port.ResetInfo{})
	c.Do(`print "again"`)
	if got := c.Printed(); got != "again\n" {
		t.Errorf("after a reset: %q", got)
	}
}

func TestClassicOutOfMemory(t *testing.T) { moduletest.Editions(t, testClassicOutOfMemory) }

func testClassicOutOfMemory(t *testing.T) {
	bootWith(t, true).EveryAllocation("testdata/classic.lua")
}

// TestClassicSupply: what node.readvdd33 says on a board without an analog input.
func TestClassicSupply(t *testing.T) { moduletest.Editions(t, testClassicSupply) }

func testClassicSupply(t *testing.T) {
	err := bootWith(t, true).Exec("node.readvdd33()", "=test")
	if err == nil || !strings.HasSuffix(err.Error(), "this board has no analog input") {
		t.Error(err)
	}
	b := &adcBoard{porttest.New(t, porttest.Config{})}
	l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{node.New(node.Options{Classic: true})}})
	l.Do("assert(node.readvdd33() == 3210)")
}

// adcBoard is a chip with an analog input.
type adcBoard struct{ *porttest.Chip }

func (b *adcBoard) ADC() port.ADC { return b }

func (b *adcBoard) Read() int          { return 0 }
func (b *adcBoard) Supply() int        { return 3210 }
func (b *adcBoard) SupplyMode() bool   { return true }
func (b *adcBoard) SetSupplyMode(bool) {}
