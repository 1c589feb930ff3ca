package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

const lfsModel = num.Int32Float32

// lfsSample is an image of n modules. Each has a string of its own, and all have
// one in common.
func lfsSample(n int, more ...string) *chunk.Image {
	im := &chunk.Image{Seed: 7, Timestamp: 1700000000}
	for i := range n {
		name := fmt.Sprintf("module%d", i)
		p := &chunk.Proto{Source: chunk.Text{S: "@" + name + ".lua", Set: true}, Code: make([]uint32, 10*i+1),
			LineInfo: []byte{1, 0}, Upvalues: []chunk.Upvalue{{Name: chunk.Text{S: "_ENV", Set: true}}}}
		for _, s := range append([]string{"common", "own of " + name}, more...) {
			p.Constants = append(p.Constants, chunk.Constant{Kind: chunk.String, Str: s})
		}
		im.Modules = append(im.Modules, chunk.Module{Name: name, Main: p})
	}
	return im
}

func lfsFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func lfsImage(t *testing.T, name string, im *chunk.Image) string {
	t.Helper()
	return lfsFile(t, name, chunk.EncodeImage(lfsModel, im, "=(luac.cross)", 0))
}

func TestLFSReport(t *testing.T) {
	image := lfsImage(t, "lfs.img", lfsSample(20, "thread"))
	code, out, message := runLFS(image, "--strings")
	if code != 0 || message != "" {
		t.Fatalf("exit code %d, %s", code, message)
	}
	for _, want := range []string{
		"  kind     image of the Lua Flash Store, Lua 5.3\n", "  numbers  int32/float32\n", " bytes in flash\n",
		"  made     2023-11-14 22:13:20 UTC (1700000000)\n", "  seed     0x00000007\n", "  debug    names and line numbers (strip level 0)\n",
		"\nMODULE      FUNCTIONS  CODE  CONSTANTS  DEBUG  RECORDS  STRINGS  TOTAL  SHARED\nmodule19            1   764         24      4       96       92    980      24\n",
		"\n20 modules         20  7680 ", "shared strings       24  1, each in several modules\n", "fixed strings      1700  72, in every store; the modules use 2\n",
		"table of strings   1024  256 slots", "\n  --strip 1 ", "\n  -s ", "\n     6     24  \"common\" ", "  module0, module1, module2 and 17 more\n",
		"\nWarnings:\n  module0, function at line 0: the constant \"thread\" is \"userdata\" in the store",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	for line := range strings.Lines(out) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > 100 || strings.TrimRight(line, " \t") != line || strings.Contains(line, "\t") {
			if line != image {
				t.Errorf("line %q", line)
			}
		}
	}
	_, out, _ = runLFS(image, "--top", "3", "--strings")
	for _, want := range []string{"\n17 others ", "\nmodule17 ", "\n20 modules ", "... and "} {
		if !strings.Contains(out, want) || strings.Contains(out, "\nmodule16 ") {
			t.Errorf("--top 3: %q is missing, or too much told, in\n%s", want, out)
		}
	}
}

func TestLFSReportOfOthers(t *testing.T) {
	im := lfsSample(2)
	main := im.Modules[0].Main
	image := lfsImage(t, "x", im) // which lists the strings
	im.Timestamp = 0
	store := append(lfs.Build(num.Int64Float64, im, 0x40290000).Data, 0xff, 0xff)
	for _, c := range []struct {
		data []byte
		want []string
	}{
		{chunk.Encode(lfsModel, main, 0), []string{"  kind     compiled code (.lc), Lua 5.3\n", " bytes on the heap once it is loaded, without what the allocator adds\n",
			"\nmodule0          1 ", "3 short and 0 long strings, the longest of 14 bytes; 1 string more that every Lua has anyway\n", "LUAC       FILE  SAVED  ON THE HEAP  SAVED\n  -s "}},
		{store, []string{"  kind       absolute image of the Lua Flash Store, Lua 5.3\n", "  numbers    int64/float64 or int32/float64: no constant tells which\n",
			"  address    0x40290000\n", "  behind it  2 bytes of erased flash\n", "  made       time stamp 0: pinned, tells no time\n"}},
		{chunk.EncodeImage(lfsModel, &chunk.Image{}, "=x", 0), []string{"\n0 modules ", "MODULE     FUNCTIONS"}},
	} {
		code, out, message := runLFS(lfsFile(t, "file", c.data))
		for _, want := range c.want {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("exit code %d, %s; %q is missing in\n%s", code, message, want, out)
			}
		}
	}
	// A file with the name of a subcommand.
	data, _ := os.ReadFile(image)
	t.Chdir(filepath.Dir(lfsFile(t, "diff", data)))
	if code, out, message := runLFS("./diff"); code != 0 || !strings.HasPrefix(out, "./diff\n") {
		t.Errorf("exit code %d, %s\n%s", code, message, out)
	}
}

