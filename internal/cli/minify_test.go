package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"moonlet.example/moonlet/internal/cli"
)

func TestMinify(t *testing.T) {
	const source = "-- adds\nlocal function add(first, second)\n  return first + second -- both\nend\nprint(add(1, 2))\n"
	const short = "local function e(e,t)return e+t\nend\nprint(e(1,2))\n"
	dir := app(t, "a.lua", source, "b.lua", "local value = arg\nreturn value", "bad.lua", "return\n +")
	a, b := filepath.Join(dir, "a.lua"), filepath.Join(dir, "b.lua")
	w := newWorld("", nil)
	w.run(t, 0, short, "", "minify", a)
	if w.out.String() != short {
		t.Errorf("%q", w.out.String())
	}
	w = newWorld(source, nil)
	if w.run(t, 0, short, "", "minify", "-", "--lua", "5.1"); w.out.String() != short {
		t.Errorf("%q", w.out.String())
	}
	newWorld("", nil).run(t, 0, "add(first,second)return first+second", "", "minify", a, "--keep-names")
	newWorld("", nil).run(t, 0, "add(e,t)", "", "minify", a, "--keep", "add")
	newWorld("", nil).run(t, 0, "\nlocal function e(e,t)\nreturn e+t\nend\nprint(e(1,2))\n", "", "minify", a, "--lines")
	newWorld("", nil).run(t, 0, "-- both", "", "minify", a, "--keep-comments", "both,neither")

	out := filepath.Join(dir, "short")
	lines := filepath.Join(dir, "lines.json")
	newWorld("", nil).run(t, 0, "2 files: ", "", "minify", a, b, "-o", out, "--map", lines)
	if got, err := os.ReadFile(filepath.Join(out, "a.lua")); err != nil || string(got) != short {
		t.Errorf("%q, %v", got, err)
	}
	data, err := os.ReadFile(lines)
	var maps struct {
		Maps []struct {
			File, Output string
			Lines        []int
		}
	}
	if err != nil || json.Unmarshal(data, &maps) != nil || len(maps.Maps) != 2 || maps.Maps[0].File != a || len(maps.Maps[0].Lines) != 3 || maps.Maps[0].Lines[0] != 2 || maps.Maps[0].Lines[2] != 5 {
		t.Errorf("%v, %s", err, data)
	}
	w = newWorld("", nil)
	w.run(t, 0, `"after": `, "", "minify", a, "-o", filepath.Join(dir, "one.lua"), "--json")
	var report struct {
		Files []struct{ Before, After, Locals, Renamed int }
	}
	if err := json.Unmarshal([]byte(w.out.String()), &report); err != nil || len(report.Files) != 1 || report.Files[0].Before != len(source) || report.Files[0].After != len(short) || report.Files[0].Renamed != 3 {
		t.Errorf("%v, %+v", err, report)
	}

	newWorld("x.lua:1: y\n\ta.lua:3: in f", nil).run(t, 0, "x.lua:1: y\n\ta.lua:5: in f", "", "minify", "--translate", lines)
	newWorld("", nil).run(t, cli.ExitUsage, "", "is no file that --map wrote", "minify", "--translate", a)
	newWorld("", nil).run(t, cli.ExitUsage, "", "no file is made shorter", "minify", "--translate", lines, a)

	bad := filepath.Join(dir, "bad.lua")
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{cli.ExitUsage, "bad.lua:2:2: unexpected symbol near '+'", []string{bad}},
		{cli.ExitUsage, "there is no such file", []string{filepath.Join(dir, "none.lua")}},
		{cli.ExitUsage, "name a directory with -o", []string{a, b}},
		{cli.ExitUsage, "is a file, and 2 files are to be written", []string{a, b, "-o", bad}},
		{cli.ExitUsage, "would be written twice", []string{a, a, "-o", out}},
		{cli.ExitUsage, "is the source", []string{a, "-o", dir}},
		{cli.ExitUsage, "is the source", []string{a, "-o", a}},
		{cli.ExitUsage, "has no name", []string{"-", "-o", dir}},
		{cli.ExitUsage, "give it alone", []string{"-", a, "-o", out}},
		{cli.ExitUsage, "--json", []string{a, "--json"}},
		{cli.ExitUsage, "--lua", []string{a, "--lua", "5.2"}},
		{cli.ExitUsage, "--number is for Lua 5.3", []string{a, "--lua", "5.1", "--number", "int64"}},
		{cli.ExitUsage, "the name of a Lua file is missing", nil},
	} {
		newWorld("", nil).run(t, c.code, "", c.want, append([]string{"minify"}, c.args...)...)
	}
	if got, _ := os.ReadFile(a); string(got) != source {
		t.Errorf("the source is changed: %q", got)
	}
	// One that is wrong: nothing is written.
	fresh := filepath.Join(dir, "fresh")
	newWorld("", nil).run(t, cli.ExitUsage, "", "bad.lua:2:2", "minify", a, bad, "-o", fresh)
	if _, err := os.Stat(fresh); !os.IsNotExist(err) {
		t.Errorf("a directory is made though a file is wrong: %v", err)
	}
}
