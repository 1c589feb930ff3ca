package trial

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/project"
)

// storeProject is a project with modules in the store.
func storeProject(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestStrings holds that the strings which are found save heap when they are
// moved.
func TestStrings(t *testing.T) {
	dir := storeProject(t, "init.lua", `
names = {}
for word in ("one two three four five six seven"):gmatch"%a+" do names["name of " .. word] = true end
data = tostring(node.random(100000, 999999))
secret = "x" .. data
function used() return "a string constant", names["name of nine"] end
`)
	p, err := project.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Strings(t.Context(), p, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	all := "," + strings.Join(r.Strings, ",") + ","
	for _, s := range []string{"name of seven", "a string constant", "names"} {
		if !strings.Contains(all, ","+s+",") {
			t.Errorf("%q is missing in %s", s, all)
		}
	}
	if strings.Contains(all, ",x") {
		t.Errorf("there is random data: %s", all)
	}
	if r.Empty <= r.Now || r.With < r.Empty+24*8 {
		t.Errorf("free heap: %d, %d, %d", r.Now, r.Empty, r.With)
	}
	if _, err := os.Stat(filepath.Join(dir, ".moonlet")); err == nil {
		t.Error("the project has got a state")
	}
}
