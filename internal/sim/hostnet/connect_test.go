package hostnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

func TestParseForward(t *testing.T) {
	for _, x := range [][3]string{
		{"Broker.lan:1883", "localhost:18830", "broker.lan 0.0.0.0 1883 127.0.0.1:18830"},
		{"10.0.0.1:*", "127.0.0.1:*", " 10.0.0.1 0 127.0.0.1:0"},
		{"host:80", "127.0.0.1:8080", "host 0.0.0.0 80 127.0.0.1:8080"},
		{"a.:1", "1.2.3.4:1", "a 0.0.0.0 1 1.2.3.4:1"},
	} {
		f, err := ParseForward(x[0], x[1])
		if got := fmt.Sprint(f.Name, " ", f.Addr, " ", f.Port, " ", f.To); err != nil || got != x[2] {
			t.Errorf("%s=%s: %s, %v", x[0], x[1], got, err)
		}
	}
	for _, x := range [][2]string{{"", "1.2.3.4:1"}, {"a", "1.2.3.4:1"}, {":1", "1.2.3.4:1"}, {"a:0", "1.2.3.4:1"}, {"a:1", "1.2.3.4"},
		{"a:1", "b:1"}, {"a:*", "1.2.3.4:1"}, {"a:1", "1.2.3.4:*"}, {"::1:1", "1.2.3.4:1"}, {"a:1", "1.2.3.4:65536"}, {"a:1", "::1:1"},
		{"a:1", "1.2.3.4:0"}, {"10.1:80", "1.2.3.4:1"}, {".:1", "1.2.3.4:1"}, {"a b:1", "1.2.3.4:1"}, {"http://a:1", "1.2.3.4:1"},
		{strings.Repeat("a", port.DNSNameLimit) + ":1", "1.2.3.4:1"}} {
		if f, err := ParseForward(x[0], x[1]); err == nil {
			t.Errorf("%s=%s is taken: %+v", x[0], x[1], f)
		}
	}
}

// zone answers for a name server, and notes what it is asked.
type zone struct {
	mu    sync.Mutex
	names map[string]string
	asked []string
}

func (z *zone) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked = append(z.asked, name)
	if a, ok := z.names[name]; ok {
		return []netip.Addr{netip.MustParseAddr(a)}, nil
	}
	return nil, errors.New("no such name")
}

func (z *zone) wantAsked(t *testing.T, want ...string) {
	t.Helper()
	z.mu.Lock()
	defer z.mu.Unlock()
	if !slices.Equal(z.asked, want) {
		t.Errorf("looked up: %q, want %q", z.asked, want)
	}
	z.asked = nil
}

// connectTo adds entries to Connect, each with an equals sign.
func connectTo(t *testing.T, c *Config, entries ...string) {
	t.Helper()
	for _, e := range entries {
		from, to, _ := strings.Cut(e, "=")
		f, err := ParseForward(from, to)
		if err != nil {
			t.Fatal(err)
		}
		c.Connect = append(c.Connect, f)
	}
}

func (b *bench) resolve(name string) string {
	b.t.Helper()
	found := make(chan string, 1)
	b.do(func() {
		b.net.Resolve(name, func(a port.IP, ok bool) { found <- fmt.Sprint(a, " ", ok) })
	})
	select {
	case s := <-found:
		return s
	case <-time.After(10 * time.Second):
		b.t.Fatalf("%s: no answer", name)
	}
	return ""
}

// tcpServer is a server of the host that says its name to each caller.
func tcpServer(t *testing.T, says string) string {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, says)
			c.Close()
		}
	}()
	return l.Addr().String()
}

// udpServer is one that answers each datagram with its name.
func udpServer(t *testing.T, says string) string {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 100)
		for {
			_, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo([]byte(says), from)
		}
	}()
	return c.LocalAddr().String()
}

// hears connects to a place and tells what it says.
func (b *bench) hears(a string) string {
	b.t.Helper()
	s, d := newSink(), netip.MustParseAddrPort(a)
	b.do(func() {
		if e := b.net.NewTCP(s).Connect(d.Addr().As4(), d.Port()); e != port.NetOK {
			b.t.Errorf("Connect: %d", e)
		}
	})
	select {
	case e := <-s.events:
		if e != "connected" {
			return e
		}
	case <-time.After(10 * time.Second):
		b.t.Fatalf("%s: nothing happens", a)
	}
	select {
	case p := <-s.data:
		return string(p)
	case <-time.After(10 * time.Second):
		b.t.Fatalf("%s says nothing", a)
	}
	return ""
}

