package hostnet

import (
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

func ip(s string) port.IP { return netip.MustParseAddr(s).As4() }

// wallConfig names one place of each kind.
func wallConfig(t *testing.T, c *Config) {
	for _, f := range [][2]string{{"broker.lan:1883", "127.0.0.1:18830"}, {"198.51.100.7:*", "10.0.0.7:*"}, {"other.lan:80", "10.0.0.8:81"}} {
		x, err := ParseForward(f[0], f[1])
		if err != nil {
			t.Fatal(err)
		}
		c.Connect = append(c.Connect, x)
	}
	c.Hosts = map[string]port.IP{"loop": ip("127.0.0.2"), "meta": ip("169.254.169.254"), "lan": ip("10.0.0.9"), "inside": ip("192.168.0.7")}
	c.Inside = []netip.Prefix{netip.MustParsePrefix("192.168.4.0/24")}
	c.Ports = map[uint16]uint16{80: 0}
}

// TestWays is the table of docs/project.md: where each kind of address leads.
func TestWays(t *testing.T) {
	for _, x := range []struct{ to, all, local string }{
		{"203.0.113.5:80", "203.0.113.5:80", ""},
		{"10.1.2.3:80", "10.1.2.3:80", ""},
		{"127.0.0.1:22", "", ""},
		{"127.1.2.3:22", "", ""},
		{"0.0.0.0:22", "", ""},
		{"0.1.2.3:22", "", ""},
		{"169.254.1.1:80", "", ""},
		{"169.254.170.2:80", "", ""},
		{"100.100.100.200:80", "", ""},
		{"168.63.129.16:80", "", ""},
		{"192.0.0.192:80", "", ""},
		{"240.0.0.1:80", "", ""},
		{"198.19.0.1:80", "", ""},
		{"192.168.0.111:80", "", ""}, // its own
		{"192.168.0.5:80", "", ""},   // nobody
		{"192.168.0.7:80", "", ""},   // a name for nobody
		{"192.168.4.2:80", "", ""},
		{"192.168.0.255:80", "", ""},
		{"255.255.255.255:80", "", ""},
		{"224.0.0.251:5353", "224.0.0.251:5353", ""},
		{"192.168.0.1:8080", "127.0.0.1:8080", "127.0.0.1:8080"}, // the gateway, which is the host
		{"127.0.0.2:22", "127.0.0.2:22", "127.0.0.2:22"},         // named by hosts
		{"169.254.169.254:80", "169.254.169.254:80", "169.254.169.254:80"},
		{"10.0.0.9:1", "10.0.0.9:1", "10.0.0.9:1"},
		{"198.18.0.1:1883", "127.0.0.1:18830", "127.0.0.1:18830"}, // named by connect
		{"198.18.0.1:1884", "", ""},
		{"198.18.0.2:80", "10.0.0.8:81", "10.0.0.8:81"},
		{"198.51.100.7:99", "10.0.0.7:99", "10.0.0.7:99"},
	} {
		for policy, want := range []string{x.all, x.local, ""} {
			told := 0
			b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
				wallConfig(t, c)
				c.Policy, c.OnRefused = Policy(policy), func(string) { told++ }
			})
			b.do(func() {
				d := netip.MustParseAddrPort(x.to)
				for range 3 {
					got := ""
					if to, ok := b.net.way("udp", d.Addr().As4(), d.Port()); ok {
						got = to.String()
					}
					if got != want {
						t.Errorf("%v: %s leads to %q, want %q", Policy(policy), x.to, got, want)
					}
				}
				if tells := told == 1; tells != (want == "") {
					t.Errorf("%v: %s leads to %q, and that is told %d times", Policy(policy), x.to, want, told)
				}
			})
		}
	}
}

