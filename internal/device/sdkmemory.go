package device

import (
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/hostnet"
	"moonlet.example/moonlet/internal/sim/radio"
)

// SDKMemory is what the closed part of the SDK takes from the heap, by who takes it.
type SDKMemory struct {
	Radio radio.HeapUse
	Net   hostnet.HeapUse
}

// DefaultSDKMemory are the best guesses.
func DefaultSDKMemory() SDKMemory {
	return SDKMemory{Radio: radio.DefaultHeapUse(), Net: hostnet.DefaultHeapUse()}
}

// sdkMemory is the chip's heap for the simulators (port.Memory): what they take from it
// is what lwIP and the SDK take on the chip.
type sdkMemory struct{ d *Device }

// Take implements port.Memory.
func (m sdkMemory) Take(size int, what string) port.Block {
	if m.d.heap == nil { // switched off
		return 0
	}
	var at port.Block
	if t := m.d.profile.tracked; t != nil {
		at = t.AllocC(mem.Addr(size), what)
	} else {
		at = m.d.heap.Alloc(mem.Addr(size))
	}
	if at == 0 {
		m.d.memoryShort(size, what)
	}
	return at
}

// Rename implements port.Memory.
func (m sdkMemory) Rename(at port.Block, what string) {
	if t := m.d.profile.tracked; t != nil {
		t.Name(at, what)
	}
}

// Give implements port.Memory.
func (m sdkMemory) Give(at port.Block) {
	if m.d.heap != nil && at != 0 {
		m.d.allocator().Free(at, 0)
	}
}
