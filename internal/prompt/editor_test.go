package prompt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/hostfile"
	"moonlet.example/moonlet/internal/prompt/prompttest"
)

// desk is an Editor at a pretended terminal, with a pretended module that echoes what is
// entered when it is told to.
type desk struct {
	*Editor
	t       testing.TB
	screen  *prompttest.Screen
	queue   []byte // entered, and not given to the module
	sent    []string
	left    int
	fields  []Candidate
	asked   []Word
	written bytes.Buffer // what stays on the terminal
}

func newDesk(t testing.TB, width, height int) *desk {
	d := &desk{t: t, screen: prompttest.New(width, height, runeWidth)}
	h, err := LoadHistory(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	d.Editor = New(Config{
		Terminal: d.screen, Width: width, Height: height, Color: true, History: h,
		Send: func(line string) bool {
			d.sent = append(d.sent, line)
			d.queue = append(append(d.queue, line...), '\n')
			return true
		},
		Drop:     func() int { n := len(d.queue); d.queue = nil; return n },
		Complete: func(w Word) []Candidate { d.asked = append(d.asked, w); return d.fields },
		Leave:    func() { d.left++ },
	})
	d.follows(io.MultiWriter(drawn{d.Editor}, &d.written))
	d.Start()
	return d
}

// module lets the module send something.
func (d *desk) module(text string) {
	d.Sent(len(text))
	io.WriteString(d.Editor, text)
}

// ask lets Lua print a prompt.
func (d *desk) ask(text string) {
	d.Prompted(text)
	d.module(strings.ReplaceAll(strings.ReplaceAll(text, "\r", ""), "\n", "\r\n"))
}

// take lets the module take n of the bytes that were entered.
func (d *desk) take(n int, echo bool) {
	for range min(n, len(d.queue)) {
		c := d.queue[0]
		d.queue = d.queue[1:]
		switch {
		case !echo:
			d.Typed(c, 0)
		case c == '\n':
			d.Typed(c, 2)
			d.module("\r\n")
		default:
			d.Typed(c, 1)
			d.module(string([]byte{c}))
		}
	}
}

// line lets the module take all that was entered as a line of Lua, print something and ask
// for the next one.
func (d *desk) answer(text string) {
	d.take(len(d.queue), true)
	d.module(text)
	d.ask("> ")
}

func (d *desk) keys(text string) { d.Keys([]byte(text)) }

func (d *desk) shows(want string) {
	d.t.Helper()
	if got := d.screen.Text(); got != want {
		d.t.Errorf("the screen shows\n%s\nwant\n%s", got, want)
	}
}

func (d *desk) lineIs(want string) {
	d.t.Helper()
	if got := d.screen.Line(); got != want {
		d.t.Errorf("the line is %q, want %q", got, want)
	}
}

// redrawn holds that the screen is what drawing everything once gives.
func (d *desk) redrawn() {
	d.t.Helper()
	once := prompttest.New(d.screen.Width, d.screen.Height, runeWidth)
	once.Write(d.written.Bytes())
	e := New(d.config)
	e.config.Terminal = once
	e.out, e.prompt, e.joined, e.pending, e.pendingLines, e.line, e.search = d.out, d.prompt, d.joined, d.pending, d.pendingLines, d.line, d.search
	e.end()
	if got, want := d.screen.Text(), once.Text(); got != want {
		d.t.Errorf("the screen shows\n%s\nand drawn once\n%s", got, want)
	}
	if got, want := d.screen.Line(), once.Line(); got != want {
		d.t.Errorf("the line is %q, and drawn once %q", got, want)
	}
	if len(d.screen.Unknown) > 0 {
		d.t.Errorf("sequences %q", d.screen.Unknown)
	}
}

// TestEditing holds what keys do to a line: | is the cursor.
func TestEditing(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"abc", "> abc|"},
		{"abc\x1b[D\x1b[DX", "> aX|bc"},
		{"abc\x1bOD\x1bOC.", "> abc.|"},
		{"abc\x01X\x05Y", "> XabcY|"},
		{"abc\x1b[HX\x1b[FY", "> XabcY|"},
		{"abc\x1b[1~X\x1b[4~Y", "> XabcY|"},
		{"abc\x02\x02X\x06Y", "> aXbY|c"},
		{"abc\x7f\x08", "> a|"},
		{"abc\x01\x1b[3~\x04", "> |c"},
		{"one two\x1bbX", "> one X|two"},
		{"one two\x01\x1bf.", "> one.| two"},
		{"one two\x1b[1;5D\x1b[1;3DX\x1b[1;5C.", "> Xone.| two"},
		{"a.b two  \x17X", "> a.b X|"},
		{"a.b\x1b\x7fX", "> a.X|"},
		{"a.b c\x01\x1bd\x19\x19", "> aa|.b c"},
		{"one two\x1bb\x0b", "> one |"},
		{"one two\x1bb\x15", "> |two"},
		{"one two\x1bb\x15\x05\x19", "> twoone |"},
		{"gr\u00fc\u00df\x1b[DX", "> gr\u00fcX|\u00df"},
		{"\u65e5\u672c\x1b[DX", "> \u65e5X|\u672c"},
		{"e\u0301a\x1b[D\x1b[DX", "> X|e\u0301a"},
		{"xe\u0301\x7f", "> x|"},
		{"\u0301\x01X", "> X\u0301|"},
		{"\x1b[15~\x1b[[A\x1bx\x1b[?1;2c\x1b[200xa", "> a|"},
		{"\x1b\x1b[Da", "> a|"},
		{"a\x1b[I\x00\x1d\x1e", "> a|"},
		{"\u0085\u009ba", "> a|"},
		{"\tx", "> x|"}, // nothing fits
	} {
		for _, piece := range []int{1, 2, 100} {
			d := newDesk(t, 40, 10)
			d.ask("> ")
			for p := range slices.Chunk([]byte(c.keys), piece) {
				d.Keys(p)
			}
			if got := d.screen.Line(); got != c.want {
				t.Errorf("%q in pieces of %d: %q, want %q", c.keys, piece, got, c.want)
			}
			d.redrawn()
		}
	}
}

