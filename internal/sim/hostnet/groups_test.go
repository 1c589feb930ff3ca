package hostnet

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// TestGroups holds that a server by default hears what is sent to its group on this computer, and
// answers who has sent it; that the module does not hear itself, and nothing when it has left.
func TestGroups(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("other systems do it otherwise")
	}
	group := port.IP{239, 255, 77, 1}
	b := newBench(t, realClock(), nil)
	type packet struct {
		text string
		from port.IP
		port uint16
	}
	got := make(chan packet, 10)
	var u port.UDP
	b.do(func() {
		b.net.JoinGroup(ownIP, group)
		var e port.NetErr
		if u, e = b.net.BindUDP(port.IP{}, 5000, func(p []byte, a port.IP, n uint16) { got <- packet{string(p), a, n} }); e != port.NetOK {
			t.Fatal(e)
		}
	})
	var at netip.AddrPort
	b.do(func() { at = netip.AddrPortFrom(netip.AddrFrom4(group), b.host[5000].Port()) })
	s, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !sendGroups(s, netip.AddrFrom4(loopback)) {
		t.Skip("this computer has no groups on its loopback interface")
	}
	send := func(text string) {
		if _, err := s.WriteToUDPAddrPort([]byte(text), at); err != nil {
			t.Skip("this computer does not send to groups: ", err)
		}
	}
	hears := func(want string) packet {
		t.Helper()
		select {
		case p := <-got:
			if p.text != want {
				t.Errorf("heard %q, want %q", p.text, want)
			}
			return p
		case <-time.After(10 * time.Second):
			t.Fatalf("%q is not heard", want)
		}
		return packet{}
	}
	send("one")
	p := hears("one")
	b.do(func() { u.SendTo([]byte("answer"), p.from, p.port) })
	buf := make([]byte, 100)
	_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, from, err := s.ReadFromUDPAddrPort(buf)
	if err != nil || string(buf[:n]) != "answer" || from.Addr().Unmap() != netip.AddrFrom4(loopback) {
		t.Errorf("%q from %v, %v", buf[:n], from, err)
	}
	// What the module sends to the group others hear, and it does not.
	l, err := listenGroup(at, netip.AddrFrom4(loopback))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b.do(func() { u.SendTo([]byte("own"), group, at.Port()) })
	_ = l.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, _, err = l.ReadFromUDPAddrPort(buf); err != nil || string(buf[:n]) != "own" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	send("two")
	hears("two")
	b.do(func() { b.net.LeaveGroup(ownIP, group) })
	send("three")
	b.do(func() { b.net.JoinGroup(ownIP, group) })
	send("four")
	hears("four")
	b.do(u.Close)
	send("five")
	select {
	case p := <-got:
		t.Errorf("heard %q", p.text)
	case <-time.After(50 * time.Millisecond):
	}
}

// TestSharedPort holds that two modules have the port of mDNS, and that no other port is shared.
func TestSharedPort(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		t.Skip("other systems do it otherwise")
	}
	s, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	free := localAddr(s).Port()
	s.Close()
	for _, p := range []uint16{mdnsPort, 5354} {
		var errs []port.NetErr
		for range 2 {
			b := newBench(t, realClock(), func(c *Config) { c.Ports = map[uint16]uint16{p: free} })
			b.do(func() {
				_, e := b.net.BindUDP(port.IP{}, p, func([]byte, port.IP, uint16) {})
				errs = append(errs, e)
			})
		}
		want := port.NetOK
		if p != mdnsPort {
			want = port.NetErrInUse
		}
		if errs[0] != want && p == mdnsPort || errs[1] != want {
			t.Errorf("port %d: %v", p, errs)
		}
	}
}
