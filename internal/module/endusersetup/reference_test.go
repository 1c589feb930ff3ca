package endusersetup

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
)

// referenceVariable names a program made of the firmware's app/modules/enduser_setup.c for 32 bits
// (-m32 -fwrapv -funsigned-char), around a Lua, a radio, a network and files of its own, that obeys
// these lines; bytes are hexadecimal, none are "-".
//
//	S PAGE           the portal is opened anew, enduser_setup.html is that
//	C FAILS          a browser connects, to which lwIP sends nothing if that is 1
//	L STATUS TRYING  the station's last status, and whether it is connecting
//	D N DATA         connection N, counted from 0, brings data; E N: it ends
//	A N BYTES        it acknowledges; P N: it is polled
//	T                tasks run
//	N (SSID RSSI CHANNEL AUTH)…  a scan has found these
//	U QUERY          a query for a name
//
// It tells eNUMBER:TEXT for the error callback, fTEXT for eus_params.lua, sSSID:PASSWORD for
// another configuration, uANSWER for an answer to a query, and of the connection, of the newest
// one behind a scan, how it is (open, closed, reset), the ticks until it is polled, and all that
// was sent to it. A callback that gives lwIP a wrong value, who would call it again, counts as a
// reset.
const referenceVariable = "MOONLET_ENDUSER_C"

// compare is a portal beside the C code's.
type compare struct {
	*lab
	t       *testing.T
	program *moduletest.Program
	r       *rand.Rand
	config  port.StationConfig
	count   int // of connections so far
	said    map[string]int
}

// hex is how bytes are written.
func hex[T string | []byte](p T) string {
	if len(p) == 0 {
		return "-"
	}
	return fmt.Sprintf("%x", p)
}

// do obeys a line in both, and compares what they tell.
func (c *compare) do(p *peer, f func(), format string, args ...any) {
	c.t.Helper()
	c.net.Sent = nil
	c.Tasks.Exec(f)
	var got strings.Builder
	if s := c.file(paramsFile); s != "" {
		fmt.Fprintf(&got, "f%s ", hex(s))
		c.files.Remove(paramsFile)
	}
	for line := range strings.Lines(c.lab.said()) {
		var n int
		var text string
		k, _ := fmt.Sscanf(line, "error %d", &n)
		if _, text, _ = strings.Cut(strings.TrimSuffix(line, "\n"), fmt.Sprintf("error %d ", n)); k == 1 {
			fmt.Fprintf(&got, "e%d:%s ", n, hex(text))
		}
	}
	if s := c.radio.StationConfig(true); format == "T" && (s.SSID != c.config.SSID || s.Password != c.config.Password) {
		fmt.Fprintf(&got, "s%s:%s ", hex(s.SSID), hex(s.Password))
		c.config = s
	}
	for _, s := range c.net.Sent {
		fmt.Fprintf(&got, "u%s ", hex(s.Data))
	}
	if p != nil {
		end := p.end
		if end == "" {
			end = "open"
		}
		fmt.Fprintf(&got, "%s %d %s", end, p.ticks, hex(p.got.String()))
	}
	line := fmt.Sprintf(format, args...)
	want := c.program.Ask(c.t, "%s", line)
	if got := strings.TrimSpace(got.String()); got != want {
		c.t.Fatalf("%.400s\ngot  %.1500s\nwant %.1500s", line, got, want)
	}
	word, _, _ := strings.Cut(want, " ")
	if len(word) > 0 {
		c.said[word[:1]]++
	}
}

// TestReference compares thousands of requests, forms, lists and queries with the firmware's C code.
func TestReference(t *testing.T) {
	c := compare{t: t, program: moduletest.StartProgram(t, referenceVariable), r: rand.New(rand.NewPCG(1, 1)), said: map[string]int{}}
	answers := map[string]int{}
	for range 300 {
		c.lab = newLab(t, radio.Network{SSID: "nobody chooses this", Channel: 1})
		page := strings.Repeat("page ", 600+c.r.IntN(900))
		c.write("enduser_setup.html", page)
		c.open()
		c.config = port.StationConfig{}
		c.program.Ask(t, "S %s", hex(page))
		for range 20 {
			p := c.request()
			status, _, _ := strings.Cut(strings.TrimPrefix(p.got.String(), "HTTP/1.1 "), "\r\n")
			answers[status]++
			c.query()
		}
	}
	t.Logf("%d connections, answers %v, told %v", c.count, answers, c.said)
	for _, s := range []string{"200 OK", "204 No Content", "302 Moved", "400 Bad request", "404 Not found", "405 Method Not Allowed", "500 Internal Error"} {
		if answers[s] < 20 {
			t.Errorf("%d times %q", answers[s], s)
		}
	}
}

