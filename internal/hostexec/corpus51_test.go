package hostexec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/corpus"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/mem"
)

// sampled is which of so many cases are in testdata/corpus51/*.golden.
const sampled = 251

// corpusLimit is how long a program of the corpus may run.
const corpusLimit = 5 * time.Minute

// programs51 writes the programs to a directory, of which each prints one of so many cases, and goes there.
func programs51(t *testing.T, every int) (dir string, files []string) {
	t.Helper()
	dir = t.TempDir()
	files = corpus.Write(t, "testdata/corpus51", dir)
	for _, file := range files {
		name := filepath.Join(dir, file)
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code = bytes.Replace(code, []byte("EVERY or 1"), []byte(fmt.Sprint(every)), 1)
		if err := os.WriteFile(name, code, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir, files
}

// TestCorpus51 runs the programs of testdata/corpus51, which print a line for every case, here and with luac.cross.
func TestCorpus51(t *testing.T) {
	if testing.Short() && !mem.Mapped {
		t.Skip("takes minutes on memory that Go checks")
	}
	if builds51()[0].tool == "" {
		t.Skip("set MOONLET_REFERENCE51 to the paths of luac.cross and luac.cross.int for Lua 5.1, separated as in PATH")
	}
	dir, files := programs51(t, 1)
	t.Chdir(dir)
	for _, b := range builds51() {
		t.Run(b.name, func(t *testing.T) {
			total := 0
			for _, file := range files {
				want := b.runTool(t, dir, file, corpusLimit)
				got := b.runHere(t, file, corpusLimit)
				n := corpus.Compare(t, file, got.out, want.out)
				t.Logf("%s: %d cases", file, n)
				total += n
				if got.message != "" || want.message != "" || want.note != "" {
					t.Errorf("%s ends with %q %s, want %q %s", file, got.message, got.note, want.message, want.note)
				}
			}
			t.Logf("%d cases", total)
		})
	}
}

// TestCorpusSample51 runs some of the cases, and compares with what luac.cross printed.
func TestCorpusSample51(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("messages of the system are those of Linux")
	}
	if testing.Short() && !mem.Mapped {
		t.Skip("takes long on memory that Go checks")
	}
	golden, err := filepath.Abs("testdata/corpus51")
	if err != nil {
		t.Fatal(err)
	}
	dir, files := programs51(t, sampled)
	t.Chdir(dir)
	for _, b := range builds51() {
		file := filepath.Join(golden, b.name+".golden")
		var want strings.Builder
		if *update && b.tool != "" {
			for _, f := range files {
				fmt.Fprintf(&want, "%s\n%s", f, b.runTool(t, dir, f, corpusLimit).out)
			}
			if err := os.WriteFile(file, []byte(want.String()), 0o666); err != nil {
				t.Fatal(err)
			}
		} else if text, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		} else {
			want.Write(text)
		}
		var got strings.Builder
		for _, f := range files {
			fmt.Fprintf(&got, "%s\n%s", f, b.runHere(t, f, corpusLimit).out)
		}
		corpus.Compare(t, b.name, got.String(), want.String())
	}
}

// TestChipNumbers51 runs programs that hold what numbers look like on the chip.
func TestChipNumbers51(t *testing.T) {
	for _, b := range builds51() {
		var out bytes.Buffer
		s, err := hostexec.New(hostexec.Config{Lua: b.edition, CLib: clib.Chip, HeapBytes: 1 << 20, StripDefault: 1, Output: &out, Errors: &out,
			Random: new(stdlib.GlibcRand), System: &hostos.System{Input: strings.NewReader(""), Output: &out, Errors: &out}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.RunFile("testdata/chip51/"+b.name+".lua", nil); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestChipPowTakesFuel51 holds that a power that keeps the chip busy for ever is noticed by whoever limits the time.
func TestChipPowTakesFuel51(t *testing.T) {
	for _, source := range []string{"local y = 1e300 return 3 ^ y", "return loadstring 'return 3 ^ 1e300'()", "return math.pow(3, 1e300)"} {
		s, err := hostexec.New(hostexec.Config{Lua: hostexec.Lua51, CLib: clib.Chip, HeapBytes: 1 << 20, StripDefault: 1, Output: io.Discard,
			Random: new(stdlib.GlibcRand), System: &hostos.System{Output: io.Discard}})
		if err != nil {
			t.Fatal(err)
		}
		end := errors.New("time is up")
		time.AfterFunc(20*time.Millisecond, func() { s.Interrupt(end) })
		if err := s.RunString(source, "=power"); !errors.Is(err, end) {
			t.Errorf("%s: %v", source, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
