package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"
)

// TestUpToDate holds that the committed files are what the declaration gives.
func TestUpToDate(t *testing.T) {
	for _, value := range []int{4, 8} {
		want, err := generate(value)
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("../v%d/offsets.go", value)
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run go generate ./internal/lua53/layout", name)
		}
	}
}
