package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// resident is how much memory the process has, in bytes.
func (p *process) resident() int64 { return p.status("VmRSS") }

// status is a size in /proc/PID/status, in bytes.
func (p *process) status(key string) int64 {
	p.t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), key+":"); ok {
			var kb int64
			fmt.Sscan(rest, &kb)
			return kb << 10
		}
	}
	p.t.Fatalf("no %s", key)
	return 0
}

// grows checks that a process takes no more memory after some time under load than before.
func (p *process) grows(load func(stop <-chan struct{})) {
	p.t.Helper()
	stop, over := make(chan struct{}), make(chan struct{})
	go func() { load(stop); close(over) }()
	wait := time.Second
	if long() {
		wait = 20 * time.Second
	}
	time.Sleep(wait / 2)
	before := p.resident()
	time.Sleep(wait)
	after := p.status("VmHWM")
	close(stop)
	<-over
	p.t.Logf("%d KB in the midst, %d KB at most", before>>10, after>>10)
	if after > before+30<<20 {
		p.t.Errorf("it grew from %d to %d bytes", before, after)
	}
}

// flood writes as fast as it is taken, until stop.
func flood(w io.Writer, piece []byte) func(stop <-chan struct{}) {
	return func(stop <-chan struct{}) {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if d, ok := w.(interface{ SetWriteDeadline(time.Time) error }); ok {
				d.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			}
			if _, err := w.Write(piece); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, syscall.ECONNREFUSED) {
				return
			}
		}
	}
}

// TestFlood_Input types faster than any module reads.
func TestFlood_Input(t *testing.T) {
	for name, code := range map[string]string{
		"idle":   "",
		"busy":   "while true do tmr.wdclr() end",
		"asleep": "node.dsleep(0)",
		"takes":  "uart.on('data', 0, function() end, 0)",
	} {
		t.Run(name, func(t *testing.T) {
			p := quietRun(t, code)
			zero, err := os.Open("/dev/zero")
			if err != nil {
				t.Fatal(err)
			}
			defer zero.Close()
			p.Stdin = zero
			p.Stdout = nil
			p.start().grows(func(stop <-chan struct{}) { <-stop })
			p.Process.Signal(os.Interrupt)
			p.ends(0)
		})
	}
}

// floodPort runs a program and sends to its server on port 5000 as fast as that is taken;
// told is what tells where that is.
func floodPort(t *testing.T, network, told, code string) {
	t.Helper()
	p := quietRun(t, code, "--port", "5000=any").start()
	p.prints(told)
	address := regexp.MustCompile(regexp.QuoteMeta(told) + `([0-9.:]+)`).FindStringSubmatch(p.err.String())[1]
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p.grows(flood(c, make([]byte, 1400)))
	p.Process.Signal(os.Interrupt)
	p.ends(0)
}

// TestFlood_UDP sends datagrams to a module that does not take them.
func TestFlood_UDP(t *testing.T) {
	floodPort(t, "udp", "port 5000 (udp) is ", `
		local s = net.createUDPSocket()
		s:listen(5000) s:on("receive", function() while true do tmr.wdclr() end end)`)
}

// TestFlood_TCP sends to a module that does not take it, and never reads what it sends.
func TestFlood_TCP(t *testing.T) {
	floodPort(t, "tcp", "port 5000 is ", `
		net.createServer(net.TCP, 300):listen(5000, function(c)
			c:on("receive", function(c) c:hold() end)
			local function more(c) c:send(("x"):rep(1000), more) end
			more(c)
		end)`)
}

// TestFlood_Events tells events that nobody takes.
func TestFlood_Events(t *testing.T) {
	for _, clock := range []string{"real", "virtual"} {
		p := quietRun(t, `
			local function slow() local t = tmr.now() while tmr.now() - t < 20000 do end node.task.post(slow) end slow()`,
			"--json", "--time", clock)
		r, w, err := os.Pipe() // nobody reads it
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		p.Stderr = w
		p.start()
		w.Close()
		p.grows(func(stop <-chan struct{}) { <-stop })
		p.Process.Signal(os.Interrupt)
		p.ends(0)
	}
}

// terminal is a pseudo-terminal: master is the person's side.
type terminal struct{ master, slave *os.File }

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	unlock := 0
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, unlock); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetNonblock(fd, true)
	master := os.NewFile(uintptr(fd), "ptmx")
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	return &terminal{master, slave}
}