// TestLFSJSON holds that the names of fields stay as they are.
func TestLFSJSON(t *testing.T) {
	image := lfsImage(t, "lfs.img", lfsSample(3, "thread"))
	keys := func(args ...string) map[string]any {
		t.Helper()
		_, out, message := runLFS(append(args, "--json")...)
		var v map[string]any
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatalf("%v: %v, %s", args, err, message)
		}
		return v
	}
	check := func(v any, want string) {
		t.Helper()
		if list, ok := v.([]any); ok {
			v = list[0]
		}
		if got := strings.Join(slices.Sorted(maps.Keys(v.(map[string]any))), " "); got != want {
			t.Errorf("fields %s, want %s", got, want)
		}
	}
	r := keys(image, "--strings")
	check(r, "edition file file_bytes frame_bytes kind loaded_bytes loaded_in modules numbers seed strings strip strip_level time timestamp warnings")
	check(r["modules"], "code constants debug functions name records shared_strings source strings total")
	check(r["strings"], "all bytes fixed fixed_bytes fixed_used long longest longest_chain shared shared_bytes short slots table_bytes unused unused_bytes")
	check(r["strings"].(map[string]any)["all"], "bytes length text users")
	check(r["strip"], "file_bytes loaded_bytes option")
	check(r["warnings"], "kind lines module text")
	if r := keys(image); r["strings"].(map[string]any)["all"] != nil {
		t.Error("strings are listed without --strings")
	}
	d := keys("diff", image, lfsImage(t, "other.img", lfsSample(2)))
	check(d, "equal_modules first_byte modules properties same strings_added strings_removed")
	check(d["properties"], "a b counts name same")
	check(d["modules"], "change code constants debug first functions name parts records")
	v := keys("check", image, "--size", "64KB")
	check(v, "file flash_bytes load_heap loadable partition_bytes problems")
	check(v["problems"], "code text warning")
}

func TestLFSDiff(t *testing.T) {
	old := lfsSample(12)
	a := lfsImage(t, "old.img", old)
	changed := lfsSample(12)
	for i := range 10 {
		changed.Modules[i].Main.Constants[1].Str += "!"
	}
	b := lfsImage(t, "new.img", changed)
	abs := lfsFile(t, "lfs.abs", lfs.Build(lfsModel, old, 0x40290000).Data)
	abs2 := lfsFile(t, "new.abs", lfs.Build(lfsModel, changed, 0x40290000).Data)
	later := lfsSample(12)
	later.Timestamp++
	c := lfsImage(t, "later.img", later)
	for _, test := range []struct {
		code int
		args []string
		want []string
	}{
		{0, []string{a, a}, []string{"The files are identical.\n", "numbers      int32/float32", "same\n"}},
		{0, []string{a, abs}, []string{"The content is the same; the bytes differ from byte 0 on.\n", "absolute (does not count)\n"}},
		{1, []string{a, c}, []string{"time stamp   2023-11-14 22:13:20 (1700000000)", "2023-11-14 22:13:21 (1700000001)\n", "The files are different.\n"}},
		{0, []string{a, c, "--ignore-time"}, []string{"(1700000001) (does not count)\n", "The content is the same; the bytes differ from byte "}},
		{1, []string{a, b}, []string{"\nmodule0  changed          0     0          0      0        0  constants\n", "\n2 modules the same\n",
			"  module0 differs first in constant 1 of the main function of module0.lua\n", "  ... and 2 more; --all lists them\n",
			"\nStrings only in " + a + ": 10\n  \"own of module0\"\n", "\nThe files are different.\n"}},
		{1, []string{a, b, "--all"}, []string{"  module9 differs first", "  \"own of module9!\"\n"}},
		{1, []string{abs, abs2}, []string{"\nFirst word behind the header that differs, at byte ", "  the head of the string \"own of module0\"\n"}},
	} {
		code, out, message := runLFS(append([]string{"diff"}, test.args...)...)
		for _, want := range test.want {
			if code != test.code || message != "" || !strings.Contains(out, want) {
				t.Errorf("exit code %d, %q; %q is missing in\n%s", code, message, want, out)
			}
		}
	}
}

