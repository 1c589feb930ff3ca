package device

import (
	"fmt"
	"sync"
	"time"
)

// TypedMax is how many bytes may wait to be typed, besides those that are on the line.
const TypedMax = 64 << 10

// feedPiece is how much Feed types at once, so that several who type take turns.
const feedPiece = 4 << 10

// inputPatience is how long, on the host, a virtual clock stands for input that was said to
// follow, until the next of it comes.
const inputPatience = 3 * time.Second

// typing bounds what waits to be received by serial port 0. Whoever types waits until
// the module has read.
//
// The other way round a virtual clock waits for who types, since it must not matter how fast
// the host brings the input: from ExpectInput until EndInput the module stands at its start,
// and wherever it has taken so much that another piece has room, until that piece is there.
// So pieces, which are of one size then, begin at the same moments of its time in each run.
type typing struct {
	mu       sync.Mutex
	changed  *sync.Cond
	waiting  int  // bytes that the receiver has not taken
	expected bool // more follows, and the module waits for it
	patience time.Duration
	came     uint   // counts what comes
	part     []byte // less than a piece, while more follows
	closed   bool
	receive  func(piece []byte) // injects
}

func (t *typing) init(receive func(piece []byte)) {
	t.changed, t.receive, t.patience = sync.NewCond(&t.mu), receive, inputPatience
}

// enter waits until n more bytes may wait; false if that will never be.
func (t *typing) enter(n int) bool {
	for t.waiting+n > TypedMax && !t.closed {
		t.changed.Wait()
	}
	if t.closed {
		return false
	}
	t.waiting += n
	return true
}

// feed takes p piece by piece, and tells how much of it.
func (t *typing) feed(p []byte) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(p) > 0 && !t.closed {
		t.came++
		if t.expected {
			k := min(feedPiece-len(t.part), len(p))
			t.part = append(t.part, p[:k]...)
			p, n = p[k:], n+k
			if len(t.part) < feedPiece {
				t.changed.Broadcast()
				break
			}
			if !t.flush() {
				return n - k
			}
			continue
		}
		if !t.flush() {
			break
		}
		piece := append([]byte(nil), p[:min(feedPiece, len(p))]...)
		if !t.enter(len(piece)) {
			break
		}
		t.receive(piece)
		p, n = p[len(piece):], n+len(piece)
	}
	return n
}

// flush types what is left of pieces.
func (t *typing) flush() bool {
	piece := t.part
	t.part = nil
	if len(piece) == 0 {
		return true
	}
	if !t.enter(len(piece)) {
		return false
	}
	t.receive(piece)
	t.changed.Broadcast()
	return true
}

// expect lets the module wait for input.
func (t *typing) expect() {
	t.mu.Lock()
	t.expected = true
	t.mu.Unlock()
}

// unexpect ends that, behind what has come: there is no more. It calls last before the module
// goes on.
func (t *typing) unexpect(last func()) {
	t.mu.Lock()
	t.flush()
	last()
	t.expected = false
	t.changed.Broadcast()
	t.mu.Unlock()
}

// hurry lets nobody wait any more: the module is to stop.
func (t *typing) hurry() {
	t.mu.Lock()
	t.expected = false
	t.changed.Broadcast()
	t.mu.Unlock()
}

// await waits, on the module's goroutine, while input follows that there is room for; false
// if it had no more patience.
func (t *typing) await() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.owed() {
		before, late := t.came, false
		timer := time.AfterFunc(t.patience, func() {
			t.mu.Lock()
			late = true
			t.changed.Broadcast()
			t.mu.Unlock()
		})
		for t.owed() && t.came == before && !late {
			t.changed.Wait()
		}
		timer.Stop()
		if t.owed() && t.came == before {
			t.expected = false
			t.flush()
			return false
		}
	}
	return true
}

// owed tells whether somebody has said that input follows, and there is room for it.
func (t *typing) owed() bool {
	return t.expected && !t.closed && t.waiting+feedPiece <= TypedMax
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
func (d *Device) Feed(p []byte) (n int) { return d.typing.feed(p) }

// ExpectInput says that input follows, until EndInput, or takes that back. By a virtual clock the module waits
// for it, at its start and wherever there is room for more, so that runs with the same input
// are the same; but never longer than 3 s of the host's time for the next piece. Any
// goroutine may call it, before the first run.
func (d *Device) ExpectInput(more bool) {
	switch {
	case !more:
		d.typing.unexpect(func() {})
	case d.config.Clock.Jumps():
		d.typing.expect()
	}
}

// awaitInput waits for what ExpectInput has promised.
func (d *Device) awaitInput() {
	patient := true
	d.guard.outside(func() { patient = d.typing.await() })
	if !patient {
		d.report(Event{Kind: InputLate, Text: fmt.Sprintf("nothing came from who types for %v: the virtual clock goes on, "+
			"and what comes now comes at a moment that differs from run to run", d.typing.patience)})
	}
}

// typed is told by the receiver how many bytes it took.
func (d *Device) typed(n int) {
	d.typing.taken(n)
	d.awaitInput()
}

// Untyped is how many bytes Feed has taken that are not received yet. Any goroutine may
// call it.
func (d *Device) Untyped() int {
	d.typing.mu.Lock()
	defer d.typing.mu.Unlock()
	return d.typing.waiting + len(d.typing.part)
}

// EndInput says that nothing more is typed: Run returns as soon as all that came
// has been executed. Any goroutine may call it.
func (d *Device) EndInput() {
	d.typing.unexpect(func() {
		d.loop.InjectOutside(func() {
			d.endInput = true
			d.checkEnd()
		})
	})
}
