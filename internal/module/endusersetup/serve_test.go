package endusersetup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sim/radio"
)

// TestAnswers holds what is answered to what begins how, to the letter.
func TestAnswers(t *testing.T) { moduletest.Editions(t, testAnswers) }

func testAnswers(t *testing.T) {
	const (
		close    = "Content-Length:0\r\nConnection:close\r\n\r\n"
		moved    = "HTTP/1.1 302 Moved\r\nLocation: http://nodemcu.portal/\r\n" + close
		bad      = "HTTP/1.1 400 Bad request\r\n" + close
		notFound = "HTTP/1.1 404 Not found\r\nContent-Length:10\r\nConnection:close\r\n\r\nNot found\n"
		method   = "HTTP/1.1 405 Method Not Allowed\r\n" + close
		internal = "HTTP/1.1 500 Internal Error\r\nContent-Length:6\r\nConnection:close\r\n\r\nError\n"
		trying   = "HTTP/1.1 302 Moved\r\nLocation: /?trying=true\r\n" + close
		idle     = "HTTP/1.1 200 OK\r\nCache-control:no-cache\r\nConnection:close\r\nAccess-Control-Allow-Origin: *\r\nContent-type:text/plain\r\nContent-length: 5\r\n\r\nIdle."
		json     = "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{\"deviceid\":\"123456\", \"status\":0}"
		options  = "HTTP/1.1 200 OK\r\nCache-Control: no-cache\r\nConnection: close\r\n"
		allowed  = options + "Content-Type: application/json\r\nContent-Length: 0\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET\r\nAccess-Control-Allow-Age: 300\r\n\r\n"
		plain    = options + "Content-Length: 0\r\n\r\n"
		page     = "HTTP/1.1 200 OK\r\nCache-control:no-cache\r\nConnection:close\r\nContent-Type:text/html; charset=utf-8\r\nContent-Encoding: gzip\r\nContent-length: %4d\r\n\r\n"
	)
	own := fmt.Sprintf(page, len(ownPage)) + ownPage
	const end = " HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, x := range []struct{ request, want string }{
		{"GET /" + end, own}, {"GET /?trying=true" + end, own}, {"GET / \r\n\r\n", own},
		{"GET /status" + end, idle}, {"GET /statusX" + end, idle}, {"GET /status?x" + end, idle},
		{"GET /status.json" + end, json}, {"GET /status.json?n=0.5" + end, json}, {"GET /status.jsonX" + end, json},
		{"GET /generate_204" + end, moved}, {"GET //" + end, moved}, {"GET  /" + end, moved}, {"GET /index.html" + end, moved}, {"GET http://a/" + end, moved},
		{"GET /update" + end, moved},
		{"GET /update?" + end, bad}, {"GET /update?wifi_ssid=" + end, bad}, {"GET /update?wifi_ssid=&wifi_password=12345678" + end, bad},
		{"GET /update?wifi_ssid=a" + end, moved}, {"GET /update?wifi_ssid=" + strings.Repeat("a", 31) + end, moved},
		{"GET /update?wifi_ssid=" + strings.Repeat("a", 32) + end, bad}, {"GET /update?wifi_ssid=a&wifi_password=" + strings.Repeat("b", 63) + end, moved},
		{"GET /update?wifi_ssid=a&wifi_password=" + strings.Repeat("%62", 64) + end, bad},
		{"GET /update?x HTTP/1.1\r\nReferer: wifi_ssid=a \r\n\r\n", moved},
		{"OPTIONS /aplist" + end, allowed}, {"OPTIONS /setwifi?" + end, allowed}, {"OPTIONS /status.json" + end, allowed},
		{"OPTIONS /setwifi" + end, plain}, {"OPTIONS *" + end, plain}, {"OPTIONS \r\n\r\n", plain},
		{"POST /" + end, notFound}, {"POST /setwifi?a=b" + end, notFound}, {"POST \r\n\r\n", notFound},
		{"POST /setwifi" + end, bad}, {form("wifi_password=12345678"), bad}, {form("x=wifi_ssid=a"), trying}, {form("wifi_ssid=a"), trying},
		{"PUT /" + end, method}, {"HEAD /" + end, method}, {"get /" + end, method}, {"\r\n\r\n", method}, {"GET\r\n\r\n", method}, {"\x16\x03\x01\r\n\r\n", method},
		{"GET /aplist HTTP/1.1\r\n\r\n", internal}, // while somebody looks for networks
	} {
		b := newLab(t)
		b.open()
		if x.want == internal {
			b.Tasks.Exec(func() { b.radio.Scan(port.ScanConfig{}, func([]port.ScanResult) {}) })
		}
		if got := b.ask(x.request); got != x.want {
			t.Errorf("%.60q:\n%.200q, want\n%.200q", x.request, got, x.want)
		}
		if s := b.said(); s != "" {
			t.Errorf("%.60q: %s", x.request, s)
		}
	}
}

