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
	// OnWork, if any, gets what each call asked of the chip, at its end. It may panic.
	OnWork func(spiffs.Ops)

	partition     port.FlashRegion
	mount, format func() (*spiffs.FS, error)
	fs            *spiffs.FS // nil until it is mounted
}

var _ port.Files = (*FS)(nil)

var options = spiffs.Options{Files: port.OpenFilesMax}

// New is the file system in a partition of a chip. Nothing is read before it is mounted.
func New(chip spiffs.Chip, partition port.FlashRegion) *FS {
	at, size := int(partition.Addr), int(partition.Size)
	return &FS{
		partition: partition,
		mount:     func() (*spiffs.FS, error) { return spiffs.Mount(chip, at, size, options) },
		format:    func() (*spiffs.FS, error) { return spiffs.Format(chip, at, size, options) },
	}
}

// NewSparse is a file system in memory of its own, which stands for a partition.
func NewSparse(chip *spiffs.Sparse, partition port.FlashRegion) *FS {
	return &FS{
		partition: partition,
		mount:     func() (*spiffs.FS, error) { return chip.Mount(options) },
		format:    func() (*spiffs.FS, error) { return chip.Format(options) },
	}
}

// Region implements port.Files: what the firmware uses of the partition.
func (s *FS) Region() port.FlashRegion { return RegionIn(s.partition) }

// RegionIn is what SPIFFS uses of a partition (myspiffs_set_cfg).
func RegionIn(p port.FlashRegion) port.FlashRegion {
	g, err := spiffs.Partition(int(p.Addr), int(p.Size))
	if err != nil {
		return port.FlashRegion{Addr: uint32(g.Offset)}
	}
	return port.FlashRegion{Addr: uint32(g.Offset), Size: uint32(g.Size)}
}

// work tells what a call asked of the chip.
func (s *FS) work() {
	if s.fs != nil && s.OnWork != nil {
		if ops := s.fs.TakeOps(); ops != (spiffs.Ops{}) {
			s.OnWork(ops)
		}
	}
}

// Change tells what the last call changed in a file on flash.
func (s *FS) Change() spiffs.Change {
	if s.fs == nil {
		return spiffs.Change{}
	}
	return s.fs.TakeChange()
}

// Mount implements port.Files. It fails where there is no file system; the file module
// formats then.
func (s *FS) Mount() error {
	defer s.work()
	return s.ready()
}

// ready mounts if need be.
func (s *FS) ready() error {
	if s.fs != nil {
		return nil
	}
	fs, err := s.mount()
	if err != nil {
		return translate(err)
	}
	s.fs = fs
	return nil
}

// Format implements port.Files.
func (s *FS) Format() error {
	s.Unmount()
	defer s.work()
	fs, err := s.format()
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
	return name, s.ready()
}

// Open implements port.Files.
func (s *FS) Open(path string, mode port.OpenMode) (port.File, error) {
	defer s.work()
	name, err := s.mounted(path)
	if err != nil {
		return nil, err
	}
	f, err := s.fs.Open(name, flags(mode))
	if err != nil {
		return nil, translate(err)
	}
	return &File{f, s}, nil
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
	defer s.work()
	name, err := s.mounted(path)
	if err != nil {
		return err
	}
	return translate(s.fs.Remove(name))
}

// Rename implements port.Files.
func (s *FS) Rename(from, to string) error {
	defer s.work()
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
	defer s.work()
	name, err := s.mounted(path)
	if err != nil {
		return port.FileInfo{}, err
	}
	st, err := s.fs.Stat(name)
	return port.FileInfo{Name: st.Name, Size: st.Size}, translate(err)
}

// List implements port.Files.
func (s *FS) List() ([]port.FileInfo, error) {
	defer s.work()
	if err := s.ready(); err != nil {
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
	defer s.work()
	if err := s.ready(); err != nil {
		return 0, 0, err
	}
	total, used, err = s.fs.Info()
	return total, used, translate(err)
}

// File implements port.File.
type File struct {
	f  *spiffs.File
	fs *FS
}

// OnFlash is the file as SPIFFS has it.
func (f *File) OnFlash() *spiffs.File { return f.f }

// Read implements port.File.
func (f *File) Read(p []byte) (int, error) {
	defer f.fs.work()
	n, err := f.f.Read(p)
	return n, translate(err)
}

// Write implements port.File.
func (f *File) Write(p []byte) (int, error) {
	defer f.fs.work()
	n, err := f.f.Write(p)
	return n, translate(err)
}

// Seek implements port.File.
func (f *File) Seek(offset int, w port.Whence) (int, error) {
	defer f.fs.work()
	n, err := f.f.Seek(offset, spiffs.Whence(w))
	return n, translate(err)
}

// Tell implements port.File.
func (f *File) Tell() int {
	defer f.fs.work()
	n, err := f.f.Tell()
	if err != nil {
		return 0
	}
	return n
}

// Size implements port.File.
func (f *File) Size() int {
	defer f.fs.work()
	n, err := f.f.Size()
	if err != nil {
		return 0
	}
	return n
}

// Flush implements port.File.
func (f *File) Flush() error {
	defer f.fs.work()
	return translate(f.f.Flush())
}

// Close implements port.File.
func (f *File) Close() error {
	defer f.fs.work()
	return translate(f.f.Close())
}
