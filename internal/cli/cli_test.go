package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/cli"
	"moonlet.example/moonlet/internal/project"
)

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// terminal is a pretended one.
type terminal struct {
	input, output bool
	editing       bool
	raw           int // how often it was set up, less how often restored
}

func (t *terminal) Input() bool  { return t.input }
func (t *terminal) Screen() bool { return t.output }
func (t *terminal) Errors() bool { return t.output }
func (t *terminal) Output() bool { return t.output }
func (t *terminal) Raw() (func(), error) {
	t.raw++
	done := false
	return func() {
		if !done {
			t.raw--
			done = true
		}
	}, nil
}

func (t *terminal) Editing() bool                { return t.editing }
func (t *terminal) Color() bool                  { return false }
func (t *terminal) Size() (columns, rows int)    { return 80, 24 }
func (t *terminal) Watch(_, _ func()) (f func()) { return func() {} }
func (t *terminal) Suspend()                     {}

// machine is a pretended module. It executes nothing: live says what it does.
type machine struct {
	config cli.Run
	live   func(m *machine) error

	untyped int // what nobody has read

	mu      sync.Mutex
	changed *sync.Cond
	typed   []byte
	ended   bool
	stopped bool
	closed  bool
}

func (m *machine) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
	m.changed.Broadcast()
}

// wait waits until something is so, or the module is stopped.
func (m *machine) wait(f func() bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !f() && !m.stopped {
		m.changed.Wait()
	}
}

func (m *machine) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { m.set(func() { m.stopped = true }) })()
	return m.live(m)
}
func (m *machine) Type(p []byte) (int, error) {
	m.set(func() { m.typed = append(m.typed, p...) })
	return len(p), nil
}
func (m *machine) Untyped() int           { return m.untyped }
func (m *machine) ExpectInput(bool) error { return nil }

func (m *machine) EndInput() error {
	m.set(func() { m.ended = true })
	return nil
}
func (m *machine) Close() error {
	m.set(func() { m.closed = true })
	return m.config.Module.Close()
}

// forever is a life that only Stop ends.
func forever(m *machine) error {
	m.wait(func() bool { return false })
	return nil
}

type exitPanic int

// world is an App with everything pretended.
type world struct {
	*cli.App
	out, err buffer
	terminal terminal
	machine  *machine
	signal   func() // what the host calls
}

func newWorld(in string, live func(m *machine) error) *world {
	w := &world{machine: &machine{live: live}}
	w.machine.changed = sync.NewCond(&w.machine.mu)
	w.App = &cli.App{
		In: strings.NewReader(in), Out: &w.out, Err: &w.err, Terminal: &w.terminal, Now: time.Now,
		Signals: func(f func()) func() { w.signal = f; return func() {} },
		Exit:    func(code int) { panic(exitPanic(code)) },
		NewMachine: func(c cli.Run) (cli.Machine, error) {
			w.machine.config = c
			return w.machine, nil
		},
	}
	return w
}

// run runs the command and checks its exit code and what both outputs contain.
func (w *world) run(t *testing.T, code int, out, errOut string, args ...string) {
	t.Helper()
	got := w.Main(args)
	if got != code || !strings.Contains(w.out.String(), out) || !strings.Contains(w.err.String(), errOut) {
		t.Errorf("moonlet %s: exit code %d, want %d\nout: %q, want %q\nerr: %q, want %q",
			strings.Join(args, " "), got, code, w.out.String(), out, w.err.String(), errOut)
	}
}