// TestStatus holds what is said of each state of the station.
func TestStatus(t *testing.T) { moduletest.Editions(t, testStatus) }

func testStatus(t *testing.T) {
	b := newLab(t, radio.Network{SSID: "home"}, radio.Network{SSID: "a name that has all of 32 letters"[:32], Password: "12345678"})
	b.open()
	for _, x := range []struct {
		form       string
		wait       func() bool
		text, json string
	}{
		{"wifi_ssid=nobody", func() bool { return b.radio.Status() == port.StationNoAPFound }, "Failed to connect to \"nobody\" - Network not found.", `{"deviceid":"123456", "status":3}`},
		{"wifi_ssid=home", func() bool { return b.radio.Status() == port.StationGotIP }, `Connected to "home" (192.168.0.111).`, `{"deviceid":"192.168.0.111", "status":5}`},
	} {
		b.ask(form(x.form))
		b.WaitFor(x.wait)
		got := b.ask("GET /status HTTP/1.1\r\n\r\n")
		if want := fmt.Sprintf("Content-length: %d\r\n\r\n%s", len(x.text), x.text); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q", x.form, got)
		}
		got = b.ask("GET /status.json HTTP/1.1\r\n\r\n")
		if want := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(x.json), x.json); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q", x.form, got)
		}
	}
	b = newLab(t, radio.Network{SSID: "home"})
	b.open()
	b.radio.Do(radio.Step{Action: radio.Refuse})
	b.ask(form("wifi_ssid=home"))
	b.WaitFor(func() bool { return b.radio.Status() == port.StationConnectFail })
	if got := b.ask("GET /status HTTP/1.1\r\n\r\n"); !strings.HasSuffix(got, "length: 18\r\n\r\nFailed to connect.") {
		t.Errorf("%q", got)
	}
	b.Tasks.Exec(func() { p := portalOf(b.Machine.State()); p.m.SetU8(p.state()+sStatus, 6) })
	if got := b.ask("GET /status HTTP/1.1\r\n\r\n"); got != answer500 {
		t.Errorf("%q", got)
	}
}

// TestPieces holds that a request may come in any pieces, and what is waited for.
func TestPieces(t *testing.T) { moduletest.Editions(t, testPieces) }

