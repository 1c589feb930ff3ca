package luac

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/lfs"
)

// run runs a command line in a directory.
func run(t *testing.T, c *Command, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	c.Out, c.Err = &out, &errs
	code = c.Main(args)
	return out.String(), errs.String(), code
}

// inDir makes a directory with files, name and content in turn, and goes there.
func inDir(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for i := 0; i < len(files); i += 2 {
		if dir := filepath.Dir(files[i]); dir != "." {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(files[i], []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// wrongLines are command lines that are refused, with the first line of what is
// said. Those that crash the C tool have no message of it.
var wrongLines = []struct {
	args    string
	message string
	crash   bool
}{
	{"", "no input files given", false},
	{"-x a.lua", "unrecognized option '-x'", false},
	{"-lx a.lua", "unrecognized option '-lx'", false},
	{"-o", "'-o' needs argument", false},
	{"-o -x a.lua", "'-o' needs argument", false},
	{"-e", `"-e" needs a file argument`, false},
	{"-e -p", `"-e" needs a file argument`, false},
	{"-F", `"-F" needs an LFS image file argument`, false},
	{"-a 0x40200000 a.lua", `"-a" absolute address must be valid flash address`, false},
	{"-a 0x40300001 a.lua", `"-a" absolute address must be valid flash address`, false},
	{"-a 123 a.lua", `"-a" absolute address must be valid flash address`, false},
	{"-a 0x40290000 a.lua", "'-a' also requires '-o' and '-f' options without lua source files", false},
	{"-a 0x40290000", "'-a' also requires '-o' and '-f' options without lua source files", false},
	{"-a", `"-a" absolute address must be valid flash address`, true},
	{"-m 5000 a.lua", `"-e" maximum size must be a multiple of 4,096`, false},
	{"-m", `"-e" maximum size must be a multiple of 4,096`, true},
	{"missing.lua", "cannot open missing.lua: No such file or directory", false},
	{"wrong.lua", "wrong.lua:2: unexpected symbol near '='", false},
	{"a.lua wrong.lua", "wrong.lua:2: unexpected symbol near '='", false},
	{"-f a.lua sub/a.lua", "Cannot have duplicate files ('a.lua') in LFS", false},
	{"-o none/out a.lua", "cannot open none/out: No such file or directory", false},
	{"--number", "'--number' needs an argument", true},
	{"--number int16 a.lua", "", true},
	{"--strip 3 a.lua", "'--strip' takes 0 (keep all), 1 (keep line numbers) or 2 (keep nothing), not '3'", true},
	{"--seed -1 a.lua", "'--seed' takes a number of 32 bits, not '-1'", true},
	{"--nothing a.lua", "unrecognized option '--nothing'", true},
	{"--json=1 a.lua", "'--json' takes no argument", true},
}

func TestCommand_Refused(t *testing.T) {
	inDir(t, "a.lua", "return 1\n", "sub/a.lua", "return 2\n", "wrong.lua", "x = 1\ny = = 2\n")
	tools := filepath.SplitList(os.Getenv("MOONLET_REFERENCE"))
	for _, c := range wrongLines {
		cmd := command("luac.cross", nil)
		_, stderr, code := run(t, cmd, strings.Fields(c.args)...)
		first, _, _ := strings.Cut(stderr, "\n")
		if code != 1 || !strings.HasPrefix(first, "luac.cross: "+c.message) {
			t.Errorf("%q: code %d, %q", c.args, code, first)
		}
		if len(tools) == 0 || c.crash {
			continue
		}
		tool := exec.Command(tools[0], strings.Fields(c.args)...)
		tool.Args[0] = "luac.cross"
		theirs, err := tool.CombinedOutput()
		if err == nil || string(theirs) != stderr {
			t.Errorf("%q: C says %q\nwe say %q", c.args, theirs, stderr)
		}
	}
	if _, err := os.Stat(DefaultOutput); err == nil {
		t.Error("something was written")
	}
}

// TestCommand_Version compares what -v prints, and that it goes on with files.
func TestCommand_Version(t *testing.T) {
	inDir(t, "a.lua", "return 1\n")
	for _, args := range [][]string{{"-v"}, {"-v", "--"}, {"-v", "-p", "a.lua"}} {
		out, stderr, code := run(t, command("luac.cross", nil), args...)
		if out != copyright+"\n" || stderr != "" || code != 0 {
			t.Errorf("%v: %q %q %d", args, out, stderr, code)
		}
	}
}

// TestCommand_Image makes an image whose bytes do not depend on the day.
func TestCommand_Image(t *testing.T) {
	inDir(t, "b.lua", "return 'b'\n", "__c.lua", "return 'c'\n", "a.lua", "return type(x) == 'userdata'\n")
	make := func(args ...string) *chunk.File {
		t.Helper()
		_, stderr, code := run(t, command("luac.cross", nil), append([]string{"-f", "-o", "out.img"}, args...)...)
		if code != 0 {
			t.Fatalf("%v: %s", args, stderr)
		}
		return decodeFile(t, "out.img")
	}
	f := make("--seed", "0xFFFFFFFF", "--timestamp=1700000000", "b.lua", "__c.lua", "a.lua")
	var names []string
	for _, m := range f.Image.Modules {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "__c b a" || f.Image.Seed != 0xFFFFFFFF || f.Image.Timestamp != 1700000000 {
		t.Errorf("modules %s, seed %#x, time %d", got, f.Image.Seed, f.Image.Timestamp)
	}
	c := command("luac.cross", nil)
	c.Getenv = func(name string) string { return map[string]string{"SOURCE_DATE_EPOCH": "12345"}[name] }
	if _, stderr, code := run(t, c, "-f", "-o", "out.img", "a.lua"); code != 0 || !strings.Contains(stderr, `warning: module a has the constant "userdata"`) {
		t.Errorf("code %d, %q", code, stderr)
	}
	if f := decodeFile(t, "out.img"); f.Image.Timestamp != 12345 {
		t.Errorf("time %d", f.Image.Timestamp)
	}
	for _, model := range num.Models() {
		if f := make("--number", model.Flag(), "b.lua"); f.Model != model {
			t.Errorf("%v became %v", model, f.Model)
		}
	}
}

// TestCommand_Size holds the limits of -m and of a project's module, and that a
// refused image leaves the old one alone.
func TestCommand_Size(t *testing.T) {
	inDir(t, "small.lua", "return 1\n", "big.lua", "return {"+strings.Repeat("'some text', 1.5, ", 400)+"}\n", "out.img", "old")
	args := []string{"-f", "-o", "out.img", "small.lua", "big.lua"}
	_, stderr, code := run(t, command("luac.cross", nil), append([]string{"-m", "4096"}, args...)...)
	if want := "more than the 4096 of -m; the largest modules: big "; code != 1 || !strings.Contains(stderr, want) {
		t.Errorf("code %d, %q", code, stderr)
	}
	if b, _ := os.ReadFile("out.img"); string(b) != "old" {
		t.Error("the old file was touched")
	}
	for _, size := range []uint32{4096, 8192} {
		c := command("luac.cross", nil)
		c.Target = func(dir string) (lfs.Target, error) {
			return lfs.Target{Name: dir, Model: num.Int32Float32, Size: size}, nil
		}
		_, stderr, code := run(t, c, append([]string{"--module", "my project"}, args...)...)
		if fits := size > 4096; (code == 0) != fits || !fits && !strings.Contains(stderr, "4096 of my project") {
			t.Errorf("%d bytes: code %d, %q", size, code, stderr)
		}
	}
	c := command("luac.cross", nil)
	c.Target = func(dir string) (lfs.Target, error) {
		return lfs.Target{Name: dir, Model: num.Int32Float32, Size: 8192}, nil
	}
	if _, stderr, code := run(t, c, append([]string{"--number", "int64", "--module", "p"}, args...)...); code != 1 || !strings.Contains(stderr, "use --number int32") {
		t.Errorf("other numbers: code %d, %q", code, stderr)
	}
	if entries, _ := os.ReadDir("."); len(entries) != 3 {
		t.Errorf("%d files are left", len(entries))
	}
}

// TestCommand_Absolute makes the words of a store from an image.
func TestCommand_Absolute(t *testing.T) {
	inDir(t, "a.lua", "return 'a'\n")
	for _, args := range []string{"-f -o a.img a.lua", "-a 0x40290000 -F a.img -o a.abs"} {
		if _, stderr, code := run(t, command("luac.cross", nil), strings.Fields(args)...); code != 0 {
			t.Fatalf("%s: %s", args, stderr)
		}
	}
	b, err := os.ReadFile("a.abs")
	if err != nil {
		t.Fatal(err)
	}
	f := decodeFile(t, "a.img")
	if r := lfs.Build(f.Model, f.Image, 0x40290000); !bytes.Equal(b, r.Data) || binary.LittleEndian.Uint32(b) != lfs.Signature {
		t.Error("the file has other words than the store")
	}
	for args, want := range map[string]string{
		"-a 0x40290000 -F a.lua -o x":    "a.lua: not a file of compiled Lua at byte 0",
		"-a 0x40290000 -F none -o x":     "cannot open none: No such file",
		"-a 0x40290002 -F a.img -o x":    `"-a" absolute address must be a multiple of 4`,
		"-a 0x40290000 -F plain.lc -o x": "plain.lc: a file of compiled code, not an image",
	} {
		run(t, command("luac.cross", nil), "-o", "plain.lc", "a.lua")
		if _, stderr, code := run(t, command("luac.cross", nil), strings.Fields(args)...); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: code %d, %q", args, code, stderr)
		}
	}
}

// TestCommand_Order holds that the first file which is wrong is the one that is
// told, however many compilers there are.
func TestCommand_Order(t *testing.T) {
	var files, args []string
	for i := range 40 {
		name := fmt.Sprintf("f%02d.lua", i)
		text := "return 1\n"
		if i == 17 || i == 23 {
			text = "x = = " + name + "\n"
		}
		files = append(files, name, text)
		args = append(args, name)
	}
	inDir(t, files...)
	for range 20 {
		_, stderr, code := run(t, command("luac.cross", nil), append([]string{"-p"}, args...)...)
		if code != 1 || !strings.HasPrefix(stderr, "luac.cross: f17.lua:1: ") {
			t.Fatalf("code %d, %q", code, stderr)
		}
	}
}

// TestCommand_Stdin compiles the standard input to the standard output.
func TestCommand_Stdin(t *testing.T) {
	inDir(t)
	c := command("luac.cross", nil)
	c.In = strings.NewReader("#!/usr/bin/lua\nreturn 'from stdin'\n")
	out, stderr, code := run(t, c, "-o", "-", "-")
	f, err := chunk.Decode([]byte(out))
	if code != 0 || err != nil || f.Main.Source.S != "=stdin" || f.Main.LineOf(0) != 2 {
		t.Errorf("code %d, %q, %v, %+v", code, stderr, err, f)
	}
}

// TestCommand_FarLines compiles lines whose distances take many bytes.
func TestCommand_FarLines(t *testing.T) {
	for _, gap := range []int{1 << 6, 1 << 13, 1<<20 - 2, 1<<20 + 5, 3 << 20} {
		inDir(t, "far.lua", "local a = 1"+strings.Repeat("\n", gap)+"b = a"+strings.Repeat("\n", gap)+"c = b\n")
		if _, stderr, code := run(t, command("luac.cross", nil), "-o", "far.lc", "far.lua"); code != 0 {
			t.Fatal(stderr)
		}
		lines := decodeFile(t, "far.lc").Main.Lines()
		if lines[0] != 1 || lines[1] != 1+gap || lines[3] != 1+2*gap {
			t.Errorf("a gap of %d: lines %v", gap, lines)
		}
	}
}
