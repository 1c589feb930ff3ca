package moonlet

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"moonlet.example/moonlet/internal/device"
)

// TypedMax is how many bytes can be typed ahead of what the module reads.
const TypedMax = device.TypedMax

// logMax is how much of what the module sends is kept, in bytes.
const logMax = 1 << 20

// serialLog keeps the end of what the module has sent.
type serialLog struct {
	mu    sync.Mutex
	kept  []byte
	first int64 // position of kept[0] in all that was sent
	read  int64 // what Expect and ReadLine have taken
}

func (l *serialLog) write(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, p...)
	if len(l.kept) > 2*logMax {
		n := len(l.kept) - logMax
		l.first += int64(n)
		l.kept = append(l.kept[:0], l.kept[n:]...)
	}
	l.read = max(l.read, l.first)
}

// unread is what was sent and not taken. l.mu is locked.
func (l *serialLog) unread() []byte { return l.kept[l.read-l.first:] }

// take takes the text up to the end of the first text that is searched for.
func (l *serialLog) take(text string) (before string, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := bytes.Index(l.unread(), []byte(text))
	if i < 0 {
		return "", false
	}
	before = string(l.unread()[:i])
	l.read += int64(i + len(text))
	return before, true
}

// serialTee is where the device writes what it sends.
type serialTee struct{ m *Module }

// Write implements io.Writer.
func (t serialTee) Write(p []byte) (int, error) {
	t.m.log.write(p)
	t.m.look()
	w := t.m.options.console
	if w == nil {
		return len(p), nil
	}
	t.m.inUser.Add(1)
	defer t.m.inUser.Add(-1)
	return w.Write(p)
}

// Output is what the module has sent on its serial port 0: all of it, or the last megabyte.
func (m *Module) Output() string {
	m.log.mu.Lock()
	defer m.log.mu.Unlock()
	return string(m.log.kept[max(len(m.log.kept)-logMax, 0):])
}

// ReadLine takes the next line that the module has sent, without its end; false if there is
// no whole line yet.
func (m *Module) ReadLine() (line string, ok bool) {
	line, ok = m.log.take("\n")
	return strings.TrimSuffix(line, "\r"), ok
}

// Unread is what the module has sent and Expect and ReadLine have not taken.
func (m *Module) Unread() string {
	m.log.mu.Lock()
	defer m.log.mu.Unlock()
	return string(m.log.unread())
}

// Skip takes all that the module has sent so far.
func (m *Module) Skip() {
	m.log.mu.Lock()
	defer m.log.mu.Unlock()
	m.log.read = m.log.first + int64(len(m.log.kept))
}

// lastLines is how many lines of output an ExpectError shows.
const lastLines = 12

// ExpectError tells that a text did not come.
type ExpectError struct {
	Text string // that was waited for
	Err  error  // ErrTimeout, or what ended the run
	Last string // the last lines that the module sent
}

// Error implements error.
func (e *ExpectError) Error() string {
	what := fmt.Sprintf("%q does not come: %v", e.Text, e.Err)
	if e.Last == "" {
		return what + "; the module has sent nothing"
	}
	return what + "; the module's last lines are:\n" + e.Last
}

// Unwrap implements errors.Unwrap.
func (e *ExpectError) Unwrap() error { return e.Err }

// Expect runs the module until it has sent a text, behind all that Expect and ReadLine have
// taken, and takes that; it returns what was sent before it. If the text does not come in
// that time of the module the error is an *ExpectError.
func (m *Module) Expect(text string, within time.Duration) (before string, err error) {
	found := false
	err = m.RunUntil(func(*Bench) bool {
		before, found = m.log.take(text)
		return found
	}, within)
	if err != nil {
		return "", &ExpectError{text, err, m.LastLines(lastLines)}
	}
	return before, nil
}

// LastLines are the last lines that the module has sent, n at most, with "\n" between them.
func (m *Module) LastLines(n int) string {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(m.Output(), "\r\n", "\n"), "\n"), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}

// Type types bytes at the module's serial port 0. It waits while TypedMax bytes have not been
// read, so for more than that another goroutine has to run the module. It tells how many it
// has typed: less than all only if the module is closed meanwhile.
func (m *Module) Type(p []byte) (n int, err error) {
	d, err := m.made()
	if err != nil {
		return 0, err
	}
	if n = d.Feed(p); n < len(p) {
		return n, ErrClosed
	}
	return n, nil
}

// Enter types a line and the key Enter.
func (m *Module) Enter(line string) error {
	_, err := m.Type([]byte(line + "\r"))
	return err
}

// Untyped is how many bytes that were typed the module has not received yet.
func (m *Module) Untyped() int {
	if d, err := m.made(); err == nil {
		return d.Untyped()
	}
	return 0
}

// ExpectInput says that input follows, until EndInput, or takes that back. By a virtual clock the module waits for
// it, where it has room for more, so that runs with the same input are the same; but not
// longer than 3 s of the host's time for what is next, and then there is an InputLate.
// Otherwise it means nothing. It is for before the first run.
func (m *Module) ExpectInput(more bool) error {
	d, err := m.made()
	if err == nil {
		d.ExpectInput(more)
	}
	return err
}

// EndInput says that nothing more is typed: Run returns when the module has executed all.
func (m *Module) EndInput() error {
	d, err := m.made()
	if err == nil {
		d.EndInput()
	}
	return err
}

// made is the device, which is made if there is none.
func (m *Module) made() (*device.Device, error) {
	m.mu.Lock()
	d, closed := m.device, m.closed
	m.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	if d != nil {
		return d, nil
	}
	if err := m.Do(func(b *Bench) { d = b.d }); err != nil {
		return nil, err
	}
	return d, nil
}
