//go:build unix

package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// quietRun is a run that goes on until somebody ends it: nobody types.
func quietRun(t *testing.T, code string, args ...string) *process {
	t.Helper()
	return prepare(t, append([]string{"run", project(t, "init.lua", code)}, args...)...)
}

// TestSignals ends modules and programs by each signal that asks for it, once.
func TestSignals(t *testing.T) {
	file := func(code string) string { return filepath.Join(project(t, "p.lua", code), "p.lua") }
	for name, c := range map[string]struct {
		args   []string
		prints string
		code   int
	}{
		"idle":           {[]string{"run", file("print('ready')")}, "ready\r\n", 0},
		"busy":           {[]string{"run", file("print('ready') while true do tmr.wdclr() end")}, "ready\r\n", 0},
		"busy, virtual":  {[]string{"run", file("print('ready') while true do tmr.wdclr() end"), "--time", "virtual"}, "ready\r\n", 0},
		"prints":         {[]string{"run", file("print('ready') while true do print('more') tmr.wdclr() end"), "--time", "virtual"}, "ready\r\n", 0},
		"delays":         {[]string{"run", file("print('ready') tmr.delay(3000000)")}, "ready\r\n", 0},
		"sleeps":         {[]string{"run", file("print('ready') node.dsleep(0)")}, "asleep", 0},
		"restarts":       {[]string{"run", file("print('ready') node.restart()"), "--time", "1000x"}, "ready\r\n", 0},
		"heap":           {[]string{"heap", file("print('ready') while true do tmr.wdclr() end"), "--serial", "--after", "100000h"}, "ready\r\n", 130},
		"heap, waits":    {[]string{"heap", file("tmr.create():alarm(1, 1, function() end) print('ready')"), "--serial", "--after", "100000h"}, "ready\r\n", 130},
		"exec":           {[]string{"exec", file("print('ready') io.flush() while true do end")}, "ready\n", 130},
		"exec, reads":    {[]string{"exec", file("print('ready') io.read()")}, "ready\n", 130},
		"exec, patterns": {[]string{"exec", file("print('ready') io.flush() string.find(string.rep('a', 60), string.rep('a*', 30) .. 'b')")}, "ready\n", 130},
	} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			ignored := signal.Ignored(sig)
			t.Run(fmt.Sprintf("%s, %v", name, sig), func(t *testing.T) {
				t.Parallel()
				if ignored {
					t.Skipf("%v is ignored here, as under nohup, and stays so", sig)
				}
				p := prepare(t, c.args...)
				if strings.Contains(name, "reads") {
					r, w, err := os.Pipe()
					if err != nil {
						t.Fatal(err)
					}
					defer w.Close()
					defer r.Close()
					p.Stdin = r
				}
				p.start().prints(c.prints)
				began := time.Now()
				p.Process.Signal(sig)
				p.ends(c.code)
				t.Logf("ended after %v", time.Since(began))
			})
		}
	}
}

// TestStringsInterrupted ends a search for strings, which boots several modules.
func TestStringsInterrupted(t *testing.T) {
	dir := project(t, "init.lua", "tmr.create():alarm(1, 1, function() end)")
	p := launch(t, "lfs", "strings", dir, "--after", "100000h")
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if made, _ := os.ReadDir(p.temp); len(made) > 0 || time.Now().After(end) {
			break
		}
	}
	p.Process.Signal(os.Interrupt)
	p.ends(130)
}

// TestIgnoredHangup holds that nohup works: what is ignored at the start stays ignored.
func TestIgnoredHangup(t *testing.T) {
	path, err := command()
	if err != nil {
		t.Fatal(err)
	}
	p := prepare(t)
	p.Cmd = exec.Command("sh", "-c", `trap "" HUP; exec "$0" run "$1"`, path, project(t, "init.lua", "print('ready')"))
	p.Stdout, p.Stderr = &p.out, &p.err
	p.start().prints("ready")
	for range 3 {
		p.Process.Signal(syscall.SIGHUP)
		time.Sleep(50 * time.Millisecond)
	}
	select {
	case <-p.done:
		t.Fatal("it ended")
	default:
	}
	p.Process.Signal(syscall.SIGTERM)
	p.ends(0)
}

