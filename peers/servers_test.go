package peers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	lualib "moonlet.example/moonlet/lib/lua"
)

// program skips the test if a program is not there.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not on this computer", name)
	}
	return path
}

// freePorts are so many ports of this computer, one behind the other, that nobody uses.
func freePorts(t *testing.T, n int) (first int) {
	t.Helper()
	for range 100 {
		var list []net.Listener
		for i := range n {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", max(first+i, 0)))
			if err != nil {
				break
			}
			if list = append(list, l); i == 0 {
				first = l.Addr().(*net.TCPAddr).Port
			}
		}
		for _, l := range list {
			l.Close()
		}
		if len(list) == n {
			return first
		}
		first = 0
	}
	t.Fatal("no free ports")
	return 0
}

// serverModule runs a module with a server of the library on port 21 or 23, which is found at the address. Its ports for
// passive connections are those of this computer with the same numbers, as clients are told them.
func serverModule(t *testing.T, lua, open string, files map[string]string) (m *moonlet.Module, host, port string) {
	t.Helper()
	return serverModuleAt(t, 5, lua, open, files)
}

// serverModuleAt runs it so many times as fast as a module.
func serverModuleAt(t *testing.T, speed float64, lua, open string, files map[string]string) (m *moonlet.Module, host, port string) {
	t.Helper()
	library := map[string]string{}
	for _, name := range []string{"ftp.lua", "telnet.lua"} {
		code, err := lualib.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		library[name] = string(code)
	}
	first := freePorts(t, 3)
	c := moonlet.Config{
		Lua: lua, StoreBytes: 64 << 10, StoreFiles: library, Time: moonlet.Scaled(speed), Seed: 1,
		Files: map[string]string{"init.lua": `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
			package.loaders[3] = function(name) return node.LFS.get(name) end
			wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function() print "joined" end)
			` + strings.ReplaceAll(open, "PASSIVE", fmt.Sprint(first+1))},
		Network: moonlet.NetworkConfig{
			Ports:   map[int]int{21: first, 23: first, first + 1: first + 1, first + 2: first + 2},
			Connect: map[string]string{"127.0.0.1:*": "127.0.0.1:*"},
		},
	}
	for name, text := range files {
		c.Files[name] = text
	}
	if strings.Contains(open, "telnet") {
		delete(c.Network.Ports, 21)
	} else {
		delete(c.Network.Ports, 23)
	}
	m, err := moonlet.New(c)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, m, "joined")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := strings.Count(m.Output(), "NodeMCU "); n != 1 {
			t.Errorf("the module started %d times:\n%s", n, m.LastLines(20))
		}
		m.Close()
	})
	return m, "127.0.0.1", fmt.Sprint(first)
}

const openFTP = `require("ftp").open { user = "me", password = "secret", passive = PASSIVE }`

// client runs a program in a directory, and returns what it prints.
func client(t *testing.T, dir, name string, args ...string) (out string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = dir, append(os.Environ(), "HOME="+dir, "LC_ALL=C")
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	err = c.Run()
	return b.String(), err
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func content(dir, name string) string {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// onModule is a file of the module.
func onModule(m *moonlet.Module, name string) string {
	b, err := m.ReadFile(name)
	if err != nil {
		return "none"
	}
	return string(b)
}

var luas = []string{"5.3", "5.1", "5.1-int"}

// TestFTPCurl uses the server with curl, with all kinds of data connections.
func TestFTPCurl(t *testing.T) {
	curl := program(t, "curl")
	for _, lua := range luas {
		t.Run("Lua-"+lua, func(t *testing.T) {
			t.Parallel()
			long := strings.Repeat("0123456789", 900)
			m, host, port := serverModule(t, lua, openFTP, map[string]string{"a.txt": long})
			url := "ftp://" + net.JoinHostPort(host, port) + "/"
			for name, mode := range map[string][]string{"epsv": nil, "pasv": {"--disable-epsv"}, "eprt": {"--ftp-port", "-"}, "port": {"--ftp-port", "-", "--disable-eprt"}} {
				t.Run(name, func(t *testing.T) {
					curlSession(t, m, long, url, append([]string{curl, "-sS", "--user", "me:secret", "--max-time", "30"}, mode...))
				})
			}
			_, err := client(t, t.TempDir(), curl, "-sS", "--user", "me:wrong", url)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 67 {
				t.Errorf("a wrong password: %v", err)
			}
			curlKilled(t, m, curl, url)
		})
	}
}

func curlSession(t *testing.T, m *moonlet.Module, long, url string, command []string) {
	dir := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, err := client(t, dir, command[0], append(command[1:], args...)...)
		if err != nil {
			t.Errorf("curl %v: %v: %s", args, err, out)
		}
		return out
	}
	if got := run(url + "a.txt"); got != long {
		t.Errorf("%d bytes", len(got))
	}
	if got := run("-l", url); !strings.Contains(got, "a.txt\r\n") && !strings.Contains(got, "a.txt\n") {
		t.Errorf("%q", got)
	}
	write(t, dir, "part", long[:4000])
	run("-C", "-", "-o", "part", url+"a.txt")
	if got := content(dir, "part"); got != long {
		t.Errorf("a download that goes on gives %d bytes", len(got))
	}
	for _, text := range []string{"", "short", long + long} {
		write(t, dir, "new", text)
		run("-T", "new", url)
		if got := onModule(m, "new"); got != text {
			t.Errorf("an upload of %d bytes gives %d", len(text), len(got))
		}
	}
	write(t, dir, "more", "and more")
	run("-a", "-T", "more", url+"new")
	if got := onModule(m, "new"); got != long+long+"and more" {
		t.Errorf("appending gives %d bytes", len(got))
	}
	write(t, dir, "whole", long)
	write(t, dir, "start", long[:3000])
	run("-T", "start", url+"resumed")
	run("-C", "-", "-T", "whole", url+"resumed")
	if got := onModule(m, "resumed"); got != long {
		t.Errorf("an upload that goes on gives %d bytes", len(got))
	}
	run("-Q", "RNFR resumed", "-Q", "RNTO renamed", "-I", url+"a.txt")
	run("-Q", "DELE new", "-Q", "DELE renamed", "-o", "list", url)
	if onModule(m, "new") != "none" || onModule(m, "renamed") != "none" || onModule(m, "resumed") != "none" {
		t.Error("files are there that were removed")
	}
}

// curlKilled holds that the end of the client in the midst of an upload leaves the old file.
func curlKilled(t *testing.T, m *moonlet.Module, curl, url string) {
	dir := t.TempDir()
	write(t, dir, "a.txt", strings.Repeat("new", 200_000))
	old := onModule(m, "a.txt")
	c := exec.Command(curl, "-sS", "--user", "me:secret", "--limit-rate", "5k", "-T", "a.txt", url)
	c.Dir = dir
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		t.Fatal("the upload has ended by itself: ", err)
	case <-time.After(2 * time.Second): // its beginning is on the module
	}
	_ = c.Process.Kill()
	<-ended
	time.Sleep(time.Second)
	if onModule(m, "a.txt") != old || onModule(m, "~ftp1") != "none" || onModule(m, "~ftp2") != "none" {
		t.Errorf("a.txt has %d bytes", len(onModule(m, "a.txt")))
	}
}

