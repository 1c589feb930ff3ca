package stdlib_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/mem"
)

// session makes a session of the host profile with the numbers of a model and a fixed
// clock. What it prints goes to out.
func session(t testing.TB, model num.Model, out *bytes.Buffer) *hostexec.Session {
	t.Helper()
	return sessionOf(t, model, clib.Host, out)
}

// sessionOf makes a session whose numbers are of a C library.
func sessionOf(t testing.TB, model num.Model, lib clib.Library, out *bytes.Buffer) *hostexec.Session {
	t.Helper()
	s, err := hostexec.New(hostexec.Config{
		Model: model, CLib: lib, HeapBytes: 256 << 20, StripDefault: 1,
		Random: new(stdlib.GlibcRand), Output: out, Errors: out,
		System: &hostos.System{
			Input: strings.NewReader(""), Output: out, Errors: out,
			Now:  func() time.Time { return time.Unix(1750000000, 0) },
			CPU:  func() time.Duration { return time.Second },
			Zone: time.UTC, TempDir: t.TempDir(),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestScripts runs testdata/*.lua, which the firmware's own host build passes in
// every number model.
func TestScripts(t *testing.T) { runScripts(t, "testdata/*.lua", clib.Host) }

// TestChipScripts runs scripts with the chip's numbers.
func TestChipScripts(t *testing.T) { runScripts(t, "testdata/chip/*.lua", clib.Chip) }

func runScripts(t *testing.T, pattern string, lib clib.Library) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, model := range num.Models() {
		for _, file := range files {
			t.Run(model.Flag()+"/"+filepath.Base(file), func(t *testing.T) { runScript(t, model, lib, file) })
		}
	}
}

func runScript(t *testing.T, model num.Model, lib clib.Library, file string) {
	var out bytes.Buffer
	s := sessionOf(t, model, lib, &out)
	if err := s.RunFile(file, nil); err != nil {
		t.Error(err)
	}
	defer mem.CatchFaults()()
	vm := s.Machine()
	vm.State().GC(state.GCCollect, 0)
	if err := vm.CheckHeap(); err != nil {
		t.Error(err)
	}
	if out.Len() > 0 {
		t.Logf("%s", out.Bytes())
	}
}

// TestMain keeps the environment from changing paths.
func TestMain(m *testing.M) {
	os.Unsetenv("LUA_PATH")
	os.Unsetenv("LUA_PATH_5_3")
	os.Exit(m.Run())
}
