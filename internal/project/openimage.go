package project

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/chipmap"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// stateSuffix follows the name of an image: the state directory beside it.
const stateSuffix = ".state"

// IsImage tells whether the project is the image of a chip.
func (p *Project) IsImage() bool { return p.image != "" }

// Save keeps what the module writes in the image that the project is, and its Wi-Fi
// settings in a directory beside it. Without it both are gone at the end.
func (p *Project) Save() error {
	if !p.IsImage() {
		return &Error{Where: "--save", Problem: "this goes with the image of a flash chip; what a project's module writes is in its flash memory, see --state and --flash"}
	}
	if p.older {
		return &Error{Where: "--save", Problem: "the module's settings would be written over the firmware of " + p.image + ", which is older than NodeMCU 3"}
	}
	p.save = true
	if !p.Temporary {
		return nil
	}
	if err := p.removeTemporary(); err != nil {
		return err
	}
	p.StateDir, p.Temporary, p.memory = p.image+stateSuffix, false, false
	d, err := p.files.OpenDir(filepath.Dir(p.image))
	if err != nil {
		return hostErrorf(err, "opening the directory of the image")
	}
	p.opened = append(p.opened, d)
	p.stateIn, p.stateName = d, filepath.Base(p.image)+stateSuffix
	return nil
}

// Saves tells whether what the module writes is kept.
func (p *Project) Saves() bool { return !p.IsImage() || p.save }

// Lost tells whether the module wrote to its chip what nobody keeps, but could.
func (p *Project) Lost() bool {
	return !p.Saves() && !p.older && p.chip != nil && p.chip.Changed()
}

const notWithImage = "this does not go with the image of a chip, which has its size, its store and its files"

// openImage makes a project of the image of a chip. All of it is in there, so there are no
// sources.
func (p *Project) openImage(path string, info fs.FileInfo, o *Options) (err error) {
	if !info.Mode().IsRegular() {
		return &Error{Where: path, Problem: "this is neither a directory nor a file"}
	}
	if flash.CheckSize(int(info.Size())) != nil {
		return &Error{Where: path, Problem: fmt.Sprintf(
			"this is neither a directory, nor a .lua or .lc file, nor the image of a whole flash chip: that has 512 KB, 1, 2, 4, 8 or 16 MB, and this file %d bytes", info.Size())}
	}
	for _, f := range o.Flags {
		if slices.Contains([]string{"flash", "flash-size", "file", "lfs", "lfs-file", "resource"}, f.Flag) {
			return &Error{Where: "--" + f.Flag, Problem: notWithImage}
		}
	}
	for _, key := range []string{"flash", "flash_size", "files", "lfs", "lfs_files", "resources"} {
		if _, ok := o.Values[key]; ok {
			return &Error{Where: keys.InProgram, Key: key, Problem: notWithImage}
		}
	}
	p.Dir, p.image = filepath.Dir(path), path
	if err := p.configure(keys.Items{}, o); err != nil {
		return err
	}
	if p.data, err = flash.ReadChipOn(p.files, path); err != nil {
		return hostErrorf(err, "reading the image")
	}
	if err := p.readImage(o); err != nil {
		return err
	}
	return p.temporaryState(o)
}

