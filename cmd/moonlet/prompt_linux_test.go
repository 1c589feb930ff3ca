package main_test

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"moonlet.example/moonlet/internal/prompt/prompttest"
)

// seat is a person's place at a terminal with a module.
type seat struct {
	*process
	tty    *terminal
	before unix.Termios

	mu     sync.Mutex
	screen *prompttest.Screen
}

// columns is how wide a character is, for those that the tests type.
func columns(r rune) int {
	switch {
	case r >= 0x300 && r < 0x370:
		return 0
	case r >= 0x3000 && r < 0xA000:
		return 2
	}
	return 1
}

// sit starts a run at a terminal of 60 by 20. Environment is what it has besides, as in
// TERM=dumb.
func sit(t *testing.T, dir string, environment []string, args ...string) *seat {
	t.Helper()
	s := newSeat(t)
	s.process = prepare(t, append([]string{"run", dir, "--quiet"}, args...)...)
	s.begin(t, environment)
	return s
}

func newSeat(t *testing.T) *seat {
	t.Helper()
	s := &seat{tty: newTerminal(t), screen: prompttest.New(60, 20, columns)}
	s.resize(t, 60, 20)
	s.before = s.tty.state(t)
	return s
}

// begin starts the process, with what it shows on the screen.
func (s *seat) begin(t *testing.T, environment []string) {
	t.Helper()
	s.Env = append(append(s.Env, "TERM=xterm-256color", "NO_COLOR=", "XDG_STATE_HOME="+t.TempDir()), environment...)
	s.Stdin, s.Stderr = s.tty.slave, s.tty.slave
	if s.Stdout == &s.out {
		s.Stdout = s.tty.slave
	}
	s.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	s.start()
	go io.Copy(s, s.tty.master)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen shows\n%s", s.text())
		}
	})
}

// Write implements io.Writer.
func (s *seat) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.Write(p)
}

func (s *seat) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.Text()
}

func (s *seat) line() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.Line()
}

func (s *seat) resize(t *testing.T, width, height int) {
	t.Helper()
	s.mu.Lock()
	s.screen.Resize(width, height)
	s.mu.Unlock()
	if err := unix.IoctlSetWinsize(int(s.tty.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(width), Row: uint16(height)}); err != nil {
		t.Fatal(err)
	}
}

func (s *seat) keys(text string) { io.WriteString(s.tty.master, text) }

// until waits until something is so.
func (s *seat) until(what string, f func() bool) {
	s.t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("it does not come: %s; the line is %q", what, s.line())
		}
	}
}

// lineIs waits until the row with the cursor is this, with | for the cursor.
func (s *seat) lineIs(want string) {
	s.t.Helper()
	s.until(want, func() bool { return s.line() == want })
}

// shows waits until the screen ends in this, but for the prompt.
func (s *seat) shows(want string) {
	s.t.Helper()
	s.until(want, func() bool { return strings.HasSuffix(s.text(), want) })
}

// leaves is Ctrl-D, after which the terminal is as it was.
func (s *seat) leaves() {
	s.t.Helper()
	s.keys("\x04")
	s.gone(0)
}

func (s *seat) gone(code int) {
	s.t.Helper()
	s.ends(code)
	if s.tty.state(s.t) != s.before {
		s.t.Error("the terminal is not as it was")
	}
	s.until("the end of bracketed paste", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.screen.Paste
	})
}