func testPieces(t *testing.T) {
	b := newLab(t)
	b.open()
	const request = "POST /setwifi HTTP/1.1\r\ncontent-LENGTH: 26\r\n\r\nwifi_ssid=a&wifi_password="
	for i := 1; i < len(request); i++ {
		p := b.browser().send(request[:i])
		if p.got.Len() > 0 {
			t.Fatalf("%q is answered", request[:i])
		}
		if p.send(request[i:]); p.all() != answerTrying {
			t.Fatalf("%q | %q: %q", request[:i], request[i:], p.got.String())
		}
		if p.send("more"); p.opened != 3 || p.end != "" { // which nobody reads
			t.Errorf("opened %d times, %s", p.opened, p.end)
		}
		p.ends()
	}
	p := b.browser()
	for _, c := range []byte("POST /setwifi HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nwifi_\r\n0006\r\nssid=b\r\n0\r\n\r\n") {
		p.send(string(c))
	}
	if p.all() != answerTrying || b.file(paramsFile) != "local p={}\np.wifi_ssid=\"b\"\nreturn p\n" {
		t.Errorf("%q %q", p.got.String(), b.file(paramsFile))
	}
	p = b.browser().send("GET /" + strings.Repeat("x", 2000) + " HTTP/1.1\r\n\r\n")
	if p.all() != answer302 {
		t.Errorf("a long path: %q", p.got.String())
	}
}

// TestClosing holds that the browser is let close, and when the connection is reset otherwise.
func TestClosing(t *testing.T) { moduletest.Editions(t, testClosing) }

func testClosing(t *testing.T) {
	b := newLab(t)
	b.open()
	p := b.browser().send("GET /x HTTP/1.1\r\n\r\n")
	p.all()
	if p.ticks != 15 || p.end != "" {
		t.Errorf("polls after %d ticks, %q", p.ticks, p.end)
	}
	b.Tasks.Exec(p.polls)
	if p.ticks != 0 || p.end != "reset" {
		t.Errorf("polls after %d ticks, %q", p.ticks, p.end)
	}
	p = b.browser().send("GET /x HTTP/1.1\r\n\r\n")
	p.ends()
	if p.ticks != 0 || p.end != "closed" {
		t.Errorf("polls after %d ticks, %q", p.ticks, p.end)
	}
	p = b.browser().send("GET /x HT") // it closes before it has asked
	p.ends()
	if p.ticks != 15 || p.end != "" {
		t.Errorf("polls after %d ticks, %q", p.ticks, p.end)
	}
	p.ends()
	if p.end != "closed" {
		t.Error(p.end)
	}
	b.Do("enduser_setup.stop()")
	for _, request := range []string{"", "GET /x HT", "GET / HTTP/1.1\r\n\r\n", "GET /aplist HTTP/1.1\r\n\r\n"} { // open at the end
		for _, ends := range []bool{false, true} {
			b.open()
			p = b.browser().send(request)
			b.Do("enduser_setup.stop()")
			switch {
			case ends:
				p.ends()
			case strings.Contains(request, "GET / "):
				p.ack(1000)
			default:
				p.send("more")
			}
			if want := map[bool]string{true: "closed", false: "reset"}[ends && strings.Contains(request, "GET / ")]; p.end != want {
				t.Errorf("%q, ends %v: %q", request, ends, p.end)
			}
			b.RunFor(radio.ScanTime)
		}
	}
}

// TestPageFiles holds whose page is served, and how its length and packing are told.
func TestPageFiles(t *testing.T) { moduletest.Editions(t, testPageFiles) }

func testPageFiles(t *testing.T) {
	const head = pageHeader
	for _, x := range []struct {
		files [][2]string
		want  string
	}{
		{[][2]string{{"enduser_setup.html", "<p>mine"}}, head + "Content-length:    7\r\n\r\n<p>mine"},
		{[][2]string{{"enduser_setup.html", "<p>mine"}, {"enduser_setup.html.gz", "\x1F\x8Bx"}}, head + "Content-Encoding: gzip\r\nContent-length:    3\r\n\r\n\x1F\x8Bx"},
		{[][2]string{{"enduser_setup.html", "\x1F\x8Bpacked"}}, head + "Content-Encoding: gzip\r\nContent-length:    8\r\n\r\n\x1F\x8Bpacked"},
		{[][2]string{{"enduser_setup.html.gz", "plain"}}, head + "Content-length:    5\r\n\r\nplain"},
		{[][2]string{{"enduser_setup.html", ""}}, head + "Content-length:    0\r\n\r\n"},
		{[][2]string{{"enduser_setup.html", "\x1F"}}, head + "Content-length:    1\r\n\r\n\x1F"},
		{[][2]string{{"enduser_setup.html", strings.Repeat("12345678", 1500)}}, head + "Content-length:12000\r\n\r\n" + strings.Repeat("12345678", 1500)},
	} {
		b := newLab(t)
		for _, f := range x.files {
			b.write(f[0], f[1])
		}
		b.open()
		for range 2 { // the second time it is made anew
			if got := b.ask("GET / HTTP/1.1\r\n\r\n"); got != x.want {
				t.Errorf("%.60q: %.200q", x.files, got)
			}
		}
	}
}

