package hostfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Dir is an open directory. Names are below it: links are followed, but nothing leads
// out of it.
type Dir struct {
	host *Host
	root tree
	path string
}

// OpenDir opens a directory that the user names.
func (h *Host) OpenDir(path string) (*Dir, error) {
	if err := h.ask(Open, path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path) // a pipe would be waited for
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, pathError(Open, path, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, pathError(Open, path, err)
	}
	return &Dir{h, hostTree{root}, path}, nil
}

// Path is the path of the directory as it was opened.
func (d *Dir) Path() string { return d.path }

// Host is the file system that the directory is in.
func (d *Dir) Host() *Host { return d.host }

// Close closes the directory.
func (d *Dir) Close() error { return d.root.Close() }

// Join is the whole path of a name.
func (d *Dir) Join(name string) string { return filepath.Join(d.path, name) }

// wrap gives an error the whole path, and the package's word for what leads out.
func (d *Dir) wrap(kind Kind, name string, err error) error {
	var n syscall.Errno
	if err != nil && !errors.As(err, &n) && d.leadsOut(err) {
		err = ErrOutside
	}
	return pathError(kind, d.Join(name), err)
}

// leadsOut tells whether an error is the one of package os for what leads out, which has
// no name there.
func (d *Dir) leadsOut(err error) bool {
	_, out := d.root.Lstat("..")
	return out != nil && Reason(err) == Reason(out)
}

// Sub opens a directory below.
func (d *Dir) Sub(name string) (*Dir, error) {
	if err := d.host.ask(Open, d.Join(name)); err != nil {
		return nil, err
	}
	info, err := d.root.Stat(name)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, d.wrap(Open, name, err)
	}
	root, err := d.root.sub(name)
	if err != nil {
		return nil, d.wrap(Open, name, err)
	}
	return &Dir{d.host, root, d.Join(name)}, nil
}

// OpenFile opens a plain file.
func (d *Dir) OpenFile(name string, flag int, perm fs.FileMode) (*File, error) {
	path := d.Join(name)
	writes := flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE) != 0
	if err := d.host.askOp(Op{Open, path, writes}); err != nil {
		return nil, err
	}
	info, err := d.root.Stat(name)
	if err == nil {
		err = plain(path, info)
	}
	if err != nil && (flag&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist)) {
		return nil, d.wrap(Open, name, err)
	}
	// Should it have become a pipe since: that one is not waited for.
	f, err := d.root.open(name, flag|nonBlock, perm)
	if err != nil {
		return nil, d.wrap(Open, name, err)
	}
	if info, err = f.Stat(); err == nil {
		err = plain(path, info)
	}
	if err != nil {
		f.Close()
		return nil, d.wrap(Open, name, err)
	}
	return &File{f, d.host, path}, nil
}

// OpenChangeable opens a plain file for reading and writing, or for reading alone if it
// may not be written.
func (d *Dir) OpenChangeable(name string) (*File, error) {
	f, err := d.OpenFile(name, os.O_RDWR, 0)
	if err != nil && IsReadOnly(err) {
		f, err = d.OpenFile(name, os.O_RDONLY, 0)
	}
	return f, err
}

// ReadFile reads a plain file of no more than most bytes.
func (d *Dir) ReadFile(name string, most int64) ([]byte, error) {
	f, err := d.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return f.readAll(most)
}

// Stat tells about a file; of a link, about what it leads to.
func (d *Dir) Stat(name string) (fs.FileInfo, error) {
	if err := d.host.ask(Stat, d.Join(name)); err != nil {
		return nil, err
	}
	info, err := d.root.Stat(name)
	return info, d.wrap(Stat, name, err)
}

// Lstat tells about a file or a link.
func (d *Dir) Lstat(name string) (fs.FileInfo, error) {
	if err := d.host.ask(Stat, d.Join(name)); err != nil {
		return nil, err
	}
	info, err := d.root.Lstat(name)
	return info, d.wrap(Stat, name, err)
}

// ReadDir lists a directory by name.
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := d.host.ask(ReadDir, d.Join(name)); err != nil {
		return nil, err
	}
	info, err := d.root.Stat(name)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, d.wrap(ReadDir, name, err)
	}
	f, err := d.root.open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, d.wrap(ReadDir, name, err)
	}
	defer f.Close()
	list, err := f.ReadDir(-1)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, d.wrap(ReadDir, name, err)
}

// Mkdir makes a directory.
func (d *Dir) Mkdir(name string, perm fs.FileMode) error {
	if err := d.host.ask(Mkdir, d.Join(name)); err != nil {
		return err
	}
	return d.wrap(Mkdir, name, d.root.Mkdir(name, perm))
}

// MkdirAll makes a directory and those above it.
func (d *Dir) MkdirAll(name string, perm fs.FileMode) error {
	if err := d.host.ask(Mkdir, d.Join(name)); err != nil {
		return err
	}
	return d.wrap(Mkdir, name, d.root.MkdirAll(name, perm))
}

// Remove removes a file, a link or an empty directory.
func (d *Dir) Remove(name string) error {
	if err := d.host.ask(Remove, d.Join(name)); err != nil {
		return err
	}
	return d.wrap(Remove, name, d.root.Remove(name))
}

// Rename gives a file another name, in place of what has it.
func (d *Dir) Rename(from, to string) error {
	if err := d.host.ask(Rename, d.Join(to)); err != nil {
		return err
	}
	return d.wrap(Rename, to, d.root.Rename(from, to))
}

// link gives a file one more name, which nothing has yet.
func (d *Dir) link(from, to string) error {
	if err := d.host.ask(Link, d.Join(to)); err != nil {
		return err
	}
	return d.wrap(Link, to, d.root.Link(from, to))
}