// TestPrompt is a session of a person.
func TestPrompt(t *testing.T) {
	dir := project(t, "init.lua", `print("ready")`, "index.html", "x")
	s := sit(t, dir, nil)
	s.lineIs("> |")

	s.keys("print(6 * 7)\r")
	s.shows("\nready\n> print(6 * 7)\n42\n>")
	s.keys("print(7)\x1b[D\x1b[D6\x01\x1bf\x05\x7f, 3)\r") // print(67, 3)
	s.shows("> print(67, 3)\n67      3\n>")
	s.keys("for i = 1, 2 do\r print(i)\rend\r") // faster than the module
	s.shows("> for i = 1, 2 do\n>>  print(i)\n>> end\n1\n2\n>")
	s.keys("nothing\x15=1\x0b\x17\x1b[A\x1b[A\x1b[A")
	s.lineIs("> for i = 1, 2 do|")
	s.keys("\x03")
	s.shows("> for i = 1, 2 do^C\n>")
	s.keys("\x12print(6 ")
	s.lineIs("(search) print(6 : |print(6 * 7)")
	s.keys("\r")
	s.shows("> print(6 * 7)\n42\n>")

	s.keys("wifi.sta.getm\t")
	s.lineIs("> wifi.sta.getmac|")
	s.keys("\x15wifi.getm\t\t")
	s.shows("> wifi.getmode") // the only one
	s.keys("\x15dofile('ind\t")
	s.lineIs("> dofile('index.html'|")
	s.keys("\x15mine = {one = 1, other = 2}\r")
	s.lineIs("> |")
	s.keys("mine.\t\t")
	s.shows("one    other\n> mine.o")
	s.keys("\x15")

	// Output of the module stands above what is typed.
	s.keys("n = 0 t = tmr.create() t:alarm(20, 1, function() n = n + 1 if n <= 3 then print('tick', n) end end)\r")
	s.keys("half a line")
	s.shows("tick    3\n> half a line")
	s.lineIs("> half a line|")
	s.keys("\x03")

	// Text that is pasted goes line by line.
	s.keys("\x1b[200~for i = 5, 6 do\n\tprint('p' .. i)\nend\nx = 1\nrest\x1b[201~")
	s.shows("> for i = 5, 6 do\n>>      print('p' .. i)\n>> end\np5\np6\n> x = 1\n> rest")
	s.keys("\x15")

	// Wide characters and marks; a line of several rows; the size.
	s.keys("print('\u65e5\u672c e\u0301')\x1b[D\x1b[D\x7f!\r")
	s.shows("> print('\u65e5\u672c !')\n\u65e5\u672c !\n>")
	s.keys("x = '" + strings.Repeat("0123456789", 7) + "'")
	s.lineIs(strings.Repeat("0123456789", 2)[3:] + "'|")
	s.resize(t, 40, 20)
	s.lineIs(strings.Repeat("0123456789", 4)[3:] + "'|")
	s.keys("\x15")
	s.lineIs("> |")

	// A restart in between.
	s.keys("node.restart()\rprint('after')\r")
	s.shows("\nready\n> print('after')\nafter\n>")
	s.keys("left")
	s.keys("\x15")
	s.leaves()
	if text := s.text(); strings.Count(text, "42") != 2 || strings.Count(text, "p5") != 1 {
		t.Errorf("something is shown twice: %s", text)
	}
}

// TestPrompt_History: what was entered is there the next time, but for secrets.
func TestPrompt_History(t *testing.T) {
	dir, state := project(t, "init.lua", ""), "XDG_STATE_HOME="+filepath.Join(t.TempDir(), "new")
	s := sit(t, dir, []string{state})
	s.lineIs("> |")
	s.keys("x = 'kept'\r pin = 1\rpwd = 2\r\x1b[A")
	s.lineIs("> pwd = 2|")
	s.keys("\x15")
	s.leaves()
	path := filepath.Join(state[len("XDG_STATE_HOME="):], "moonlet", "history")
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if b, _ := os.ReadFile(path); string(b) != "x = 'kept'\n" {
		t.Errorf("it has %q", b)
	}
	s = sit(t, dir, []string{state})
	s.lineIs("> |")
	s.keys("\x1b[A\x1b[A")
	s.lineIs("> x = 'kept'|")
	s.keys("\x15")
	s.leaves()
}

// TestPrompt_Application: a program that has no Lua prompt gets lines, which are seen once.
func TestPrompt_Application(t *testing.T) {
	dir := project(t, "init.lua", `
		uart.on("data", "\r", function(line)
			if line == "quit\r" then uart.on("data") end
			print("got " .. #line .. " " .. line:sub(1, -2))
		end, 0)
		print("name?")`)
	s := sit(t, dir, nil)
	s.shows("name?\n>")
	s.keys("joe\x7f\x7fim\r")
	s.shows("name?\n> jim\ngot 4 jim")
	s.keys("quit\r")
	s.shows("quit\ngot 5 quit")
	s.keys("=1\r")
	s.shows("=1\n1\n>")
	s.keys("uart.setup(0, 115200, 8, 0, 1, 0)\r=2\r")
	s.shows("> =2\n2\n>")
	s.leaves()
}

