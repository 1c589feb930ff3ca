package cli_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/cli"
)

// atPrompt is a world with a person at a terminal that can be drawn on.
func atPrompt(t *testing.T, live func(m *machine) error) (w *world, keys io.Writer) {
	t.Helper()
	t.Setenv("MOONLET_HISTORY", "")
	in, keys := io.Pipe()
	w = newWorld("", live)
	w.In, w.Err = in, &w.out // it is one terminal
	w.terminal = terminal{input: true, output: true, editing: true}
	return w, keys
}

// TestPerson: keys make lines, Moonlet's own words stand above, and Ctrl-D leaves.
func TestPerson(t *testing.T) {
	w, keys := atPrompt(t, nil)
	w.machine.live = func(m *machine) error {
		io.WriteString(m.config.Serial, "hello\r\n")
		m.config.Report(listenEvent(80, nil))
		go io.WriteString(keys, "ab\x7fc\x04\x15\x04")
		return forever(m)
	}
	w.run(t, 0, "hello\r\nmoonlet: port 80", "", "run", app(t, "init.lua", ""))
	if got := w.out.String(); !strings.Contains(got, "Ctrl-D leaves\r\n") || !strings.Contains(got, "\x1b[?2004h") || !strings.Contains(got, "\x1b[?2004l") {
		t.Errorf("%q", got)
	}
	if w.terminal.raw != 0 || !w.machine.closed {
		t.Error("the terminal is not restored, or the module not closed")
	}
}

// TestPerson_Panic: a fault of ours leaves the terminal as it was.
func TestPerson_Panic(t *testing.T) {
	w, _ := atPrompt(t, func(m *machine) error { panic("a fault") })
	w.run(t, cli.ExitBug, "a fault", "", "run", app(t, "init.lua", ""))
	if got := w.out.String(); w.terminal.raw != 0 || strings.LastIndex(got, "\x1b[?2004l") < strings.Index(got, "\x1b[?2004h") {
		t.Errorf("terminal %d, %q", w.terminal.raw, got)
	}
}

// TestPerson_LastResort: neither does a module that does not end.
func TestPerson_LastResort(t *testing.T) {
	w, keys := atPrompt(t, nil)
	exited := make(chan int, 1)
	w.Exit = func(code int) { exited <- code }
	w.machine.live = func(m *machine) error {
		go io.WriteString(keys, "\x04")
		if code := <-exited; code != cli.ExitBug || w.terminal.raw != 0 {
			t.Errorf("exit code %d", code)
		}
		return nil
	}
	w.run(t, 0, "the module did not end", "", "run", app(t, "init.lua", ""))
}

// TestPerson_NobodyReads: a terminal that takes nothing does not hold the end back.
func TestPerson_NobodyReads(t *testing.T) {
	w, _ := atPrompt(t, nil)
	_, w.Out = io.Pipe()
	w.Err = w.Out
	w.machine.live = func(m *machine) error {
		go func() {
			time.Sleep(20 * time.Millisecond)
			w.signal()
		}()
		go io.WriteString(m.config.Serial, strings.Repeat("x", 1<<20))
		return forever(m)
	}
	began := time.Now()
	w.run(t, 0, "", "", "run", app(t, "init.lua", ""), "--quiet")
	if took := time.Since(began); took > 4*time.Second || w.terminal.raw != 0 {
		t.Errorf("it took %v", took)
	}
}
