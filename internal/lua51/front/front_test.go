package front

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua51/chunk"
	"moonlet.example/moonlet/internal/lua51/opcode"
	"moonlet.example/moonlet/internal/luagen"
)

func newCompiler(t testing.TB) *Compiler {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestGolden compiles programs to the bytes that luac.cross and luac.cross.int made of them.
func TestGolden(t *testing.T) {
	c := newCompiler(t)
	for name, n := range map[string]chunk.Numbers{"all": chunk.Float, "all-int": chunk.Integer} {
		code, err := os.ReadFile(filepath.Join("testdata", name+".lua"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata", name+".lc"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Compile(n, "@"+name+".lua", bytes.NewReader(code), 1)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := chunk.Encode(n, p, false); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %d bytes, not %d", name, err, len(got), len(want))
		}
	}
}

// TestMessages holds what is said about mistakes, which is what the C tool says.
func TestMessages(t *testing.T) {
	c := newCompiler(t)
	upvalues := func(n int) string {
		var b strings.Builder
		for i := range n {
			if i%40 == 0 {
				b.WriteString("function f() ")
			}
			fmt.Fprintf(&b, "local v%d ", i)
		}
		b.WriteString("return function() return 1")
		for i := range n {
			fmt.Fprintf(&b, ", v%d", i)
		}
		return b.String()
	}
	locals := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "local v%d\n", i)
		}
		return b.String()
	}
	for code, want := range map[string]string{
		"x = ":                                   "x.lua:1: unexpected symbol near '<eof>'",
		"x = }":                                  "x.lua:1: unexpected symbol near '}'",
		"x = 1 = 2":                              "x.lua:1: unexpected symbol near '='",
		"x = 'a\nb'":                             "x.lua:1: unfinished string near ''a'",
		"x = 'a":                                 "x.lua:1: unfinished string near '<eof>'",
		"x = [[a":                                "x.lua:1: unfinished long string near '<eof>'",
		"--[[a\n":                                "x.lua:2: unfinished long comment near '<eof>'",
		"x = [[ [[ ]] ]]":                        "x.lua:1: nesting of [[...]] is deprecated near '['",
		"x = [=a":                                "x.lua:1: invalid long string delimiter near '[='",
		"x = '\\999'":                            "x.lua:1: escape sequence too large near '''",
		"x = 3x":                                 "x.lua:1: malformed number near '3x'",
		"if x then\n\nelse":                      "x.lua:3: 'end' expected (to close 'if' at line 1) near '<eof>'",
		"f(":                                     "x.lua:1: unexpected symbol near '<eof>'",
		"f\n(1)":                                 "x.lua:2: ambiguous syntax (function call x new statement) near '('",
		"goto x":                                 "x.lua:1: '=' expected near 'x'",
		"x = 1 // 2":                             "x.lua:1: unexpected symbol near '/'",
		"x = a.1":                                "x.lua:1: unexpected symbol near '.1'",
		"break":                                  "x.lua:1: no loop to break near '<eof>'",
		"return 1 x = 2":                         "x.lua:1: '<eof>' expected near 'x'",
		"function f() return ... end":            "x.lua:1: cannot use '...' outside a vararg function near '...'",
		"for i do end":                           "x.lua:1: '=' or 'in' expected near 'do'",
		"function f(a, 1) end":                   "x.lua:1: <name> or '...' expected near '1'",
		"f() = 1":                                "x.lua:1: unexpected symbol near '='",
		"a:b = 1":                                "x.lua:1: function arguments expected near '='",
		"x = \x01":                               "x.lua:1: unexpected symbol near 'char(1)'",
		"x = @":                                  "x.lua:1: unexpected symbol near '@'",
		locals(51):                               "x.lua:52: main function has more than 50 local variables",
		"\nfunction f() " + locals(51):           "x.lua:53: function at line 2 has more than 50 local variables",
		upvalues(61):                             "x.lua:1: function at line 1 has more than 60 upvalues",
		strings.Repeat("(", 250):                 "x.lua:1: chunk has too many syntax levels",
		"x = {" + strings.Repeat("{", 250):       "x.lua:1: chunk has too many syntax levels",
		strings.Repeat("a.b, ", 220) + "x = 1":   "x.lua:1: main function has more than 198 variables in assignment",
		"f(" + strings.Repeat("a, ", 260) + "a)": "x.lua:1: function or expression too complex near 'a'",
	} {
		_, err := c.Compile(chunk.Float, "@x.lua", strings.NewReader(code), 1)
		if err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, want %s", code, err, want)
		}
	}
	if _, err := c.Compile(chunk.Integer, "@x.lua", strings.NewReader("x = 1.5"), 1); err == nil || err.Error() != "x.lua:1: malformed number near '1.5'" {
		t.Error(err)
	}
}

