// Package rtcmem is the module rtcmem: the memory in the real time clock, which survives
// resets and deep sleep.
package rtcmem

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Module declares rtcmem.
var Module = state.Module{
	Name: "rtcmem",
	Table: &state.ROTable{Name: "rtcmem", Entries: []state.Entry{
		state.Fn("read32", read32),
		state.Fn("write32", write32),
	}},
}

func memory(L state.State) port.RTCMemory {
	m, ok := port.RTCOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoRTC.Error())
	}
	return m
}

// read32 is rtcmem.read32(index [, n]). It gives as many words as there are from there on,
// and none at all if that many values would be too many for the stack.
func read32(L state.State) int {
	m := memory(L)
	i, n := int(int32(L.CheckInteger(1))), 1
	if L.GetTop() >= 2 {
		v, _ := L.ToInteger(2)
		n = int(int32(v))
	}
	if n <= 0 || !L.CheckStack(n) || i < 0 {
		return 0
	}
	n = min(n, max(m.RTCWords()-i, 0))
	for k := range n {
		L.PushInteger(int64(m.RTCWord(i + k))) // negative if integers are that short
	}
	return n
}

// write32 is rtcmem.write32(index, value...). The firmware looks at the upper end only, and
// writes to the SDK's part of the memory for a negative index; the manual says that nothing
// happens.
func write32(L state.State) int {
	m := memory(L)
	i, n := int(int32(L.CheckInteger(1))), L.GetTop()-1
	L.ArgCheck(i+n <= m.RTCWords(), 1, "RTC mem would overrun")
	for k := range n {
		v, _ := L.ToInteger(2 + k)
		m.SetRTCWord(i+k, uint32(v))
	}
	return 0
}
