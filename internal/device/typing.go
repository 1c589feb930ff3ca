package device

import "sync"

// TypedMax is how many bytes may wait to be typed, besides those that are on the line.
const TypedMax = 64 << 10

// feedPiece is how much Feed types at once, so that several who type take turns.
const feedPiece = 4 << 10

// typing bounds what waits to be received by serial port 0. Whoever types waits until
// the module has read.
type typing struct {
	mu      sync.Mutex
	changed *sync.Cond
	waiting int // bytes that the receiver has not taken
	closed  bool
}

func (t *typing) init() { t.changed = sync.NewCond(&t.mu) }

// enter waits until n more bytes may wait; false if that will never be.
func (t *typing) enter(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.waiting+n > TypedMax && !t.closed {
		t.changed.Wait()
	}
	if t.closed {
		return false
	}
	t.waiting += n
	return true
}

// taken tells that the receiver took n bytes.
func (t *typing) taken(n int) {
	t.mu.Lock()
	t.waiting -= n
	t.changed.Broadcast()
	t.mu.Unlock()
}

// close sends away whoever waits.
func (t *typing) close() {
	t.mu.Lock()
	t.closed = true
	t.changed.Broadcast()
	t.mu.Unlock()
}

// Feed types p into serial port 0. It waits while TypedMax bytes have not been read, and
// tells how many bytes it typed: less than len(p) only if the Device is closed meanwhile.
// Any goroutine may call it but that of the module.
func (d *Device) Feed(p []byte) (n int) {
	for len(p) > 0 {
		piece := append([]byte(nil), p[:min(feedPiece, len(p))]...)
		if !d.typing.enter(len(piece)) {
			return n
		}
		d.loop.InjectOutside(func() { d.uarts[0].Receive(piece) })
		n += len(piece)
		p = p[len(piece):]
	}
	return n
}

// Untyped is how many bytes Feed has taken that are not received yet. Any goroutine may
// call it.
func (d *Device) Untyped() int {
	d.typing.mu.Lock()
	defer d.typing.mu.Unlock()
	return d.typing.waiting
}
