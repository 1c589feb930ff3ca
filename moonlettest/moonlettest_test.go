package moonlettest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

const server = `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
	net.createServer():listen(80, function(c)
		c:on("receive", function(c, text)
			local path = text:match("^%u+ (%S+)")
			local n = #(text:match("\r\n\r\n(.*)$") or "")
			c:send("HTTP/1.1 " .. (path == "/" and 200 or 404) .. " x\r\nX-Test: yes\r\n\r\nat " .. path .. " with " .. n, function(c) c:close() end)
		end)
	end)
	net.createServer():listen(23, function(c)
		c:send("welcome\n")
		c:on("receive", function(c, text) if text:find("quit") then c:close() else c:send("<" .. text .. ">") end end)
	end)
	print("ready")`

// TestThreeLines is what the package promises.
func TestThreeLines(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			m := moonlettest.Code(t, server)
			m.Expect("ready")
			if a := m.Get(80, "/"); a.Status != 200 || a.Body != "at / with 0" || a.Header.Get("X-Test") != "yes" {
				t.Errorf("%v", a)
			}
			if a := m.Request(80, "POST", "/form", "a=b"); a.Status != 404 || a.Body != "at /form with 3" {
				t.Errorf("%v", a)
			}
			c := m.Dial(23)
			c.Expect("welcome")
			c.Send("hello")
			if before := c.Expect("ello>"); before != "\n<h" {
				t.Errorf("%q", before)
			}
			c.Send("quit")
			c.ExpectEnd()
		})
	}
}

// TestStart starts a directory, in which nothing changes.
func TestStart(t *testing.T) {
	t.Parallel()
	m := moonlettest.Start(t, "../examples/blink")
	m.ExpectPin(4, 1)
	m.ExpectPin(4, 0)
	m.ExpectPin(4, 1)
	if now, _ := m.Now(); now < time.Second || now > 3*time.Second {
		t.Errorf("it blinked until %v", now)
	}
}

// TestBoard uses pins, buttons, files, events and the prompt.
func TestBoard(t *testing.T) {
	t.Parallel()
	m := moonlettest.New(t, moonlet.Config{
		Files: map[string]string{"init.lua": `gpio.mode(3, gpio.INT, gpio.PULLUP) gpio.mode(1, gpio.OUTPUT)
			gpio.trig(3, "down", function() file.putcontents("pressed", tmr.time()) gpio.write(1, 1) end)
			print("boot", (select(2, node.bootreason())))`},
		Buttons: []moonlet.Button{{Name: "flash", Pin: 3}},
	}, moonlet.Watch(moonlet.WatchFiles))
	m.Expect("boot\t0")
	m.Run(5 * time.Second)
	m.Press("flash", time.Second)
	m.ExpectPin(1, 1)
	if w := moonlettest.Event[moonlet.FileWritten](m); w.File != "pressed" || m.File("pressed") != "5" {
		t.Errorf("%+v, %q", w, m.File("pressed"))
	}
	m.SetPin(2, 1)
	if got := m.Command("print(gpio.read(2))"); got != "1\n" {
		t.Errorf("%q", got)
	}
	m.WiFi("drop")
	m.CutPower()
	m.Expect("boot\t0")
	m.Enter("node.restart()")
	if e := moonlettest.EventThat(m, func(e moonlet.Rebooted) bool { return e.Reason == moonlet.ResetRestart }); e.At == 0 {
		t.Errorf("%+v", e)
	}
	m.Expect("boot\t4")
}

// TestPace waits for a server of the host, which knows nothing of virtual time.
func TestPace(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(100 * time.Millisecond)
		fmt.Fprint(w, "from the host")
	}))
	defer s.Close()
	m := moonlettest.New(t, moonlet.Config{
		Files: map[string]string{"init.lua": `wifi.setmode(wifi.STATION) wifi.sta.config{ssid = "home"}
			wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
				local c = net.createConnection()
				c:on("connection", function(c) c:send("GET / HTTP/1.0\r\n\r\n") end)
				c:on("receive", function(_, text) print(text) end)
				c:connect(80, "server.lan")
				tmr.create():alarm(30000, 0, function() print("too late") end)
			end)`},
		Network: moonlet.NetworkConfig{Connect: map[string]string{"server.lan:80": s.Listener.Addr().String()}},
	})
	m.Pace = 20
	began := time.Now()
	if before := m.Expect("from the host"); strings.Contains(before, "too late") {
		t.Error("time passed too fast")
	}
	m.Run(2 * time.Second)
	if took := time.Since(began); took < 150*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

