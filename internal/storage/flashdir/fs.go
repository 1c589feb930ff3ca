package flashdir

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
)

// Options says where the files are.
type Options struct {
	Dir string // made if it does not exist
	// In, if any, is the directory that Dir is below. Nothing leads out of it.
	In *hostfile.Dir
	// Region is the place and size of the file system; zero means DefaultRegion.
	Region port.FlashRegion
	// OnHostError gets what went wrong on the host, in words for the user. The
	// module sees only that something failed.
	OnHostError func(err error)
}

// FS implements port.Files.
type FS struct {
	options Options
	dir     *hostfile.Dir
	nodes   map[string]*node // by name
	taken   int              // pages of all nodes
	seen    time.Time        // when the directory was changed last, as far as nodes tells
	open    [port.OpenFilesMax]*file
	ignored map[string]bool // host names that were complained about
}

var _ port.Files = (*FS)(nil)

// node is a file of the module, open or not.
type node struct {
	name string
	host string
	size int
	refs int            // open files
	f    *hostfile.File // nil until it is needed
}

// New opens the directory.
func New(o Options) (*FS, error) {
	if o.Region.Size == 0 {
		o.Region = DefaultRegion()
	}
	if o.Region.Size < regionMin {
		return nil, fmt.Errorf("a flash file system needs at least %d bytes, not %d", regionMin, o.Region.Size)
	}
	dir, err := o.openDir()
	if err != nil {
		return nil, fmt.Errorf("directory for the module's files: %w", err)
	}
	return &FS{options: o, dir: dir, nodes: map[string]*node{}, ignored: map[string]bool{}}, nil
}

// openDir opens the directory, which is made if it does not exist.
func (o *Options) openDir() (*hostfile.Dir, error) {
	var host *hostfile.Host
	open := func() (*hostfile.Dir, error) { return host.OpenDir(o.Dir) }
	make := func() error { return host.MkdirAll(o.Dir, 0o777) }
	if o.In != nil {
		open = func() (*hostfile.Dir, error) { return o.In.Sub(o.Dir) }
		make = func() error { return o.In.MkdirAll(o.Dir, 0o777) }
	}
	dir, err := open()
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := make(); err != nil {
		return nil, err
	}
	return open()
}

// Close closes what is open, and the directory.
func (s *FS) Close() error {
	s.Reset()
	return s.dir.Close()
}

// Reset is a reset of the chip: no file is open any more.
func (s *FS) Reset() {
	for _, f := range s.open {
		if f != nil {
			f.drop()
		}
	}
}

// failed reports an error of the host and returns the module's error for it.
func (s *FS) failed(doing, name string, err error) error {
	s.report(fmt.Errorf("%s %q in %s: %w", doing, name, s.dir.Path(), err))
	return port.ErrFileSystem
}

func (s *FS) report(err error) {
	if s.options.OnHostError != nil {
		s.options.OnHostError(err)
	}
}

// refresh brings nodes in line with the directory, which others may have
// changed. What is open keeps its node.
func (s *FS) refresh() error {
	seen, err := s.changedAt()
	if err != nil {
		return err
	}
	entries, err := s.dir.ReadDir(".")
	if err != nil {
		return s.failed("reading", ".", err)
	}
	found := map[string]*node{}
	for _, e := range entries {
		n := s.entry(e)
		if n == nil {
			continue
		}
		if old := found[n.name]; old != nil {
			// Two spellings of one name: the one that this package writes wins.
			loser := n.host
			if n.host == HostName(n.name) {
				loser = old.host
				found[n.name] = n
			}
			s.ignore(loser, errors.New("another file stands for the same name"))
			continue
		}
		found[n.name] = n
	}
	for name, n := range s.nodes {
		if n.refs > 0 {
			found[name] = n
		} else {
			n.release()
		}
	}
	s.nodes, s.taken, s.seen = found, 0, seen
	for _, n := range s.nodes {
		s.taken += pages(n.size)
	}
	return nil
}

// entry makes a node of a directory entry, nil if it is none of the module's
// files.
func (s *FS) entry(e fs.DirEntry) *node {
	host := e.Name()
	if e.IsDir() || strings.HasPrefix(host, ".") {
		return nil
	}
	name, ok := DeviceName(host)
	if !ok || len(name) > port.FileNameMax {
		s.ignore(host, fmt.Errorf("its name cannot stand for one of up to %d bytes", port.FileNameMax))
		return nil
	}
	size, ok := s.sizeOf(host)
	if !ok {
		return nil
	}
	return &node{name: name, host: host, size: size}
}

// sizeOf is the size of a host's file, false if there is none that the module could have.
func (s *FS) sizeOf(host string) (int, bool) {
	info, err := s.dir.Stat(host)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) { // else somebody just removed it
			s.ignore(host, err)
		}
		return 0, false
	}
	return int(info.Size()), info.Mode().IsRegular()
}

func (s *FS) ignore(host string, why error) {
	const most = 1000
	if !s.ignored[host] && len(s.ignored) < most {
		s.ignored[host] = true
		s.report(fmt.Errorf("%s in %s is not visible to the module: %w", host, s.dir.Path(), why))
	}
}

// lookup finds a file by its path.
func (s *FS) lookup(path string) (*node, error) {
	name, err := s.name(path)
	if err != nil {
		return nil, err
	}
	if n := s.known(name); n != nil {
		return n, nil
	}
	if err := s.update(); err != nil {
		return nil, err
	}
	n := s.nodes[name]
	if n == nil {
		return nil, port.ErrFileNotFound
	}
	return n, nil
}

