package websocket_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	hostsock "net"
	hosthttp "net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/websocket"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

type board struct {
	*porttest.Chip
	net   *hostnet.Net
	notes []string
}

func (b *board) Net() port.Net            { return b.net }
func (b *board) Notes() port.Notes        { return b }
func (b *board) Note(module, text string) { b.notes = append(b.notes, text) }

type testChip struct {
	*moduletest.Lua
	t     testing.TB
	board *board
}

func newChip(t testing.TB) *testChip {
	t.Helper()
	b := &board{Chip: porttest.New(t, porttest.Config{Clock: sdk.NewRealClock(40), NoWatchdog: true})}
	b.net = hostnet.New(hostnet.Config{Loop: b.Tasks, HostsOnly: true, Hosts: map[string]port.IP{"here": {127, 0, 0, 1}}})
	t.Cleanup(b.net.Close)
	b.AtReset(b.net.Reset)
	b.net.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0})
	c := &testChip{t: t, board: b}
	c.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{websocket.Module}})
	c.Do(`ws = websocket.createClient()
		ws:on("connection", function(w) print("connection", w == ws) if open then open() end end)
		ws:on("receive", function(w, m, op) print("receive", w == ws, (m:gsub("%z", "<0>")), op) if got then got(m) end end)
		ws:on("close", function(w, code) print("close", w == ws, code) if gone then gone() end end)`)
	return c
}

// peer is the server's side of a connection.
type peer struct {
	hostsock.Conn
	r    *bufio.Reader
	head string
}

// record is what a server has seen.
type record struct {
	mu   sync.Mutex
	list []string
}

func (r *record) add(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, s)
}

// wait waits until that is there, and returns what is.
func (r *record) wait(want string) (got string) {
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if got = r.String(); got == want || time.Now().After(until) {
			return got
		}
	}
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprint(r.list)
}

// serve is a server that reads the request and lets talk do the rest.
func serve(t testing.TB, talk func(p *peer)) (url string) {
	t.Helper()
	ln, err := hostsock.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(20 * time.Second))
			p := &peer{Conn: c, r: bufio.NewReader(c)}
			for !strings.HasSuffix(p.head, "\r\n\r\n") {
				b, err := p.r.ReadByte()
				if err != nil {
					break
				}
				p.head += string(b)
			}
			talk(p)
			c.Close()
		}
	}()
	return fmt.Sprintf("ws://here:%d", ln.Addr().(*hostsock.TCPAddr).Port)
}

// accept answers the request.
func (p *peer) accept(more string) {
	r, err := hosthttp.ReadRequest(bufio.NewReader(strings.NewReader(p.head)))
	if err != nil {
		return
	}
	fmt.Fprintf(p, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n\r\n%s", acceptOf(r.Header.Get("Sec-WebSocket-Key")), more)
}

// read reads a frame of a client: its first byte and its payload.
func (p *peer) read() string {
	head := make([]byte, 2)
	if _, err := io.ReadFull(p.r, head); err != nil {
		return "end"
	}
	n := int(head[1] & 127)
	if n == 126 {
		long := make([]byte, 2)
		_, _ = io.ReadFull(p.r, long)
		n = int(long[0])<<8 + int(long[1])
	}
	rest := make([]byte, 4+n)
	if _, err := io.ReadFull(p.r, rest); err != nil || head[1]&128 == 0 {
		return "end"
	}
	for i := range n {
		rest[4+i] ^= rest[i%4]
	}
	return fmt.Sprintf("%02x%s", head[0], rest[4:])
}

// gone waits until the client has closed.
func (p *peer) gone() { _, _ = io.Copy(io.Discard, p.r) }

// talk lets a client connect, and tells what was printed until it was closed.
func (c *testChip) talk(url, code string) string {
	c.t.Helper()
	c.Do(code)
	c.Do(fmt.Sprintf("ws:connect(%q)", url))
	if !c.WaitFor(func() bool { return strings.Contains(c.Out.String(), "close") }) {
		c.t.Errorf("it was not closed: %q", c.Out.String())
	}
	c.RunFor(10 * time.Millisecond)
	if err := c.Machine.CheckHeap(); err != nil {
		c.t.Error(err)
	}
	if top := c.Machine.State().GetTop(); top != 0 {
		c.t.Errorf("%d values are left on the stack", top)
	}
	return c.Printed()
}

const connected = "connection\ttrue\n"

// received is what a message prints. Zero bytes are shown in another way, since print ends there in Lua 5.1.
func received(m string, op int) string {
	return fmt.Sprintf("receive\ttrue\t%s\t%d\n", strings.ReplaceAll(m, "\x00", "<0>"), op)
}

func closed(code int) string { return fmt.Sprintf("close\ttrue\t%d\n", code) }

func TestRequest(t *testing.T) { moduletest.Editions(t, testRequest) }

func testRequest(t *testing.T) {
	heads := make(chan string, 1)
	url := serve(t, func(p *peer) { heads <- p.head })
	for _, x := range []struct{ code, more string }{
		{"", "User-Agent: ESP8266\r\nSec-WebSocket-Protocol: chat\r\n"},
		{"ws:config{headers = {['user-agent'] = 'me'}}", "user-agent: me\r\nSec-WebSocket-Protocol: chat\r\n"},
		{"ws:config{headers = {upgrade = 'x', Number = 5}}", "Number: 5\r\nUser-Agent: ESP8266\r\nSec-WebSocket-Protocol: chat\r\n"},
		{"ws:config{headers = {A = 'b'}} ws:config{headers = {}}", "User-Agent: ESP8266\r\nSec-WebSocket-Protocol: chat\r\n"},
		{"ws:config{headers = {A = 'b'}} ws:config{}", "A: b\r\nUser-Agent: ESP8266\r\nSec-WebSocket-Protocol: chat\r\n"},
	} {
		c := newChip(t)
		if got := c.talk(url+"/a?b", x.code); got != closed(-99) {
			t.Errorf("%s: %q", x.code, got)
		}
		head := <-heads
		r, err := hosthttp.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			t.Fatal(err)
		}
		key := r.Header.Get("Sec-WebSocket-Key")
		if b, err := base64.StdEncoding.DecodeString(key); err != nil || len(b) != 16 {
			t.Errorf("key %q", key)
		}
		want := "GET /a?b HTTP/1.1\r\nHost: " + strings.TrimPrefix(url, "ws://") + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " +
			key + "\r\nSec-WebSocket-Version: 13\r\n" + x.more + "\r\n"
		if head != want {
			t.Errorf("%s: %q, want %q", x.code, head, want)
		}
	}
}

