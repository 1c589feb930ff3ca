package hostnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

func TestUDP(t *testing.T) {
	b := newBench(t, realClock(), func(c *Config) {
		c.Connect = []Forward{{Addr: port.IP{255, 255, 255, 255}, To: netip.MustParseAddrPort("127.0.0.1:0")}}
	})
	type packet struct {
		p    string
		from port.IP
		port uint16
	}
	got := make(chan packet, 10)
	recv := func(p []byte, from port.IP, n uint16) { got <- packet{string(p), from, n} }
	var u port.UDP
	b.do(func() {
		var e port.NetErr
		if u, e = b.net.BindUDP(port.IP{}, 5000, recv); e != port.NetOK {
			t.Fatalf("BindUDP: %d", e)
		}
		if _, e := b.net.BindUDP(port.IP{}, 5000, recv); e != port.NetErrInUse {
			t.Errorf("twice: %d", e)
		}
		for _, want := range []uint16{4096, 4097} {
			v, e := b.net.BindUDP(port.IP{}, 0, recv)
			if e != port.NetOK {
				t.Fatalf("any port: %d", e)
			}
			if _, p := v.Local(); p != want {
				t.Errorf("port %d, want %d", p, want)
			}
		}
		u.SetTTL(5)
		b.net.JoinGroup(port.IP{}, port.IP{224, 0, 0, 251})
		b.net.LeaveGroup(port.IP{}, port.IP{224, 0, 0, 251})
	})
	var host netip.AddrPort
	b.do(func() { host = b.host[5000] })
	peer, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(host))
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	peer.Write(make([]byte, port.UDPMaxPayload+1)) // no frame holds that
	io.WriteString(peer, "ping")
	p := <-got
	if p.p != "ping" || p.from != loopback {
		t.Fatalf("received %q from %v", p.p, p.from)
	}
	b.do(func() {
		if e := u.SendTo([]byte("pong"), p.from, p.port); e != port.NetOK {
			t.Errorf("SendTo: %d", e)
		}
		// The module's own address leads nowhere; the gateway is this host here, and so are
		// broadcasts.
		u.SendTo([]byte("nobody"), ownIP, 5000)
		u.SendTo([]byte("self"), gateway, host.Port())
		u.SendTo([]byte("all"), port.IP{192, 168, 0, 255}, host.Port())
	})
	buf := make([]byte, 100)
	_ = peer.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := peer.Read(buf); err != nil || string(buf[:n]) != "pong" {
		t.Errorf("peer got %q, %v", buf[:n], err)
	}
	for _, want := range []string{"self", "all"} {
		select {
		case p := <-got:
			if p.p != want {
				t.Errorf("received %q, want %q", p.p, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%q does not come in", want)
		}
	}
	b.do(func() {
		u.Close()
		b.net.SetInterface(0, port.IP{}, port.IP{})
		if e := u.SendTo([]byte("x"), loopback, 1); e != port.NetErrRoute {
			t.Errorf("without an address: %d", e)
		}
	})
}

type fakeResolver struct{ asked chan string }

func (r fakeResolver) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	r.asked <- host
	if host == "known.example" {
		return []netip.Addr{netip.MustParseAddr("192.0.2.7")}, nil
	}
	return nil, errors.New("no such host")
}

// TestUDP_NoAddress holds that nothing comes in while the module is in no network.
func TestUDP_NoAddress(t *testing.T) {
	b := newBench(t, realClock(), nil)
	got := make(chan string, 10)
	var host netip.AddrPort
	b.do(func() {
		if _, e := b.net.BindUDP(port.IP{}, 5000, func(p []byte, _ port.IP, _ uint16) { got <- string(p) }); e != port.NetOK {
			t.Fatalf("BindUDP: %d", e)
		}
		host = b.host[5000]
		b.net.SetInterface(0, port.IP{}, port.IP{})
	})
	peer, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(host))
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	io.WriteString(peer, "early")
	time.Sleep(50 * time.Millisecond)
	b.do(func() { b.net.SetInterface(0, ownIP, ownMask) })
	io.WriteString(peer, "late")
	if s := <-got; s != "late" {
		t.Errorf("%q comes in", s)
	}
}