// readImage finds out what a firmware would do with a chip, and how it was built.
func (p *Project) readImage(o *Options) error {
	data := p.data
	fail := func(format string, args ...any) error {
		return &Error{Where: p.image, Problem: fmt.Sprintf(format, args...) + "; \"moonlet flash inspect\" tells more"}
	}
	page, err := rcr.Load(data[rcr.PageAddr : rcr.PageAddr+rcr.PageSize])
	if err != nil {
		return fmt.Errorf("BUG: %w", err)
	}
	table, ok := page.Table()
	ok = ok && len(table) > 0
	if !ok {
		systems := spiffs.Search(data)
		if len(systems) == 1 && systems[0].Offset == 0 && systems[0].Size == len(data) {
			return &Error{Where: p.image, Problem: `this is a file system without a flash chip around it, which "moonlet spiffs" works with`}
		}
		if t := adopted(data, systems); t != nil && !flash.Blank(page.Bytes()) {
			return p.adopt(t)
		}
	}
	size := flash.FirmwareSize(data)
	switch {
	case flash.Blank(data):
		return fail("the whole chip is erased: there is no firmware and no application; \"moonlet flash create\" makes an image of a project")
	case !ok:
		return fail("there is no partition table at 0x%06x, without which the firmware does not start: this is no chip with NodeMCU 3.0, or it is damaged", rcr.PageAddr)
	case size < rcr.LeastChip:
		return fail("the firmware does not start on a chip of %s: it wants %s or more", chipmap.Size(size), chipmap.Size(rcr.LeastChip))
	}
	if table, err = rcr.FirstBoot(table, uint32(size)); err != nil {
		return fail("the firmware does not start with this partition table: %v", err)
	}
	region := rcr.Find(table, port.PartitionLFS)
	p.settings.config.LFSSize = knownStore(region)
	p.buildOf(data[region.Addr:region.Addr+region.Size], o)
	return nil
}

// buildOf takes edition and numbers of the firmware from its store, unless the user says them: nothing else in a chip
// tells. Where that leaves two number models, the first one is the likely one.
func (p *Project) buildOf(partition []byte, o *Options) {
	given := func(key string) bool {
		return o.Values[key] != nil || slices.ContainsFunc(o.Flags, func(f Setting) bool { return f.Flag == key })
	}
	if given("number") || given("lua") {
		return
	}
	s, err := store.Read(partition)
	b := &p.settings.config.Build
	switch {
	case err != nil:
	case s.Lua51:
		b.Lua = editions.Lua51(s.Integral).Name
	case len(s.Models) > 0:
		b.Numbers = s.Models[0]
	}
}

// adopted is a table for a chip whose firmware is older than the partition table, nil if none
// of its file systems is such that today's firmware mounts it.
func adopted(data []byte, systems []spiffs.Geometry) []rcr.Partition {
	const files = rcr.PageAddr + rcr.PageSize // the first place that they can have
	for _, g := range systems {
		if found, err := spiffs.Find(data, g.Offset, g.Size); err == nil && found == g && g.Offset >= files {
			return []rcr.Partition{
				{Kind: port.PartitionIROM0, FlashRegion: port.FlashRegion{Addr: rcr.PageAddr, Size: uint32(g.Offset - rcr.PageAddr)}},
				{Kind: port.PartitionSPIFFS, FlashRegion: port.FlashRegion{Addr: uint32(g.Offset), Size: uint32(g.Size)}},
			}
		}
	}
	return nil
}

// adopt gives the image a partition table instead of what lay there, and the size of the
// chip in the boot image: such a firmware finds that out itself.
func (p *Project) adopt(t []rcr.Partition) error {
	page, err := rcr.Load(slices.Repeat([]byte{0xFF}, rcr.PageSize))
	if err != nil {
		return fmt.Errorf("BUG: %w", err)
	}
	page.WriteTable(t)
	p.data = slices.Clone(chipmap.ForChip(p.data, len(p.data)))
	copy(p.data[rcr.PageAddr:], page.Bytes())
	p.older = true
	p.Warnings = append(p.Warnings, fmt.Sprintf("the chip has no partition table, so its firmware is older than NodeMCU 3: "+
		"the module starts with the files that are at 0x%06x", rcr.Find(t, port.PartitionSPIFFS).Addr))
	return nil
}

// knownStore is the size of the store of a build that made a partition, 0 if no build that
// can be configured has it.
func knownStore(r port.FlashRegion) int {
	if r.Size > uint32(device.MaxLFS) || r.Size%flash.SectorSize != 0 {
		return 0
	}
	return int(r.Size)
}
