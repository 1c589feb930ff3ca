package flash

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"moonlet.example/moonlet/internal/hostfile"
)

// chipMode is the mode of a chip's file: there may be passwords in it.
const chipMode = 0o600

// What follows the name of a chip's file in those of the files beside it.
const (
	wearSuffix = ".wear"
	lockSuffix = ".lock"
)

// Beside lists what follows the name of a chip's file in those of the files beside it.
func Beside() []string { return []string{wearSuffix, lockSuffix} }

// OpenChip opens the chip in a file and locks it. If there is no file it makes one,
// erased and of that size, 0 for DefaultSize; else the file's size is the chip's. Beside
// it there are two small files: PATH.wear, see Wear, and PATH.lock while the chip is in
// use, which tells by whom.
func OpenChip(path string, size int) (*Chip, error) { return OpenChipOn(nil, path, size) }

// OpenChipOn is OpenChip for a file of some host. If the path is a link, the chip is what
// it leads to, and the files are beside that.
func OpenChipOn(h *hostfile.Host, path string, size int) (*Chip, error) {
	d, name, err := h.Place(path)
	if err != nil {
		return nil, fmt.Errorf("cannot make the flash chip: %w", err)
	}
	return OpenChipIn(d, name, size)
}

// OpenChipIn is OpenChip for a file in a directory, out of which nothing leads. The
// directory is the chip's from now on, which closes it.
func OpenChipIn(d *hostfile.Dir, name string, size int) (c *Chip, err error) {
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if err := makeChip(d, name, size); err != nil {
		return nil, err
	}
	f, err := d.OpenFile(name, os.O_RDWR, 0)
	var broken error
	if err != nil && hostfile.IsReadOnly(err) { // what is there can be used
		broken = fmt.Errorf("what is written to the flash chip is gone at the end: %w", err)
		f, err = d.OpenFile(name, os.O_RDONLY, 0)
	}
	if errors.Is(err, hostfile.ErrNotRegular) {
		return nil, fmt.Errorf("%s is no file, as a flash chip has to be", d.Join(name))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot use the flash chip: %w", err)
	}
	l, err := lockFile(f, d, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	c, err = readChip(f, d, name)
	if err != nil {
		l.release()
		f.Close()
		return nil, err
	}
	c.file, c.dir, c.name, c.lock, c.broken = f, d, name, l, broken
	// What a run left that was killed; that it stays is no harm.
	_ = d.Sweep(filepath.Dir(name), func(of string) bool { return strings.HasPrefix(of, filepath.Base(name)+".") })
	return c, nil
}

// makeChip makes an erased chip if there is none.
func makeChip(d *hostfile.Dir, name string, size int) error {
	if size == 0 {
		size = DefaultSize
	}
	if _, err := d.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return nil // opening tells what is wrong
	}
	if err := CheckSize(size); err != nil {
		return err
	}
	b := make([]byte, size)
	fill(b)
	// It comes into being whole: a part of it could be a smaller chip.
	if err := d.Create(name, b, chipMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot make the flash chip: %w", err)
	}
	return nil
}

// readChip reads the chip and what was counted of it.
func readChip(f *hostfile.File, d *hostfile.Dir, name string) (*Chip, error) {
	data, err := readImage(f)
	if err != nil {
		return nil, err
	}
	c := &Chip{data: data}
	switch w, err := readWear(d, name); {
	case errors.Is(err, fs.ErrNotExist):
		c.wear = Wear{Size: len(data), Erases: make([]uint32, len(data)/SectorSize)}
	case err != nil:
		return nil, err
	case w.Size != len(data):
		return nil, fmt.Errorf("%s counts the erases of a chip of %d bytes, and %s has %d: it belongs to another chip; remove it to count from zero",
			d.Join(name+wearSuffix), w.Size, f.Path(), len(data))
	default:
		c.wear = *w
	}
	return c, nil
}

// ReadChip reads the bytes of a chip, for a tool that changes nothing: it takes no lock
// and does not write. What a module that runs is writing may be there by half.
func ReadChip(path string) ([]byte, error) { return ReadChipOn(nil, path) }

// ReadChipOn is ReadChip for a file of some host.
func ReadChipOn(h *hostfile.Host, path string) ([]byte, error) {
	d, name, err := h.Place(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the flash chip: %w", err)
	}
	defer d.Close()
	f, err := d.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot read the flash chip: %w", err)
	}
	defer f.Close()
	return readImage(f)
}

func readImage(f *hostfile.File) ([]byte, error) {
	path := f.Path()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the flash chip: %w", err)
	}
	if n := info.Size(); n > MaxSize {
		return nil, fmt.Errorf("%s has %d bytes, more than the 16 MB of the largest flash chip", path, n)
	}
	if err := CheckSize(int(info.Size())); err != nil {
		return nil, fmt.Errorf("%s is not the image of a whole flash chip, or was cut off: %w", path, err)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, info.Size()), data); err != nil {
		return nil, fmt.Errorf("cannot read the flash chip: %w", err)
	}
	return data, nil
}

// Sync waits until the host's disk has what was written. The file of a chip that is not
// synced is safe from the end of its process, not from that of the host.
func (c *Chip) Sync() error {
	if c.file == nil {
		return nil
	}
	return c.file.Sync()
}

// Close gives the file back: it is complete on the disk then, with the counts beside it.
func (c *Chip) Close() error {
	if c.file == nil {
		return nil
	}
	if c.broken != nil {
		return c.closeFile()
	}
	err := c.Sync()
	if c.dir != nil {
		err = errors.Join(err, c.saveWear())
	}
	return errors.Join(err, c.closeFile())
}

func (c *Chip) closeFile() error {
	if c.file == nil {
		return nil
	}
	f := c.file
	c.file = nil
	if c.lock != nil {
		c.lock.release()
	}
	err := f.Close()
	if c.dir != nil {
		err = errors.Join(err, c.dir.Close())
	}
	return err
}
