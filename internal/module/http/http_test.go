package http_test

import (
	"bufio"
	"fmt"
	"io"
	hostsock "net"
	hosthttp "net/http"
	"net/http/httptest"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/http"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
	"moonlet.example/moonlet/internal/sim/hostnet"
)

// board is a chip with a network and no radio.
type board struct {
	*porttest.Chip
	net *hostnet.Net
}

func (b *board) Net() port.Net { return b.net }

// testChip is a module that may reach this computer by the names here and there.
type testChip struct {
	*moduletest.Lua
	t   *testing.T
	net *hostnet.Net
}

func newChip(t *testing.T, clock sdk.Clock) *testChip {
	t.Helper()
	return chipOf(t, porttest.Config{Clock: clock, NoWatchdog: true})
}

func chipOf(t *testing.T, config porttest.Config) *testChip {
	t.Helper()
	b := &board{Chip: porttest.New(t, config)}
	loopback := port.IP{127, 0, 0, 1}
	b.net = hostnet.New(hostnet.Config{
		Loop: b.Tasks, HostsOnly: true, Hosts: map[string]port.IP{"here": loopback, "there": loopback},
	})
	t.Cleanup(b.net.Close)
	b.net.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0})
	c := &testChip{t: t, net: b.net}
	c.Lua = moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{http.Module}})
	if err := c.Exec(`
		function show(code, body, headers)
		  local list = {}
		  for k, v in pairs(headers or {}) do list[#list + 1] = k .. "=" .. v end
		  table.sort(list)
		  print(code, body and (body:gsub("%z", "<0>")), headers and table.concat(list, ","))
		end`, "=show"); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask runs code and waits until the callback has printed, or for a line on the console if there
// is none.
func (c *testChip) ask(code string) string {
	c.t.Helper()
	if err := c.Exec(code, "=test"); err != nil {
		c.t.Fatalf("%s: %v", code, err)
	}
	callback := strings.Contains(code, "show")
	ok := c.WaitFor(func() bool {
		out := c.Out.String()
		return strings.Contains(out, "\t") || !callback && out != ""
	})
	if !ok {
		c.t.Errorf("%s: no answer: %q", code, c.Out.String())
	}
	c.RunFor(20 * time.Millisecond)
	if top := c.Machine.State().GetTop(); top != 0 {
		c.t.Errorf("%s: %d values are left on the stack", code, top)
	}
	if err := c.Machine.CheckHeap(); err != nil {
		c.t.Errorf("%s: %v", code, err)
	}
	return c.Printed()
}

// server gives answers that need not be HTTP, one after the other, and closes behind each. It
// notes the requests as they came.
type server struct {
	url string
	mu  sync.Mutex
	got []string
}

// serve starts one. An answer "reset:TEXT" ends by a reset. {port} is the server's own.
func serve(t *testing.T, answers ...string) *server {
	t.Helper()
	ln, err := hostsock.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: fmt.Sprintf("http://here:%d", ln.Addr().(*hostsock.TCPAddr).Port)}
	_, own, _ := strings.Cut(s.url, "here:")
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			request := readRequest(conn)
			s.mu.Lock()
			s.got = append(s.got, request)
			s.mu.Unlock()
			text, reset := strings.CutPrefix(answers[min(i, len(answers)-1)], "reset:")
			_, _ = io.WriteString(conn, strings.ReplaceAll(text, "{port}", own))
			if reset {
				time.Sleep(50 * time.Millisecond) // a reset overtakes data
				_ = conn.(*hostsock.TCPConn).SetLinger(0)
			}
			conn.Close()
		}
	}()
	return s
}

