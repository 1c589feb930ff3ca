package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/cli"
)

func TestLint(t *testing.T) {
	dir := app(t, "init.lua", "tmr.alarm(0, 1000, 1, f)\nfrob()\nhttp.get(u)", "lib.lua", "x = net.createServer(net.UDP)",
		"moonlet.toml", "modules = ['file', 'net', 'node', 'tmr', 'uart', 'wifi']", "a.html", strings.Repeat("x", 5))
	w := newWorld("", nil)
	w.run(t, cli.ExitFindings, "old-firmware", "", "lint", dir)
	for _, want := range []string{
		"init.lua:1:1: error: there is no tmr.alarm(number, …) since 2.2.1-master_20190405 [old-firmware]\n    instead: tmr.create():alarm",
		`init.lua:3:1: error: the build has no module http [no-module]`,
		"lib.lua:1:5: warning: net.createServer(net.UDP) is of", "2 errors, 1 warning, 0 notes in 2 files\n",
		"--firmware classic has the calls of older firmware, and leaves 1 of 3 (docs/classic.md)\n",
	} {
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("no %q in\n%s", want, w.out.String())
		}
	}
	w = newWorld("", nil)
	w.run(t, cli.ExitFindings, "1 error, 0 warnings, 0 notes in 2 files\n", "", "lint", dir, "--firmware", "classic")
	if strings.Contains(w.out.String(), "classic") {
		t.Error(w.out.String())
	}
	newWorld("", nil).run(t, 0, "2 errors", "", "lint", dir, "--fail-on", "never")
	newWorld("", nil).run(t, cli.ExitFindings, "1 note in", "", "lint", dir, "--notes")
	lib := filepath.Join(dir, "lib.lua")
	newWorld("", nil).run(t, 0, "0 errors, 1 warning", "", "lint", lib, "--fail-on", "error")
	newWorld("", nil).run(t, cli.ExitFindings, "1 warning", "", "lint", lib)
	newWorld("", nil).run(t, 0, "Nothing was found in 1 file.", "", "lint", write(t, "print(1)"))
	newWorld("", nil).run(t, 0, "0 errors, 0 warnings, 1 note", "", "lint", write(t, "frob()"), "--notes")
	newWorld("", nil).run(t, cli.ExitFindings, "1 note", "", "lint", write(t, "frob()"), "--notes", "--fail-on", "note")
	newWorld("", nil).run(t, cli.ExitFindings, "no module http", "", "lint", write(t, "http.get(1)"), "--modules", "net,node,tmr,uart,wifi,file")

	w = newWorld("", nil)
	w.run(t, cli.ExitFindings, "{", "", "lint", dir, "--json")
	var raw struct {
		Findings []struct{ File, Rule, Level, Message string }
	}
	if err := json.Unmarshal([]byte(w.out.String()), &raw); err != nil || len(raw.Findings) != 3 || raw.Findings[0].Level != "error" {
		t.Errorf("%v, %+v", err, raw)
	}
	w = newWorld("", nil)
	w.run(t, cli.ExitFindings, `"version": "2.1.0"`, "", "lint", dir, "--sarif")
	newWorld("", nil).run(t, 0, `"findings": []`, "", "lint", write(t, "print(1)"), "--json")
}

// TestLintProject: what concerns a project as a whole.
func TestLintProject(t *testing.T) {
	long := strings.Repeat("n", 30) + ".html"
	dir := app(t, "init.lua", "require 'cjson'", long, "x", "moonlet.toml", "lfs = '4KB'\nlfs_files = ['lfs/*.lua']",
		"big.bin", strings.Repeat("x", 4<<20))
	put(t, dir, "lfs/a.lua", "return '"+strings.Repeat("y", 5000)+"'")
	put(t, dir, "lfs/b.lua", "cjson.x()")
	w := newWorld("", nil)
	w.run(t, cli.ExitFindings, "file-name", "", "lint", dir)
	for _, want := range []string{long + `: error: the name on the module, "` + long + `", has 35 bytes`, "pages of 256 bytes, and the flash file system has", "the store take"} {
		if !strings.Contains(w.out.String(), want) {
			t.Errorf("no %q in\n%s", want, w.out.String())
		}
	}
	put(t, dir, "lfs/b.lua", "a b")
	newWorld("", nil).run(t, cli.ExitFindings, "lfs/b.lua:1:3: error: syntax error near 'b' [syntax]", "", "lint", dir)
}

// TestLintOutside: a link that leads out of the project is refused, as by all commands.
func TestLintOutside(t *testing.T) {
	dir, other := app(t, "init.lua", "print(1)"), app(t, "secret.lua", "x = 1")
	if err := os.Symlink(filepath.Join(other, "secret.lua"), filepath.Join(dir, "a.lua")); err != nil {
		t.Skip(err)
	}
	newWorld("", nil).run(t, 2, "", "leads out of the project by a link", "lint", dir)
	newWorld("", nil).run(t, 0, "Nothing was found in 2 files", "", "lint", dir, "--allow-outside")
}

// TestLintCompletion: a shell offers the levels, and the classic build.
func TestLintCompletion(t *testing.T) {
	newWorld("", nil).run(t, 0, "note\nwarning\nerror\nnever\n", "", "__complete", "lint", "--fail-on", "")
	newWorld("", nil).run(t, 0, "classic\n", "", "__complete", "lint", "--firmware", "")
	newWorld("", nil).run(t, 0, "classic\n", "", "__complete", "run", "--firmware", "")
}

// TestLintClassic: with the classic interface old calls are no findings, and run.
func TestLintClassic(t *testing.T) {
	dir := app(t, "init.lua", "tmr.alarm(0, 10, 0, function() print('it rang') end)", "moonlet.toml", "firmware = 'classic'")
	newWorld("", nil).run(t, 0, "Nothing was found", "", "lint", dir)
	newWorld("", nil).run(t, cli.ExitFindings, "old-firmware", "", "lint", filepath.Join(dir, "init.lua"))
	newWorld("", nil).run(t, 2, "", "there is no firmware", "lint", dir, "--firmware", "0.9")
}

func TestLintErrors(t *testing.T) {
	dir := app(t, "init.lua", "", "moonlet.toml", "nonsense = 1")
	newWorld("", nil).run(t, 2, "", "nonsense", "lint", dir)
	newWorld("", nil).run(t, 2, "", "there is no such file", "lint", "nowhere")
	newWorld("", nil).run(t, 2, "", "there is no such file", "lint", "nowhere.lua", "x.lua")
	newWorld("", nil).run(t, 2, "", `--fail-on: "x" is none of note, warning, error, never`, "lint", ".", "--fail-on", "x")
	newWorld("", nil).run(t, 2, "", "choose one of them", "lint", ".", "--json", "--sarif")
	newWorld("", nil).run(t, 2, "", "there is no module", "lint", write(t, ""), "--modules", "frob")
}

// put writes a file below a directory.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
