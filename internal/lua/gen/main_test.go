package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestUpToDate holds that the committed copies are those of the packages as they are.
func TestUpToDate(t *testing.T) {
	const root = "../../.."
	for _, s := range sources {
		for _, c := range s.copies {
			files, err := generate(root, s, c)
			if err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(root, s.dir, c.pkg)
			have, err := filepath.Glob(filepath.Join(dir, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			if len(have) != len(files)+1 {
				t.Errorf("%s has %d files, not %d: run go generate ./%s", dir, len(have), len(files)+1, s.dir)
			}
			for name, want := range files {
				got, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s/%s is out of date: run go generate ./%s", dir, name, s.dir)
				}
			}
		}
	}
}
