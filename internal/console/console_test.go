package console_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/console"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/node"
	"moonlet.example/moonlet/internal/module/pipe"
	"moonlet.example/moonlet/internal/module/uart"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sim/serial"
)

// board is a chip with serial port 0, records, a console, and the file init.lua if that is
// not empty.
type board struct {
	*porttest.Chip
	t       testing.TB
	lua     *moduletest.Lua
	uart    *serial.UART
	console *console.Console
	init    string
	errors  []string // that the console told
	waits   int      // how often the console had nothing to do
	watch   console.Watch
	full    bool // there is no memory for the SDK
	bare    bool // there are no records
}

func (b *board) Serial(int) port.Serial { return b.uart }
func (b *board) Input() port.Input      { return b.console }
func (b *board) Records() port.Records {
	if b.bare {
		return nil
	}
	return b.Sys
}

// Open implements stdlib.Files.
func (b *board) Open(name string) (io.ReadCloser, error) {
	if name != "init.lua" || b.init == "" {
		return nil, errors.New("") // as the firmware
	}
	return io.NopCloser(strings.NewReader(b.init)), nil
}

// Take implements port.Memory.
func (b *board) Take(size int, what string) port.Block {
	if b.full {
		return 0
	}
	return b.lua.Heap.Alloc(mem.Addr(size))
}

// Rename implements port.Memory.
func (b *board) Rename(port.Block, string) {}

// Give implements port.Memory.
func (b *board) Give(at port.Block) { b.lua.Heap.Free(at, 0) }

// newBoard makes a board whose console has not begun. The standard library is open.
func newBoard(t testing.TB) *board {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{}), t: t}
	b.uart = serial.New(b.Tasks, serial.Config{Unpaced: true, Send: func(p []byte) { b.lua.Out.Write(p) }})
	b.console = console.New(console.Config{
		Serial: b.uart, Memory: b,
		State:    func() state.State { return b.lua.Machine.State() },
		OpenLibs: func(state.State) {},
		Banner:   func() string { return "\nthe banner\n" },
		OnWait:   func() { b.waits++ },
		Watch: console.Watch{
			Typed: func(c byte, echo int) {
				if b.watch.Typed != nil {
					b.watch.Typed(c, echo)
				}
			},
			Prompt: func(text string) {
				if b.watch.Prompt != nil {
					b.watch.Prompt(text)
				}
			},
			Receiver: func(r port.Receiver) {
				if b.watch.Receiver != nil {
					b.watch.Receiver(r)
				}
			},
		},
		OnError: func(message string) { b.errors = append(b.errors, message) },
	})
	b.AtReset(b.uart.Reset)
	b.AtReset(b.console.Reset)
	b.lua = moduletest.Boot(t, moduletest.Config{
		Chip: b.Chip, Host: b, UnitTime: 100 * time.Nanosecond,
		Modules:     []state.Module{console.Module, pipe.Module, uart.Module, node.New(node.Options{PipeCreate: pipe.Create})},
		Output:      func(_ state.State, p []byte) { port.WriteText(b.uart, p) },
		ErrorOutput: func(s string) { port.WriteText(b.uart, []byte(s)) },
	})
	return b
}

// start begins a life of the console and tells what it says.
func (b *board) start() string {
	b.t.Helper()
	b.console.Begin()
	b.Tasks.Exec(b.console.Run)
	b.lua.RunFor(100 * time.Millisecond)
	return b.lua.Printed()
}

// typed tells what the console answers to text, its echo included.
func (b *board) typed(text string) string {
	b.t.Helper()
	b.uart.Receive([]byte(text))
	b.lua.RunFor(time.Second)
	if n := b.lua.Machine.State().GetTop(); n != 0 {
		b.t.Errorf("%q leaves %d values", text, n)
	}
	return b.lua.Printed()
}

