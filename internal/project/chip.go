package project

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/keys"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
	"moonlet.example/moonlet/internal/storage/flash"
	"moonlet.example/moonlet/internal/storage/rcr"
)

// FlashPath is the file of the flash chip, "" if the flash memory is in the state
// directory. A name in the project file counts from the project.
func (p *Project) FlashPath() string {
	s := &p.settings
	if p.IsImage() {
		return p.image
	}
	if s.flash == "" || keys.OwnWord(s.flashAt) || filepath.IsAbs(s.flash) {
		return s.flash
	}
	return filepath.Join(p.Dir, s.flash)
}

// flashIsOwn tells whether the user himself names the chip's file.
func (p *Project) flashIsOwn() bool {
	return p.IsImage() || p.allow || keys.OwnWord(p.settings.flashAt)
}

// checkFlash refuses a chip out of the project that the user does not know of.
func (p *Project) checkFlash() error {
	s := &p.settings
	if s.flash != "" && !p.flashIsOwn() && !filepath.IsLocal(s.flash) {
		return outside(s.flashAt, "flash", s.flash)
	}
	return nil
}

// findChip opens the directory of the chip's file.
func (p *Project) findChip() (err error) {
	if p.beside != nil {
		return nil
	}
	if p.flashIsOwn() {
		p.beside, p.besideName, err = p.files.Place(p.FlashPath())
	} else {
		p.besideName = p.settings.flash
		p.beside, err = p.root.Sub(".")
	}
	if err != nil {
		return hostErrorf(err, "opening the flash chip")
	}
	p.opened = append(p.opened, p.beside)
	return nil
}

// openChip opens the chip that the project names, once.
func (p *Project) openChip() error {
	if p.IsImage() && !p.save && p.chip == nil {
		chip, err := flash.CopyOf(p.data)
		if err != nil {
			return &Error{Where: p.image, Problem: err.Error()}
		}
		p.chip = chip
		return nil
	}
	path := p.FlashPath()
	if path == "" || p.chip != nil {
		return nil
	}
	if err := p.findChip(); err != nil {
		return err
	}
	d, err := p.beside.Sub(".")
	if err != nil {
		return hostErrorf(err, "opening the directory of the flash chip")
	}
	chip, err := flash.OpenChipIn(d, p.besideName, p.settings.flashSize)
	if err != nil {
		return p.chipError(err, "opening the flash chip")
	}
	if size := p.settings.flashSize; size != 0 && size != chip.Size() {
		return errors.Join(&Error{Where: path, Key: "flash_size",
			Problem: fmt.Sprintf("the chip in the file has %d bytes, not %d", chip.Size(), size)}, chip.Close())
	}
	p.chip = chip
	chip.OnError = func(err error) { p.chipErr = cmp.Or(p.chipErr, err) }
	return nil
}

// kept is an error if something could not be written to the chip.
func (p *Project) kept() error { return hostErrorf(p.chipErr, "writing to the flash chip") }

// chipError is what is wrong with the user's chip, or with the host.
func (p *Project) chipError(err error, doing string) error {
	var content *storage.ChipError
	var size flash.SizeError
	switch {
	case errors.Is(err, hostfile.ErrOutside):
		path := p.FlashPath()
		if at := (*fs.PathError)(nil); errors.As(err, &at) {
			path = at.Path
		}
		return outsideLink(path)
	case errors.As(err, &content):
		return &Error{Where: p.FlashPath(), Problem: err.Error()}
	case errors.As(err, &size):
		return &Error{Problem: err.Error()} // it names the file
	}
	return hostErrorf(err, "%s", doing)
}

// openFiles opens the file system of the module, which is made if there is none on the
// chip.
func (p *Project) openFiles(report func(error)) (storage.Files, error) {
	room, region, err := p.filesRegion(report)
	if err != nil {
		return nil, err
	}
	files, err := room.Files(region)
	if err != nil {
		return nil, err
	}
	if err := files.Make(); err != nil {
		files.Close()
		if p.chip == nil {
			return nil, err
		}
		return nil, fmt.Errorf("there is no room for a file system in the partition at 0x%06x with %d bytes", region.Addr, region.Size)
	}
	return files, nil
}

// filesRegion tells where the module's file system is.
func (p *Project) filesRegion(report func(error)) (storage.Room, port.FlashRegion, error) {
	c := p.Config()
	if p.chip != nil {
		report = nil // kept tells what the chip says
	}
	room := c.Room(storage.Hooks{OnError: report})
	_, region, err := storage.Partitions(room)
	return room, region, err
}

// blank erases what the module made of its chip: files, store and records. The firmware's
// own region and what the SDK keeps stay, and then the partition table, too, for without it
// that firmware does not start.
func (p *Project) blank() error {
	c := p.Config()
	store, region, err := storage.Partitions(c.Room(storage.Hooks{}))
	if err != nil {
		return p.chipError(err, "reading the flash chip")
	}
	page, err := rcr.In(p.chip.Part(rcr.PageAddr, rcr.PageSize))
	if err != nil {
		return fmt.Errorf("BUG: %w", err)
	}
	table, _ := page.Table()
	for _, r := range []port.FlashRegion{store, region, {Addr: rcr.PageAddr, Size: rcr.PageSize}} {
		eraseRegion(p.chip, r)
	}
	if !flash.Blank(p.chip.Bytes()) {
		page.WriteTable(table)
	}
	return nil
}

// eraseRegion erases what is in use of a part of a chip.
func eraseRegion(chip *flash.Chip, r port.FlashRegion) {
	chip.Clear(int(r.Addr), min(int(r.Addr)+int(r.Size), chip.Size()))
}
