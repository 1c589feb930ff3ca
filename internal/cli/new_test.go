package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/cli"
)

// TestNew makes an application of each template, for each edition. That they run is a test of the command.
func TestNew(t *testing.T) {
	w := newWorld("", nil)
	w.run(t, 0, "blink", "", "new")
	var names []string
	for line := range strings.Lines(w.out.String()) {
		if name, _, ok := strings.Cut(line, " "); ok && name != "moonlet" {
			names = append(names, name)
		}
	}
	if len(names) < 5 {
		t.Errorf("templates: %v", names)
	}
	for _, name := range names {
		for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
			t.Run(name+"/"+lua, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "a", "new")
				if name == "web" && lua == "5.1-int" {
					newWorld("", nil).run(t, cli.ExitUsage, "", "fractions", "new", name, dir, "--lua", lua)
					return
				}
				newWorld("", nil).run(t, 0, "moonlet run "+dir, "", "new", name, dir, "--lua", lua)
				text, err := os.ReadFile(filepath.Join(dir, "README.md"))
				if err != nil {
					t.Fatal(err)
				}
				newWorld("", nil).run(t, 0, "", "", "lint", dir, "--fail-on", "warning")
				for _, of := range []string{"examples/", "thermostat\"`"} {
					if strings.Contains(string(text), of) {
						t.Errorf("%q in\n%s", of, text)
					}
				}
			})
		}
	}
	dir := t.TempDir()
	newWorld("", nil).run(t, cli.ExitUsage, "", "there is no template", "new", "frob", filepath.Join(dir, "x"))
	newWorld("", nil).run(t, cli.ExitUsage, "", "--lua", "new", "blink", filepath.Join(dir, "x"), "--lua", "5.2")
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	newWorld("", nil).run(t, cli.ExitUsage, "", "is not empty", "new", "blink", dir)
	newWorld("", nil).run(t, cli.ExitUsage, "", "mine", "new", "blink", filepath.Join(dir, "mine"))
}