// request is one in pieces, its answer, and the end of the connection.
func (c *compare) request() *peer {
	r := c.r
	status, trying := 1+r.IntN(6), r.IntN(2)
	c.do(nil, func() {
		p := portalOf(c.Machine.State())
		p.m.SetU8(p.state()+sStatus, uint8(status))
		p.m.SetU8(p.state()+sTrying, uint8(trying))
	}, "L %d %d", status, trying)
	p, n := c.browser(), c.count
	c.count++
	p.fails = r.IntN(20) == 0
	c.do(p, func() {}, "C %d", map[bool]int{true: 1}[p.fails])
	text, pieces := c.text()
	for len(text) > 0 && p.end == "" && p.reads() {
		k := min(len(text), port.TCPSegment)
		if pieces {
			k = 1 + r.IntN(k)
		}
		c.do(p, func() { p.h.Received([]byte(text[:k])) }, "D %d %s", n, hex(text[:k]))
		text = text[k:]
	}
	c.do(nil, func() { c.RunFor(passed) }, "T")
	if p.listens() {
		c.list(p)
	}
	for p.waits > 0 && p.end == "" && r.IntN(30) > 0 {
		k := min(p.waits, 1+r.IntN(port.TCPSendBuffer))
		p.waits, p.room = p.waits-k, p.room+k
		c.do(p, func() { p.h.Sent(k) }, "A %d %d", n, k)
	}
	if r.IntN(2) == 0 && p.polls != nil && p.end == "" {
		c.do(p, p.polls, "P %d", n)
	}
	for range 2 {
		if p.end == "" {
			c.do(p, p.h.Ended, "E %d", n)
		}
	}
	return p
}

// reads tells whether more of the request is waited for.
func (p *peer) reads() bool { return p.h.(*conn).reading == readRequest && !p.listens() }

// listens tells whether it waits for a list of networks.
func (p *peer) listens() bool { return p.h.(*conn).listener != 0 }

// list tells networks to who waits.
func (c *compare) list(p *peer) {
	var found []port.ScanResult
	line := "N"
	for range c.r.IntN(30) {
		s := port.ScanResult{SSID: c.any(1 + c.r.IntN(32)), RSSI: int8(-c.r.IntN(128)), Channel: uint8(1 + c.r.IntN(14)), Auth: port.AuthMode(c.r.IntN(5))}
		if c.r.IntN(4) == 0 {
			s.SSID = strings.Repeat(`"`, 32)
		}
		found = append(found, s)
		line += fmt.Sprintf(" %s %d %d %d", hex(s.SSID), s.RSSI, s.Channel, s.Auth)
	}
	c.do(p, func() { portalOf(c.Machine.State()).found(found) }, "%s", line)
	c.RunFor(radio.ScanTime) // until that of the radio is over
}

// query asks for a name.
func (c *compare) query() {
	q := c.any(12 + c.r.IntN(40))
	if c.r.IntN(4) > 0 {
		q += "\x00\x00\x01\x00\x01"
	}
	c.do(nil, func() { c.net.Last().Recv([]byte(q), port.IP{192, 168, 4, 2}, 4000) }, "U %s", hex(q))
}

// any is n bytes that may be any.
func (c *compare) any(n int) string {
	const common = "abcxyz%+&= \"\\\r\n\x0012AF"
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(c.r.Uint32())
		if c.r.IntN(3) > 0 {
			b[i] = common[c.r.IntN(len(common))]
		}
	}
	return string(b)
}

func (c *compare) pick(list ...string) string { return list[c.r.IntN(len(list))] }

