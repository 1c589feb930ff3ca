package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/cli"
)

func TestPipedRun(t *testing.T) {
	dir := app(t, "init.lua", "")
	w := newWorld("print(1)\nprint(2)", func(m *machine) error {
		m.wait(func() bool { return m.ended })
		_, err := m.config.Serial.Write(append([]byte("> "), m.typed...))
		return err
	})
	w.run(t, 0, "> print(1)\nprint(2)", "moonlet: virtual ESP8266, 44 KB heap, flash in "+dir+"/.moonlet; Ctrl-C leaves\nmoonlet: to flash: init.lua (0); 0 bytes\n", "run", dir)
	if !w.machine.closed || w.terminal.raw != 0 {
		t.Error("the module is not closed, or the terminal was changed")
	}
}

// TestEmptyInput: nobody typed, so the module runs on until a signal.
func TestEmptyInput(t *testing.T) {
	w := newWorld("", nil)
	w.machine.live = func(m *machine) error {
		go func() {
			time.Sleep(20 * time.Millisecond)
			w.signal()
		}()
		return forever(m)
	}
	w.run(t, 0, "", "", "run", app(t, "init.lua", ""), "--quiet")
	if w.machine.ended || w.err.String() != "" {
		t.Errorf("the input ended; err: %q", w.err.String())
	}
}

// TestTypedRun is a session at a terminal: keys go through as they are, Ctrl-C
// ends it, and events begin on a line of their own.
func TestTypedRun(t *testing.T) {
	in, keys := io.Pipe()
	w := newWorld("", nil)
	w.In, w.terminal.input, w.terminal.output = in, true, true
	w.machine.live = func(m *machine) error {
		io.WriteString(m.config.Serial, "> ")
		m.config.Report(listenEvent(80, nil))
		m.config.Report(listenEvent(80, nil))
		go io.WriteString(keys, "ab\r\x04\x03lost")
		return forever(m)
	}
	w.run(t, 0, "> ", "leaves\nmoonlet: to flash: init.lua (0); 0 bytes\n\r\nmoonlet: port 80 is http://127.0.0.1:8080/\r\nmoonlet: port", "run", app(t, "init.lua", ""))
	if got := string(w.machine.typed); got != "ab\r\x04" {
		t.Errorf("typed %q", got)
	}
	if w.terminal.raw != 0 || !w.machine.closed {
		t.Error("the terminal is not restored, or the module not closed")
	}
}

// TestLastResort: a module that does not end does not keep the process, and that it did
// not is told as a fault of ours. A second Ctrl-C changes nothing.
func TestLastResort(t *testing.T) {
	w := newWorld("\x03\x03", nil)
	w.terminal.input = true
	exited := make(chan int, 1)
	w.Exit = func(code int) { exited <- code }
	began := time.Now()
	w.machine.live = func(m *machine) error {
		if code := <-exited; code != cli.ExitBug || w.terminal.raw != 0 {
			t.Errorf("exit code %d", code)
		}
		if took := time.Since(began); took < time.Second {
			t.Errorf("given up after %v", took)
		}
		return nil
	}
	w.run(t, 0, "", "BUG: the module did not end", "run", app(t, "init.lua", ""))
}

// TestTypedTooMuch: at a terminal Ctrl-C is heard, whatever the module leaves unread.
func TestTypedTooMuch(t *testing.T) {
	in, keys := io.Pipe()
	w := newWorld("", forever)
	w.In, w.terminal.input = in, true
	w.machine.untyped = moonlet.TypedMax
	go func() {
		io.WriteString(keys, strings.Repeat("x", 10_000))
		io.WriteString(keys, "\x03")
	}()
	w.run(t, 0, "", "some of it is lost", "run", app(t, "init.lua", ""))
	if len(w.machine.typed) > 0 {
		t.Errorf("%d bytes were typed", len(w.machine.typed))
	}
}

