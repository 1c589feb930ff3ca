package moduletest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/editions"
	"moonlet.example/moonlet/internal/lua/state"
)

// ReferenceVariable names the environment variable that names a luac.cross with more of the
// firmware's modules linked in than it has by itself. CONTRIBUTING.md tells how it is made.
const ReferenceVariable = "MOONLET_MODULES_C"

// Compare runs a script by the firmware's own C code and here, with the numbers of a host, and
// compares what they print, line by line. A script prints a line for each of its cases, the
// same ones in each run, and Compare logs how many there were. Without the C code the test is
// skipped.
func Compare(t *testing.T, script string, modules ...state.Module) {
	t.Helper()
	program := os.Getenv(ReferenceVariable)
	if program == "" {
		t.Skipf("%s is not set", ReferenceVariable)
	}
	path, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-e", path)
	cmd.Dir = t.TempDir()
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil || failure.Len() > 0 {
		t.Fatalf("%s: %v %s", program, err, failure.String())
	}
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	host := clib.Host
	l := Boot(t, Config{Modules: modules, CLib: &host})
	if err := l.Exec(string(code), "@"+path); err != nil {
		t.Fatal(err)
	}
	compareLines(t, strings.Split(l.Printed(), "\n"), strings.Split(string(out), "\n"))
}

// Agree runs such a script on each edition of Lua, which must print the same.
func Agree(t *testing.T, script string, modules ...state.Module) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	code, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range editions.All() {
		l := Boot(t, Config{Edition: e, Modules: modules})
		if err := l.Exec(string(code), "@"+script); err != nil {
			t.Fatalf("%v: %v", e, err)
		}
		// The name of a function that pcall calls is known in Lua 5.3 alone.
		lines := strings.Split(argumentOf.ReplaceAllString(l.Printed(), "argument of"), "\n")
		if want == nil {
			want = lines
		}
		t.Log(e)
		compareLines(t, lines, want)
	}
}

var argumentOf = regexp.MustCompile(`argument #\d+ to '[^']*'`)

// compareLines tells the first lines that differ.
func compareLines(t *testing.T, got, want []string) {
	t.Helper()
	const told = 10
	different := 0
	for i := range min(len(got), len(want)) {
		if got[i] == want[i] {
			continue
		}
		if different++; different <= told {
			t.Errorf("line %d: %s, want %s", i+1, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
	t.Logf("%d cases, %d different", len(want)-1, different)
}
