package hostnet

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// reader reads one connection on a goroutine, segment by segment, never more
// than the receive window allows.
type reader struct {
	sock  *net.TCPConn
	fails func() error // Config.Fail

	mu      sync.Mutex
	cond    *sync.Cond
	credit  int // bytes that may still be read
	stopped bool
	writing chan struct{} // closed when what is being sent was reported; nil before the first
}

// answerLimit is how long received data wait for the report of what was sent before.
const answerLimit = 50 * time.Millisecond

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

// sending says that a piece is handed to the host, and gives the function that says that this
// was reported.
func (r *reader) sending() (reported func()) {
	done := make(chan struct{})
	r.mu.Lock()
	r.writing = done
	r.mu.Unlock()
	return func() { close(done) }
}

// answer waits until what was sent before is reported: on the air an answer acknowledges what it
// answers, and lwIP tells the application of that first. A piece that the host does not take
// since the peer does not read is not waited for.
func (r *reader) answer() {
	r.mu.Lock()
	writing := r.writing
	r.mu.Unlock()
	if writing == nil {
		return
	}
	select {
	case <-writing:
		return
	default:
	}
	limit := time.NewTimer(answerLimit)
	defer limit.Stop()
	select {
	case <-writing:
	case <-limit.C:
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
			r.answer()
			p := append([]byte(nil), buf[:k]...)
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
