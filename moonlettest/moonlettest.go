// Package moonlettest tests applications of a NodeMCU on a virtual module.
//
//	func TestGreeting(t *testing.T) {
//		m := moonlettest.Start(t, "greeter")
//		m.Expect("listening")
//		if a := m.Get(80, "/"); a.Body != "hello" { t.Error(a) }
//	}
//
// Time is virtual: an hour of the module takes as long as its work, and the same test does
// the same each time. Each module has a flash memory and ports of its own, so tests can run
// in parallel. What does not come fails the test with the module's last lines; the module is
// closed when the test ends.
package moonlettest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/internal/hook"
)

// Patience is how long of the module's time is waited for something, if the module's
// Patience says nothing else.
const Patience = time.Minute

// eventsMax is how many events are kept for Event; older ones are forgotten.
const eventsMax = 10_000

// lastLines is how many lines of output a failure shows.
const lastLines = 20

// Module is a module in a test. Its methods fail the test where those of a moonlet.Module
// give an error; one goroutine uses it, the test's.
type Module struct {
	*moonlet.Module
	// Patience is how long of the module's time is waited for something.
	Patience time.Duration
	// Pace, above 0, is how many times as fast as on the host time passes at most. It is for
	// applications that wait for servers of the host, which know nothing of virtual time.
	Pace float64

	t testing.TB

	mu     sync.Mutex
	events []moonlet.Event // not taken by Event
	hosts  map[uint16]moonlet.Port
}

// Start opens the application at a path, as moonlet.Open. The module is off; whatever is
// waited for boots it.
func Start(t testing.TB, path string, opts ...moonlet.Option) *Module {
	t.Helper()
	return start(t, opts, func(o ...moonlet.Option) (*moonlet.Module, error) { return moonlet.Open(path, o...) })
}

// Files makes a module with these files in its flash memory, by name.
func Files(t testing.TB, files map[string]string, opts ...moonlet.Option) *Module {
	t.Helper()
	return New(t, moonlet.Config{Files: files}, opts...)
}

// Code makes a module whose init.lua is that.
func Code(t testing.TB, code string, opts ...moonlet.Option) *Module {
	t.Helper()
	return Files(t, map[string]string{"init.lua": code}, opts...)
}

// New makes a module of a configuration.
func New(t testing.TB, c moonlet.Config, opts ...moonlet.Option) *Module {
	t.Helper()
	return start(t, opts, func(o ...moonlet.Option) (*moonlet.Module, error) { return moonlet.New(c, o...) })
}

func start(t testing.TB, opts []moonlet.Option, open func(o ...moonlet.Option) (*moonlet.Module, error)) *Module {
	t.Helper()
	m := &Module{Patience: Patience, t: t, hosts: map[uint16]moonlet.Port{}}
	own := []moonlet.Option{moonlet.Apart(), moonlet.OnEvent(m.note), moonlet.Inside(hook.Options{Trial: true})}
	var err error
	if m.Module, err = open(append(own, opts...)...); err != nil {
		t.Fatalf("the module cannot be made: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the module's last lines:\n%s", m.LastLines(lastLines))
		}
		if err := m.Close(); err != nil {
			t.Errorf("closing the module: %v", err)
		}
	})
	return m
}

// note keeps an event.
func (m *Module) note(e moonlet.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.events) >= eventsMax {
		m.events = append(m.events[:0], m.events[eventsMax/2:]...)
	}
	m.events = append(m.events, e)
	if l, ok := e.(moonlet.Listening); ok {
		m.hosts[l.Port.Module] = l.Port
	}
}