func app(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExec(t *testing.T) {
	dir := app(t, "args.lua", "print(#arg, arg[0]:match('[^/\\\\]+$'), arg[1], arg[#arg], arg[#arg + 1], ...)", "bad.lua", "local function f() error('oh') end f()",
		"syntax.lua", "x = = 1", "exit.lua", "io.write('bye') os.exit(7)", "in.lua", "print(io.read())")
	for _, c := range []struct {
		code            int
		in, out, errOut string
		args            []string
	}{
		{0, "", "a\t--json", "", []string{dir + "/args.lua", "a", "--json"}},
		{1, "", "", "moonlet: " + dir + "/bad.lua:1: oh\nstack traceback:\n", []string{dir + "/bad.lua"}},
		{1, "", "", "syntax.lua:1: unexpected symbol near '='", []string{dir + "/syntax.lua"}},
		{2, "", "", "there is no such file", []string{dir + "/nothing.lua"}},
		{2, "", "", "is a directory", []string{dir}},
		{2, "", "", "the name of a Lua file is missing", nil},
		{0, "print(7 // 2)", "3\n", "", []string{"-"}},
		{0, "#!/usr/bin/moonlet\nprint(1)", "1\n", "", []string{"-"}},
		{1, "\nerror('x')", "", "stdin:2: x", []string{"-"}},
		{2, "", "", "cannot have arguments", []string{"-", "a"}},
		{0, "typed\n", "typed\n", "", []string{dir + "/in.lua"}},
		{0, "", "1/3 is\t0.3333333\n", "", []string{write(t, "print('1/3 is', 1/3)")}},
	} {
		if c.args != nil && strings.HasSuffix(c.args[0], "args.lua") {
			c.args[0] = write(t, "print(...)")
		}
		newWorld(c.in, nil).run(t, c.code, c.out, c.errOut, append([]string{"exec"}, c.args...)...)
	}
	w := newWorld("", nil)
	func() {
		defer func() {
			if r := recover(); r != nil && r != exitPanic(7) {
				t.Errorf("os.exit gave %v", r)
			}
		}()
		w.Main([]string{"exec", dir + "/exit.lua"})
	}()
	if w.out.String() != "bye" {
		t.Errorf("os.exit lost output: %q", w.out.String())
	}
}

func write(t *testing.T, code string) string {
	t.Helper()
	return filepath.Join(app(t, "p.lua", code), "p.lua")
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"run", "--help"}, {"exec", "--help"}, {"version", "--help"}} {
		w := newWorld("", nil)
		w.run(t, 0, "Examples:", "", args...)
		for line := range strings.Lines(w.out.String()) {
			if strings.Contains(line, "\t") || len([]rune(line)) > 130 {
				t.Errorf("%v: line %q", args, line)
			}
		}
	}
	short := newWorld("", nil)
	short.run(t, 0, "more flags set up the module, its network and its hardware: moonlet run --help-all", "", "run", "--help")
	if n := strings.Count(short.out.String(), "\n"); n > 45 {
		t.Errorf("the short help has %d lines", n)
	}
	newWorld("", nil).run(t, 0, "--then time", "", "heap", "--help")
	newWorld("", nil).run(t, 0, "--wifi-known-only", "", "heap", "--help-all")
	w := newWorld("", nil)
	w.run(t, 0, "Exit codes:", "", "run", ".", "--help-all")
	help := w.out.String()
	for _, k := range project.Keys() {
		if !strings.Contains(help, "--"+k.Flag+" ") {
			t.Errorf("help does not tell --%s", k.Flag)
		}
	}
	at := 0
	for _, g := range project.Groups() {
		i := strings.Index(help, "\n"+g+":\n")
		if i < at {
			t.Errorf("the flags of group %s are at %d", g, i)
		}
		at = i
	}
	newWorld("", nil).run(t, 0, "__complete", "", "completion", "bash")
}

