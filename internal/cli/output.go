package cli

import (
	"errors"
	"io"
	"sync"
	"time"
)

const (
	// outputMax is how much the module may be ahead of a slow reader, in bytes.
	outputMax = 64 << 10
	// outputPiece is how much is written at once, in bytes: so one can see that a slow
	// reader reads.
	outputPiece = 8 << 10
	// closeWait is how long nobody may read, at the end, until the rest is given up;
	// leaveWait is that for who wants to leave.
	closeWait = 2 * time.Second
	leaveWait = 25 * time.Millisecond
	// restoreWait is closeWait for what puts a terminal in order.
	restoreWait = 500 * time.Millisecond
)

var errOutputStuck = errors.New("nobody reads it")

// output is what goes to a stream of the host. A goroutine writes, so that many small
// pieces become few large ones and yet none waits for long, and so that a reader who does
// not read cannot hold the end back.
type output struct {
	w       io.Writer
	onError func(error) // nil if that is nobody's business

	mu       sync.Mutex
	changed  *sync.Cond
	buf      []byte
	writing  bool
	closed   bool
	released bool // nobody waits for the reader any more
	last     byte // that was sent, 0 at the start
	pieces   int  // that were written
	err      error
	done     chan struct{}
}

func newOutput(w io.Writer, onError func(error)) *output {
	o := &output{w: w, onError: onError, done: make(chan struct{})}
	o.changed = sync.NewCond(&o.mu)
	go o.run()
	return o
}

// Write implements io.Writer. It waits for the reader if it is far ahead.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) > outputMax && o.err == nil && !o.released {
		o.changed.Wait()
	}
	if o.err != nil {
		return 0, o.err
	}
	if len(p) > 0 {
		o.last = p[len(p)-1]
		if !o.released || len(o.buf) <= outputMax {
			o.buf = append(o.buf, p...)
		}
		o.changed.Broadcast()
	}
	return len(p), nil
}

func (o *output) run() {
	defer close(o.done)
	var spare []byte
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.err == nil {
		if len(o.buf) == 0 {
			if o.closed {
				return
			}
			o.changed.Wait()
			continue
		}
		p := o.buf
		o.buf, o.writing = spare[:0], true
		o.writeOut(p)
		spare, o.writing = p, false
		o.changed.Broadcast()
	}
	if o.onError != nil {
		go o.onError(o.err)
	}
}

// writeOut writes p to the host, without the lock.
func (o *output) writeOut(p []byte) {
	for len(p) > 0 && o.err == nil {
		piece := p[:min(outputPiece, len(p))]
		p = p[len(piece):]
		o.mu.Unlock()
		_, err := o.w.Write(piece)
		o.mu.Lock()
		o.err = err
		o.pieces++
	}
}

// sync waits until all is written, and tells whether that ended within a line.
func (o *output) sync() (midLine bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for (len(o.buf) > 0 || o.writing) && o.err == nil && !o.released {
		o.changed.Wait()
	}
	return o.last != 0 && o.last != '\n'
}

// lineBegun notes that something else moved the cursor to a new line.
func (o *output) lineBegun() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = '\n'
}

// release lets nobody wait for the reader from now on.
func (o *output) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.released = true
	o.changed.Broadcast()
}

// clear waits until all is written; what nobody reads for patience is thrown away, but for a
// piece that is being written.
func (o *output) clear(patience time.Duration) {
	const step = 5 * time.Millisecond
	for pieces, left := -1, patience; ; left -= step {
		o.mu.Lock()
		switch {
		case len(o.buf) == 0 && !o.writing || o.err != nil:
			o.mu.Unlock()
			return
		case o.pieces != pieces:
			pieces, left = o.pieces, patience
		case left <= 0:
			o.buf = o.buf[:0]
			o.mu.Unlock()
			return
		}
		o.mu.Unlock()
		time.Sleep(step)
	}
}

// close writes the rest, unless for patience nobody reads.
func (o *output) close(patience time.Duration) error {
	o.mu.Lock()
	o.closed, o.released = true, true
	o.changed.Broadcast()
	o.mu.Unlock()
	for before := o.written(); ; {
		select {
		case <-o.done:
			return o.err
		case <-time.After(patience):
		}
		now := o.written()
		if now == before {
			return errOutputStuck
		}
		before = now
	}
}

func (o *output) written() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pieces
}

// lineEnds turns the line ends of a serial line, CR LF, into those that scripts know.
type lineEnds struct {
	w  io.Writer
	cr bool // one has come, and nothing behind it
}

// Write implements io.Writer.
func (l *lineEnds) Write(p []byte) (int, error) {
	text := make([]byte, 0, len(p)+1)
	for _, c := range p {
		if l.cr && c != '\n' {
			text = append(text, '\r')
		}
		if l.cr = c == '\r'; !l.cr {
			text = append(text, c)
		}
	}
	if _, err := l.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}
