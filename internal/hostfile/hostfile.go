// Package hostfile is the one door to files of the host: what a module keeps, and what
// commands write. Below a Dir nothing leads out of it, what is replaced has its old
// content or the new one, and nothing but plain files is opened.
package hostfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Kind is what an operation does.
type Kind string

// The kinds.
const (
	Open     Kind = "open"
	Read     Kind = "read"
	Write    Kind = "write"
	Truncate Kind = "truncate"
	Chmod    Kind = "chmod"
	Sync     Kind = "sync"
	Close    Kind = "close"
	Stat     Kind = "stat"
	ReadDir  Kind = "readdir"
	Mkdir    Kind = "mkdir"
	Rename   Kind = "rename"
	Link     Kind = "link"
	Remove   Kind = "remove"
	LockFile Kind = "lock"
)

// Op is an operation of the file system of the host.
type Op struct {
	Kind   Kind
	Path   string
	Writes bool // of Open: the file is opened for writing, too
}

// Host is the file system of the computer. Nil is the real one.
type Host struct {
	// Fail, if any, is asked before each operation. An error makes the operation fail
	// with it, before anything is done; what is closed is closed all the same. Several
	// goroutines may call it.
	Fail func(op Op) error
	// NoSync does not wait for the disk: nobody misses these files after the computer's
	// power failed.
	NoSync bool
}

// Passing is the same file system for files that end with this run.
func (h *Host) Passing() *Host {
	p := &Host{NoSync: true}
	if h != nil {
		p.Fail = h.Fail
	}
	return p
}

// ask asks whether an operation may be done.
func (h *Host) ask(kind Kind, path string) error { return h.askOp(Op{Kind: kind, Path: path}) }

func (h *Host) askOp(op Op) error {
	if h == nil || h.Fail == nil {
		return nil
	}
	return pathError(op.Kind, op.Path, h.Fail(op))
}

// Errors of this package, inside of a *fs.PathError.
var (
	// ErrOutside is a path or a link that leads out of a Dir.
	ErrOutside = errors.New("it leads out of its directory: remove the link")
	// ErrNotRegular is a pipe, a socket, a device: those are neither read nor waited for.
	ErrNotRegular = errors.New("it is not a plain file")
	// ErrTooLarge is a file that is larger than it may be.
	ErrTooLarge = errors.New("it is too large")
)

// pathError is an error of an operation with the whole path.
func pathError(kind Kind, path string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: string(kind), Path: path, Err: Reason(err)}
}

// Reason is an error of the host without the operation and the path.
func Reason(err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		return p.Err
	case errors.As(err, &l):
		return l.Err
	}
	return err
}

// IsReadOnly tells whether something failed because it may only be read.
func IsReadOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// Stat tells what a path of the user leads to.
func (h *Host) Stat(path string) (fs.FileInfo, error) {
	if err := h.ask(Stat, path); err != nil {
		return nil, err
	}
	return os.Stat(path)
}

// Open opens what the user names for reading, whatever it is.
func (h *Host) Open(path string) (*File, error) {
	if err := h.ask(Open, path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &File{hostHandle{f}, h, path}, nil
}

// ReadFile reads a plain file of the user, of no more than most bytes.
func (h *Host) ReadFile(path string, most int64) ([]byte, error) {
	info, err := h.Stat(path)
	if err == nil {
		err = plain(path, info)
	}
	if err != nil {
		return nil, err
	}
	f, err := h.Open(path)
	if err != nil {
		return nil, err
	}
	return f.readAll(most)
}

// ReadAll reads what the user names, whatever it is, of no more than most bytes.
func (h *Host) ReadAll(path string, most int64) ([]byte, error) {
	f, err := h.Open(path)
	if err != nil {
		return nil, err
	}
	return f.readAll(most)
}

// ReadDir lists a directory of the user by name.
func (h *Host) ReadDir(path string) ([]fs.DirEntry, error) {
	if err := h.ask(ReadDir, path); err != nil {
		return nil, err
	}
	return os.ReadDir(path)
}

// MkdirAll makes a directory of the user and those above it.
func (h *Host) MkdirAll(path string, perm fs.FileMode) error {
	if err := h.ask(Mkdir, path); err != nil {
		return err
	}
	return os.MkdirAll(path, perm)
}

// MkdirTemp makes a directory for this run alone.
func (h *Host) MkdirTemp() (string, error) {
	if err := h.ask(Mkdir, os.TempDir()); err != nil {
		return "", err
	}
	return os.MkdirTemp("", "moonlet-")
}

// RemoveAll removes a directory of MkdirTemp.
func (h *Host) RemoveAll(path string) error {
	if err := h.ask(Remove, path); err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// Remove removes a file of the user, or an empty directory.
func (h *Host) Remove(path string) error {
	if err := h.ask(Remove, path); err != nil {
		return err
	}
	return os.Remove(path)
}