// inEdition is how Lua 5.1 says what 5.3 says so.
func (b *board) inEdition(s string) string {
	if !b.lua.Edition.Lua51 {
		return s
	}
	const plain = "Lua error: \tstack traceback:\n\t[C]: in function 'error'\n\tstdin:1: in main chunk\n\t[C]: in ?\n\t[C]: in ?\n"
	return strings.NewReplacer(
		plain, "nil\n", // there is no traceback of nil
		"[C]: in ?", "[C]: ?", "<eof>", "'<eof>'", "syntax error", "unexpected symbol",
		"attempt to call a nil value (field 'f')", "attempt to call global 'f' (a nil value)",
	).Replace(s)
}

// startBoard makes a board at its prompt.
func startBoard(t testing.TB, init string) *board {
	t.Helper()
	b := newBoard(t)
	b.init = init
	b.start()
	return b
}

func TestRun(t *testing.T) { moduletest.Editions(t, testRun) }

func testRun(t *testing.T) {
	const said = "\nthe banner\n"
	records := func(command string, options byte) func(b *board) {
		return func(b *board) {
			b.Sys.WriteRecord(port.RecordInit, []byte(command+"\x00"))
			b.Sys.WriteRecord(port.RecordStartup, []byte{options, 0, 0, 0})
		}
	}
	for name, c := range map[string]struct {
		init    string
		prepare func(b *board)
		want    string
	}{
		"nothing":     {"", nil, said + "cannot open init.lua: \n> "},
		"init.lua":    {"print('hello', ...)", nil, said + "hello\n> "},
		"values":      {"return 1, 2", nil, said + "> "},
		"prompt":      {"_PROMPT = 'ready '", nil, said + "ready "},
		"wrong":       {"print(", nil, said + "init.lua:1: unexpected symbol near <eof>\n> "},
		"error":       {"error('no', 0)", nil, said + "no\nstack traceback:\n\t[C]: in function 'error'\n\tinit.lua:1: in main chunk\n\t[C]: in ?\n> "},
		"command":     {"print 'file'", records("print 'command'", 0), said + "command\n> "},
		"other file":  {"print 'file'", records("@other.lua", 0), said + "cannot open other.lua: \n> "},
		"store":       {"print 'file'", records("!main", 0), said + "cannot load LFS.main\n> "},
		"no banner":   {"print 'file'", records("@init.lua", port.StartupNoBanner), "file\n> "},
		"160 MHz":     {"print 'file'", records("@init.lua", port.StartupCPUMax), said + "file\n> "},
		"no memory":   {"print 'file'", func(b *board) { b.full = true }, "not enough memory\nstack traceback:\n\t[C]: in ?\n"},
		"no records":  {"print 'file'", func(b *board) { b.bare = true }, said + "file\n> "},
		"bad command": {"", records("=1", 0), said + "INIT:1: unexpected symbol near '='\n> "},
	} {
		b := newBoard(t)
		b.init = c.init
		if c.prepare != nil {
			c.prepare(b)
		}
		if got, want := b.start(), b.inEdition(c.want); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if n := b.lua.Machine.State().GetTop(); n != 0 {
			t.Errorf("%s leaves %d values", name, n)
		}
	}
}

func TestLines(t *testing.T) { moduletest.Editions(t, testLines) }