// state is how the terminal is set up.
func (m *terminal) state(t *testing.T) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(m.slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

// atTerminal starts a run at a pseudo-terminal that is its controlling one; what it shows
// comes as the process's output.
func atTerminal(t *testing.T, args ...string) (*process, *terminal) {
	t.Helper()
	m := newTerminal(t)
	p := prepare(t, args...)
	p.Env = append(p.Env, "TERM=xterm-256color", "NO_COLOR=", "XDG_STATE_HOME="+t.TempDir())
	p.Stdin, p.Stdout, p.Stderr = m.slave, m.slave, m.slave
	p.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p.start()
	go io.Copy(&p.out, m.master)
	return p, m
}

// TestTerminal is a session at a terminal: keys, Ctrl-D, and the terminal as it was before.
func TestTerminal(t *testing.T) {
	before := newTerminal(t).state(t)
	p, m := atTerminal(t, "run", project(t, "init.lua", `print("ready") print("\27]0;title\7\27[31mred\27[0m\27[6n")`))
	p.prints("ready")
	p.prints("^[]0;title")
	p.prints("\x1b[31mred\x1b[0m^[[6n")
	if m.state(t) == before {
		t.Error("the terminal is not raw")
	}
	io.WriteString(m.master, "print(6 * 7)\r")
	p.prints("42\r\n")
	io.WriteString(m.master, "\x04")
	p.ends(0)
	if m.state(t) != before {
		t.Error("the terminal is not as it was")
	}
	p, m = atTerminal(t, "run", project(t, "init.lua", `print("\27]0;title\7")`), "--raw")
	p.prints("\x1b]0;title\x07")
	p.Process.Signal(syscall.SIGTERM)
	p.ends(0)
	if m.state(t) != before {
		t.Error("the terminal is not as it was after SIGTERM")
	}
}

// TestTerminal_Busy: Ctrl-D is heard whatever the module does, and whatever was typed
// before it.
func TestTerminal_Busy(t *testing.T) {
	p, m := atTerminal(t, "run", project(t, "init.lua", "print('ready') while true do tmr.wdclr() end"))
	p.prints("ready")
	go func() {
		for range 100 {
			io.WriteString(m.master, strings.Repeat("x", 1000))
		}
		io.WriteString(m.master, "\r\x04")
	}()
	p.ends(0)
}

// TestTerminal_HangUp: a terminal that is gone ends the run.
func TestTerminal_HangUp(t *testing.T) {
	p, m := atTerminal(t, "run", project(t, "init.lua", "print('ready') while true do tmr.wdclr() end"))
	p.prints("ready")
	m.slave.Close()
	m.master.Close()
	if code := p.code(); code != 0 && code != 3 {
		t.Errorf("exit code %d", code)
	}
}

// mount mounts a small file system in memory, if this process may do that.
func mount(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// TestFullDisk runs an application whose computer has no room left.
func TestFullDisk(t *testing.T) {
	disk := mount(t, "256k")
	app := project(t, "init.lua", `
		print("ready")
		local f = file.open("log", "w")
		local n = 0
		while f:write(("x"):rep(1000)) do n = n + 1 end
		f:close()
		print("written", n, file.exists("log"))`)
	state := filepath.Join(disk, "state")
	p := prepare(t, "run", app, "--state", state, "--time", "virtual", "--for", "10s")
	p.Stdin = strings.NewReader("")
	p.start().ends(0)
	if !strings.Contains(p.out.String(), "written\t") {
		t.Error("the application did not see a full flash")
	}
	if n := strings.Count(p.err.String(), "no space left"); n != 1 {
		t.Errorf("that the disk is full was told %d times", n)
	}
	// And where there is no room from the start.
	os.WriteFile(filepath.Join(disk, "filler"), make([]byte, 1<<20), 0o666)
	for range 2 {
		p = prepare(t, "run", app, "--state", filepath.Join(disk, "other"), "--time", "virtual", "--for", "1s")
		p.Stdin = strings.NewReader("")
		p.start().ends(3)
	}
	os.Remove(filepath.Join(disk, "filler"))
	os.RemoveAll(state)
	p = prepare(t, "run", app, "--state", filepath.Join(disk, "other"), "--time", "virtual", "--for", "1s")
	p.Stdin = strings.NewReader("")
	p.start().ends(0)
	if b, err := os.ReadFile(filepath.Join(disk, "other", ".gitignore")); string(b) != "*\n" {
		t.Errorf(".gitignore holds %q, %v", b, err)
	}
}

// TestReadOnlyDisk runs an application from a disk that cannot be written.
func TestReadOnlyDisk(t *testing.T) {
	disk := mount(t, "4m")
	os.WriteFile(filepath.Join(disk, "init.lua"), []byte(`
		print("ready", file.getcontents("data"))
		print("written", file.putcontents("new", "x"), file.exists("new"))
		print("removed", file.remove("data"), file.exists("data"))`), 0o666)
	os.WriteFile(filepath.Join(disk, "data"), []byte("kept"), 0o666)
	run := func(code int) *process {
		t.Helper()
		p := prepare(t, "run", disk, "--time", "virtual", "--for", "1s")
		p.Stdin = strings.NewReader("")
		p.start().ends(code)
		return p
	}
	readOnly := func(on uintptr) {
		t.Helper()
		if err := unix.Mount("", disk, "", unix.MS_REMOUNT|on, ""); err != nil {
			t.Fatal(err)
		}
	}
	readOnly(unix.MS_RDONLY)
	if p := run(3); !strings.Contains(p.err.String(), "--state") {
		t.Error("the remedy is not named")
	}
	readOnly(0)
	run(0)
	os.WriteFile(filepath.Join(disk, "data"), []byte("kept"), 0o666)
	os.Chtimes(filepath.Join(disk, "data"), time.Now(), time.Now())
	run(0)
	os.WriteFile(filepath.Join(disk, "data"), []byte("kept "), 0o666) // uploaded again
	p := prepare(t, "run", disk, "--time", "virtual")
	p.Stdin = strings.NewReader("file.remove('new') print('was removed')\n")
	p.start().ends(0)
	os.WriteFile(filepath.Join(disk, ".moonlet", "flash", "data"), []byte("kept "), 0o666)
	readOnly(unix.MS_RDONLY)
	p = run(0)
	if s := p.out.String(); !strings.Contains(s, "ready\tkept") || !strings.Contains(s, "written\tnil\tfalse") || !strings.Contains(s, "true") {
		t.Errorf("out: %q", tail(s))
	}
	if n := strings.Count(p.err.String(), "read-only"); n < 1 || n > 3 {
		t.Errorf("that the disk is read-only was told %d times", n)
	}
}
