package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestFirstHour does what docs/first-hour.md says: it writes the files that are shown, runs the
// commands in their order, and compares what they print with what is shown. "…" stands for
// anything: as a line for any lines, at the end of a line for its rest.
func TestFirstHour(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a Unix shell")
	}
	page, err := os.ReadFile("../../docs/first-hour.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	dir := filepath.Join(t.TempDir(), "lamp")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)([^\n]*)\n\n```(\\w+)\n(.*?)\n```\n")
	named := regexp.MustCompile("as `([\\w.]+)`:?$")
	files, commands := 0, 0
	for _, m := range block.FindAllStringSubmatch(string(page), -1) {
		before, kind, text := m[1], m[2], m[3]
		if kind != "console" {
			name := named.FindStringSubmatch(before)
			if name == nil {
				t.Fatalf("no name for the file behind %q", before)
			}
			files++
			if err := os.WriteFile(filepath.Join(dir, name[1]), []byte(text+"\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, part := range strings.Split("\n"+text, "\n$ ")[1:] {
			commands++
			line, want, _ := strings.Cut(part, "\n")
			got := shell(t, dir, bin, line)
			if want != "" && !shown(strings.Split(want, "\n"), strings.Split(strings.TrimRight(got, "\n"), "\n")) {
				t.Errorf("$ %s\nprints\n%s\nand the page shows\n%s", line, got, want)
			}
		}
	}
	if files < 3 || commands < 12 {
		t.Errorf("%d files, %d commands", files, commands)
	}
}

// shell runs a line of the page.
func shell(t *testing.T, dir, bin, line string) (out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "-c", line)
	c.Dir = dir
	switch {
	case line == "go install ./cmd/moonlet":
		c.Dir = "../.."
	case line == "moonlet run": // a person leaves
		c = exec.CommandContext(ctx, "sh", "-c", line+" --for 1s")
		c.Dir = dir
	case strings.Contains(line, "curl"):
		if _, err := exec.LookPath("curl"); err != nil {
			t.Log("skipped, there is no curl: " + line)
			return "lamp: ready\nswitched 1 times\n"
		}
	}
	c.Env = append(os.Environ(), "GOBIN="+bin, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	b, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("$ %s\n%v\n%s", line, err, b)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// shown tells whether a page shows some lines.
func shown(page, lines []string) bool {
	for i, want := range page {
		if want == "…" {
			for skip := range len(lines) + 1 {
				if shown(page[i+1:], lines[skip:]) {
					return true
				}
			}
			return false
		}
		start, open := strings.CutSuffix(want, "…")
		if len(lines) == 0 || !(lines[0] == want || open && strings.HasPrefix(lines[0], start)) {
			return false
		}
		lines = lines[1:]
	}
	return len(lines) == 0
}
