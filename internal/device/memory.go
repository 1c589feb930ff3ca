package device

import (
	"fmt"

	"moonlet.example/moonlet/internal/console"
	"moonlet.example/moonlet/internal/heap"
	"moonlet.example/moonlet/internal/mem"
)

// minFreeHeap is the least Config.FreeHeap in bytes.
const minFreeHeap = 8 << 10

// bootUse is what a module without an application has taken from the heap when
// it waits at its prompt, in bytes, apart from what the SDK has. A test measures it.
const bootUse = 11408

// link finds the firmware of the module's build.
func (d *Device) link() (err error) {
	d.firmware, err = d.config.Build.Link(&console.Module)
	return err
}

// mapMemory backs the chip's address space with memory.
func (d *Device) mapMemory() (err error) {
	if d.space, err = d.firmware.NewSpace(); err != nil {
		return fmt.Errorf("cannot reserve the module's address space: %w", err)
	}
	d.mem = d.space.Mem()
	return nil
}

// MappedBytes is how much memory of the host backs the chip's address space at
// most.
func (d *Device) MappedBytes() int { return d.space.MappedBytes() }

// atPrompt is what a module without an application has taken from the heap when it waits
// at its prompt: the SDK opens a network of its own by default.
func (c *Config) atPrompt() int {
	n := bootUse
	if use := c.SDKMemory.Radio.AccessPoint; use > 0 {
		n += (use + heap.Overhead + 7) &^ 7
	}
	return n
}

// maxFreeHeap is the largest Config.FreeHeap in bytes.
func (c *Config) maxFreeHeap() int {
	return int(c.Build.ChipOrDefault().Memory.Heap().Size()) - c.atPrompt()
}

// newHeap makes the heap of a life, before the SDK starts: what that takes is not free
// any more when Lua comes.
func (d *Device) newHeap() {
	end := d.firmware.Chip.Memory.RAM.End
	start := end - mem.Addr(d.config.FreeHeap+d.config.atPrompt())
	d.heap = d.firmware.Chip.NewHeap(d.mem, start, end)
	d.profile.begin(d)
}