// TestSession is what a person sees: lines, their echo in the place where they were typed,
// and output above.
func TestSession(t *testing.T) {
	d := newDesk(t, 40, 10)
	d.module("boot\r\n")
	d.ask("> ")
	d.keys("print(1)\r")
	d.shows("boot\n> print(1)") // before the module has taken it
	d.answer("1\r\n")
	d.shows("boot\n> print(1)\n1\n>")
	d.keys("hal")
	d.module("tick\r\n")
	d.shows("boot\n> print(1)\n1\ntick\n> hal")
	d.lineIs("> hal|")
	d.module("dot")
	d.module("dot")
	d.shows("boot\n> print(1)\n1\ntick\ndotdot\n> hal")
	d.keys("f\r")
	d.take(100, true)
	d.ask(">> ")
	d.keys("end\rnext\r") // both at once
	d.shows("boot\n> print(1)\n1\ntick\ndotdot\n> half\n>> end\nnext")
	d.take(4, true)
	d.module("two\r\n")
	d.ask("> ")
	d.answer("three\r\n")
	d.shows("boot\n> print(1)\n1\ntick\ndotdot\n> half\n>> end\ntwo\n> next\nthree\n>")
	if !slices.Equal(d.sent, []string{"print(1)", "half", "end", "next"}) {
		t.Errorf("sent %q", d.sent)
	}
	d.keys("left")
	d.Close()
	d.module("late\r\n")
	if got := d.screen.Text(); !strings.HasSuffix(got, "three\n> left\nlate") {
		t.Errorf("in the end:\n%s", got)
	}
	if d.screen.Paste {
		t.Error("bracketed paste stays")
	}
}