// TestNames holds how chunks are called in messages.
func TestNames(t *testing.T) {
	c := newCompiler(t)
	long := strings.Repeat("d/", 60) + "x.lua"
	for name, want := range map[string]string{
		"=stdin": "stdin", "@a.lua": "a.lua", "@" + long: "..." + long[len(long)-72:], "x = 1": `[string "x = 1"]`,
		"x = 1\ny": `[string "x = 1..."]`, "=" + long: long[:79],
	} {
		_, err := c.Compile(chunk.Float, name, strings.NewReader("?"), 1)
		if err == nil || !strings.HasPrefix(err.Error(), want+":1: ") {
			t.Errorf("%.20q: %v, want %s", name, err, want)
		}
	}
}

// TestLevels holds what each strip level leaves.
// TestNUL: the scanner takes a NUL for the letter of an exponent, since C's strchr finds it in "Ee", and what converts
// numerals stops there.
func TestNUL(t *testing.T) {
	c := newCompiler(t)
	for _, numbers := range []chunk.Numbers{chunk.Float, chunk.Integer} {
		for code, want := range map[string]float64{"return 100000\x00": 100000, "return 100000\x00\n": 100000, "return 12\x00-3x": 12} {
			p, err := c.Compile(numbers, "@x.lua", strings.NewReader(code), 1)
			if err != nil || len(p.Constants) != 1 || p.Constants[0].Float+float64(p.Constants[0].Int) != want {
				t.Errorf("%q: %v, %+v", code, err, p)
			}
		}
		if _, err := c.Compile(numbers, "@x.lua", strings.NewReader("return 0x\x00"), 1); err == nil {
			t.Error("0x is a number")
		}
	}
}

func TestLevels(t *testing.T) {
	c := newCompiler(t)
	for level, want := range [][3]int{{1, 1, 1}, {0, 0, 1}, {0, 0, 0}} {
		p, err := c.Compile(chunk.Float, "@x.lua", strings.NewReader("#! a shell's line\nlocal a return function() return a end"), level)
		if err != nil {
			t.Fatal(err)
		}
		q := p.Protos[0]
		if got := [3]int{len(p.LocVars), len(q.Upvalues), min(len(q.LineInfo), 1)}; got != want || q.NumUpvalues != 1 || q.LineDefined != 2 {
			t.Errorf("level %d: %v, want %v; %+v", level, got, want, q)
		}
	}
}

// form tells what an instruction is like: the opcode, and what its operands are.
func form(p *chunk.Proto, i opcode.Instruction) string {
	op := opcode.OpOf(i)
	info := op.Info()
	operand := func(n int, a opcode.Arg) string {
		switch {
		case a == opcode.RK && opcode.IsK(n):
			return fmt.Sprint("K", p.Constants[n&opcode.MaxIndexRK].Kind)
		case a == opcode.RK:
			return "R"
		case a == opcode.Used:
			return fmt.Sprint(min(n, 3))
		}
		return ""
	}
	switch info.Mode {
	case opcode.ABC:
		return fmt.Sprint(info.Name, " ", operand(opcode.B(i), info.B), " ", operand(opcode.C(i), info.C))
	case opcode.AsBx:
		return fmt.Sprint(info.Name, opcode.SBx(i) < 0)
	}
	return info.Name
}

