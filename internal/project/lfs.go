package project

import (
	"errors"
	"fmt"
	"io/fs"

	"moonlet.example/moonlet/internal/lua/compiled"
	"moonlet.example/moonlet/internal/lua/store"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage"
)

// checkStore refuses to make the store smaller than the image that is in it: it would be
// lost. An image that the project itself has is written anew if the store gets another size.
// Without a store it is kept, and that is told.
func (p *Project) checkStore(m *manifest) error {
	c := p.Config()
	content := storage.KeptStore(storage.Options{State: c.State, Chip: c.Chip, FlashBytes: c.Build.ChipOrDefault().Flash.DefaultBytes})
	in, ok := store.Look(content)
	if !ok {
		return nil
	}
	switch used := in.Bytes; {
	case used <= c.LFSSize:
	case p.Image != nil:
		m.Store = ""
	case c.LFSSize == 0 && c.Chip != nil: // the chip keeps its table
	case c.LFSSize == 0:
		p.Warnings = append(p.Warnings, fmt.Sprintf(
			"the flash store with an image of %d bytes is not used, since the project asks for none: the key lfs, with %d, brings it back", used, len(content)))
	default:
		return &Error{Where: "store", Problem: fmt.Sprintf(
			"the module's flash memory has an image of %d bytes, and the project asks for a store of %d, so the image would be lost: "+
				"set the key lfs to %d, or begin with --fresh", used, c.LFSSize, len(content))}
	}
	return nil
}

// Partitions are those of the store and of the file system in the module's flash memory, as
// they are, or will be. The project is not Apart.
func (p *Project) Partitions() (store, files port.FlashRegion, err error) {
	if p.IsImage() {
		if err := p.openChip(); err != nil {
			return store, files, err
		}
	}
	c := p.Config()
	if d, err := p.findState(); err == nil {
		defer d.Close()
		c.State = d
	} else if !errors.Is(err, fs.ErrNotExist) {
		return store, files, err
	}
	if store, files, err = storage.Partitions(c.Room(storage.Hooks{})); err != nil {
		err = p.chipError(err, "opening the module's flash memory")
	}
	return store, files, err
}

// LFSTarget is the store of a project's module: what an image has to fit into.
func LFSTarget(path string) (compiled.Target, error) {
	// Nothing is shown of what the project names but the size of a partition.
	p, err := Options{AllowOutside: true, settingsOnly: true}.Open(path)
	if err != nil {
		return compiled.Target{}, err
	}
	defer p.Close()
	region, _, err := p.Partitions()
	if err != nil {
		return compiled.Target{}, err
	}
	c := p.Config()
	e := c.Build.Edition()
	t := compiled.Target{Name: path, Lua51: e.Lua51, Integral: e.Integral, Model: c.Build.Numbers, HeapFree: p.Heap(), Size: region.Size}
	if region.Size != 0 {
		t.Base = uint32(c.Build.ChipOrDefault().Memory.Window.Start) + region.Addr
	}
	return t, nil
}
