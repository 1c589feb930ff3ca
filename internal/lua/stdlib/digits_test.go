package stdlib_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
)

// TestMathDigits counts how often the mathematical functions differ from the
// reference's in any digit. They never will by more than the last one or two: C's
// results are not all the nearest floats, and ours (see package libm) nearly are.
func TestMathDigits(t *testing.T) {
	builds := references(t)
	program, err := os.ReadFile("testdata/functions.inc")
	if err != nil {
		t.Fatal(err)
	}
	count := 100000
	if testing.Short() {
		count = 5000
	}
	file := filepath.Join(t.TempDir(), "functions.lua")
	if err := os.WriteFile(file, append(fmt.Appendf(nil, "local count = %d ", count), program...), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, model := range []num.Model{num.Int32Float32, num.Int64Float64} {
		binary, given := builds[model]
		if !given {
			continue
		}
		t.Run(model.Flag(), func(t *testing.T) {
			limit := 0.001 // of all results
			if model.FloatSize() == 8 {
				limit = 0.004
			}
			want := strings.Split(referenceOutput(t, binary, file), "\n")
			got := strings.Split(ourOutput(t, model, file), "\n")
			countDigits(t, got, want, limit)
		})
	}
}

// countDigits compares lines of a name, an argument and a result.
func countDigits(t *testing.T, got, want []string, limit float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d results, the reference has %d", len(got), len(want))
	}
	var names []string
	all, differ, example := map[string]int{}, map[string]int{}, map[string]int{}
	for i, line := range got {
		name, _, ok := strings.Cut(line, " ")
		if !ok {
			continue
		}
		if all[name] == 0 {
			names = append(names, name)
		}
		all[name]++
		if line != want[i] {
			differ[name]++
			example[name] = i
		}
	}
	for _, name := range names {
		part := float64(differ[name]) / float64(all[name])
		t.Logf("%-7s %d of %d differ: %.3f %%", name, differ[name], all[name], 100*part)
		if part > limit {
			i := example[name]
			t.Errorf("too many of %s, such as\n got %s\nwant %s", name, got[i], want[i])
		}
	}
}
