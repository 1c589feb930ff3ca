package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests of this package run the command as a process of its own, as a person, a shell
// or an attacker does. MOONLET_LONG=1 makes them long: hundreds of kills, a month of
// virtual time, tens of thousands of requests.

// command is the built command.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "moonlet-command-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "moonlet")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the command: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := command(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// long tells whether the tests may take their time.
func long() bool { return os.Getenv("MOONLET_LONG") != "" }

// patience is how long a test waits for what takes a tenth of a second where nothing else
// runs.
const patience = 30 * time.Second

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

// process is a command that runs, with a directory for temporary files of its own.
type process struct {
	*exec.Cmd
	t        *testing.T
	out, err buffer
	temp     string
	done     chan struct{} // closed when it has ended
}

// prepare makes a process that has yet to start.
func prepare(t *testing.T, args ...string) *process {
	t.Helper()
	path, err := command()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(path, args...), t: t, temp: t.TempDir(), done: make(chan struct{})}
	p.Env = append(os.Environ(), "TMPDIR="+p.temp, "TMP="+p.temp, "TEMP="+p.temp)
	p.Stdout, p.Stderr = &p.out, &p.err
	return p
}

// start starts it; the end of the test kills it.
func (p *process) start() *process {
	p.t.Helper()
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() { p.Wait(); close(p.done) }()
	p.t.Cleanup(func() {
		p.Process.Kill()
		<-p.done
		if p.t.Failed() {
			p.t.Logf("%q\nout: %s\nerr: %s", p.Args, tail(p.out.String()), tail(p.err.String()))
		}
	})
	return p
}

// tail is the end of a text.
func tail(s string) string { return s[max(len(s)-2000, 0):] }

// launch starts the command with arguments.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	return prepare(t, args...).start()
}

// code waits for the end and tells the exit code, -1 for a signal. Nothing temporary is
// left then.
func (p *process) code() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatal("the process does not end")
	}
	if left, err := os.ReadDir(p.temp); err != nil || len(left) > 0 {
		p.t.Errorf("temporary files are left: %v, %v", left, err)
	}
	if s := p.err.String(); strings.Contains(s, "goroutine ") || strings.Contains(s, "BUG") {
		p.t.Error("a fault of moonlet's own")
	}
	return p.ProcessState.ExitCode()
}

// ends checks the exit code.
func (p *process) ends(code int) {
	p.t.Helper()
	if got := p.code(); got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
}

// prints waits until the process has printed a text.
func (p *process) prints(text string) {
	p.t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(p.out.String()+p.err.String(), text); time.Sleep(5 * time.Millisecond) {
		select {
		case <-p.done:
			if !strings.Contains(p.out.String()+p.err.String(), text) {
				p.t.Fatalf("it ended and did not print %q", text)
			}
		default:
		}
		if time.Now().After(end) {
			p.t.Fatalf("it does not print %q", text)
		}
	}
}

// project makes a project of files, name and content in turn.
func project(t *testing.T, files ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "app")
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, filepath.FromSlash(files[i]))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(files[i+1]), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestFor ends endless tasks by --for, with each clock.
func TestFor(t *testing.T) {
	for _, code := range []string{
		"while true do tmr.wdclr() end",
		"while true do print('hello world') tmr.wdclr() end",
		"while true do tmr.delay(500000) tmr.wdclr() end",
		"node.dsleep(0)",
		"node.restart()",
		"error('x')",
	} {
		for _, clock := range []string{"real", "virtual", "20x"} {
			dir := project(t, "init.lua", code)
			p := prepare(t, "run", dir, "--time", clock, "--for", "300ms")
			p.Stdin = strings.NewReader("")
			p.start().ends(0)
			if n := len(p.out.String()); n > 100_000 {
				t.Errorf("%s, %s clock: %d bytes of output in 300 ms", code, clock, n)
			}
		}
	}
}

// TestTrialsEnd holds that the commands that boot a module for a look end as well.
func TestTrialsEnd(t *testing.T) {
	for _, code := range []string{
		"while true do tmr.wdclr() end",
		"while true do print('hello world') tmr.wdclr() end",
		"tmr.create():alarm(10, 0, function() setmetatable({}, {__gc = function() while true do tmr.wdclr() end end}) end)",
	} {
		dir := project(t, "init.lua", code)
		launch(t, "heap", dir, "--after", "100ms").ends(2)
		launch(t, "lfs", "strings", dir, "--after", "100ms").ends(2)
	}
}

// TestExecLimits bounds a program that nobody trusts.
func TestExecLimits(t *testing.T) {
	dir := project(t, "loop.lua", "print('begins') while true do end", "eat.lua", "print('begins') local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
		"read.lua", "io.read('a')")
	p := launch(t, "exec", "--timeout", "200ms", filepath.Join(dir, "loop.lua"))
	p.ends(4)
	if p.out.String() != "begins\n" || !strings.Contains(p.err.String(), "--timeout") {
		t.Errorf("out %q, err %q", p.out.String(), p.err.String())
	}
	p = launch(t, "exec", "--memory", "2MB", filepath.Join(dir, "eat.lua"))
	p.ends(4)
	if p.out.String() != "begins\n" || !strings.Contains(p.err.String(), "--memory") {
		t.Errorf("out %q, err %q", p.out.String(), p.err.String())
	}
}