func (s *FS) name(path string) (string, error) {
	name, ok := port.FlashName(path)
	if !ok || len(name) > port.FileNameMax || strings.IndexByte(name, 0) >= 0 {
		return "", port.ErrFileName
	}
	return name, nil
}

// room tells whether SPIFFS would begin an operation on that many bytes
// (spiffs_gc_check).
func (s *FS) room(size int) bool {
	return (size+dataSize-1)/dataSize <= capacity(s.options.Region.Size)-s.taken
}

func (s *FS) freeSlot() (int, bool) {
	for i, f := range s.open {
		if f == nil {
			return i, true
		}
	}
	return 0, false
}

// Mount implements port.Files.
func (s *FS) Mount() error { return s.refresh() }

// Format implements port.Files.
func (s *FS) Format() error {
	s.Reset()
	if err := s.refresh(); err != nil {
		return err
	}
	var failed error
	for _, n := range s.nodes {
		n.release()
		if err := s.dir.Remove(n.host); err != nil {
			failed = s.failed("removing", n.name, err)
			continue
		}
		s.drop(n)
	}
	s.noteChange()
	return failed
}

// Open implements port.Files.
func (s *FS) Open(path string, m port.OpenMode) (port.File, error) {
	name, err := s.name(path)
	if err != nil {
		return nil, err
	}
	slot, ok := s.freeSlot()
	if !ok {
		return nil, port.ErrTooManyFiles
	}
	n, err := s.lookup(path)
	switch {
	case errors.Is(err, port.ErrFileNotFound) && m&port.OpenCreate != 0:
		if n, err = s.create(name); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case m&port.OpenTruncate != 0 && n.size > 0:
		if err := s.truncate(n); err != nil {
			return nil, err
		}
	}
	// A file that cannot be read at all is better told now than at the first read.
	if err := s.host(n); err != nil {
		return nil, err
	}
	f := &file{fs: s, node: n, mode: m, slot: slot}
	n.refs++
	s.open[slot] = f
	return f, nil
}

func (s *FS) create(name string) (*node, error) {
	if !s.room(dataSize) {
		return nil, port.ErrFilesFull
	}
	n := &node{name: name, host: HostName(name)}
	f, err := s.dir.OpenFile(n.host, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, s.failed("creating", name, err)
	}
	n.f = f
	s.add(n)
	s.noteChange()
	return n, nil
}

func (s *FS) truncate(n *node) error {
	if !s.room(2 * dataSize) {
		return port.ErrFilesFull
	}
	if err := s.host(n); err != nil {
		return err
	}
	if err := n.f.Truncate(0); err != nil {
		return s.failed("emptying", n.name, err)
	}
	s.resize(n, 0)
	return nil
}

// host opens the host's file behind a node; one that may not be written is good
// enough for reading.
func (s *FS) host(n *node) error {
	if n.f != nil {
		return nil
	}
	f, err := s.dir.OpenChangeable(n.host)
	if err != nil {
		return s.failed("opening", n.name, err)
	}
	n.f = f
	return nil
}

// release closes the host's file.
func (n *node) release() {
	if n.f != nil {
		n.f.Close()
		n.f = nil
	}
}

// Remove implements port.Files.
func (s *FS) Remove(path string) error {
	if _, err := s.name(path); err != nil {
		return err
	}
	if _, ok := s.freeSlot(); !ok {
		return port.ErrTooManyFiles
	}
	n, err := s.lookup(path)
	if err != nil {
		return err
	}
	n.release() // some hosts do not remove what is open
	if err := s.dir.Remove(n.host); err != nil {
		return s.failed("removing", n.name, err)
	}
	s.drop(n)
	s.noteChange()
	for _, f := range s.open {
		if f != nil && f.node == n {
			f.drop()
		}
	}
	return nil
}

// Rename implements port.Files. Who has the file open keeps it.
func (s *FS) Rename(from, to string) error {
	if _, err := s.name(from); err != nil {
		return err
	}
	name, err := s.name(to)
	if err != nil {
		return err
	}
	if _, err := s.lookup(from); err != nil {
		return err
	}
	if _, err := s.lookup(to); err == nil {
		return port.ErrFileExists
	} else if !errors.Is(err, port.ErrFileNotFound) {
		return err
	}
	n, err := s.lookup(from) // again: the directory may have been listed since
	if err != nil {
		return err
	}
	if _, ok := s.freeSlot(); !ok {
		return port.ErrTooManyFiles
	}
	n.release()
	host := HostName(name)
	if err := s.dir.Rename(n.host, host); err != nil {
		return s.failed("renaming", n.name, err)
	}
	s.drop(n)
	n.name, n.host = name, host
	s.add(n)
	s.noteChange()
	return nil
}

// Stat implements port.Files.
func (s *FS) Stat(path string) (port.FileInfo, error) {
	n, err := s.lookup(path)
	if err != nil {
		return port.FileInfo{}, err
	}
	return port.FileInfo{Name: n.name, Size: n.size}, nil
}

// List implements port.Files.
func (s *FS) List() ([]port.FileInfo, error) {
	if err := s.refresh(); err != nil {
		return nil, err
	}
	var list []port.FileInfo
	for _, n := range s.nodes {
		list = append(list, port.FileInfo{Name: n.name, Size: n.size})
	}
	slices.SortFunc(list, func(a, b port.FileInfo) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// Info implements port.Files.
func (s *FS) Info() (total, used uint32, err error) {
	if err := s.refresh(); err != nil {
		return 0, 0, err
	}
	used = uint32(min(uint64(s.taken)*dataSize, math.MaxUint32))
	return uint32((capacity(s.options.Region.Size) + emergency) * dataSize), used, nil
}

// Region implements port.Files.
func (s *FS) Region() port.FlashRegion { return s.options.Region }
