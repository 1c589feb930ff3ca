package hostnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

// gauge counts how many are in something at once.
type gauge struct{ now, most, all atomic.Int32 }

func (g *gauge) in() {
	n := g.now.Add(1)
	g.all.Add(1)
	for m := g.most.Load(); n > m && !g.most.CompareAndSwap(m, n); m = g.most.Load() {
	}
}
func (g *gauge) out() { g.now.Add(-1) }

// waitFor waits until something is so.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestLimit_Dials opens more connections than the host is asked for.
func TestLimit_Dials(t *testing.T) {
	var g gauge
	open := make(chan struct{})
	b := newBench(t, realClock(), func(c *Config) {
		c.Fail = func(op string, _ netip.AddrPort) error {
			if op == OpDial {
				g.in()
				<-open
				g.out()
			}
			return errors.New("no")
		}
	})
	b.do(func() {
		for range 10 * maxDials {
			b.net.NewTCP(newSink()).Connect(loopback, 9)
		}
	})
	waitFor(t, "all that may be asked are", func() bool { return g.now.Load() == maxDials })
	close(open)
	waitFor(t, "they end", func() bool { return g.now.Load() == 0 })
	if n := g.all.Load(); n != maxDials {
		t.Errorf("the host was asked %d times", n)
	}
}

// TestLimit_Echoes pings in a loop, with a host that takes its time.
func TestLimit_Echoes(t *testing.T) {
	var g gauge
	open := make(chan struct{})
	b := newBench(t, realClock(), func(c *Config) {
		c.Ping = func(context.Context, netip.Addr, int) bool {
			g.in()
			<-open
			g.out()
			return false
		}
	})
	for range 100 {
		b.do(func() {
			for range 10 {
				b.net.Echo(loopback, 32, func() { t.Error("an answer") })
			}
		})
	}
	if n := g.most.Load(); n > maxEchoes {
		t.Errorf("%d at once", n)
	}
	close(open)
}

// TestLimit_LookUps looks names up and resets, with a host that takes its time.
func TestLimit_LookUps(t *testing.T) {
	var g gauge
	open := make(chan struct{})
	b := newBench(t, realClock(), func(c *Config) { c.HostsOnly, c.Resolver = false, slowResolver{&g, open} })
	for range 50 {
		b.do(func() {
			for _, name := range []string{"a.example", "b.example", "c.example", "d.example", "e.example"} {
				b.net.Resolve(name, func(port.IP, bool) { t.Error("an answer") })
			}
			b.net.Reset()
			b.loop.Reset()
			b.net.SetInterface(0, ownIP, ownMask)
		})
	}
	waitFor(t, "all that may be asked are", func() bool { return g.now.Load() == maxLookUps })
	if n := g.all.Load(); n != maxLookUps {
		t.Errorf("the host was asked %d times", n)
	}
	close(open)
}

type slowResolver struct {
	g    *gauge
	open chan struct{}
}

func (r slowResolver) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	r.g.in()
	<-r.open
	r.g.out()
	return nil, errors.New("no such name")
}

// TestLimit_Flood sends datagrams to a module that does nothing: they wait in the host's
// buffer, which drops what it cannot keep.
func TestLimit_Flood(t *testing.T) {
	var reads atomic.Int32
	b := newBench(t, realClock(), func(c *Config) {
		c.Fail = func(op string, _ netip.AddrPort) error {
			if op == OpRead {
				reads.Add(1)
			}
			return nil
		}
	})
	received := 0
	b.do(func() { b.net.BindUDP(port.IP{}, 5000, func([]byte, port.IP, uint16) { received++ }) })
	var host netip.AddrPort
	b.do(func() { host = b.host[5000] })
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(host))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	b.do(func() { // the module is busy
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range 20000 {
			_, _ = c.Write(make([]byte, 1000))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if n := reads.Load(); n > udpBacklog {
			t.Errorf("%d datagrams are read", n)
		}
		if received != 0 {
			t.Errorf("%d datagrams came in", received)
		}
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
			t.Errorf("the heap has grown by %d bytes", grown)
		}
	})
	waitFor(t, "a datagram comes in", func() bool {
		n := 0
		b.do(func() { n = received })
		return n > udpBacklog
	})
}

