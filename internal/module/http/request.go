package http

import (
	"fmt"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/espconn"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

const (
	argsSize    = 64     // request_args_t, without TLS
	argsSizeTLS = 68     // with it
	answerLimit = 0x2000 // BUFFER_SIZE_MAX: bytes, with the zero byte behind them
	timeout     = 60 * time.Second
)

// client is what a request needs of the chip. Everything runs on the main thread.
type client struct {
	main state.State
	net  port.Net
	tls  bool // the build has TLS
}

// argsSize is the size of request_args_t in bytes.
func (c client) argsSize() int {
	if c.tls {
		return argsSizeTLS
	}
	return argsSize
}

// say prints what the firmware does about a request that goes wrong (HTTPCLIENT_ERR).
func (c client) say(format string, args ...any) {
	c.main.ErrorOutput("HTTP client: " + fmt.Sprintf(format, args...) + "\n")
}

// block is a C string on the device heap; at is 0 for NULL.
type block struct {
	at   mem.Addr
	size int // with the zero byte
}

// take makes a block of n bytes and a zero byte, which is empty yet.
func (c client) take(n int) block {
	b := block{c.main.Alloc(n + 1), n + 1}
	if b.at != 0 {
		c.main.Mem().SetU8(b.at, 0)
		c.main.Mem().SetU8(b.at+mem.Addr(n), 0)
	}
	return b
}

// copyOf makes a copy of s (esp_strdup).
func (c client) copyOf(s string) block {
	b := c.take(len(s))
	if b.at != 0 {
		copy(c.bytes(b), s)
	}
	return b
}

// bytes are those of a block, without the zero byte, where they are.
func (c client) bytes(b block) []byte {
	if b.at == 0 {
		return nil
	}
	return c.main.Mem().Bytes(b.at, mem.Addr(b.size-1))
}

func (c client) free(b *block) {
	if b.at != 0 {
		c.main.Free(b.at, b.size)
		b.at = 0
	}
}

// query is a request under way (request_args_t).
type query struct {
	client
	args                             mem.Addr
	host, method, path, header, body block
	buffer                           block // the answer
	port                             int
	secure                           bool
	redirects                        int
	conn                             *espconn.Conn
	timer                            port.Timer
}

// open begins a request to a URL (http_request). If the URL is no good, there is a line on the
// console and no callback.
func (c client) open(url, method string, headers, body cText, redirects int) {
	t, wrong := parseURL(url)
	if wrong != "" {
		c.say("%s", wrong)
		return
	}
	c.ask(t, method, headers, body, redirects)
}

// ask begins a request (http_raw_request).
func (c client) ask(t target, method string, headers, body cText, redirects int) {
	q := &query{client: c, port: t.port, secure: t.secure && c.tls, redirects: redirects}
	if !q.remember(t, method, headers, body) {
		q.short()
		return
	}
	addr, err := c.net.Resolve(t.host, func(addr port.IP, ok bool) { q.resolved(t.host, addr, ok) })
	switch err {
	case port.NetErrInProgress:
	case port.NetOK:
		q.resolved(t.host, addr, true)
	case port.NetErrArg:
		c.say("DNS arg error %s", t.host)
		q.resolved(t.host, addr, false)
	default:
		c.say("DNS error code %d", int(err))
		q.resolved(t.host, addr, false)
	}
}

// remember takes the request's memory; false if there is none.
func (q *query) remember(t target, method string, headers, body cText) bool {
	if q.args = q.main.Alloc(q.argsSize()); q.args == 0 {
		return false
	}
	q.main.Mem().Zero(q.args, mem.Addr(q.argsSize()))
	q.host = q.copyOf(t.host)
	q.method = q.copyOf(method)
	q.path = q.copyOf(t.path)
	if headers.there {
		q.header = q.copyOf(headers.s)
	}
	if body.there {
		q.body = q.copyOf(body.s)
	}
	q.buffer = q.take(0)
	return q.host.at != 0 && q.method.at != 0 && q.path.at != 0 && q.buffer.at != 0 &&
		(q.header.at != 0 || !headers.there) && (q.body.at != 0 || !body.there)
}

// forget gives the request's memory back (http_free_req).
func (q *query) forget() {
	for _, b := range []*block{&q.buffer, &q.body, &q.header, &q.host, &q.method, &q.path} {
		q.free(b)
	}
	if q.args != 0 {
		q.main.Free(q.args, q.argsSize())
		q.args = 0
	}
}

// fail ends a request whose host is not found.
func (q *query) fail() {
	answered(q.main, failed, nil, nil, func() {})
	q.forget()
}

// short ends a request for which there is no memory, where the firmware writes to address 0.
// The callback may need what the request had.
func (q *query) short() {
	q.forget()
	answered(q.main, failed, nil, nil, func() {})
}

// resolved comes with the address of the host (http_dns_callback). What espconn says about the
// attempt to connect is not looked at: without a network the time-out ends the request.
func (q *query) resolved(host string, addr port.IP, ok bool) {
	if !ok {
		q.say("DNS failed for %s", host)
		q.fail()
		return
	}
	create := espconn.New
	if q.secure {
		create = espconn.NewSecure
	}
	if q.conn = create(q.main, q.net, addr, q.port, q); q.conn == nil {
		q.short()
		return
	}
	q.timer = q.main.Host().(port.Chip).Loop().NewTimer(q.timedOut)
	port.FireOnResume(q.timer) // SWTIMER_IMMEDIATE, app/http/httpclient.c
	q.timer.Arm(timeout, false)
	q.conn.Connect()
}

// Connected implements espconn.Handler: it sends the head (http_connect_callback).
func (q *query) Connected() {
	if q.header.at == 0 {
		q.header = q.take(0) // without memory, too, there are no headers then
	}
	q.conn.Send(q.head())
	q.free(&q.header)
}

// head is the request without its body.
func (q *query) head() []byte {
	own := q.bytes(q.header)
	b := fmt.Appendf(nil, "%s %s HTTP/1.1\r\n", q.bytes(q.method), q.bytes(q.path))
	if indexFold(own, "Host:") < 0 {
		b = fmt.Appendf(b, "Host: %s", q.bytes(q.host))
		if q.port != 80 && (q.port != 443 || !q.secure) {
			b = fmt.Appendf(b, ":%d", q.port)
		}
		b = append(b, "\r\n"...)
	}
	b = append(b, "Connection: close\r\n"...)
	b = append(b, own...)
	if indexFold(own, "User-Agent:") < 0 {
		b = append(b, "User-Agent: ESP8266\r\n"...)
	}
	if q.body.at != 0 {
		b = fmt.Appendf(b, "Content-Length: %d\r\n", len(q.bytes(q.body)))
	}
	return append(b, "\r\n"...)
}

// Sent implements espconn.Handler: the body follows when the server has the head
// (http_send_callback).
func (q *query) Sent() {
	if q.body.at != 0 {
		q.conn.Send(q.bytes(q.body))
		q.free(&q.body)
	}
}

// Received implements espconn.Handler: the answer moves into a block with more room
// (http_receive_callback).
func (q *query) Received(p []byte) {
	if q.buffer.at == 0 {
		return
	}
	size := q.buffer.size + len(p)
	larger := block{}
	if size <= answerLimit {
		larger = q.take(size - 1)
	}
	if larger.at == 0 {
		q.say("Response too long (%d)", size)
		q.main.Mem().SetU8(q.buffer.at, 0) // a part of an answer is none
		q.conn.Disconnect()
		return
	}
	n := copy(q.bytes(larger), q.bytes(q.buffer))
	copy(q.bytes(larger)[n:], p)
	q.free(&q.buffer)
	q.buffer = larger
}

// Failed implements espconn.Handler (http_error_callback). What has come before is the answer,
// unless a part of it is lost.
func (q *query) Failed(err espconn.Err) {
	if err == espconn.ErrMem {
		q.main.Mem().SetU8(q.buffer.at, 0)
	}
	q.say("Disconnected with error: %d", int(err))
	q.timedOut()
}

// timedOut ends the connection (http_timeout_callback). One that does not exist is over at
// once.
func (q *query) timedOut() {
	q.say("Connection timeout")
	if err := q.conn.Disconnect(); err != espconn.OK && err != espconn.ErrInProgress {
		q.Disconnected()
	}
}

// Disconnected implements espconn.Handler: what has come until then is the answer
// (http_disconnect_callback).
func (q *query) Disconnected() {
	q.conn.FreeTCP()
	q.timer.Disarm()
	all := q.bytes(q.buffer)
	a := readAnswer(all, q.redirects)
	if a.wrong != "" {
		q.say("%s", a.wrong)
	}
	if a.redirect {
		q.follow(a.location)
		q.forget()
		q.conn.Free()
		return
	}
	if a.chunked {
		scratch := q.take(len(a.body))
		if scratch.at == 0 {
			a.status = failed // the firmware writes to address 0
		} else {
			a.body = decodeChunks(a.body)
			q.free(&scratch)
		}
	}
	buffer := q.buffer
	q.buffer.at = 0
	q.forget()
	answered(q.main, a.status, a.body, all, func() { q.free(&buffer) })
	q.free(&buffer)
	q.conn.Free()
}

// follow asks at another place with the same method. As in the firmware own headers are gone,
// and so is the body if it was sent.
func (q *query) follow(location string) {
	method, body := string(q.bytes(q.method)), cText{}
	if q.body.at != 0 {
		body = cText{string(q.bytes(q.body)), true}
	}
	headers := cText{}
	if q.header.at != 0 {
		headers = cText{string(q.bytes(q.header)), true}
	}
	if strings.HasPrefix(location, "http://") || strings.HasPrefix(location, "https://") {
		q.open(location, method, headers, body, q.redirects+1)
		return
	}
	t := target{string(q.bytes(q.host)), location, q.port, q.secure}
	var whole block
	if !strings.HasPrefix(location, "/") {
		path := string(q.bytes(q.path))
		t.path = path[:strings.LastIndexByte(path, '/')+1] + location
		if whole = q.copyOf(t.path); whole.at == 0 {
			answered(q.main, failed, nil, nil, func() {})
			return
		}
	}
	q.ask(t, method, headers, body, q.redirects+1)
	q.free(&whole)
}
