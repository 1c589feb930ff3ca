package luac

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	chunk51 "moonlet.example/moonlet/internal/lua51/chunk"
	image51 "moonlet.example/moonlet/internal/lua51/image"
	opcode51 "moonlet.example/moonlet/internal/lua51/opcode"
)

// reference51 is luac.cross of Lua 5.1 for a value of --lua, "" where there is none.
func reference51(edition string) string {
	list := filepath.SplitList(os.Getenv("MOONLET_REFERENCE51"))
	if len(list) != 2 {
		return ""
	}
	if edition == "5.1-int" {
		return list[1]
	}
	return list[0]
}

// run51 runs a command line for an edition.
func run51(t *testing.T, edition string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	stdout, stderr, code = run(t, command("luac.cross", nil), append([]string{"--lua", edition}, args...)...)
	return stdout, stderr, code
}

// TestCommand51_Refused holds command lines that are refused, and that nothing is written.
func TestCommand51_Refused(t *testing.T) {
	inDir(t, "a.lua", "return 1\n", "sub/a.lua", "return 2\n", "wrong.lua", "x = 1\ny = = 2\n", "half.lua", "return 1.5\n",
		"old.lc", "\x1bLua\x51\x00\x01\x04\x04\x04\x08\x00")
	for _, c := range []struct {
		edition, args, message string
	}{
		{"5.1", "", "no input files given"},
		{"5.1", "-f", "no input files given"},
		{"5.1", "-x a.lua", "unrecognized option '-x'"},
		{"5.1", "missing.lua", "cannot open missing.lua: No such file or directory"},
		{"5.1", "wrong.lua", "wrong.lua:2: unexpected symbol near '='"},
		{"5.1", "a.lua wrong.lua", "wrong.lua:2: unexpected symbol near '='"},
		{"5.1-int", "half.lua", "half.lua:1: malformed number near '1.5'"},
		{"5.1", "old.lc", "old.lc: "},
		{"5.1", "-o none/out a.lua", "cannot open none/out: No such file or directory"},
		{"5.1", "--seed 1 a.lua", "'--seed' and '--word' are for Lua 5.3 alone"},
		{"5.1", "--number int64 a.lua", "'--number' is for Lua 5.3 alone"},
		{"5.0", "a.lua", "'--lua' takes 5.3, 5.1 (numbers are floats) or 5.1-int (integers), not '5.0'"},
		{"5.1", "-f -m 4096 -a 0x1 a.lua", `"-a" absolute address must be valid flash address`},
	} {
		out, stderr, code := run51(t, c.edition, strings.Fields(c.args)...)
		if first, _, _ := strings.Cut(stderr, "\n"); code != 1 || out != "" || !strings.HasPrefix(first, "luac.cross: "+c.message) {
			t.Errorf("%s %q: code %d, %q, %q", c.edition, c.args, code, out, first)
		}
	}
	for _, name := range []string{defaultOutput51, DefaultOutput} {
		if _, err := os.Stat(name); err == nil {
			t.Error("something was written to ", name)
		}
	}
}

// TestCommand51_Files holds what the options write, the same as the C tool where there is one.
func TestCommand51_Files(t *testing.T) {
	inDir(t, "a.lua", "local a = {...}\nreturn arg.n, function(x) return a, x end\n", "b.lua", "module(..., package.seeall)\n", "dir/c.d.lua", "return 'c'\n")
	for _, edition := range []string{"5.1", "5.1-int"} {
		for _, args := range []string{"a.lua", "-s a.lua", "a.lua b.lua", "-i a.lua dir/c.d.lua", "-i a.lua", "-f a.lua b.lua dir/c.d.lua",
			"-f -s b.lua a.lua", "-f -a 0x40210000 a.lua b.lua", "-f -a 0x402F0000 dir/c.d.lua"} {
			stdout, stderr, code := run51(t, edition, append([]string{"-o", "ours", "--timestamp", "0"}, strings.Fields(args)...)...)
			if code != 0 || stderr != "" {
				t.Errorf("%s %s: code %d, %s", edition, args, code, stderr)
				continue
			}
			ours, err := os.ReadFile("ours")
			if err != nil {
				t.Fatal(err)
			}
			if err := readable51(ours); err != nil {
				t.Errorf("%s %s: %v", edition, args, err)
			}
			tool := reference51(edition)
			if tool == "" {
				continue
			}
			out, err := exec.Command(tool, append([]string{"-o", "theirs"}, strings.Fields(args)...)...).Output()
			if err != nil {
				t.Fatalf("%s: %v", args, err)
			}
			theirs, err := os.ReadFile("theirs")
			if err != nil {
				t.Fatal(err)
			}
			// Both the same but for the time, of which an image and a function that looks names up have one.
			if string(out) != stdout || len(ours) != len(theirs) && !strings.Contains(args, "-f") {
				t.Errorf("%s %s: %d bytes, not %d; %q, not %q", edition, args, len(ours), len(theirs), stdout, out)
			}
			if !strings.Contains(args, "-f") && !strings.Contains(args, "-i") && !bytes.Equal(ours, theirs) {
				t.Errorf("%s %s: other bytes", edition, args)
			}
		}
	}
}

