package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/cli"
)

func TestLFSResources(t *testing.T) {
	dir := app(t, "a.html", "<p>\n", "b.css", "{}", "mine.lua", "return 5", "thread", "x")
	file := func(name string) string { return filepath.Join(dir, name) }
	out := file("resources_data.lua")
	for range 2 { // it may be made again
		newWorld("", nil).run(t, 0, "resources_data.lua has 6 bytes of 2 files.\n", "", "lfs", "resources", "-o", out, file("b.css")+"=css/b.css", file("a.html"))
	}
	text, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(text), `"a.html\ncss/b.css\n"`) {
		t.Errorf("%v, %s", err, text)
	}
	w := newWorld("", nil)
	if w.run(t, 0, "", "", "lfs", "resources", "-o", "-", file("a.html"), file("b.css")+"=css/b.css"); w.out.String() != string(text) {
		t.Errorf("%q", w.out.String())
	}
	for want, args := range map[string][]string{
		"a file":                {},
		"none":                  {file("none")},
		"two files":             {file("a.html"), file("b.css") + "=a.html"},
		"misreads this word":    {file("thread")},
		"exists and was not":    {"-o", file("mine.lua"), file("a.html")},
		"cannot be a name":      {file("a.html") + "=" + strings.Repeat("n", 32)},
		"a control character":   {file("a.html") + "=a\tb"},
		"cannot be a name on t": {file("a.html") + "="},
	} {
		w := newWorld("", nil)
		if w.run(t, cli.ExitUsage, "", want, append([]string{"lfs", "resources"}, args...)...); w.out.String() != "" {
			t.Errorf("%v: %q", args, w.out.String())
		}
	}
	newWorld("", nil).run(t, cli.ExitHost, "", "", "lfs", "resources", "-o", file("no/directory.lua"), file("a.html"))
	if text, _ := os.ReadFile(file("mine.lua")); string(text) != "return 5" {
		t.Error("a file that somebody wrote was replaced")
	}
}