// TestPageShared holds what comes of two browsers at once: one copy of the page is sent to both,
// and is gone when one of them has all of it.
func TestPageShared(t *testing.T) { moduletest.Editions(t, testPageShared) }

func testPageShared(t *testing.T) {
	b := newLab(t)
	b.open()
	whole := b.ask("GET / HTTP/1.1\r\n\r\n")
	first, second := b.browser(), b.browser()
	first.send("GET / HTTP/1.1\r\n\r\n")
	second.send("GET / HTTP/1.1\r\n\r\n")
	second.ack(100)
	if first.all() != whole {
		t.Error("the first one does not get all")
	}
	second.ack(100)
	if s := second.got.String(); second.end != "reset" || !strings.HasPrefix(whole, s) || len(s) >= len(whole) {
		t.Errorf("%d of %d bytes, %q", len(s), len(whole), second.end)
	}
	third := b.browser().send("GET / HTTP/1.1\r\n\r\n")
	third.ends() // which is answered at once, so the rest is not sent
	if third.end != "closed" || third.got.Len() != port.TCPSendBuffer {
		t.Errorf("%d bytes, %q", third.got.Len(), third.end)
	}
	slow := b.browser().send("GET / HTTP/1.1\r\n\r\n")
	for slow.waits > 0 {
		slow.ack(7)
	}
	if slow.got.String() != whole {
		t.Error("not all to one that is slow")
	}
}

// TestList holds the list of networks, and who gets it.
func TestList(t *testing.T) { moduletest.Editions(t, testList) }

func testList(t *testing.T) {
	b := newLab(t, radio.Network{SSID: "home", Password: "12345678", Channel: 6, RSSI: -40},
		radio.Network{SSID: `a"b\c<é` + "\x01", Channel: 11, RSSI: -70}, radio.Network{SSID: strings.Repeat(`"`, 32), Channel: 1, RSSI: -90},
		radio.Network{SSID: "shy", Hidden: true})
	b.open()
	const body = `[{"ssid":"home","rssi":-40,"chan":6,"auth":3},{"ssid":"a\"b\\c<é` + "\x01" + `","rssi":-70,"chan":11,"auth":0},{"ssid":"` +
		`\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"` + `","rssi":-90,"chan":1,"auth":0}]`
	want := fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection:close\r\nCache-control:no-cache\r\nAccess-Control-Allow-Origin: *\r\nContent-type:application/json\r\nContent-length:%4d\r\n\r\n%s", len(body), body)
	first, gone, last, broken := b.browser(), b.browser(), b.browser(), b.browser()
	for _, p := range []*peer{first, gone, last, broken} {
		p.send("GET /aplist?n=1 HTTP/1.1\r\n\r\n")
	}
	last.send("what nobody expects")
	gone.ends()
	b.Tasks.Exec(func() { broken.h.Failed(port.NetErrReset) })
	b.RunFor(radio.ScanTime)
	for _, p := range []*peer{first, last} {
		if p.ticks != 0 || p.got.String() != want {
			t.Errorf("%d ticks, %q", p.ticks, p.got.String())
		}
		if p.ack(1 << 20); p.ticks != 15 {
			t.Errorf("%d ticks when it is sent", p.ticks)
		}
		if p.ends(); p.end != "closed" {
			t.Error(p.end)
		}
	}
	if gone.got.Len() > 0 || gone.ticks != 15 || broken.got.Len() > 0 {
		t.Error("somebody gets it who has gone")
	}
	if s := b.said(); s != "error 3 1625: \thttp_recvcb failed. Unable to send HTML." {
		t.Errorf("it says %q", s)
	}
	p := b.browser().send("GET /aplist HTTP/1.1\r\n\r\n")
	p.fails = true
	b.RunFor(radio.ScanTime)
	if p.end != "reset" {
		t.Error(p.end)
	}
	many := newLab(t, slices.Repeat([]radio.Network{{SSID: strings.Repeat("x", 32)}}, 100)...)
	many.open()
	p = many.browser().send("GET /aplist HTTP/1.1\r\n\r\n")
	many.RunFor(radio.ScanTime)
	if p.end != "reset" || p.got.Len() > 0 {
		t.Errorf("%d bytes, %q", p.got.Len(), p.end)
	}
	none := networks(nil)
	if !strings.HasSuffix(none, "Content-length:   2\r\n\r\n[]") {
		t.Errorf("%q", none)
	}
}