// answers sends a datagram to a place, and tells what comes back and from where.
func (b *bench) answers(a string) string {
	b.t.Helper()
	got, d := make(chan string, 1), netip.MustParseAddrPort(a)
	b.do(func() {
		u, e := b.net.BindUDP(port.IP{}, 0, func(p []byte, from port.IP, n uint16) { got <- fmt.Sprint(string(p), " ", from, ":", n) })
		if e != port.NetOK {
			b.t.Errorf("BindUDP: %d", e)
			return
		}
		p := []byte("who?")
		u.SendTo(p, d.Addr().As4(), d.Port())
		clear(p) // it belongs to the module
	})
	select {
	case s := <-got:
		return s
	case <-time.After(10 * time.Second):
		b.t.Fatalf("%s: no answer", a)
	}
	return ""
}

// TestConnectLeads holds that names of Connect have addresses in the order in which they stand
// there, that their ports lead where they are to lead, and that other ports lead where they
// would without it.
func TestConnectLeads(t *testing.T) {
	tcp, udp := tcpServer(t, "broker"), udpServer(t, "clock")
	other, otherUDP := tcpServer(t, "other"), udpServer(t, "other")
	z := &zone{names: map[string]string{"b.lan": "127.0.0.1"}}
	pinged := make(chan netip.Addr, 1)
	b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
		connectTo(t, c, "z.lan:1883="+tcp, "B.lan.:123="+udp, "here:5="+tcp, "z.lan:1884=127.0.0.1:1")
		c.HostsOnly, c.Resolver, c.Alias = false, z, nil
		c.Ping = func(_ context.Context, a netip.Addr, _ int) bool { pinged <- a; return true }
	})
	for name, want := range map[string]string{"z.lan": "198.18.0.1 true", "Z.LAN.": "198.18.0.1 true", "b.lan": "198.18.0.2 true", "here": "127.0.0.1 true"} {
		if got := b.resolve(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	portOf := func(a string) string { return a[strings.LastIndexByte(a, ':'):] }
	for _, to := range []string{"198.18.0.1:1883", "127.0.0.1:5"} {
		if got := b.hears(to); got != "broker" {
			t.Errorf("TCP to %s: %q", to, got)
		}
	}
	if got := b.answers("198.18.0.2:123"); got != "clock 198.18.0.2:123" {
		t.Errorf("UDP: %q", got)
	}
	z.wantAsked(t)
	if got := b.hears("198.18.0.2" + portOf(other)); got != "other" {
		t.Errorf("TCP to another port: %q", got)
	}
	z.wantAsked(t, "b.lan")
	b.resolve("b.lan") // so it is looked up again
	to := "198.18.0.2" + portOf(otherUDP)
	if got := b.answers(to); got != "other "+to {
		t.Errorf("UDP to another port: %q", got)
	}
	if got := b.answers(to); got != "other "+to {
		t.Errorf("UDP to another port: %q", got)
	}
	z.wantAsked(t, "b.lan")
	if got := b.hears("198.18.0.1:99"); got != "failed -8" { // nobody knows z.lan
		t.Errorf("TCP to another port of nobody: %q", got)
	}
	z.wantAsked(t, "z.lan")
	replied := make(chan bool, 1)
	b.do(func() { b.net.Echo(ip("198.18.0.1"), 32, func() { replied <- true }) })
	if a := <-pinged; a.String() != "127.0.0.1" || !<-replied {
		t.Errorf("the ping went to %v", a)
	}
}

// TestConnectHost holds that "host" is the gateway of each simulated network, besides a name,
// and that an entry for an address is worth more.
func TestConnectHost(t *testing.T) {
	web, own := tcpServer(t, "web"), tcpServer(t, "own")
	var told []string
	b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
		connectTo(t, c, "192.168.4.1:80="+own, "host:80="+web)
		c.Alias, c.Gateways = nil, []port.IP{gateway, {192, 168, 4, 1}}
		c.Inside = []netip.Prefix{netip.MustParsePrefix("192.168.4.0/24")}
		c.OnRefused = func(text string) { told = append(told, text) }
	})
	if got := b.resolve("host"); got != "198.18.0.1 true" {
		t.Errorf("host is %s", got)
	}
	for to, want := range map[string]string{"198.18.0.1:80": "web", "192.168.0.1:80": "web", "192.168.4.1:80": "own", "192.168.0.1:81": "failed -8"} {
		if got := b.hears(to); got != want {
			t.Errorf("%s: %q, want %q", to, got, want)
		}
	}
	replied := make(chan bool, 1)
	b.do(func() { b.net.Echo(gateway, 32, func() { replied <- true }) })
	<-replied
	b.do(func() {
		if len(told) != 1 || !strings.HasPrefix(told[0], "tcp to 192.168.0.1:81 goes nowhere") {
			t.Errorf("told: %q", told)
		}
	})
}