// TestPrompt_Busy: what is entered waits where it can be seen, and keys are heard.
func TestPrompt_Busy(t *testing.T) {
	s := sit(t, project(t, "init.lua", `print("busy") while true do tmr.wdclr() end`), nil)
	s.shows("busy")
	s.keys("one\rtwo\rthree")
	s.shows("busy\none\ntwo\nthree")
	s.keys("\x03")
	s.until("lines are dropped", func() bool { return strings.HasSuffix(s.text(), "three^C") })
	s.keys("wif\t")
	s.until("that it is busy", func() bool { return strings.Contains(s.text(), "the module is busy") })
	s.keys("\x15\x03")
	s.until("how to leave", func() bool { return strings.Contains(s.text(), "Ctrl-D") })
	s.keys("\x03")
	s.gone(0)
}

// TestPrompt_Flood: a module that prints without end does not keep anybody.
func TestPrompt_Flood(t *testing.T) {
	for _, clock := range []string{"real", "virtual"} {
		s := sit(t, project(t, "init.lua", `while true do print(("x"):rep(99)) tmr.wdclr() end`), nil, "--time", clock)
		s.until("output", func() bool { return strings.Contains(s.text(), "xxx") })
		s.keys("typed\x15\x04")
		s.gone(0)
	}
}

// TestPrompt_Signals: every way out leaves the terminal as it was.
func TestPrompt_Signals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			t.Logf("%v is ignored here, as under nohup: not tested", sig)
			continue
		}
		s := sit(t, project(t, "init.lua", ""), nil)
		s.lineIs("> |")
		s.keys("half")
		s.lineIs("> half|")
		s.Process.Signal(sig)
		s.gone(0)
	}
}

// TestPrompt_Stop is Ctrl-Z, and a shell that lets the program go on.
func TestPrompt_Stop(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	s := newSeat(t)
	s.process = prepare(t, "run", project(t, "init.lua", ""), "--quiet")
	s.Args = append([]string{"sh", "-c", `set -m; "$@"; echo stopped; read x; echo "read $x"; fg; echo over`, "sh", s.Path}, s.Args[1:]...)
	s.Path = shell
	s.begin(t, nil)
	s.lineIs("> |")
	s.keys("half\x1a")
	s.until("the shell", func() bool { return strings.Contains(s.text(), "stopped") && s.tty.state(t) == s.before })
	s.keys("something\r")
	s.until("the line", func() bool { return strings.Contains(s.text(), "read something") && s.line() == "> half|" })
	if s.tty.state(t) == s.before {
		t.Error("the terminal is not raw again")
	}
	s.keys("\x15=3\r")
	s.shows("> =3\n3\n>")
	s.leaves()
	s.shows("over")
}

// TestPrompt_Plain: without a terminal that can be drawn on, or with --raw, keys go to the
// module as they are typed, and it echoes them.
func TestPrompt_Plain(t *testing.T) {
	dir := project(t, "init.lua", `uart.on("data", 1, function(c) print("key " .. c:byte()) if c == "q" then uart.on("data") end end, 0) print("ready")`)
	for name, c := range map[string]struct {
		environment, args []string
		piped             bool
	}{
		"dumb":  {environment: []string{"TERM=dumb"}},
		"none":  {environment: []string{"TERM="}},
		"raw":   {args: []string{"--raw"}},
		"piped": {piped: true},
	} {
		s := newSeat(t)
		s.process = prepare(t, append([]string{"run", dir, "--quiet"}, c.args...)...)
		if c.piped {
			s.Stdout = s // which is no terminal
		}
		s.begin(t, c.environment)
		s.until(name, func() bool { return strings.Contains(s.text(), "ready") })
		s.keys("\x1b[Aq=1\r")
		s.shows("\n> key 27\nkey 91\nkey 65\nkey 113\n=1\n1\n>")
		s.keys("\x03")
		s.gone(0)
	}
}