// TestNothingCrosses lets a module try everything: the host must not be asked for a thing.
func TestNothingCrosses(t *testing.T) {
	forbidden := []string{"127.0.0.1", "0.0.0.0", "169.254.169.254", "192.168.0.111", "192.168.0.9", "255.255.255.255", "240.1.1.1"}
	for policy, also := range [][]string{nil, {"203.0.113.5", "224.0.0.251"}, {"203.0.113.5", "224.0.0.251", "192.168.0.1", "198.18.0.1"}} {
		var mu sync.Mutex
		var asked []string
		var told []string
		b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
			wallConfig(t, c)
			delete(c.Hosts, "meta")
			c.Policy, c.HostsOnly = Policy(policy), policy == 0
			c.OnRefused = func(text string) { told = append(told, text) }
			if Policy(policy) == None {
				delete(c.Ports, 80)
			}
			c.Fail = func(op string, a netip.AddrPort) error {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, fmt.Sprint(op, " ", a))
				return nil
			}
		})
		s := newSink()
		var gone time.Duration
		b.do(func() {
			for _, a := range append(forbidden, also...) {
				if e := b.net.NewTCP(s).Connect(ip(a), 80); e != port.NetOK {
					t.Errorf("Connect to %s: %d", a, e)
				}
				u, e := b.net.BindUDP(port.IP{}, 0, func([]byte, port.IP, uint16) { t.Error("a datagram came in") })
				if e != port.NetOK || u.SendTo([]byte("x"), ip(a), 1884) != port.NetOK {
					t.Errorf("SendTo %s: %d", a, e)
				}
				b.net.Echo(ip(a), 32, func() { t.Error("an answer") })
			}
			if policy != 0 {
				if _, e := b.net.ListenTCP(port.IP{}, 81, nil); e != port.NetOK {
					t.Errorf("ListenTCP: %d", e)
				}
				if _, e := b.net.BindUDP(port.IP{}, 81, nil); e != port.NetOK {
					t.Errorf("BindUDP: %d", e)
				}
				b.net.Resolve("some.where", func(_ port.IP, ok bool) { s.events <- fmt.Sprint("found ", ok) })
			}
			b.loop.NewTimer(func() { gone = b.loop.Now() }).Arm(synTimeout, false)
		})
		for range append(forbidden, also...) {
			s.want(t, "failed -8")
		}
		if policy != 0 {
			s.want(t, "found false")
		}
		b.do(func() {
			if gone != synTimeout {
				t.Errorf("gave up at %v", gone)
			}
			if len(told) > maxTold || len(told) < len(forbidden) {
				t.Errorf("%d refusals are told", len(told))
			}
			if len(told) == maxTold && !strings.HasSuffix(told[maxTold-1], "is not told") {
				t.Errorf("the last one: %q", told[maxTold-1])
			}
		})
		mu.Lock()
		if len(asked) > 0 {
			t.Errorf("%v: the host is asked for %q", Policy(policy), asked)
		}
		mu.Unlock()
	}
}

// TestLocalOpensWhatIsNamed serves a port that Ports names and one that it does not.
func TestLocalOpensWhatIsNamed(t *testing.T) {
	b := newBench(t, realClock(), func(c *Config) { c.Policy = Local })
	s := newSink()
	b.serve(80, func(port.TCP) *sink { return s })
	b.serve(81, func(port.TCP) *sink { return s }).Close()
	io.WriteString(b.dial(80), "x")
	<-s.data
	b.do(func() {
		if _, ok := b.host[81]; ok {
			t.Error("port 81 is opened")
		}
	})
}