// TestConnectOpensNothingElse holds that what a name of Connect is at other ports has to pass
// the walls like everything: whoever answers for the name cannot lead the module behind them.
func TestConnectOpensNothingElse(t *testing.T) {
	for _, x := range []struct {
		policy Policy
		only   bool
		is     string // what the name server says
		tells  string
		looks  bool
	}{
		{All, false, "127.0.0.1", "this computer itself", true},
		{All, false, "169.254.169.254", "metadata", true},
		{All, false, "192.168.0.9", "nobody has that address", true},
		{All, false, "198.18.0.1", "nothing else knows it", true},
		{All, false, "198.18.0.2", "nothing else knows it", true},
		{All, false, "", "nothing else knows it", true},
		{All, true, "127.0.0.1", "nothing else knows it", false},
		{Local, false, "203.0.113.1", "nothing else knows it", false},
		{None, false, "203.0.113.1", "--network none", false},
	} {
		z := &zone{names: map[string]string{}}
		if x.is != "" {
			z.names["a.lan"] = x.is
		}
		var told []string
		var mu sync.Mutex
		reached := 0
		b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
			connectTo(t, c, "a.lan:80=127.0.0.1:8080", "b.lan:80=127.0.0.1:8080")
			c.Policy, c.HostsOnly, c.Resolver, c.Hosts, c.Alias, c.Ports = x.policy, x.only, z, nil, nil, nil
			c.OnRefused = func(text string) { told = append(told, text) }
			c.Fail = func(op string, _ netip.AddrPort) error {
				mu.Lock()
				defer mu.Unlock()
				if op == OpDial || op == OpWrite || op == OpPing {
					reached++
				}
				return nil
			}
		})
		if got := b.hears("198.18.0.1:22"); got != "failed -8" {
			t.Errorf("%v: a.lan is %s: %s", x.policy, x.is, got)
		}
		b.do(func() {
			u, _ := b.net.BindUDP(port.IP{}, 0, func([]byte, port.IP, uint16) {})
			u.SendTo([]byte("x"), ip("198.18.0.1"), 22)
			if len(told) != 2 || !strings.Contains(told[0], x.tells) || !strings.HasPrefix(told[1], "udp") {
				t.Errorf("%v: a.lan is %s: told %q, want %q", x.policy, x.is, told, x.tells)
			}
		})
		mu.Lock()
		if reached > 0 {
			t.Errorf("%v: a.lan is %s, and the host is asked %d times", x.policy, x.is, reached)
		}
		mu.Unlock()
		if x.looks {
			z.wantAsked(t, "a.lan")
		} else {
			z.wantAsked(t)
		}
	}
}

// TestSeekersAreFew holds that a name which takes long to look up keeps few packets, and that a
// reset forgets them.
func TestSeekersAreFew(t *testing.T) {
	server := udpServer(t, "here")
	z := &zone{names: map[string]string{"a.lan": "127.0.0.1"}}
	got := make(chan string, 10*maxSeekers)
	b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
		connectTo(t, c, "a.lan:1=127.0.0.1:1")
		c.HostsOnly, c.Resolver = false, z
	})
	p := netip.MustParseAddrPort(server).Port()
	send := func(times int) {
		u, _ := b.net.BindUDP(port.IP{}, 0, func(p []byte, _ port.IP, _ uint16) { got <- string(p) })
		for range times {
			u.SendTo([]byte("x"), ip("198.18.0.1"), p)
		}
	}
	z.mu.Lock()
	b.do(func() {
		send(3 * maxSeekers)
		if n := len(b.net.walls.seeking[ip("198.18.0.1")]); n != maxSeekers {
			t.Errorf("%d packets wait", n)
		}
		b.net.Reset()
		b.net.SetInterface(0, ownIP, ownMask)
		if len(b.net.walls.seeking) != 0 {
			t.Error("a reset forgets nothing")
		}
		send(1)
	})
	z.mu.Unlock()
	select {
	case <-got:
	case <-time.After(10 * time.Second):
		t.Fatal("no answer after the reset")
	}
	b.do(func() { b.loop.Delay(time.Second) })
	if len(got) > 0 {
		t.Error("datagrams from before the reset have arrived")
	}
}