// TestFTPLftp uses the server with lftp, which mirrors both ways.
func TestFTPLftp(t *testing.T) {
	lftp := program(t, "lftp")
	for _, lua := range luas {
		for _, passive := range []string{"on", "off"} {
			t.Run("Lua-"+lua+"/passive-"+passive, func(t *testing.T) {
				t.Parallel() // most of the time is lftp's
				long := strings.Repeat("0123456789", 900)
				m, host, port := serverModule(t, lua, openFTP, map[string]string{"a.txt": long, "b.txt": "other", "empty": ""})
				dir := t.TempDir()
				run := func(script string) string {
					t.Helper()
					out, err := client(t, dir, lftp, "-c", "set net:timeout 20; set net:max-retries 2; set ftp:passive-mode "+passive+
						"; open -u me,secret -p "+port+" "+host+" && "+script)
					if err != nil {
						t.Errorf("%s: %v: %s", script, err, out)
					}
					return out
				}
				run("mirror --no-perms / down")
				for name, want := range map[string]string{"a.txt": long, "b.txt": "other", "empty": ""} {
					if got := content(filepath.Join(dir, "down"), name); got != want {
						t.Errorf("%s has %d bytes: %.50s", name, len(got), got)
					}
				}
				if err := os.Mkdir(filepath.Join(dir, "up"), 0o777); err != nil {
					t.Fatal(err)
				}
				for i := range 8 {
					write(t, filepath.Join(dir, "up"), fmt.Sprintf("up%d", i), long[:i*1000])
				}
				run("mirror -R --no-perms up /")
				for i := range 8 {
					if got := onModule(m, fmt.Sprintf("up%d", i)); got != long[:i*1000] {
						t.Errorf("up%d has %d bytes", i, len(got))
					}
				}
				write(t, dir, "p.txt", "to put")
				run("put p.txt; mv p.txt q.txt; get q.txt; rm b.txt")
				if onModule(m, "q.txt") != "to put" || onModule(m, "p.txt") != "none" || content(dir, "q.txt") != "to put" || onModule(m, "b.txt") != "none" {
					t.Error("put, mv, get, rm do something else")
				}
				if out := run("cls -1; cat q.txt"); !strings.Contains(out, "q.txt\n") || !strings.HasSuffix(out, "to put") {
					t.Errorf("%q", out)
				}
				write(t, dir, "part", long)
				write(t, dir, "up6", long[:2000])
				run("get -c up6; put -c part -o up3")
				if content(dir, "up6") != long[:6000] || onModule(m, "up3") != long {
					t.Errorf("going on gives %d and %d bytes", len(content(dir, "up6")), len(onModule(m, "up3")))
				}
			})
		}
	}
}

// TestTelnetProgram talks to the prompt with a telnet program that has no terminal.
func TestTelnetProgram(t *testing.T) {
	telnet := program(t, "telnet")
	_, host, port := serverModule(t, "5.3", `require("telnet").open { password = "secret" }`, nil)
	c := exec.Command(telnet, host, port)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Process.Kill(); _ = c.Wait() }()
	time.AfterFunc(30*time.Second, func() { _ = c.Process.Kill() })
	got := ""
	wait := func(text string) {
		t.Helper()
		b := make([]byte, 1000)
		for !strings.Contains(got, text) {
			n, err := out.Read(b)
			if got += string(b[:n]); err != nil {
				t.Fatalf("%q does not come: %v; there is %q", text, err, got)
			}
		}
		got = got[strings.Index(got, text)+len(text):]
	}
	say := func(text string) { _, _ = io.WriteString(in, text+"\n") }
	wait("Password: ")
	say("secret")
	wait("> ")
	say("print(6 * 7)")
	wait("42")
	say("x = = 1")
	wait("unexpected symbol")
}
