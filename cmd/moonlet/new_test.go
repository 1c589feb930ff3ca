package main_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestNew makes an application of each template, on each edition that it runs on, and tests it by the command that its
// README has for that.
func TestNew(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a Unix shell")
	}
	dir, bin := t.TempDir(), t.TempDir()
	shell(t, dir, bin, "go install ./cmd/moonlet")
	tested := 0
	templates, _, _ := strings.Cut(shell(t, dir, bin, "moonlet new"), "\n\n")
	for line := range strings.Lines(templates + "\n") {
		name, _, ok := strings.Cut(line, " ")
		if !ok || name == "moonlet" {
			continue
		}
		for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
			if name == "web" && lua == "5.1-int" { // it has fractions
				continue
			}
			app := name + "-" + lua
			shell(t, dir, bin, "moonlet new "+name+" "+app+" --lua "+lua)
			text, err := os.ReadFile(filepath.Join(dir, app, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				if command := strings.TrimSpace(line); strings.HasPrefix(command, "moonlet run . --time virtual") {
					run := command
					if name == "telnet" {
						run += " --port 23=any" // somebody may have 8023
					}
					out := shell(t, filepath.Join(dir, app), bin, run)
					if _, want, ok := strings.Cut(command, "--expect "); ok && !strings.Contains(out, strings.Trim(want, `"`)) {
						t.Errorf("%s: %q", app, out)
					}
					tested++
				}
			}
		}
	}
	if tested < 14 {
		t.Errorf("%d applications were tested", tested)
	}
}

// TestNew_Library runs an application with modules of the library, which were put into it with a template and later.
func TestNew_Library(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	shell(t, dir, bin, "go install ./cmd/moonlet")
	shell(t, dir, bin, "moonlet new blink app --with chain")
	shell(t, dir, bin, "moonlet new --with overlay app")
	const init = "package.loaders[3] = function(name) return node.LFS.get(name) end\nprint('max', require('chain').max, type(require('overlay').wrap))\n"
	if err := os.WriteFile(filepath.Join(dir, "app", "init.lua"), []byte(init), 0o666); err != nil {
		t.Fatal(err)
	}
	out := shell(t, dir, bin, "moonlet run app --time virtual --for 1s --quiet --no-echo --fail-on panic,oom,error")
	if !strings.Contains(out, "max\t8\tfunction") {
		t.Errorf("%q", out)
	}
}
