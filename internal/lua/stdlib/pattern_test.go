package stdlib

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
)

// stub is a State without Lua behind it: it has number sizes, panics with its
// errors and collects what is pushed.
type stub struct {
	state.State
	intSize, floatSize int
	format             string
	pushed             []string
}

// Charge implements state.State.
func (s *stub) Charge(int) {}

type stubError string

func (s *stub) NumberSizes() (i, f int)   { return s.intSize, s.floatSize }
func (s *stub) CheckBytes(int) []byte     { return []byte(s.format) }
func (s *stub) CheckStackMsg(int, string) {}
func (s *stub) PushBytes(b []byte)        { s.pushed = append(s.pushed, string(b)) }
func (s *stub) PushInteger(n int64)       { s.pushed = append(s.pushed, fmt.Sprint(n)) }

func (s *stub) Errorf(format string, args ...any) int {
	panic(stubError(fmt.Sprintf(format, args...)))
}

func (s *stub) ArgError(_ int, msg string) int { panic(stubError(msg)) }

// caught runs f and returns the text of the error that it raises.
func caught(f func()) (msg string) {
	defer func() {
		if e, ok := recover().(stubError); ok {
			msg = string(e)
		}
	}()
	f()
	return ""
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		src, pat, want string // captures, or the error
	}{
		{"hello", "l+", "ll"},
		{"hello", "(h)(.-)(l)", "h e l"},
		{"hello", "()ll()", "3 5"},
		{"key = value", "^(%w+)%s*=%s*(%w+)$", "key value"},
		{"x(a(b)c)", "%b()", "(a(b)c)"},
		{"THE (quick) fox", "%f[%a]%a+%f[%A]", "THE"},
		{"abcabc", "(abc)%1", "abc"},
		{"a-b", "[%-]", "-"},
		{"]", "[]]", "]"},
		{"a", "[^%a]", "none"},
		{"aaa", "a-$", "aaa"},
		{"long run of bytes, then more", "[^,]*,", "long run of bytes,"},
		{"0123456789abcdefX", "[%x]*X", "0123456789abcdefX"},
		{"aXbX", ".*X", "aXbX"},
		{"aXbX", ".-X", "aX"},
		{"a.b", "a%.b", "a.b"},
		{"", "", ""},
		{"a", "%", "malformed pattern (ends with '%')"},
		{"a", "[a", "malformed pattern (missing ']')"},
		{"a", "(a", "unfinished capture"},
		{"a", "a)", "invalid pattern capture"},
		{"a", "%1", "invalid capture index %1"},
		{"a", "%f", "missing '[' after '%f' in pattern"},
		{"a", "%bx", "malformed pattern (missing arguments to '%b')"},
		{strings.Repeat("a", 300), strings.Repeat("a?", 300), "pattern too complex"},
		{strings.Repeat("a", 40), strings.Repeat("(a)", 33), "too many captures"},
	} {
		s := &stub{}
		var m matchState
		pat := []byte(c.pat)
		anchored := len(pat) > 0 && pat[0] == '^'
		if anchored {
			pat = pat[1:]
		}
		m.prepare(s, []byte(c.src), pat)
		msg := caught(func() {
			start, end := m.find(0, -1, anchored)
			if start < 0 {
				s.pushed = []string{"none"}
			} else {
				m.pushCaptures(start, end, true)
			}
		})
		if got := strings.Join(s.pushed, " "); msg+got != c.want && msg != c.want {
			t.Errorf("%q in %q: got %q, error %q, want %q", c.pat, c.src, got, msg, c.want)
		}
	}
}

// A compiled set must have exactly the bytes that matchSet finds.
func TestCompileSet(t *testing.T) {
	pieces := []string{"a", "z", "0-9", "A-F", "%a", "%D", "%s", "%S", "%%", "%]", "-", "%-", "]", "^", "\x00", "\xff",
		"b-a", "%w-x", ".", "%z", "%Z"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		pat := "["
		if r.IntN(3) == 0 {
			pat += "^"
		}
		for range 1 + r.IntN(4) {
			pat += pieces[r.IntN(len(pieces))]
		}
		pat += "]"
		var m matchState
		m.prepare(&stub{}, nil, []byte(pat))
		var end int
		if caught(func() { end = m.classEnd(0) }) != "" {
			continue
		}
		m.compileSet(0, end-1)
		for c := range 256 {
			if got, want := m.set.has(byte(c)), m.matchSet(byte(c), 0, end-1); got != want {
				t.Fatalf("%q: byte %d is in the compiled set: %v, should be %v", pat, c, got, want)
			}
		}
	}
}

// The short cuts for literals must not change what is found.
func TestFindShortCuts(t *testing.T) {
	pieces := []string{"a", "b", "a*", "b-", "a+", "b?", ".", ".-", "%a+", "[ab]*", "(a", ")", "%.", "()"}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		var pat, src string
		for range 1 + r.IntN(5) {
			pat += pieces[r.IntN(len(pieces))]
		}
		for range r.IntN(10) {
			src += string("ab.c"[r.IntN(4)])
		}
		find := func() (start, end int, msg string) {
			var m matchState
			m.prepare(&stub{}, []byte(src), []byte(pat))
			msg = caught(func() { start, end = m.find(0, -1, false) })
			return
		}
		slow := func() (start, end int, msg string) {
			var m matchState
			m.prepare(&stub{}, []byte(src), []byte(pat))
			msg = caught(func() {
				for start = 0; start <= len(src); start++ {
					m.level = 0
					if end = m.match(start, 0); end >= 0 {
						return
					}
				}
				start, end = -1, -1
			})
			return
		}
		s1, e1, m1 := find()
		s2, e2, m2 := slow()
		// An error behind a literal that never matches stays unseen by both.
		if m1 != m2 || m1 == "" && (s1 != s2 || e1 != e2) {
			t.Fatalf("%q in %q: %d, %d, %q; without short cuts %d, %d, %q", pat, src, s1, e1, m1, s2, e2, m2)
		}
	}
}

func TestMatchClass(t *testing.T) {
	for _, c := range []struct {
		class byte
		in    string
		out   string
	}{
		{'a', "azAZ", "09_ \x80\xff"}, {'d', "09", "a/:"}, {'l', "az", "AZ`{"}, {'u', "AZ", "az@["},
		{'s', " \t\n\v\f\r", "a\x00\x1f"}, {'p', "!/:@[`{~_", "a0 \x7f"}, {'c', "\x00\x1f\x7f", " a"},
		{'x', "09afAF", "gG"}, {'w', "azAZ09", "_-"}, {'g', "!~a", " \x7f"}, {'z', "\x00", "a"},
	} {
		for _, in := range []byte(c.in) {
			if !MatchClass(in, c.class) || MatchClass(in, c.class-'a'+'A') {
				t.Errorf("%%%c does not have %q", c.class, in)
			}
		}
		for _, out := range []byte(c.out) {
			if MatchClass(out, c.class) || !MatchClass(out, c.class-'a'+'A') {
				t.Errorf("%%%c has %q", c.class, out)
			}
		}
	}
	if !MatchClass('.', '.') || MatchClass('a', '.') {
		t.Error("an escaped character does not stand for itself")
	}
}

func TestMatchNoAllocation(t *testing.T) {
	src, pat := []byte("some key = some value"), []byte("(%w+)%s*=%s*([%w ]+)")
	s := &stub{}
	if n := testing.AllocsPerRun(100, func() {
		var m matchState
		m.prepare(s, src, pat)
		if start, _ := m.find(0, -1, false); start != 5 {
			t.Error("not found")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
