package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRename(t *testing.T) {
	dir := t.TempDir()
	files := map[string][2]string{
		"go.mod":         {"module old.example/moonlet\n\ngo 1.26\n", "module new.example:8080/a/moonlet\n\ngo 1.26\n"},
		"a.go":           {"import \"old.example/moonlet/internal/mem\"\n", "import \"new.example:8080/a/moonlet/internal/mem\"\n"},
		"b.go":           {"import \"old.example/moonlet\"", "import \"new.example:8080/a/moonlet\""},
		"sub/README.md":  {"old.example/moonlet, old.example/moonletter", "new.example:8080/a/moonlet, old.example/moonletter"},
		"testdata/x.lua": {"old.example/moonlet", "old.example/moonlet"},
	}
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text[0]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"", "moonlet", "host/moonlet", "a.example/x", "a.example/moonlet/", "a.example/moonlet\n"} {
		if _, err := rename(dir, bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if n, err := rename(dir, "new.example:8080/a/moonlet"); n != 4 || err != nil {
		t.Errorf("%d files changed, %v", n, err)
	}
	for name, text := range files {
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != text[1] {
			t.Errorf("%s: %q", name, got)
		}
	}
}
