package hostnet

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

func TestServerAnswers(t *testing.T) {
	b := newBench(t, realClock(), nil)
	s := newSink()
	var local, peer string
	b.serve(80, func(c port.TCP) *sink {
		ip, p := c.Local()
		local = fmt.Sprint(ip, " ", p)
		ip, p = c.Peer()
		peer = fmt.Sprint(ip, " ", p)
		s.onData = func(p []byte) {
			c.Recved()
			if e := c.Write(append([]byte("echo "), p...)); e != port.NetOK {
				t.Errorf("Write: %d", e)
			}
		}
		s.onSent = c.Close
		return s
	})
	c := b.dial(80)
	io.WriteString(c, "hello")
	got, err := io.ReadAll(c)
	if string(got) != "echo hello" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	s.want(t, "sent 10")
	if local != "192.168.0.111 80" {
		t.Errorf("local address %s", local)
	}
	if want := strings.Replace(c.LocalAddr().String(), ":", " ", 1); peer != want {
		t.Errorf("peer %s, want %s", peer, want)
	}
}

func TestSegmentsAndWindow(t *testing.T) {
	b := newBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	sent := bytes.Repeat([]byte("0123456789"), 1000)
	if _, err := c.Write(sent); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for len(got) < port.TCPWindow {
		p := <-s.data
		if len(p) > port.TCPSegment {
			t.Fatalf("segment of %d bytes", len(p))
		}
		got = append(got, p...)
	}
	select {
	case p := <-s.data:
		t.Fatalf("%d bytes beyond the window", len(p))
	case <-time.After(50 * time.Millisecond):
	}
	b.do(func() { s.c.Recved() })
	for len(got) < len(sent) {
		got = append(got, <-s.data...)
	}
	if !bytes.Equal(got, sent) {
		t.Error("data differ")
	}
	b.do(func() { s.c.Recved() })
	c.Close()
	s.want(t, "ended")
}

func TestCloseWithUnreadDataResets(t *testing.T) {
	b := newBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(c port.TCP) *sink {
		s.onData = func([]byte) {
			c.Write([]byte("never seen"))
			c.Close() // before Recved
		}
		return s
	})
	c := b.dial(80)
	io.WriteString(c, "x")
	if got, err := io.ReadAll(c); err == nil || len(got) > 0 {
		t.Errorf("got %q, %v, want a reset", got, err)
	}
}

func TestSendBuffer(t *testing.T) {
	b := newBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.do(func() {
		s.c.Recved()
		if e := s.c.Write(make([]byte, port.TCPSendBuffer+1)); e != port.NetErrMem {
			t.Errorf("too much: %d", e)
		}
		if e := s.c.Write(make([]byte, 1000)); e != port.NetOK {
			t.Errorf("1000: %d", e)
		}
		if e := s.c.Write(make([]byte, port.TCPSendBuffer-1000)); e != port.NetOK {
			t.Errorf("rest: %d", e)
		}
		if e := s.c.Write([]byte{1}); e != port.NetErrMem {
			t.Errorf("one more: %d", e)
		}
		s.c.Close()
		if e := s.c.Write([]byte{1}); e != port.NetErrConn {
			t.Errorf("after Close: %d", e)
		}
	})
	if got, err := io.ReadAll(c); len(got) != port.TCPSendBuffer || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestOnlyFiveAtOnce(t *testing.T) {
	b := newBench(t, realClock(), nil)
	var mu sync.Mutex
	open, most := 0, 0
	b.serve(80, func(c port.TCP) *sink {
		s := newSink()
		mu.Lock()
		open++
		most = max(most, open)
		mu.Unlock()
		s.onData = func([]byte) {
			c.Recved()
			tm := b.loop.NewTimer(func() {
				c.Write([]byte("done"))
			})
			tm.Arm(5*time.Millisecond, false)
		}
		s.onSent = func() {
			mu.Lock()
			open--
			mu.Unlock()
			c.Close()
		}
		return s
	})
	var host string
	b.do(func() { host = b.host[80].String() })
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				c, err := net.Dial("tcp", host)
				if err != nil {
					t.Error(err)
					return
				}
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				io.WriteString(c, "?")
				if got, err := io.ReadAll(c); string(got) != "done" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
				c.Close()
			}
		}()
	}
	wg.Wait()
	if most != port.TCPMaxOpen {
		t.Errorf("at most %d at once, want %d", most, port.TCPMaxOpen)
	}
}

