package wifi

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Offsets of the firmware's static variables, and their size. References are
// words.
const (
	vFormat   = 0 // byte: output format of the scan under way
	vScan     = 4 // callback of the scan
	vQueue    = 8 // table of events that were not processed yet
	vCallback = 12
	vSize     = vCallback + 4*(int(idMax)+1)
)

// variables are the static variables of the module.
type variables struct {
	m  mem.Mem
	at state.Addr
}

func statics(L state.State) variables {
	return variables{L.Mem(), L.Host().(port.Chip).System().Static("wifi", vSize)}
}

func (v variables) format() uint8              { return v.m.U8(v.at + vFormat) }
func (v variables) setFormat(f uint8)          { v.m.SetU8(v.at+vFormat, f) }
func (v variables) ref(f state.Addr) int       { return int(v.m.I32(v.at + f)) }
func (v variables) setRef(f state.Addr, n int) { v.m.SetI32(v.at+f, int32(n)) }

// callback is where the reference of an event's callback is; the number idMax
// stands for all that have none.
func callback(id eventID) state.Addr { return vCallback + 4*state.Addr(id) }

// register pops a value and keeps it in f instead of the one before.
func (v variables) register(L state.State, f state.Addr) {
	ref := L.Ref(state.RegistryIndex)
	L.Unref(state.RegistryIndex, v.ref(f))
	v.setRef(f, ref)
}

func (v variables) unregister(L state.State, f state.Addr) {
	L.Unref(state.RegistryIndex, v.ref(f))
	v.setRef(f, state.NoRef)
}
