package hostfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// tree is what a Dir works on: a directory of the host, or one in memory. Its methods are
// those of os.Root.
type tree interface {
	Close() error
	Stat(name string) (fs.FileInfo, error)
	Lstat(name string) (fs.FileInfo, error)
	Mkdir(name string, perm fs.FileMode) error
	MkdirAll(name string, perm fs.FileMode) error
	Remove(name string) error
	Rename(from, to string) error
	Link(from, to string) error
	sub(name string) (tree, error)
	open(name string, flag int, perm fs.FileMode) (handle, error)
}

// handle is an open file or directory of a tree.
type handle interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.WriterAt
	io.Closer
	Stat() (fs.FileInfo, error)
	ReadDir(n int) ([]fs.DirEntry, error)
	Truncate(size int64) error
	Sync() error
	Chmod(perm fs.FileMode) error
	tryLock() error
	unlock()
}

// hostTree is a directory of the host.
type hostTree struct{ *os.Root }

// hostHandle is an open file of the host.
type hostHandle struct{ *os.File }

func (f hostHandle) tryLock() error { return tryLockFile(f.File) }
func (f hostHandle) unlock()        { unlockFile(f.File) }

func (t hostTree) sub(name string) (tree, error) {
	r, err := t.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return hostTree{r}, nil
}

func (t hostTree) open(name string, flag int, perm fs.FileMode) (handle, error) {
	f, err := t.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return hostHandle{f}, nil
}

// NewMemory makes a directory that is in the memory of this process alone, with nothing in
// it. It needs no descriptors, and is gone when nobody has it any more.
func NewMemory() *Dir {
	m := &memory{root: &node{mode: fs.ModeDir | 0o777, entries: map[string]*node{}}}
	return &Dir{passing, memTree{m, m.root}, "memory"}
}

// passing is the host for what no disk has.
var passing = &Host{NoSync: true}

// memory is a tree of files in memory.
type memory struct {
	mu      sync.Mutex // guards all nodes
	root    *node
	changes int64 // of all directories, which stands for the time
}

// node is a file or a directory.
type node struct {
	mode    fs.FileMode
	changed int64
	data    []byte           // of a file
	entries map[string]*node // of a directory
	locked  bool
}

func (m *memory) change(n *node) {
	m.changes++
	n.changed = m.changes
}

// memTree is a directory in memory.
type memTree struct {
	m   *memory
	dir *node
}

// errLeads is the error of paths that lead out, as package os has one.
var errLeads = errors.New("path escapes from parent")