// TestErrors holds the errors that are told, each with its line and number.
func TestErrors(t *testing.T) { moduletest.Editions(t, testErrors) }

func testErrors(t *testing.T) {
	b := newLab(t)
	b.open()
	fails := func(request, want, end string) {
		t.Helper()
		p := b.browser()
		p.fails = true
		p.send(request)
		if s := b.said(); s != want || p.end != end {
			t.Errorf("%.40q: %q, %q", request, s, p.end)
		}
	}
	const noPage = "error 3 1625: \thttp_recvcb failed. Unable to send HTML."
	fails("GET /status HTTP/1.1\r\n\r\n", "error 3 903: \thttp_serve_header failed on tcp_write", "")
	fails("GET / HTTP/1.1\r\n\r\n", "error 3 975: \thttp_serve_html failed. tcp_write failed\n"+noPage, "reset")
	fails("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", noPage, "reset")
	fails("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-9\r\n", noPage, "reset")

	// Out of memory: what the callback needs is there, since short texts that are alive are not
	// made anew.
	b.Do(`enduser_setup.stop()
		keep = {"1545", ": \t", ": \tout of memory", "1545: \tout of memory", "out of memory"}
		function failed(n, s) code, text = n, s end
		failed(0, "") print(code, text)
		enduser_setup.start(nil, failed)`)
	b.RunFor(radio.ScanTime)
	b.Printed()
	p := b.browser()
	free := b.Machine.State().FreeHeap()
	b.Heap.FailAfter = 2
	b.Tasks.Exec(func() { p.h.Received([]byte("GET /aplist HTTP/1.1\r\n\r\n")) })
	b.Heap.FailAfter = -1
	if lost := free - b.Machine.State().FreeHeap(); p.end != "reset" || lost > 0 {
		t.Errorf("%q, %d bytes are lost", p.end, lost)
	}
	if b.Do("print(code, text)"); b.Printed() != "1\t1545: \tout of memory\n" {
		t.Error("out of memory is not told")
	}

	b = newLab(t)
	b.open()
	p = b.browser().send("GET /aplist HT")
	release := b.fill(300, 300)
	p.send(strings.Repeat("x", 1400))
	release()
	if s := b.said(); s != noPage || p.end != "reset" {
		t.Errorf("%q, %q", s, p.end)
	}
}

// fill leaves one hole of each size on the heap, until what it gives is called.
func (b *lab) fill(holes ...int) (free func()) {
	var blocks [][2]int
	L := b.Machine.State()
	for _, size := range append(holes, 300) {
		first := len(blocks)
		for at := L.Alloc(size); at != 0; at = L.Alloc(size) {
			blocks = append(blocks, [2]int{int(at), size})
		}
		if first < len(blocks) {
			blocks[first][1] = -size
		}
	}
	for _, x := range blocks {
		if x[1] < 0 {
			L.Free(state.Addr(x[0]), -x[1])
		}
	}
	return func() {
		for _, x := range blocks {
			if x[1] > 0 {
				L.Free(state.Addr(x[0]), x[1])
			}
		}
	}
}

