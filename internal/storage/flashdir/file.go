package flashdir

import (
	"cmp"
	"errors"
	"io/fs"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/storage/flashfs"
)

// file implements port.File.
type file struct {
	fs    *FS
	flash *flashfs.File
	node  *node // nil once it is closed
	slot  int
}

// drop forgets the file.
func (f *file) drop() {
	if f.fs.open[f.slot] == f {
		f.fs.open[f.slot] = nil
	}
	n := f.node
	f.node = nil
	if n.refs--; n.refs == 0 {
		f.fs.leave(n)
	}
}

// leave notes how the module left a file that it has not open any more.
func (s *FS) leave(n *node) {
	n.release()
	if s.nodes[n.name] != n || !n.wrote || n.emptied {
		return
	}
	if now, _, ok := s.ask(n.host); ok {
		n.found, n.wrote = now, false
	}
}

// mirror brings what the last call changed on flash to the host's file.
func (s *FS) mirror(f *file) error {
	c := s.flash.Change()
	n := f.node
	if !c.Any || n == nil {
		return nil
	}
	n.wrote = true
	n.emptied = n.emptied || c.Cut
	if n.emptied {
		return nil // until it is settled
	}
	from, to := min(int(c.From), n.size), min(int(c.To), f.flash.OnFlash().StoredSize())
	if from >= to {
		return nil
	}
	if err := s.writable(n); err != nil {
		return err
	}
	p := f.stored(from, to)
	if _, err := n.f.WriteAt(p, int64(from)); err != nil {
		return s.failed("writing", n.name, errors.Join(err, n.f.Truncate(int64(n.size))))
	}
	n.size = max(n.size, from+len(p))
	return nil
}

// stored is what is on flash from a place to another. A file that a full file system left
// with a gap has what is in front of it.
func (f *file) stored(from, to int) []byte {
	p := make([]byte, to-from)
	n, _ := f.flash.OnFlash().ReadStored(p, from)
	return p[:n]
}

// settle replaces the host's file of one that was emptied by what is on flash.
func (s *FS) settle(f *file) error {
	n := f.node
	if n == nil || !n.emptied || s.nodes[n.name] != n {
		return nil
	}
	p := f.stored(0, f.flash.OnFlash().StoredSize())
	perm := fs.FileMode(newMode)
	if info, err := s.dir.Stat(n.host); err == nil {
		perm = info.Mode().Perm()
	}
	n.release()
	if err := s.dir.Replace(n.host, p, perm); err != nil {
		return s.failed("writing", n.name, err)
	}
	n.emptied, n.size = false, len(p)
	s.noteChange()
	return nil
}

// newMode is the mode of a host's file that somebody removed meanwhile.
const newMode = 0o644

// Read implements port.File.
func (f *file) Read(p []byte) (int, error) {
	defer f.fs.charge()
	n, err := f.flash.Read(p)
	_ = f.fs.mirror(f) // what waited: an error of writing it is none of reading
	return n, err
}

// Write implements port.File.
func (f *file) Write(p []byte) (int, error) {
	defer f.fs.charge()
	n, err := f.flash.Write(p)
	if e := f.fs.mirror(f); e != nil && err == nil {
		return 0, e
	}
	return n, err
}

// Seek implements port.File.
func (f *file) Seek(offset int, w port.Whence) (int, error) {
	defer f.fs.charge()
	n, err := f.flash.Seek(offset, w)
	_ = f.fs.mirror(f)
	return n, err
}

// Tell implements port.File.
func (f *file) Tell() int {
	defer f.fs.charge()
	n := f.flash.Tell()
	_ = f.fs.mirror(f)
	return n
}

// Size implements port.File.
func (f *file) Size() int {
	defer f.fs.charge()
	n := f.flash.Size()
	_ = f.fs.mirror(f)
	return n
}

// Flush implements port.File.
func (f *file) Flush() error {
	defer f.fs.charge()
	err := f.flash.Flush()
	return cmp.Or(err, f.fs.mirror(f), f.fs.settle(f))
}

// Close implements port.File.
func (f *file) Close() error {
	defer f.fs.charge()
	err := f.flash.Close()
	host := cmp.Or(f.fs.mirror(f), f.fs.settle(f))
	if err == nil && f.node != nil {
		f.drop()
	}
	return cmp.Or(err, host)
}
