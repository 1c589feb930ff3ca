// Package flashfs gives a module the files of a SPIFFS on its flash chip: it is
// port.Files over package spiffs, as app/spiffs/spiffs.c and app/platform/vfs.c are
// between the file module and SPIFFS.
//
// What waits in SPIFFS's buffers is in the chip's memory: a reset and a power cut lose it,
// as they do on a board.
package flashfs

import (
	"errors"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/spiffs"
)

// FS implements port.Files.
type FS struct {
	chip      spiffs.Chip
	partition port.FlashRegion
	fs        *spiffs.FS // nil until it is mounted
}

var _ port.Files = (*FS)(nil)

// New is the file system in a partition of a chip. Nothing is read before it is mounted.
func New(chip spiffs.Chip, partition port.FlashRegion) *FS {
	return &FS{chip: chip, partition: partition}
}

// Region implements port.Files: what the firmware uses of the partition.
func (s *FS) Region() port.FlashRegion {
	g, err := spiffs.Partition(int(s.partition.Addr), int(s.partition.Size))
	if err != nil {
		return port.FlashRegion{Addr: s.partition.Addr}
	}
	return port.FlashRegion{Addr: uint32(g.Offset), Size: uint32(g.Size)}
}

// Mount implements port.Files. It fails where there is no file system; the file module
// formats then.
func (s *FS) Mount() error {
	if s.fs != nil {
		return nil
	}
	fs, err := spiffs.Mount(s.chip, int(s.partition.Addr), int(s.partition.Size), spiffs.Options{Files: port.OpenFilesMax})
	if err != nil {
		return translate(err)
	}
	s.fs = fs
	return nil
}

// Format implements port.Files.
func (s *FS) Format() error {
	s.Unmount()
	fs, err := spiffs.Format(s.chip, int(s.partition.Addr), int(s.partition.Size), spiffs.Options{Files: port.OpenFilesMax})
	if err != nil {
		return translate(err)
	}
	s.fs = fs
	return nil
}

// Make makes a file system where there is none to mount.
func (s *FS) Make() error {
	if s.Mount() == nil {
		return nil
	}
	return s.Format()
}

// Unmount writes what waits and closes all files.
func (s *FS) Unmount() {
	if s.fs != nil {
		s.fs.Unmount()
		s.fs = nil
	}
}

// Reset is a reset of the chip: no file is open any more, and what waited to be written is
// gone with the memory that it was in.
func (s *FS) Reset() { s.fs = nil }

// Close is Reset: the module is switched off.
func (s *FS) Close() error {
	s.Reset()
	return nil
}

// translate gives an error of SPIFFS the name that modules know.
func translate(err error) error {
	var e spiffs.Error
	if !errors.As(err, &e) {
		if err == nil {
			return nil
		}
		return port.ErrFileSystem
	}
	switch e {
	case spiffs.ErrNotFound:
		return port.ErrFileNotFound
	case spiffs.ErrFileExists, spiffs.ErrConflictingName:
		return port.ErrFileExists
	case spiffs.ErrFull:
		return port.ErrFilesFull
	case spiffs.ErrOutOfFileDescs:
		return port.ErrTooManyFiles
	case spiffs.ErrNameTooLong:
		return port.ErrFileName
	case spiffs.ErrNotReadable, spiffs.ErrNotWritable:
		return port.ErrFileMode
	case spiffs.ErrFileClosed, spiffs.ErrBadDescriptor, spiffs.ErrNotMounted:
		return port.ErrFileClosed
	case spiffs.ErrSeekBounds:
		return port.ErrSeekBeforeTop
	case spiffs.ErrEndOfObject:
		return port.ErrSeekPastEnd
	}
	return port.ErrFileSystem
}

// mounted mounts if need be and gives a path its name in the file system.
func (s *FS) mounted(path string) (name string, err error) {
	name, ok := port.FlashName(path)
	if !ok || len(name) > port.FileNameMax || strings.IndexByte(name, 0) >= 0 {
		return "", port.ErrFileName
	}
	return name, s.Mount()
}

// Open implements port.Files.
func (s *FS) Open(path string, mode port.OpenMode) (port.File, error) {
	name, err := s.mounted(path)
	if err != nil {
		return nil, err
	}
	f, err := s.fs.Open(name, flags(mode))
	if err != nil {
		return nil, translate(err)
	}
	return &file{f}, nil
}

func flags(mode port.OpenMode) (f spiffs.Flags) {
	for _, x := range [...]struct {
		mode port.OpenMode
		flag spiffs.Flags
	}{
		{port.OpenRead, spiffs.ReadOnly}, {port.OpenWrite, spiffs.WriteOnly}, {port.OpenCreate, spiffs.Create},
		{port.OpenTruncate, spiffs.Truncate}, {port.OpenAppend, spiffs.Append},
	} {
		if mode&x.mode != 0 {
			f |= x.flag
		}
	}
	return f
}

// Remove implements port.Files.
func (s *FS) Remove(path string) error {
	name, err := s.mounted(path)
	if err != nil {
		return err
	}
	return translate(s.fs.Remove(name))
}

// Rename implements port.Files.
func (s *FS) Rename(from, to string) error {
	a, err := s.mounted(from)
	if err != nil {
		return err
	}
	b, err := s.mounted(to)
	if err != nil {
		return err
	}
	return translate(s.fs.Rename(a, b))
}

// Stat implements port.Files.
func (s *FS) Stat(path string) (port.FileInfo, error) {
	name, err := s.mounted(path)
	if err != nil {
		return port.FileInfo{}, err
	}
	st, err := s.fs.Stat(name)
	return port.FileInfo{Name: st.Name, Size: st.Size}, translate(err)
}

// List implements port.Files.
func (s *FS) List() ([]port.FileInfo, error) {
	if err := s.Mount(); err != nil {
		return nil, err
	}
	all, err := s.fs.List()
	if err != nil {
		return nil, translate(err)
	}
	list := make([]port.FileInfo, len(all))
	for i, st := range all {
		list[i] = port.FileInfo{Name: st.Name, Size: st.Size}
	}
	slices.SortFunc(list, func(a, b port.FileInfo) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Info implements port.Files.
func (s *FS) Info() (total, used uint32, err error) {
	if err := s.Mount(); err != nil {
		return 0, 0, err
	}
	total, used, err = s.fs.Info()
	return total, used, translate(err)
}

// file implements port.File.
type file struct{ f *spiffs.File }

// Read implements port.File.
func (f *file) Read(p []byte) (int, error) {
	n, err := f.f.Read(p)
	return n, translate(err)
}

// Write implements port.File.
func (f *file) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	return n, translate(err)
}

// Seek implements port.File.
func (f *file) Seek(offset int, w port.Whence) (int, error) {
	n, err := f.f.Seek(offset, spiffs.Whence(w))
	return n, translate(err)
}

// Tell implements port.File.
func (f *file) Tell() int {
	n, err := f.f.Tell()
	if err != nil {
		return 0
	}
	return n
}

// Size implements port.File.
func (f *file) Size() int {
	n, err := f.f.Size()
	if err != nil {
		return 0
	}
	return n
}

// Flush implements port.File.
func (f *file) Flush() error { return translate(f.f.Flush()) }

// Close implements port.File.
func (f *file) Close() error { return translate(f.f.Close()) }
