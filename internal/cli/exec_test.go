package cli_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/cli"
)

// asking is an input that looks at what was printed when it is read.
type asking struct {
	w    *world
	seen []string
	in   []string
}

func (a *asking) Read(p []byte) (int, error) {
	a.seen = append(a.seen, a.w.out.String())
	if len(a.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, a.in[0])
	a.in = a.in[1:]
	return n, nil
}

// TestExec_Prompt: what is printed before a question is seen when it is asked.
func TestExec_Prompt(t *testing.T) {
	dir := app(t, "ask.lua", `io.write("name? ") local n = io.read() print("hello", n) io.write("more? ") io.read() io.write("never asked again")`)
	w := newWorld("", nil)
	in := &asking{w: w, in: []string{"x\n", "y\n"}}
	w.In = in
	w.run(t, 0, "never asked again", "", "exec", filepath.Join(dir, "ask.lua"))
	if got := strings.Join(in.seen, "|"); got != "name? |name? hello\tx\nmore? " {
		t.Errorf("seen when asked: %q", got)
	}
}

// TestExec_CLibrary: numbers are printed as on this computer, or as on the chip.
func TestExec_CLibrary(t *testing.T) {
	file := filepath.Join(app(t, "n.lua", `print(-0.0, ("%.0f"):format(2.5), 2 ^ 4 == 16, tonumber "0x.8")`), "n.lua")
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-0.0\t2\ttrue\t0.5\n"},
		{[]string{"--libc", "host"}, "-0.0\t2\ttrue\t0.5\n"},
		{[]string{"--libc", "chip"}, "0.0\t3\ttrue\tnil\n"},
		{[]string{"--libc", "chip", "--number", "int64"}, "0.0\t3\tfalse\tnil\n"},
	} {
		newWorld("", nil).run(t, 0, c.want, "", append(append([]string{"exec"}, c.args...), file)...)
	}
	newWorld("", nil).run(t, cli.ExitUsage, "", "--libc: \"glibc\" is no C library: host or chip", "exec", "--libc", "glibc", file)
}

// TestExec_Flush: who flushes, or wants no buffer, is seen at once, at a terminal each line
// is, and elsewhere nothing before the end.
func TestExec_Flush(t *testing.T) {
	for _, c := range []struct {
		code, want string
		terminal   bool
	}{
		{"io.write('a') io.flush() io.write('b')", "a", false},
		{"io.write('a') io.stdout:flush() io.write('b')", "a", false},
		{"io.stdout:setvbuf('no') io.write('a') io.write('b')", "ab", false},
		{"io.stdout:setvbuf('line') io.write('a\\nb') io.write('c')", "a\nb", false},
		{"print('a') io.write('b')", "", false},
		{"print('a') io.write('b')", "a\n", true},
	} {
		w := newWorld("", nil)
		w.terminal.output = c.terminal
		seen := "nothing was executed"
		w.Exit = func(int) {}
		in := &asking{w: w}
		w.In = in
		now := w.Now
		w.Now = func() time.Time { // os.time looks at the clock, and this at the output
			seen = w.out.String()
			return now()
		}
		w.run(t, 0, "", "", "exec", filepath.Join(app(t, "p.lua", c.code+" os.time()"), "p.lua"))
		if seen != c.want {
			t.Errorf("%s: %q was seen, want %q", c.code, seen, c.want)
		}
	}
}

