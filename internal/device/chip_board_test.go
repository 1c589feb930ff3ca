package device_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// flashed is a chip with a firmware that has not started yet: a boot image that tells a
// size, a program with the table in it, and what follows that.
func flashed(t *testing.T, size int, code byte, older bool) *flash.Chip {
	t.Helper()
	chip := newChip(t, size)
	chip.Write(0, []byte{0xE9, 1, 2, code << 4})
	words := []uint32{
		port.PartitionEagleROM, 0, 0xB000, port.PartitionRFCal, 0xD000, 0x1000, port.PartitionPhyData, 0xF000, 0x1000,
		port.PartitionIROM0, 0x10000, 0, port.PartitionLFS, 0, 0x10000, port.PartitionSPIFFS, 0, 0xFFFFFFFF,
		port.PartitionParameters, 0, 0x3000, 0, 0x4027B000, 0,
	}
	if older { // nodemcu/nodemcu-firmware#3260
		words = []uint32{
			port.PartitionEagleROM, 0, 0xB000, port.PartitionRFCal, 0xB000, 0x1000, port.PartitionPhyData, 0xC000, 0x1000,
			port.PartitionParameters, 0xD000, 0x3000, port.PartitionIROM0, 0x10000, 0, port.PartitionLFS, 0, 0x10000,
			port.PartitionSPIFFS, 0, 0xFFFFFFFF, 0, 0x4027B000, 0,
		}
	}
	page := []byte{byte(len(words)), byte(port.RecordPartitions), 0, 0}
	for _, w := range words {
		page = binary.LittleEndian.AppendUint32(page, w)
	}
	chip.Write(rcr.PageAddr, page)
	chip.Write(rcr.PageAddr+rcr.PageSize, bytes.Repeat([]byte("prog"), 1000))
	return chip
}

// TestChip_Flashed starts a module from chips as the flasher leaves them.
func TestChip_Flashed(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  int
		code  byte // of the size in the boot image
		older bool
		files string // file.fscfg()
		store string // size of the LFS
	}{
		{"4 MB", 4 << 20, 4, false, "573440\t3604480", "65536"},
		{"a boot image for 1 MB", 4 << 20, 2, false, "573440\t458752", "65536"},
		{"a build of before September 2020", 4 << 20, 4, true, "573440\t3620864", "65536"},
		{"a boot image for a larger chip", 1 << 20, 4, false, "573440\t458752", "65536"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chip := flashed(t, c.size, c.code, c.older)
			before := bytes.Clone(chip.Bytes())
			m := onChip(t, chip, 0)
			m.boot()
			m.typed("file.putcontents('a', 'text')\n")
			if got := m.answer("=file.fscfg()"); got != c.files+"\n> " {
				t.Errorf("the file system is at %q", got)
			}
			if got := m.answer("=node.info('lfs').lfs_size"); got != c.store+"\n> " {
				t.Errorf("the store has %q", got)
			}
			closeModule(t, m)
			for _, r := range [][2]int{{0, rcr.PageAddr}, {rcr.PageAddr + rcr.PageSize, 0x7B000}} {
				if !bytes.Equal(before[r[0]:r[1]], chip.Bytes()[r[0]:r[1]]) {
					t.Errorf("the firmware between %#x and %#x was changed", r[0], r[1])
				}
			}
			m = onChip(t, chip, 0)
			m.boot()
			if got := m.answer("=file.getcontents('a')"); got != "text\n> " {
				t.Errorf("after power-on %q", got)
			}
		})
	}
}

// TestChip_Foreign holds that a chip with another firmware is left alone.
func TestChip_Foreign(t *testing.T) {
	chip := newChip(t, flash.DefaultSize)
	chip.Write(0, bytes.Repeat([]byte("boot"), 1000))
	chip.Write(rcr.PageAddr, bytes.Repeat([]byte("code"), 3000))
	before := bytes.Clone(chip.Bytes())
	_, err := device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: t.TempDir(), Chip: chip})
	if !errors.Is(err, storage.ErrNoTable) {
		t.Errorf("a module with another firmware: %v", err)
	}
	if !bytes.Equal(before, chip.Bytes()) {
		t.Error("the chip was changed")
	}
	bad := flashed(t, 1<<20, 2, false)
	bad.Write(rcr.PageAddr+4+3*12+8, []byte{0, 0, 0, 0}) // stays 0
	bad.Write(rcr.PageAddr+4+7*12+4, []byte{1, 0, 0, 0}) // the program ends at address 0
	if _, err := device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: t.TempDir(), Chip: bad}); err == nil || !strings.Contains(err.Error(), "does not start") {
		t.Errorf("a table that the firmware stops at: %v", err)
	}
}

// TestChip_Torn is about chips on which the partition table is not whole: with nothing else
// it is a new chip, on which the power went at the first start; with something else the
// firmware does not start.
func TestChip_Torn(t *testing.T) {
	for _, c := range []struct {
		name    string
		page    []byte
		more    bool // there is something else
		size    int
		refused string
	}{
		{"new", nil, false, 1 << 20, ""},
		{"a header alone", []byte{18, 1, 0, 0}, false, 1 << 20, ""},
		{"half a table", []byte{18, 1, 0, 0, 101, 0, 0, 0}, false, 1 << 20, ""},
		{"no record", []byte("else"), false, 1 << 20, "has no partition table"},
		{"erased", nil, true, 1 << 20, "has no partition table"},
		{"half a table and files", []byte{18, 1, 0, 0, 101, 0, 0, 0}, true, 1 << 20, "is damaged"},
		{"too small", nil, false, 512 << 10, "does not start on a flash chip of 524288 bytes"},
	} {
		chip := newChip(t, c.size)
		chip.Write(rcr.PageAddr, c.page)
		if c.more {
			chip.Write(0x40000, []byte("more"))
		}
		before := bytes.Clone(chip.Bytes())
		d, err := device.New(device.Config{Files: &hostfile.Host{NoSync: true}, StateDir: t.TempDir(), Chip: chip})
		if err == nil {
			err = d.Close()
		}
		switch {
		case c.refused == "" && err != nil, c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%s: %v", c.name, err)
		case c.refused != "" && !bytes.Equal(before, chip.Bytes()):
			t.Errorf("%s: the chip was changed", c.name)
		case c.refused == "":
			if table, ok := pageOf(t, chip).Table(); !ok || rcr.Check(table, uint32(c.size)) != nil {
				t.Errorf("%s: the table is %v", c.name, table)
			}
		}
	}
}

// TestChip_Lua51 holds that the store of a board with Lua 5.1 is neither used nor erased.
func TestChip_Lua51(t *testing.T) {
	chip := flashed(t, 4<<20, 4, false)
	store := append([]byte{0x56, 0xA1, 0xFA, 0xFA}, bytes.Repeat([]byte("code"), 500)...)
	chip.Write(0x7C000, store)
	m := onChip(t, chip, 0)
	m.boot()
	if got := m.answer("=node.LFS.list and #(node.LFS.list() or {})"); !strings.HasSuffix(got, "0\n> ") && !strings.HasSuffix(got, "nil\n> ") {
		t.Errorf("the store has %q", got)
	}
	if got := m.answer("=1+1"); got != "2\n> " {
		t.Errorf("the prompt answers %q", got)
	}
	if len(m.events) == 0 || !strings.Contains(m.events[0].Text, "was made for Lua 5.1") {
		t.Errorf("events %v", m.events)
	}
	closeModule(t, m)
	if !bytes.Equal(chip.Bytes()[0x7C000:0x7C000+len(store)], store) {
		t.Error("the store was changed")
	}
}