func testLines(t *testing.T) {
	b := startBoard(t, " ")
	for _, c := range [][2]string{
		{"=1+1\n", "=1+1\n2\n> "},
		{"x=\r\n1\r\n=x\r\n", "x=\n>> 1\n> =x\n1\n> "},
		{"\n", "\n> "},
		{"prinx\bt(7)\n", "prinx\b \bt(7)\n7\n> "},
		{"error 'no'\n", "error 'no'\nLua error: \tstdin:1: no\nstack traceback:\n\t[C]: in function 'error'\n\tstdin:1: in main chunk\n\t[C]: in ?\n\t[C]: in ?\n> "},
		{")\n", ")\nLua error: \tstdin:1: unexpected symbol near ')'\n> "},
		{"error()\n", "error()\nLua error: \tstack traceback:\n\t[C]: in function 'error'\n\tstdin:1: in main chunk\n\t[C]: in ?\n\t[C]: in ?\n> "},
		{"return 1, nil, 'a'\n", "return 1, nil, 'a'\n1\tnil\ta\n> "},
		{"s = [[\n\na\n]]\n", "s = [[\n>> \n>> a\n>> ]]\n> "},
		{"=#s\n", "=#s\n2\n> "},
		{"f(\n)\n", "f(\n>> )\nLua error: \tstdin:1: attempt to call a nil value (field 'f')\nstack traceback:\n\tstdin:1: in main chunk\n\t[C]: in ?\n\t[C]: in ?\n> "},
		{"_PROMPT = 'a ' _PROMPT2 = 'b '\n", "_PROMPT = 'a ' _PROMPT2 = 'b '\na "},
		{"x =\n2\n", "x =\nb 2\na "},
		{"_PROMPT = {} _PROMPT2 = nil\n", "_PROMPT = {} _PROMPT2 = nil\n> "},
		{"node.input 'print(1)\\nprint(2) '\n", "node.input 'print(1)\\nprint(2) '\n> 1\n> "},
		{"=3\n", "=3\nLua error: \tstdin:1: syntax error near '='\n> "}, // a line with what node.input left
		{"print = 1\n", "print = 1\n> "},
		{"=4\n", "=4\nerror calling 'print' (attempt to call a number value)\n> "},
	} {
		got := ""
		for line := range strings.Lines(c[0]) { // as somebody types who looks at the answers
			got += b.typed(line)
		}
		if want := b.inEdition(c[1]); got != want {
			t.Errorf("%q: %q, want %q", c[0], got, want)
		}
	}
}

// What is typed while a line is executed is echoed at once and executed then.
func TestLines_Ahead(t *testing.T) { moduletest.Editions(t, testLines_Ahead) }

func testLines_Ahead(t *testing.T) {
	b := startBoard(t, " ")
	long := "for i = 1, 10000 do end print(1)\n" // goes on while the others come
	if got, want := b.typed(long+"=2\n=3\n"), long+"=1\n> 2\n=3\n2\n> 3\n> "; got != want {
		t.Errorf("%q", got)
	}
}

func TestDriver_Editing(t *testing.T) { moduletest.Editions(t, testDriver_Editing) }

func testDriver_Editing(t *testing.T) {
	b := startBoard(t, " ")
	long := strings.Repeat("y", 300)
	for _, c := range [][2]string{
		{"\b\x7F=1\n", "=1\n1\n> "},               // nothing to delete
		{"=12\x7F\b3\n", "=12\b \b\b \b3\n3\n> "}, // both keys delete
		{"\r\n\n\r\r\n", "\n> \n> \n> "},          // pairs in both orders are one line end
		{"\r\r", "\n> \n> "},                      // equal ones are two
		{strings.Repeat("x", 255) + "=5\n", strings.Repeat("x", 255) + "=5\n5\n> "}, // too long: it begins anew
		{"=#'" + long[:250] + "'\n", "=#'" + long[:250] + "'\n250\n> "},             // as long as a line may be
	} {
		if got := b.typed(c[0]); got != c[1] {
			t.Errorf("%q: %q, want %q", c[0], got, c[1])
		}
	}
	b.console.SetEcho(false)
	if got := b.typed("=6\b7\n"); got != "7\n> " {
		t.Errorf("without echo %q", got)
	}
}

func TestDriver_Packets(t *testing.T) { moduletest.Editions(t, testDriver_Packets) }

