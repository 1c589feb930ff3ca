package hostfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Create writes a file that does not exist yet, whole or not at all. If it exists, the
// error is fs.ErrExist and it stays as it is, also if another process makes it at the
// same moment; only where the file system has no hard links could that one's be lost.
func Create(path string, content []byte, perm fs.FileMode) error {
	exists := &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	if _, err := os.Lstat(path); err == nil {
		return exists
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(perm)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Link(f.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return exists
	}
	return os.Rename(f.Name(), path)
}
