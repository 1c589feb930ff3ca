//go:build unix

package peers

import (
	"fmt"
	"log"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"

	"moonlet.example/moonlet"
	"moonlet.example/moonlet/moonlettest"
)

const fishtank = online + `
	function start()
	  mdns.register("fishtank", {description = "Top Fishtank", service = "http", port = 8080, location = "Living Room"})
	end`

// loopback is the host's loopback interface, and a socket that sends to groups there.
func loopback(t *testing.T) (iface *net.Interface, s *net.UDPConn) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Skip(err)
	}
	i := slices.IndexFunc(all, func(i net.Interface) bool { return i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 })
	if i < 0 {
		t.Skip("this computer has no loopback interface")
	}
	s, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	raw, err := s.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInet4Addr(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, [4]byte{127, 0, 0, 1})
	})
	if err != nil {
		t.Skip("this computer has no groups on its loopback interface: ", err)
	}
	return &all[i], s
}

// TestMDNS asks a module for each kind of record, and reads the answers by a library for DNS.
func TestMDNS(t *testing.T) {
	_, s := loopback(t)
	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": fishtank}, Time: moonlet.Real,
		Network: moonlet.NetworkConfig{Ports: map[int]int{5353: moonlet.AnyPort}}})
	at := netip.MustParseAddrPort(m.Address(5353))
	m.Background()
	group := netip.AddrPortFrom(netip.MustParseAddr("224.0.0.251"), at.Port())
	for _, x := range []struct {
		name string
		kind uint16
		want []string // answers, and behind a line what is added
	}{
		{"_services._dns-sd._udp.local.", dns.TypePTR, []string{"_services._dns-sd._udp.local.\t10\tIN\tPTR\t_http._tcp.local.", "--"}},
		{"_http._tcp.local.", dns.TypePTR, []string{
			`_http._tcp.local.	10	IN	PTR	Top\ Fishtank._http._tcp.local.`,
			`Top\ Fishtank._http._tcp.local.	10	IN	TXT	"location=Living Room" "platform=nodemcu"`,
			`Top\ Fishtank._http._tcp.local.	10	IN	SRV	0 0 8080 fishtank.local.`,
			"fishtank.local.\t10\tIN\tA\t192.168.0.111", "--", "fishtank.local.\t10\tIN\tNSEC\tfishtank.local. A"}},
		{"fishtank.local.", dns.TypeA, []string{"fishtank.local.\t10\tIN\tA\t192.168.0.111", "--", "fishtank.local.\t10\tIN\tNSEC\tfishtank.local. A"}},
		{"fishtank.local.", dns.TypeAAAA, []string{"--", "fishtank.local.\t10\tIN\tNSEC\tfishtank.local. A"}},
		{`Top\ Fishtank._http._tcp.local.`, dns.TypeA, []string{"--", `Top\ Fishtank._http._tcp.local.	10	IN	NSEC	Top\ Fishtank._http._tcp.local. TXT SRV`}},
	} {
		for _, to := range []netip.AddrPort{group, at} {
			var q dns.Msg
			q.SetQuestion(x.name, x.kind)
			p, _ := q.Pack()
			p = append(p, make([]byte, 8)...) // what is shorter than 26 bytes is not looked at
			if _, err := s.WriteToUDPAddrPort(p, to); err != nil {
				t.Skip("this computer does not send to groups: ", err)
			}
			buf := make([]byte, 1500)
			_ = s.SetReadDeadline(time.Now().Add(20 * time.Second))
			n, err := s.Read(buf)
			if err != nil {
				t.Fatalf("%s to %v: %v", x.name, to, err)
			}
			var a dns.Msg
			if err := a.Unpack(buf[:n]); err != nil {
				t.Errorf("%s: %v", x.name, err)
				continue
			}
			var got []string
			for _, r := range a.Answer {
				got = append(got, r.String())
			}
			got = append(got, "--")
			for _, r := range a.Extra {
				got = append(got, r.String())
			}
			if !a.Response || !a.Authoritative || a.Id != q.Id || strings.Join(got, "\n") != strings.Join(x.want, "\n") {
				t.Errorf("%s to %v:\n%s", x.name, to, strings.Join(got, "\n"))
			}
		}
	}
}

// TestMDNS_Browse lets hashicorp/mdns look for services at the port that all know.
func TestMDNS_Browse(t *testing.T) {
	iface, _ := loopback(t)
	m := moonlettest.New(t, moonlet.Config{Files: map[string]string{"init.lua": fishtank}, Time: moonlet.Real})
	m.Address(5353)
	m.Background()
	entries := make(chan *mdns.ServiceEntry, 10)
	found := make(chan string, 1)
	go func() {
		defer close(found)
		for e := range entries {
			if e.Host == "fishtank.local." {
				found <- fmt.Sprint(e.Name, " ", e.AddrV4, " ", e.Port, " ", e.InfoFields)
				return
			}
		}
	}()
	p := mdns.DefaultParams("_http._tcp")
	p.Entries, p.Interface, p.Timeout, p.DisableIPv6, p.Logger = entries, iface, 2*time.Second, true, log.New(t.Output(), "", 0)
	if err := mdns.Query(p); err != nil {
		t.Skip("this computer does not send to groups: ", err)
	}
	close(entries)
	if got, want := <-found, `Top\ Fishtank._http._tcp.local. 192.168.0.111 8080 [location=Living Room platform=nodemcu]`; got != want {
		t.Errorf("found %q", got)
	}
}
