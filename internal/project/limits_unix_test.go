//go:build unix

package project_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"moonlet.example/moonlet/internal/project"
)

// TestProjectFile_NoFile: what never ends and what waits is not read.
func TestProjectFile_NoFile(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(path string) error
		want string
	}{
		{"/dev/zero", func(path string) error { return os.Symlink("/dev/zero", path) }, "a device"},
		{"a pipe", func(path string) error { return unix.Mkfifo(path, 0o600) }, "a pipe"},
		{"a directory", func(path string) error { return os.Mkdir(path, 0o700) }, "a directory"},
		{"a hole", func(path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 3<<30)
		}, "too long for a project file"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, project.FileName)
		if err := c.make(path); err != nil {
			t.Fatal(c.name, err)
		}
		for _, allowed := range []bool{false, true} {
			want := c.want
			if c.name == "/dev/zero" && !allowed {
				want = "leads out of the project by a link"
			}
			_, err := project.Options{AllowOutside: allowed}.Open(dir)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
	}
}
