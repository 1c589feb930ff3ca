// Package adc is the module adc: the analog input, which reads its pin or the supply.
package adc

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Values of byte 107 of the radio's init data.
const (
	initADC    = 0x00
	initSupply = 0xFF
)

// Module declares adc.
var Module = state.Module{
	Name: "adc",
	Table: &state.ROTable{Name: "adc", Entries: []state.Entry{
		state.Fn("read", read),
		state.Fn("readvdd33", readSupply),
		state.Fn("force_init_mode", forceMode),
		state.Int("INIT_ADC", initADC),
		state.Int("INIT_VDD33", initSupply),
	}},
}

func input(L state.State) port.ADC {
	a, ok := port.ADCOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoADC.Error())
	}
	return a
}

// read is adc.read(0). There is one input.
func read(L state.State) int {
	a := input(L)
	if id := int32(L.CheckInteger(1)); id != 0 {
		return L.Errorf("adc %d does not exist", int(id))
	}
	L.PushInteger(int64(uint16(a.Read())))
	return 1
}

// readSupply is adc.readvdd33().
func readSupply(L state.State) int {
	L.PushInteger(int64(input(L).Supply()))
	return 1
}

// forceMode is adc.force_init_mode(mode). It tells whether that is another one, which counts
// from the next start on.
func forceMode(L state.State) int {
	a := input(L)
	mode := uint8(L.CheckInteger(1))
	L.ArgCheck(mode == initADC || mode == initSupply, 1, "Invalid mode")
	if r, ok := port.RecordsOf(L.Host()); ok && r.Partition(port.PartitionPhyData).Size == 0 {
		return L.Errorf("flash read error")
	}
	changes := a.SupplyMode() != (mode == initSupply)
	if changes {
		a.SetSupplyMode(mode == initSupply)
	}
	L.PushBoolean(changes)
	return 1
}