func TestConversation(t *testing.T) { moduletest.Editions(t, testConversation) }

func testConversation(t *testing.T) {
	var seen record
	url := serve(t, func(p *peer) {
		p.accept("")
		for {
			f := p.read()
			seen.add(f)
			switch {
			case f == "end":
				return
			case strings.HasPrefix(f, "88"):
				fmt.Fprintf(p, "\x88\x00")
			default:
				m := f[2:]
				if len(m) < 126 {
					fmt.Fprintf(p, "\x81%c%s", len(m), m)
				} else {
					fmt.Fprintf(p, "\x82\x7E%c%c%s", 0, 0, "")
				}
			}
		}
	})
	c := newChip(t)
	got := c.talk(url, `function open() ws:send("hello") end
		local n = 0
		function got(m) n = n + 1 if n == 1 then ws:send("bin", 2) elseif n == 2 then ws:send(("x"):rep(300)) else ws:close() end end`)
	want := connected + received("hello", 1) + received("bin", 1) + received("", 2) + closed(-6)
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	want = "[81hello 82bin 81" + strings.Repeat("x", 300) + " 88 88 end]"
	if got := seen.wait(want); got != want {
		t.Errorf("the server saw %q, want %q", got, want)
	}
	if len(c.board.notes) > 0 {
		t.Errorf("notes: %q", c.board.notes)
	}
}

// Frames in all ways in which segments cut them.
func TestFrames(t *testing.T) { moduletest.Editions(t, testFrames) }