// TestWithoutEcho: where the module does not echo, what it takes is shown all the same, once.
func TestWithoutEcho(t *testing.T) {
	d := newDesk(t, 40, 10)
	d.module("name: ")
	d.keys("joe")
	d.lineIs("name: joe|")
	d.keys("\r")
	d.take(100, false)
	d.module("hello joe\r\n")
	d.shows("name: joe\nhello joe")
	d.keys("ab\rc\r")
	for range 4 { // an application that answers to each byte
		d.take(1, false)
		d.module("+")
	}
	d.shows("name: joe\nhello joe\nab\n+++c\n+")
	d.redrawn()
}

// TestPromptOnly: a prompt goes with its line, and with nothing else that looks like one.
func TestPromptOnly(t *testing.T) {
	d := newDesk(t, 40, 10)
	d.module("> ")
	d.module("no prompt\r\n")
	d.shows("> no prompt")
	d.Prompted("> ") // which goes somewhere else
	d.module(">x\r\n")
	d.module("> y\r\n")
	d.shows("> no prompt\n>x\n> y")
	d.ask("\x1b[32mgo\x1b[0m\n\x1b[1mwhere\x1b[0m? ")
	d.keys("x")
	d.module("above\r\n")
	d.shows("> no prompt\n>x\n> y\ngo\nabove\nwhere? x")
	d.module("half")
	d.ask("a\x07b> ")
	d.shows("> no prompt\n>x\n> y\ngo\nabove\nhalfab> x")
	d.module("\r\nmore\r\n")
	d.shows("> no prompt\n>x\n> y\ngo\nabove\nhalf\n\nmore\nab> x")
	d.ask("")
	d.redrawn()
}

// TestReset: what the module had not taken is gone, and a prompt of the life before stays
// where it was.
func TestReset(t *testing.T) {
	d := newDesk(t, 40, 10)
	d.ask("> ")
	d.keys("one\rtwo\r")
	d.take(2, true)
	d.Reset(2)
	d.queue = d.queue[2:]
	d.module("\r\nboot\r\n")
	d.ask("> ")
	d.answer("")
	d.shows("> on\nboot\n> two\n>")
	d.redrawn()
}

func TestPaste(t *testing.T) {
	d := newDesk(t, 20, 6)
	d.ask("> ")
	text := "x(\x1b[200~for i = 1, 2 do\r\n\tprint(i)\rend\nrest\x1b[201~)"
	for p := range slices.Chunk([]byte(text), 3) {
		d.Keys(p)
	}
	if want := []string{"x(for i = 1, 2 do", "\tprint(i)", "end"}; !slices.Equal(d.sent, want) {
		t.Errorf("sent %q", d.sent)
	}
	d.lineIs("rest)|")
	d.answer("")
	d.lineIs("> rest)|")
	d.redrawn()

	// More than any screen has.
	d = newDesk(t, 20, 6)
	d.ask("> ")
	var want []string
	for i := range 3000 {
		want = append(want, fmt.Sprintf("line_%d(%s)", i, strings.Repeat("x", i%50)))
	}
	d.keys("\x1b[200~" + strings.Join(want, "\n") + "\n\x1b[201~")
	if !slices.Equal(d.sent, want) {
		t.Error("lines are lost, or in another order")
	}
	d.answer("")
	d.shows(d.screen.Text())
	if got := d.screen.Text(); strings.Count(got, "line_") != 3000 {
		t.Errorf("%d lines are shown", strings.Count(got, "line_"))
	}
	d.redrawn()
}

