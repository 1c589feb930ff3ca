package device

import (
	"errors"
	"fmt"
	"io/fs"

	"moonlet.example/moonlet/internal/storage"
)

// openState opens the state directory, which is made if it does not exist, unless somebody
// has done so.
func (d *Device) openState() error {
	c := &d.config
	if c.State != nil {
		return nil
	}
	dir, err := c.Files.OpenDir(c.StateDir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := c.Files.MkdirAll(c.StateDir, 0o777); err != nil {
			return fmt.Errorf("cannot make the directory for the module's flash memory: %w", err)
		}
		dir, err = c.Files.OpenDir(c.StateDir)
	}
	if err != nil {
		return fmt.Errorf("cannot open the directory for the module's flash memory: %w", err)
	}
	if d.stateLock, err = storage.LockState(dir); err != nil {
		dir.Close()
		return err
	}
	c.State = dir
	return nil
}

// closeState closes what openState opened.
func (d *Device) closeState() {
	if d.stateLock != nil {
		d.stateLock.Release()
		d.config.State.Close()
		d.stateLock, d.config.State = nil, nil
	}
}
