package lualib_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// everyEdition runs a test on each edition, with the server in the store.
func everyEdition(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	for _, edition := range editions {
		t.Run("Lua-"+edition, func(t *testing.T) {
			t.Parallel() // most of the time is the host's
			test(t, place{edition: edition, store: true})
		})
	}
}

// dialFrom connects to a server of the module from an address of this computer.
func dialFrom(t *testing.T, m *moonlettest.Module, from string, port int) *net.TCPConn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.Dial("tcp", m.Address(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// ended waits until the module has closed a connection, and returns what came.
func ended(t *testing.T, m *moonlettest.Module, c net.Conn) string {
	t.Helper()
	text := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(c)
		text <- string(b)
	}()
	for range 500 {
		select {
		case got := <-text:
			return got
		default:
			m.Run(20 * time.Millisecond)
		}
	}
	t.Fatal("the module does not close a connection")
	return ""
}

// file is the content of a file of the module, or "none".
func file(m *moonlettest.Module, name string) string {
	data, err := m.ReadFile(name)
	if err != nil {
		return "none"
	}
	return string(data)
}

// TestFTPStrangers holds that data go to the client alone.
func TestFTPStrangers(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		m := ftpModule(t, p, "", map[string]string{"a.txt": "secret"})
		steady(t, m, 6, func() {
			f := ftpLogin(t, m)
			for _, line := range []string{"PORT 192,168,0,1,100,1", "PORT 127,0,0,2,100,1", "PORT 127,0,0,1,3,255", "PORT 127,0,0,1,0,21", "EPRT |1|10.0.0.1|2000|",
				"EPRT |1|127.0.0.1|22|", "EPRT |1|127.0.0.1|70000|", "PORT 0,0,0,0,100,1", "PORT 127,0,0,1,300,1"} {
				f.want(504, line)
				f.want(425, "RETR a.txt") // and the one before is forgotten
			}
			f.want(229, "EPSV")
			stranger := dialFrom(t, m, "127.0.0.2", ftpPort)
			if got := ended(t, m, stranger); got != "" {
				t.Errorf("a stranger gets %q", got)
			}
			d := m.Dial(ftpPort)
			f.want(150, "RETR a.txt")
			if got := d.ExpectEnd(); got != "secret" {
				t.Errorf("%q", got)
			}
			f.expect(226)
			f.quit()
		})
		startedOnce(t, m)
	})
}

// TestFTPClients is two at a time, and one too many.
func TestFTPClients(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		m := ftpModule(t, p, "", map[string]string{"a.txt": strings.Repeat("a", 20_000), "b.txt": strings.Repeat("b", 20_000)})
		steady(t, m, 6, func() {
			f, g := ftpLogin(t, m), ftpLogin(t, m)
			if got := m.Dial(21).ExpectEnd(); !strings.HasPrefix(got, "421 ") {
				t.Errorf("%q", got)
			}
			d, e := f.passive(), g.passive()
			f.want(150, "RETR a.txt")
			g.want(150, "STOR new")
			e.Send("half")
			if text := g.want(211, "STAT"); !strings.Contains(text, "Transfer: new") || file(m, "new") != "none" {
				t.Errorf("%s %.20q", text, file(m, "new"))
			}
			if got := d.ExpectEnd(); got != strings.Repeat("a", 20_000) {
				t.Errorf("%d bytes", len(got))
			}
			f.expect(226)
			for _, line := range []string{"STOR new", "DELE b.txt"} { // while the other one reads it, or writes it
				if line == "DELE b.txt" {
					e.Close()
					g.expect(226)
					e = g.passive()
					g.want(150, "APPE b.txt")
				}
				f.want(450, line)
			}
			g.want(200, "NOOP")
			g.c.Send("ABOR\r\n")
			g.expect(426)
			g.expect(226)
			if file(m, "new") != "half" || len(file(m, "b.txt")) != 20_000 || file(m, "~ftp2") != "none" {
				t.Errorf("%q, %q", file(m, "new"), file(m, "~ftp2"))
			}
			f.want(250, "DELE new")
			f.quit()
			g.quit()
		})
		startedOnce(t, m)
	})
}

