package moonlet_test

import (
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// newPortal is a module with a portal, in virtual time, alone with two networks.
func newPortal(t *testing.T, code string, script ...string) *moonlettest.Module {
	t.Helper()
	return moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": code}, Time: moonlet.Virtual,
		Network: moonlet.NetworkConfig{HostsOnly: true},
		WiFi: moonlet.WiFiConfig{KnownOnly: true, Script: script, Networks: []moonlet.WiFiNetwork{
			{SSID: "home", Password: "correct horse", Channel: 6, RSSI: -40}, {SSID: "cafe", Channel: 11, RSSI: -70}}}})
}

// meanwhile lets the module live while f does something on the host.
func meanwhile(m *moonlettest.Module, f func()) {
	var done atomic.Bool
	go func() {
		defer done.Store(true)
		f()
	}()
	for !done.Load() {
		m.Run(5 * time.Millisecond)
		time.Sleep(time.Millisecond)
	}
}

// TestPortal goes the whole way in virtual time. The module is an access point alone, and is
// reached by ports of the host all the same.
func TestPortal(t *testing.T) {
	m := newPortal(t, `enduser_setup.start("lamp", function() print("joined", (wifi.sta.getip())) end, print)
		tmr.create():alarm(5000, 0, function() print("access point", (wifi.ap.getip()), (wifi.sta.getip()), (wifi.ap.getconfig())) end)`,
		"30s vanish @home", "30s return @home")
	m.Expect("access point\t192.168.4.1\tnil\tlamp")
	until := func(at time.Duration) {
		now, err := m.Now()
		must(t, err)
		m.Run(at - now)
	}
	status := func(want string) {
		t.Helper()
		if a := m.Get(80, "/status.json"); !strings.HasSuffix(a.Body, want+"}") {
			t.Errorf("%v, want %s", a, want)
		}
	}
	send := func(ssid, password string) {
		t.Helper()
		a := m.Request(80, "POST", "/setwifi", "wifi_ssid="+ssid+"&wifi_password="+password)
		if a.Status != 302 || a.Header.Get("Location") != "/?trying=true" {
			t.Errorf("%s: %v", ssid, a)
		}
	}
	if a := m.Get(80, "/"); a.Status != 200 || !strings.Contains(a.Body, "<title>Wi-Fi setup</title>") {
		t.Error(a)
	}
	if a := m.Get(80, "/aplist"); a.Body != `[{"ssid":"home","rssi":-40,"chan":6,"auth":3},{"ssid":"cafe","rssi":-70,"chan":11,"auth":0}]` {
		t.Error(a)
	}
	if a := m.Get(80, "/hotspot-detect.html"); a.Status != 302 || a.Header.Get("Location") != "http://nodemcu.portal/" {
		t.Error(a)
	}
	send("home", "battery+staple")
	m.Run(5 * time.Second)
	status(`"status":2`)
	until(31 * time.Second)
	send("home", "correct+horse")
	m.Run(10 * time.Second)
	status(`"status":3`)
	until(61 * time.Second)
	send("home", "correct+horse")
	m.Expect("joined\t192.168.0.111")
	status(`"deviceid":"192.168.0.111", "status":5`)
	address := m.Address(80)
	m.Run(10 * time.Second)
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("it listens still")
	}
	m.Enter("print(wifi.getmode() == wifi.STATION, (wifi.sta.getip()), dofile('eus_params.lua').wifi_password)")
	m.Expect("true\t192.168.0.111\tcorrect horse")
}

// TestPortal_Names holds that names are asked for at a port of the host, and that each of them is
// the module's own address.
func TestPortal_Names(t *testing.T) {
	m := newPortal(t, `wifi.setmode(wifi.STATION) enduser_setup.start()`)
	at := moonlettest.EventThat(m, func(e moonlet.Listening) bool { return e.Port.Network == "udp" }).Port
	if at.Module != 53 {
		t.Fatal(at)
	}
	const (
		asked  = "\x11connectivitycheck\x07gstatic\x03com\x00\x00\x01\x00\x01"
		query  = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + asked
		answer = "\x12\x34\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00" + asked + "\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04\xC0\xA8\x04\x01"
	)
	c, err := net.Dial("udp", at.Host.String())
	must(t, err)
	defer c.Close()
	meanwhile(m, func() { // while it has no address nobody hears it
		io.WriteString(c, query)
		time.Sleep(100 * time.Millisecond)
	})
	m.Address(80)
	meanwhile(m, func() {
		io.WriteString(c, query)
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		p := make([]byte, 512)
		if n, err := c.Read(p); string(p[:n]) != answer {
			t.Errorf("%q %v", p[:n], err)
		}
	})
}

