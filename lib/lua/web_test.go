package lualib_test

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/luac"
	"moonlet.example/moonlet/moonlettest"
)

// network is the beginning of scripts that wait for an address: online is called with one.
const network = `
wifi.setmode(wifi.STATION)
wifi.sta.config{ssid = "home"}
wifi.eventmon.register(wifi.eventmon.STA_GOT_IP, function()
  wifi.eventmon.unregister(wifi.eventmon.STA_GOT_IP)
  online()
end)
local lua, free
-- memory compares what Lua has, to the byte, and what the heap has free, whose blocks may have rests of holes,
-- with the last time, if it is told what was done since.
function memory(what, rests)
  if node.heap() > 35000 then -- the table of strings and the registry are as large as they will be
    collectgarbage("stop")
    for i = 1, 300 do local s = "s" .. i end
    for i = 1, 70 do tmr.create():register(1000, 0, print) end
    collectgarbage("restart")
  end
  for _ = 1, 8 do collectgarbage() end -- each makes stack and call frames smaller
  if _VERSION == "Lua 5.1" then local text = ("x"):rep(40) .. ("y"):rep(24) end -- the buffer of .. has one size then
  local l, f = node.egc.meminfo(), node.heap()
  if what then
    -- The registry's array has one of two sizes, by when it was last made larger; buffers of 64 bytes may be there or not.
    local more = l - lua
    if more > 512 then more = more - 512 end
    if more > 64 then check("what Lua has after " .. tostring(what), l, lua) end
    if f < free - rests - (l > lua + 500 and 512 or 0) then print("WRONG heap after " .. tostring(what), f, "and not", free) end
    print("heap", free, "then", f, "of Lua", lua, "then", l)
  end
  lua, free = l, f
end
-- settled does the same when lwIP has forgotten its connections, and goes on.
function settled(what, f)
  tmr.create():alarm(30000, tmr.ALARM_SINGLE, function() memory(what, 200) f() end)
end
`

// rawServer is a server on this computer that answers as it is told, byte by byte.
type rawServer struct {
	port     int
	mu       sync.Mutex
	requests []rawRequest
	// answer does what there is to do on a connection after a request: the rest of the connection is closed
	// when it returns.
	answer func(c net.Conn, q rawRequest)
}

// rawRequest is a request as it came.
type rawRequest struct{ method, path, head, body string }

// header is the value of a header, "" if it is not there.
func (q rawRequest) header(name string) string {
	for line := range strings.SplitSeq(q.head, "\r\n") {
		if k, v, ok := strings.Cut(line, ": "); ok && strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// serve starts a server that is closed when the test ends.
func serve(t *testing.T, answer func(c net.Conn, q rawRequest)) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, answer)
}

// serveOn is serve for a listener.
func serveOn(t *testing.T, l net.Listener, answer func(c net.Conn, q rawRequest)) *rawServer {
	t.Helper()
	s := &rawServer{port: l.Addr().(*net.TCPAddr).Port, answer: answer}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.handle(c)
		}
	}()
	return s
}

func (s *rawServer) handle(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(c)
	q, err := readRequest(in)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, q)
	answer := s.answer
	s.mu.Unlock()
	answer(c, q)
}

// readRequest reads one request with its body.
func readRequest(in *bufio.Reader) (q rawRequest, err error) {
	for !strings.HasSuffix(q.head, "\r\n\r\n") {
		line, err := in.ReadString('\n')
		if err != nil {
			return q, err
		}
		q.head += line
	}
	first := strings.Fields(q.head)
	q.method, q.path = first[0], first[1]
	switch n := q.header("Content-Length"); {
	case n != "":
		size := 0
		for _, c := range n {
			size = size*10 + int(c-'0')
		}
		body := make([]byte, size)
		_, err = io.ReadFull(in, body)
		q.body = string(body)
	case q.header("Transfer-Encoding") == "chunked":
		for !strings.HasSuffix(q.body, "0\r\n\r\n") {
			line, err := in.ReadString('\n')
			if err != nil {
				return q, err
			}
			q.body += line
		}
	}
	return q, err
}

