package hostexec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/corpus"
)

// softly is put in front of a file of the suite, in its first line of code: then a failed assertion is printed with its
// line, and the file goes on. Functions that neither the firmware nor Moonlet has give 0, an empty table, an empty
// string.
const softly = `do local pcall, error, print, n, setmetatable = pcall, error, print, 0, setmetatable ` +
	`function assert(v, ...) if not v then n = n + 1 local _, at = pcall(error, "", 3) if n < 200 then print(at, "assertion fails", ...) end end return v, ... end ` +
	`local function lost(lib, result, ...) local t = setmetatable({}, {__index = lib}) ` +
	`for i = 1, arg.n do local f = arg[i] if not t[f] then t[f] = function() n = n + 1 if n < 200 then print("there is no", f) end return result(), "", 0 end end end return t end ` +
	`math = lost(math, function() return 0 end, "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "exp", "log", "log10", "deg", "rad", "mod", "modf", "fmod", "frexp", "ldexp") ` +
	`math.pi = math.pi or 3 ` +
	`debug = lost(debug, function() return setmetatable({}, {__index = function() return "" end}) end, "getinfo", "sethook", "gethook", "getlocal", "setlocal", "getupvalue", "setupvalue", "setmetatable", "getmetatable", "setfenv", "getfenv") ` +
	`os = setmetatable({difftime = os.difftime or function(a, b) return a - b end}, {__index = os}) arg = arg or {[-1] = "lua"} end `

// firstLine is one for the shell.
var firstLine = regexp.MustCompile(`^#.*\n`)

// tamer takes out what needs 64 bits for addresses (big.lua), and what C crashes at: unpack of more values than an int
// can count (calls.lua), a format that overflows its buffer (strings.lua).
var tamer = strings.NewReplacer("2^25", "2^12", "2^31", "2^20", "99.99f", "9.99f")

func soft(code string) string {
	code = tamer.Replace(code)
	first := firstLine.FindString(code)
	return first + softly + code[len(first):]
}

// fractions are what builds with integers cannot read in a source.
var fractions = regexp.MustCompile(`\b(\d+)\.\d+([eE][-+]?\d+)?|\b(\d+)[eE][-+]?\d+|([^\w.\]])\.(\d+)([eE][-+]?\d+)?`)

// variants51 are the ways in which a file of the suite runs.
var variants51 = []struct {
	name   string
	change func(code string) string
}{
	{"as it is", func(code string) string { return code }},
	{"softly", func(code string) string { return soft(code) }},
	{"softly, without fractions", func(code string) string {
		return soft(fractions.ReplaceAllString(code, "$1$3$4$5"))
	}},
}

// notCompared is what differs by nature: times, and what takes memory where pointers have 64 bits.
var notCompared = regexp.MustCompile(`in \d+\.\d+ sec|total memory: \d+|on \d\d/\d\d/\d+, at \d\d:\d\d:\d\d`)

// excused51 are the files that differ as they are, for a reason that is known.
var excused51 = map[string]string{
	"big.lua": "joins strings to more than 4 GB, which have room where pointers have 64 bits, and on no chip",
}

// suiteLimit is how long a file may run on each side.
const suiteLimit = 30 * time.Second

// TestOfficialSuite51 runs the files of the official test suite of Lua 5.1, each by itself, and compares what they print
// and how they end with the firmware's luac.cross.
func TestOfficialSuite51(t *testing.T) {
	suite := os.Getenv("MOONLET_SUITE51")
	if suite == "" {
		t.Skip("set MOONLET_SUITE51 to the directory of the official test suite of Lua 5.1")
	}
	files, err := filepath.Glob(filepath.Join(suite, "*.lua"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, b := range builds51() {
		for _, v := range variants51 {
			t.Run(fmt.Sprint(b.name, " ", v.name), func(t *testing.T) {
				for _, file := range files {
					t.Run(filepath.Base(file), func(t *testing.T) { suiteFile(t, b, suite, filepath.Base(file), v.change) })
				}
			})
		}
	}
}

// suiteFile runs a file of the suite here and there, each in a directory of its own with all files.
func suiteFile(t *testing.T, b build51, suite, file string, change func(string) string) {
	dir := func() string {
		d := t.TempDir()
		if err := os.CopyFS(d, os.DirFS(suite)); err != nil {
			t.Fatal(err)
		}
		code, err := os.ReadFile(filepath.Join(d, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(d, file), []byte(change(string(code))), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Chdir(dir())
	got := b.runHere(t, file, suiteLimit)
	t.Logf("%d lines, %d failed assertions; %s%.200s", strings.Count(got.out, "\n"), strings.Count(got.out, "assertion fails"), got.note, got.message)
	if b.tool == "" {
		return
	}
	want := b.runTool(t, dir(), file, suiteLimit)
	if want.note == noEnd || want.note == crashes {
		t.Logf("not compared: the reference %s", want.note)
		return
	}
	if reason, ok := excused51[file]; ok && got != want && change("x") == "x" {
		t.Logf("not compared: it %s", reason)
		return
	}
	corpus.Compare(t, file, notCompared.ReplaceAllString(got.out, "..."), notCompared.ReplaceAllString(want.out, "..."))
	if got.message != want.message || got.note != want.note {
		t.Errorf("ends with %q %s, want %q %s", got.message, got.note, want.message, want.note)
	}
}
