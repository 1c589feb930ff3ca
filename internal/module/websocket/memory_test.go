package websocket_test

import (
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/module/moduletest"
)

// Memory that ends at one point after the other: "close" is told with one of the codes for that,
// or a callback fails, and nothing is broken or lost.
func TestNoMemory(t *testing.T) { moduletest.Editions(t, testNoMemory) }

func testNoMemory(t *testing.T) {
	codes := map[string]bool{}
	for n := 0; n < 200; n++ {
		w := newWires(t)
		w.c.Do(`ws:config{headers = {A = "b", C = "d"}} url = "ws://10.0.0.1/path" last = 0 ws:on("close", function(_, code) last = code end)`)
		w.c.Heap.FailAfter = n
		err := w.c.Exec("ws:connect(url)", "=x")
		if w.h != nil {
			w.unprotected(func() {
				w.h.Connected()
				w.c.RunFor(time.Millisecond)
				if strings.Contains(w.sent.String(), "Sec-WebSocket-Key") {
					w.answer()
				}
				for _, s := range []string{"\x81\x7E\x01\x2D" + strings.Repeat("x", 150), strings.Repeat("x", 151), "\x01\x01A\x00\x02BC\x80\x01D", "\x89\x00", "\x81\x03abc\x81\x05de"} {
					if !w.closed {
						w.h.Received([]byte(s))
						w.c.RunFor(time.Millisecond)
					}
				}
				if !w.closed {
					w.h.Ended()
				}
				w.c.RunFor(time.Second)
			})
		}
		rest := w.c.Heap.FailAfter
		w.c.Heap.FailAfter = -1
		if err != nil && !strings.Contains(err.Error(), "memory") {
			t.Errorf("failing after %d: %v", n, err)
		}
		w.c.Do("print('close', last)") // which itself had no memory
		if err := w.c.Heap.Check(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		if err := w.c.Machine.CheckHeap(); err != nil {
			t.Fatalf("failing after %d: %v", n, err)
		}
		for line := range strings.Lines(w.c.Out.String()) {
			if _, code, ok := strings.Cut(strings.TrimSpace(line), "close\t"); ok {
				codes[code] = true
			}
		}
		if rest > 0 {
			break
		}
	}
	for _, want := range []string{"-8", "-9", "-10", "-11", "-12", "-13", "-16", "-99"} {
		if !codes[want] {
			t.Errorf("no code %s, but %v", want, codes)
		}
	}
}

// unprotected runs f until an error that the firmware answers with a reset.
func (w *wires) unprotected(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := w.c.Machine.Unprotected(r); !ok {
				panic(r)
			}
		}
	}()
	f()
}