// readable51 reads a file back.
func readable51(code []byte) error {
	if chunk51.IsCompiled(code) {
		_, err := chunk51.Decode(code)
		return err
	}
	im, err := image51.Decode(code)
	if err == nil && im.Timestamp != 0 {
		err = fmt.Errorf("time stamp %d", im.Timestamp)
	}
	return err
}

// TestCommand51_Size holds the limits of an image: its size, and how many files it has.
func TestCommand51_Size(t *testing.T) {
	files := []string{"out", "old", "big.lua", "return {" + strings.Repeat("'some text', 1.5, ", 700) + "}\n"}
	var names []string
	for i := range maxModules51 + 1 {
		names = append(names, fmt.Sprintf("m%02d.lua", i))
		files = append(files, names[i], "return 1\n")
	}
	inDir(t, files...)
	_, stderr, code := run51(t, "5.1", "-f", "-o", "out", "-m", "4096", "big.lua")
	if code != 1 || !strings.Contains(stderr, "The image is too large for specfied LFS size") {
		t.Errorf("code %d, %q", code, stderr)
	}
	_, stderr, code = run51(t, "5.1", append([]string{"-f", "-o", "out"}, names...)...)
	if code != 1 || !strings.Contains(stderr, "Number of modules > 50") {
		t.Errorf("code %d, %q", code, stderr)
	}
	if b, _ := os.ReadFile("out"); string(b) != "old" {
		t.Error("the old file was touched")
	}
	if _, stderr, code = run51(t, "5.1", append([]string{"-f", "-o", "out"}, names[1:]...)...); code != 0 {
		t.Errorf("50 modules: code %d, %q", code, stderr)
	}
}

// TestCommand51_SameName holds that a file which no module could load is told.
func TestCommand51_SameName(t *testing.T) {
	inDir(t, "a.lua", "return 1\n", "sub/a.lua", "return 2\n")
	_, stderr, code := run51(t, "5.1", "-f", "-o", "out", "a.lua", "sub/a.lua")
	if want := "warning: the name a is that of another file, too: a module finds the first one, not sub/a.lua\n"; code != 0 || !strings.Contains(stderr, want) {
		t.Errorf("code %d, %q", code, stderr)
	}
}

// TestCommand51_Compiled takes compiled files as sources, and names what is of another build.
func TestCommand51_Compiled(t *testing.T) {
	inDir(t, "a.lua", "local x\nreturn x\n")
	if _, stderr, code := run51(t, "5.1", "-o", "a.lc", "a.lua"); code != 0 {
		t.Fatal(stderr)
	}
	if _, stderr, code := run51(t, "5.1", "-o", "b.lc", "a.lc"); code != 0 {
		t.Fatal(stderr)
	}
	a, _ := os.ReadFile("a.lc")
	if b, _ := os.ReadFile("b.lc"); !bytes.Equal(a, b) {
		t.Errorf("%d bytes became %d", len(a), len(b))
	}
	if _, stderr, code := run51(t, "5.1-int", "-o", "c.lc", "a.lc"); code != 1 || !strings.Contains(stderr, "a.lc was compiled for the float build of Lua 5.1, not for the integer one") {
		t.Errorf("code %d, %q", code, stderr)
	}
	if _, stderr, code := run(t, command("luac.cross", nil), "-o", "c.lc", "a.lc"); code != 1 || !strings.Contains(stderr, "a.lc was compiled by Lua 5.1: --lua 5.1 or 5.1-int takes it") {
		t.Errorf("code %d, %q", code, stderr)
	}
}

// TestCommand51_Stdin reads the standard input, and lists without -o.
func TestCommand51_Stdin(t *testing.T) {
	inDir(t)
	c := command("luac.cross", nil)
	c.In = strings.NewReader("print('x')\n")
	out, stderr, code := run(t, c, "--lua", "5.1", "-p", "-l", "-")
	if code != 0 || stderr != "" || !strings.Contains(out, "\nmain <stdin:0,0> (4 instructions, 16 bytes at 0x00000001)\n") {
		t.Errorf("code %d, %q\n%s", code, stderr, out)
	}
	if out, _, code := run51(t, "5.1", "-v"); code != 0 || out != copyright51+"\n" {
		t.Errorf("code %d, %q", code, out)
	}
	if entries, _ := os.ReadDir("."); len(entries) > 0 {
		t.Error("a file was written")
	}
}