// TestExec_Limits: what a program may take is bounded, however it takes it.
func TestExec_Limits(t *testing.T) {
	for _, c := range []struct{ name, code, flag, value, want string }{
		{"loop", "print('begins') while true do end", "--timeout", "100ms", "stack traceback:\n"},
		{"protected", "print('begins') while true do pcall(function() while true do end end) end", "--timeout", "100ms", "ran for longer than --timeout allows"},
		{"finalizer", "print('begins') setmetatable({}, {__gc = function() while true do end end}) collectgarbage()", "--timeout", "100ms", "longer"},
		{"pattern", "print('begins') string.find(string.rep('a', 60), string.rep('a*', 30) .. 'b')", "--timeout", "100ms", "longer"},
		{"input", "print('begins') io.read()", "--timeout", "100ms", "longer"},
		{"memory", "print('begins') local t = {} while true do t[#t + 1] = {} end", "--memory", "1MB", "not enough memory: --memory allows the program 1048576 bytes"},
		{"string", "print('begins') string.rep('x', 1 << 24)", "--memory", "1MB", "not enough memory for buffer allocation: --memory allows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A program notices its end by itself within InterruptTime where the host lets
			// it run, so a busy host has several tries.
			name, out, err := filepath.Join(app(t, "p.lua", c.code), "p.lua"), "", ""
			for range 10 {
				if out, err = limited(t, c.flag, c.value, name, c.name == "input"); strings.Contains(err, c.want) {
					break
				}
			}
			if out != "begins\n" || !strings.Contains(err, c.want) || !strings.HasPrefix(err, "moonlet: ") {
				t.Errorf("out %q, err %q", out, err)
			}
		})
	}
}

// limited runs a program that a limit ends, with an input that gives nothing until then.
// If the program waits for it, the process exits beside it.
func limited(t *testing.T, flag, value, name string, waits bool) (out, err string) {
	t.Helper()
	w := newWorld("", nil)
	in, keys := io.Pipe()
	w.In = in
	code := make(chan int, 2)
	w.Exit = func(c int) { code <- c; keys.Close() }
	began := time.Now()
	go func() { code <- w.Main([]string{"exec", flag, value, name}) }()
	if got := <-code; got != cli.ExitLimit {
		t.Errorf("exit code %d", got)
	}
	t.Logf("ended after %v", time.Since(began))
	if waits {
		<-code
	}
	return w.out.String(), w.err.String()
}

// TestExec_Interrupt: what was printed before Ctrl-C is seen.
func TestExec_Interrupt(t *testing.T) {
	for _, code := range []string{"print('begins') while true do end", "print('begins') io.read()"} {
		w := newWorld("", nil)
		in, keys := io.Pipe()
		w.In = in
		w.Signals = func(f func()) func() {
			time.AfterFunc(100*time.Millisecond, f)
			return func() {}
		}
		exit := make(chan int, 2)
		w.Exit = func(c int) { exit <- c; keys.Close() }
		go func() { exit <- w.Main([]string{"exec", filepath.Join(app(t, "p.lua", code), "p.lua")}) }()
		if got := <-exit; got != cli.ExitInterrupted || w.out.String() != "begins\n" || w.err.String() != "" {
			t.Errorf("%s: exit code %d, out %q, err %q", code, got, w.out.String(), w.err.String())
		}
	}
}

// TestExec_BadLimits: limits that cannot be are refused.
func TestExec_BadLimits(t *testing.T) {
	for _, args := range [][]string{{"--memory", "1KB"}, {"--memory", "3GB"}, {"--memory", "NaN"}, {"--memory", ""}, {"--timeout", "0s"}, {"--timeout", "-1s"}} {
		newWorld("", nil).run(t, cli.ExitUsage, "", "moonlet: "+args[0]+": want", append(append([]string{"exec"}, args...), "x.lua")...)
	}
}

// TestExec_Lua51 runs programs of Lua 5.1 with floats and with integers.
func TestExec_Lua51(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.lua")
	code := "print(_VERSION, 7 / 2, ..., arg[1], table.getn{1, 2}, getfenv(1) == _G, bit.band(6, 3))"
	if err := os.WriteFile(file, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	newWorld("", nil).run(t, 0, "Lua 5.1\t3.5\tx\tx\t2\ttrue\t2\n", "", "exec", "--lua", "5.1", file, "x")
	newWorld("", nil).run(t, 0, "Lua 5.1\t3\tx\tx\t2\ttrue\t2\n", "", "exec", "--lua", "5.1-int", file, "x")
	newWorld("", nil).run(t, cli.ExitUsage, "", "--lua: there is no Lua \"5.2\"; choose \"5.3\", \"5.1\", \"5.1-int\"", "exec", "--lua", "5.2", file)
	newWorld("", nil).run(t, cli.ExitUsage, "", "--number is for Lua 5.3", "exec", "--lua", "5.1", "--number", "int64", file)
}
