package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestUpToDate holds that the committed copies are those of the package as it is.
func TestUpToDate(t *testing.T) {
	for _, dir := range copies {
		files, err := generate("..", dir)
		if err != nil {
			t.Fatal(err)
		}
		have, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		if len(have) != len(files)+1 {
			t.Errorf("%s has %d files, not %d: run go generate ./internal/lua53", dir, len(have), len(files)+1)
		}
		for name, want := range files {
			got, err := os.ReadFile(filepath.Join("..", dir, name))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s/%s is out of date: run go generate ./internal/lua53", dir, name)
			}
		}
	}
}