func TestLFSCheck(t *testing.T) {
	image := lfsImage(t, "lfs.img", lfsSample(3))
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{0, "can be loaded: ", []string{"--size", "64KB"}},
		{0, " of 65536 bytes of flash, about ", []string{"--size", "0x10000", "--base", "0x40290000"}},
		{1, "cannot be loaded:\n  it takes ", []string{"--size", "2048"}},
		{1, "the file has numbers of int32/float32, the module of int64/float64", []string{"--size", "1mb", "--number", "int64"}},
		{1, "the module has no partition", []string{"--size", "0"}},
	} {
		code, out, message := runLFS(append([]string{"check", image}, c.args...)...)
		if code != c.code || message != "" || !strings.Contains(out, c.want) {
			t.Errorf("%v: exit code %d, %q, %s; want %d, %q", c.args, code, message, out, c.code, c.want)
		}
	}
	dir := filepath.Dir(lfsFile(t, "init.lua", []byte("print(1)")))
	if code, out, message := runLFS("check", image, "--module", dir, "--size", "64KB"); code != 0 || message != "" {
		t.Errorf("--module: exit code %d, %q, %s", code, message, out)
	}
	warn := lfsImage(t, "warn.img", lfsSample(1, "proto"))
	if code, out, _ := runLFS("check", warn, "--size", "64KB"); code != 0 || !strings.Contains(out, "\n  warning: module0, function at line 0: the constant \"proto\"") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func TestLFSErrors(t *testing.T) {
	image := lfsImage(t, "lfs.img", lfsSample(1))
	data, _ := os.ReadFile(image)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"the name of a file is missing", nil},
		{"\"b\" is too much", []string{"a", "b"}},
		{"nothing: there is no such file", []string{"nothing"}},
		{"is a directory: name a file", []string{t.TempDir()}},
		{"--top: want a number of lines", []string{image, "--top", "-1"}},
		{": the file is empty", []string{lfsFile(t, "empty", nil)}},
		{": this is text, probably Lua source", []string{lfsFile(t, "a.lua", []byte("return 1\n"))}},
		{fmt.Sprintf(": damaged at byte %d: ", len(data)-1), []string{lfsFile(t, "cut", data[:len(data)-1])}},
		{": of Lua 5.1, and damaged at byte 6: ", []string{lfsFile(t, "51", []byte("\x1bLuaQ\x00"))}},
		{": of Lua 5.1, and not whole: an image of the early format", []string{lfsFile(t, "early", []byte("\x50\xaf\xfa\xfa"+strings.Repeat("\x00", 60)))}},
		{"two files are wanted, not 1", []string{"diff", image}},
		{"nothing: there is no such file", []string{"diff", image, "nothing"}},
		{": the file is empty", []string{"diff", lfsFile(t, "empty", nil), image}},
		{"the name of an image is missing", []string{"check"}},
		{"which module? give --module DIR, or --size", []string{"check", image}},
		{"--size: want a number of bytes, as in 65536 or 64KB, not \"5 bananas\"", []string{"check", image, "--size", "5 bananas"}},
		{"--size: want", []string{"check", image, "--size", "4GB"}},
		{"--size: want", []string{"check", image, "--size", ""}},
		{"--number: there are no numbers \"int16\"", []string{"check", image, "--size", "1", "--number", "int16"}},
		{"--base: want an address", []string{"check", image, "--size", "1", "--base", "7"}},
		{"nothing: there is no such file", []string{"check", "nothing", "--size", "1"}},
		{"nowhere: there is no such file or directory", []string{"check", image, "--module", "nowhere"}},
	} {
		code, out, message := runLFS(c.args...)
		if code != ExitUsage || !strings.Contains(message, c.want) || out != "" {
			t.Errorf("%v: exit code %d, %q, output %q; want %q", c.args, code, message, out, c.want)
		}
	}
}

func TestLFSHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"diff", "--help"}, {"check", "--help"}} {
		code, out, _ := runLFS(args...)
		if code != 0 || !strings.Contains(out, "Examples:") || !strings.Contains(out, "Exit codes:") {
			t.Errorf("%v: exit code %d\n%s", args, code, out)
		}
		for line := range strings.Lines(out) {
			if strings.Contains(line, "\t") || len([]rune(line)) > 100 {
				t.Errorf("%v: line %q", args, line)
			}
		}
	}
}