// fake is a test that may fail.
type fake struct {
	testing.TB
	mu       sync.Mutex
	failed   bool
	text     strings.Builder
	cleanups []func()
}

func (f *fake) Helper() {}
func (f *fake) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}
func (f *fake) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }
func (f *fake) Logf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(&f.text, format+"\n", args...)
}
func (f *fake) Errorf(format string, args ...any) {
	f.Logf(format, args...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = true
}
func (f *fake) Error(args ...any) { f.Errorf("%s", fmt.Sprint(args...)) }
func (f *fake) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}
func (f *fake) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

// fails runs a test that is to fail, and returns what it tells.
func fails(t *testing.T, test func(t testing.TB)) string {
	t.Helper()
	f := &fake{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(f.cleanups); i > 0; i-- {
				f.cleanups[i-1]()
			}
		}()
		test(f)
	}()
	<-done
	if !f.failed {
		t.Error("the test does not fail")
	}
	return f.text.String()
}

// TestFailures holds that what does not come fails the test, and says what was there.
func TestFailures(t *testing.T) {
	short := func(m *moonlettest.Module) *moonlettest.Module {
		m.Patience = 5 * time.Second
		return m
	}
	for name, c := range map[string]struct {
		test func(t testing.TB)
		want []string
	}{
		"made": {func(t testing.TB) { moonlettest.Start(t, "nowhere") }, []string{"there is no such file or directory"}},
		"text": {func(t testing.TB) { short(moonlettest.Code(t, "print('here I am')")).Expect("hello") },
			[]string{`"hello" does not come`, "here I am", "the module's last lines:"}},
		"pin": {func(t testing.TB) { short(moonlettest.Code(t, "")).ExpectPin(1, 1) }, []string{"pin 1 does not become 1 in 5s"}},
		"event": {func(t testing.TB) {
			moonlettest.Event[moonlet.Watchdog](short(moonlettest.Code(t, "if select(2, node.bootreason()) == 0 then node.restart() end")))
		}, []string{"no event watchdog", "rebooted (reset: restart)"}},
		"server": {func(t testing.TB) { short(moonlettest.Code(t, "")).Get(80, "/") }, []string{"no server can be reached at the module's port 80"}},
		"answer": {func(t testing.TB) {
			short(moonlettest.Code(t, strings.Replace(server, `c:on("receive"`, `c:on("sent"`, 1))).Get(80, "/")
		}, []string{"GET /: ", "context canceled"}},
		"connection": {func(t testing.TB) {
			c := short(moonlettest.Code(t, server)).Dial(23)
			c.Expect("goodbye")
		}, []string{`"goodbye" does not come on the connection`, "welcome"}},
		"ended": {func(t testing.TB) {
			c := short(moonlettest.Code(t, server)).Dial(23)
			c.Send("quit")
			c.Expect("more")
		}, []string{"the connection has ended"}},
		"button":  {func(t testing.TB) { moonlettest.Code(t, "").Press("none", time.Second) }, []string{`there is no button "none"`}},
		"file":    {func(t testing.TB) { moonlettest.Code(t, "").File("none") }, []string{"none: file not found"}},
		"endless": {func(t testing.TB) { short(moonlettest.Code(t, "while true do tmr.wdclr() end")).Expect("x") }, []string{"a task did not end"}},
		"paced": {func(t testing.TB) {
			m := short(moonlettest.Code(t, "print('here')"))
			m.Pace = 100
			m.Expect("there")
		}, []string{`"there" does not come`, "here"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := fails(t, c.test)
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in:\n%s", want, text)
				}
			}
		})
	}
}

func ExampleModule() {
	t := &fake{} // the testing.T of a test
	m := moonlettest.Code(t, `print("the answer is " .. 6 * 7)`)
	m.Expect("answer is ")
	fmt.Print(m.Command("print(7 * 8)"))
	for _, f := range t.cleanups {
		f()
	}
	// Output: 56
}
