// Package examples_test runs the examples on a virtual module.
package examples_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/device"
	"moonlet.example/moonlet/internal/project"
)

// module is a running example.
type module struct {
	address chan string // of servers
	device  *device.Device
	mu      sync.Mutex
	serial  bytes.Buffer
}

func (m *module) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serial.Write(p)
}

func (m *module) output() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serial.String()
}

// start runs an example until the end of the test.
func start(t *testing.T, name string, port string, more ...project.Setting) *module {
	t.Helper()
	settings := append([]project.Setting{{Flag: "port", Value: port + "=any"}, {Flag: "state", Value: t.TempDir()}}, more...)
	p, err := project.Open(name, settings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Upload(); err != nil {
		t.Fatal(err)
	}
	m := &module{address: make(chan string, 10)}
	c := p.Config()
	c.Serial = m
	c.Report = func(e device.Event) {
		if e.Kind == device.Listening {
			m.address <- e.Mapping.Host.String()
		}
	}
	d, err := device.New(c)
	if err != nil {
		t.Fatal(err)
	}
	m.device = d
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		d.Close()
		if t.Failed() {
			t.Log(m.output())
		}
	})
	return m
}

func (m *module) wait(t *testing.T) string {
	t.Helper()
	select {
	case a := <-m.address:
		return a
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not come")
		return ""
	}
}

type status struct {
	Temperature, Target float64
	Heating             bool
	Heap                int
}

func get(t *testing.T, base string) (s status) {
	t.Helper()
	text := fetch(t, base+"/api")
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return s
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThermostat(t *testing.T) {
	m := start(t, "thermostat", "80")
	address := m.wait(t)
	base := "http://" + address
	if s := get(t, base); s.Target != 20 || s.Temperature < 15 || s.Temperature > 20 {
		t.Errorf("status %+v", s)
	}
	page := fetch(t, base+"/")
	if !strings.HasPrefix(page, "<!DOCTYPE html>") || !strings.HasSuffix(page, "</html>\n") || !strings.Contains(page, `value="20.0"`) {
		t.Errorf("page: %q", page)
	}
	for _, c := range []struct {
		path, body string
		code       int
		target     float64
	}{
		{"/set?target=21.5", "", 303, 21.5},
		{"/set", "target=19", 303, 19},
		{"/set", "target=99", 400, 19},
		{"/set", "", 400, 19},
		{"/api", "", 405, 19},
		{"/nothing", "", 404, 19},
		{"/set", strings.Repeat("x", 3000), 413, 19},
	} {
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		r, err := client.Post(base+c.path, "application/x-www-form-urlencoded", strings.NewReader(c.body))
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		r.Body.Close()
		if got := get(t, base).Target; r.StatusCode != c.code || got != c.target {
			t.Errorf("POST %s %.20s gives %d and target %v, want %d and %v", c.path, c.body, r.StatusCode, got, c.code, c.target)
		}
	}
	if _, err := http.PostForm(base+"/set", url.Values{"target": {"20.5"}}); err != nil {
		t.Error(err)
	}
	inPieces(t, address)
}

// inPieces sends a request byte by byte, and one that never ends.
func inPieces(t *testing.T, address string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	unfinished, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(unfinished, "GET / HT")
	unfinished.Close()
	for _, b := range []byte("POST /set HTTP/1.1\r\nContent-length: 9\r\n\r\ntarget=18") {
		c.Write([]byte{b})
		time.Sleep(time.Millisecond)
	}
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 303 ") {
		t.Errorf("a request in pieces gives %q, %v", answer, err)
	}
}

// TestThermostatKeepsItsMemory serves many requests of several clients at once,
// some of which go away before the answer is complete.
func TestThermostatKeepsItsMemory(t *testing.T) {
	requests := 2000
	if testing.Short() {
		requests = 300
	}
	m := start(t, "thermostat", "80", project.Setting{Flag: "time", Value: "virtual"})
	address := m.wait(t)
	base := "http://" + address
	fetch(t, base+"/") // what is made for the first request stays
	fetch(t, base+"/api")
	before := m.freeHeap(t)
	// A connection that the server has closed stays on the heap for ten seconds. No board
	// answers hundreds of requests in that time, so the module rests after each round.
	const clients, perRound = 3, 4
	after := before
	for first := 0; first < requests && !t.Failed(); first += clients * perRound {
		var wg sync.WaitGroup
		for client := range clients {
			wg.Go(func() {
				for i := range perRound {
					request(t, address, first/clients+i+client)
				}
			})
		}
		wg.Wait()
		after = m.freeHeap(t)
	}
	t.Logf("free heap before %d, after %d", before, after)
	if after < before-1000 {
		t.Errorf("the heap fell from %d to %d bytes", before, after)
	}
	if n := strings.Count(m.output(), "NodeMCU "); n != 1 {
		t.Errorf("the module started %d times", n)
	}
}

