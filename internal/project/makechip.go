package project

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/chipmap"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// Firmware is a file of a firmware and where it goes in the chip.
type Firmware struct {
	Name string
	Addr int
	Data []byte
}

// end is the address behind the last sector that the file takes.
func (f *Firmware) end() int {
	return f.Addr + (len(f.Data)+flash.SectorSize-1)/flash.SectorSize*flash.SectorSize
}

// ChipOptions tell what a chip is made of besides the project.
type ChipOptions struct {
	// Base is the chip to begin with, nil for an erased one. Its firmware, the radio's
	// data and the settings of the SDK stay.
	Base     []byte
	BaseName string
	// Firmware is flashed before everything else.
	Firmware []Firmware
	// Time is that of the store's image, in seconds since 1970; 0 for the time of its
	// newest file.
	Time int64
}

// MadeChip is a chip that MakeChip made.
type MadeChip struct {
	Chip     *flash.Chip // in memory
	Uploaded []Uploaded
	// Notes are what the user should know.
	Notes []string
}

// MakeChip makes the chip of a module that has the project's store and files and has not
// run yet. The same project gives the same bytes.
func (p *Project) MakeChip(o ChipOptions) (*MadeChip, error) {
	if p.IsImage() {
		return nil, &Error{Where: p.image, Problem: "this is the image of a chip already, not a project"}
	}
	chip, err := p.baseChip(&o)
	if err != nil {
		return nil, err
	}
	m := &MadeChip{Chip: chip}
	if err := m.flash(o.Firmware); err != nil {
		return nil, err
	}
	store, err := m.partition(p, &o)
	if err != nil {
		return nil, err
	}
	q := p.Apart()
	q.chip, q.unkept = chip, true
	q.settings.config.LFSSize = knownStore(store)
	if o.Time != 0 && q.Image != nil {
		q.Image = q.Image.WithTime(o.Time)
	}
	if m.Uploaded, err = q.Upload(); err != nil {
		return nil, err
	}
	return m, nil
}

// baseChip is the chip to begin with.
func (p *Project) baseChip(o *ChipOptions) (*flash.Chip, error) {
	size := p.settings.flashSize
	switch {
	case o.Base == nil && size == 0:
		size = flash.DefaultSize
	case o.Base != nil && size != 0 && size != len(o.Base):
		return nil, &Error{Where: o.BaseName, Key: "flash_size", Problem: fmt.Sprintf("the chip has %s, not %s", chipmap.Size(len(o.Base)), chipmap.Size(size))}
	case o.Base != nil:
		size = len(o.Base)
	}
	if size < rcr.LeastChip {
		return nil, &Error{Where: "flash_size", Problem: fmt.Sprintf("the firmware does not start on a chip of %s: it wants %s or more", chipmap.Size(size), chipmap.Size(rcr.LeastChip))}
	}
	var chip *flash.Chip
	var err error
	if o.Base != nil {
		chip, err = flash.CopyOf(o.Base)
	} else {
		chip, err = flash.NewChip(size)
	}
	if err != nil {
		return nil, &Error{Where: o.BaseName, Problem: err.Error()}
	}
	return chip, nil
}

// flash writes a firmware as a flasher does: it erases the sectors that a file has a part
// in, and puts the size of the chip into the header of the boot image.
func (m *MadeChip) flash(files []Firmware) error {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b Firmware) int { return a.Addr - b.Addr })
	end, before := 0, ""
	for _, f := range files {
		switch {
		case len(f.Data) == 0:
			return &Error{Where: f.Name, Problem: "it is empty"}
		case f.Addr%flash.SectorSize != 0:
			return &Error{Where: f.Name, Problem: fmt.Sprintf("no sector begins at 0x%x: want a multiple of 0x1000", f.Addr)}
		case f.end() > m.Chip.Size():
			return &Error{Where: f.Name, Problem: fmt.Sprintf("with %d bytes from 0x%06x on it ends behind the chip of %s", len(f.Data), f.Addr, chipmap.Size(m.Chip.Size()))}
		case f.Addr < end:
			return &Error{Where: f.Name, Problem: fmt.Sprintf("it begins at 0x%06x, and %s ends at 0x%06x", f.Addr, before, end)}
		}
		end, before = f.end(), f.Name
		data := f.Data
		if f.Addr == 0 {
			if data = chipmap.ForChip(data, m.Chip.Size()); !bytes.Equal(data, f.Data) {
				m.Notes = append(m.Notes, fmt.Sprintf("%s is for a chip of another size: its header says %s now", f.Name, chipmap.Size(m.Chip.Size())))
			}
		}
		m.Chip.Clear(f.Addr, f.end())
		whole := slices.Repeat([]byte{0xFF}, f.end()-f.Addr)
		copy(whole, data)
		m.Chip.Write(f.Addr, whole)
	}
	return nil
}