// TestStrangers sends datagrams to a socket that has asked somebody else.
func TestStrangers(t *testing.T) {
	b := newBench(t, sdk.NewVirtualClock(), nil)
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		return c
	}
	asked, stranger := listen(), listen()
	p := localAddr(asked).Port()
	got := make(chan string, 10)
	var u port.UDP
	ask := func() {
		b.do(func() { u.SendTo([]byte("?"), gateway, p) })
	}
	b.do(func() {
		u, _ = b.net.BindUDP(port.IP{}, 0, func(p []byte, from port.IP, n uint16) { got <- fmt.Sprint(string(p), " ", from, " ", n) })
	})
	want := func(what string) {
		t.Helper()
		select {
		case s := <-got:
			if s != fmt.Sprintf("%s %v %d", what, gateway, p) {
				t.Errorf("received %q, want %q", s, what)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%q did not come in", what)
		}
	}
	ask()
	buf := make([]byte, 10)
	_, module, err := asked.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	send := func(c *net.UDPConn, text string) {
		if _, err := c.WriteToUDPAddrPort([]byte(text), module); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 * udpBacklog { // they take nobody's place, either
		send(stranger, "evil")
	}
	send(asked, "answer")
	want("answer")
	b.do(func() { b.loop.Delay(natTime + time.Second) })
	send(asked, "late")
	ask()
	send(asked, "again")
	// "late" may be read when the second question is on its way: it is an answer then.
	if s := <-got; strings.HasPrefix(s, "late") {
		want("again")
	}
	b.do(func() { b.loop.Delay(natTime + time.Second) })
	u2 := u.(*udp)
	b.do(func() {
		if u2.takes(false, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), p), b.loop.Now()) {
			t.Error("an answer is taken after five minutes")
		}
	})
}

func TestPeersAreForgotten(t *testing.T) {
	var p peers
	host := func(n int) netip.AddrPort {
		return netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(n))
	}
	for n := 1; n <= maxPeers+3; n++ {
		p.note(host(n), destination{port: uint16(n)}, 0)
	}
	p.note(host(5), destination{port: 5}, 0) // used again
	if len(p.list) != maxPeers {
		t.Errorf("%d are remembered", len(p.list))
	}
	for n, want := range map[int]bool{3: false, 4: true, 5: true, maxPeers + 3: true} {
		if _, ok := p.atHost(host(n), natTime); ok != want {
			t.Errorf("number %d: %v", n, ok)
		}
	}
	if _, ok := p.atHost(host(5), natTime+1); ok {
		t.Error("remembered for too long")
	}
	p.note(host(1), destination{}, natTime+1)
	if len(p.list) != 1 {
		t.Errorf("%d are remembered in the end", len(p.list))
	}
}

// TestServerAnswersStrangers holds that a server takes datagrams from all who reach it, and
// that they can be answered though nothing else leads there.
func TestServerAnswersStrangers(t *testing.T) {
	b := newBench(t, realClock(), func(c *Config) { c.Hosts, c.Alias = nil, nil })
	b.do(func() {
		var u port.UDP
		u, _ = b.net.BindUDP(port.IP{}, 5000, func(p []byte, from port.IP, n uint16) { u.SendTo(append([]byte("re: "), p...), from, n) })
	})
	var host netip.AddrPort
	b.do(func() { host = b.host[5000] })
	for range 2 {
		c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(host))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(c, "hello")
		buf := make([]byte, 20)
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != "re: hello" {
			t.Errorf("got %q, %v", buf[:n], err)
		}
	}
}

// TestOwnDatagrams sends datagrams to the module's own port by way of the host, and answers
// each: in virtual time none may be late.
func TestOwnDatagrams(t *testing.T) {
	const all = 10000
	b := newBench(t, sdk.NewVirtualClock(), nil)
	received, answered, late := 0, 0, 0
	done := make(chan struct{})
	b.do(func() {
		var server, client port.UDP
		server, _ = b.net.BindUDP(port.IP{}, 5000, func(p []byte, from port.IP, n uint16) {
			received++
			server.SendTo(p, from, n)
		})
		client, _ = b.net.BindUDP(port.IP{}, 0, func([]byte, port.IP, uint16) { answered++ })
		sent := 0
		var tm port.Timer
		tm = b.loop.NewTimer(func() {
			late += sent - answered
			received, answered = sent, sent
			if sent == all {
				close(done)
				return
			}
			client.SendTo([]byte("datagram"), gateway, b.host[5000].Port())
			sent++
			tm.Arm(time.Millisecond, false)
		})
		tm.Arm(0, false)
	})
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Fatal("stuck")
	}
	b.do(func() {
		if late != 0 {
			t.Errorf("%d of %d datagrams were not answered within a millisecond of virtual time", late, all)
		}
		if at := b.loop.Now(); at < all*time.Millisecond || at > 2*all*time.Millisecond {
			t.Errorf("that took %v", at)
		}
	})
}

