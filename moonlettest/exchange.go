package moonlettest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"moonlet.example/moonlet"
)

// The host knows nothing of the module's time. While one waits for the other, the module's
// time passes in steps, with a rest of the host's after each.
const (
	rest     = time.Millisecond
	restPace = 5 // how many times as fast as on the host time passes, if nobody says
	// hostPatience is how long of the host's time an exchange may take.
	hostPatience = 30 * time.Second
)

// errPatience says that a wait was in vain.
var errPatience = errors.New("it did not come in time")

// until lets the module live until something that the host does is done.
func (m *Module) until(done func() bool) error {
	m.t.Helper()
	start, began := m.now(), time.Now()
	pace := m.Pace
	if pace <= 0 {
		pace = restPace
	}
	step := max(time.Duration(pace*float64(rest)), 1)
	for {
		if done() {
			return nil
		}
		passed, real := m.now()-start, time.Since(began)
		if passed > m.Patience && real > time.Second || real > hostPatience {
			return errPatience
		}
		m.fatal(m.RunFor(step))
		time.Sleep(max(rest/10, time.Duration(float64(passed)/pace)-real))
	}
}

// Address is where a server of the module is found on this computer, as HOST:PORT. It waits
// for the server, and for the module to be in a network.
func (m *Module) Address(port int) string {
	m.t.Helper()
	var at moonlet.Port
	err := m.RunUntil(func(b *moonlet.Bench) (ok bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		at, ok = m.hosts[uint16(port)]
		return ok && b.Address().IsValid()
	}, m.Patience)
	if err != nil {
		m.t.Fatalf("no server can be reached at the module's port %d in %v: %v; events: %v\n%s", port, m.Patience, err, m.names(), m.LastLines(lastLines))
	}
	return at.Host.String()
}

// Answer is what came of a request.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// String is the beginning of an answer, for messages.
func (a Answer) String() string { return fmt.Sprintf("%d %.300q", a.Status, a.Body) }

// Get asks a server of the module for a path.
func (m *Module) Get(port int, path string) Answer {
	m.t.Helper()
	return m.Request(port, "GET", path, "")
}

// Request asks a server of the module. Redirections are not followed. A body is a form's if
// it is not empty.
func (m *Module) Request(port int, method, path, body string) Answer {
	m.t.Helper()
	r, err := http.NewRequest(method, "http://"+m.Address(port)+path, strings.NewReader(body))
	m.fatal(err)
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return m.Fetch(r)
}

// Fetch sends a request, whose address may be one that Address gave.
func (m *Module) Fetch(r *http.Request) Answer {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), hostPatience)
	defer cancel()
	var a Answer
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		a, err = exchange(r.WithContext(ctx))
	}()
	waited := m.until(closed(done))
	if waited != nil {
		cancel()
		<-done
	}
	if err != nil {
		m.t.Fatalf("%s %s: %v\nthe module's last lines are:\n%s", r.Method, r.URL.Path, err, m.LastLines(lastLines))
	}
	return a
}

// closed tells whether a channel is closed.
func closed(c <-chan struct{}) func() bool {
	return func() bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
}

func exchange(r *http.Request) (a Answer, err error) {
	t := &http.Transport{DisableKeepAlives: true}
	defer t.CloseIdleConnections()
	c := http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, string(body)}, err
}

// Conn is a TCP connection to a server of the module.
type Conn struct {
	m    *Module
	conn net.Conn

	mu   sync.Mutex
	got  []byte // not taken by Expect
	end  error
	done chan struct{}
}

// connMax is how much of what the module sends is kept for Expect.
const connMax = 1 << 20

// Dial connects to a server of the module. The connection is closed when the test ends.
func (m *Module) Dial(port int) *Conn {
	m.t.Helper()
	address := m.Address(port)
	c := &Conn{m: m, done: make(chan struct{})}
	var err error
	dialed := make(chan struct{})
	go func() {
		defer close(dialed)
		c.conn, err = net.DialTimeout("tcp", address, hostPatience)
	}()
	_ = m.until(closed(dialed))
	<-dialed
	m.fatal(err)
	m.t.Cleanup(func() { c.conn.Close(); <-c.done })
	go c.read()
	return c
}

// read keeps what comes.
func (c *Conn) read() {
	defer close(c.done)
	buf := make([]byte, 4096)
	for {
		n, err := c.conn.Read(buf)
		c.mu.Lock()
		c.got = append(c.got, buf[:n]...)
		c.got = c.got[max(len(c.got)-connMax, 0):]
		c.end = err
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Send sends a text.
func (c *Conn) Send(text string) {
	c.m.t.Helper()
	sent := make(chan struct{})
	var err error
	go func() {
		defer close(sent)
		_, err = io.WriteString(c.conn, text)
	}()
	if c.m.until(closed(sent)) != nil {
		c.conn.Close() // the module does not read
	}
	<-sent
	c.m.fatal(err)
}

// Expect waits for a text that the module sends on the connection, and returns what came
// before it.
func (c *Conn) Expect(text string) (before string) {
	c.m.t.Helper()
	found := false
	err := c.m.until(func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		var rest string
		if before, rest, found = strings.Cut(string(c.got), text); found {
			c.got = []byte(rest)
		}
		return found || c.end != nil
	})
	if found {
		return before
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		err = fmt.Errorf("the connection has ended: %w", c.end)
	}
	c.m.t.Fatalf("%q does not come on the connection: %v; there is %.300q\nthe module's last lines are:\n%s", text, err, c.got, c.m.LastLines(lastLines))
	return ""
}

// ExpectEnd waits until the module has closed the connection, and returns what came before.
func (c *Conn) ExpectEnd() string {
	c.m.t.Helper()
	if err := c.m.until(closed(c.done)); err != nil {
		c.m.t.Fatalf("the module does not close the connection: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.got)
}

// Close closes the connection.
func (c *Conn) Close() { c.conn.Close() }

// Background runs the module on a goroutine of its own until stop is called, for clients of
// the host that are tested themselves, or many at once. Meanwhile only methods of
// moonlet.Module can be used that do not run it.
func (m *Module) Background() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Module.Run(ctx) }()
	stopped := false
	stop = func() {
		m.t.Helper()
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil && !errors.Is(err, moonlet.ErrClosed) {
			m.t.Errorf("running the module: %v", err)
		}
	}
	m.t.Cleanup(stop)
	return stop
}
