package websocket

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Times, and how many pings may be without an answer.
const (
	connectTimeout = 10 * time.Second // WS_CONNECT_TIMEOUT_MS
	pingInterval   = 30 * time.Second // WS_PING_INTERVAL_MS
	closeTimeout   = 5 * time.Second  // WS_FORCE_CLOSE_TIMEOUT_MS
	pingsUnheard   = 2                // WS_UNHEALTHY_THRESHOLD
)

// Codes for the function for "close".
const (
	codeNoAddress   = -5
	codeByServer    = -6
	codeBadKey      = -7
	codeNoMore      = -8  // no memory for more of a frame
	codeNoFrame     = -9  // nor for its beginning
	codeNoPart      = -10 // nor for the first fragment of a message
	codeNoMorePart  = -11 // nor for another
	codeNoMessage   = -12 // nor for all of them together
	codeNoPayload   = -13 // nor for a message
	codeNoBegin     = -15 // a fragment without a first one
	codeNoSend      = -16 // no memory to send
	codeNoSwitch    = -17
	codeTimeout     = -18
	codeUnheard     = -19
	codeEnded       = -99
	codeErrorOffset = -100 // and espconn's error
)

// block is a block on the device heap.
type block struct {
	at   mem.Addr
	size int
}

// link is a client's connection, from connect until the function for "close" is called.
type link struct {
	c                       client
	chip                    port.Chip
	t                       target
	conn                    *espconn.Conn
	timer                   port.Timer
	host, path, expected    block
	frame                   block // the beginning of one that has not come whole
	message                 block // fragments
	messageBytes, messageOp int
	code                    int
	shaken, closing, over   bool
}

// open begins to connect (ws_connect).
func (c client) open(n port.Net, t target) {
	l := &link{c: c, chip: c.main.Host().(port.Chip), t: t}
	c.setState(stateLookUp)
	c.m.SetU32(c.at+offPoints, 0)
	l.host, l.path = l.textBlock(t.host), l.textBlock(t.path)
	create := espconn.New
	if t.secure {
		create = espconn.NewSecure
	}
	l.conn = create(c.main, n, port.IP{}, t.port, l)
	l.timer = l.chip.Loop().NewTimer(func() {})
	c.m.SetU32(c.at+offConn, c.main.NewHandle(l))
	if l.host.at == 0 || l.path.at == 0 || l.conn == nil {
		l.end(codeNoSend)
		return
	}
	addr, err := n.Resolve(t.host, l.resolved)
	switch err {
	case port.NetErrInProgress:
	case port.NetOK:
		l.resolved(addr, true)
	default:
		l.resolved(port.IP{}, false)
	}
}

// take takes a block of n bytes, zeroed; at is 0 if there is no memory.
func (l *link) take(n int) block {
	b := block{l.c.main.Alloc(n), n}
	if b.at != 0 {
		l.c.m.Zero(b.at, mem.Addr(n))
	}
	return b
}

// textBlock is a block with a C string.
func (l *link) textBlock(s string) block {
	b := l.take(len(s) + 1)
	if b.at != 0 {
		copy(l.bytes(b), s)
	}
	return b
}

func (l *link) bytes(b block) []byte {
	if b.at == 0 {
		return nil
	}
	return l.c.m.Bytes(b.at, mem.Addr(b.size))
}

func (l *link) free(b *block) {
	if b.at != 0 {
		l.c.main.Free(b.at, b.size)
	}
	*b = block{}
}

// grow makes a block of n bytes of another one, whose bytes it keeps; false if there is no memory,
// and then the block is gone.
func (l *link) grow(b *block, n int) bool {
	larger := block{l.c.main.Realloc(b.at, b.size, n), n}
	if larger.at == 0 {
		l.free(b)
		return false
	}
	*b = larger
	return true
}

// resolved comes with the address of the host (dns_callback).
func (l *link) resolved(addr port.IP, ok bool) {
	switch {
	case l.over:
	case !ok:
		l.end(codeNoAddress)
	default:
		l.c.setState(stateConnecting)
		l.conn.SetAddr(addr)
		l.arm(func() { l.timedOut() }, connectTimeout, false)
		l.conn.Connect()
	}
}

// arm makes the one timer of the connection call f.
func (l *link) arm(f func(), d time.Duration, repeat bool) {
	l.timer.Disarm()
	l.timer = l.chip.Loop().NewTimer(f)
	l.timer.Arm(d, repeat)
}

// timedOut ends a connection that is not there after 10 s (ws_connectTimeout). The firmware gives
// its records back while lwIP still has them.
func (l *link) timedOut() { l.end(codeTimeout) }

// Connected implements espconn.Handler: it asks for the protocol (connect_callback).
func (l *link) Connected() {
	l.c.setState(stateOpen)
	key, ok := l.keys()
	if !ok {
		l.fail(codeNoSend)
		return
	}
	l.put(l.request(key))
}

// guid is what a server appends to the key (RFC 6455, section 1.3).
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// keys makes a key, and notes what the server has to make of it. The blocks come and go as in
// generateSecKeys.
func (l *link) keys() (key string, ok bool) {
	raw := make([]byte, 16)
	for i := range raw {
		raw[i] = byte(l.chip.System().Random())
	}
	key = base64.StdEncoding.EncodeToString(raw)
	keyBlock := l.textBlock(key)
	defer l.free(&keyBlock)
	digest := sha1.Sum([]byte(key + guid))
	digestBlock := l.take(len(digest))
	defer l.free(&digestBlock)
	l.expected = l.textBlock(base64.StdEncoding.EncodeToString(digest[:]))
	return key, keyBlock.at != 0 && digestBlock.at != 0 && l.expected.at != 0
}