// TestDNS holds the answers, the errors and what is no question.
func TestDNS(t *testing.T) { moduletest.Editions(t, testDNS) }

func testDNS(t *testing.T) {
	b := newLab(t)
	b.open()
	ask := func(query string) []byte {
		b.net.Sent = nil
		b.Tasks.Exec(func() { b.net.Last().Recv([]byte(query), port.IP{192, 168, 4, 2}, 4000) })
		if len(b.net.Sent) == 0 {
			return nil
		}
		if s := b.net.Sent[0]; len(b.net.Sent) > 1 || s.To != (port.IP{192, 168, 4, 2}) || s.Port != 4000 {
			t.Errorf("%+v", b.net.Sent)
		}
		return b.net.Sent[0].Data
	}
	const (
		head   = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
		answer = "\x12\x34\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00"
		tail   = "\x00\x01\x00\x01\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x78\x00\x04\xC0\xA8\x04\x01"
	)
	for _, x := range [][2]string{
		{head + "\x01a\x02bc\x00\x00\x01\x00\x01", answer + "\x01a\x02bc\x00" + tail},
		{head + "\x01a\x00\x00\x1C\x00\x01", answer + "\x01a\x00" + tail}, // another type
		{head + "\x00\x00\x01\x00\x01", answer + "\x00" + tail},
		{head, answer + "\x00" + tail}, {head + "\x05ab", answer + "\x05ab\x00" + tail},
		{head + strings.Repeat("x", 1000), answer + strings.Repeat("x", 1000) + "\x00" + tail},
		{head[:11], ""}, {"x", ""}, {"", ""},
	} {
		if got := string(ask(x[0])); got != x[1] {
			t.Errorf("%q: %q", x[0], got)
		}
	}
	if b.net.Last().Port != 53 {
		t.Errorf("port %d", b.net.Last().Port)
	}
	query := head + "\x01a\x00\x00\x01\x00\x01"
	for _, x := range []struct {
		err  port.NetErr
		said string
		note string
	}{
		{port.NetErr(-7), "error 5 1876: \tdns_recv_callback failed. Buffer full. Discarding...", ""},
		{port.NetErrIf, "error 3 1880: \tdns_recv_callback failed. Send UDP data failed", ""},
		{port.NetErrMem, "", "dns_recv_callback failed. Failed to allocate memory for send. The portal has ended, with error 1;"},
		{port.NetErrArg, "", "dns_recv_callback failed. Can't execute transmission. The portal has ended, with error 2;"},
		{port.NetErrRoute, "", "dns_recv_callback failed. espconn_send failed The portal has ended, with error 3;"},
	} {
		b = newLab(t)
		b.open()
		b.net.Err = x.err
		ask(query)
		if s := b.said(); s != x.said || (len(b.notes) == 0) != (x.note == "") || x.note != "" && !strings.HasPrefix(b.notes[0], x.note) {
			t.Errorf("%d: %q %q", x.err, s, b.notes)
		}
		if open := b.net.accept != nil; open == (x.note != "") {
			t.Errorf("%d: open %v", x.err, open)
		}
	}
	b = newLab(t)
	b.Do(startCode) // which looks around: its own network is not there yet
	if ask(query) != nil || len(b.notes) != 1 || !strings.HasPrefix(b.notes[0], "dns_recv_callback failed. Interface mode not supported.") || b.net.accept != nil {
		t.Errorf("%q", b.notes)
	}
	b = newLab(t)
	b.open()
	free := b.fill(1100) // for the datagram
	ask(head + strings.Repeat("x", 1000))
	free()
	if s := b.said(); s != "error 1 1840: \tdns_recv_callback failed. Failed to allocate memory." {
		t.Error(s)
	}
}

