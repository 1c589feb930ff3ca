package flash

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// lock is the lock of a chip's file. The operating system holds it, on the file itself:
// so it ends with the process, however that ends, and other names of the same file are
// locked, too. Who holds it stands in a file beside it, which is only for people: an old
// one locks nothing.
type lock struct {
	file   *os.File
	holder string // the path of that file
}

// errLocked says that another process has the file, or another chip of this one.
var errLocked = errors.New("locked")

// holderMax is more than a line about a holder has, in bytes.
const holderMax = 400

// CheckFree is an error if a module uses the chip in a file.
func CheckFree(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := tryLock(f); err != nil {
		l := &lock{holder: path + ".lock"}
		return fmt.Errorf("the flash chip %s is in use%s: it cannot be changed now", path, l.who())
	}
	unlock(f)
	return nil
}

// lockFile locks the open file of a chip.
func lockFile(f *os.File, path string) (*lock, error) {
	l := &lock{file: f, holder: path + ".lock"}
	switch err := tryLock(f); {
	case errors.Is(err, errLocked):
		return nil, fmt.Errorf("the flash chip %s is in use%s: a chip is in one module at a time", path, l.who())
	case err != nil:
		return nil, fmt.Errorf("cannot lock the flash chip %s: %w; keep it on a disk whose file system can lock files", path, err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this computer"
	}
	// Without it the error of the next one is less clear, no more.
	_ = os.WriteFile(l.holder, fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), chipMode)
	return l, nil
}

// who tells who holds the lock, "" if that is not known.
func (l *lock) who() string {
	b, err := os.ReadFile(l.holder)
	line, _, _ := strings.Cut(string(b), "\n")
	if err != nil || line == "" || len(line) > holderMax {
		return ""
	}
	return " by " + strings.ToValidUTF8(line, "?")
}

// release gives the file back. It is removed before the lock, so that it is not the
// next holder's.
func (l *lock) release() {
	os.Remove(l.holder)
	unlock(l.file)
}