func testFrames(t *testing.T) {
	text := func(s string) string { return "\x81" + string([]byte{byte(len(s))}) + s }
	long := strings.Repeat("0123456789", 50)
	for _, x := range []struct {
		name string
		data string
		want string
	}{
		{"one", text("a"), received("a", 1)},
		{"two", text("a") + text("b"), received("a", 1) + received("b", 1)},
		{"empty", "\x82\x00", received("", 2)},
		{"length in two bytes", "\x81\x7E\x01\xF4" + long, received(long, 1)},
		{"length in eight bytes", "\x81\x7F\x00\x00\x00\x00\x00\x00\x01\xF4" + long + text("b"), received(long, 1) + received("b", 1)},
		{"masked by the server", "\x81\x83\x01\x02\x03\x04``f", received("abe", 1)},
		{"ping and pong", "\x89\x02hi\x8A\x00" + text("a"), received("a", 1)},
		{"three fragments", "\x01\x01A\x00\x01B\x80\x01C", received("BC", 1)},
		{"two fragments", "\x02\x01A\x80\x01C", received("C", 2)},
		{"zero byte", text("a\x00b"), received("a\x00b", 1)},
		{"other opcodes", "\x83\x01x\x8F\x01y", received("x", 3) + received("y", 15)},
	} {
		for _, piece := range []int{1, 2, 3, 7, 1460} {
			url := serve(t, func(p *peer) {
				p.accept("")
				time.Sleep(10 * time.Millisecond)
				for d := []byte(x.data); len(d) > 0; {
					n := min(piece, len(d))
					_, _ = p.Write(d[:n])
					d = d[n:]
					if piece < 100 && len(x.data) < 100 {
						time.Sleep(2 * time.Millisecond)
					}
				}
				_ = p.Conn.(*hostsock.TCPConn).CloseWrite()
				p.gone()
			})
			c := newChip(t)
			if got, want := c.talk(url, ""), connected+x.want+closed(-99); got != want {
				t.Errorf("%s in pieces of %d: %q, want %q", x.name, piece, got, want)
			}
			if strings.Contains(x.name, "fragments") != (len(c.board.notes) == 1) {
				t.Errorf("%s: notes %q", x.name, c.board.notes)
			}
		}
	}
	// A frame that comes with the answer itself.
	url := serve(t, func(p *peer) { p.accept(text("first")); time.Sleep(10 * time.Millisecond) })
	if got, want := newChip(t).talk(url, ""), connected+received("first", 1)+closed(-99); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCloseCodes(t *testing.T) { moduletest.Editions(t, testCloseCodes) }

func testCloseCodes(t *testing.T) {
	answer := func(s string) func(p *peer) {
		return func(p *peer) { _, _ = io.WriteString(p, s); p.gone() }
	}
	then := func(s string) func(p *peer) {
		return func(p *peer) { p.accept(s); p.gone() }
	}
	ln, _ := hostsock.Listen("tcp4", "127.0.0.1:0")
	nobody := fmt.Sprintf("ws://here:%d", ln.Addr().(*hostsock.TCPAddr).Port)
	ln.Close()
	for _, x := range []struct {
		name string
		url  string
		code string
		want string
	}{
		{"not http", "http://here/", "", closed(-1)},
		{"no scheme", "here", "", closed(-1)},
		{"long name", "ws://" + strings.Repeat("x", 256), "", closed(-2)},
		{"long name with path", "ws://" + strings.Repeat("x", 256) + "/", "", closed(-2)},
		{"port 0", "ws://here:0/", "", closed(-3)},
		{"port 65536", "WS://here:65536", "", closed(-3)},
		{"no host", "ws:///x", "", closed(-4)},
		{"unknown host", "ws://unknown.invalid/", "", closed(-5)},
		{"404", serve(t, answer("HTTP/1.1 404 Not Found\r\n\r\n")), "", closed(-17)},
		{"wrong key", serve(t, answer("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: x\r\n\r\n")), "", closed(-7)},
		{"closed at once", serve(t, func(*peer) {}), "", closed(-99)},
		{"nobody", nobody, "", closed(-109)},
		{"server's wish", serve(t, then("\x88\x02\x03\xE8")), "", connected + closed(-6)},
		{"server's wish without reason", serve(t, then("\x88\x00")), "", connected + closed(-6)},
		{"server's wish with half a reason", serve(t, then("\x88\x01x")), "", connected + closed(-6)},
		{"continuation of nothing", serve(t, then("\x80\x01x")), "", connected + closed(-15)},
		{"reset", serve(t, func(p *peer) {
			p.accept("")
			time.Sleep(10 * time.Millisecond)
			_ = p.Conn.(*hostsock.TCPConn).SetLinger(0)
		}), "", connected + closed(-109)},
		{"own wish without answer", serve(t, then("")), "function open() ws:close() end", connected + closed(-99)},
	} {
		c := newChip(t)
		if got := c.talk(x.url, x.code); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

// A server that says nothing: 10 s until it has accepted, and behind that pings at 30 and 60 s.
func TestSilence(t *testing.T) { moduletest.EditionsInTurn(t, testSilence) }

func testSilence(t *testing.T) {
	url := serve(t, func(p *peer) { p.gone() })
	_ = url
	var pings record
	silent := serve(t, func(p *peer) {
		p.accept("")
		for f := p.read(); f != "end"; f = p.read() {
			pings.add(f)
		}
	})
	c := newChip(t)
	start := c.Tasks.Now()
	if got := c.talk(silent, ""); got != connected+closed(-19) {
		t.Errorf("%q", got)
	}
	if took := c.Tasks.Now() - start; took < 90*time.Second || took > 93*time.Second {
		t.Errorf("it was noticed after %v", took)
	}
	if pings.String() != "[89 89]" {
		t.Errorf("pings %q", pings.String())
	}
	// Nobody accepts: a listener whose queue takes the connection, but never an answer.
	c = newChip(t)
	start = c.Tasks.Now()
	got := c.talk(url, "")
	if took := c.Tasks.Now() - start; got != closed(-18) || took < 10*time.Second || took > 11*time.Second {
		t.Errorf("%q after %v", got, took)
	}
}

// A second message before the first has left is lost, and told.
func TestTwoInARow(t *testing.T) { moduletest.Editions(t, testTwoInARow) }

func testTwoInARow(t *testing.T) {
	var seen record
	url := serve(t, func(p *peer) {
		p.accept("")
		for f := p.read(); f != "end"; f = p.read() {
			seen.add(f)
			if f == "81one" {
				fmt.Fprintf(p, "\x88\x00")
			}
		}
	})
	c := newChip(t)
	c.talk(url, `function open() ws:send("one") ws:send("two") end`)
	if seen.wait("[81one 88]") != "[81one 88]" || len(c.board.notes) != 1 { // the peer has a goroutine of its own
		t.Errorf("seen %q, notes %q", seen.String(), c.board.notes)
	}
}

func TestErrors(t *testing.T) { moduletest.Editions(t, testErrors) }

func testErrors(t *testing.T) {
	for code, want := range map[string]string{
		`ws:send("x")`:                  "Websocket isn't connected.\n",
		`ws:on("x", print)`:             "bad argument #1 to 'on' (invalid option 'x')",
		`ws:on("close", 1)`:             "bad argument #2 to 'on' (function or nil)",
		`ws:config(1)`:                  "bad argument #1 to 'config' (table expected, got number)",
		`ws:config{headers = {a = {}}}`: "bad argument #1 to 'config' (strings expected in headers)",
		`ws:connect()`:                  "bad argument #1 to 'connect' (string expected, got no value)",
		`ws:connect("ws://192.168.0.99") ws:connect("ws://here")`: "Websocket already connecting or connected.\n",
	} {
		if err := newChip(t).Exec(code, "=x"); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", code, err, want)
		}
	}
	c := newChip(t)
	c.Do("ws:close() ws:close()")
	// A client that was never closed tells it when it is collected, without itself.
	c.Do("ws = nil collectgarbage() collectgarbage()")
	if got := c.Printed(); got != "close\tfalse\tnil\n" {
		t.Errorf("%q", got)
	}
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{websocket.Module}})
	if err := l.Exec(`websocket.createClient():connect("ws://x")`, "=x"); err == nil || !strings.HasSuffix(err.Error(), "this board has no network") {
		t.Errorf("%v", err)
	}
}