func TestResolve(t *testing.T) {
	r := fakeResolver{make(chan string, 10)}
	b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
		c.HostsOnly, c.Resolver = false, r
		c.Hosts = map[string]port.IP{"here": loopback}
	})
	type result struct {
		a  port.IP
		ok bool
		at time.Duration
	}
	got := make(chan result, 10)
	ask := func(name string) port.NetErr {
		_, e := b.net.Resolve(name, func(a port.IP, ok bool) { got <- result{a, ok, b.loop.Now()} })
		return e
	}
	b.do(func() {
		if a, e := b.net.Resolve("10.1.2.3", nil); e != port.NetOK || a != (port.IP{10, 1, 2, 3}) {
			t.Errorf("literal: %v, %d", a, e)
		}
		for _, bad := range []string{"", strings.Repeat("x", 256)} {
			if e := ask(bad); e != port.NetErrArg {
				t.Errorf("%q: %d", bad, e)
			}
		}
		if e := ask("HERE"); e != port.NetErrInProgress {
			t.Errorf("here: %d", e)
		}
	})
	if r := <-got; r != (result{loopback, true, 0}) {
		t.Errorf("here: %+v", r)
	}
	b.do(func() { ask("known.example") })
	if r := <-got; r != (result{port.IP{192, 0, 2, 7}, true, 0}) {
		t.Errorf("known: %+v", r)
	}
	b.do(func() {
		for i := range port.DNSQueries {
			if e := ask(fmt.Sprintf("n%d.example", i)); e != port.NetErrInProgress {
				t.Errorf("query %d: %d", i, e)
			}
		}
		if e := ask("toomany.example"); e != port.NetErrMem {
			t.Errorf("fifth query: %d", e)
		}
	})
	for range port.DNSQueries {
		if r := <-got; r.ok || r.at != 7*time.Second {
			t.Errorf("unknown: %+v", r)
		}
	}
	b.do(func() {
		b.net.SetDNSServer(1, port.IP{8, 8, 8, 8})
		ask("n.example")
	})
	if r := <-got; r.ok || r.at != 22*time.Second {
		t.Errorf("unknown, two servers: %+v", r)
	}
}

func TestEcho(t *testing.T) {
	b := newBench(t, realClock(), nil)
	got := make(chan int, 10)
	b.do(func() {
		b.net.Echo(loopback, 32, func() { got <- 1 })
		if seq := b.net.Echo(loopback, 32, func() { got <- 2 }); seq != 2 {
			t.Errorf("number %d", seq)
		}
	})
	if n := <-got; n != 2 {
		t.Errorf("answer to request %d", n)
	}
}

func TestResetEndsEverything(t *testing.T) {
	b := newBench(t, realClock(), nil)
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	c := b.dial(80)
	io.WriteString(c, "x")
	<-s.data
	b.do(func() {
		b.net.BindUDP(port.IP{}, 5000, func([]byte, port.IP, uint16) {})
		b.net.Reset()
		b.loop.Reset()
	})
	if _, err := io.ReadAll(c); err == nil {
		t.Log("closed without a reset")
	}
	b.do(func() {
		if len(b.net.conns)+len(b.net.listeners)+len(b.net.udps) > 0 {
			t.Error("something is left")
		}
		b.net.SetInterface(0, ownIP, ownMask)
	})
	b.serve(80, func(port.TCP) *sink { return s })
	c = b.dial(80)
	io.WriteString(c, "again")
	if p := <-s.data; string(p) != "again" {
		t.Errorf("after the reset: %q", p)
	}
	select {
	case e := <-s.events:
		t.Errorf("event %q from before the reset", e)
	default:
	}
}

func TestParsePort(t *testing.T) {
	for text, want := range map[string][2]uint16{"80=8080": {80, 8080}, "23=any": {23, 0}} {
		if d, h, err := ParsePort(text); err != nil || d != want[0] || h != want[1] {
			t.Errorf("%s: %d %d %v", text, d, h, err)
		}
	}
	for _, text := range []string{"", "80", "80=", "0=80", "80=0", "80=65536", "x=80", "80=8080=1"} {
		if _, _, err := ParsePort(text); err == nil {
			t.Errorf("%q accepted", text)
		}
	}
}
