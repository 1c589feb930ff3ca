package moduletest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"moonlet.example/moonlet/internal/lua/rom"
)

// CallsVariable names a directory to which tests write which functions of modules they call:
// files of lines with the function's path, a tab and the test's name. internal/dev/functions
// makes a table of them.
const CallsVariable = "MOONLET_CALLS"

// recordCalls notes the functions that a test calls, if somebody wants to know.
func recordCalls(t testing.TB, image *rom.Image) {
	dir := os.Getenv(CallsVariable)
	if dir == "" {
		return
	}
	var mu sync.Mutex
	seen := map[string]bool{}
	image.Observe(func(path string) {
		mu.Lock()
		defer mu.Unlock()
		seen[path] = true
	})
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		name, _, _ := strings.Cut(t.Name(), "/")
		var b strings.Builder
		for _, path := range slices.Sorted(maps.Keys(seen)) {
			fmt.Fprintf(&b, "%s\t%s\n", path, name)
		}
		f, err := os.CreateTemp(dir, filepath.Base(os.Args[0])+"-*.calls")
		if err == nil {
			_, err = f.WriteString(b.String())
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
}
