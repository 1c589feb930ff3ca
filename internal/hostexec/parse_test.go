package hostexec_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
	"moonlet.example/moonlet/internal/lua/stdlib/hostos"
	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/luagen"
)

func compiler(t testing.TB) *hostexec.Session {
	t.Helper()
	s, err := hostexec.New(hostexec.Config{HeapBytes: 64 << 20, Output: io.Discard, Random: new(stdlib.GlibcRand), CompileOnly: true, System: &hostos.System{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.CollectAbove(1 << 20)
	return s
}

// names of the kinds of nodes, for pictures of trees.
var names = [...]string{
	syntax.Chunk: "chunk", syntax.Block: "block", syntax.EmptyStat: ";", syntax.IfStat: "if", syntax.WhileStat: "while",
	syntax.DoStat: "do", syntax.NumericForStat: "fornum", syntax.GenericForStat: "forin", syntax.RepeatStat: "repeat",
	syntax.FunctionStat: "func", syntax.LocalFunctionStat: "localfunc", syntax.LocalStat: "local", syntax.LabelStat: "label",
	syntax.ReturnStat: "return", syntax.BreakStat: "break", syntax.GotoStat: "goto", syntax.AssignStat: "assign",
	syntax.CallStat: "callstat", syntax.Targets: "targets", syntax.Names: "names", syntax.Params: "params", syntax.Body: "body",
	syntax.NilExpr: "nil", syntax.TrueExpr: "true", syntax.FalseExpr: "false", syntax.NumberExpr: "num", syntax.StringExpr: "str",
	syntax.DotsExpr: "dots", syntax.FunctionExpr: "function", syntax.TableExpr: "table", syntax.NamedField: "named",
	syntax.IndexedField: "indexed", syntax.NameExpr: "name", syntax.ParenExpr: "paren", syntax.FieldExpr: "field",
	syntax.IndexExpr: "index", syntax.MethodExpr: "method", syntax.CallExpr: "call", syntax.UnaryExpr: "un", syntax.BinaryExpr: "bin",
}

// picture draws a tree on one line; leaves have their text.
func picture(t *syntax.Tree, n *syntax.Node) string {
	if len(n.Children) == 0 {
		return fmt.Sprintf("%s<%s>", names[n.Kind], t.Bytes(n))
	}
	var list []string
	for _, c := range n.Children {
		list = append(list, picture(t, c))
	}
	return names[n.Kind] + "(" + strings.Join(list, " ") + ")"
}

func TestParseTrees(t *testing.T) {
	s := compiler(t)
	for source, want := range map[string]string{
		"":                                      `block<>`,
		";;":                                    `block(;<;> ;<;>)`,
		"return":                                `block(return<return>)`,
		"local a, b = 1, -x.y":                  `block(local(names<a, b> num<1> un(field(name<x>))))`,
		"a.b[1], c = f{}":                       `block(assign(targets(index(field(name<a>) num<1>) name<c>) call(name<f> table<{}>)))`,
		"a = b + c * d .. e ^ f":                `block(assign(targets(name<a>) bin(bin(name<b> bin(name<c> name<d>)) bin(name<e> name<f>))))`,
		"a = not b == c":                        `block(assign(targets(name<a>) bin(un(name<b>) name<c>)))`,
		`o.p:q "s" (1)`:                         `block(callstat(call(call(method(field(name<o>)) str<"s">) num<1>)))`,
		"function a.b:c(d, ...) return ... end": `block(func(method(field(name<a>)) body(params<d, ...> block(return(dots<...>)))))`,
		"local function f() end":                `block(localfunc(body(params<> block<>)))`,
		"x = {1, a = 2, [b] = c; f}":            `block(assign(targets(name<x>) table(num<1> named(num<2>) indexed(name<b> name<c>) name<f>)))`,
		"if a then elseif b then c() else d() end": `block(if(name<a> block<> name<b> block(callstat(call(name<c>))) block(callstat(call(name<d>)))))`,
		"while a do if b then break end end":       `block(while(name<a> block(if(name<b> block(break<break>)))))`,
		"while a do if b then break;; c() end end": `block(while(name<a> block(if(name<b> block(break<break> ;<;> ;<;> callstat(call(name<c>)))))))`,
		"for i = 1, 2, 3 do end":                   `block(fornum(num<1> num<2> num<3> block<>))`,
		"for k, v in pairs(t) do end":              `block(forin(names<k, v> call(name<pairs> name<t>) block<>))`,
		"repeat local a until (a)":                 `block(repeat(block(local(names<a>)) paren(name<a>)))`,
		"::a:: ::b:: ; goto a":                     `block(label<::a::> label<::b::> ;<;> goto<goto a>)`,
		"do local f = function() end end":          `block(do(block(local(names<f> function(body(params<> block<>))))))`,
		"#!/bin/lua\nreturn nil, true, false":      `block(return(nil<nil> true<true> false<false>))`,
	} {
		tree, err := s.Parse([]byte(source))
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		if got := strings.TrimSuffix(strings.TrimPrefix(picture(tree, tree.Root), "chunk("), ")"); got != want {
			t.Errorf("%q:\n got %s\nwant %s", source, got, want)
		}
		checkTree(t, tree)
	}
}

// checkTree holds what is true of every tree: each token is in the source, in order, with only
// blanks and comments between them, and children lie in their parents, in order.
func checkTree(t *testing.T, tree *syntax.Tree) {
	t.Helper()
	at := int32(syntax.Begin(tree.Source))
	comments := tree.Comments
	starts := syntax.LineStarts(tree.Source)
	for i, l := range tree.Tokens {
		for len(comments) > 0 && comments[0].Start < l.Start {
			c := comments[0]
			if !blank(tree.Source[at:c.Start]) || !bytes.HasPrefix(tree.Source[c.Start:c.End], []byte("--")) {
				t.Fatalf("comment %+v of %q", c, tree.Source)
			}
			at, comments = c.End, comments[1:]
		}
		if l.Start < at || l.End < l.Start || !blank(tree.Source[at:l.Start]) {
			t.Fatalf("token %d %+v of %q", i, l, tree.Source)
		}
		if l.Start < starts[l.Line-1] || int(l.Line) < len(starts) && l.Start >= starts[l.Line] {
			t.Fatalf("token %d %+v is not in its line", i, l)
		}
		at = l.End
	}
	if last := tree.Tokens[len(tree.Tokens)-1]; last.Kind != syntax.EOS || int(last.End) != len(tree.Source) || len(comments) > 0 {
		t.Fatalf("the end %+v of %d bytes", last, len(tree.Source))
	}
	syntax.Walk(tree.Root, func(n *syntax.Node) bool {
		from := n.First
		for _, c := range n.Children {
			if c.First < from || c.Last > n.Last || c.Last < c.First {
				t.Fatalf("%s in %s of %q", picture(tree, c), picture(tree, n), tree.Source)
			}
			from = c.Last
		}
		return true
	})
}

func blank(b []byte) bool { return len(bytes.Trim(b, " \t\n\r\f\v")) == 0 }

func TestParsePrograms(t *testing.T) {
	s := compiler(t)
	for seed := range uint64(200) {
		text := luagen.Program(seed, luagen.Options{})
		tree, err := s.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		checkTree(t, tree)
	}
}

func TestParseErrors(t *testing.T) {
	s := compiler(t)
	for source, want := range map[string]string{
		"a = = 1":                       "1:5: unexpected symbol near '='",
		"x()\n  y z":                    "2:5: syntax error near 'z'",
		"x = 1\nx = \"a":                `2:5: unfinished string near <eof>`,
		"if a then":                     "1:10: 'end' expected near <eof>",
		"x = 'a\\-'":                    `1:5: invalid escape sequence near ''a\-'`,
		"goto a":                        "1:1: no visible label 'a' for <goto> at line 1",
		"x = 0x":                        "1:5: malformed number near '0x'",
		"\x1bLua":                       "attempt to load a binary chunk (mode is 't')",
		"a =\n\n)":                      "3:1: unexpected symbol near ')'",
		"f(" + strings.Repeat("(", 300): "1:202: too many C levels (limit is 200) in main function near '('",
	} {
		_, err := s.Parse([]byte(source))
		var e *syntax.Error
		got := fmt.Sprint(err)
		if errors.As(err, &e) {
			got = fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
		}
		if got != want {
			t.Errorf("%.20q: %s, want %s", source, got, want)
		}
	}
}

// FuzzParse holds that there is a tree for what compiles, and for nothing else.
func FuzzParse(f *testing.F) {
	for seed := range uint64(10) {
		f.Add([]byte(luagen.Program(seed, luagen.Options{})))
	}
	for _, text := range []string{"--[[a]] x = 1 --b", "a = [==[\r\n]==] ..'\\z \n\r'", "#x\ny()", "\xef\xbb\xbfreturn", "::a:: goto a", "if a then goto b; ::b:: end"} {
		f.Add([]byte(text))
	}
	s := compiler(f)
	f.Fuzz(func(t *testing.T, source []byte) {
		tree, err := s.Parse(source)
		if (tree == nil) != (err != nil) {
			t.Fatalf("%q: %v, %v", source, tree, err)
		}
		plain := false
		L := s.Machine().State()
		L.SetTop(0)
		plain = L.LoadBytes(source[syntax.Begin(source):], "=x", "t") == state.OK
		L.SetTop(0)
		if plain != (err == nil) {
			t.Fatalf("%q compiles: %v, and parses: %v", source, plain, err)
		}
		if tree != nil {
			checkTree(t, tree)
		}
	})
}