// TestDrop is Ctrl-C.
func TestDrop(t *testing.T) {
	d := newDesk(t, 40, 10)
	d.ask("> ")
	d.keys("abc\x03")
	d.shows("> abc^C\n>")
	d.keys("one\rtwo\rthree\x03")
	d.take(100, true)
	d.shows("> abc^C\n> three^C\n>")
	d.keys("\x03x\x7f\x03")
	if d.left != 0 {
		t.Error("it leaves")
	}
	d.keys("\x03")
	if d.left != 1 {
		t.Error("twice in a row does not leave")
	}
	d.keys("x\x04\x01\x04\x04")
	if d.left != 2 || len(d.line.text) > 0 {
		t.Errorf("left %d times, line %q", d.left, string(d.line.text))
	}
	d.redrawn()
}

func TestLongLine(t *testing.T) {
	d := newDesk(t, 10, 4)
	d.ask("> ")
	d.keys("abcdefghij")
	d.shows("> abcdefgh\nij")
	d.keys("\x7f\x7f")
	d.lineIs("|")
	d.keys("\u65e5\u65e5\u65e5\u65e5\u65e5")
	d.shows("> abcdefgh\n\u65e5\u65e5\u65e5\u65e5\u65e5")
	d.keys("\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x7f")
	d.shows("> abcdefg\n\u65e5\u65e5\u65e5\u65e5\u65e5")
	d.lineIs("|\u65e5\u65e5\u65e5\u65e5\u65e5")
	d.module("0123456789")
	d.module("01234567\x1b[31m89")
	d.module("\r\n")
	d.module("tick\r\n")
	d.redrawn()
	d.keys(strings.Repeat("0123456789", 20))
	d.redrawn()
	d.keys("\x01")
	d.redrawn()
	d.keys("\x15\x0b")
	d.lineIs("> |")
	d.keys(strings.Repeat("x", 300) + "\r")
	if got := d.screen.Text(); !strings.Contains(got, "has 300") {
		d.Receives(true)
		d.keys(strings.Repeat("x", 300) + "\r")
		if got = strings.ReplaceAll(d.screen.Text(), "\n", ""); !strings.Contains(got, "has 300 bytes") {
			t.Errorf("that a line is too long is not told: %s", got)
		}
	}
}

func TestHistory(t *testing.T) {
	d := newDesk(t, 40, 10)
	d.ask("> ")
	for _, line := range []string{"one", "two", "two", "", "  ", "three"} {
		d.keys(line + "\r")
		d.answer("")
	}
	d.keys("dra\x1b[A")
	d.lineIs("> three|")
	d.keys("\x10\x10\x10\x10")
	d.lineIs("> one|")
	d.keys("\x0e\x0e\x0e\x1b[B")
	d.lineIs("> dra|")

	d.keys("\x12w")
	d.lineIs("(search) w: t|wo")
	d.keys("\x07")
	d.lineIs("> dra|")
	d.keys("\x12e\x12")
	d.lineIs("(search) e: on|e")
	d.keys("\x12")
	d.lineIs("(no line has) e: on|e")
	d.keys("\x7f\x7fo\x05!")
	d.lineIs("> two!|")
	d.keys("\x12thr\r")
	if got := d.sent[len(d.sent)-1]; got != "three" {
		t.Errorf("sent %q", got)
	}
	d.redrawn()
}