// TestFTPWaits holds that a data connection that does not come, is not read, is cut off or says nothing ends, with
// the old file in its place.
func TestFTPWaits(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		m := ftpModule(t, p, "", map[string]string{"a.txt": "old", "large": strings.Repeat("x", 3_000_000)})
		m.Patience = 3 * time.Minute
		m.Pace = 300
		steady(t, m, 6, func() {
			f := ftpLogin(t, m)
			f.want(229, "EPSV")
			f.want(150, "STOR a.txt")
			f.expect(425) // nobody connects
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			f.want(200, fmt.Sprintf("EPRT |1|127.0.0.1|%d|", l.Addr().(*net.TCPAddr).Port))
			f.want(150, "RETR large")
			f.expect(425) // nobody is there
			for _, line := range []string{"STOR a.txt", "APPE a.txt"} {
				d := f.passive()
				f.want(150, line)
				d.Send("new")
				f.expect(426) // and nothing more
				d.Close()
			}
			f.want(229, "EPSV")
			cut := dialSilent(t, m, ftpPort)
			_, _ = cut.Write([]byte("new"))
			f.want(150, "STOR a.txt")
			_ = cut.SetLinger(0)
			cut.Close()
			f.expect(426) // a reset
			f.want(229, "EPSV")
			cut = dialSilent(t, m, ftpPort)
			f.want(150, "STOR a.txt")
			_, _ = cut.Write([]byte("new"))
			m.Run(100 * time.Millisecond)
			m.Pace = 5  // a tenth of a second is between the ends of the two connections at most
			cut.Close() // the whole client ends
			f.c.Close()
			m.Run(time.Second)
			m.Pace = 300
			f = ftpLogin(t, m)
			if got := f.fetch("RETR a.txt", false); got != "old" {
				t.Errorf("%q", got)
			}
			f.want(229, "EPSV")
			cut = dialSilent(t, m, ftpPort)
			f.want(150, "RETR large")
			_ = cut.SetLinger(0)
			cut.Close()
			f.expect(426)
			f.want(229, "EPSV")
			early := m.Dial(ftpPort) // sends all, and ends, before it is asked
			early.Send(strings.Repeat("early", 1000))
			early.Close()
			m.Run(300 * time.Millisecond)
			f.want(150, "STOR early")
			f.expect(226)
			if got := f.fetch("RETR early", false); got != strings.Repeat("early", 1000) {
				t.Errorf("%d bytes: %.50q", len(got), got)
			}
			f.quit()
		})
		startedOnce(t, m)
	})
}

// TestFTPSessions is logins that fail, clients who say nothing, do not read, or say all at once.
func TestFTPSessions(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		m := ftpModule(t, p, "idle = 90", map[string]string{"a.txt": "text"})
		m.Patience = 3 * time.Minute
		m.Pace = 300
		steady(t, m, 6, func() {
			f := ftpDial(t, m)
			for _, code := range []int{530, 530, 421} {
				f.want(331, "USER me")
				f.want(code, "PASS wrong")
			}
			f.c.ExpectEnd()
			f, g := ftpDial(t, m), ftpLogin(t, m)
			began, _ := m.Now()
			f.expect(421) // who does not log in has to leave, and who says nothing a bit later
			now, _ := m.Now()
			g.expect(421)
			later, _ := m.Now()
			if now-began < 55*time.Second || now-began > 85*time.Second || later-began < 85*time.Second || later-began > 130*time.Second {
				t.Errorf("after %v and %v", now-began, later-began)
			}
			f.c.ExpectEnd()
			g.c.ExpectEnd()
			f = ftpLogin(t, m)
			f.c.Send(strings.Repeat("NOOP\r\n", 1000) + "PWD\r\n") // more than the window
			for range 1000 {
				f.expect(200)
			}
			f.expect(257)
			f.quit()
			silent := dialSilent(t, m, 21)
			_ = silent.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
			go func() { _, _ = silent.Write([]byte(strings.Repeat("HELP\r\n", 100_000))) }()
			m.Run(2 * time.Minute)
			silent.Close()
		})
		startedOnce(t, m)
	})
}

// TestFTPNoise is sessions of bytes by chance, with and without a login before, that end anywhere.
func TestFTPNoise(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		random := rand.New(rand.NewPCG(21, 5))
		m := ftpModule(t, p, "", map[string]string{"a.txt": "text"})
		words := strings.Fields("USER PASS QUIT PASV EPSV PORT EPRT LIST NLST MLSD RETR STOR APPE REST RNFR RNTO DELE ABOR STAT me secret a.txt b * / |1|127.0.0.1|2000| 127,0,0,1,8,0")
		steady(t, m, 6, func() {
			for range 170 { // at least twice, for each of three editions
				c := dialSilent(t, m, 21)
				text := ""
				if random.IntN(2) == 0 {
					text = "USER me\r\nPASS secret\r\n"
				}
				for range random.IntN(20) {
					if random.IntN(8) == 0 {
						text += noise(random)
					}
					text += words[random.IntN(len(words))] + " "
					if random.IntN(2) == 0 {
						text += "\r\n"
					}
				}
				_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
				_, _ = io.WriteString(c, text)
				m.Run(time.Duration(random.IntN(100)) * time.Millisecond)
				if random.IntN(2) == 0 {
					_ = c.SetLinger(0)
				}
				c.Close()
			}
			m.Run(20 * time.Second) // the server may pause
			leave(m, ftpLogin(t, m).c)
		})
		startedOnce(t, m)
	})
}

