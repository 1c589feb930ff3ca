package http_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/module/http"
	"moonlet.example/moonlet/internal/module/moduletest"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/port/porttest"
	"moonlet.example/moonlet/internal/sdk"
)

// Memory that fails at every single allocation ends a request with -1 at worst, and leaves a
// sound heap.
func TestNoMemory(t *testing.T) { moduletest.Editions(t, testNoMemory) }

func testNoMemory(t *testing.T) {
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
func TestNoMemoryForRequest(t *testing.T) { moduletest.Editions(t, testNoMemoryForRequest) }

func testNoMemoryForRequest(t *testing.T) {
	c := newChip(t, sdk.NewVirtualClock())
	c.Do(`calls = 0 function count(code, body, headers) assert(code == -1 and body == nil and headers == nil) calls = calls + 1 end
		function try() http.request("http://192.168.0.99/x", "GET", "A: b\r\n", "body", count) end
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
		c.Do(fmt.Sprintf("assert(calls <= %d, calls)", told))
		c.Do("collectgarbage()")
		if lost := before - c.Machine.State().FreeHeap(); lost > 100 || lost < -100 {
			t.Errorf("failing after %d: %d bytes are lost", n, lost)
		}
	}
	// A callback for which there is no memory either is not called.
	c.Do("assert(calls >= 4, calls)")
}

// What a request has on the heap, to the byte: 64 for its record, the texts with their zero
// bytes, an answer that is empty yet, and espconn's records; headers and body while they are
// not sent; an answer as long as it is.
func TestHeap(t *testing.T) { moduletest.Editions(t, testHeap) }

func testHeap(t *testing.T) {
	b := &scriptBoard{Chip: porttest.New(t, porttest.Config{NoWatchdog: true}), net: &script{}}
	l := moduletest.Boot(t, moduletest.Config{Chip: b.Chip, Host: b, Modules: []state.Module{http.Module}})
	l.Do("post = http.post http.post('http://a/') collectgarbage()") // grows what Lua needs for the call
	L := l.Machine.State()
	fillHoles(L)
	before := L.FreeHeap()
	want := func(what string, sizes ...int) {
		t.Helper()
		sum := 0
		for _, n := range sizes {
			sum += (n + 16 + 7) &^ 7 // with a header, in steps of 8
		}
		if got := before - L.FreeHeap(); got != sum {
			t.Errorf("%s: %d bytes, want %d", what, got, sum)
		}
	}
	L.GetGlobal("post")
	for _, s := range []string{"http://host.example/path", "A: headers\r\n", "the body"} {
		L.PushString(s)
	}
	before = L.FreeHeap()
	l.Tasks.Exec(func() { L.PCall(3, 0, 0) })
	record := []int{64, len("host.example") + 1, len("POST") + 1, len("/path") + 1, 28, 32, 104}
	with := func(more ...int) []int { return append(more, record...) }
	want("connecting", with(13, 9, 1)...)
	c := b.net.peer
	c.h.Connected()
	want("head under way", with(9, 1, 20)...)
	c.ack()
	want("body under way", with(1, 20)...)
	c.ack()
	want("sent", with(1)...)
	c.h.Received(make([]byte, 100))
	want("100 bytes", with(101)...)
	c.h.Received(make([]byte, 1000))
	want("1,100 bytes", with(1101)...)
	c.h.Ended()
	l.RunFor(time.Millisecond)
	want("over")
}

// fillHoles leaves only the end of the heap free. In a hole a block may be larger than asked for,
// since nothing smaller than a header can be left over.
func fillHoles(L state.State) {
	end := L.Alloc(8000)
	for size := 4000; size > 0; size -= 8 {
		for {
			at := L.Alloc(size)
			if at > end || at == 0 {
				L.Free(at, size)
				break
			}
		}
	}
	L.Free(end, 8000)
}
