package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/hostfile"
)

// compile51 compiles files with luac, and gives the path of the result.
func compile51(t *testing.T, args ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	var b bytes.Buffer
	a := &App{Out: &b, Err: &b, Now: time.Now, Files: new(hostfile.Host)}
	if code := a.Luac("luac", append([]string{"-o", out}, args...)); code != 0 {
		t.Fatalf("%v: %s", args, &b)
	}
	return out
}

// TestLFS51 looks into files of Lua 5.1.
func TestLFS51(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"a.lua": "local t, common = ..., 'common'\nreturn common\n", "b.lua": "module(...)\nx = 'common'\n", "half.lua": "return 1.5\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	image := compile51(t, "--lua", "5.1", "-f", "--timestamp", "1700000000", "a.lua", "b.lua", "half.lua")
	integer := compile51(t, "--lua", "5.1-int", "-f", "--timestamp", "1700000000", "a.lua", "b.lua")
	absolute := compile51(t, "--lua", "5.1", "-f", "--timestamp", "1700000000", "-a", "0x40210000", "a.lua", "b.lua", "half.lua")
	chunk := compile51(t, "--lua", "5.1", "a.lua")
	other := compile51(t, "-f", "a.lua", "b.lua")
	for _, c := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{image}, 0, []string{"  kind     image of the Lua Flash Store, Lua 5.1\n", "  numbers  float\n", " bytes in flash\n",
			"  made     2023-11-14 22:13:20 UTC (1700000000)\n", "(strip level 1)\n", "\n3 modules ", "\nframe ", "\n  --strip 2 "}},
		{[]string{integer, "--strings"}, 0, []string{"  numbers  integer\n", "\"common\"    a, b\n"}},
		{[]string{absolute}, 0, []string{"  kind     absolute image of the Lua Flash Store, Lua 5.1\n", "  address  0x40210000\n"}},
		{[]string{chunk}, 0, []string{"  kind     compiled code (.lc), Lua 5.1\n", " bytes on the heap once it is loaded"}},
		{[]string{"diff", image, absolute}, 0, []string{"kind ", "absolute (does not count)\n", "The content is the same; the bytes differ from byte "}},
		{[]string{"diff", image, integer}, 1, []string{"numbers ", "half    removed", "\nThe files are different.\n"}},
		{[]string{"diff", image, other}, 2, []string{" is of Lua 5.1 and ", " of Lua 5.3: two files of one edition can be compared"}},
		{[]string{"check", image, "--size", "64KB"}, 0, []string{" can be loaded: ", " of 65536 bytes of flash, about "}},
		{[]string{"check", image, "--lua", "5.3", "--size", "64KB"}, 1, []string{"an image of the store for Lua 5.1: compile the sources for Lua 5.3"}},
		{[]string{"check", image, "--lua", "5.1-int", "--size", "64KB"}, 1, []string{"the file is for the float build of Lua 5.1, and the module has the other one: compile with --lua"}},
		{[]string{"check", absolute, "--size", "64KB", "--base", "0x40290000"}, 1, []string{"an absolute image for address 0x40210000, but the partition of the module is at 0x40290000"}},
		{[]string{"check", chunk, "--size", "64KB"}, 1, []string{"compiled code, not an image", "moonlet luac --lua 5.1 -f"}},
		{[]string{"check", other, "--lua", "5.1", "--size", "64KB"}, 1, []string{" of Lua 5.3, and the module has Lua 5.1"}},
		{[]string{"check", image, "--size", "512"}, 1, []string{" more than the 512 of the partition"}},
		{[]string{"check", image, "--lua", "5.1", "--number", "int64", "--size", "64KB"}, 2, []string{"--number is for Lua 5.3"}},
	} {
		code, out, message := runLFS(c.args...)
		for _, want := range c.want {
			if code != c.code || !strings.Contains(out+message, want) {
				t.Errorf("%v: exit code %d, %q is missing in\n%s%s", c.args, code, want, out, message)
			}
		}
	}
	_, out, _ := runLFS(image, "--json")
	var v struct {
		Edition string   `json:"edition"`
		Numbers []string `json:"numbers"`
		Modules []any    `json:"modules"`
	}
	if err := json.Unmarshal([]byte(out), &v); err != nil || v.Edition != "Lua 5.1" || len(v.Numbers) != 1 || len(v.Modules) != 3 {
		t.Errorf("%v, %+v\n%s", err, v, out)
	}
}