// TestLimit_PeerNeverReads writes as much as there is room for, again and again.
func TestLimit_PeerNeverReads(t *testing.T) {
	stuck := make(chan struct{})
	b := newBench(t, realClock(), func(c *Config) {
		c.Fail = func(op string, _ netip.AddrPort) error {
			if op == OpWrite {
				<-stuck // as a write to a full buffer is
			}
			return nil
		}
	})
	s := newSink()
	b.serve(80, func(c port.TCP) *sink {
		s.onData = func([]byte) { c.Recved() }
		return s
	})
	peer := b.dial(80)
	peer.Write([]byte("x"))
	<-s.data
	before := runtime.NumGoroutine()
	taken := 0
	for range 1000 {
		b.do(func() {
			for s.c.Write(make([]byte, 100)) == port.NetOK {
				taken += 100
			}
			waits := 0
			for _, g := range s.c.(*conn).segments {
				waits += len(g.text)
			}
			if waits > port.TCPSendBuffer {
				t.Errorf("%d bytes wait", waits)
			}
		})
	}
	if taken > port.TCPSendBuffer || taken == 0 {
		t.Errorf("%d bytes were taken", taken)
	}
	if n := runtime.NumGoroutine(); n > before+2 { // one that writes, one of the runtime's timers
		t.Errorf("%d goroutines before, %d after", before, n)
	}
	b.do(s.c.Close)
	close(stuck)
}

// TestLimit_Hour lets a module connect, ping, resolve and send once a second for an hour. What
// a second has begun is over in the next one: no goroutine is left of it. One that has nothing
// more to do counts until the host's scheduler lets it end, which virtual time does not wait
// for, so the test does: there is no other figure that means something.
func TestLimit_Hour(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
		c.HostsOnly, c.Resolver = false, noNames{}
		c.Ping = func(context.Context, netip.Addr, int) bool { return false }
		c.Fail = func(op string, _ netip.AddrPort) error {
			mu.Lock()
			asked[op]++
			mu.Unlock()
			if op == OpDial {
				return errors.New("unreachable")
			}
			return nil
		}
	})
	const hour = 3600
	before, left := 0, 0
	done := make(chan struct{})
	b.do(func() {
		n := 0
		var tm port.Timer
		tm = b.loop.NewTimer(func() {
			if n++; n == 1 {
				before = runtime.NumGoroutine()
			}
			if left = settled(before) - before; n > hour || left > 0 {
				close(done)
				return
			}
			b.net.NewTCP(newSink()).Connect(loopback, 9)
			b.net.Echo(loopback, 32, func() {})
			b.net.Resolve("no.such.name", func(port.IP, bool) {})
			if u, e := b.net.BindUDP(port.IP{}, 0, func([]byte, port.IP, uint16) {}); e == port.NetOK {
				u.SendTo([]byte("x"), gateway, 9)
				u.Close()
			}
			tm.Arm(time.Second, false)
		})
		tm.Arm(0, false)
	})
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Fatal("stuck")
	}
	b.do(func() {
		if left > 0 || len(b.net.conns) > 10 || len(b.net.udps) > 0 || len(b.net.run.holds) > 2 {
			t.Errorf("%d goroutines are left of a second, %d connections, %d sockets, %d holds", left, len(b.net.conns), len(b.net.udps), len(b.net.run.holds))
		}
	})
	mu.Lock()
	defer mu.Unlock()
	if asked[OpDial] != hour || asked[OpPing] != hour || asked[OpWrite] != hour {
		t.Errorf("asked %v", asked)
	}
}

// settled waits until there are no more goroutines than before, or ten seconds of real time,
// and tells how many there are.
func settled(before int) int {
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(10 * time.Microsecond)
	}
	return runtime.NumGoroutine()
}

type noNames struct{}

func (noNames) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("no such name")
}
