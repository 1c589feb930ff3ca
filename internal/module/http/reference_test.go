package http_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/http"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// referenceVariable names a program around the firmware's app/http/httpclient.c with a network
// of its own. For each line it makes a request and gives an answer. The line has URL, method,
// headers, body and answer in hexadecimal digits behind a plus, or a minus for NULL, and the
// number of redirections before. What is done to the network comes back as words on a line:
// dns:, connect: with the port, send:, say: for the console, callback: with status and body.
// The answer comes in pieces of 1,460 bytes behind an acknowledgement of the head; a second
// connection gets none. What is said and sent is hexadecimal, too.
const referenceVariable = "MOONLET_HTTP_C"

// script is a network that does the same.
type script struct {
	port.Net
	words []string
	peer  *scripted // the newest connection
}

// scripted is one of its connections.
type scripted struct {
	port.TCP
	s      *script
	h      port.TCPHandler
	sent   int
	closed bool
}

func (s *script) word(kind string, p []byte) {
	s.words = append(s.words, kind+":"+hex.EncodeToString(p))
}

func (s *script) Resolve(name string, _ func(port.IP, bool)) (port.IP, port.NetErr) {
	s.word("dns", []byte(name))
	if name == "" {
		return port.IP{}, port.NetErrArg
	}
	return port.IP{1, 2, 3, 4}, port.NetOK
}

func (s *script) NewTCP(h port.TCPHandler) port.TCP {
	s.peer = &scripted{s: s, h: h}
	return s.peer
}

func (c *scripted) Bind(uint16)  {}
func (c *scripted) NoDelay()     {}
func (c *scripted) Output()      {}
func (c *scripted) Recved()      {}
func (c *scripted) Close()       { c.closed = true }
func (c *scripted) Repeats() int { return 0 }
func (c *scripted) Connect(_ port.IP, p uint16) port.NetErr {
	c.s.words = append(c.s.words, fmt.Sprint("connect:", p))
	return port.NetOK
}

func (c *scripted) Write(p []byte) port.NetErr {
	c.s.word("send", p)
	c.sent += len(p)
	return port.NetOK
}

// ack acknowledges all that was sent.
func (c *scripted) ack() {
	n := c.sent
	c.sent = 0
	c.h.Sent(n)
}

// scriptBoard is a chip with that network.
type scriptBoard struct {
	*porttest.Chip
	net *script
}

func (b *scriptBoard) Net() port.Net { return b.net }

// trial is a request and its answer.
type trial struct {
	url, method, answer string
	headers, body       *string
	redirects           int
}

func (x *trial) line() string {
	text := func(s *string) string {
		if s == nil {
			return "-"
		}
		return "+" + hex.EncodeToString([]byte(*s))
	}
	return strings.Join([]string{text(&x.url), text(&x.method), text(x.headers), text(x.body), text(&x.answer),
		fmt.Sprint(x.redirects)}, " ")
}

// random makes a request, mostly a sound one. Where the firmware leaves its memory, the case is
// left out: an answer that begins well and has no body, a chunk that is not all there.
func random(r *rand.Rand) *trial {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	optional := func(list ...string) *string {
		if r.IntN(3) == 0 {
			return nil
		}
		s := pick(list...)
		return &s
	}
	x := &trial{
		url: pick("http://", "http://", "http://", "http://", "http://", "http://", "https://", "HTTP://") + pick("host", "host", "host", "a.b.c", "", "h?x", strings.Repeat("n", 120+r.IntN(12))) +
			pick("", "", "", "", ":80", ":80", ":443", ":8080", ":8080", ":0", ":", ":x", ":-7", ":65616", ": 12z", ":1:2") + pick("", "/", "/a", "/a/b/c?d=/e", "/a:1", "//"),
		method:  pick("GET", "POST", "PUT", "HEAD", "", "x y"),
		headers: optional("", "A: b\r\n", "hOst: x\r\n", "X-Host: y\r\n", "user-AGENT: me\r\n", "no line end", strings.Repeat("L: ong\r\n", 100)),
		body:    optional("", "data", strings.Repeat("z", r.IntN(2920))),
	}
	head := pick("HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.0 ", "HTTP/1.1 ", "HTTP/1.1 ", "HTTP/1.0 ", "HTTP/1.2 ", "junk", "") +
		pick("200", "404", "301", "302", "308", "309", "300", "299", "0", "-1", " 200", "99999999999", "x", "2x") + pick(" OK", "", " x") + "\r\n"
	for range r.IntN(4) {
		head += pick("A: b", "Location: /new", "LOCATION:   rel/x?y", "location:", "Content-Location: http://o:81/p", "Location: https://s",
			"Location: http://h:0/", "Location: //n", "Transfer-Encoding: identity", "C") + "\r\n"
	}
	var body strings.Builder
	if r.IntN(3) == 0 {
		head += pick("Transfer-Encoding: chunked", "transfer-encoding: CHUNKED, x", "Transfer-Encoding:chunked") + "\r\n"
		for range r.IntN(4) {
			n := 1 + r.IntN(300)
			fmt.Fprintf(&body, pick("%x", "%X", "0x%x", "000%x", " %x", "\n+%x", "%x;e=f", "%x \t"), n)
			body.WriteString("\r\n" + strings.Repeat(pick("q", "\x00", "\r\n"), n)[:n] + pick("\r\n", "\r\n", "??"))
		}
		body.WriteString(pick("0\r\n\r\n", "0", "", "-5\r\n", "ffffffff\r\n", "zz", "80000000"))
	} else {
		body.WriteString(pick("", "text", "Location: /body\r\n", "\x00\x01\xff", strings.Repeat("long", r.IntN(2200))))
	}
	x.answer = head + "\r\n" + body.String()
	return x
}