func testDriver_Packets(t *testing.T) {
	b := startBoard(t, " ")
	var got []string
	f := func(p []byte) { got = append(got, string(p)) }
	all := strings.Repeat("z", port.InputSize)
	for name, c := range map[string]struct {
		r     port.Receiver
		typed string
		want  []string
	}{
		"bytes":         {port.Receiver{F: f}, "a\n\x00", []string{"a", "\n", "\x00"}},
		"length":        {port.Receiver{F: f, Length: 3}, "ab\ncdef", []string{"ab\n", "cde"}},
		"end":           {port.Receiver{F: f, Length: -1, End: '\r'}, "ab\rcd\r\r", []string{"ab\r", "cd\r", "\r"}},
		"no end":        {port.Receiver{F: f, Length: -1, End: '!'}, all + "q!", []string{all, "q!"}},
		"nobody":        {port.Receiver{Length: 2}, "abcd", nil},
		"lines as well": {port.Receiver{Lines: true, F: f, Length: -1}, "=1\n\n", []string{"=1", ""}},
	} {
		b.lua.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
		b.start()
		got = nil
		b.console.SetReceiver(c.r)
		answer := b.typed(c.typed)
		if strings.Join(got, "|") != strings.Join(c.want, "|") || len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		lines := "=1\n1\n> \n> "
		if b.lua.Edition.Lua51 {
			lines = "=1\n\n> 1\n> " // with a collection at each allocation it takes so long that the other line is there
		}
		if c.r.Lines && answer != lines || !c.r.Lines && answer != "" {
			t.Errorf("%s: answer %q", name, answer)
		}
	}
}

func TestUARTReader_GetsBytes(t *testing.T) { moduletest.Editions(t, testUARTReader_GetsBytes) }

func testUARTReader_GetsBytes(t *testing.T) {
	b := startBoard(t, " ")
	b.typed(`uart.on("data", 3, function(s) print("<" .. s .. ">") if s == "end" then uart.on "data" end end, 0)` + "\n")
	if got := b.typed("abcend=1\n"); got != "<abc>\n<end>\n=1\n1\n> " {
		t.Errorf("%q", got)
	}
}

// A callback that chooses another way to get what comes finds the bytes that are there already
// in the old way (input_readline, app/driver/input.c).
func TestUARTReader_ChoosesAnotherWay(t *testing.T) {
	moduletest.Editions(t, testUARTReader_ChoosesAnotherWay)
}

