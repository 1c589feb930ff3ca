package project

import (
	"moonlet/internal/device"
	"moonlet/internal/lfs"
	"moonlet/internal/rcr"
)

// LFSTarget is the store of a project's module: what an image has to fit into.
func LFSTarget(path string) (lfs.Target, error) {
	p, err := Open(path, nil)
	if err != nil {
		return lfs.Target{}, err
	}
	defer p.Close()
	if p.IsImage() {
		if err := p.openChip(); err != nil {
			return lfs.Target{}, err
		}
	}
	region, _, err := device.Partitions(p.Config())
	if err != nil {
		return lfs.Target{}, p.chipError(err, "opening the module's flash memory")
	}
	t := lfs.Target{Name: path, Model: p.settings.config.Model, HeapFree: p.Heap(), Size: region.Size}
	if region.Size != 0 {
		t.Base = rcr.Window + region.Addr
	}
	return t, nil
}
