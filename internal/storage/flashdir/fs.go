package flashdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flashfs"
	"moonlet.example/moonlet/internal/storage/spiffs"
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
	// OnWork, if any, gets what each call asked of the flash memory, at its end. It may panic.
	OnWork func(spiffs.Ops)
}

// FS implements port.Files.
type FS struct {
	options Options
	dir     *hostfile.Dir
	chip    *spiffs.Sparse
	flash   *flashfs.FS
	loaded  bool             // the files of the directory are on flash
	nodes   map[string]*node // by name: files that are on flash and in the directory
	seen    time.Time        // when the directory was changed last, as far as nodes tells
	open    [port.OpenFilesMax]*file
	ignored map[string]bool  // host names that were complained about
	unfit   map[string]found // by host name: what could not be brought to flash
	work    spiffs.Ops       // of the call that runs
}

var _ port.Files = (*FS)(nil)

// node is a file of the module, open or not.
type node struct {
	name string
	found
	refs    int            // open files
	wrote   bool           // by the module, since its time of change was looked at
	emptied bool           // on flash; the host has what was there before
	f       *hostfile.File // nil until it is needed
}

// found is what the host tells of a file.
type found struct {
	host    string
	size    int
	changed int64 // nanoseconds since 1970
}

// New opens the directory.
func New(o Options) (*FS, error) {
	if o.Region.Size == 0 {
		o.Region = DefaultRegion()
	}
	g, err := spiffs.Partition(int(o.Region.Addr), int(o.Region.Size))
	if err != nil {
		return nil, err
	}
	chip, err := spiffs.NewSparse(g)
	if err != nil {
		return nil, err
	}
	dir, err := o.openDir()
	if err != nil {
		return nil, fmt.Errorf("directory for the module's files: %w", err)
	}
	s := &FS{options: o, dir: dir, chip: chip, flash: flashfs.NewSparse(chip, o.Region), nodes: map[string]*node{}}
	s.flash.OnWork = s.count
	return s, nil
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

// count adds to the work of the call that runs.
func (s *FS) count(o spiffs.Ops) { s.work.Add(o) }

// charge ends a call: its work is told when all else is done, since that may panic.
func (s *FS) charge() {
	o := s.work
	s.work = spiffs.Ops{}
	if s.options.OnWork != nil && o != (spiffs.Ops{}) {
		s.options.OnWork(o)
	}
}

// Close closes what is open, and the directory.
func (s *FS) Close() error {
	s.Reset()
	return s.dir.Close()
}

// Reset is a reset of the chip: no file is open any more, and what waited to be written is
// gone. What is on flash is brought to the directory.
func (s *FS) Reset() {
	for _, f := range s.open {
		if f != nil {
			_ = s.settle(f) // who could be told was
			f.drop()
		}
	}
	s.flash.Reset()
}

// Unmount writes what waits and closes all files.
func (s *FS) Unmount() {
	for _, f := range s.open {
		if f != nil {
			_ = f.flash.Flush()
			_ = s.mirror(f)
		}
	}
	s.Reset()
	s.work = spiffs.Ops{}
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

// ready mounts the file system and brings the directory's files to it, if that has not been
// done.
func (s *FS) ready() error {
	if s.loaded {
		return s.flash.Mount()
	}
	return s.Mount()
}

// name is what a path stands for. Paths that stand for nothing are left to SPIFFS.
func name(path string) (string, bool) {
	name, ok := port.FlashName(path)
	return name, ok && len(name) <= port.FileNameMax && strings.IndexByte(name, 0) < 0
}

// Mount implements port.Files.
func (s *FS) Mount() error {
	defer s.charge()
	if err := s.flash.Mount(); err != nil {
		return err
	}
	s.unfit = nil
	if err := s.refresh(); err != nil {
		return err
	}
	if !s.loaded { // as the next start of a module finds what was flashed to it
		s.loaded = true
		s.flash.Reset()
		s.work = spiffs.Ops{}
	}
	return s.flash.Mount()
}

// Make makes the file system if there is none.
func (s *FS) Make() error {
	err := s.Mount()
	s.work = spiffs.Ops{}
	return err
}

// Format implements port.Files.
func (s *FS) Format() error {
	defer s.charge()
	if err := s.ready(); err != nil {
		return err
	}
	if err := s.refresh(); err != nil {
		return err
	}
	if err := s.flash.Format(); err != nil {
		return err
	}
	s.flash.Change()
	for _, f := range s.open {
		if f != nil {
			f.drop()
		}
	}
	var failed error
	for name, n := range s.nodes {
		if err := s.dir.Remove(n.host); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = s.failed("removing", name, err)
		}
	}
	clear(s.nodes)
	s.noteChange()
	return failed
}

// Open implements port.Files.
func (s *FS) Open(path string, m port.OpenMode) (port.File, error) {
	defer s.charge()
	if err := s.ready(); err != nil {
		return nil, err
	}
	name, ok := name(path)
	if ok {
		if err := s.look(name); err != nil {
			return nil, err
		}
	}
	n := s.nodes[name]
	if n != nil && m&port.OpenTruncate != 0 {
		if err := s.writable(n); err != nil {
			return nil, err
		}
	}
	opened, err := s.flash.Open(path, m)
	change := s.flash.Change()
	if err != nil {
		if n != nil && change.Cut { // in part
			n.emptied = true
		}
		return nil, err
	}
	f := &file{fs: s, flash: opened.(*flashfs.File)}
	if n == nil {
		if n, err = s.create(name); err != nil {
			f.flash.Close()
			s.flash.Remove(path)
			s.flash.Change()
			return nil, err
		}
	}
	if change.Cut {
		n.emptied, n.wrote = true, true
	}
	f.node = n
	n.refs++
	f.slot = f.flash.OnFlash().Descriptor() - 1
	s.open[f.slot] = f
	return f, nil
}

// create makes the host's file for a new one on flash.
func (s *FS) create(name string) (*node, error) {
	n := &node{name: name, found: found{host: HostName(name)}, wrote: true}
	f, err := s.dir.OpenFile(n.host, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, s.failed("creating", name, err)
	}
	n.f = f
	s.nodes[name] = n
	s.noteChange()
	return n, nil
}

// writable opens the host's file for writing, if it is not open.
func (s *FS) writable(n *node) error {
	if n.f != nil {
		return nil
	}
	f, err := s.dir.OpenFile(n.host, os.O_RDWR, 0)
	if err != nil {
		return s.failed("writing", n.name, err)
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
	defer s.charge()
	if err := s.ready(); err != nil {
		return err
	}
	name, ok := name(path)
	if ok {
		if err := s.look(name); err != nil {
			return err
		}
	}
	err := s.flash.Remove(path)
	s.flash.Change()
	n := s.nodes[name]
	if err != nil || n == nil {
		return err
	}
	delete(s.nodes, name)
	n.release() // some hosts do not remove what is open
	for _, f := range s.open {
		if f != nil && f.node == n {
			f.drop()
		}
	}
	err = s.dir.Remove(n.host)
	s.noteChange()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.seen = time.Time{} // it comes back
		return s.failed("removing", name, err)
	}
	return nil
}

// Rename implements port.Files. Who has the file open keeps it.
func (s *FS) Rename(from, to string) error {
	defer s.charge()
	if err := s.ready(); err != nil {
		return err
	}
	was, ok1 := name(from)
	is, ok2 := name(to)
	if ok1 && ok2 {
		if err := errors.Join(s.look(was), s.look(is)); err != nil {
			return err
		}
	}
	if err := s.flash.Rename(from, to); err != nil {
		return err
	}
	n := s.nodes[was]
	if n == nil || was == is {
		return nil
	}
	n.release()
	host := HostName(is)
	err := s.dir.Rename(n.host, host)
	delete(s.nodes, was)
	if err != nil {
		s.seen = time.Time{} // the host's names count
		return s.failed("renaming", n.name, err)
	}
	n.name, n.host = is, host
	s.nodes[is] = n
	s.noteChange()
	return nil
}

// Stat implements port.Files.
func (s *FS) Stat(path string) (port.FileInfo, error) {
	defer s.charge()
	if err := s.ready(); err != nil {
		return port.FileInfo{}, err
	}
	if name, ok := name(path); ok {
		if err := s.look(name); err != nil {
			return port.FileInfo{}, err
		}
	}
	return s.flash.Stat(path)
}

// List implements port.Files.
func (s *FS) List() ([]port.FileInfo, error) {
	defer s.charge()
	if err := errors.Join(s.ready(), s.refresh()); err != nil {
		return nil, err
	}
	return s.flash.List()
}

// Info implements port.Files.
func (s *FS) Info() (total, used uint32, err error) {
	defer s.charge()
	if err := errors.Join(s.ready(), s.refresh()); err != nil {
		return 0, 0, err
	}
	return s.flash.Info()
}

// Region implements port.Files.
func (s *FS) Region() port.FlashRegion { return s.flash.Region() }
