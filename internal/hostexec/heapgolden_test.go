package hostexec_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
)

// The golden file has a line for each program of testdata/heap and each mode, with
// fields between tabs: mode, program, seed, and what the reference counted.

func goldenLine(m mode, name string, c counts) string {
	var marks []string
	for _, n := range c.marks {
		marks = append(marks, strconv.Itoa(n))
	}
	return fmt.Sprintf("%s\t%s\t%d\t%s\n", m.name, name, c.seed, strings.Join(marks, " "))
}

// TestHeapGolden compares with what the reference counted once, with the default
// numbers.
func TestHeapGolden(t *testing.T) {
	if *update {
		t.Skip("the file is being written")
	}
	data, err := os.ReadFile(goldenFile)
	if os.IsNotExist(err) {
		t.Skip("no file " + goldenFile)
	} else if err != nil {
		t.Fatal(err)
	}
	want := map[[2]string]counts{}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 4 {
			t.Fatalf("a line of %d fields: %q", len(f), line)
		}
		seed, err := strconv.ParseUint(f[2], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		c := counts{seed: uint32(seed)}
		for _, s := range strings.Fields(f[3]) {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal(err)
			}
			c.marks = append(c.marks, n)
		}
		want[[2]string{f[0], f[1]}] = c
	}
	all := slices.DeleteFunc(scenes(t, "53"), func(p program) bool { return p.decodes() })
	if len(want) != len(modes)*len(all) {
		t.Errorf("counts of %d runs for %d programs: run the tests with -update", len(want), len(all))
	}
	t.Chdir(t.TempDir())
	for i, p := range all {
		if testing.Short() && i%5 != 0 {
			continue
		}
		for _, m := range modes {
			c, ok := want[[2]string{m.name, p.name}]
			if !ok {
				continue
			}
			edition53(num.Int32Float32).install(t, &p, m, ".")
			if d := difference(ours(t, num.Int32Float32, c.seed).marks, c.marks); d != "" {
				t.Errorf("%s, %s: %s", p.name, m.name, d)
			}
		}
	}
}
