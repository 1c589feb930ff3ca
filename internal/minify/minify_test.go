package minify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/hostexec"
	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/luagen"
)

func minifier(t testing.TB, e hostexec.Edition) *Minifier {
	t.Helper()
	m, err := New(e, num.Int32Float32)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// cases are sources, and what becomes of them. The editions are the ones that the case is for; "" is all.
var cases = []struct{ name, editions, source, want string }{
	{"blanks", "", "  return   1 ,\t2\n\n", "return 1,2\n"},
	{"comments", "", "-- one\nreturn --[[ two ]] 1 --[==[ three\n]==] -- four", "return 1\n"},
	{"lines where blanks are", "", "local a = 1\nlocal b = 2\nreturn a, b", "local a=1\nlocal b=2\nreturn a,b\n"},
	{"most used first", "", "local one, two = 1, 2\nreturn two, two, one", "local t,e=1,2\nreturn e,e,t\n"},
	{"names again in other functions", "", "local function f(aa) return aa end local function g(bb) return bb end return f, g",
		"local function f(e)return e end local function g(e)return e end return f,g\n"},
	{"a global name is in the way", "", "local first = 1 return first, first, e", "local t=1 return t,t,e\n"},
	{"a global name is elsewhere", "", "do local first = 1 print(first, first) end e()", "do local e=1 print(e,e)end e()\n"},
	{"hidden without harm", "", "local outer = f() g(outer) do local inner = f() g(inner) end", "local e=f()g(e)do local e=f()g(e)end\n"},
	{"self stays", "", "local t = {} function t:m(value) return self, value end return t", "local t={}function t:m(e)return self,e end return t\n"},
	{"arg stays", "5.1", "local function f(...) return arg.n end return f", "local function f(...)return arg.n end return f\n"},
	{"numbers", "5.1", "return 0x10, 007, 0.50, 1000000, 5.0, 1e3, 0x7fffffff, 00", "return 16,7,.50,1e6,5,1e3,0x7fffffff,0\n"},
	{"numbers 5.3", "5.3", "return 0x10, 007, 0.5, 1000000, 5.0, 1000.0, 0xff, 0x1p4, 00", "return 16,7,.5,1000000,5.,1e3,255,0x1p4,0\n"},
	{"integers", "5.1-int", "return 0x10, 007, 1000000, 0x7ffffffe", "return 16,7,1000000,0x7ffffffe\n"},
	{"numbers and dots", "", "local a = 1 .. 2 return a .. 1 .. '' , 5 ..a", "local a=1 ..2 return a..1 ..\"\",5 ..a\n"},
	{"strings", "", `return 'it"s', "it's", "\065\t\"", 'a\
b', "\0001"`, `return'it"s',"it's",'A\t"',"a\nb","\0001"` + "\n"},
	{"long strings", "", "return [[one\ntwo]], [==[\nthree]==], [[\"'\\]], [[\\\\\\\\]]", "return\"one\\ntwo\",\"three\",\"\\\"'\\\\\",[[\\\\\\\\]]\n"},
	{"escapes that are none", "5.1", `return "\q\x"`, `return"qx"` + "\n"},
	{"escapes of 5.3", "5.3", `return "\x41\z
		B\u{48}"`, `return"\x41\z` + "\n\t\t" + `B\u{48}"` + "\n"},
	{"calls without parentheses", "", "f('a') f({1}) f('a', 'b') f(('a')) f('a')('b') o:m('c')", `f"a"f{1}f("a","b")f(("a"))f"a""b"o:m"c"` + "\n"},
	{"separators", "", "return {1; 2, x = 3;}, {4,}, {f(5), function() f(6); return 7; end;}", "return{1;2,x=3},{4},{f(5),function()f(6)return 7 end}\n"},
	{"semicolons", "", "f(1); g(2);", "f(1)g(2)\n"},
	{"a semicolon that is needed", "", "local a = f;\n(g or h)()", "local a=f;(g or h)()\n"},
	{"semicolons that count", "5.3", "while a do if b then; ; break end if c then; f() end if d then;;goto e end end ::e::",
		"while a do if b then;break end if c then f()end if d then;goto e end end::e::\n"},
	{"minus minus", "", "local a = 1 return a - -a, - - a", "local a=1 return a- -a,- -a\n"},
	{"brackets", "", "return t[ [[\"'\\]] ]", "return t[\"\\\"'\\\\\"]\n"},
	{"a first line for a shell", "", "#!/usr/bin/lua\nreturn 1", "return 1\n"},
	{"nothing", "", "-- nothing\n", ""},
	{"semicolons alone", "5.3", ";;break_ = 1", "break_=1\n"},
	{"goto", "5.3", "for i = 1, 3 do if i == 2 then goto done end end ::done::", "for i=1,3 do if i==2 then goto done end end::done::\n"},
	{"repeat", "", "repeat local stop = f() until stop", "repeat local e=f()until e\n"},
	{"an environment", "5.3", "local _ENV = {x = 1} return x", "local _ENV={x=1}return x\n"},
}

var editions = map[string]hostexec.Edition{"5.3": hostexec.Lua53, "5.1": hostexec.Lua51, "5.1-int": hostexec.Lua51Int}

func TestMinify(t *testing.T) {
	for name, e := range editions {
		m := minifier(t, e)
		for _, c := range cases {
			if c.editions != "" && c.editions != name {
				continue
			}
			r, err := m.Minify([]byte(c.source), Options{})
			if err != nil {
				t.Errorf("%s, %s: %v", name, c.name, err)
			} else if got := string(r.Text); got != c.want {
				t.Errorf("%s, %s:\n got %q\nwant %q", name, c.name, got, c.want)
			}
		}
	}
}

// TestOptions keeps names, lines and comments.
func TestOptions(t *testing.T) {
	m := minifier(t, hostexec.Lua53)
	const source = "-- Copyright: somebody\nlocal counter, step = 0, 1 -- how often\n\n\nfunction count()\n  counter = counter + step\n  return [[a\nb\"'\\\\\\\\\\]], counter\nend\n"
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{KeepNames: []string{"counter"}}, "local counter,e=0,1\nfunction count()counter=counter+e\nreturn[[a\nb\"'\\\\\\\\\\]],counter\nend\n"},
		{Options{KeepAll: true}, "local counter,step=0,1\nfunction count()counter=counter+step\nreturn[[a\nb\"'\\\\\\\\\\]],counter\nend\n"},
		{Options{KeepComments: []string{"Copyright"}}, "-- Copyright: somebody\nlocal e,t=0,1\nfunction count()e=e+t\nreturn[[a\nb\"'\\\\\\\\\\]],e\nend\n"},
		{Options{KeepLines: true}, "\nlocal e,t=0,1\n\n\nfunction count()\ne=e+t\nreturn[[a\nb\"'\\\\\\\\\\]],e\nend\n"},
	} {
		r, err := m.Minify([]byte(source), c.o)
		if err != nil {
			t.Errorf("%+v: %v", c.o, err)
		} else if got := string(r.Text); got != c.want {
			t.Errorf("%+v:\n got %q\nwant %q", c.o, got, c.want)
		}
	}
}