// TestClosedStreams starts the command with streams that are closed, or whose other end is.
// For a closed one Go puts /dev/null.
func TestClosedStreams(t *testing.T) {
	path, err := command()
	if err != nil {
		t.Fatal(err)
	}
	dir := project(t, "init.lua", "print('ready')")
	for _, c := range []struct {
		redirect string
		code     int
	}{
		{"<&-", 0}, {">&-", 0}, {"2>&-", 0}, {"<&- >&- 2>&-", 0}, {">/dev/full", 3}, {"2>/dev/full", 0},
	} {
		p := prepare(t)
		p.Cmd = exec.Command("sh", "-c", `exec "$0" run "$1" --time virtual --for 1s `+c.redirect, path, dir)
		p.Stdout, p.Stderr = &p.out, &p.err
		if p.start().ends(c.code); t.Failed() {
			t.Fatalf("with %s", c.redirect)
		}
	}
	p := prepare(t)
	p.Cmd = exec.Command("sh", "-c", `"$0" run "$1" --time virtual | head -c 100; exit 0`, path, project(t, "init.lua", "while true do print('x') tmr.wdclr() end"))
	p.Stdout, p.Stderr = &p.out, &p.err
	if p.start().ends(0); !strings.Contains(p.err.String(), "standard output: ") {
		t.Errorf("err: %q", p.err.String())
	}
}

// TestClosedPipe holds that a command whose reader has gone ends, as C's would, without a
// word.
func TestClosedPipe(t *testing.T) {
	path, err := command()
	if err != nil {
		t.Fatal(err)
	}
	dir := project(t, "init.lua", "", "forever.lua", "while true do print('x') end")
	for _, line := range []string{`"$0" exec "$1/forever.lua" | head -n 1`, `"$0" heap "$1" | head -n 1`, `"$0" --help | head -n 1`} {
		p := prepare(t)
		p.Cmd = exec.Command("sh", "-c", line, path, dir)
		p.Stdout, p.Stderr = &p.out, &p.err
		p.start().ends(0)
		if strings.Count(p.out.String(), "\n") != 1 || p.err.String() != "" {
			t.Errorf("%s: out %q, err %q", line, p.out.String(), p.err.String())
		}
	}
}

// TestStuckReaders holds that readers who do not read keep no process.
func TestStuckReaders(t *testing.T) {
	for _, stuck := range []string{"out", "err", "both"} {
		p := quietRun(t, "while true do print('hello world') tmr.wdclr() local t = tmr.now() while tmr.now() - t < 20000 do end end")
		r, w, err := os.Pipe() // nobody reads it
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if stuck != "err" {
			p.Stdout = w
		}
		if stuck != "out" {
			p.Stderr = w
		}
		p.start()
		w.Close()
		time.Sleep(200 * time.Millisecond)
		began := time.Now()
		p.Process.Signal(syscall.SIGTERM)
		p.ends(0)
		t.Logf("%s: ended after %v", stuck, time.Since(began))
	}
}

