package moonlet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// blocks are the blocks of code in a page, with the language behind the first fence.
func blocks(t *testing.T, page string) (list [][2]string) {
	t.Helper()
	text, err := os.ReadFile(page)
	must(t, err)
	for _, m := range regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		list = append(list, [2]string{m[1], m[2]})
	}
	return list
}

// TestProgramOutside builds the program in docs/api.md outside of the repository, without a
// network, and holds that it prints what the page says.
func TestProgramOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	page := blocks(t, filepath.Join("docs", "api.md"))
	if len(page) < 3 || !strings.HasPrefix(page[0][1], "module ") || page[1][0] != "go" || page[2][0] != "text" {
		t.Fatal("the page does not begin with go.mod, the program, and what it prints")
	}
	here, err := filepath.Abs(".")
	must(t, err)
	sums, err := os.ReadFile("go.sum")
	must(t, err)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  strings.Replace(page[0][1], "=> ../moonlet", "=> "+filepath.ToSlash(here), 1),
		"main.go": page[1][1], "go.sum": string(sums),
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	run := func(name string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir, c.WaitDelay = dir, time.Second
		c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("go", "vet", ".")
	run("go", "build", "-o", "greeter.exe", ".")
	if got := run(filepath.Join(dir, "greeter.exe")); got != page[2][1] {
		t.Errorf("it prints\n%swant\n%s", got, page[2][1])
	}
}
