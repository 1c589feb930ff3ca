package rcr

import (
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/port"
)

func TestWithStore(t *testing.T) {
	const program = 0x40200000 + 0x7B123
	region := func(addr, size uint32) port.FlashRegion { return port.FlashRegion{Addr: addr, Size: size} }
	without := slices.DeleteFunc(linked(program, 0, 0, useAll), func(p Partition) bool { return p.Kind == port.PartitionLFS })
	apart := []Partition{part(port.PartitionIROM0, 0x10000, 0x70000), part(port.PartitionLFS, 0x80000, 0x10000),
		part(port.PartitionSPIFFS, 0x100000, 0x80000), part(port.PartitionParameters, 0x3FD000, 0x3000)}
	front := []Partition{part(port.PartitionSPIFFS, 0x1000, 0x8000), part(port.PartitionIROM0, 0x10000, 0x70000)}
	for _, c := range []struct {
		name        string
		table       []Partition
		size        uint32
		lfs, spiffs port.FlashRegion
		fails       string
	}{
		{"never started", linked(program, 0x10000, 0, useAll), 0x20000, region(0x7C000, 0x20000), region(0x9C000, 0x361000), ""},
		{"never started, aligned", linked(program, 0, 0, useAll), 0x1000, region(0x7C000, 0x2000), region(0x7E000, 0x37F000), ""},
		{"never started, no entry", without, 0x20000, region(0x7C000, 0x20000), region(0x9C000, 0x361000), ""},
		{"never started, files apart", linked(program, 0, 0, 0x80000), 0x20000, region(0x7C000, 0x20000), region(0x100000, 0x80000), ""},
		{"larger", DefaultPartitions(flash4M, 0x10000), 0x20000, region(0x90000, 0x20000), region(0xB0000, 0x34D000), ""},
		{"smaller", DefaultPartitions(flash4M, 0x20000), 0x10000, region(0x90000, 0x10000), region(0xA0000, 0x35D000), ""},
		{"new", DefaultPartitions(flash4M, 0), 0x10000, region(0x90000, 0x10000), region(0xA0000, 0x35D000), ""},
		{"the files stay apart", apart, 0x20000, region(0x80000, 0x20000), region(0x100000, 0x80000), ""},
		{"the files give way", apart, 0x90000, region(0x80000, 0x90000), region(0x110000, 0x70000), ""},
		{"no room for files", apart, 0x100000, region(0, 0), region(0, 0), "no room for SPIFFS"},
		{"files in front", front, 0x10000, region(0x80000, 0x10000), region(0x1000, 0x8000), ""},
		{"no program", front[:1], 0x10000, region(0, 0), region(0, 0), "no partition for the program"},
		{"no sectors", apart, 0x10100, region(0, 0), region(0, 0), "whole sectors"},
	} {
		before := slices.Clone(c.table)
		got, err := WithStore(c.table, c.size, flash4M)
		if !slices.Equal(before, c.table) {
			t.Errorf("%s: the table itself was changed", c.name)
		}
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v, want %q", c.name, err, c.fails)
			}
			continue
		}
		if lfs, files := Find(got, port.PartitionLFS), Find(got, port.PartitionSPIFFS); err != nil || lfs != c.lfs || files != c.spiffs {
			t.Errorf("%s: %v, LFS %#v, SPIFFS %#v", c.name, err, lfs, files)
		}
	}
}