// request is one of five kinds: a client that goes away before the answer, two pages,
// two times the status.
func request(t *testing.T, address string, kind int) {
	switch base := "http://" + address; kind % 5 {
	case 0:
		if c, err := net.Dial("tcp", address); err == nil {
			io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
			c.Close()
		}
	case 1, 2:
		if s := fetchErr(base + "/"); !strings.HasSuffix(s, "</html>\n") {
			t.Errorf("page: %q", s)
		}
	default:
		if s := fetchErr(base + "/api"); !strings.HasSuffix(s, "}\n") {
			t.Errorf("status: %q", s)
		}
	}
}

// freeHeap is node.heap() after a collection, when no closed connection lingers.
func (m *module) freeHeap(t *testing.T) (free int) {
	t.Helper()
	seen := len(m.output())
	m.device.Feed([]byte(`tmr.create():alarm(20000, tmr.ALARM_SINGLE, function() collectgarbage() collectgarbage() print("free:", node.heap()) end)` + "\r\n"))
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if _, text, ok := strings.Cut(m.output()[seen:], "free:\t"); ok && strings.Contains(text, "\n") {
			if _, err := fmt.Sscan(text, &free); err != nil {
				t.Fatal(err)
			}
			return free
		}
	}
	t.Fatal("the module does not tell its free heap")
	return 0
}

// fetchErr gives what came, with the error behind it.
func fetchErr(url string) string {
	r, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Sprintf("%s%v", b, err)
	}
	return string(b)
}

// session talks to the telnet server; it reads up to an expected text.
type session struct {
	net.Conn
	t *testing.T
}

func dial(t *testing.T, address string) session {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return session{c, t}
}

func (s session) expect(send, want string) {
	s.t.Helper()
	io.WriteString(s, send)
	s.SetReadDeadline(time.Now().Add(10 * time.Second))
	var got []byte
	buf := make([]byte, 4096)
	for !strings.Contains(string(got), want) {
		n, err := s.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			s.t.Fatalf("%q: got %.200q, want %q: %v", send, got, want, err)
		}
	}
}

func TestTelnet(t *testing.T) {
	m := start(t, "telnet", "23")
	address := m.wait(t)
	first := dial(t, address)
	first.expect("", "> ")
	first.expect("\xff\xfd\x03print(6 * 7)\r\n", "42")
	first.expect("for i = 1, 300 do print(i, ('x'):rep(30)) end\r\n", "300\t")
	first.expect("x = = 1\r\n", "unexpected symbol")
	dial(t, address).expect("", "Somebody else is here")
	first.Close()
	deadline := time.Now().Add(10 * time.Second)
	for !strings.Contains(m.output(), "the client has gone") {
		if time.Now().After(deadline) {
			t.Fatal("the output does not return to the serial port")
		}
		time.Sleep(10 * time.Millisecond)
	}
	second := dial(t, address)
	second.expect("print(7 * 8)\n", "56")
	if out := m.output(); strings.Contains(out, "\n42") || strings.Contains(out, "\n56") {
		t.Error("the serial port shows the session")
	}
}

func TestBlink(t *testing.T) {
	p, err := project.Open("blink", []project.Setting{{Flag: "time", Value: "virtual"}, {Flag: "state", Value: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Upload(); err != nil {
		t.Fatal(err)
	}
	c := p.Config()
	c.Board.History = 100
	d, err := device.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.RunFor(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	levels := map[int]int{}
	for range 20 {
		levels[d.Pins().Read(4)]++
		d.RunFor(500 * time.Millisecond)
	}
	if levels[0] < 9 || levels[1] < 9 {
		t.Errorf("levels: %v", levels)
	}
}