// run makes the request here.
func (b *scriptBoard) run(t *testing.T, l *moduletest.Lua, x *trial) string {
	t.Helper()
	b.net.words, b.net.peer = nil, nil
	L := l.Machine.State()
	l.Tasks.Exec(func() {
		L.GetGlobal("ask")
		L.PushString(x.url)
		L.PushString(x.method)
		for _, s := range []*string{x.headers, x.body} {
			if s == nil {
				L.PushNil()
			} else {
				L.PushString(*s)
			}
		}
		if L.PCall(4, 0, 0) != state.OK {
			t.Error(string(L.ToLString(-1)))
		}
		L.SetTop(0)
	})
	b.calledBack(L)
	for i := 0; b.net.peer != nil && i < 2; i++ {
		c := b.net.peer
		b.net.peer = nil
		c.h.Connected()
		c.ack()
		for rest := x.answer; i == 0 && rest != "" && !c.closed; {
			n := min(len(rest), port.TCPSegment)
			c.h.Received([]byte(rest[:n]))
			rest = rest[n:]
		}
		if !c.closed {
			c.h.Ended()
		}
		l.RunFor(time.Millisecond)
		b.calledBack(L)
	}
	return strings.Join(b.net.words, " ")
}

// calledBack notes what the callback was given, if it was called.
func (b *scriptBoard) calledBack(L state.State) {
	if L.GetGlobal("code") != state.Nil {
		code, _ := L.ToInteger(-1)
		L.GetGlobal("text")
		body, _ := L.ToBytes(-1)
		b.net.word(fmt.Sprint("callback:", code), body)
		L.PushNil()
		L.SetGlobal("code")
	}
	L.SetTop(0)
}

// TestReference compares thousands of requests with the firmware's C code.
func TestReference(t *testing.T) {
	program := moduletest.StartProgram(t, referenceVariable)
	b := &scriptBoard{Chip: porttest.New(t, porttest.Config{NoWatchdog: true}), net: &script{}}
	l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{http.Module},
		ErrorOutput: func(s string) { b.net.word("say", []byte(s)) }})
	l.Do(`function ask(url, method, headers, body)
		  http.request(url, method, headers, body, function(...) code, text = ... end)
		end`)
	r := rand.New(rand.NewPCG(1, 2))
	callbacks := 0
	const trials = 5000
	for i := range trials {
		x := random(r)
		want := program.Ask(t, "%s", x.line())
		got := b.run(t, l, x)
		got = strings.Join(strings.Fields(got), " ")
		if strings.Contains(want, "callback") {
			callbacks++
		}
		if got != want {
			t.Errorf("%d: %+v\ngot  %s\nwant %s", i, x, got, want)
			break
		}
	}
	if callbacks < trials/3 && !t.Failed() {
		t.Errorf("%d of %d requests had an answer", callbacks, trials)
	}
	t.Logf("%d requests, %d callbacks", trials, callbacks)
}
