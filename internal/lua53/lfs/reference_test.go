package lfs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"moonlet.example/moonlet/internal/lua53/lfs"
)

// TestReadReference reads absolute images of the firmware's own luac.cross, whose
// builds MOONLET_REFERENCE names (see package luac), with what it leaves to chance.
func TestReadReference(t *testing.T) {
	tools := filepath.SplitList(os.Getenv("MOONLET_REFERENCE"))
	if len(tools) == 0 {
		t.Skip("MOONLET_REFERENCE does not name a luac.cross: nothing to compare with")
	}
	t.Chdir(t.TempDir())
	for name, code := range map[string]string{
		"a.lua": sourceA,
		"b.lua": "local x, y = -1, 0.5 return function(n) return n + 1 + x * y, 7, true, nil, 100000 end",
	} {
		if err := os.WriteFile(name, []byte(code), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tool := range tools {
		if msg, err := exec.Command(tool, "-f", "-o", "lfs.img", "a.lua", "b.lua").CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", tool, err, msg)
		}
		image, err := os.ReadFile("lfs.img")
		if err != nil {
			t.Fatal(err)
		}
		os.Remove("lfs.abs")
		exec.Command(tool, "-a", "0x40290000", "-F", "lfs.img", "-o", "lfs.abs").Run()
		store, err := os.ReadFile("lfs.abs")
		if err != nil {
			t.Logf("%s makes no absolute images", tool)
			continue
		}
		a, b := open(t, image), open(t, store)
		if d := lfs.Compare(a, b, lfs.DiffOptions{}); !d.Same || b.Store.Base != 0x40290000 {
			t.Errorf("%s: the absolute image is another: %s", tool, describe(d))
		}
		if !slices.Contains(b.Models, a.Model()) {
			t.Errorf("%s: %v, not %v", tool, b.Models, a.Model())
		}
		t.Logf("%s: %v, read as %v", tool, a.Models, b.Models)
	}
}
