package hostnet

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// TestPoll holds when lwIP calls: so many slow ticks behind the last acknowledgement. A second
// Poll in a row does not begin anew.
func TestPoll(t *testing.T) {
	b := newBench(t, sdk.NewVirtualClock(), nil)
	s := newSink()
	var started, called time.Duration
	sent := make(chan bool, 1)
	s.onData = func([]byte) {
		s.c.Poll(15, func() { t.Error("the first function is called") })
		s.c.Write([]byte("x"))
	}
	s.onSent = func() {
		started = b.loop.Now()
		s.c.Poll(15, func() {
			called = b.loop.Now()
			s.c.Poll(0, nil)
			s.c.Abort()
			sent <- true
		})
	}
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-sent
	b.do(func() {
		if d := called - started; d <= 14*slowTick || d > 15*slowTick {
			t.Errorf("called after %v", d)
		}
	})
	if _, err := io.ReadAll(c); err == nil {
		t.Error("the connection is not reset")
	}
}

// TestPoll_Output holds that what is written outside of a callback waits for the poll.
func TestPoll_Output(t *testing.T) {
	b := newBench(t, sdk.NewVirtualClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	var from time.Duration
	b.do(func() {
		b.loop.NewTimer(func() { // by then the acknowledgement of "x", which would take the data along, has left
			from = b.loop.Now()
			s.c.Poll(8, func() {})
			s.c.Write([]byte("late"))
		}).Arm(time.Second, false)
	})
	s.want(t, "sent 4")
	b.do(func() {
		if d := b.loop.Now() - from; d <= 7*slowTick {
			t.Errorf("sent after %v", d)
		}
		s.c.Poll(0, nil)
		s.c.Abort()
	})
}

// TestWriteRef holds that data which are not copied take headers alone, and arrive.
func TestWriteRef(t *testing.T) {
	b, h := heapBench(t, sdk.NewVirtualClock(), nil)
	s := newSink()
	text := bytes.Repeat([]byte("moonlet "), 365) // 2,920 bytes
	s.onData = func([]byte) {
		s.c.Recved()
		if n := s.c.Room(); n != len(text) {
			t.Errorf("room for %d", n)
		}
		if e := s.c.WriteRef(text); e != port.NetOK {
			t.Errorf("WriteRef: %d", e)
		}
		if e := s.c.WriteRef([]byte("x")); e != port.NetErrMem {
			t.Errorf("WriteRef without room: %d", e)
		}
		text[0] = 'M' // it may change as soon as nobody needs it
		if n := strings.Count(h.String(), "112 data to send")*10 + strings.Count(h.String(), " 20 data to send"); n != 24 {
			t.Errorf("two segments: %q", h)
		}
	}
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil || string(got[:8]) != "moonlet " {
		t.Errorf("%.20q %v", got, err)
	}
	b.do(func() { s.c.Abort() })
}

// TestWriteRef_NoMemory holds that nothing changes where memory ends.
func TestWriteRef_NoMemory(t *testing.T) {
	b, h := heapBench(t, sdk.NewVirtualClock(), nil)
	s := newSink()
	b.do(func() {
		s.c = b.net.NewTCP(s)
		c := s.c.(*conn)
		c.state = stOpen
		before := h.String()
		for n := range 6 {
			left := n
			h.fails = func(int, string) bool { left--; return left < 0 }
			if e := c.WriteRef(make([]byte, 2920)); e != port.NetErrMem || len(c.segments) > 0 || h.String() != before {
				t.Errorf("failing after %d: %d, %q", n, e, h)
			}
		}
		h.fails = nil
		c.Abort()
	})
}

// TestTCPPortTaken holds who has a port.
func TestTCPPortTaken(t *testing.T) {
	b := newBench(t, realClock(), nil)
	s := newSink()
	taken := func(want bool, what string) {
		t.Helper()
		b.do(func() {
			if got := b.net.TCPPortTaken(80); got != want {
				t.Errorf("%s: %v", what, got)
			}
		})
	}
	taken(false, "nobody")
	l := b.serve(80, func(port.TCP) *sink { return s })
	taken(true, "a server")
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.do(l.Close)
	taken(true, "a connection")
	b.do(func() {
		s.c.Recved()
		s.c.Close()
	})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		var waiting bool
		if b.do(func() { waiting = len(b.net.waiting) > 0 }); waiting {
			break
		}
	}
	taken(true, "a connection that lingers")
	c.Close()
	b.do(func() { b.net.waiting[0].end() })
	taken(false, "nobody again")
}
