package lualib_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/hook"
	"moonlet.example/moonlet/internal/hostfile"
)

// chip is a module whose flash memory is a whole chip in a file, so that the power can be cut at each operation.
type chip struct {
	p     place
	image []byte // what is on the chip at the start; nil is a new one
	files map[string]string
	// library are modules of the library.
	library []string
	// dir is where the chip is, in a file.
	dir, file string
}

// start starts a module on a copy of the image; the one before has to be closed. cut, if any, is asked before each operation of flash.
func (c *chip) start(t *testing.T, cut func(moonlet.FlashOp) bool) *chipModule {
	t.Helper()
	if c.dir == "" {
		c.dir = t.TempDir()
	}
	name := "base.bin"
	if c.image != nil {
		name = "copy.bin"
	}
	c.file = filepath.Join(c.dir, name)
	m := &chipModule{t: t}
	config := moonlet.Config{Lua: c.p.edition, Flash: c.file, FlashBytes: 1 << 20, Time: moonlet.Virtual}
	if c.image == nil {
		config.StoreBytes = 64 << 10
		config.Files, config.StoreFiles = map[string]string{"prelude.lua": prelude}, map[string]string{"nothing.lua": "return nil\n"}
		maps.Copy(config.Files, c.files)
		for _, name := range c.library {
			if c.p.store {
				config.StoreFiles[name+".lua"] = source(t, name)
			} else {
				config.Files[name+".lua"] = source(t, name)
			}
		}
	} else if err := os.WriteFile(c.file, c.image, 0o600); err != nil {
		t.Fatal(err)
	}
	options := []moonlet.Option{moonlet.FastSerial(), moonlet.Inside(hook.Options{Trial: true, Files: &hostfile.Host{NoSync: true}})}
	if cut != nil {
		options = append(options, moonlet.CutPowerWhen(cut))
	}
	var err error
	if m.Module, err = moonlet.New(config, options...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// chipModule is a module on a chip in a file.
type chipModule struct {
	*moonlet.Module
	t *testing.T
}

// expect waits for a text, as moonlettest.Module.Expect.
func (m *chipModule) expect(text string) (before string) {
	m.t.Helper()
	before, err := m.Expect(text, time.Hour)
	if err != nil {
		m.t.Fatal(err)
	}
	return before
}

// prepare runs the module until it has printed a text, and takes what is on the chip then for the image.
func (c *chip) prepare(t *testing.T, until string) {
	t.Helper()
	m := c.start(t, nil)
	m.expect(until)
	m.close()
	image, err := os.ReadFile(c.file)
	if err != nil {
		t.Fatal(err)
	}
	c.image = image
}

// close ends the module.
func (m *chipModule) close() {
	m.t.Helper()
	if err := m.Close(); err != nil {
		m.t.Fatal(err)
	}
}

// long tells that tests may take long.
func long() bool { return os.Getenv("MOONLET_LONG") != "" }

// patient lets what checks keep the watchdog quiet: with code in RAM, Lua 5.1 takes seconds for a script.
const patient = `
do
  local check0, raises0 = check, raises
  function check(...) tmr.wdclr() return check0(...) end
  function raises(...) tmr.wdclr() return raises0(...) end
end
`

// wrong fails the test if a line of the output begins with WRONG, or if the module started another number of times.
func wrong(t *testing.T, out string, starts int) {
	t.Helper()
	out = strings.ReplaceAll(out, "\r\n", "\n")
	for line := range strings.Lines(out) {
		if strings.Contains(line, "WRONG") || strings.Contains(line, "Lua error") {
			t.Error(strings.TrimSpace(line))
		}
	}
	if n := strings.Count(out, "NodeMCU "); n != starts {
		t.Errorf("the module started %d times and not %d:\n%s", n, starts, last(out, 30))
	}
}

// number is the number that stands behind a text in the output.
func number(t *testing.T, out, behind string) (n int) {
	t.Helper()
	_, rest, ok := strings.Cut(out, behind)
	if !ok {
		t.Fatalf("there is no %q in\n%s", behind, last(out, 30))
	}
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatalf("no number behind %q: %v", behind, err)
	}
	return n
}
