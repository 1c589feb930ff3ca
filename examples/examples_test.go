// Package examples_test runs the examples on a virtual module.
package examples_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

// on runs a test on editions of Lua.
func on(t *testing.T, test func(t *testing.T, lua moonlet.Option), names ...string) {
	t.Helper()
	for _, name := range names {
		t.Run("Lua-"+name, func(t *testing.T) { test(t, moonlet.Set("lua", name)) })
	}
}

type status struct {
	Temperature, Target float64
	Heating             bool
	Heap                int
}

// get asks the thermostat for its status.
func get(t *testing.T, m *moonlettest.Module) (s status) {
	t.Helper()
	a := m.Get(80, "/api")
	if err := json.Unmarshal([]byte(a.Body), &s); err != nil {
		t.Fatalf("%v: %v", a, err)
	}
	return s
}

// The thermostat has fractions in its source, which an integer build refuses.
func TestThermostat(t *testing.T) { on(t, testThermostat, "5.3", "5.1") }

func testThermostat(t *testing.T, lua moonlet.Option) {
	m := moonlettest.Start(t, "thermostat", lua)
	if s := get(t, m); s.Target != 20 || s.Temperature < 15 || s.Temperature > 20 {
		t.Errorf("status %+v", s)
	}
	page := m.Get(80, "/").Body
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
		{"/set", "target=20.5", 303, 20.5},
	} {
		a := m.Request(80, "POST", c.path, c.body)
		if got := get(t, m).Target; a.Status != c.code || got != c.target {
			t.Errorf("POST %s %.20s gives %d and target %v, want %d and %v", c.path, c.body, a.Status, got, c.code, c.target)
		}
	}
	inPieces(t, m)
}

// inPieces sends a request byte by byte, and one that never ends.
func inPieces(t *testing.T, m *moonlettest.Module) {
	t.Helper()
	c := m.Dial(80)
	unfinished := m.Dial(80)
	unfinished.Send("GET / HT")
	unfinished.Close()
	for _, b := range []byte("POST /set HTTP/1.1\r\nContent-length: 9\r\n\r\ntarget=18") {
		c.Send(string(rune(b)))
	}
	if answer := c.ExpectEnd(); !strings.HasPrefix(answer, "HTTP/1.1 303 ") {
		t.Errorf("a request in pieces gives %q", answer)
	}
}

// TestThermostatKeepsItsMemory serves many requests of several clients at once,
// some of which go away before the answer is complete.
func TestThermostatKeepsItsMemory(t *testing.T) {
	on(t, func(t *testing.T, lua moonlet.Option) { testThermostatKeepsItsMemory(t, lua, 2000) }, "5.3")
	on(t, func(t *testing.T, lua moonlet.Option) { testThermostatKeepsItsMemory(t, lua, 600) }, "5.1")
}

func testThermostatKeepsItsMemory(t *testing.T, lua moonlet.Option, requests int) {
	if testing.Short() {
		requests = 300
	}
	m := moonlettest.Start(t, "thermostat", lua)
	address := m.Address(80)
	m.Get(80, "/") // what is made for the first request stays
	m.Get(80, "/api")
	before := freeHeap(t, m)
	defer m.Background()()
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
		after = freeHeap(t, m)
	}
	t.Logf("free heap before %d, after %d", before, after)
	if after < before-1000 {
		t.Errorf("the heap fell from %d to %d bytes", before, after)
	}
	if n := strings.Count(m.Output(), "NodeMCU "); n != 1 {
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
func freeHeap(t *testing.T, m *moonlettest.Module) (free int) {
	t.Helper()
	m.Skip()
	m.Enter(`tmr.create():alarm(20000, tmr.ALARM_SINGLE, function() collectgarbage() collectgarbage() print("free:", node.heap()) end)`)
	for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
		if _, text, ok := strings.Cut(m.Unread(), "free:\t"); ok && strings.Contains(text, "\n") {
			if _, err := fmt.Sscan(text, &free); err != nil {
				t.Fatal(err)
			}
			return free
		}
		if err := m.RunFor(time.Second); errors.Is(err, moonlet.ErrRunning) { // in the background
			time.Sleep(time.Millisecond)
		} else if err != nil {
			t.Fatal(err)
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

// talk sends a text to the telnet server and waits for another.
func talk(c *moonlettest.Conn, send, want string) {
	c.Send(send)
	c.Expect(want)
}

func TestTelnet(t *testing.T) {
	for _, lua := range []string{"5.3", "5.1", "5.1-int"} {
		t.Run("Lua-"+lua, func(t *testing.T) { testTelnet(t, lua) })
	}
}

func testTelnet(t *testing.T, lua string) {
	m := moonlettest.New(t, moonlet.Config{
		Lua: lua, StoreBytes: 64 << 10, Files: map[string]string{"init.lua": read(t, "telnet/init.lua")},
		StoreFiles: map[string]string{"telnet.lua": read(t, "../lib/lua/telnet.lua")},
		WiFi:       moonlet.WiFiConfig{Networks: []moonlet.WiFiNetwork{{SSID: "Workshop", Password: "moonlight"}}}})
	m.Expect("port 23 is open")
	first := m.Dial(23)
	first.Expect("Password: ")
	talk(first, "moonlight\r\n", "> ")
	talk(first, "\xff\xfd\x03print(6 * 7)\r\n", "42")
	talk(first, "for i = 1, 300 do print(i, ('x'):rep(30)) end\r\n", "300\t")
	talk(first, "x = = 1\r\n", "unexpected symbol")
	m.Dial(23).Expect("omebody else is here")
	first.Close()
	m.Pace = 1 // the host tells the end of the connection
	m.Run(2 * time.Second)
	m.Pace = 0
	second := m.Dial(23)
	talk(second, "moonlight\n", "> ")
	talk(second, "print(7 * 8)\n", "56")
	if out := m.Output(); strings.Contains(out, "\n42") || strings.Contains(out, "\n56") {
		t.Error("the serial port shows the session")
	}
}

// read is the text of a file.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBlink(t *testing.T) { on(t, testBlink, "5.3", "5.1", "5.1-int") }

func testBlink(t *testing.T, lua moonlet.Option) {
	m := moonlettest.Start(t, "blink", lua)
	m.Run(10 * time.Second)
	levels := map[int]int{}
	for range 20 {
		level, err := m.Pin(4)
		if err != nil {
			t.Fatal(err)
		}
		levels[level]++
		m.Run(500 * time.Millisecond)
	}
	if levels[0] < 9 || levels[1] < 9 {
		t.Errorf("levels: %v", levels)
	}
}