// change changes what the server answers.
func (s *rawServer) change(answer func(c net.Conn, q rawRequest)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// asked are the requests until now, which are forgotten.
func (s *rawServer) asked() []rawRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.requests
	s.requests = nil
	return list
}

// module makes a module whose test script lies in the store whatever the place of the library, so that there
// is room for what is tested.
func (p place) module(t *testing.T, files map[string]string, script string, library ...string) *moonlettest.Module {
	t.Helper()
	c := moonlet.Config{Lua: p.edition, HeapBytes: p.heapBytes, StoreBytes: 128 << 10, Files: maps.Clone(files), StoreFiles: map[string]string{}}
	c.Network.Hosts = map[string]string{"server.lan": "127.0.0.1", "other.lan": "127.0.0.1"} // where a test's own servers are
	if c.Files == nil {
		c.Files = map[string]string{}
	}
	for _, name := range library {
		if p.store {
			c.StoreFiles[name+".lua"] = source(t, name)
		} else {
			c.Files[name+".lc"] = compiled(t, p.edition, name+".lua", source(t, name))
		}
	}
	c.StoreFiles["prelude.lua"], c.StoreFiles["script.lua"] = prelude, network+script
	c.Files["init.lua"] = "node.LFS.get('prelude')() node.LFS.get('script')()"
	m := moonlettest.New(t, c, moonlet.OnEvent(func(e moonlet.Event) {
		if e, ok := e.(moonlet.OutOfMemory); ok {
			t.Log(e)
		}
	}))
	return m
}

// finish lets a module run until it says that it has finished or starts again, and returns what it printed.
// Lines about what is wrong fail the test.
func finish(t *testing.T, m *moonlettest.Module) string {
	t.Helper()
	starts := func() int { return strings.Count(m.Output(), "NodeMCU ") }
	for range 1000 {
		m.Run(10 * time.Second)
		if strings.Contains(m.Output(), "finished") || starts() > 1 {
			break
		}
	}
	out := strings.ReplaceAll(m.Output(), "\r\n", "\n")
	for line := range strings.Lines(out) {
		if strings.Contains(line, "WRONG") {
			t.Error(strings.TrimSpace(line))
		}
	}
	if n := starts(); n != 1 || !strings.Contains(out, "finished") {
		t.Fatalf("it does not finish, the module started %d times:\n%s", n, out[max(len(out)-3000, 0):])
	}
	return out
}

// compiled is the byte code of a file of Lua.
func compiled(t *testing.T, edition, name, text string) string {
	t.Helper()
	return compile(t, edition, map[string]string{name: text}, 0)
}

// image is an image for the store, made at that time.
func image(t *testing.T, edition string, files map[string]string, at int64) string {
	t.Helper()
	return compile(t, edition, files, at)
}

func compile(t *testing.T, edition string, files map[string]string, at int64) string {
	t.Helper()
	dir := t.TempDir()
	to := filepath.Join(dir, "out")
	args := []string{"--lua", edition, "-o", to}
	if at > 0 {
		args = append(args, "-f")
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(files[name]), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	var out bytes.Buffer
	c := luac.Command{Prog: luac.Name, Out: &out, Err: &out, Getenv: os.Getenv, Now: func() int64 { return at }, Random: func() uint32 { return 1 }}
	if c.Main(args) != 0 {
		t.Fatal(out.String())
	}
	data, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// soak is how often something is done: MOONLET_SOAK times, or a smaller number.
func soak(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("MOONLET_SOAK")); err == nil && n > 0 {
		return n
	}
	return usual
}

// soaking tells whether a test is to be the long one.
func soaking() bool { return os.Getenv("MOONLET_SOAK") != "" }

// heapLine is what memory told last.
func heapLine(out string) string {
	at := strings.LastIndex(out, "heap\t")
	if at < 0 {
		return ""
	}
	line, _, _ := strings.Cut(out[at:], "\n")
	return strings.ReplaceAll(line, "\t", " ")
}

// compareLines tells the lines that differ.
func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var x, y string
		if i < len(g) {
			x = g[i]
		}
		if i < len(w) {
			y = w[i]
		}
		if x != y {
			t.Errorf("line %d is\n%s\nand not\n%s", i+1, x, y)
		}
	}
}
