package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/cli"
	"moonlet.example/moonlet/internal/compat"
)

func TestCompat(t *testing.T) {
	const source = "tmr.alarm(0, 1000, 1, function() print(table.getn(t)) end)\n"
	const today = "tmr.create():alarm(1000, 1, function() print(#t) end)\n"
	dir := app(t, "init.lua", source, "other.lua", "print(1)\n", "left.lua", "u8g.ssd1306_128x64_i2c(0x3c)\n", "bad.lua", "x = = 1\n")
	file := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	init, other, left := filepath.Join(dir, "init.lua"), filepath.Join(dir, "other.lua"), filepath.Join(dir, "left.lua")

	newWorld("", nil).run(t, 0, "Nothing was written", "", "compat", init, other)
	newWorld("", nil).run(t, 0, "2 changes in 1 of 2 files, 0 to look at; lint finds 0, and 2 before", "", "compat", init, other)
	if file("init.lua") != source {
		t.Errorf("%q", file("init.lua"))
	}
	w := newWorld("", nil)
	if w.run(t, 0, today, "[getn]", "compat", init, "-o", "-"); w.out.String() != today {
		t.Errorf("%q", w.out.String())
	}
	newWorld("", nil).run(t, 0, "table.getn(t)", "1 change", "compat", init, "-o", "-", "--lua", "5.1")
	newWorld("", nil).run(t, cli.ExitFindings, "left.lua:1:1: error: there is no u8g since", "", "compat", left)
	newWorld("", nil).run(t, cli.ExitFindings, "[syntax]", "", "compat", filepath.Join(dir, "bad.lua"))

	newWorld("", nil).run(t, 0, "2 files written", "", "compat", init, other, "-o", filepath.Join(dir, "new"))
	if file("new/init.lua") != today || file("new/other.lua") != "print(1)\n" {
		t.Errorf("%q, %q", file("new/init.lua"), file("new/other.lua"))
	}
	w = newWorld("", nil)
	w.run(t, cli.ExitFindings, `"changed": 1`, "", "compat", dir, "--write", "--json")
	var report struct {
		Changes []struct{ Rule string }
		Written []string
		Left    []struct{ File string }
	}
	if err := json.Unmarshal([]byte(w.out.String()), &report); err != nil || len(report.Changes) != 2 || len(report.Written) != 1 || len(report.Left) != 2 {
		t.Errorf("%v, %+v", err, report)
	}
	if file("init.lua") != today || file("left.lua") != "u8g.ssd1306_128x64_i2c(0x3c)\n" {
		t.Errorf("%q, %q", file("init.lua"), file("left.lua"))
	}
	newWorld("", nil).run(t, 0, "0 changes in 0 of 1 file", "", "compat", init)

	for _, c := range []struct {
		want string
		args []string
	}{
		{"choose one of them", []string{init, "-w", "-o", "x"}},
		{"there are 2 files: name a directory", []string{init, other, "-o", "-"}},
		{"is the source", []string{init, "-o", init}},
		{"name it alone", []string{dir, init}},
		{"no such file", []string{filepath.Join(dir, "none.lua")}},
		{"5.4", []string{init, "--lua", "5.4"}},
	} {
		newWorld("", nil).run(t, cli.ExitUsage, "", c.want, append([]string{"compat"}, c.args...)...)
	}
}

// TestCompat_Project holds that a project that is of the old firmware is looked at as one of today.
func TestCompat_Project(t *testing.T) {
	dir := app(t, "init.lua", "tmr.stop(0) print(cjson.encode(t))\n", "moonlet.toml", "lua = \"5.1\"\nfirmware = \"classic\"\n")
	w := newWorld("", nil)
	w.run(t, 0, "2 changes in 1 of 1 file", "", "compat", dir)
	newWorld("", nil).run(t, 0, "needs no firmware = ", "", "compat", dir)
}

// TestCompatPage holds that the page has the table of what is rewritten.
func TestCompatPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "compat.md"))
	if err != nil {
		t.Fatal(err)
	}
	table := ""
	for _, r := range compat.Rules() {
		table += "| `" + r.Name + "` | " + r.Old + " | " + r.New + " |\n"
	}
	if !strings.Contains(strings.ReplaceAll(string(text), "\r\n", "\n"), "|---|---|---|\n"+table+"\n") {
		t.Errorf("docs/compat.md has another table than\n%s", table)
	}
}
