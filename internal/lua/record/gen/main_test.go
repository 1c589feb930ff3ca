package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestUpToDate holds that the committed files are what the declaration gives.
func TestUpToDate(t *testing.T) {
	for _, edition := range []string{"5.1", "5.3"} {
		for value, name := range map[int]string{0: "common", 4: "v4", 8: "v8"} {
			upToDate(t, edition, value, "../../../lua"+strings.ReplaceAll(edition, ".", "")+"/layout/"+name+"/offsets.go")
		}
	}
}

func upToDate(t *testing.T, edition string, value int, name string) {
	{
		want, err := generate(edition, value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run go generate ./internal/...", name)
		}
	}
}
