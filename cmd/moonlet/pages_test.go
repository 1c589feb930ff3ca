package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

var consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)\n```\n")

// TestPages holds that what README.md and docs/ show of the examples is what the commands print. Those are left out
// that need a person or a file which is not shown; of them the files written to flash are compared.
func TestPages(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a Unix shell")
	}
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	dir, bin := t.TempDir(), t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "examples", "thermostat", ".moonlet")); err != nil {
		t.Fatal(err)
	}
	shell(t, dir, bin, "go install ./cmd/moonlet")
	commands := 0
	for _, page := range append(pages, "../../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range consoleBlock.FindAllStringSubmatch(string(text), -1) {
			for _, part := range strings.Split("\n"+m[1], "\n$ ")[1:] {
				line, want, _ := strings.Cut(part, "\n")
				if want != "" && comparePage(t, page, dir, bin, line, strings.Split(want, "\n")) {
					commands++
				}
			}
		}
	}
	if commands < 6 {
		t.Errorf("%d commands", commands)
	}
}

// comparePage tells whether the command is one that can be compared.
func comparePage(t *testing.T, page, dir, bin, line string, want []string) bool {
	t.Helper()
	written := func(s string) bool { return strings.HasPrefix(s, "moonlet: to flash: ") }
	switch {
	case !strings.HasPrefix(line, "moonlet ") || !strings.Contains(line, " examples/") || strings.Contains(line, "--base"):
		return false
	case strings.HasPrefix(line, "moonlet run "):
		i := slices.IndexFunc(want, written)
		if i < 0 {
			return false
		}
		got := strings.Split(shell(t, dir, bin, line+" --fresh --time virtual --for 1s --listen 127.0.0.1 --port 80=any </dev/null"), "\n")
		if !slices.Contains(got, want[i]) {
			t.Errorf("%s: $ %s\nprints\n%s\nand the page shows\n%s", page, line, strings.Join(got, "\n"), want[i])
		}
		return true
	}
	got := strings.TrimRight(shell(t, dir, bin, line), "\n")
	if !shown(want, strings.Split(got, "\n")) {
		t.Errorf("%s: $ %s\nprints\n%s\nand the page shows\n%s", page, line, got, strings.Join(want, "\n"))
	}
	return true
}