// partition brings the partition table into force and erases the store and the file
// system. It returns the partition of the store.
func (m *MadeChip) partition(p *Project, o *ChipOptions) (store port.FlashRegion, err error) {
	page, err := rcr.In(m.Chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		return store, fmt.Errorf("BUG: %w", err)
	}
	was, ok := page.Table()
	ok = ok && len(was) > 0
	lfs, size := uint32(p.settings.config.LFSSize), uint32(flash.FirmwareSize(m.Chip.Bytes()))
	if p.settings.anyLFS && rcr.Find(was, port.PartitionLFS).Size != 0 {
		lfs = 0 // the build's own is as good
	}
	var table []rcr.Partition
	switch where := o.name(); {
	case !ok && where != "":
		return store, &Error{Where: where, Problem: fmt.Sprintf("there is no partition table at 0x%06x: this is no firmware of NodeMCU 3.0, or a part of it is missing", rcr.PageAddr)}
	case !ok:
		table, err = rcr.DefaultPartitions(size, lfs), rcr.Check(rcr.DefaultPartitions(size, lfs), size)
	case lfs != 0 && rcr.Find(was, port.PartitionLFS).Size != lfs:
		table, err = rcr.WithStore(was, lfs, size)
	default:
		table, err = rcr.FirstBoot(was, size)
	}
	if err != nil {
		return store, &Error{Where: "partition table", Problem: err.Error()}
	}
	if !page.WriteTable(table) {
		return store, &Error{Where: o.name(), Problem: "there is no room for the partition table in its records"}
	}
	page.Delete(port.RecordFlashLFS) // the file that it names is gone
	if init, ok := page.Read(port.RecordInit); ok {
		text, _, _ := strings.Cut(string(init), "\x00")
		m.Notes = append(m.Notes, fmt.Sprintf("a record of %s is kept that starts %q, not init.lua", o.BaseName, text))
	}
	if err := m.checkStore(table, o); err != nil {
		return store, err
	}
	if rcr.Unfinished(was) {
		was = nil // there are no places in it yet
	}
	for _, t := range [][]rcr.Partition{was, table} {
		for _, kind := range []uint32{port.PartitionLFS, port.PartitionSPIFFS} {
			eraseRegion(m.Chip, rcr.Find(t, kind))
		}
	}
	return rcr.Find(table, port.PartitionLFS), nil
}

// name is whose partition table it is, "" if nobody brings one.
func (o *ChipOptions) name() string {
	for _, f := range o.Firmware {
		if f.Addr <= rcr.PageAddr && rcr.PageAddr < f.end() {
			return f.Name
		}
	}
	switch {
	case o.Base != nil:
		return o.BaseName
	case len(o.Firmware) > 0:
		return o.Firmware[0].Name
	}
	return ""
}

// checkStore tells whether store and file system are where the processor can read them and
// nothing of the firmware lies.
func (m *MadeChip) checkStore(table []rcr.Partition, o *ChipOptions) error {
	store, files := rcr.Find(table, port.PartitionLFS), rcr.Find(table, port.PartitionSPIFFS)
	if end := store.Addr + store.Size; store.Size != 0 && end > rcr.WindowSize {
		return &Error{Where: "lfs", Problem: fmt.Sprintf("the partition of the store would end at 0x%06x, and the processor reads the first megabyte: choose a smaller one", end)}
	}
	for _, f := range o.Firmware {
		for _, r := range []port.FlashRegion{store, files} {
			if r.Size != 0 && f.Addr < int(r.Addr+r.Size) && f.end() > int(r.Addr) {
				return &Error{Where: f.Name, Problem: fmt.Sprintf("it takes 0x%06x to 0x%06x, and the partition table has the store or the files there", f.Addr, f.end())}
			}
		}
	}
	return nil
}

// ForgetChip removes what is beside the file of a chip and tells about the one that was
// there before: the counts of its erases, what was uploaded to it, its Wi-Fi settings.
func ForgetChip(h *hostfile.Host, path string) error {
	d, name, err := h.Place(path)
	if err != nil {
		return err
	}
	defer d.Close()
	old := []string{name + flash.Beside()[0], name + "." + manifestName}
	for _, file := range storage.StateFiles() {
		if !strings.Contains(file, "*") {
			old = append(old, filepath.Join(name+stateSuffix, file))
		}
	}
	for _, name := range old {
		// What a link leads to elsewhere is not the chip's.
		if err := d.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) && !isNotDir(err) && !errors.Is(err, hostfile.ErrOutside) {
			return err
		}
	}
	return nil
}
