package luagen_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/luagen"
)

// builds51 are the builds of Lua 5.1, in the order in which MOONLET_REFERENCE51 names those of luac.cross.
var builds51 = []hostexec.Edition{hostexec.Lua51, hostexec.Lua51Int}

// endless51 is how long a program may run: some loops of 5.3 have no end in 5.1.
const endless51 = time.Second

var errEndless = errors.New("it has no end")

// run51 runs a program of Lua 5.1, and gives what it prints and its error without the traceback. Then its heap has to
// be sound.
func run51(t *testing.T, e hostexec.Edition, source, name string) (stdout, message string) {
	t.Helper()
	var out bytes.Buffer
	s, err := hostexec.New(hostexec.Config{Lua: e, HeapBytes: runHeap, StripDefault: 1, Output: &out, Errors: &out,
		Random: new(stdlib.GlibcRand), System: &hostos.System{Input: strings.NewReader(""), Output: &out, Errors: &out}})
	if err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(endless51, func() { s.Interrupt(errEndless) })
	err = s.RunString(source, "@"+name)
	if !limit.Stop() && err == nil {
		err = errEndless // it ended just then, and its memory goes
	}
	if err != nil {
		if errors.Is(err, hostexec.ErrDeviceException) {
			t.Errorf("%s: %v", name, err)
		}
		message, _, _ = strings.Cut(err.Error(), "\nstack traceback")
		if errors.Is(err, errEndless) { // its memory is gone
			s.Close()
			return out.String(), message
		}
	}
	if err := s.Machine().CheckHeap(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return out.String(), message
}

// source51 is a generated program.
func source51(seed uint64, e hostexec.Edition, size int) string {
	return luagen.Program(seed, luagen.Options{Runnable: true, Lua51: true, Integer: e == hostexec.Lua51Int, Size: size})
}

// TestRun51 runs programs of Lua 5.1. Many end with an error that nothing catches, but not before they have done
// something.
func TestRun51(t *testing.T) {
	for _, e := range builds51 {
		lines, seeds := 0, uint64(40)
		if testing.Short() {
			seeds = 10
		}
		for seed := range seeds {
			out, _ := run51(t, e, source51(seed, e, 0), "p.lua")
			lines += strings.Count(out, "\n")
		}
		if lines < 10*int(seeds) {
			t.Errorf("build %v: %d programs print %d lines", e, seeds, lines)
		}
	}
}

// TestDifferential51 compares what generated programs print, and their errors, with luac.cross.
func TestDifferential51(t *testing.T) {
	tools := filepath.SplitList(os.Getenv("MOONLET_REFERENCE51"))
	if len(tools) != 2 {
		t.Skip("set MOONLET_REFERENCE51 to the paths of luac.cross and luac.cross.int for Lua 5.1, separated as in PATH")
	}
	t.Chdir(t.TempDir())
	for i, e := range builds51 {
		same := 0
		for seed := *first; seed < *first+*programs; seed++ {
			name := itoa(seed) + ".lua"
			source := source51(seed, e, 0)
			if err := os.WriteFile(name, []byte(source), 0o666); err != nil {
				t.Fatal(err)
			}
			out, message := run51(t, e, source, name)
			if strings.Contains(message, errEndless.Error()) {
				t.Logf("%s has no end", name)
				continue
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*endless51)
			c := exec.CommandContext(ctx, tools[i], "-o", "out", "-e", name)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			stdout, err := c.Output()
			cancel()
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() < 0 {
				t.Logf("%s: the reference crashes", name)
				continue
			}
			wantMessage, _, _ := strings.Cut(strings.TrimPrefix(stderr.String(), tools[i]+": "), "\nstack traceback")
			wantMessage = strings.TrimSuffix(wantMessage, "\n")
			if out != string(stdout) {
				t.Errorf("%s, build %v prints something else, %.300s", name, e, firstDifference(out, string(stdout)))
			} else if message != wantMessage && (wantMessage != "(null)" || !strings.HasPrefix(message, "(error object is a")) {
				t.Errorf("%s, build %v ends with %.200q, want %.200q", name, e, message, wantMessage)
			} else {
				same++
			}
		}
		t.Logf("build %v: %d of %d are the same", e, same, *programs)
	}
}