// TestKilled kills modules that write all the time, at moments of every kind, and holds
// that the next one starts, that every file is whole, and that nothing is left over.
func TestKilled(t *testing.T) {
	times := 20
	if long() {
		times = 500
	}
	for _, store := range []string{"directory", "chip"} {
		dir := project(t, "init.lua", `
			local n = tonumber(file.getcontents("n") or "0") or 0
			local text = file.getcontents("text")
			if text and text ~= (text:match("^%d+ ") or "x"):rep(50) then print("torn", #text, text) end
			print("ready", n)
			wifi.setmode(wifi.STATION, true)
			tmr.create():alarm(1, 1, function()
				n = n + 1
				file.putcontents("new", (n .. " "):rep(50))
				file.remove("text") file.rename("new", "text")
				file.putcontents("n", n)
				wifi.sta.config{ssid = "net" .. n % 7, save = true}
			end)`)
		args := []string{"run", dir}
		if store == "chip" {
			args = append(args, "--flash", filepath.Join(dir, "module.bin"))
		}
		for i := range times {
			p := prepare(t, args...)
			p.start()
			if i%3 > 0 { // else it may not have begun
				p.prints("ready")
			}
			time.Sleep(time.Duration(i*7919%40) * time.Millisecond)
			p.Process.Kill()
			<-p.done
			if s := p.out.String(); strings.Contains(s, "torn") || strings.Contains(s, "error") {
				t.Fatalf("%s, kill %d: %s", store, i, s)
			}
		}
		p := prepare(t, append(args, "--for", "300ms")...)
		p.Stdin = strings.NewReader("")
		p.start().ends(0)
		var odd []string
		filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
			if base := filepath.Base(path); strings.Contains(base, "tmp") || regexp.MustCompile(`^\..*\.\d+$`).MatchString(base) {
				odd = append(odd, path)
			}
			return nil
		})
		if len(odd) > 0 {
			t.Errorf("%s: left over: %q", store, odd)
		}
	}
}