// request is the head that asks for the protocol. Of headers with the same name the first counts.
func (l *link) request(key string) []byte {
	list := []header{{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Key", key}, {"Sec-WebSocket-Version", "13"}}
	list = append(append(list, l.c.headers()...), header{"User-Agent", "ESP8266"}, header{"Sec-WebSocket-Protocol", "chat"})
	b := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s:%d\r\n", l.t.path, l.t.host, l.t.port)
	for i, h := range list {
		first := true
		for _, earlier := range list[:i] {
			first = first && !strings.EqualFold(earlier.name, h.name)
		}
		if first {
			b = fmt.Appendf(b, "%s: %s\r\n", h.name, h.value)
		}
	}
	return append(b, "\r\n"...)
}

// put sends bytes. What espconn refuses is lost, as in the firmware.
func (l *link) put(p []byte) {
	if err := l.conn.Send(p); err != espconn.OK {
		port.Note(l.chip, "websocket", "a frame was not sent and is lost: the one before it is still on its way")
	}
}

// send sends a frame (ws_sendFrame).
func (l *link) send(op byte, payload []byte) {
	if l.c.state() != stateOpen {
		return
	}
	b := l.take(headBytes + len(payload))
	if b.at == 0 {
		l.fail(codeNoSend)
		return
	}
	var key [keyBytes]byte
	for i := range key {
		key[i] = byte(l.chip.System().Random())
	}
	frame := appendFrame(l.bytes(b)[:0], op, key, payload)
	l.put(frame)
	l.free(&b)
}

// fail closes the connection for a reason.
func (l *link) fail(code int) {
	l.code = code
	l.conn.Disconnect()
}

// ping asks a silent server for a sign of life (ws_sendPingTimeout).
func (l *link) ping() {
	c := l.c
	n := c.m.U32(c.at + offPoints)
	if n == pingsUnheard {
		l.fail(codeUnheard)
		return
	}
	l.send(opPing, nil)
	c.m.SetU32(c.at+offPoints, n+1)
}

// close is asked for by the application (ws_close). A server that does not answer has 5 s.
func (l *link) close() {
	switch l.c.state() {
	case stateIdle, stateClosed:
		return
	case stateLookUp:
		l.end(codeEnded)
		return
	}
	l.code = 0
	l.send(opClose, nil)
	if l.over {
		return
	}
	l.arm(func() {
		if s := l.c.state(); s != stateIdle && s != stateClosed {
			l.conn.Disconnect()
		}
	}, closeTimeout, false)
}

// Sent implements espconn.Handler: when the answer to the server's request to close has left, so
// does the client (ws_closeSentCallback).
func (l *link) Sent() {
	if l.closing {
		l.fail(codeByServer)
	}
}

// Received implements espconn.Handler.
func (l *link) Received(p []byte) {
	switch {
	case l.over:
	case l.shaken:
		l.receive(p)
	default:
		l.answered(p)
	}
}

// answered reads the server's answer, of which the firmware looks at the first segment
// (ws_initReceiveCallback).
func (l *link) answered(p []byte) {
	text, _, _ := bytes.Cut(p, []byte{0})
	if !bytes.Contains(text, []byte("HTTP/1.1 101")) {
		l.fail(codeNoSwitch)
		return
	}
	if !bytes.Contains(text, l.bytes(l.expected)[:l.expected.size-1]) {
		l.fail(codeBadKey)
		return
	}
	l.shaken = true
	l.arm(l.ping, pingInterval, true)
	l.c.tell(refConnection, func() int { return 0 })
	if l.over {
		return
	}
	if i := bytes.Index(text, []byte("\r\n\r\n")); i >= 0 && i+4 < len(p) {
		l.receive(p[i+4:])
	}
}

// Disconnected implements espconn.Handler.
func (l *link) Disconnected() {
	if l.over {
		l.conn.Free()
		return
	}
	code := l.code
	if code == 0 {
		code = codeEnded
	}
	l.end(code)
}

// Failed implements espconn.Handler (error_callback).
func (l *link) Failed(err espconn.Err) {
	if l.over {
		l.conn.Free()
		return
	}
	l.end(int(err) + codeErrorOffset)
}

// end gives everything back and tells the application (disconnect_callback). A connection that
// lwIP still has is closed, and its records go when it is.
func (l *link) end(code int) {
	l.release()
	l.c.setState(stateClosed)
	l.c.closed(code)
}

// release is end without a word.
func (l *link) release() {
	l.over = true
	l.timer.Disarm()
	for _, b := range []*block{&l.host, &l.path, &l.expected, &l.frame, &l.message} {
		l.free(b)
	}
	if l.conn != nil && l.conn.Disconnect() == espconn.ErrArg {
		l.conn.Free()
	}
	l.c.main.FreeHandle(l.c.m.U32(l.c.at + offConn))
	l.c.m.SetU32(l.c.at+offConn, 0)
}

// abandon ends the connection of a client that is collected.
func (l *link) abandon() {
	if !l.over {
		l.release()
	}
}
