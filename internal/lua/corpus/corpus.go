// Package corpus has what the corpora of all editions of Lua have in common: programs that print a line for each case,
// of which each begins with the same lines, and the comparison of what they print. Only tests use it.
package corpus

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Write writes the programs of a directory to another one, each with the directory's prelude.inc in front, and gives
// their names.
func Write(t testing.TB, from, to string) []string {
	t.Helper()
	prelude, err := os.ReadFile(filepath.Join(from, "prelude.inc"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(from, "*.lua"))
	if err != nil || len(files) == 0 {
		t.Fatal("no programs", err)
	}
	for i, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = filepath.Base(file)
		if err := os.WriteFile(filepath.Join(to, files[i]), append(bytes.Clone(prelude), code...), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// Compare compares what a program prints, tells the first lines that differ, and counts the lines.
func Compare(t testing.TB, file, got, want string) int {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		t.Errorf("%s: %d cases, want %d", file, len(g), len(w))
	}
	const show = 10
	differ := 0
	for i := range min(len(g), len(w)) {
		if g[i] == w[i] {
			continue
		}
		if differ++; differ <= show {
			t.Errorf("%s:\n got %s\nwant %s", file, g[i], w[i])
		}
	}
	if differ > show {
		t.Errorf("%s: %d differences altogether", file, differ)
	}
	return len(w) - 1
}
