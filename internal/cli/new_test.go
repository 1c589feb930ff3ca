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
	templates, _, _ := strings.Cut(w.out.String(), "\n\n")
	for line := range strings.Lines(templates) {
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

// TestNew_With puts modules of the library into new applications and into one that is there.
func TestNew_With(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "app")
	file := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	newWorld("", nil).run(t, 0, "chain        long work as a chain of small tasks", "", "new")
	newWorld("", nil).run(t, 0, "lib/chain.lua, lib/LICENSE", "", "new", "blink", dir, "--with", "chain", "--lua", "5.1")
	if toml := file("moonlet.toml"); !strings.Contains(toml, `lua = "5.1"`) || !strings.Contains(toml, `lfs_files = ["lib/*.lua"]`) {
		t.Errorf("%s", toml)
	}
	if !strings.HasPrefix(file("lib/chain.lua"), "-- chain: ") || !strings.Contains(file("lib/LICENSE"), "MIT") {
		t.Error("the files of the library are not there")
	}
	newWorld("", nil).run(t, 0, "lib/overlay.lua, lib/LICENSE\n\nIn init.lua", "", "new", "--with", "overlay", dir)
	if err := os.WriteFile(filepath.Join(dir, "lib", "volatile.lua"), []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	newWorld("", nil).run(t, cli.ExitUsage, "", "is there and differs", "new", "--with", "volatile,softmodule", dir)
	if file("lib/volatile.lua") != "mine" {
		t.Error("a file is written over")
	}
	newWorld("", nil).run(t, cli.ExitUsage, "", "has no module \"frob\"", "new", "--with", "frob", dir)
	newWorld("", nil).run(t, cli.ExitUsage, "", "neither a template nor a directory", "new", "--with", "chain", filepath.Join(dir, "none"))
	newWorld("", nil).run(t, cli.ExitUsage, "", "name a template", "new", "--with", "chain")

	bare := t.TempDir()
	newWorld("", nil).run(t, 0, "In moonlet.toml, in front of all [tables]:", "", "new", "--with", "chain", bare)
}