func TestPortInUse(t *testing.T) {
	dir := app(t, "init.lua", "", "moonlet.toml", "[ports]\n80 = 8080")
	busy := listenEvent(80, errors.New("address already in use"))
	live := func(e moonlet.Event) func(m *machine) error {
		return func(m *machine) error { m.config.Report(e); return forever(m) }
	}
	newWorld("", live(busy)).run(t, 3, "", "address already in use; end the program that uses it, or choose another with --port 80=any\n", "run", dir)
	// A port that nobody named is no reason to end.
	other := listenEvent(81, errors.New("address already in use"))
	w := newWorld("x", func(m *machine) error { m.config.Report(other); return nil })
	w.run(t, 0, "", "moonlet: port", "run", dir, "--quiet")
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestClosedOutput(t *testing.T) {
	w := newWorld("", nil)
	w.Out = brokenPipe{}
	w.machine.live = func(m *machine) error { io.WriteString(m.config.Serial, "x"); return forever(m) }
	w.run(t, 3, "", "moonlet: standard output: io: read/write on closed pipe\n", "run", app(t, "init.lua", ""))
}

// TestSlowOutput: a module that sends more than is read waits, but the user can
// still leave.
func TestSlowOutput(t *testing.T) {
	out, in := io.Pipe()
	w := newWorld("", nil)
	w.Out = in
	w.machine.live = func(m *machine) error {
		go func() {
			time.Sleep(20 * time.Millisecond)
			w.signal()
			io.Copy(io.Discard, out)
		}()
		for !func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.stopped }() {
			if _, err := m.config.Serial.Write(make([]byte, 1<<12)); err != nil {
				return err
			}
		}
		return nil
	}
	w.run(t, 0, "", "", "run", app(t, "init.lua", ""))
}

func TestRunFor(t *testing.T) {
	live := func(m *machine) error {
		_, err := io.WriteString(m.config.Serial, m.config.EndAt.String())
		return err
	}
	newWorld("", live).run(t, 0, "1m30s", "", "run", app(t, "init.lua", ""), "--for", "90s")
}

