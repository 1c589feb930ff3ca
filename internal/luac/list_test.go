package luac

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/opcode"
)

// compilers are those of openCompiler. They stay open: with the build tag purego
// the memory of a second one would have to be emptied first, all of it.
var compilers = map[Config]*Compiler{}

func openCompiler(t *testing.T, c Config) *Compiler {
	t.Helper()
	if compilers[c] == nil {
		opened, err := NewCompiler(c)
		if err != nil {
			t.Fatal(err)
		}
		compilers[c] = opened
	}
	return compilers[c]
}

// compileFile compiles a file that must compile.
func compileFile(t *testing.T, model num.Model, strip int, name string) *chunk.Proto {
	t.Helper()
	p, err := openCompiler(t, Config{Model: model, Strip: strip}).File(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func listing(t *testing.T, model num.Model, p *chunk.Proto, full bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := List(&b, model, p, full); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// differingLine describes where two texts part.
func differingLine(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "(end)", "(end)"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d:\n got %q\nwant %q", i+1, a, b)
		}
	}
	return "none"
}

// TestListGolden compares with what the C tools printed, with numbers in place of
// addresses.
func TestListGolden(t *testing.T) {
	t.Chdir("testdata/list")
	for _, c := range []struct {
		source, golden string
		model          num.Model
		strip          int
		full           bool
	}{
		{"ops.lua", "ops.strip0", num.Int32Float32, 0, true},
		{"ops.lua", "ops.strip1", num.Int32Float32, 1, true},
		{"values.lua", "values.strip2", num.Int32Float32, 2, false},
		{"values.lua", "values.int32", num.Int32Float32, 1, false},
		{"values.lua", "values.int64", num.Int64Float64, 1, false},
		{"values.lua", "values.mixed", num.Int32Float64, 1, false},
	} {
		want, err := os.ReadFile(c.golden)
		if err != nil {
			t.Fatal(err)
		}
		got := listing(t, c.model, compileFile(t, c.model, c.strip, c.source), c.full)
		if got != string(want) {
			t.Errorf("%s: first difference: %s", c.golden, differingLine(got, string(want)))
		}
	}
}

func TestListSources(t *testing.T) {
	for _, c := range []struct {
		source chunk.Text
		want   string
	}{
		{chunk.Text{S: "@dir/a.lua", Set: true}, "dir/a.lua"},
		{chunk.Text{S: "=stdin", Set: true}, "stdin"},
		{chunk.Text{S: "return 1", Set: true}, "(string)"},
		{chunk.Text{S: "", Set: true}, "(string)"},
		{chunk.Text{S: "\x1bLua", Set: true}, "(bstring)"},
		{chunk.Text{S: "@a\x00b", Set: true}, "a"},
		{chunk.Text{}, "?"},
	} {
		p := &chunk.Proto{Source: c.source, Protos: []*chunk.Proto{{LineDefined: 3, LastLineDefined: 4}}}
		got := listing(t, num.Int32Float32, p, false)
		for _, head := range []string{"\nmain <" + c.want + ":0,0> (", "\nfunction <" + c.want + ":3,4> ("} {
			if !strings.Contains(got, head) {
				t.Errorf("%q: no %q in\n%s", c.source.S, head, got)
			}
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("no room")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestListErrors(t *testing.T) {
	p := compileFile(t, num.Int32Float32, 0, "testdata/list/ops.lua")
	for name, err := range map[string]error{
		"List":      List(brokenWriter{}, num.Int32Float32, p, true),
		"ListJSON":  ListJSON(brokenWriter{}, num.Int32Float32, p),
		"WriteDeps": WriteDeps(brokenWriter{}, []Dep{{Kind: KindModule, Name: "tmr"}}),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}

// luaFiles are the Lua files below a directory.
func luaFiles(t *testing.T, root string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(name) == ".lua" {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// damage changes a function and those in it at random.
func damage(rnd *rand.Rand, p *chunk.Proto) *chunk.Proto {
	q := *p
	q.Code = slices.Clone(p.Code)
	for i := range q.Code {
		switch rnd.IntN(6) {
		case 0:
			q.Code[i] = rnd.Uint32()
		case 1:
			q.Code[i] = opcode.SetOp(q.Code[i], opcode.Op(rnd.IntN(64)))
		case 2:
			q.Code[i] ^= 1 << rnd.IntN(32)
		}
	}
	q.Code = q.Code[:rnd.IntN(len(q.Code)+1)]
	q.Constants = slices.Clone(p.Constants[:rnd.IntN(len(p.Constants)+1)])
	q.Upvalues = slices.Clone(p.Upvalues[:rnd.IntN(len(p.Upvalues)+1)])
	for i := range q.Upvalues {
		q.Upvalues[i].Idx = byte(rnd.Uint32())
		q.Upvalues[i].InStack = byte(rnd.IntN(3))
	}
	q.LocVars = p.LocVars[:rnd.IntN(len(p.LocVars)+1)]
	q.LineInfo = slices.Clone(p.LineInfo)
	for i := range q.LineInfo {
		if rnd.IntN(5) == 0 {
			q.LineInfo[i] = byte(rnd.Uint32())
		}
	}
	q.MaxStackSize = byte(rnd.Uint32())
	q.Protos = nil
	for _, sub := range p.Protos {
		if rnd.IntN(4) > 0 {
			q.Protos = append(q.Protos, damage(rnd, sub))
		}
	}
	return &q
}

// TestDamaged holds that nothing panics, whatever the code, and that a listing has
// all of it.
func TestDamaged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var protos []*chunk.Proto
	for _, dir := range []string{"testdata/list", "testdata/deps"} {
		for _, file := range luaFiles(t, dir) {
			protos = append(protos, compileFile(t, num.Int32Float32, 0, file))
		}
	}
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	for n := range rounds {
		p := damage(rnd, protos[n%len(protos)])
		model := num.Models()[n%3]
		// What is decoded is what may come; not all that is damaged can be written.
		f, err := chunk.Decode(chunk.Encode(model, p, 0))
		if err != nil {
			t.Fatal(err)
		}
		text := listing(t, model, f.Main, true)
		if !strings.HasPrefix(text, "\nmain <") || !strings.HasSuffix(text, "\n") {
			t.Fatalf("no listing: %q", text)
		}
		var b bytes.Buffer
		if err := ListJSON(&b, model, f.Main); err != nil || !json.Valid(b.Bytes()) {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		Deps(f.Main)
	}
}

// TestMissing shows what stands for things that do not exist.
func TestMissing(t *testing.T) {
	p := &chunk.Proto{Code: []uint32{
		opcode.MakeABx(opcode.LoadK, 1, 7),
		opcode.MakeABC(opcode.GetTabUp, 1, 3, opcode.BitRK|2),
		opcode.MakeABC(opcode.Add, 1, 3, opcode.BitRK|2),
		opcode.MakeABx(opcode.Closure, 1, 9),
		63,
		opcode.MakeABC(opcode.SetList, 1, 2, 0),
	}}
	const want = "\nmain <?:0,0> (6 instructions at 0x00000001)\n" +
		"0 params, 0 slots, 0 upvalues, 0 locals, 0 constants, 0 functions\n" +
		"\t1\t[-]\tLOADK    \t1 -8\t; ?\n" +
		"\t2\t[-]\tGETTABUP \t1 3 -3\t; ? ?\n" +
		"\t3\t[-]\tADD      \t1 3 -3\t; - ?\n" +
		"\t4\t[-]\tCLOSURE  \t1 9\t; ?\n" +
		"\t5\t[-]\t?        \t0x0000003f\n" +
		"\t6\t[-]\tSETLIST  \t1 2 0\t; ?\n"
	if got := listing(t, num.Int32Float32, p, false); got != want {
		t.Errorf("got\n%s", got)
	}
	var b bytes.Buffer
	if err := ListJSON(&b, num.Int32Float32, p); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`{"pc":0,"line":null,"op":"LOADK","A":1,"Bx":{"constant":7}}`,
		`{"pc":4,"line":null,"op":"?","word":63}`,
	} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %s in\n%s", part, b.String())
		}
	}
}