// TestFiveWithOwn: a connection of the module's own counts, also where a server waits for its next guest
// already. lwIP looks for five, so with six there is no limit.
func TestFiveWithOwn(t *testing.T) {
	b := newBench(t, realClock(), nil)
	guests := make(chan port.TCP, 20)
	b.serve(80, func(c port.TCP) *sink { guests <- c; return newSink() })
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	connect := func() {
		t.Helper()
		s := newSink()
		b.do(func() {
			s.c = b.net.NewTCP(s)
			s.c.Connect(loopback, uint16(away.Addr().(*net.TCPAddr).Port))
		})
		s.want(t, "connected")
	}
	come := func(n int) (first port.TCP) {
		t.Helper()
		for i := range n {
			select {
			case c := <-guests:
				if i == 0 {
					first = c
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%d guests of %d", i, n)
			}
		}
		return first
	}
	for range 4 {
		b.dial(80)
	}
	guest := come(4)
	connect()
	for range 3 {
		b.dial(80)
	}
	select {
	case <-guests:
		t.Fatal("a sixth connection")
	case <-time.After(100 * time.Millisecond):
	}
	b.do(guest.Abort)
	come(1)
	connect()
	come(2)
}

func TestConnect(t *testing.T) {
	b := newBench(t, realClock(), func(c *Config) {
		c.Alias = map[port.IP]port.IP{{192, 168, 0, 1}: loopback}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := uint16(ln.Addr().(*net.TCPAddr).Port)
	s := newSink()
	b.do(func() {
		s.c = b.net.NewTCP(s)
		s.c.SetTTL(3)
		if !s.c.Unconnected() || s.c.Write([]byte("x")) != port.NetErrConn {
			t.Error("not in the state Closed")
		}
		if e := s.c.Connect(port.IP{192, 168, 0, 1}, p); e != port.NetOK {
			t.Errorf("Connect: %d", e)
		}
		s.c.Write([]byte("early")) // queued until the connection is there
	})
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	s.want(t, "connected")
	s.want(t, "sent 5")
	buf := make([]byte, 5)
	if _, err := io.ReadFull(peer, buf); err != nil || string(buf) != "early" {
		t.Errorf("got %q, %v", buf, err)
	}
	_ = peer.(*net.TCPConn).SetLinger(0)
	peer.Close()
	s.want(t, "failed -9")
}

func TestConnectRefused(t *testing.T) {
	b := newBench(t, realClock(), nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := uint16(ln.Addr().(*net.TCPAddr).Port)
	ln.Close()
	s := newSink()
	b.do(func() { s.c = b.net.NewTCP(s); s.c.Connect(loopback, p) })
	s.want(t, "failed -9")
}

func TestConnectNowhere(t *testing.T) {
	b := newBench(t, sdk.NewVirtualClock(), nil)
	s := newSink()
	var at time.Duration
	b.do(func() {
		s.c = b.net.NewTCP(s)
		s.c.Connect(port.IP{255, 255, 255, 255}, 80)
		tm := b.loop.NewTimer(func() { at = b.loop.Now() })
		tm.Arm(synTimeout, false)
	})
	s.want(t, "failed -8")
	b.do(func() {
		if at != synTimeout {
			t.Errorf("gave up at %v", at)
		}
		b.net.SetInterface(0, port.IP{}, port.IP{})
		if e := b.net.NewTCP(s).Connect(loopback, 80); e != port.NetErrRoute {
			t.Errorf("without an address: %d", e)
		}
	})
}

func TestAddressLostAbortsConnections(t *testing.T) {
	b := newBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.do(func() { b.net.SetInterface(0, port.IP{}, port.IP{}) })
	s.want(t, "failed -8")
	if _, err := io.ReadAll(c); err == nil {
		t.Error("no reset at the peer")
	}
}

func TestServerWaitsForAnAddress(t *testing.T) {
	b := newBench(t, realClock(), nil)
	b.do(func() { b.net.SetInterface(0, port.IP{}, port.IP{}) })
	s := newSink()
	accepted := make(chan bool, 1)
	b.serve(80, func(port.TCP) *sink { accepted <- true; return s })
	b.dial(80)
	select {
	case <-accepted:
		t.Fatal("accepted without an address")
	case <-time.After(50 * time.Millisecond):
	}
	b.do(func() { b.net.SetInterface(1, port.IP{192, 168, 4, 1}, ownMask) })
	select {
	case <-accepted:
	case <-time.After(10 * time.Second):
		t.Fatal("not accepted")
	}
	b.do(func() {
		if ip, _ := s.c.Local(); ip != (port.IP{192, 168, 4, 1}) {
			t.Errorf("local address %v", ip)
		}
	})
}

func TestPorts(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	taken := uint16(ln.Addr().(*net.TCPAddr).Port)
	accept := func(port.TCP) bool { return true }

	b := newBench(t, realClock(), func(c *Config) { c.Ports[81] = taken })
	b.do(func() {
		if _, e := b.net.ListenTCP(port.IP{}, 81, accept); e != port.NetErrInUse || b.errs[81] == nil {
			t.Errorf("fixed: %d, %v", e, b.errs[81])
		}
		l, e := b.net.ListenTCP(port.IP{}, 0, accept)
		if _, p := l.Local(); e != port.NetOK || p < port.LocalPortsTCP {
			t.Errorf("any: %d, port %d", e, p)
		}
		if _, e := b.net.ListenTCP(port.IP{}, 80, accept); e != port.NetOK {
			t.Errorf("80: %d", e)
		}
		if _, e := b.net.ListenTCP(port.IP{}, 80, accept); e != port.NetErrMem {
			t.Errorf("80 again: %d", e)
		}
	})
	auto := newBench(t, realClock(), func(c *Config) { c.AutoPorts = true })
	auto.do(func() {
		if _, e := auto.net.ListenTCP(port.IP{}, taken, accept); e != port.NetOK || auto.host[taken].Port() == taken {
			t.Errorf("automatic: %d, %v", e, auto.host[taken])
		}
	})
	for device, want := range map[uint16]uint16{80: 8080, 23: 8023, 443: 8443, 1023: 9023, 1024: 1024, 5683: 5683} {
		if got, fixed := new(Config).HostPort(device); got != want || !fixed {
			t.Errorf("port %d is at %d, fixed %v", device, got, fixed)
		}
	}
	m := Mapping{Network: "tcp", Device: 80, Host: netip.MustParseAddrPort("127.0.0.1:8080")}
	if got := m.String(); got != "port 80 is http://127.0.0.1:8080/" {
		t.Error(got)
	}
}
