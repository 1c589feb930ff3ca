package hostfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	var h *Host
	path := filepath.Join(dir, "file")
	if err := h.Create(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Create(path, []byte("second"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that exists: %v", err)
	}
	if b, _ := os.ReadFile(path); string(b) != "first" {
		t.Errorf("the file has %q", b)
	}
	if err := h.Create(filepath.Join(dir, "no", "file"), nil, 0o600); err == nil {
		t.Error("a file was made in a directory that does not exist")
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("%d files are left", len(list))
	}
}
