package file_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
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
		Chip: b.Chip, Host: b, UnitTime: time.Microsecond, Modules: []state.Module{file.Module},
	})
}

func TestScript(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).Script("testdata/file.lua") })
}

func TestOutOfMemory(t *testing.T) {
	moduletest.Editions(t, func(t *testing.T) { boot(t).OutOfMemory("testdata/file.lua") })
}

// A board without a file system has the module, and its functions say what is missing.
func TestNoFiles(t *testing.T) { moduletest.Editions(t, testNoFiles) }

func testNoFiles(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{file.Module}})
	for _, code := range []string{"file.open('x')", "file.list()", "file.exists('x')", "file.getcontents('x')"} {
		if err := l.Exec(code, "=test"); err == nil || !strings.HasSuffix(err.Error(), "this board has no file system") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestFormat(t *testing.T) { moduletest.Editions(t, testFormat) }

func testFormat(t *testing.T) {
	l := boot(t)
	l.Do(`file.putcontents("x", "y") local f = file.open "x" file.open "x"
		file.format() print(f:read(), file.exists "x", file.write "z") f:close()`)
	if got := l.Printed(); got != "format done.\nnil\tfalse\tnil\n" {
		t.Errorf("%q", got)
	}
}
