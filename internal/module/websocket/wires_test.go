package websocket_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	hosthttp "net/http"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/module/websocket"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
)

// wires is a network in which each connection is in the test's hands.
type wires struct {
	port.Net
	port.TCP
	c      *testChip
	h      port.TCPHandler
	sent   bytes.Buffer
	closed bool

	// For plans, in which all is noted, nothing is acknowledged by itself, and names are looked for.
	planned, connected bool
	to, accept         string
	unacked            int
	found              func(port.IP, bool)
}

type wiredBoard struct {
	*porttest.Chip
	w *wires
}

func (b *wiredBoard) Net() port.Net { return b.w }

func newWires(t testing.TB) *wires {
	w := &wires{}
	b := &wiredBoard{porttest.New(t, porttest.Config{NoWatchdog: true}), w}
	w.c = &testChip{t: t}
	w.c.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{websocket.Module}})
	w.c.Do(`ws = websocket.createClient() ws:on("close", function(_, code) print("close", code) end)
		ws:on("receive", function(_, m) if #m % 2 == 1 then pcall(ws.send, ws, m) end end)`) // by then the server may have closed
	return w
}

func (w *wires) NewTCP(h port.TCPHandler) port.TCP {
	w.h, w.closed, w.connected, w.unacked, w.to = h, false, false, 0, ""
	return w
}

func (w *wires) Resolve(name string, found func(port.IP, bool)) (port.IP, port.NetErr) {
	if !w.planned {
		return port.IP{10, 0, 0, 1}, port.NetOK
	}
	if a, ok := port.ParseIP(name); ok {
		return a, port.NetOK
	}
	w.found = found
	return port.IP{}, port.NetErrInProgress
}

func (w *wires) Connect(a port.IP, p uint16) port.NetErr {
	if w.to = fmt.Sprintf("%v:%d", a, p); w.planned {
		fmt.Fprintf(&w.c.Out, "net connect %s\n", w.to)
	}
	return port.NetOK
}

func (w *wires) Close() {
	if w.planned && !w.closed && w.connected {
		fmt.Fprintf(&w.c.Out, "net close\n")
	}
	w.closed = true
}

func (w *wires) Bind(uint16)  {}
func (w *wires) Output()      {}
func (w *wires) NoDelay()     {}
func (w *wires) Recved()      {}
func (w *wires) Repeats() int { return 0 }
func (w *wires) Abort()       { w.closed = true }
func (w *wires) Write(p []byte) port.NetErr {
	if w.planned {
		w.seen(p)
		w.unacked += len(p)
		return port.NetOK
	}
	w.sent.Write(p)
	n := len(p)
	w.c.Tasks.Inject(func() {
		if !w.closed {
			w.h.Sent(n)
		}
	})
	return port.NetOK
}

// open answers the client's request.
func (w *wires) open() {
	w.h.Connected()
	w.c.RunFor(time.Millisecond)
	w.answer()
}

// answer answers the request that was sent.
func (w *wires) answer() {
	p := &peer{head: w.sent.String()}
	r, err := hosthttp.ReadRequest(bufio.NewReader(strings.NewReader(p.head)))
	if err != nil {
		w.c.t.Fatal(err)
	}
	w.h.Received(fmt.Appendf(nil, "HTTP/1.1 101 x\r\nSec-WebSocket-Accept: %s\r\n\r\n", acceptOf(r.Header.Get("Sec-WebSocket-Key"))))
}

// acceptOf is what a server makes of a key.
func acceptOf(key string) string {
	digest := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(digest[:])
}
