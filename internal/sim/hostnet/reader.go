package hostnet

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// reader reads one connection on a goroutine, segment by segment, never more
// than the receive window allows.
type reader struct {
	sock  *net.TCPConn
	fails func() error // Config.Fail
	// writing is closed when the module knows that what it has sent is with the peer.
	writing atomic.Pointer[chan struct{}]

	mu      sync.Mutex
	cond    *sync.Cond
	credit  int // bytes that may still be read
	stopped bool
}

func newReader(sock *net.TCPConn) *reader {
	r := &reader{sock: sock, credit: port.TCPWindow}
	r.cond = sync.NewCond(&r.mu)
	return r
}

// allow opens the window by n bytes.
func (r *reader) allow(n int) {
	r.mu.Lock()
	r.credit += n
	r.cond.Signal()
	r.mu.Unlock()
}

// stop ends the goroutine without closing the socket.
func (r *reader) stop() {
	r.mu.Lock()
	r.stopped = true
	r.cond.Signal()
	r.mu.Unlock()
	_ = r.sock.SetReadDeadline(time.Unix(1, 0)) // in the past: ends a Read
}

// room waits until something may be read, and tells how much.
func (r *reader) room() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.credit == 0 && !r.stopped {
		r.cond.Wait()
	}
	if r.stopped {
		return 0
	}
	return min(r.credit, port.TCPSegment)
}

func (r *reader) took(n int) {
	r.mu.Lock()
	r.credit -= n
	r.mu.Unlock()
}

// answerPatience is how long what the peer sends waits for the news that it has got what the
// module was sending, in the host's time. A segment that answers something acknowledges it, too; here the
// two come by goroutines of their own, one of which may wait for a processor.
const answerPatience = 50 * time.Millisecond

// afterWriting waits until a write that is under way is told.
func (r *reader) afterWriting() {
	told := r.writing.Load()
	if told == nil {
		return
	}
	select {
	case <-*told:
		return
	default:
	}
	t := time.NewTimer(answerPatience)
	defer t.Stop()
	select {
	case <-*told:
	case <-t.C:
	}
}

func (r *reader) loop(c *conn) {
	buf := make([]byte, port.TCPSegment)
	for {
		room := r.room()
		if room == 0 {
			return
		}
		k, err := 0, r.fails()
		if err == nil {
			k, err = r.sock.Read(buf[:room])
		}
		if k > 0 {
			r.took(k)
			p := append([]byte(nil), buf[:k]...)
			r.afterWriting()
			c.run.inject(func() { c.heard(func() { c.received(p) }) })
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			c.run.inject(func() { c.heard(c.ended) })
			return
		default:
			c.run.inject(func() { c.heard(func() { c.readFailed(err) }) })
			return
		}
	}
}
