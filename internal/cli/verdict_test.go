package cli_test

import (
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/cli"
)

// TestVerdict runs applications as scripts do, and looks at what comes out and how it ends.
func TestVerdict(t *testing.T) {
	dir := app(t, "init.lua", `print("up") later = tmr.create() later:alarm(500, 0, function() print("half ", "a second") end)`)
	bad := app(t, "init.lua", "local x = nil + 1")
	for _, c := range []struct {
		name   string
		code   int
		out    string // all of it
		err    string // a part
		always []string
	}{
		{"code", 0, "up\n42\n7\t8\n", "", []string{dir, "-e", "print(6*7)", "-e", "=7, 8"}},
		{"several lines", 0, "up\n1\n2\n3\n", "", []string{dir, "-e", "for i = 1, 3 do\n  print(i)\nend"}},
		{"code, and on until", 0, "up\nx\nhalf \ta second\n", "", []string{dir, "-e", "print('x')", "--for", "2s"}},
		{"expected", 0, "up\nhalf \ta second\n", "", []string{dir, "--expect", "half ", "--expect", "second", "--for", "1h"}},
		{"not by the echo", cli.ExitExpected, "up\n", "--expect: \"4242\" did not come; the last that programs have sent:\nmoonlet: up\n",
			[]string{dir, "-e", "local x = 4242", "--expect", "4242"}},
		{"in order", cli.ExitExpected, "up\nhalf \ta second\n", "\"up\" did not come", []string{dir, "--expect", "half", "--expect", "up", "--for", "2s"}},
		{"across pieces", 0, "up\nabcdef\n", "", []string{dir, "-e", "uart.write(0, 'abc') uart.write(0, 'def', '\\n')", "--expect", "abcdef\n", "--for", "9s"}},
		{"ends of lines", 0, "up\na\r\rb\nc\n", "", []string{dir, "-e", "uart.write(0, 'a\\r') uart.write(0, '\\rb\\r') uart.write(0, '\\nc\\n')"}},
		{"nothing came", cli.ExitExpected, "", "\"x\" did not come; no program has sent anything", []string{app(t, "init.lua", ""), "--expect", "x", "--for", "1s"}},
		{"an error", cli.ExitPanic + 4, "up\nLua error: \tstdin:1: oh\n", "--fail-on error: stdin:1: oh", []string{dir, "-e", "error('oh', 1)", "--fail-on", "error"}},
		{"an error nobody minds", 0, "up\nLua error: \tstdin:1: oh\nstack traceback:\n\t[C]: in function 'error'\n\tstdin:1: in main chunk\n\t[C]: in ?\n\t[C]: in ?\n", "", []string{dir, "-e", "error('oh', 1)", "--fail-on", "panic,reset"}},
		{"of init.lua", cli.ExitPanic + 4, "init.lua:1: attempt to perform arithmetic", "--fail-on error: init.lua:1:", []string{bad, "--fail-on", "error", "--for", "1s"}},
		{"a panic", cli.ExitPanic, "up\nstdin:1: oh\n", "--fail-on panic: stdin:1: oh",
			[]string{dir, "-e", "tmr.create():alarm(5, 0, function() error('oh', 1) end)", "--fail-on", "panic", "--for", "1s"}},
		{"caught by the application", 0, "up\nmine\nhalf \ta second\n", "",
			[]string{dir, "-e", "node.setonerror(function() print('mine') end) tmr.create():alarm(5, 0, function() error('oh') end)", "--fail-on", "panic", "--for", "3s"}},
		{"a reset", cli.ExitPanic + 1, "up\n", "--fail-on reset: reset: restart", []string{dir, "-e", "node.restart()", "--fail-on", "reset", "--for", "3s"}},
		{"waking up", 0, "up\nup\nhalf \ta second\n", "", []string{dir, "-e", "if node.bootreason() == 1 then node.dsleep(1000) end", "--fail-on", "reset", "--for", "2s"}},
		{"a long task", cli.ExitPanic + 2, "up\n", "--fail-on longtask: a task held the chip", []string{dir, "-e", "tmr.delay(20000)", "--fail-on", "longtask", "--for", "3s"}},
		{"no memory", cli.ExitPanic + 3, "up\n", "--fail-on oom: memory ran out", []string{dir, "-e", "pcall(string.rep, 'x', 60000)", "--fail-on", "oom", "--for", "3s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld("", nil)
			w.NewMachine = cli.NewMachine
			code := w.Main(append([]string{"run", "--fresh", "--no-echo", "--time", "virtual"}, c.always...))
			out := w.out.String()
			if code != c.code || !strings.HasPrefix(out, c.out) || code == 0 && out != c.out || !strings.Contains(w.err.String(), c.err) {
				t.Errorf("exit code %d, want %d\nout %q\nwant %q\nerr %q\nwant %q", code, c.code, out, c.out, w.err.String(), c.err)
			}
		})
	}
}
