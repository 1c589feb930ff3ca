package rcr

import (
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/port"
)

func part(kind, addr, size uint32) Partition {
	return Partition{kind, port.FlashRegion{Addr: addr, Size: size}}
}

// linked is the table that is linked into a firmware (rompt, app/user/user_main.c).
func linked(end, lfs, spiffsAt, spiffs uint32) []Partition {
	return []Partition{
		part(port.PartitionEagleROM, 0, 0xB000), part(port.PartitionRFCal, 0xD000, 0x1000),
		part(port.PartitionPhyData, 0xF000, 0x1000), part(port.PartitionIROM0, 0x10000, 0),
		part(port.PartitionLFS, 0, lfs), part(port.PartitionSPIFFS, spiffsAt, spiffs),
		part(port.PartitionParameters, 0, 0x3000), part(0, end, 0),
	}
}

// older is that of a build with the SDK's parameters in front of the program, all that is
// left for SPIFFS, and the kinds of nodemcu-master-19-modules-2019-12-31.
func older(end, lfs uint32) []Partition {
	return []Partition{
		part(port.PartitionEagleROM, 0, 0xB000), part(port.PartitionRFCal, 0xB000, 0x1000),
		part(port.PartitionPhyData, 0xC000, 0x1000), part(port.PartitionParameters, 0xD000, 0x3000),
		part(port.PartitionIROM0, 0x10000, 0), part(port.PartitionLFS, 0, lfs), part(port.PartitionSPIFFS, 0, useAll),
		part(0, end, 0),
	}
}

func TestFirstBoot(t *testing.T) {
	const program = 0x40200000 + 0x8F123
	for _, c := range []struct {
		name        string
		table       []Partition
		lfs, spiffs port.FlashRegion
		fails       string
	}{
		{"the build's default", linked(program, 0, 0, useAll), port.FlashRegion{}, port.FlashRegion{Addr: 0x90000, Size: 0x36D000}, ""},
		{"a store", linked(program, 0x10100, 0, useAll), port.FlashRegion{Addr: 0x90000, Size: 0x12000}, port.FlashRegion{Addr: 0xA2000, Size: 0x35B000}, ""},
		{"a small file system floats", linked(program, 0x10000, 0, 0x80000), port.FlashRegion{Addr: 0x90000, Size: 0x10000}, port.FlashRegion{Addr: 0x100000, Size: 0x80000}, ""},
		{"a large one does not", linked(program, 0, 0, 0x300000), port.FlashRegion{}, port.FlashRegion{Addr: 0x90000, Size: 0x300000}, ""},
		{"a place that is taken", linked(program, 0, 0x20000, 0x80000), port.FlashRegion{}, port.FlashRegion{Addr: 0x100000, Size: 0x80000}, ""},
		{"a place", linked(program, 0, 0x200000, 0x80000), port.FlashRegion{}, port.FlashRegion{Addr: 0x200000, Size: 0x80000}, ""},
		{"no file system", linked(program, 0, 0, 0), port.FlashRegion{}, port.FlashRegion{}, ""},
		{"all of it from a place on: too much", linked(program, 0, 0x100000, useAll), port.FlashRegion{}, port.FlashRegion{}, "behind the chip's end"},
		{"no sectors", linked(program, 0, 0, 0x80100), port.FlashRegion{}, port.FlashRegion{}, "whole sectors"},
		{"a build of before September 2020", older(program, 0), port.FlashRegion{}, port.FlashRegion{Addr: 0x90000, Size: 0x370000}, ""},
		{"the same with a store", older(program, 0x10000), port.FlashRegion{Addr: 0x90000, Size: 0x10000}, port.FlashRegion{Addr: 0xA0000, Size: 0x360000}, ""},
	} {
		if !Unfinished(c.table) {
			t.Fatalf("%s: the table counts as finished", c.name)
		}
		got, err := FirstBoot(c.table, flash4M)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v, want %q", c.name, err, c.fails)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if lfs, files := Find(got, port.PartitionLFS), Find(got, port.PartitionSPIFFS); lfs != c.lfs || files != c.spiffs {
			t.Errorf("%s: LFS %+v, SPIFFS %+v", c.name, lfs, files)
		}
		if again, err := FirstBoot(got, flash4M); err != nil || !slices.Equal(got, again) || Unfinished(got) {
			t.Errorf("%s: a second boot changes the table: %v", c.name, err)
		}
	}
}

// TestFirstBoot_Default holds that DefaultPartitions is what a first boot makes.
func TestFirstBoot_Default(t *testing.T) {
	for _, lfs := range []uint32{0, 0x10000, 0x40000} {
		got, err := FirstBoot(linked(0x40200000+ProgramEnd, lfs, 0, useAll), flash4M)
		if want := DefaultPartitions(flash4M, lfs); err != nil || !slices.Equal(got, want) {
			t.Errorf("LFS of %#x: %v, %v", lfs, got, err)
		}
	}
}

func TestCheck(t *testing.T) {
	if err := Check(DefaultPartitions(flash4M, 0), 2<<20); err == nil {
		t.Error("a table of a larger chip was taken")
	}
	if err := Check([]Partition{part(1, 0x1000, 0xFFFFF000)}, flash4M); err == nil {
		t.Error("an end beyond 32 bits was taken")
	}
	if err := Check([]Partition{part(1, 0x1000, 0)}, flash4M); err == nil {
		t.Error("a partition without a size was taken")
	}
	if err := Check([]Partition{part(1, 0x1000, 0x2000), part(2, 0x2000, 0x1000)}, flash4M); err == nil {
		t.Error("two that overlap were taken")
	}
}