// readRequest reads a head and as much of a body as the head says.
func readRequest(conn hostsock.Conn) string {
	r := bufio.NewReader(conn)
	var all strings.Builder
	length := 0
	for {
		line, err := r.ReadString('\n')
		all.WriteString(line)
		if err != nil || line == "\r\n" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		if textproto.CanonicalMIMEHeaderKey(name) == "Content-Length" {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	_, _ = io.CopyN(&all, r, int64(length))
	return all.String()
}

func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}

// run asks a server that gives these answers for its page, and tells what came of it.
func run(t *testing.T, answers ...string) string {
	t.Helper()
	s := serve(t, answers...)
	c := newChip(t, sdk.NewRealClock(10))
	return c.ask(fmt.Sprintf("http.get(%q, nil, show)", s.url+"/dir/page"))
}

// The head of each method, to the letter.
func TestRequests(t *testing.T) { moduletest.Editions(t, testRequests) }

func testRequests(t *testing.T) {
	for _, x := range []struct{ code, want string }{
		{"http.get(url, nil, show)", "GET / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nUser-Agent: ESP8266\r\n\r\n"},
		{"http.get(url .. '/a?b=c#d', 'X: y\\r\\n', show)", "GET /a?b=c#d HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nX: y\r\nUser-Agent: ESP8266\r\n\r\n"},
		{"http.get(url, 'USER-agent: me\\r\\nhost: you\\r\\n', show)", "GET / HTTP/1.1\r\nConnection: close\r\nUSER-agent: me\r\nhost: you\r\n\r\n"},
		{"http.post(url, nil, 'abc', show)", "POST / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nUser-Agent: ESP8266\r\nContent-Length: 3\r\n\r\nabc"},
		{"http.post(url, 'A: b\\r\\n', '', show)", "POST / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nA: b\r\nUser-Agent: ESP8266\r\nContent-Length: 0\r\n\r\n"},
		{"http.put(url, nil, 12, show)", "PUT / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nUser-Agent: ESP8266\r\nContent-Length: 2\r\n\r\n12"},
		{"http.delete(url, {}, {}, show)", "DELETE / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nUser-Agent: ESP8266\r\n\r\n"},
		{"http.request(url, 'PA\\0X', 'A: b\\r\\n\\0C: d', 'one\\0two', show)", "PA / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nA: b\r\nUser-Agent: ESP8266\r\nContent-Length: 3\r\n\r\none"},
		{"http.request(url .. '/\\0x', 'HEAD', nil, nil, show)", "HEAD / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nUser-Agent: ESP8266\r\n\r\n"},
	} {
		s := serve(t, "HTTP/1.0 204 \r\n\r\n")
		c := newChip(t, sdk.NewRealClock(10))
		if got := c.ask(fmt.Sprintf("url = %q %s", s.url, x.code)); got != "204\t\t\n" {
			t.Errorf("%s: %q", x.code, got)
		}
		want := strings.ReplaceAll(x.want, "HOST", strings.TrimPrefix(s.url, "http://"))
		if got := s.requests(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: asked %q, want %q", x.code, got, want)
		}
	}
}

func TestAnswers(t *testing.T) { moduletest.Editions(t, testAnswers) }

func testAnswers(t *testing.T) {
	for _, x := range []struct{ answer, want string }{
		{"HTTP/1.1 200 OK\r\nA: b\r\nContent-TYPE:   text\r\na: c\r\n\r\nhello", "200\thello\ta=c,content-type=text\n"},
		{"HTTP/1.0 404 Not Found\r\n\r\n", "404\t\t\n"},
		{"HTTP/1.1 200 OK\r\nA:b\r\nno colon\r\nC: d\r\n\r\nx", "200\tx\ta=b\n"},
		{"HTTP/1.1 200 OK\nA: b\nC: d\r\n\r\nx", "200\tx\ta=b\nC: d\n"},
		{"HTTP/1.1 200 OK\r\n\r\nab\x00cd", "200\tab<0>cd\t\n"},
		{"HTTP/1.1 0\r\n\r\n", "0\t\t\n"},
		{"HTTP/1.1 -1 x\r\n\r\nx", "-1\tnil\tnil\n"},
		{"HTTP/1.1 200 OK\r\nA: b", "HTTP client: Body shouldn't be NULL\n200\t\ta=b\n"},
		{"HTTP/1.1 200 OK\r\nA: \x00b\r\n\r\nx", "HTTP client: Body shouldn't be NULL\n200\t\ta=\n"},
		{"HTTP/2.0 200 OK\r\n\r\n", "HTTP client: Invalid version in HTTP/2.0 200 OK\r\n\r\n\n-1\tnil\tnil\n"},
		{"http/1.1 200 OK\r\n\r\n", "HTTP client: Invalid version in http/1.1 200 OK\r\n\r\n\n-1\tnil\tnil\n"},
		{"", "-1\tnil\tnil\n"},
		{"\x00HTTP/1.1 200 OK\r\n\r\n", "-1\tnil\tnil\n"},
		{"reset:", "HTTP client: Disconnected with error: -9\nHTTP client: Connection timeout\n-1\tnil\tnil\n"},
		{"reset:HTTP/1.1 200 OK\r\n\r\nhalf", "HTTP client: Disconnected with error: -9\nHTTP client: Connection timeout\n200\thalf\t\n"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00A;x=y\r\n0123456789\r\n0\r\n\r\n", "200\tabc0123456789\ttransfer-encoding=chunked\n"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "200\tabc\ttransfer-encoding=chunked\n"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5", "200\t\ttransfer-encoding=chunked\n"},
		{"HTTP/1.1 300 Multiple\r\n\r\nx", "300\tx\t\n"},
		{"HTTP/1.1 201 Made\r\nLocation: /x\r\n\r\nx", "201\tx\tlocation=/x\n"},
		{"HTTP/1.1 302 Found\r\nLocation: /x", "HTTP client: Found Location header but was incomplete\n-1\tnil\tnil\n"},
	} {
		want := strings.ReplaceAll(x.want, "\r\n", "\n")
		if got := run(t, x.answer); got != want {
			t.Errorf("%q: got %q, want %q", x.answer, got, want)
		}
	}
}

func TestRedirections(t *testing.T) { moduletest.Editions(t, testRedirections) }

func testRedirections(t *testing.T) {
	const end = "HTTP/1.1 200 OK\r\n\r\nthere"
	for _, x := range []struct{ answer, path string }{
		{"HTTP/1.1 301 Moved\r\nLocation: /new\r\n\r\n", "/new"},
		{"HTTP/1.1 302 Found\r\nlocation:   new?x\r\n\r\n", "/dir/new?x"},
		{"HTTP/1.1 307 x\r\nLocation: http://there:{port}/abs\r\n\r\n", "/abs"},
		{"HTTP/1.1 308 x\r\nContent-Location: ../up\r\n\r\n", "/dir/../up"},
	} {
		s := serve(t, x.answer, end)
		c := newChip(t, sdk.NewRealClock(10))
		code := fmt.Sprintf("http.post(%q, 'Own: yes\\r\\n', 'data', show)", s.url+"/dir/page")
		if got := c.ask(code); got != "200\tthere\t\n" {
			t.Errorf("%q: %q", x.answer, got)
		}
		got := s.requests()
		if len(got) != 2 || !strings.HasSuffix(got[0], "data") {
			t.Fatalf("%q: asked %q", x.answer, got)
		}
		// The method stays; own headers and what was sent do not.
		if !strings.HasPrefix(got[1], "POST "+x.path+" HTTP/1.1\r\n") || strings.Contains(got[1], "Own") || strings.HasSuffix(got[1], "data") {
			t.Errorf("%q: asked %q", x.answer, got[1])
		}
	}
	s := serve(t, "HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n")
	c := newChip(t, sdk.NewRealClock(10))
	want := "HTTP client: Too many redirections\n-1\tnil\tnil\n"
	if got := c.ask(fmt.Sprintf("http.get(%q, nil, show)", s.url)); got != want {
		t.Errorf("got %q", got)
	}
	if n := len(s.requests()); n != 21 {
		t.Errorf("asked %d times", n)
	}
}

// A URL that is none leaves a line and no callback.
func TestURLs(t *testing.T) { moduletest.Editions(t, testURLs) }

func testURLs(t *testing.T) {
	c := newChip(t, sdk.NewVirtualClock())
	long := strings.Repeat("x", 128)
	for _, x := range []struct{ url, want string }{
		{"", "URL is not HTTP or HTTPS "}, {"HTTP://x/", "URL is not HTTP or HTTPS HTTP://x/"},
		{"ftp://x", "URL is not HTTP or HTTPS ftp://x"},
		{"http://here:/x", "Port error here:/x"}, {"https://here:zero", "Port error here:zero"},
		{"http://" + long + "/", "hostname is too long " + long + "/"},
	} {
		if got := c.ask(fmt.Sprintf("http.get(%q, nil, function() end)", x.url)); got != "HTTP client: "+x.want+"\n" {
			t.Errorf("%s: %q", x.url, got)
		}
	}
	before := c.Machine.State().FreeHeap()
	// A name that is empty is refused at once, on the main thread.
	got := c.ask(`
		coroutine.wrap(function()
		  http.get("http://:80/", nil, function(...) show(...) print(coroutine.running() == nil or select(2, coroutine.running())) end)
		  print "behind"
		end)()`)
	if want := "HTTP client: DNS arg error \nHTTP client: DNS failed for \n-1\tnil\tnil\ntrue\nbehind\n"; got != want {
		t.Errorf("got %q", got)
	}
	got = c.ask("http.get('http://nowhere.example/', nil, show)")
	if want := "HTTP client: DNS failed for nowhere.example\n-1\tnil\tnil\n"; got != want {
		t.Errorf("got %q", got)
	}
	c.Do("collectgarbage()")
	if lost := before - c.Machine.State().FreeHeap(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
	for _, code := range []string{"http.get()", "http.get({})", "http.request('http://x')", "http.post(nil)"} {
		if err := c.Exec(code, "=test"); err == nil || !strings.Contains(err.Error(), "string expected, got") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if got := c.ask("print(http.OK, http.ERROR)"); got != "0\t-1\n" {
		t.Errorf("constants %q", got)
	}
}

// An error in the callback is that of a task.
func TestCallbackError(t *testing.T) { moduletest.Editions(t, testCallbackError) }

func testCallbackError(t *testing.T) {
	s := serve(t, "HTTP/1.1 200 OK\r\n\r\n")
	c := newChip(t, sdk.NewRealClock(10))
	got := c.ask(fmt.Sprintf("http.get(%q, nil, function() error '\\toops' end)", s.url))
	if !strings.Contains(got, "oops\nstack traceback:") {
		t.Errorf("got %q", got)
	}
}

// Without a network nothing happens for a minute.
func TestTimeout(t *testing.T) { moduletest.Editions(t, testTimeout) }

func testTimeout(t *testing.T) {
	c := newChip(t, sdk.NewVirtualClock())
	c.net.SetInterface(port.StationIf, port.IP{}, port.IP{})
	before := c.Machine.State().FreeHeap()
	c.Do("http.get('http://10.0.0.1/', nil, show)")
	c.RunFor(59900 * time.Millisecond)
	if got := c.Printed(); got != "" {
		t.Errorf("too early: %q", got)
	}
	c.RunFor(200 * time.Millisecond)
	if got := c.Printed(); got != "HTTP client: Connection timeout\n-1\tnil\tnil\n" {
		t.Errorf("got %q", got)
	}
	c.Do("collectgarbage()")
	if lost := before - c.Machine.State().FreeHeap(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
	// Nobody answers.
	c.net.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0})
	c.Do("http.get('http://192.168.0.5/', nil, show)")
	c.RunFor(10 * time.Second)
	if got := c.Printed(); got != "HTTP client: Disconnected with error: -11\nHTTP client: Connection timeout\n-1\tnil\tnil\n" {
		t.Errorf("got %q", got)
	}
}

// All requests have one callback.
func TestOneCallback(t *testing.T) { moduletest.Editions(t, testOneCallback) }

func testOneCallback(t *testing.T) {
	s := serve(t, "HTTP/1.1 200 OK\r\n\r\n")
	c := newChip(t, sdk.NewRealClock(10))
	c.Do(fmt.Sprintf(`
		http.get(%[1]q, nil, function() print "first\t" end)
		http.get(%[1]q, nil, function() print "second\t" end)`, s.url))
	c.WaitFor(func() bool { return len(s.requests()) == 2 })
	c.RunFor(2 * time.Second)
	if got := c.Printed(); got != "second\t\n" {
		t.Errorf("got %q", got)
	}
	c.Do(fmt.Sprintf("http.get(%q, nil, function() print 'third' end) http.get(%q)", "bad", s.url))
	c.WaitFor(func() bool { return len(s.requests()) == 3 })
	c.RunFor(2 * time.Second)
	if got := c.Printed(); !strings.HasSuffix(got, "third\n") { // it was kept for the next one
		t.Errorf("got %q", got)
	}
}

// The answer may have 8,191 bytes with its headers.
func TestLongAnswers(t *testing.T) { moduletest.Editions(t, testLongAnswers) }

func testLongAnswers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n\r\n"
	body := strings.Repeat("x", 8191-len(head))
	if got := run(t, head+body); got != "200\t"+body+"\t\n" {
		t.Errorf("%d bytes, %.60q", len(got), got)
	}
	got := run(t, head+body+"y")
	if !strings.HasPrefix(got, "HTTP client: Response too long (8193)\n-1\tnil\tnil\n") {
		t.Errorf("got %.60q", got)
	}
}

// A real server gets whole bodies, also such as lwIP takes in pieces, and nothing is left.
func TestServer(t *testing.T) { moduletest.Editions(t, testServer) }

func testServer(t *testing.T) {
	srv := httptest.NewServer(hosthttp.HandlerFunc(func(w hosthttp.ResponseWriter, r *hosthttp.Request) {
		body, err := io.ReadAll(r.Body)
		w.Header().Set("X-Length", fmt.Sprint(len(body), err))
		if f, ok := w.(hosthttp.Flusher); ok && r.Method == "PUT" { // makes it chunked
			io.WriteString(w, "begin ")
			f.Flush()
		}
		fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, strings.Count(string(body), "z"))
	}))
	defer srv.Close()
	c := newChip(t, sdk.NewRealClock(10))
	url := strings.Replace(srv.URL, "127.0.0.1", "here", 1)
	c.Do(fmt.Sprintf("url = %q", url))
	short := `http.%s(url .. "/p", nil, ("z"):rep(%d), function(c, b, h) print(c, b, h["x-length"]) end) -- show`
	lap := func() {
		for _, x := range []struct {
			method string
			n      int
			want   string
		}{
			{"post", 10, "200\tPOST /p 10\t10 <nil>\n"}, {"post", 9000, "200\tPOST /p 9000\t9000 <nil>\n"},
			{"put", 3000, "200\tbegin PUT /p 3000\t3000 <nil>\n"}, {"delete", 1, "200\tDELETE /p 1\t1 <nil>\n"},
		} {
			if got := c.ask(fmt.Sprintf(short, x.method, x.n)); got != x.want {
				t.Errorf("%s %d: %q", x.method, x.n, got)
			}
		}
		c.Do("collectgarbage() collectgarbage()")
	}
	lap()
	before := c.Machine.State().FreeHeap()
	for range 5 {
		lap()
	}
	if lost := before - c.Machine.State().FreeHeap(); lost > 100 {
		t.Errorf("%d bytes are lost", lost)
	}
}

// A board without a network has the module, and its functions say what is missing.
func TestNoNetwork(t *testing.T) { moduletest.Editions(t, testNoNetwork) }

func testNoNetwork(t *testing.T) {
	l := moduletest.Boot(t, moduletest.Config{Modules: []state.Module{http.Module}})
	err := l.Exec("http.get('http://x/', nil, print)", "=test")
	if err == nil || !strings.HasSuffix(err.Error(), "this board has no network") {
		t.Error(err)
	}
}
