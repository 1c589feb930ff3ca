// Package hostfile writes files of the host so that nothing is half-written.
package hostfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes a file so that it has either the old content or the new one.
func Replace(path string, content []byte, perm fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(perm)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