// TestFTPFull holds that an upload for which there is no room leaves the old file and nothing else.
func TestFTPFull(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		for _, flag := range []string{"flash-read", "flash-write", "flash-erase"} { // or garbage collection may take half a minute
			p.options = append(p.options, moonlet.Set(flag, "off"))
		}
		m := p.start(t, map[string]string{"a.txt": "old"}, `if select(3, file.fsinfo()) > 200000 then return node.setpartitiontable { spiffs_size = 0x20000 } end
local f = file.open("filler", "w")
for i = 1, 60 do f:write(("x"):rep(1024)) tmr.wdclr() end
f:close()
`+listening+`ftp = require "ftp" ftp.open { user = "me", password = "secret", passive = 50000 } print "ready"`, "ftp")
		m.Expect("ready")
		m.Pace = 50
		steady(t, m, 6, func() {
			f := ftpLogin(t, m)
			for _, line := range []string{"STOR a.txt", "APPE a.txt", "STOR new"} {
				f.want(229, "EPSV")
				c := dialFrom(t, m, "127.0.0.1", ftpPort)
				f.want(150, line)
				go func() { _, _ = io.WriteString(c, strings.Repeat("content ", 10_000)) }() // the module ends it
				f.expect(452)
				if file(m, "a.txt") != "old" || file(m, "new") != "none" || file(m, "~ftp1") != "none" {
					t.Errorf("%.30q, %.30q, %.30q", file(m, "a.txt"), file(m, "new"), file(m, "~ftp1"))
				}
			}
			if code := f.put("STOR a.txt", "new", false); code != 226 || file(m, "a.txt") != "new" {
				t.Errorf("%d, %.30q", code, file(m, "a.txt"))
			}
			if code := f.put("STOR a.txt", "old", false); code != 226 {
				t.Error(code)
			}
			f.quit()
		})
		if n := countStarts(m); n != 2 {
			t.Errorf("the module started %d times", n)
		}
	})
}

// TestFTPPowerCut holds that a power cut at any time leaves the old file, the new one or none, and that the next
// start removes what is left of the upload.
func TestFTPPowerCut(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		old, text := strings.Repeat("old ", 1000), strings.Repeat("new ", 2000)
		m := ftpModule(t, p, "", map[string]string{"a.txt": old, "b.txt": "other"})
		outcomes := map[string]int{}
		for i := range 16 {
			f := ftpLogin(t, m)
			d := f.passive()
			f.want(150, "STOR a.txt")
			d.Send(text[:len(text)/2])
			if i > 3 {
				d.Send(text[len(text)/2:])
				d.Close()
			}
			m.Run(time.Duration(i*60) * time.Millisecond)
			m.CutPower()
			m.Expect("ready")
			switch got := file(m, "a.txt"); got {
			case old, text, "none":
				outcomes[got[:3]]++
			default:
				t.Fatalf("%d bytes: %.20q", len(got), got)
			}
			if file(m, "~ftp1") != "none" || file(m, "b.txt") != "other" {
				t.Errorf("%.20q, %.20q", file(m, "~ftp1"), file(m, "b.txt"))
			}
			f = ftpLogin(t, m)
			if code := f.put("STOR a.txt", old, false); code != 226 {
				t.Error(code)
			}
			f.quit()
		}
		t.Log(outcomes)
		if outcomes["old"] == 0 || outcomes["new"] == 0 {
			t.Errorf("the cuts leave %v", outcomes)
		}
	})
}

// TestFTPOptions is a server that does not let everything be done.
func TestFTPOptions(t *testing.T) {
	everyEdition(t, func(t *testing.T, p place) {
		m := ftpModule(t, p, "readonly = true, files = function(name) return name:sub(-4) == '.txt' end", map[string]string{"a.txt": "text", "key": "secret"})
		f := ftpLogin(t, m)
		for _, line := range []string{"STOR a.txt", "APPE b.txt", "DELE a.txt", "RNFR a.txt", "RETR key", "SIZE key", "MLST key", "RETR init.lua"} {
			f.want(550, line)
		}
		if got := f.fetch("NLST", false) + f.fetch("NLST key", true) + f.fetch("RETR a.txt", true); got != "a.txt\r\ntext" {
			t.Errorf("%q", got)
		}
		f.quit()
		m.Enter("ftp.close() print(pcall(ftp.open)) ftp.open{user='me', password='', port=2121} print(pcall(ftp.open, {}))")
		m.Expect("ftp: user or password is missing")
		m.Expect("ftp: it is open")
		f = &ftpClient{t, m, m.Dial(2121)}
		f.expect(220)
		f.want(331, "USER me")
		f.want(230, "PASS ")
		m.Enter("ftp.close() ftp.close()")
		f.c.ExpectEnd()
		startedOnce(t, m)
	})
}
