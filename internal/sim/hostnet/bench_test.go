package hostnet

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

var (
	ownIP    = port.IP{192, 168, 0, 111}
	ownMask  = port.IP{255, 255, 255, 0}
	loopback = port.IP{127, 0, 0, 1}
	gateway  = port.IP{192, 168, 0, 1}
)

// bench is a module without Lua: a loop on a goroutine of its own and a Net.
type bench struct {
	t    *testing.T
	loop *sdk.Loop
	net  *Net
	host map[uint16]netip.AddrPort // by device port
	errs map[uint16]error
}

// newBench makes one; every device port is at a free port of the host unless
// the test says otherwise.
func newBench(t *testing.T, clock sdk.Clock, change func(*Config)) *bench {
	t.Helper()
	before := runtime.NumGoroutine()
	b := &bench{t: t, loop: sdk.New(sdk.Config{Clock: clock, TaskLimit: -1, SoftWatchdog: -1})}
	b.host, b.errs = map[uint16]netip.AddrPort{}, map[uint16]error{}
	cfg := Config{
		Loop:      b.loop,
		HostsOnly: true,
		Hosts:     map[string]port.IP{"here": loopback}, // so this host may be reached
		Alias:     map[port.IP]port.IP{gateway: loopback},
		Lingering: 3,
		Ports:     map[uint16]uint16{80: 0, 5000: 0, 53: 0},
		OnListen:  func(m Mapping) { b.host[m.Device], b.errs[m.Device] = m.Host, m.Err },
	}
	if change != nil {
		change(&cfg)
	}
	if cfg.Patience == 0 {
		cfg.Patience = 20 * time.Millisecond
	}
	b.net = New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.loop.Run(ctx)
	}()
	t.Cleanup(func() {
		b.do(b.net.Close)
		cancel()
		<-done
		deadline := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond)
		}
		if n := runtime.NumGoroutine(); n > before {
			buf := make([]byte, 1<<16)
			t.Errorf("%d goroutines before, %d after:\n%s", before, n, buf[:runtime.Stack(buf, true)])
		}
	})
	b.do(func() { b.net.SetInterface(0, ownIP, ownMask) })
	return b
}

// do runs f on the module's goroutine.
func (b *bench) do(f func()) {
	b.t.Helper()
	done := make(chan struct{})
	b.loop.Inject(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		b.t.Fatal("the module is stuck")
	}
}

// sink is a handler that notes what happens.
type sink struct {
	c      port.TCP
	events chan string
	data   chan []byte
	onData func(p []byte)
	onSent func()
}

func newSink() *sink { return &sink{events: make(chan string, 100), data: make(chan []byte, 1000)} }

func (s *sink) Connected() { s.events <- "connected" }
func (s *sink) Received(p []byte) {
	s.data <- append([]byte(nil), p...)
	if s.onData != nil {
		s.onData(p)
	}
}
func (s *sink) Ended() { s.events <- "ended" }
func (s *sink) Sent(n int) {
	s.events <- fmt.Sprint("sent ", n)
	if s.onSent != nil {
		s.onSent()
	}
}
func (s *sink) Failed(e port.NetErr) { s.events <- fmt.Sprint("failed ", e) }

func (s *sink) want(t *testing.T, what string) {
	t.Helper()
	select {
	case got := <-s.events:
		if got != what {
			t.Fatalf("event %q, want %q", got, what)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("no event, want %q", what)
	}
}

// serve opens a server on device port p whose connections get the handlers that
// accepted makes.
func (b *bench) serve(p uint16, accepted func(c port.TCP) *sink) port.Listener {
	b.t.Helper()
	var l port.Listener
	b.do(func() {
		var e port.NetErr
		l, e = b.net.ListenTCP(port.IP{}, p, func(c port.TCP) bool {
			s := accepted(c)
			if s == nil {
				return false
			}
			s.c = c
			c.SetHandler(s)
			return true
		})
		if e != port.NetOK {
			b.t.Errorf("ListenTCP: %d", e)
		}
	})
	return l
}

func (b *bench) dial(p uint16) *net.TCPConn {
	b.t.Helper()
	var host netip.AddrPort
	b.do(func() { host = b.host[p] })
	c, err := net.Dial("tcp", host.String())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	return c.(*net.TCPConn)
}

func realClock() sdk.Clock { return sdk.NewRealClock(1) }