// TestParams holds what the file has, byte by byte, and of what the user is warned.
func TestParams(t *testing.T) { moduletest.Editions(t, testParams) }

func testParams(t *testing.T) {
	for _, x := range []struct{ body, want, note string }{
		{"wifi_ssid=a&wifi_password=b", "p.wifi_ssid=\"a\"\np.wifi_password=\"b\"\n", ""},
		{"wifi_ssid=a+b%20c%C3%a9", "p.wifi_ssid=\"a b cé\"\n", ""},
		{"wifi_ssid=a&wifi_password=", "p.wifi_ssid=\"a\"\np.wifi_password=\"\"\n", ""},
		{"wifi_ssid=a&x=&y=1", "p.wifi_ssid=\"a\"\np.x=\"y=1\"\n", ""},    // strtok
		{"wifi_ssid=a&b&c=1", "p.wifi_ssid=\"a\"\np.b&c=\"1\"\n", "b&c"},  // likewise
		{"wifi_ssid=a&b", "p.wifi_ssid=\"a\"\np.b=\"\"\n", ""},            // the firmware writes what was in memory
		{"&&wifi_ssid=a", "p.&&wifi_ssid=\"a\"\n", "&&wifi_ssid"},         //
		{"==wifi_ssid=a", "p.wifi_ssid=\"a\"\n", ""},                      //
		{"wifi_ssid=a%00b&x=1%002", "p.wifi_ssid=\"a\"\np.x=\"1\"\n", ""}, // texts end there
		{"wifi_ssid=a&my-field=1", "p.wifi_ssid=\"a\"\np.my-field=\"1\"\n", "my-field"},
		{"wifi_ssid=a&end=1", "p.wifi_ssid=\"a\"\np.end=\"1\"\n", "end"},
		{"wifi_ssid=a&x=%22..os", "p.wifi_ssid=\"a\"\np.x=\"\"..os\"\n", "the value of x has a quote, a backslash or a line end in it"},
		{"wifi_ssid=a&x=1%0a2", "p.wifi_ssid=\"a\"\np.x=\"1\n2\"\n", "the value of x has"},
		{"wifi_ssid=a&x=%5c", "p.wifi_ssid=\"a\"\np.x=\"\\\"\n", "the value of x has"},
		{"wifi_ssid=a&x=100%&y=%zz&z=%4", "p.wifi_ssid=\"a\"\np.x=\"100%\"\np.y=\"%zz\"\np.z=\"%4\"\n", ""},
	} {
		b := newLab(t)
		b.open()
		if s := b.ask(form(x.body)); s != answerTrying {
			t.Errorf("%s: %q", x.body, s)
		}
		if s := b.file(paramsFile); s != "local p={}\n"+x.want+"return p\n" {
			t.Errorf("%s: %q", x.body, s)
		}
		if (len(b.notes) == 0) != (x.note == "") || x.note != "" && !strings.Contains(b.notes[0], x.note) {
			t.Errorf("%s: %q", x.body, b.notes)
		}
	}
	b := newLab(t)
	b.open()
	b.ask("GET /update?wifi_ssid=home&wifi_password=correct%20horse&x=1 HTTP/1.1\r\n\r\n")
	b.RunFor(passed)
	if c := b.radio.StationConfig(false); c.Password != "correct horse" || b.file(paramsFile) != "" {
		t.Errorf("%+v, file %q", c, b.file(paramsFile))
	}
	b.files = nil
	if s := b.ask(form("wifi_ssid=a")); s != answerTrying {
		t.Errorf("without files: %q", s)
	}
	b.ask(form("wifi_ssid=" + strings.Repeat("é", 16)))
	if len(b.notes) != 1 || b.notes[0] != "a name of more than 31 bytes, or a password of more than 63, is refused, as in the firmware" {
		t.Errorf("%q", b.notes)
	}
}