func testUARTReader_ChoosesAnotherWay(t *testing.T) {
	for name, c := range map[string]struct{ on, typed, later, want string }{
		"bytes to packets": {
			`uart.on("data", 0, function(c) if c == "#" then tmrDelay() uart.on("data", 3, show, 0) else show(c) end end, 0)`,
			"ab#cde", "fghi", "<a><b><c><d><e><fgh>",
		},
		"bytes to lines": {
			`uart.on("data", 0, function(c) if c == "#" then tmrDelay() uart.on("data", "\n", show) else show(c) end end, 0)`,
			"a#=1\n", "=2\n", "<a><=><1><\n>=2\n<=2>2\n> ",
		},
		"packets to bytes": {
			`uart.on("data", 2, function(c) show(c) if c == "##" then tmrDelay() uart.on("data", 0, show, 0) end end, 0)`,
			"ab##cd", "ef", "<ab><##><c><d><e><f>",
		},
		"packets to an end": {
			`uart.on("data", 2, function(c) show(c) if c == "##" then tmrDelay() uart.on("data", "!", show, 0) end end, 0)`,
			"##abc!de", "f!", "<##><abc!><def!>",
		},
		"lines to packets": {
			`uart.on("data", "\n", function(c) show(c) if c == "x=1" then tmrDelay() uart.on("data", 3, show, 0) end end, 1) uart.setup(0, 115200, 8, 0, 1, 0)`,
			"\nx=1\nabc", "def", "<>> <x=1><abc>> <def>",
		},
		"bytes given back": {
			`uart.on("data", 0, function(c) if c == "#" then tmrDelay() uart.on("data") else show(c) end end, 0)`,
			"a#=1\n", "=2\n", "<a>=1\n1\n> =2\n2\n> ",
		},
	} {
		b := startBoard(t, " ")
		b.typed(`function show(c) uart.write(0, "<" .. c .. ">") end function tmrDelay() for i = 1, 100000 do end end` + "\n")
		b.typed(c.on + "\n")
		if got := b.typed(c.typed) + b.typed(c.later); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Idle is true when all whole lines were executed, and OnWait comes behind that.
func TestIdle(t *testing.T) { moduletest.Editions(t, testIdle) }

func testIdle(t *testing.T) {
	b := newBoard(t)
	if !b.console.Idle() {
		t.Error("a new console is busy")
	}
	b.Tasks.Exec(b.console.Run)
	if b.console.Idle() {
		t.Error("idle before the first prompt")
	}
	b.lua.RunFor(time.Second)
	if !b.console.Idle() || b.waits == 0 {
		t.Errorf("at the prompt: idle %v, told %d times", b.console.Idle(), b.waits)
	}
	b.waits = 0
	b.typed("half a line")
	if !b.console.Idle() || b.waits == 0 {
		t.Errorf("with half a line: idle %v, told %d times", b.console.Idle(), b.waits)
	}
	b.typed("\bx = \n") // goes on
	if !b.console.Idle() {
		t.Error("busy with half a chunk")
	}
	// A reset does not make busy what has been executed, nor the other way round.
	b.uart.Receive([]byte("node.restart()\n"))
	for end := b.Tasks.Now() + time.Second; b.Sys.Pending() == nil && b.Tasks.Now() < end; {
		b.lua.RunFor(100 * time.Microsecond)
	}
	if b.console.Idle() {
		t.Error("idle in the line that ends the life")
	}
	b.console.Reset()
	if b.console.Idle() {
		t.Error("idle after the reset")
	}
	b.console.Begin()
	if !b.console.Idle() {
		t.Error("busy in the new life")
	}
}

// A reset forgets half a line, half a chunk, who reads, and the prompt.
func TestReset(t *testing.T) { moduletest.Editions(t, testReset) }

func testReset(t *testing.T) {
	b := startBoard(t, " ")
	b.typed("_PROMPT2 = '. '\n")
	b.typed("x = (\n")
	b.console.SetEcho(false)
	b.console.SetReceiver(port.Receiver{F: func([]byte) { t.Error("the reader is called") }})
	b.lua.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	b.lua.Out.Reset()
	b.uart.Receive([]byte("=2\n"))
	b.lua.RunFor(time.Second)
	if got := b.lua.Printed(); got != "" {
		t.Errorf("off it answers %q", got)
	}
	b.init = "print('again')"
	if got := b.start(); got != "\nthe banner\nagain\n=2\n> 2\n> " {
		t.Errorf("%q", got) // what came meanwhile waits in the port
	}
}

// TestOutOfMemory types lines while memory fails at one point after the other, until it does
// not any more before the last prompt.
func TestOutOfMemory(t *testing.T) { moduletest.Editions(t, testOutOfMemory) }

func testOutOfMemory(t *testing.T) {
	b := startBoard(t, " ")
	failed, resets := 0, 0
	for n, whole := 0, false; !whole; n += 3 {
		b.lua.Heap.FailAfter = n
		b.uart.Receive([]byte("x = {\n1,\n2}\n=#x\nerror 'no'\n=\n"))
		reset := runUntilError(b)
		b.lua.Heap.FailAfter = -1
		if err := b.lua.Heap.Check(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if err := b.lua.Machine.CheckHeap(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		answer := b.lua.Printed()
		if strings.Contains(answer, "not enough memory") {
			failed++
		}
		if whole = !reset; whole && !strings.Contains(answer, "Lua error: \tstdin:1: no\nstack") {
			t.Errorf("failing after %d: %q", n, answer)
		}
		if reset {
			resets++
		}
		b.lua.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
		b.start()
		if got := b.typed("=1+1\n"); got != "=1+1\n2\n> " {
			t.Fatalf("failing after %d, in the next life %q", n, got)
		}
	}
	t.Logf("%d errors, %d resets", failed, resets)
	if failed == 0 || resets == 0 {
		t.Errorf("%d errors and %d resets: the memory fails nowhere of interest", failed, resets)
	}
}

// runUntilError runs the chip. It tells whether an error outside of any protected call, which
// the firmware answers with a reset, ended it.
func runUntilError(b *board) (ended bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := b.lua.Machine.Unprotected(r); !ok {
				panic(r)
			}
			ended = true
		}
	}()
	b.lua.RunFor(time.Second)
	return false
}
