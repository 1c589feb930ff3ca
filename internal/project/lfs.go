package project

import (
	"errors"
	"io/fs"

	"moonlet.example/moonlet/internal/lua53/lfs"
	"moonlet.example/moonlet/internal/storage"
)

// LFSTarget is the store of a project's module: what an image has to fit into.
func LFSTarget(path string) (lfs.Target, error) {
	// Nothing is shown of what the project names but the size of a partition.
	p, err := Options{AllowOutside: true, settingsOnly: true}.Open(path)
	if err != nil {
		return lfs.Target{}, err
	}
	defer p.Close()
	if p.IsImage() {
		if err := p.openChip(); err != nil {
			return lfs.Target{}, err
		}
	}
	c := p.Config()
	if d, err := p.findState(); err == nil {
		defer d.Close()
		c.State = d
	} else if !errors.Is(err, fs.ErrNotExist) {
		return lfs.Target{}, err
	}
	region, _, err := storage.Partitions(c.Room(storage.Hooks{}))
	if err != nil {
		return lfs.Target{}, p.chipError(err, "opening the module's flash memory")
	}
	t := lfs.Target{Name: path, Model: p.settings.config.Build.Numbers, HeapFree: p.Heap(), Size: region.Size}
	if region.Size != 0 {
		t.Base = uint32(c.Build.ChipOrDefault().Memory.Window.Start) + region.Addr
	}
	return t, nil
}