// TestLoad asks a server of a module again and again, by several at a time.
func TestLoad(t *testing.T) {
	requests := 400
	if long() {
		requests = 20_000
	}
	code := `
		net.createServer(net.TCP, 5):listen(80, function(c)
			c:on("receive", function(c) c:send("HTTP/1.0 200 OK\r\n\r\nhello", function(c) c:close() end) end)
		end)`
	p := quietRun(t, code, "--port", "80=any").start()
	p.prints("port 80 is http://")
	address := regexp.MustCompile(`http://[0-9.:]+/`).FindString(p.err.String())
	before := p.resident()
	var wg sync.WaitGroup
	const clients = 8
	failed := make(chan error, clients)
	for range clients {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
			for range requests / clients {
				r, err := client.Get(address)
				if err != nil {
					failed <- err
					return
				}
				b, err := io.ReadAll(r.Body)
				r.Body.Close()
				if string(b) != "hello" || err != nil {
					failed <- fmt.Errorf("%q, %v", b, err)
					return
				}
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		t.Error(err)
	default:
	}
	if after := p.resident(); after > before+40<<20 {
		t.Errorf("the process grew from %d to %d bytes", before, after)
	}
	p.Process.Signal(os.Interrupt)
	p.ends(0)
	if strings.Contains(p.err.String(), "reset") {
		t.Error("the module was reset")
	}
}

// TestSoak lets an application live for a long virtual time.
func TestSoak(t *testing.T) {
	hours := "24h"
	if long() {
		hours = "720h"
	}
	p := quietRun(t, `
		local n = 0
		tmr.create():alarm(1000, 1, function() n = n + 1 if n % 3600 == 0 then file.putcontents("n", n) print(n, node.heap()) end end)`,
		"--time", "virtual", "--for", hours)
	p.Stdin = strings.NewReader("")
	p.start().ends(0)
	lines := regexp.MustCompile(`(\d+)\t(\d+)`).FindAllStringSubmatch(p.out.String(), -1)
	var want int
	fmt.Sscanf(hours, "%dh", &want)
	if len(lines) < want-1 {
		t.Fatalf("%d hours of %d", len(lines), want)
	}
	first, last := lines[1][2], lines[len(lines)-1][2]
	var a, b int
	fmt.Sscan(first, &a)
	fmt.Sscan(last, &b)
	if b < a-2000 {
		t.Errorf("the heap shrank from %d to %d bytes", a, b)
	}
}

// outside makes a project beside a directory that is none of its business, and a check
// that nothing in there has changed.
func outside(t *testing.T, files ...string) (dir, other string, untouched func()) {
	t.Helper()
	dir = project(t, files...)
	other = filepath.Join(filepath.Dir(dir), "other")
	secrets := map[string]string{"secret": "secret", "records.bin": "mine", "wifi.json": "mine", "flash/init.lua": "print('mine')", "x.bin": strings.Repeat("\xff", 4<<20)}
	for name, text := range secrets {
		path := filepath.Join(other, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir, other, func() {
		t.Helper()
		found := 0
		filepath.WalkDir(other, func(path string, d os.DirEntry, _ error) error {
			if d.IsDir() {
				return nil
			}
			name, _ := filepath.Rel(other, path)
			if b, err := os.ReadFile(path); err != nil || secrets[name] != string(b) {
				t.Errorf("%s outside of the project has %.20q, %v", name, b, err)
			}
			found++
			return nil
		})
		if found != len(secrets) {
			t.Errorf("%d files outside of the project, not %d", found, len(secrets))
		}
	}
}

// nosy is an application that tries all that it has.
const nosy = `
	for name in pairs(file.list()) do print("sees", name, (file.getcontents(name))) end
	for _, name in ipairs{"../secret", "../../other/secret", "/etc/passwd", "secret"} do print("reads", name, (file.getcontents(name))) file.putcontents(name, "taken") end
	wifi.setmode(wifi.STATION, true) wifi.sta.config{ssid = "home", pwd = "correct horse", save = true}
	node.startupcommand("@init.lua")
	file.format()
	file.putcontents("left", "x")`

// TestHostileProject runs projects that somebody has prepared with links and keys that lead
// out of them.
func TestHostileProject(t *testing.T) {
	for name, c := range map[string]struct {
		links map[string]string // in the project, to what is in the other directory
		toml  string
		args  []string
	}{
		"state is a link":      {links: map[string]string{".moonlet": "."}},
		"flash is a link":      {links: map[string]string{".moonlet/flash": "."}},
		"flash of another":     {links: map[string]string{".moonlet/flash": "flash"}},
		"records":              {links: map[string]string{".moonlet/records.bin": "records.bin"}},
		"Wi-Fi":                {links: map[string]string{".moonlet/wifi.json": "wifi.json"}},
		"manifest":             {links: map[string]string{".moonlet/uploaded.json": "secret"}},
		"lock":                 {links: map[string]string{".moonlet/moonlet.lock": "secret"}},
		"gitignore":            {links: map[string]string{".moonlet/.gitignore": "secret"}},
		"store":                {links: map[string]string{".moonlet/lfs-090000.bin": "secret"}, toml: "lfs_files = [\"m.lua\"]"},
		"a file in flash":      {links: map[string]string{".moonlet/flash/secret": "secret"}},
		"a source":             {links: map[string]string{"data.txt": "secret"}},
		"a directory":          {links: map[string]string{"www": "."}, toml: "files = [\"init.lua\", \"www/*\"]"},
		"a module":             {links: map[string]string{"lib": "flash"}, toml: "lfs_files = [\"lib/*.lua\"]"},
		"key state":            {toml: "state = \"../other\""},
		"key flash":            {toml: "flash = \"../other/x.bin\""},
		"key flash, new":       {toml: "flash = \"../other/new.bin\""},
		"key files":            {toml: "files = [\"init.lua\", \"../other/./secret\"]"},
		"key files, absolute":  {toml: "files = [\"init.lua\", \"/etc/./host*\"]"},
		"key lfs_files":        {toml: "lfs_files = [\"../other/flash/./*.lua\"]"},
		"the chip":             {links: map[string]string{"chip.bin": "x.bin"}, toml: "flash = \"chip.bin\""},
		"wear and lock":        {links: map[string]string{"chip.bin.wear": "secret", "chip.bin.lock": "secret"}, toml: "flash = \"chip.bin\""},
		"manifest of the chip": {links: map[string]string{"chip.bin.uploaded.json": "secret"}, toml: "flash = \"chip.bin\""},
		"the project file":     {links: map[string]string{"moonlet.toml": "secret"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := []string{"init.lua", nosy, "m.lua", "return 1"}
			if c.links["moonlet.toml"] == "" {
				files = append(files, "moonlet.toml", "flash_erase = \"off\"\n"+c.toml) // to format takes 38 s
			}
			dir, other, untouched := outside(t, files...)
			for link, to := range c.links {
				path := filepath.Join(dir, link)
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(filepath.Join(other, to), path); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range [][]string{
				{"run", dir, "--time", "virtual", "--for", "1s"},
				{"run", dir, "--time", "virtual", "--for", "1s", "--fresh"},
				{"heap", dir, "--after", "1s"},
				{"lfs", "strings", dir, "--after", "1s", "-o", "-"},
				{"flash", "create", dir, "-o", filepath.Join(dir, "made.bin")},
			} {
				p := prepare(t, args...)
				p.Stdin = strings.NewReader("")
				code := p.start().code()
				if code != 0 && code != 2 && code != 3 {
					t.Errorf("%q: exit code %d", args, code)
				}
				if s := p.out.String() + p.err.String(); strings.Contains(s, "secret\tsecret") || strings.Contains(s, "root:") {
					t.Errorf("%q: a secret is out: %s", args, tail(s))
				}
				if code == 2 && !strings.Contains(p.err.String(), "--") && !strings.Contains(p.err.String(), "remove the link") {
					t.Errorf("%q: no remedy in %q", args, p.err.String())
				}
				os.Remove(filepath.Join(dir, "made.bin"))
				untouched()
			}
		})
	}
}

// TestTwoRuns holds that a state directory and a chip belong to one run at a time.
func TestTwoRuns(t *testing.T) {
	dir := project(t, "init.lua", "print('ready')")
	for _, args := range [][]string{{"run", dir}, {"run", dir, "--flash", filepath.Join(dir, "chip.bin"), "--state", filepath.Join(dir, "other")}} {
		first := launch(t, args...)
		first.prints("ready")
		second := launch(t, append(args, "--fresh")...)
		second.ends(3)
		if want := fmt.Sprintf("in use by process %d on ", first.Process.Pid); !strings.Contains(second.err.String(), want) {
			t.Errorf("%q, want %q", second.err.String(), want)
		}
		first.Process.Kill() // which leaves no lock that counts
		<-first.done
		third := prepare(t, append(args, "--for", "100ms")...)
		third.Stdin = strings.NewReader("")
		third.start().ends(0)
	}
}

// TestNothingReachesThisComputer lets an application try what listens on loopback here.
func TestNothingReachesThisComputer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	reached := make(chan string, 100)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
			reached <- "TCP"
		}
	}()
	go func() {
		b := make([]byte, 100)
		for {
			if _, from, err := pc.ReadFromUDP(b); err != nil {
				return
			} else {
				reached <- fmt.Sprint("UDP from ", from)
			}
		}
	}()
	tcp, udp := ln.Addr().(*net.TCPAddr).Port, pc.LocalAddr().(*net.UDPAddr).Port
	code := fmt.Sprintf(`
		wifi.setmode(wifi.STATIONAP) wifi.sta.config{ssid = "x", save = false}
		tmr.create():alarm(3000, 0, function()
			local u = net.createUDPSocket()
			for _, a in ipairs{"127.0.0.1", "127.1.2.3", "0.0.0.0", "localhost", "192.168.0.1", "192.168.0.111", "192.168.4.1", "255.255.255.255", "192.168.0.255", "224.0.0.1", "169.254.169.254"} do
				pcall(function() net.createConnection():connect(%d, a) end)
				pcall(function() u:send(%d, a, "hello") end)
				pcall(function() net.ping(a, 1, function() end) end)
			end
			print("tried")
		end)`, tcp, udp)
	for _, policy := range []string{"all", "local", "none"} {
		p := prepare(t, "run", project(t, "init.lua", code), "--network", policy, "--time", "virtual", "--for", "20s")
		p.Stdin = strings.NewReader("")
		p.start().ends(0)
		if !strings.Contains(p.out.String(), "tried") || !strings.Contains(p.err.String(), "goes nowhere") {
			t.Errorf("%s: it did not try, or nothing was told", policy)
		}
	}
	select {
	case what := <-reached:
		t.Errorf("reached: %s", what)
	case <-time.After(100 * time.Millisecond):
	}
}
