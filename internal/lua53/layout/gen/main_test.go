package main

import (
	"bytes"
	"os"
	"testing"
)

// TestUpToDate holds that the committed files are what the declaration gives.
func TestUpToDate(t *testing.T) {
	for value, name := range map[int]string{0: "../common/offsets.go", 4: "../v4/offsets.go", 8: "../v8/offsets.go"} {
		want, err := generate(value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run go generate ./internal/lua53/layout", name)
		}
	}
}
