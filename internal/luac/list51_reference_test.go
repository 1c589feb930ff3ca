package luac

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
)

// TestList51_Reference compares the listings of Lua files with those of luac.cross and luac.cross.int of Lua 5.1.
func TestList51_Reference(t *testing.T) {
	const variable = "MOONLET_REFERENCE51"
	if os.Getenv(variable) == "" {
		t.Skip(variable + " does not name luac.cross and luac.cross.int of Lua 5.1")
	}
	for _, luac := range filepath.SplitList(os.Getenv(variable)) {
		n := 0
		for _, root := range []string{os.Getenv("MOONLET_FIRMWARE"), "../.."} {
			if root == "" {
				continue
			}
			filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil || !strings.HasSuffix(path, ".lua") || !d.Type().IsRegular() {
					return nil
				}
				out := filepath.Join(t.TempDir(), "a.lc")
				want, err := exec.Command(luac, "-l", "-l", "-o", out, path).Output()
				if err != nil {
					return nil
				}
				b, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				f, err := chunk51.Decode(b)
				if err != nil {
					t.Fatal(err)
				}
				var got bytes.Buffer
				if err := List51(&got, f.Numbers, f.Main, true); err != nil {
					t.Fatal(err)
				}
				n++
				if g, w := renumbered(got.String()), renumbered(string(want)); g != w {
					t.Errorf("%s: %s", path, firstDifference(g, w))
				}
				return nil
			})
		}
		t.Logf("%s: %d files", luac, n)
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got " + g[i] + ", want " + w[i]
		}
	}
	return "one is longer"
}