// fatal fails the test.
func (m *Module) fatal(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// Run lets the module live for that time of its own.
func (m *Module) Run(t time.Duration) {
	m.t.Helper()
	if m.Pace > 0 {
		end := m.now() + t
		_ = m.until(func() bool { return m.now() >= end })
		return
	}
	m.fatal(m.RunFor(t))
}

func (m *Module) now() time.Duration {
	m.t.Helper()
	now, err := m.Now()
	m.fatal(err)
	return now
}

// Expect waits for a text that the module sends on its serial port, behind all that was
// waited for before, and returns what came before it.
func (m *Module) Expect(text string) (before string) {
	m.t.Helper()
	if m.Pace <= 0 {
		before, err := m.Module.Expect(text, m.Patience)
		m.fatal(err)
		return before
	}
	var err error
	err2 := m.until(func() bool {
		before, err = m.Module.Expect(text, 0)
		return err == nil
	})
	if err2 != nil {
		m.fatal(err)
	}
	return before
}

// Enter types a line and the key Enter.
func (m *Module) Enter(line string) {
	m.t.Helper()
	m.fatal(m.Module.Enter(line))
}

// prompt is what the console shows when it waits for a line.
const prompt = "> "

// Command types a line at the prompt, for which it waits, and returns what the module prints
// until its next prompt, without the echo.
func (m *Module) Command(line string) (answer string) {
	m.t.Helper()
	m.atPrompt()
	m.Skip()
	m.Enter(line)
	m.Expect("\n") // of the echo
	m.atPrompt()
	answer = strings.TrimSuffix(m.Unread(), prompt)
	m.Skip()
	return strings.ReplaceAll(answer, "\r\n", "\n")
}

// atPrompt waits until the module waits for a line.
func (m *Module) atPrompt() {
	m.t.Helper()
	err := m.RunUntil(func(*moonlet.Bench) bool { return strings.HasSuffix(m.LastLines(1), prompt) }, m.Patience)
	if err != nil {
		m.t.Fatalf("the prompt does not come: %v; the module's last lines are:\n%s", err, m.LastLines(lastLines))
	}
}

// ExpectPin waits until a pin has a level.
func (m *Module) ExpectPin(pin, level int) {
	m.t.Helper()
	if err := m.RunUntil(func(b *moonlet.Bench) bool { return b.Pin(pin) == level }, m.Patience); err != nil {
		m.t.Fatalf("pin %d does not become %d in %v: %v", pin, level, m.Patience, err)
	}
}

// SetPin connects a pin to a level from outside.
func (m *Module) SetPin(pin, level int) {
	m.t.Helper()
	m.fatal(m.Module.SetPin(pin, level))
}

// Press holds a button of the board for some time.
func (m *Module) Press(button string, t time.Duration) {
	m.t.Helper()
	m.fatal(m.Module.Press(button, t))
}

// WiFi lets something happen to the networks around the module, as moonlet.Bench.WiFi.
func (m *Module) WiFi(step string) {
	m.t.Helper()
	m.fatal(m.Module.WiFi(step))
}

// CutPower takes the power away and gives it back.
func (m *Module) CutPower() {
	m.t.Helper()
	m.fatal(m.Module.CutPower())
}

// File is a file in the module's flash memory, which has to be there.
func (m *Module) File(name string) string {
	m.t.Helper()
	data, err := m.ReadFile(name)
	m.fatal(err)
	return string(data)
}

// Event waits for an event of a type and returns it; it and those before it are taken then.
func Event[E moonlet.Event](m *Module) E {
	m.t.Helper()
	return EventThat(m, func(E) bool { return true })
}

// EventThat is Event for one that fits.
func EventThat[E moonlet.Event](m *Module, fits func(e E) bool) (found E) {
	m.t.Helper()
	err := m.RunUntil(func(*moonlet.Bench) bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		for i, e := range m.events {
			if x, ok := e.(E); ok && fits(x) {
				found, m.events = x, m.events[i+1:]
				return true
			}
		}
		return false
	}, m.Patience)
	if err != nil {
		m.t.Fatalf("no event %s that fits in %v: %v; there were: %v", found.Name(), m.Patience, err, m.names())
	}
	return found
}

// names lists the events that were not taken.
func (m *Module) names() (list []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.events[max(len(m.events)-lastLines, 0):] {
		list = append(list, fmt.Sprintf("%s (%s)", e.Name(), e))
	}
	return list
}
