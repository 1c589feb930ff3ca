package crypto_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/crypto"
	"moonlet.example/moonlet/internal/module/file"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/storage/flashdir"
)

// board is a chip with a file system.
type board struct {
	*porttest.Chip
	files *flashdir.FS
}

func (b *board) Files() port.Files { return b.files }

func boot(t *testing.T) *moduletest.Lua {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{})}
	var err error
	b.files, err = flashdir.New(flashdir.Options{
		Dir: t.TempDir(), OnHostError: func(err error) { t.Errorf("host error: %v", err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.files.Close() })
	b.AtReset(b.files.Reset)
	return moduletest.Boot(t, moduletest.Config{
		Chip: b.Chip, Host: b, Modules: []state.Module{crypto.Module, file.Module},
	})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/crypto.lua") })
}

func TestFile(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/file.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).EveryAllocation("testdata/memory.lua") })
}

func TestReference(t *testing.T) { moduletest.Compare(t, "testdata/cases.lua", crypto.Module) }

// TestAgree: the cases give the same on each edition of Lua.
func TestAgree(t *testing.T) { moduletest.Agree(t, "testdata/cases.lua", crypto.Module) }

// A board without a file system hashes no file.
func TestNoFiles(t *testing.T) { moduletest.Editions(t, testNoFiles) }

func testNoFiles(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{crypto.Module}})
	if err := l.Exec("crypto.fhash('md5', 'x')", "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no file system") {
		t.Error(err)
	}
}