func TestJSONEvents(t *testing.T) {
	w := newWorld("x", func(m *machine) error {
		m.config.Report(listenEvent(80, nil))
		m.config.Report(moonlet.LongTask{About: moonlet.About{Text: "slow"}, Took: 20 * time.Millisecond, Traceback: "a\nb"})
		return errors.New("it failed")
	})
	if code := w.Main([]string{"run", app(t), "--json"}); code != 3 {
		t.Errorf("exit code %d", code)
	}
	var names []string
	for line := range strings.Lines(w.err.String()) {
		var e struct {
			Event string
			At    float64
			Text  string
			Code  int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Text == "" {
			t.Errorf("line %q: %v", line, err)
		}
		if e.Event == "listening" && e.At != 1.5 || e.Event == "error" && e.Code != 3 {
			t.Errorf("line %q", line)
		}
		names = append(names, e.Event)
	}
	if got := strings.Join(names, " "); got != "start warning listening long-task error" {
		t.Errorf("events: %s", got)
	}
}

// TestLongTasks: a person is told of a long task once for each place, and again where it takes
// twice as long; of the others their number in the end.
func TestLongTasks(t *testing.T) {
	w := newWorld("x", func(m *machine) error {
		slow := func(place string, ms int) {
			m.config.Report(moonlet.LongTask{About: moonlet.About{Text: fmt.Sprint(place, " ", ms)}, Took: time.Duration(ms) * time.Millisecond, Traceback: place})
		}
		slow("a", 20)
		slow("a", 39)
		slow("b", 20)
		slow("a", 40)
		slow("a", 41)
		for i := range 30 { // more places than are remembered
			slow(fmt.Sprint("c", i), 16)
		}
		slow("d", 90)
		return nil
	})
	w.Main([]string{"run", app(t, "init.lua", "")})
	_, got, _ := strings.Cut(w.err.String(), "moonlet: a 20")
	var want strings.Builder
	want.WriteString("\na\nmoonlet: b 20\nb\nmoonlet: a 40\na\n")
	for i := range 18 {
		fmt.Fprintf(&want, "moonlet: c%d 16\nc%[1]d\n", i)
	}
	want.WriteString("moonlet: d 90\nd\nmoonlet: tasks were too long 14 times more, at the places above or for less than twice as long\n")
	if got != want.String() {
		t.Errorf("%s\nwant\n%s", got, &want)
	}
}

func TestQuiet(t *testing.T) {
	w := newWorld("x", func(m *machine) error {
		m.config.Report(listenEvent(80, nil))
		m.config.Report(moonlet.Rebooted{About: moonlet.About{Text: "reset"}})
		m.config.Report(moonlet.HostError{About: moonlet.About{Text: "no room"}})
		return nil
	})
	w.Main([]string{"run", app(t, "init.lua", ""), "--quiet"})
	if got := w.err.String(); got != "moonlet: no room\n" {
		t.Errorf("err: %q", got)
	}
}

// stuck is a stream that takes nothing until it is closed.
type stuck chan struct{}

func (s stuck) Write(p []byte) (int, error) {
	<-s
	return 0, io.ErrClosedPipe
}

// TestStuckStreams: readers who do not read hold nothing back, not the end either, and not
// if there is a lot to tell.
func TestStuckStreams(t *testing.T) {
	for _, c := range []struct {
		name     string
		out, err bool
	}{{"output", true, false}, {"events", false, true}, {"both", true, true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld("", nil)
			block := make(stuck)
			defer close(block)
			if c.out {
				w.Out = block
			}
			if c.err {
				w.Err = block
			}
			var told, waiting atomic.Int32
			w.Signals = func(f func()) func() {
				time.AfterFunc(100*time.Millisecond, func() { waiting.Store(told.Load()); f() })
				return func() {}
			}
			w.machine.live = func(m *machine) error {
				for !func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.stopped }() {
					m.config.Serial.Write(make([]byte, 1<<12))
					m.config.Report(moonlet.LongTask{About: moonlet.About{Text: strings.Repeat("slow", 1000)}})
					told.Add(1)
				}
				return nil
			}
			code := -1
			done := make(chan struct{})
			go func() { code = w.Main([]string{"run", app(t, "init.lua", "")}); close(done) }()
			select {
			case <-done:
			case <-time.After(20 * time.Second):
				t.Fatal("it does not end")
			}
			if code != 0 {
				t.Errorf("exit code %d", code)
			}
			if n := waiting.Load(); n > 50 {
				t.Errorf("%d events and pieces of output piled up", n)
			}
		})
	}
}

// TestBugCode: a fault of ours that the module survived shows in the exit code, also if the
// user left.
func TestBugCode(t *testing.T) {
	w := newWorld("", nil)
	w.machine.live = func(m *machine) error {
		w.signal()
		return errors.New("BUG: of a test")
	}
	w.run(t, cli.ExitBug, "", "BUG: of a test\nThis is a fault of moonlet itself", "run", app(t, "init.lua", ""))
}

// TestRealModule runs the whole thing.
func TestRealModule(t *testing.T) {
	w := newWorld("print(6 * 7)\nnode.restart()\nprint(node.bootreason())\n", nil)
	w.NewMachine = cli.Host().NewMachine
	w.run(t, 0, "42", "moonlet: ", "run", app(t, "init.lua", "print('hello from init')"), "--time", "virtual")
	if out := w.out.String(); strings.Count(out, "hello from init") != 2 || !strings.Contains(out, "NodeMCU") {
		t.Errorf("out: %q", out)
	}
}

