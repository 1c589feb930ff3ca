// Package perf is the module perf, which on a chip looks each 50 µs where the processor is and
// makes a histogram of the addresses (app/modules/perf.c).
//
// There is no machine code here, so no sample has an address: all of them are outside of the
// histogram, whose range and bins are those that the firmware makes. How many there are is right.
// They are not taken one by one, but counted when somebody asks, since nothing else comes of them.
package perf

import (
	"math/bits"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Module declares perf.
var Module = state.Module{
	Name: "perf",
	Table: &state.ROTable{Name: "perf", Entries: []state.Entry{
		state.Fn("start", start),
		state.Fn("stop", stop),
	}},
}

// Static variables.
const (
	offData    = 0 // the userdata of the session, 0 for none
	offTimer   = 4 // the record of the hardware timer, which stays
	offBegan   = 8 // when the session began, in µs since power-on, 64 bits
	staticSize = 16
)

// The userdata of a session (DATA). Its bins are behind it.
const (
	dataRef   = 0
	dataStart = 4
	dataShift = 8
	dataCount = 12
	dataSize  = 28
)

const (
	samplePeriod = 50 * time.Microsecond
	timerSize    = 32 // timer_user, app/platform/hw_timer.c
	defaultStart = 0x40000000
	// defaultEnd is where a typical program ends in the processor's window of the flash chip
	// (_flash_used_end).
	defaultEnd  = 0x40290000
	defaultBins = 1024
)

func statics(L state.State) mem.Addr {
	return L.Host().(port.Chip).System().Static("perf", staticSize)
}

// start is perf.start([start [, end [, bins]]]).
func start(L state.State) int {
	begin, end := uint32(L.OptInteger(1, defaultStart)), uint32(L.OptInteger(2, defaultEnd))
	bins := uint32(L.OptInteger(3, defaultBins))
	if end <= begin {
		return L.Errorf("end must be larger than start")
	}
	if bins == 0 {
		return L.ArgError(3, "at least one bin expected") // the firmware divides by zero
	}
	// Bins have the smallest power of two that makes no more of them than that.
	size := (uint64(end-begin) + uint64(bins) - 1) / uint64(bins)
	shift := bits.Len64(size - 1)
	count := (uint64(end-begin) + 1<<shift - 1) >> shift
	m, at := L.Mem(), statics(L)
	d := L.NewUserdata(int(dataSize + 4*count))
	m.SetU32(d+dataStart, begin)
	m.SetU32(d+dataShift, uint32(shift))
	m.SetU32(d+dataCount, uint32(count))
	m.SetI32(d+dataRef, int32(L.Ref(state.RegistryIndex)))
	if old := m.Ptr(at + offData); old != 0 {
		L.Unref(state.RegistryIndex, int(m.I32(old+dataRef)))
	}
	m.SetPtr(at+offData, d)
	if m.Ptr(at+offTimer) == 0 {
		timer := L.Alloc(timerSize)
		if timer == 0 {
			m.SetPtr(at+offData, 0)
			L.Unref(state.RegistryIndex, int(m.I32(d+dataRef)))
			return L.Errorf("Unable to initialize timer")
		}
		m.SetPtr(at+offTimer, timer)
	}
	m.SetU64(at+offBegan, now(L))
	return 0
}

// now is the time since power-on in µs.
func now(L state.State) uint64 {
	return uint64(L.Host().(port.Chip).Loop().Now() / time.Microsecond)
}

// stop is perf.stop(): how many samples there were, how many of them outside of the histogram,
// the histogram, and the size of its bins; nothing if there is no session.
func stop(L state.State) int {
	m, at := L.Mem(), statics(L)
	d := m.Ptr(at + offData)
	if d == 0 {
		return 0
	}
	m.SetPtr(at+offData, 0)
	total := uint32((now(L) - m.U64(at+offBegan)) / uint64(samplePeriod/time.Microsecond))
	L.PushInteger(int64(total))
	L.PushInteger(int64(total))
	L.NewTable()
	L.PushInteger(1 << m.U32(d+dataShift))
	L.Unref(state.RegistryIndex, int(m.I32(d+dataRef)))
	return 4
}