// TestCompletion: a shell offers the values of flags that have a few.
func TestCompletion(t *testing.T) {
	for want, args := range map[string][]string{
		"int32\nint64\nmixed\n": {"run", "--number", ""}, "real\nvirtual\n10x\n": {"heap", "--time", ""}, "5.3\n": {"run", "--lua", ""},
		"panic\nreset\nlongtask\noom\nerror\n": {"run", "--fail-on", ""}, "host\nchip\n": {"exec", "--libc", ""},
		"adc\nbit\n": {"run", "--modules", ""}, "int32\n": {"lfs", "check", "--number", ""}, "run\n": {"ru"},
	} {
		w := newWorld("", nil)
		w.run(t, 0, want[:1], "", append([]string{"__complete"}, args...)...)
		if got := w.out.String(); !strings.HasPrefix(got, want) && !strings.HasPrefix(got, "run\t") {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	newWorld("", nil).run(t, 0, "moonlet ", "", "--version")
	newWorld("", nil).run(t, 0, "moonlet ", "", "version")
	w := newWorld("", nil)
	w.run(t, 0, "{", "", "version", "--json")
	var v struct{ Version, Go, Platform string }
	if err := json.Unmarshal([]byte(w.out.String()), &v); err != nil || v.Version == "" || v.Go == "" || v.Platform == "" {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestUsageErrors(t *testing.T) {
	dir := app(t, "moonlet.toml", "\nhaep = 1\nseed = true")
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{2, "moonlet: unknown command \"foo\"", []string{"foo"}},
		{2, "moonlet: unknown flag: --hepa; did you mean --heap?", []string{"run", "--hepa", "1"}},
		{2, "moonlet: unknown flag: --nonsense; \"moonlet run --help-all\" lists", []string{"run", "--nonsense", "1"}},
		{2, "moonlet: unknown flag: --nonsense; \"moonlet lfs --help\" lists", []string{"lfs", "--nonsense"}},
		{2, "Did you mean this?\nmoonlet: \trun\n", []string{"rnu"}},
		{2, `{"event":"error","at":0,"text":"unknown flag: --hepa; did you mean --heap?","code":2}`, []string{"run", "--hepa", "--json"}},
		{2, `{"event":"error","at":0,"text":"nowhere: there is no such file`, []string{"heap", "nowhere", "--json"}},
		{2, `{"event":"error","at":0,"text":"nowhere: there is no such file`, []string{"exec", "--json", "nowhere"}},
		{2, "moonlet: nowhere: there is no such file", []string{"exec", "nowhere", "--json"}},
		{2, "--expect: want a text\nmoonlet: --expect: say with --for", []string{"run", ".", "--expect", ""}},
		{2, "--fail-on: \"smoke\" is none of panic, reset, longtask, oom, error\n", []string{"run", ".", "--fail-on", "smoke,oom"}},
		{2, "--execute: a line of 300 bytes is too long", []string{"run", ".", "-e", "x=1\n--" + strings.Repeat("x", 298)}},
		{2, "\"b\" is too much", []string{"run", "a", "b"}},
		{2, "moonlet: nowhere: there is no such file", []string{"run", "nowhere"}},
		{2, "invalid argument \"soon\" for \"--for\"", []string{"run", ".", "--for", "soon"}},
		{2, "--for: want a time", []string{"run", ".", "--for", "0s"}},
		{2, "moonlet.toml:2: haep: there is no such key; did you mean \"heap\"?\nmoonlet: ", []string{"run", dir}},
		{2, "moonlet.toml:3: seed: want a whole number, not true\n", []string{"run", dir}},
		{2, "--heap: heap: want a number of bytes", []string{"run", app(t), "--heap", "much"}},
		{3, "state directory", []string{"run", app(t, "s", "", "init.lua", ""), "--state", filepath.Join(app(t, "s", ""), "s", "x")}},
	} {
		w := newWorld("", forever)
		w.run(t, c.code, "", c.want, c.args...)
		if w.out.String() != "" {
			t.Errorf("%v: output %q", c.args, w.out.String())
		}
	}
}

// TestBug: a fault of the program itself is told as one, with the terminal in
// order.
func TestBug(t *testing.T) {
	w := newWorld("x", func(*machine) error { panic("BUG: it broke") })
	w.terminal.input = true
	w.run(t, 70, "", "BUG: it broke\nThis is a fault of moonlet itself: please report it with the lines above.\n", "run", app(t, "init.lua", ""))
	if w.terminal.raw != 0 {
		t.Error("the terminal is not restored")
	}
	if !strings.Contains(w.err.String(), "goroutine") {
		t.Error("there is no stack")
	}
}

func TestNewMachineFails(t *testing.T) {
	for err, code := range map[error]int{
		errors.New("a heap of 1 byte is not possible"):              2,
		&os.PathError{Op: "open", Path: "x", Err: os.ErrPermission}: 3,
	} {
		w := newWorld("", nil)
		w.NewMachine = func(cli.Run) (cli.Machine, error) { return nil, err }
		w.run(t, code, "", "moonlet: "+err.Error(), "run", app(t, "init.lua", ""))
	}
}

func listenEvent(port uint16, err error) moonlet.Event {
	about := moonlet.About{At: 1500 * time.Millisecond, Text: "port 80 is http://127.0.0.1:8080/"}
	at := moonlet.Port{Network: "tcp", Module: port, Named: port == 80, Err: err}
	if err != nil {
		return moonlet.HostError{About: about, Port: &at}
	}
	return moonlet.Listening{About: about, Port: at}
}