// TestRunImage runs the image of a chip: with a copy, of which nothing is kept, and with
// the image itself.
func TestRunImage(t *testing.T) {
	image := filepath.Join(t.TempDir(), "module.bin")
	newWorld("", nil).run(t, 0, "spiffs   1 file", "", "flash", "create",
		app(t, "init.lua", "print('n', (file.getcontents'n'))"), "-o", image)
	const typed = "file.putcontents('n', 'kept')\n"
	real := func(code int, in, out, errOut string, args ...string) string {
		t.Helper()
		w := newWorld(in, nil)
		w.NewMachine = cli.Host().NewMachine
		w.run(t, code, out, errOut, append([]string{"run", image, "--time", "virtual"}, args...)...)
		return w.err.String()
	}
	before, _ := os.ReadFile(image)
	gone := "moonlet: what the module wrote to its flash chip is gone; --save keeps it in " + image + "\n"
	real(0, typed, "n\tnil", gone)
	if got := real(0, typed, "n\tnil", "", "--quiet"); got != "" {
		t.Errorf("quiet: %q", got)
	}
	if got := real(0, "print(1)\n", "n\tnil", "flash in a copy of "+image); strings.Contains(got, "gone") {
		t.Errorf("nothing was written: %q", got)
	}
	real(0, typed, "n\tnil", `{"event":"discarded",`, "--json")
	if after, _ := os.ReadFile(image); !bytes.Equal(before, after) {
		t.Error("the image was changed")
	}
	if got := real(0, typed, "n\tnil", "flash in "+image+";", "--save"); strings.Contains(got, "gone") {
		t.Errorf("saved: %q", got)
	}
	real(0, "print(1)\n", "n\tkept", "", "--save")
	real(2, "", "", "moonlet: --fresh: the image of a chip", "--fresh")
	real(2, "", "", "moonlet: --flash: this does not go with", "--flash", "x")
	newWorld("", nil).run(t, 2, "", "moonlet: --save: this goes with the image", "run", app(t), "--save")
	newWorld("", nil).run(t, 2, "", "512 KB, 1, 2, 4, 8 or 16 MB, and this file 5 bytes", "run", app(t, "short.bin", "short")+"/short.bin")
	newWorld("", nil).run(t, 0, "Heap after 5s", "", "heap", image)
}

// TestWearEvent: that a chip wears too fast is told as a problem, with figures for programs.
func TestWearEvent(t *testing.T) {
	for _, c := range []struct{ flag, want string }{
		{"--quiet", "moonlet: too often\n"},
		{"--json", `"event":"flash-wear","at":60,"text":"too often","address":65536,"erases":100,"lasts":3600}`},
	} {
		w := newWorld("x", func(m *machine) error {
			m.config.Report(moonlet.FlashWear{About: moonlet.About{At: time.Minute, Text: "too often"},
				Address: 0x10000, Erases: 100, Lasts: time.Hour})
			return nil
		})
		w.run(t, 0, "", c.want, "run", app(t, "init.lua", ""), c.flag)
	}
}

// TestRun_WrongChip: what is wrong with a chip is the user's business, and named once.
func TestRun_WrongChip(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string // behind the name
	}{
		"short.bin": {make([]byte, 100000), " is not the image of a whole flash chip, or was cut off: no flash chip has 100000 bytes: 512 KB, 1, 2, 4, 8 and 16 MB are possible\n"},
		"foreign.bin": {bytes.Repeat([]byte("code"), 1<<18), ": the flash chip has no partition table at 0x010000, so the firmware does not start: it is none of NodeMCU 3, " +
			"or the power went while its settings were written anew; \"moonlet flash inspect\" shows what is on the chip, \"moonlet spiffs extract\" gets its files\n"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		w := newWorld("", nil)
		w.run(t, cli.ExitUsage, "", "moonlet: "+path+c.want, "run", app(t, "init.lua", ""), "--flash", path, "--quiet")
		if after, _ := os.ReadFile(path); !bytes.Equal(after, c.data) {
			t.Errorf("%s was changed", name)
		}
	}
}

// TestButtons: what the host asks for is done to the board while it runs.
func TestButtons(t *testing.T) {
	w := newWorld("", nil)
	w.NewMachine = cli.NewMachine
	w.Buttons = func(f func(power bool)) func() {
		f(false)
		return func() {}
	}
	w.run(t, 0, "boot\t2\t6", "", "run", app(t, "init.lua", "print('boot', node.bootreason())"), "--for", "2s", "--no-echo")
}
