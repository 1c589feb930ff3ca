package http_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// Memory that fails at every single allocation ends a request with -1 at worst, and leaves a
// sound heap.
func TestNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	s := serve(t, "HTTP/1.1 302 Found\r\nLocation: sub\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n")
	code, err := os.ReadFile("testdata/memory.lua")
	if err != nil {
		t.Fatal(err)
	}
	c := newChip(t, sdk.NewRealClock(100))
	for n := range 150 {
		if err := c.Exec(fmt.Sprintf("url = %q", s.url), "=url"); err != nil {
			t.Fatal(err)
		}
		c.Heap.FailAfter = n
		err := c.Exec(string(code), "@script")
		c.unprotected(500 * time.Millisecond)
		c.Heap.FailAfter = -1
		if err != nil && !strings.Contains(err.Error(), "memory") {
			t.Errorf("failing after %d: %v", n, err)
		}
		if err := c.Heap.Check(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if err := c.Machine.CheckHeap(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		c.net.Reset()
		c.net.SetInterface(port.StationIf, port.IP{192, 168, 0, 111}, port.IP{255, 255, 255, 0})
		c.Reboot(port.ResetInfo{Raw: 2, Reason: port.ResetRestart})
	}
	if n := len(s.requests()); n < 30 {
		t.Errorf("%d requests got through", n)
	}
}

// unprotected runs the chip until an error that the firmware answers with a reset.
func (c *testChip) unprotected(d time.Duration) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := c.Machine.Unprotected(r); !ok {
				panic(r)
			}
		}
	}()
	c.RunFor(d)
}

// Requests for which there is no memory are told so by -1, once, and leave nothing behind.
func TestNoMemoryForRequest(t *testing.T) {
	c := newChip(t, sdk.NewVirtualClock())
	c.Do(`calls = 0 function count(code, body, headers) assert(code == -1 and body == nil and headers == nil) calls = calls + 1 end
		function try() http.request("http://10.0.0.1/x", "GET", "A: b\r\n", "body", count) end
		try() calls = 0`)
	c.RunFor(2 * time.Minute) // which ends the first one
	c.Do("calls = 0")
	told := 0
	for n := range 16 { // Lua's own, the record, five copies, the buffer, espconn's records
		c.Do("collectgarbage()")
		before := c.Machine.State().FreeHeap()
		L := c.Machine.State()
		L.GetGlobal("try") // found before memory is short
		c.Heap.FailAfter = n
		if L.PCall(0, 0, 0) == state.OK {
			told++
		}
		c.Heap.FailAfter = -1
		L.SetTop(0)
		c.RunFor(70 * time.Second)
		c.Do(fmt.Sprintf("assert(calls <= %d, calls) collectgarbage()", told))
		if lost := before - c.Machine.State().FreeHeap(); lost > 100 || lost < -100 {
			t.Errorf("failing after %d: %d bytes are lost", n, lost)
		}
	}
	// A callback for which there is no memory either is not called.
	c.Do("assert(calls >= 4, calls)")
}