// TestCoverage holds that generated programs make the compiler emit each opcode, with each form of its
// operands.
func TestCoverage(t *testing.T) {
	c := newCompiler(t)
	seen, ops := map[string]bool{}, map[opcode.Op]int{}
	var note func(p *chunk.Proto)
	note = func(p *chunk.Proto) {
		upvalues := func(i int) int { return int(p.Protos[i].NumUpvalues) }
		for pc := 0; pc < len(p.Code); pc += opcode.Length(p.Code, pc, upvalues) {
			i := p.Code[pc]
			ops[opcode.OpOf(i)]++
			seen[form(p, i)] = true
		}
		for _, q := range p.Protos {
			note(q)
		}
	}
	for seed := range uint64(400) {
		p, err := c.Compile(chunk.Float, "=x", strings.NewReader(luagen.Program(seed, luagen.Options{Lua51: true})), 1)
		if err == nil {
			note(p)
		}
	}
	for op := range opcode.Count {
		if ops[op] == 0 {
			t.Errorf("no program has %s", op.Info().Name)
		}
	}
	kinds := []string{"R", "K0", "K1", "K2", "K3", "K4"}
	for _, name := range []string{"SETTABLE", "EQ", "ADD", "SUB", "MUL", "DIV", "MOD", "POW", "LT", "LE"} {
		for _, b := range kinds {
			for _, k := range kinds {
				arithmetic := name != "SETTABLE" && name != "EQ"
				if arithmetic && (slices.Contains([]string{"K0", "K1", "K2"}, b) || slices.Contains([]string{"K0", "K1", "K2"}, k)) {
					continue // rare, and nothing new
				}
				if b == "K3" && k == "K3" && (name == "ADD" || name == "POW") {
					continue // always done at once
				}
				if f := name + " " + b + " " + k; !seen[f] {
					t.Errorf("no program has %s", f)
				}
			}
		}
	}
	for _, f := range []string{"JMPtrue", "JMPfalse", "FORLOOPtrue", "GETTABLE  R", "GETTABLE  K4", "SELF  K4", "SELF  R", "CALL 0 0", "CALL 0 1",
		"CALL 3 3", "RETURN 0 ", "RETURN 1 ", "RETURN 2 ", "RETURN 3 ", "TAILCALL 0 0", "TFORLOOP  1", "TFORLOOP  3", "SETLIST 0 1", "SETLIST 3 1",
		"VARARG 0 ", "VARARG 2 ", "VARARG 3 ", "LOADBOOL 0 1", "LOADBOOL 1 0", "NEWTABLE 0 0", "NEWTABLE 3 3", "TEST  0", "TEST  1", "TESTSET  0", "TESTSET  1"} {
		if !seen[f] {
			t.Errorf("no program has %s", f)
		}
	}
}

// FuzzCompile holds that any text is compiled, or refused with a place, and that what is compiled can be written and
// read.
func FuzzCompile(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(luagen.Program(seed, luagen.Options{Lua51: true, Size: 5}), seed%2 == 0)
	}
	code, _ := os.ReadFile("testdata/all.lua")
	f.Add(string(code), false)
	c, err := New()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, code string, integer bool) {
		n := chunk.Float
		if integer {
			n = chunk.Integer
		}
		p, err := c.Compile(n, "=x", strings.NewReader(code), 0)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "x:") {
				t.Error(err)
			}
			return
		}
		b, err := chunk.Encode(n, p, false)
		if err != nil {
			return
		}
		g, err := chunk.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := chunk.Encode(n, g.Main, false); !bytes.Equal(again, b) {
			t.Error("it is read as something else")
		}
	})
}

// BenchmarkCompile compiles generated programs.
func BenchmarkCompile(b *testing.B) {
	c := newCompiler(b)
	var code []string
	for seed := range uint64(50) {
		code = append(code, luagen.Program(seed, luagen.Options{Lua51: true}))
	}
	for b.Loop() {
		for _, s := range code {
			_, _ = c.Compile(chunk.Float, "=x", strings.NewReader(s), 1)
		}
	}
}
