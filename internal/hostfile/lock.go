package hostfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// ErrLocked says that another process has a lock, or another place in this one.
var ErrLocked = errors.New("it is in use")

// holderMax is more than the file about a holder has, in bytes.
const holderMax = 400

// Holder is a line about this process, for those who find a lock.
func Holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "this computer"
	}
	return fmt.Sprintf("process %d on %s\n", os.Getpid(), host)
}

// By says who wrote a file about a holder, "" if that is not known.
func (d *Dir) By(name string) string {
	b, err := d.ReadFile(name, holderMax)
	line := string(b)
	if i := strings.LastIndex(line, "process "); i >= 0 {
		line, _, _ = strings.Cut(line[i:], "\n")
	}
	if err != nil || !strings.HasPrefix(line, "process ") {
		return ""
	}
	return " by " + strings.ToValidUTF8(line, "?")
}

// TryLock locks an open file without waiting. The operating system holds the lock: it
// ends with the process, however that ends, and other names of the file are locked, too.
func (f *File) TryLock() error {
	if err := f.host.ask(LockFile, f.path); err != nil {
		return err
	}
	return f.wrap(LockFile, f.f.tryLock())
}

// Unlock gives the lock back.
func (f *File) Unlock() { f.f.unlock() }

// Lock is the lock of a directory.
type Lock struct {
	dir  *Dir
	name string
	file *File // nil if the directory itself is locked
	self handle
	said bool // the file says who has the lock, behind its title
}

// Lock locks the directory by a file in it, which is made if there is none and stays
// there. It says what it is in its first line, and then who has the lock. Where the file
// can neither be made nor written, what can be locked is. The error is ErrLocked if
// somebody has it, and errors.ErrUnsupported if the file system has no locks.
func (d *Dir) Lock(name, title string) (*Lock, error) {
	const tries = 10 // each time somebody removes the file meanwhile
	for range tries {
		l := &Lock{dir: d, name: name}
		f, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil && IsReadOnly(err) {
			f, err = d.OpenFile(name, os.O_RDONLY, 0)
			if errors.Is(err, fs.ErrNotExist) {
				return d.lockSelf()
			}
		}
		if err != nil {
			return nil, err
		}
		if err := f.TryLock(); err != nil {
			f.Close()
			return nil, err
		}
		l.file = f
		if !l.current() {
			l.drop()
			continue
		}
		l.write(title + Holder())
		return l, nil
	}
	return nil, pathError(LockFile, d.Join(name), ErrLocked)
}

// lockSelf locks the directory itself, where the host can do that.
func (d *Dir) lockSelf() (*Lock, error) {
	if err := d.host.ask(LockFile, d.path); err != nil {
		return nil, err
	}
	f, err := d.root.open(".", os.O_RDONLY, 0)
	if err != nil {
		return nil, d.wrap(Open, ".", err)
	}
	if err := f.tryLock(); err != nil {
		f.Close()
		if errors.Is(err, ErrLocked) {
			return nil, pathError(LockFile, d.path, err)
		}
		return nil, pathError(LockFile, d.path, errors.ErrUnsupported)
	}
	return &Lock{dir: d, self: f}, nil
}

// current tells whether the file that was locked is still the one of that name.
func (l *Lock) current() bool {
	a, err := l.file.f.Stat()
	b, err2 := l.dir.root.Stat(l.name)
	return err == nil && err2 == nil && sameFile(a, b)
}

// write says who has the lock, and nothing else. Without it the error of the next one is
// less clear, no more; so nothing is told of what fails.
func (l *Lock) write(text string) {
	info, err := l.file.Stat()
	if err == nil {
		_, err = l.file.WriteAt([]byte(text), 0)
	}
	if err == nil && info.Size() > int64(len(text)) {
		err = l.file.Truncate(int64(len(text)))
	}
	l.said = err == nil
}

func (l *Lock) drop() {
	if l.self != nil {
		l.self.unlock()
		l.self.Close()
		return
	}
	l.file.Unlock()
	l.file.Close()
}

// Release gives the lock back; the file says nobody then.
func (l *Lock) Release(title string) {
	if l.said { // behind the title
		l.file.Truncate(int64(len(title)))
	}
	l.drop()
}