// A client connects again in its own function, and nothing is lost.
func TestAgain(t *testing.T) { moduletest.EditionsInTurn(t, testAgain) }

func testAgain(t *testing.T) {
	url := serve(t, func(p *peer) { p.accept("\x81\x01x"); time.Sleep(5 * time.Millisecond) })
	c := newChip(t)
	before := 0
	goroutines := runtime.NumGoroutine()
	for i := range 3 {
		c.Do(fmt.Sprintf("n = 0 function gone() n = n + 1 if n < 10 then ws:connect(%q) end end ws:connect(%q)", url, url))
		if !c.WaitFor(func() bool { return strings.Count(c.Out.String(), "close") == 10 }) {
			t.Fatalf("%q", c.Printed())
		}
		c.Out.Reset()
		c.RunFor(time.Second)
		c.Do("gone = nil collectgarbage() collectgarbage()")
		if i == 0 {
			before = c.Machine.State().FreeHeap()
		}
	}
	if after := c.Machine.State().FreeHeap(); after < before-200 {
		t.Errorf("%d bytes are free, %d before", after, before)
	}
	for i := 0; runtime.NumGoroutine() > goroutines+1 && i < 100; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > goroutines+1 {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
}

// Whatever a server sends, nothing breaks.
func FuzzServer(f *testing.F) {
	f.Add([]byte("\x81\x01a\x01\x01A\x80\x01B\x89\x00\x88\x02\x03\xE8"), 3)
	f.Add([]byte("\x81\xFF\x00\x00\x00\x00\x00\x00\x00\x05abcd"), 2)
	f.Fuzz(func(t *testing.T, data []byte, piece int) {
		if piece < 1 || len(data) > 4000 {
			return
		}
		w := newWires(t)
		w.c.Do(`ws:connect("ws://10.0.0.1")`)
		w.open()
		for rest := bytes.Clone(data); len(rest) > 0 && !w.closed; {
			n := min(piece, len(rest), 1460)
			w.h.Received(bytes.Clone(rest[:n]))
			w.c.RunFor(time.Millisecond)
			rest = rest[n:]
		}
		if !w.closed {
			w.h.Ended()
		}
		w.c.RunFor(time.Minute)
		if !strings.Contains(w.c.Out.String(), "close") {
			t.Errorf("it was not told: %q", w.c.Printed())
		}
		if err := w.c.Machine.CheckHeap(); err != nil {
			t.Error(err)
		}
		if top := w.c.Machine.State().GetTop(); top != 0 {
			t.Errorf("%d values are left on the stack", top)
		}
	})
}
