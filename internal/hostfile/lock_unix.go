//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package hostfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLockFile locks a file without waiting. flock belongs to the open file, not to the
// process as locks of fcntl do: two users in one process exclude each other as well.
func tryLockFile(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrLocked
		}
		return err
	}
}

func unlockFile(f *os.File) { unix.Flock(int(f.Fd()), unix.LOCK_UN) }