func TestComplete(t *testing.T) {
	d := newDesk(t, 30, 10)
	d.ask("> ")
	d.fields = []Candidate{{"config", "function"}, {"connect", "function"}, {"sta", "table"}, {"__index", "table"}, {"not a name", "function"}}
	for _, c := range []struct{ keys, want string }{
		{"wifi.sta.co\t", "> wifi.sta.con|"},
		{"wifi.sta.conf\t()", "> wifi.sta.config()|"},
		{"x = t:s\t", "> x = t:s|"},
		{"t:conn\t", "> t:connect|"},
		{"x..s\t", "> x..sta|"},
		{"f().s\t", "> f().s|"},
		{"1.s\t", "> 1.s|"},
		{"func\t", "> function|"},
		{"-- s\t", "> -- sta|"},
		{"st)\x1b[D\t", "> sta|)"},
		{"x.__\t", "> x.__index|"},
		{"", "> |"},
	} {
		d.keys("\x15\x0b" + c.keys)
		d.lineIs(c.want)
	}
	if w := d.asked[0]; !slices.Equal(w.Path, []string{"wifi", "sta"}) || w.Text != "co" || w.Method || w.InString {
		t.Errorf("asked for %+v", w)
	}
	d.keys("\x15co\t\t")
	if got := d.screen.Text(); !strings.HasSuffix(got, "config   connect\n> con") {
		t.Errorf("%s", got)
	}
	d.fields = []Candidate{{"init.lua", "file"}, {"in'dex", "file"}, {"a b.html", "file"}}
	for _, c := range []struct{ keys, want string }{
		{`dofile("in` + "\t", `> dofile("init.lua"|`},
		{`dofile('a` + "\t", `> dofile('a b.html'|`},
		{`dofile [[i` + "\t", `> dofile [[init.lua]]|`},
		{`x = "\"'" .. '` + "i\t", `> x = "\"'" .. 'init.lua'|`},
		{`f("i")` + "\x1b[D\x1b[D\t", `> f("init.lua|")`},
	} {
		d.keys("\x15\x0b" + c.keys)
		d.lineIs(c.want)
	}
	d.redrawn()
}

// TestResize: what was typed stands below the output, in the new width.
func TestResize(t *testing.T) {
	d := newDesk(t, 20, 6)
	d.module("out\r\n")
	d.ask("> ")
	d.keys("0123456789abcdefghijklmno")
	for _, size := range [][2]int{{12, 6}, {40, 3}, {4, 2}, {1, 1}, {80, 24}} {
		d.screen.Resize(max(size[0], minWidth), max(size[1], minHeight))
		d.Resize(size[0], size[1])
		d.keys("!\x7f")
		_, col, _ := d.screen.Cursor()
		if want := (2 + 25) % max(size[0], minWidth); col != want {
			t.Errorf("in %v the cursor is at %d, not %d: %s", size, col, want, d.screen.Text())
		}
	}
	if got := d.screen.Text(); !strings.HasSuffix(got, "> 0123456789abcdefghijklmno") {
		t.Errorf("it shows %s", got)
	}
}

// TestColor: without colours nothing but the module's own is sent.
func TestColor(t *testing.T) {
	for _, on := range []bool{true, false} {
		d := newDesk(t, 40, 10)
		var out bytes.Buffer
		d.config.Terminal, d.config.Color = &out, on
		d.fields = []Candidate{{"one", "table"}, {"other", "function"}}
		d.ask("> ")
		d.keys("o\t\tx\ry")
		io.WriteString(notes{d.Editor}, "moonlet: note\n")
		if got := strings.Count(out.String(), "m"); (got > 3) != on {
			t.Errorf("colours %v: %q", on, out.String())
		}
	}
}

type notes struct{ *Editor }

func (n notes) Write(p []byte) (int, error) { return n.Note(p) }

func TestClear(t *testing.T) {
	d := newDesk(t, 20, 6)
	d.module("out\r\nmore")
	d.ask("> ")
	d.keys("x\x0c")
	d.shows("> x")
	d.module("above\r\n")
	d.shows("above\n> x")
}