func memError(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

// place finds the directory that has a name, and what is there, nil if there is nothing.
func (t memTree) place(op, name string) (dir *node, base string, n *node, err error) {
	clean := path.Clean(filepath.ToSlash(name))
	if !filepath.IsLocal(clean) {
		return nil, "", nil, memError(op, name, errLeads)
	}
	if clean == "." {
		return nil, ".", t.dir, nil
	}
	dir = t.dir
	parts := strings.Split(clean, "/")
	for _, p := range parts[:len(parts)-1] {
		next := dir.entries[p]
		switch {
		case next == nil:
			return nil, "", nil, memError(op, name, syscall.ENOENT)
		case !next.mode.IsDir():
			return nil, "", nil, memError(op, name, syscall.ENOTDIR)
		}
		dir = next
	}
	base = parts[len(parts)-1]
	return dir, base, dir.entries[base], nil
}

// find finds what must be there.
func (t memTree) find(op, name string) (dir *node, base string, n *node, err error) {
	if dir, base, n, err = t.place(op, name); err == nil && n == nil {
		err = memError(op, name, syscall.ENOENT)
	}
	return dir, base, n, err
}

func (t memTree) Close() error { return nil }

func (t memTree) Stat(name string) (fs.FileInfo, error) {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	_, base, n, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return n.info(base), nil
}

func (t memTree) Lstat(name string) (fs.FileInfo, error) { return t.Stat(name) }

// make makes an entry of a directory.
func (t memTree) make(op, name string, n *node) error {
	dir, base, old, err := t.place(op, name)
	switch {
	case err != nil:
		return err
	case old != nil:
		return memError(op, name, syscall.EEXIST)
	}
	dir.entries[base] = n
	t.m.change(n)
	t.m.change(dir)
	return nil
}

func (t memTree) Mkdir(name string, perm fs.FileMode) error {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	return t.make("mkdir", name, &node{mode: fs.ModeDir | perm&fs.ModePerm, entries: map[string]*node{}})
}

func (t memTree) MkdirAll(name string, perm fs.FileMode) error {
	for i, c := range name + "/" {
		if c != '/' && c != filepath.Separator || i == 0 {
			continue
		}
		info, err := t.Stat(name[:i])
		switch {
		case err != nil:
			err = t.Mkdir(name[:i], perm)
		case !info.IsDir() && i == len(name):
			err = memError("mkdir", name, syscall.EEXIST)
		case !info.IsDir():
			err = memError("mkdir", name[:i], syscall.ENOTDIR)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t memTree) Remove(name string) error {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	dir, base, n, err := t.find("remove", name)
	switch {
	case err != nil:
		return err
	case dir == nil || len(n.entries) > 0:
		return memError("remove", name, syscall.ENOTEMPTY)
	}
	delete(dir.entries, base)
	t.m.change(dir)
	return nil
}

func (t memTree) Rename(from, to string) error {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	dir, base, n, err := t.place("rename", from)
	if err != nil {
		return err
	}
	toDir, toBase, old, err := t.place("rename", to)
	switch {
	case err != nil:
		return err
	case n == nil:
		return memError("rename", from, syscall.ENOENT)
	case dir == nil || toDir == nil || n.mode.IsDir():
		return memError("rename", from, syscall.EINVAL) // nobody renames directories
	case old != nil && old.mode.IsDir():
		return memError("rename", to, syscall.EEXIST)
	}
	delete(dir.entries, base)
	toDir.entries[toBase] = n
	t.m.change(dir)
	t.m.change(toDir)
	return nil
}

func (t memTree) Link(from, to string) error {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	_, _, n, err := t.find("link", from)
	if err != nil {
		return err
	}
	if n.mode.IsDir() {
		return memError("link", from, syscall.EPERM)
	}
	return t.make("link", to, n)
}

func (t memTree) sub(name string) (tree, error) {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	_, _, n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	return memTree{t.m, n}, nil
}

func (t memTree) open(name string, flag int, perm fs.FileMode) (handle, error) {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	_, base, n, err := t.place("open", name)
	switch {
	case err != nil:
		return nil, err
	case n != nil && flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		return nil, memError("open", name, syscall.EEXIST)
	case n == nil && flag&os.O_CREATE == 0:
		return nil, memError("open", name, syscall.ENOENT)
	case n == nil:
		n = &node{mode: perm & fs.ModePerm}
		if err := t.make("open", name, n); err != nil {
			return nil, err
		}
	}
	if flag&os.O_TRUNC != 0 {
		n.data = nil
	}
	return &memFile{m: t.m, n: n, name: base}, nil
}

// memFile is an open file in memory.
type memFile struct {
	m    *memory
	n    *node
	name string
	at   int64 // of Read and Write
}

func (f *memFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	if f.at += int64(n); n > 0 {
		err = nil
	}
	return n, err
}

func (f *memFile) ReadAt(p []byte, at int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if at >= int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.n.data[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) Write(p []byte) (int, error) {
	n, err := f.WriteAt(p, f.at)
	f.at += int64(n)
	return n, err
}

func (f *memFile) WriteAt(p []byte, at int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if end := at + int64(len(p)); end > int64(len(f.n.data)) {
		f.resize(end)
	}
	f.m.change(f.n)
	return copy(f.n.data[at:], p), nil
}

func (f *memFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.resize(size)
	f.m.change(f.n)
	return nil
}

// resize gives the file another size; what is new is zero.
func (f *memFile) resize(size int64) {
	old := f.n.data
	if size <= int64(len(old)) {
		clear(old[size:])
		f.n.data = old[:size]
		return
	}
	f.n.data = slices.Grow(old, int(size)-len(old))[:size]
	clear(f.n.data[len(old):])
}

func (f *memFile) Stat() (fs.FileInfo, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return f.n.info(f.name), nil
}

func (f *memFile) ReadDir(int) (list []fs.DirEntry, err error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	for name, n := range f.n.entries {
		list = append(list, fs.FileInfoToDirEntry(n.info(name)))
	}
	return list, nil
}

func (f *memFile) Chmod(perm fs.FileMode) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.n.mode = f.n.mode&^fs.ModePerm | perm&fs.ModePerm
	return nil
}

func (f *memFile) Sync() error  { return nil }
func (f *memFile) Close() error { return nil }

// tryLock locks the file; nobody outside of this process knows it.
func (f *memFile) tryLock() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.n.locked {
		return ErrLocked
	}
	f.n.locked = true
	return nil
}

func (f *memFile) unlock() {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.n.locked = false
}

// memInfo is what is known of a node.
type memInfo struct {
	name    string
	size    int64
	mode    fs.FileMode
	changed int64
	n       *node
}

func (n *node) info(name string) memInfo {
	return memInfo{name, int64(len(n.data)), n.mode, n.changed, n}
}

func (i memInfo) Name() string       { return i.name }
func (i memInfo) Size() int64        { return i.size }
func (i memInfo) Mode() fs.FileMode  { return i.mode }
func (i memInfo) IsDir() bool        { return i.mode.IsDir() }
func (i memInfo) Sys() any           { return nil }
func (i memInfo) ModTime() time.Time { return time.Unix(i.changed, 0) }

// sameFile tells whether two files are one.
func sameFile(a, b fs.FileInfo) bool {
	x, ok := a.(memInfo)
	y, too := b.(memInfo)
	if ok && too {
		return x.n == y.n
	}
	return os.SameFile(a, b)
}