// TestMulticastStays holds that groups are asked where servers listen only.
func TestMulticastStays(t *testing.T) {
	b := newBench(t, realClock(), nil)
	b.do(func() {
		for _, p := range []uint16{0, 5000} {
			x, _ := b.net.BindUDP(port.IP{}, p, func([]byte, port.IP, uint16) {})
			u := x.(*udp)
			s := u.socketFor(netip.MustParseAddr("224.0.0.251"))
			if p != 0 && s != u.in {
				t.Error("a server's socket is not used")
			}
			if !b.net.sendsGroups(s) {
				t.Skip("this system does not send to groups on its loopback interface")
			}
		}
	})
}

// TestBroadcastOfTheHost holds that the socket for the outside sends no broadcasts: those to
// one network of the host look like any other address.
func TestBroadcastOfTheHost(t *testing.T) {
	b := newBench(t, realClock(), nil)
	b.do(func() {
		x, _ := b.net.BindUDP(port.IP{}, 0, func([]byte, port.IP, uint16) {})
		s := x.(*udp).socketFor(netip.MustParseAddr("10.0.0.1"))
		if _, err := s.WriteToUDPAddrPort([]byte("x"), netip.MustParseAddrPort("255.255.255.255:9")); err == nil {
			t.Error("a broadcast has left")
		}
	})
}

// TestOutOfSoftAP: from its own access point a module reaches nobody beyond, whatever names the
// destination; with an address of the station it does.
func TestOutOfSoftAP(t *testing.T) {
	const why = ": the module is in no network, and its own access point leads to none"
	var told []string
	b := newBench(t, sdk.NewVirtualClock(), func(c *Config) {
		wallConfig(t, c)
		c.OnRefused = func(text string) { told = append(told, text) }
	})
	resolve := func(name string) port.IP {
		found := make(chan port.IP, 1)
		b.do(func() {
			if _, err := b.net.Resolve(name, func(a port.IP, ok bool) { found <- a }); err != port.NetErrInProgress {
				t.Error(name, err)
				found <- port.IP{}
			}
		})
		return <-found
	}
	leads := func(to, want string) {
		t.Helper()
		b.do(func() {
			got := ""
			if a, ok := b.net.way("tcp", ip(to), 1883); ok {
				got = a.String()
			}
			if got != want {
				t.Errorf("%s leads to %q, want %q", to, got, want)
			}
		})
	}
	b.do(func() {
		b.net.SetInterface(port.StationIf, port.IP{}, port.IP{})
		b.net.SetInterface(port.SoftAPIf, ip("192.168.4.1"), ip("255.255.255.0"))
	})
	leads("203.0.113.5", "")
	leads("198.18.0.1", "")
	lan := resolve("lan")
	want := []string{"tcp to 203.0.113.5:1883 goes nowhere" + why, "tcp to 198.18.0.1:1883 goes nowhere" + why, `the name "lan" is not looked up` + why}
	if fmt.Sprint(told) != fmt.Sprint(want) || !lan.IsAny() {
		t.Errorf("%q, %v", told, lan)
	}
	b.do(func() { b.net.SetInterface(port.StationIf, ip("192.168.0.111"), ip("255.255.255.0")) })
	leads("203.0.113.5", "203.0.113.5:1883")
	leads("198.18.0.1", "127.0.0.1:18830")
	leads("192.168.4.9", "") // somebody at the access point
	if lan = resolve("lan"); lan != ip("10.0.0.9") {
		t.Error(lan)
	}
}