// TestHistoryFile: what several runs entered is in one file, within its bounds, and readable to
// its owner alone.
func TestHistoryFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "history")
	enter := func(lines ...string) *Editor {
		t.Helper()
		h, err := LoadHistory(nil, path)
		if err != nil {
			t.Fatal(err)
		}
		e := New(Config{Terminal: io.Discard, History: h, Send: func(string) bool { return true }})
		for _, line := range lines {
			e.Keys([]byte(line + "\r"))
		}
		return e
	}
	content := func() string {
		b, _ := os.ReadFile(path)
		return string(b)
	}
	one, two := enter("a", "b", " hidden", "wifi.sta.config{pwd='x'}", "Token=1"), enter("c")
	if err := errors.Join(one.SaveHistory(), two.SaveHistory(), one.SaveHistory()); err != nil {
		t.Fatal(err)
	}
	if got := content(); got != "a\nb\nc\n" {
		t.Errorf("it holds %q", got)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if one.Keys([]byte("\x1b[A\x1b[A")); string(one.line.text) != "wifi.sta.config{pwd='x'}" {
		t.Errorf("in the same run there is %q", string(one.line.text))
	}
	many := make([]string, historyLines+10)
	for i := range many {
		many[i] = fmt.Sprint("line ", i)
	}
	if err := enter(many...).SaveHistory(); err != nil {
		t.Fatal(err)
	}
	if got := content(); strings.Count(got, "\n") != historyLines || !strings.HasPrefix(got, "line 10\n") {
		t.Errorf("%d lines", strings.Count(got, "\n"))
	}
	long := strings.Repeat("x", historyBytes/5)
	if err := enter(long, long+"2", long+"3", long+"4", long+"5").SaveHistory(); err != nil {
		t.Fatal(err)
	}
	if got := content(); len(got) > historyBytes || strings.Count(got, "\n") != 4 {
		t.Errorf("%d bytes", len(got))
	}
	if err := os.WriteFile(path, []byte("bad \x1b]0;x\x07\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if e := enter(); e.past.at(0) != "bad ^[]0;x\x07" {
		t.Errorf("%q", e.past.at(0))
	}
	bad := errors.New("no")
	if _, err := LoadHistory(&hostfile.Host{Fail: func(op hostfile.Op) error {
		if op.Kind == hostfile.Open {
			return bad
		}
		return nil
	}}, path); !errors.Is(err, bad) {
		t.Errorf("error %v", err)
	}
}

// FuzzEditor types random keys while a random module sends, takes and restarts. The screen is
// always that of a full redraw.
func FuzzEditor(f *testing.F) {
	f.Add([]byte("\x04> \x00abc\r\x02\x01tick\r\n\x00\x12a\x1b[A\t\x03\x05note\n"), uint8(20), uint8(5))
	f.Add([]byte("\x01\xe6\x97\xa5\xe6\x97\xa5\x00\xe6\x97\xa5\x1b[200~a\rb\x1b[201~\x02\x03\x06"), uint8(5), uint8(2))
	f.Add([]byte("\x0112345678\x00x\x01\r\nabc\x01\xcc\x81\x1b[K\x01y"), uint8(4), uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, width, height uint8) {
		d := newDesk(t, minWidth+int(width)%40, minHeight+int(height)%12)
		d.fields = []Candidate{{"alpha", "table"}, {"alpine", "function"}}
		for in = in[:min(len(in), 1000)]; len(in) > 0; {
			n := 1 + int(in[0])/16
			op := in[0] % 8
			in = in[1:]
			text := in[:min(n, len(in))]
			in = in[len(text):]
			switch op {
			case 0, 7: // Ctrl-L clears what is where, and that is not in the comparison
				d.Keys(bytes.ReplaceAll(text, []byte{0x0C}, nil))
			case 1: // sequences that leave the row, too
				d.module(strings.Map(func(r rune) rune {
					if strings.ContainsRune("ABEFHJSTdfsu", r) {
						return 'x'
					}
					return r
				}, string(text)))
			case 2:
				d.take(n, true)
			case 3:
				d.take(n, false)
			case 4:
				d.ask(strings.ReplaceAll(string(text), "\x1b", ""))
			case 5:
				d.Note([]byte(clean(bytes.ReplaceAll(text, []byte("\x1b"), nil))))
			case 6:
				d.Reset(min(n, len(d.queue)))
				d.queue = d.queue[min(n, len(d.queue)):]
			}
			d.redrawn()
			if t.Failed() {
				t.Fatalf("after %d %q", op, text)
			}
		}
		d.Close()
	})
}