// text is a request, and whether it may come in pieces: not one whose form would be cut. What
// makes the C code crash, or read what is not its own, is left out: fields without a name or a
// value, chunks of a negative length.
func (c *compare) text() (text string, pieces bool) {
	form := c.form()
	line := c.pick("GET / HTTP/1.1", "GET /?trying=true HTTP/1.1", "GET /aplist HTTP/1.1", "GET /aplist?n=1 HTTP/1.1", "GET /status HTTP/1.1",
		"GET /status.json HTTP/1.1", "GET /generate_204 HTTP/1.1", "GET /update?"+form+" HTTP/1.1", "GET /update HTTP/1.1",
		"OPTIONS /aplist HTTP/1.1", "OPTIONS /setwifi HTTP/1.1", "OPTIONS /status.json?x HTTP/1.1", "POST / HTTP/1.1", "PUT /setwifi HTTP/1.1",
		c.any(c.r.IntN(20)), "POST /setwifi HTTP/1.1", "POST /setwifi HTTP/1.1", "POST /setwifi HTTP/1.1", "POST /setwifi HTTP/1.1")
	head := line + "\r\n"
	for range c.r.IntN(4) {
		head += c.pick("Host: 192.168.4.1\r\n", "Accept: */*\r\n", "X: "+strings.Repeat("x", c.r.IntN(300))+"\r\n", "User-Agent: wifi_ssid=x \r\n", "Content-Length: 0\r\n", "Content-Lengthy: 77\r\n")
	}
	pieces = c.r.IntN(2) == 0 && !strings.Contains(head, "Length: 0")
	switch c.r.IntN(4) {
	case 0:
		return head + "\r\n" + form, false
	case 1:
		wrong := []int{0, 0, 0, 0, -1, 1, -300}[c.r.IntN(7)]
		length := c.pick("Content-Length: ", "content-length:", "CONTENT-LENGTH:\t ", "Content-length: +")
		return head + length + fmt.Sprint(len(form)+wrong) + "\r\n\r\n" + form, pieces && wrong >= 0 && strings.Contains(length, ": ")
	case 2:
		encoding := c.pick("Transfer-Encoding: chunked", "transfer-encoding:gzip, chunked", "Transfer-Encoding: Chunked")
		return head + encoding + "\r\n\r\n" + c.chunks(form), pieces && strings.HasSuffix(encoding, "chunked")
	}
	return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(form), form), pieces
}

// form is one whose fields have names and values.
func (c *compare) form() string {
	var list []string
	add := func(key, value string) { list = append(list, key+"="+value) }
	if c.r.IntN(8) > 0 {
		add(c.pick("wifi_ssid", "wifi_ssid", "wifi_ssid", "my_wifi_ssid"), c.value(34))
	}
	if c.r.IntN(4) > 0 {
		add("wifi_password", c.value(68))
	}
	for range c.r.IntN(4) {
		add(c.pick("name", "a%20b", "end", "x+y", "%22"), c.value(20))
	}
	c.r.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	return strings.Join(list, "&")
}

// value is that of a field.
func (c *compare) value(most int) string {
	var b strings.Builder
	for range 1 + c.r.IntN(most) {
		b.WriteString(c.pick("a", "b", "0", "F", "+", "%41", "%4a", "%4A", "%c3%a9", "%", "%4", "%zz", "%26", "%3D", "\"", "\xE9", "%0A"))
	}
	if c.r.IntN(20) == 0 {
		return "%00" + b.String()
	}
	return b.String()
}

// chunks is a body in chunks, which may be wrong.
func (c *compare) chunks(body string) string {
	var b strings.Builder
	for len(body) > 0 {
		k := 1 + c.r.IntN(len(body))
		fmt.Fprintf(&b, c.pick("%x", "%X", "%04x", "0x%x", " %x")+"%s\r\n%s", k, c.pick("", ";x=y", " "), body[:k])
		b.WriteString(c.pick("\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n\n"))
		body = body[k:]
	}
	return b.String() + c.pick("0\r\n\r\n", "0\r\n\r\n", "000;a\r\nTrailer: 1\r\n\r\n", "0\n", "")
}
