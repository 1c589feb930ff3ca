package chunk

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// referenceVariable names luac.cross and luac.cross.int of Lua 5.1, separated as in PATH.
const referenceVariable = "MOONLET_REFERENCE51"

// luaFiles are the firmware's, and this repository's.
func luaFiles(t *testing.T) (list []string) {
	for _, root := range []string{os.Getenv("MOONLET_FIRMWARE"), "../../.."} {
		if root == "" {
			continue
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".lua") && d.Type().IsRegular() {
				list = append(list, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// TestReference reads what the C compiler writes, and writes it again: the bytes are the same, stripped
// and not.
func TestReference(t *testing.T) {
	if os.Getenv(referenceVariable) == "" {
		t.Skip(referenceVariable + " does not name luac.cross and luac.cross.int of Lua 5.1")
	}
	files := luaFiles(t)
	for k, luac := range filepath.SplitList(os.Getenv(referenceVariable)) {
		good := 0
		for _, path := range files {
			dir := t.TempDir()
			whole, stripped := filepath.Join(dir, "a.lc"), filepath.Join(dir, "b.lc")
			if exec.Command(luac, "-o", whole, path).Run() != nil {
				continue // not for this edition, or not for these numbers
			}
			if err := exec.Command(luac, "-s", "-o", stripped, path).Run(); err != nil {
				t.Fatal(err)
			}
			good++
			same(t, path, whole, Numbers(k))
			same(t, path, stripped, Numbers(k))
			b, _ := os.ReadFile(whole)
			if f, err := Decode(b); err == nil {
				got, err := Encode(f.Numbers, f.Main, true)
				if want, _ := os.ReadFile(stripped); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: stripped, it is another file", path)
				}
			}
		}
		t.Logf("%s: %d of %d files", luac, good, len(files))
	}
}

func same(t *testing.T, source, path string, numbers Numbers) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Decode(b)
	if err != nil {
		t.Errorf("%s: %v", source, err)
		return
	}
	again, err := Encode(f.Numbers, f.Main, false)
	if err != nil || f.Numbers != numbers || !bytes.Equal(again, b) {
		t.Errorf("%s: another file", source)
	}
}
