package device

import (
	"fmt"

	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/machine"
	"moonlet.example/moonlet/internal/lua/rom"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/module/bit"
	"moonlet.example/moonlet/internal/module/file"
	"moonlet.example/moonlet/internal/module/gpio"
	"moonlet.example/moonlet/internal/module/net"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/module/sjson"
	"moonlet.example/moonlet/internal/module/structmod"
	"moonlet.example/moonlet/internal/module/tmr"
	"moonlet.example/moonlet/internal/module/uart"
	"moonlet.example/moonlet/internal/module/wifi"
)

// The chip's data memory, 80 KB (ESP8266 Technical Reference, memory map; the
// firmware's linker script ld/nodemcu.ld). Static variables of the modules lie at
// its start. What the SDK and the network stack occupy there for good is not
// simulated: the heap just begins where the profile says. What they take from the heap
// later is taken here, too (sdkmemory.go).
const (
	ramStart  mem.Addr = 0x3FFE8000
	ramEnd    mem.Addr = 0x3FFFC000
	staticEnd          = ramStart + 8<<10
)

// minFreeHeap is the least Config.FreeHeap in bytes.
const minFreeHeap = 8 << 10

// bootUse is what a module without an application has taken from the heap when
// it waits at its prompt, in bytes, apart from what the SDK has. A test measures it.
const bootUse = 9064

// moduleNames are the modules of the build in the form of the banner.
const moduleNames = "bit,file,gpio,net,node,pipe,sjson,struct,tmr,uart,wifi"

// link makes the ROM: as in the firmware's device build, the basic functions are
// entries of the table ROM itself.
func (d *Device) link() (*rom.Image, error) {
	main := &state.ROTable{Name: "ROM", Entries: stdlib.BaseTable().Entries}
	e := d.edition()
	modules := append([]state.Module{e.Support()}, stdlib.Standard(main, e.Model, false)...)
	modules = append(modules,
		bit.Module, file.Module, gpio.ModuleWithPulse, gpio.PulseModule, net.Module, pipe.Module, sjson.Module, structmod.Module,
		tmr.Module, uart.Module, wifi.Module,
		node.New(node.Options{
			PipeCreate: pipe.Create, Manual: true,
			LoadFile: func(L state.State, path string) state.Status {
				return stdlib.LoadFile(L, path, true, "")
			},
		}),
		console,
	)
	return rom.Link(e.Model, main, modules)
}

// edition is the Lua that a module runs.
func (d *Device) edition() machine.Edition { return editions.For(d.config.Model) }

// mapMemory backs the chip's address space with memory.
func (d *Device) mapMemory() error {
	image, err := d.link()
	if err != nil {
		return fmt.Errorf("BUG: %w", err)
	}
	d.image = image
	if err := image.Map(d.space); err != nil {
		return err
	}
	return d.space.Map(ramStart, ramEnd-ramStart, mem.ReadWrite)
}

// MappedBytes is how much memory of the host backs the chip's address space at
// most.
func (d *Device) MappedBytes() int { return d.space.MappedBytes() }