// TestLines looks whether each line knows its line in the source, also behind texts of several lines.
func TestLines(t *testing.T) {
	m := minifier(t, hostexec.Lua53)
	const source = "-- a\n\nlocal one = 1\nlocal two = [[\n\"\n'\\\\\\\\]]\n\n--[[ stays\nhere ]] return one, --[[ stays ]] two -\n--[[ stays, too ]] one, [[\n\\\\\\\\\n]]\n"
	for name, c := range map[string]struct {
		o     Options
		lines []int
	}{
		"short":    {Options{}, []int{3, 4, 5, 6, 11, 12}},
		"lines":    {Options{KeepLines: true}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		"comments": {Options{KeepComments: []string{"stays"}}, nil},
		"both":     {Options{KeepComments: []string{"stays"}, KeepLines: true}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
	} {
		r, err := m.Minify([]byte(source), c.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lines := strings.Split(strings.TrimSuffix(string(r.Text), "\n"), "\n")
		if len(lines) > len(r.Lines) {
			t.Errorf("%s: %d lines of %d have theirs, in %q", name, len(r.Lines), len(lines), r.Text)
		}
		if c.lines != nil && !slices.Equal(r.Lines, c.lines) {
			t.Errorf("%s: lines %v of %q", name, r.Lines, r.Text)
		}
		for i, line := range lines {
			if at := r.Lines[i]; strings.HasPrefix(line, "return") && at != 9 || strings.HasPrefix(line, "local") && at != 3 && at != 4 {
				t.Errorf("%s: line %d, %q, is said to be line %d", name, i+1, line, at)
			}
		}
	}
}

// TestErrors: what does not compile is not touched.
func TestErrors(t *testing.T) {
	m := minifier(t, hostexec.Lua51)
	if r, err := m.Minify([]byte("return +"), Options{}); err == nil || errors.Is(err, ErrDiffers) {
		t.Errorf("%v, %v", r, err)
	}
}

// TestPrograms makes generated programs shorter, and the Lua files of the firmware where they are; the codes are
// compared by Minify. Shorter source that is made shorter again is the same.
func TestPrograms(t *testing.T) {
	for name, e := range editions {
		m := minifier(t, e)
		before, after, n := 0, 0, 0
		one := func(what string, source []byte) {
			r, err := m.Minify(source, Options{})
			if errors.Is(err, ErrDiffers) {
				t.Errorf("%s, %s: %v", name, what, err)
			} else if err == nil {
				before, after, n = before+len(source), after+len(r.Text), n+1
				if again, err := m.Minify(r.Text, Options{}); err != nil || len(again.Text) > len(r.Text) {
					t.Errorf("%s, %s, once more: %v, %d and then %d bytes", name, what, err, len(r.Text), len(again.Text))
				}
			}
		}
		for seed := range uint64(programs(t)) {
			one(fmt.Sprintf("program %d", seed), []byte(luagen.Program(seed, luagen.Options{Lua51: e.Lua51, Integer: e.Integral})))
		}
		t.Logf("%s: %d generated programs, %d bytes, then %d (%.2f times as many)", name, n, before, after, float64(before)/float64(after))
		root := os.Getenv("MOONLET_FIRMWARE")
		if root == "" {
			continue
		}
		before, after, n = 0, 0, 0
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(path, ".lua") {
				source, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				one(path, source)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		t.Logf("%s: %d files of the firmware, %d bytes, then %d (%.2f times as many)", name, n, before, after, float64(before)/float64(after))
	}
}

func programs(t *testing.T) int {
	if testing.Short() {
		return 30
	}
	if os.Getenv("MOONLET_LONG") != "" {
		return 2000
	}
	return 200
}

// TestTranslate gives messages their lines in the source.
func TestTranslate(t *testing.T) {
	m, err := ReadMaps([]byte(`{"maps": [{"file": "a/init.lua", "output": "short/init.lua", "lines": [3, 5, 9]}, {"file": "web.lua", "lines": [1]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"init.lua:1: no\n\tinit.lua:2: in function 'f'": "init.lua:3-4: no\n\tinit.lua:5-8: in function 'f'",
		"init.lc:3: no":                                  "init.lc:9: no",
		"short/init.lua:3: no":                           "short/init.lua:9: no",
		"init.lua:4: a line that is not there":           "init.lua:4: a line that is not there",
		"other.lua:1: xinit.lua:1: 12.lua":               "other.lua:1: xinit.lua:1: 12.lua",
		"web.lua:1: and web.lua:99999999999999999999: x": "web.lua:1: and web.lua:99999999999999999999: x",
	} {
		if got := m.Translate(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for _, bad := range []string{"", "{}", "[]", `{"maps": 1}`, `{"maps": []}`} {
		if _, err := ReadMaps([]byte(bad)); err == nil || !strings.Contains(err.Error(), "--map") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
