package flash

import (
	"errors"
	"fmt"
	"os"

	"moonlet.example/moonlet/internal/hostfile"
)

// lock is the lock of a chip's file, on the file itself. Who holds it stands in a file
// beside it, which is only for people: an old one locks nothing.
type lock struct {
	file   *hostfile.File
	dir    *hostfile.Dir
	holder string // the name of that file
}

// CheckFree is an error if a module uses the chip in a file.
func CheckFree(path string) error { return CheckFreeOn(nil, path) }

// CheckFreeOn is CheckFree for a file of some host.
func CheckFreeOn(h *hostfile.Host, path string) error {
	d, name, err := h.Place(path)
	if err != nil {
		return err
	}
	defer d.Close()
	f, err := d.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.TryLock(); err != nil {
		return fmt.Errorf("the flash chip %s is in use%s: it cannot be changed now", path, d.By(name+lockSuffix))
	}
	f.Unlock()
	return nil
}

// lockFile locks the open file of a chip.
func lockFile(f *hostfile.File, d *hostfile.Dir, name string) (*lock, error) {
	l := &lock{file: f, dir: d, holder: name + lockSuffix}
	switch err := f.TryLock(); {
	case errors.Is(err, hostfile.ErrLocked):
		return nil, fmt.Errorf("the flash chip %s is in use%s: a chip is in one module at a time", f.Path(), d.By(l.holder))
	case err != nil:
		return nil, fmt.Errorf("cannot lock the flash chip %s: %w; keep it on a disk whose file system can lock files", f.Path(), err)
	}
	l.tell()
	return l, nil
}

// tell says who has the lock. Without it the error of the next one is less clear, no
// more. What has that name is removed, not written to.
func (l *lock) tell() {
	_ = l.dir.Remove(l.holder)
	if f, err := l.dir.OpenFile(l.holder, os.O_WRONLY|os.O_CREATE|os.O_EXCL, chipMode); err == nil {
		_, _ = f.Write([]byte(hostfile.Holder()))
		_ = f.Close()
	}
}

// release gives the file back. It is removed before the lock, so that it is not the
// next holder's.
func (l *lock) release() {
	_ = l.dir.Remove(l.holder)
	l.file.Unlock()
}