// TestList51 holds a listing of every kind of operand.
func TestList51(t *testing.T) {
	for _, edition := range []string{"5.1", "5.1-int"} {
		out, stderr, code := run51(t, edition, "-p", "-l", "-l", "testdata/list/ops51.lua")
		if code != 0 {
			t.Fatal(stderr)
		}
		want, err := os.ReadFile("testdata/list/ops" + edition)
		if err != nil {
			t.Fatal(err)
		}
		if out != string(want) {
			t.Errorf("%s: %s", edition, firstDifference(out, string(want)))
		}
	}
}

// needy names modules and files in ways that the instructions of both editions have.
const needy = `local net, t = net, tmr.create()
local function go() dofile("other.lua") local f = file.open("data.txt") return node.flashindex("stored") end
for k, v in pairs(file.list()) do print(k, LFS.foo, node.LFS.get("bar")) end
while go() do wifi.sta.connect() if t then require(k) end end
mine = 5 print(mine, adc.read(0), (function(...) return arg, mqtt end)())
`

// TestDeps51 holds that the same is found as in Lua 5.3, also where names have no room in an operand.
func TestDeps51(t *testing.T) {
	var long strings.Builder
	for i := range 300 {
		fmt.Fprintf(&long, "x = 'text %d'\n", i)
	}
	inDir(t, "a.lua", needy, "long.lua", long.String()+needy)
	for _, file := range []string{"a.lua", "long.lua"} {
		want, _, _ := run(t, command("luac.cross", nil), "--deps", file)
		for _, edition := range []string{"5.1", "5.1-int"} {
			if got, message, code := run51(t, edition, "--deps", file); got != want || code != 0 || strings.Count(got, "\n") != 13 {
				t.Errorf("%s, Lua %s: %q, want %q; %s", file, edition, got, want, message)
			}
		}
	}
}

// TestListJSON51 holds that the document has what the listing has.
func TestListJSON51(t *testing.T) {
	inDir(t, "a.lua", "local a = 7 function f(...) return a, ..., 'x', nil, true, {1, 2} end for k in pairs(f) do a = k end")
	for edition, constant := range map[string]string{"5.1": "float", "5.1-int": "integer"} {
		out, message, code := run51(t, edition, "--json", "-p", "a.lua")
		var doc struct {
			Lua, Numbers string
			Main         struct {
				Code []struct {
					PC, Line int
					Op       string
					To       *int
				}
				Constants []struct{ Type string }
				Functions []struct {
					Vararg   bool
					Upvalues []any
				}
			}
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 {
			t.Fatal(err, message)
		}
		var ops []string
		for _, i := range doc.Main.Code {
			ops = append(ops, i.Op)
			if i.Line != 1 || (i.Op == "JMP") != (i.To != nil) {
				t.Errorf("%s: %+v", edition, i)
			}
		}
		const want = "LOADK CLOSURE MOVE SETGLOBAL GETGLOBAL GETGLOBAL CALL JMP MOVE TFORLOOP JMP CLOSE RETURN"
		if got := strings.Join(ops, " "); !strings.HasPrefix(want, got[:40]) || doc.Lua != "5.1" || doc.Main.Constants[0].Type != constant || !doc.Main.Functions[0].Vararg {
			t.Errorf("%s: %s, %+v", edition, got, doc)
		}
	}
}

// TestExecute51 runs a file, whose function is compiled with the others.
func TestExecute51(t *testing.T) {
	inDir(t, "a.lua", "return 1", "b.lua", "return 2")
	for _, c := range []struct {
		code string // that the file gives
		err  error
		args string
		exit int
		out  bool
	}{
		{"", nil, "-e a.lua", 0, false},
		{"", errors.New("a.lua:1: bad"), "-e a.lua b.lua", 1, false},
		{"chunk", nil, "-e a.lua -o out", 0, true},
		{"chunk", nil, "-e a.lua -o out b.lua", 0, true},
	} {
		cmd := command("luac.cross", nil)
		cmd.Execute51 = func(file string, o *Options) ([]byte, error) {
			if c.code == "" || c.err != nil {
				return nil, c.err
			}
			p := &chunk51.Proto{Source: chunk51.Text{S: "@" + file, Set: true}, MaxStackSize: 2, Code: []uint32{uint32(opcode51.Return) | 1<<23}}
			return chunk51.Encode(chunk51.Float, p, false)
		}
		os.Remove("out")
		_, message, exit := run(t, cmd, append([]string{"--lua", "5.1"}, strings.Fields(c.args)...)...)
		_, err := os.Stat("out")
		if exit != c.exit || (err == nil) != c.out || c.err != nil && !strings.HasPrefix(message, "luac.cross: a.lua:1: bad\n") {
			t.Errorf("%s: exit code %d, %q, %v", c.args, exit, message, err)
		}
	}
}