// TestPortal_Rude lets browsers behave badly: none of them holds the portal up, what they take is
// given back, and no goroutine is left.
func TestPortal_Rude(t *testing.T) {
	before := runtime.NumGoroutine()
	page := strings.Repeat("0123456789abcde\n", 800) // 12,800 bytes
	t.Run("all", func(t *testing.T) {
		m := newPortal(t, `function told(n, text) print("told", n, text) end
			function go() enduser_setup.start(nil, told) end -- the firmware keeps a reference each time
			function free() collectgarbage() collectgarbage() print("free", node.heap(), "bytes") end
			file.putcontents("enduser_setup.html", "x") for i = 1, 5 do go() enduser_setup.stop() end`)
		m.Run(20 * time.Second)
		m.Command(`do local f = file.open("enduser_setup.html", "w") for i = 1, 800 do f:write("0123456789abcde\n") end f:close() end`)
		free := func() int {
			m.Enter("free()")
			m.Expect("free\t")
			n, err := strconv.Atoi(m.Expect("\tbytes"))
			must(t, err)
			return n
		}
		before := free()
		m.Command("go()")
		m.Run(3 * time.Second)
		address := m.Address(80)
		connect := func(f func(c *net.TCPConn)) {
			t.Helper()
			meanwhile(m, func() {
				c, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(20 * time.Second))
				f(c.(*net.TCPConn))
			})
		}
		const get = "GET / HTTP/1.1\r\n\r\n"
		read := func(c *net.TCPConn) string {
			b, _ := io.ReadAll(c)
			return string(b)
		}
		connect(func(c *net.TCPConn) { // slow
			c.SetReadBuffer(4096)
			io.WriteString(c, get)
			var got []byte
			for p := make([]byte, 100); len(got) < len(page); time.Sleep(100 * time.Microsecond) {
				n, err := c.Read(p)
				if got = append(got, p[:n]...); err != nil {
					break
				}
			}
			if got = append(got, read(c)...); !strings.HasSuffix(string(got), "Content-length:12800\r\n\r\n"+page) {
				t.Errorf("a slow browser gets %d bytes", len(got))
			}
		})
		connect(func(c *net.TCPConn) { // half closed: the end counts as soon as it comes, so the rest is not sent
			io.WriteString(c, get)
			c.CloseWrite()
			if s := read(c); len(s) > len(page) {
				t.Errorf("%d bytes", len(s))
			}
		})
		connect(func(c *net.TCPConn) {
			io.WriteString(c, "GET /status HTTP/1.1\r\n\r\n")
			c.CloseWrite()
			if s := read(c); !strings.HasSuffix(s, "Idle.") {
				t.Errorf("half closed: %q", s)
			}
		})
		connect(func(c *net.TCPConn) { // resets it while the page is sent
			io.WriteString(c, get)
			c.Read(make([]byte, 10))
			c.SetLinger(0)
		})
		connect(func(c *net.TCPConn) { // a header without end
			line := "X-Header: " + strings.Repeat("x", 1000) + "\r\n"
			io.WriteString(c, "GET / HTTP/1.1\r\n")
			for i := 0; ; i++ {
				if _, err := io.WriteString(c, line); err != nil {
					break
				}
				if i > 100_000 {
					t.Error("a header is taken without end")
					return
				}
			}
		})
		m.Expect("told\t3\t1625: \thttp_recvcb failed. Unable to send HTML.")
		connect(func(c *net.TCPConn) {
			io.WriteString(c, "GET /"+strings.Repeat("x", 2000)+" HTTP/1.1\r\n\r\n")
			if s := read(c); !strings.HasPrefix(s, "HTTP/1.1 302 Moved\r\n") {
				t.Errorf("a long path: %q", s)
			}
		})
		connect(func(c *net.TCPConn) { io.WriteString(c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") }) // TLS
		m.Run(10 * time.Second)
		if a := m.Get(80, "/status"); a.Body != "Idle." {
			t.Error(a)
		}
		m.Enter("enduser_setup.stop()")
		m.Run(3 * time.Minute)
		if lost := before - free(); lost < 0 || lost > 40 { // a block may lie in a hole that is somewhat larger now
			t.Errorf("%d bytes are lost", lost)
		}
	})
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines before, %d now", before, runtime.NumGoroutine())
		}
	}
}

// TestPortal_Manual runs the portal within a network of the application's own, which stays, and a
// page of its own, whose fields the application reads.
func TestPortal_Manual(t *testing.T) {
	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"enduser_setup.html": "<form>mine", "init.lua": `
		wifi.setmode(wifi.STATIONAP)
		wifi.ap.config{ssid = "mine", auth = wifi.OPEN, channel = 1}
		enduser_setup.manual(true)
		enduser_setup.start(function()
			print("joined", (wifi.sta.getip()), dofile("eus_params.lua").place)
		end, print)`}, Time: moonlet.Virtual,
		WiFi: moonlet.WiFiConfig{KnownOnly: true, Networks: []moonlet.WiFiNetwork{{SSID: "home", Channel: 1}}}})
	if a := m.Get(80, "/"); a.Body != "<form>mine" {
		t.Error(a)
	}
	m.Request(80, "POST", "/setwifi", "place=cellar&wifi_ssid=home")
	m.Expect("joined\t192.168.0.111\tcellar")
	m.Run(time.Minute)
	if a := m.Get(80, "/status"); a.Body != `Connected to "home" (192.168.0.111).` {
		t.Error(a)
	}
	m.Enter("enduser_setup.stop() print(wifi.getmode() == wifi.STATIONAP, (wifi.ap.getconfig()))")
	m.Expect("true\tmine")
}
