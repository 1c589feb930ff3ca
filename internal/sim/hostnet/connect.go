package hostnet

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"moonlet.example/moonlet/internal/port"
)

// Forward leads what the module sends to a name or address to a place in the host's
// network.
type Forward struct {
	Name string  // in lower case; "" if there is an address
	Addr port.IP // what the module sends to
	Port uint16  // 0 stands for all
	To   netip.AddrPort
}

// anyPort stands for all ports in the text of a Forward.
const anyPort = "*"

// ParseForward reads the two sides of an entry for Config.Connect: HOST:PORT, where the
// first HOST may be a name, and both ports may be "*".
func ParseForward(from, to string) (f Forward, err error) {
	host, p, err := splitHostPort(from)
	if err != nil {
		return f, err
	}
	f.Port = p
	a, err := netip.ParseAddr(host)
	switch {
	case err == nil && a.Is4():
		f.Addr = a.As4()
	case err == nil:
		return f, fmt.Errorf("%q is no IPv4 address, and the module knows no other", host)
	default:
		if f.Name, err = forwardName(host); err != nil {
			return f, err
		}
	}
	host, p, err = splitHostPort(to)
	if err != nil {
		return f, err
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if a, err = netip.ParseAddr(host); err != nil || !a.Is4() {
		return f, fmt.Errorf("%q is no IPv4 address, as in 127.0.0.1", host)
	}
	if (p == 0) != (f.Port == 0) {
		return f, errors.New(`one side is for all ports: write "*" on both`)
	}
	f.To = netip.AddrPortFrom(a, p)
	return f, nil
}

func splitHostPort(s string) (host string, p uint16, err error) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 || strings.Contains(s[:i], ":") {
		return "", 0, fmt.Errorf("%q is not HOST:PORT", s)
	}
	if s[i+1:] == anyPort {
		return s[:i], 0, nil
	}
	n, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q is no port: choose 1 to 65535, or %q for all", s[i+1:], anyPort)
	}
	return s[:i], uint16(n), nil
}

// forwardName takes what is no address for a name, as the module asks for it.
func forwardName(host string) (string, error) {
	if _, short := port.ParseIP(host); short {
		return "", fmt.Errorf("%q is a short form of an address, and no name: write its four numbers", host)
	}
	if strings.Contains(host, "*") {
		return "", fmt.Errorf("%q is no name: each name and address has an entry of its own, and only ports may be %q", host, anyPort)
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "" || len(name) >= port.DNSNameLimit || strings.ContainsAny(name, " \t/@[]") {
		return "", fmt.Errorf("%q is no name that a module can ask for, as in broker.lan", host)
	}
	return name, nil
}

// source is what the module's side of f says, the same for all ways to write it.
func (f Forward) source() string { return fmt.Sprint(f.Name, f.Addr, f.Port) }

// HostName is the name in Connect that stands for this computer as the module sees it: the
// gateway of each simulated network, besides being a name like others.
const HostName = "host"

// nameBase is where the addresses for names begin that only Connect knows: 198.18.0.0/15
// is set aside for tests of networks (RFC 2544, RFC 6890), so nobody else has them.
var nameBase = netip.MustParsePrefix("198.18.0.0/15")

// maxSeekers is how many packets wait for the look-up of a name behind a made-up address.
const maxSeekers = 16

// outwards is what Connect says.
type outwards struct {
	forwards map[destination]netip.AddrPort
	names    map[string]port.IP         // made-up addresses
	nameAt   map[port.IP]string         // the reverse
	pings    map[port.IP]netip.AddrPort // where pings go that no entry for all ports leads
	behind   map[port.IP]port.IP        // what a made-up address is at other ports, if that is known; 0.0.0.0 is nobody
	seeking  map[port.IP][]func()       // what waits until it is
}

func newOutwards(c *Config) outwards {
	w := outwards{forwards: map[destination]netip.AddrPort{}, names: map[string]port.IP{}, nameAt: map[port.IP]string{},
		pings: map[port.IP]netip.AddrPort{}}
	w.forget()
	for _, f := range c.Connect {
		if f.Name == HostName {
			for _, a := range c.Gateways {
				w.lead(a, f, false)
			}
		}
		a, given := c.Hosts[f.Name]
		switch {
		case f.Name == "":
			w.forwards[destination{f.Addr, f.Port}] = f.To // also that of a gateway
		case given:
			w.forwards[destination{a, f.Port}] = f.To
		default:
			w.lead(w.makeUp(f.Name), f, true)
		}
	}
	return w
}

// lead leads an address that exists for no other purpose.
func (w *outwards) lead(a port.IP, f Forward, wins bool) {
	d := destination{a, f.Port}
	if _, taken := w.forwards[d]; wins || !taken {
		w.forwards[d] = f.To
	}
	if _, taken := w.pings[a]; !taken {
		w.pings[a] = netip.AddrPortFrom(f.To.Addr(), 0)
	}
}

// makeUp gives a name its address: the first one in Connect that needs one has 198.18.0.1.
func (w *outwards) makeUp(name string) port.IP {
	a, ok := w.names[name]
	if !ok {
		a = port.IPFromUint32(port.IP(nameBase.Addr().As4()).Uint32() + uint32(len(w.names)) + 1)
		w.names[name], w.nameAt[a] = a, name
	}
	return a
}

// forget forgets what was looked up.
func (w *outwards) forget() {
	w.behind, w.seeking = map[port.IP]port.IP{}, map[port.IP][]func(){}
}

// forward finds the entry of Connect for an address and port, any port for pings.
func (n *Net) forward(a port.IP, p uint16) (to netip.AddrPort, ok bool) {
	if n.isBroadcast(a) {
		a = port.IP{255, 255, 255, 255}
	}
	if to, ok = n.walls.forwards[destination{a, p}]; !ok {
		to, ok = n.walls.forwards[destination{a, 0}]
	}
	if ok && to.Port() == 0 {
		to = netip.AddrPortFrom(to.Addr(), p)
	}
	return to, ok
}

// hidden tells whether a packet goes to a made-up address and to a port that Connect does not
// lead: where that name is has to be looked up first.
func (n *Net) hidden(a port.IP, p uint16) bool {
	if n.walls.nameAt[a] == "" || n.cfg.Policy != All || n.cfg.HostsOnly {
		return false
	}
	if _, known := n.walls.behind[a]; known {
		return false
	}
	_, ok := n.forward(a, p)
	return !ok
}

// seek looks up where the name of a made-up address is, and calls again then. Where too many
// wait already, the packet is lost.
func (n *Net) seek(a port.IP, again func()) {
	w := &n.walls
	waits, asked := w.seeking[a]
	if len(waits) < maxSeekers {
		w.seeking[a] = append(waits, again)
	}
	if asked {
		return
	}
	r, h, name, limit := n.run, n.run.hold(0), w.nameAt[a], n.dnsTimeout()
	asked = r.spawnIn(&n.lookUps, func() {
		ctx, cancel := context.WithTimeout(r.ctx, limit)
		defer cancel()
		b, ok := n.lookUp(ctx, name)
		r.inject(func() {
			r.release(h)
			if !ok || nameBase.Contains(netip.AddrFrom4(b)) {
				b = port.IP{}
			}
			n.found(a, b)
		})
	})
	if !asked {
		r.release(h)
		delete(w.seeking, a)
	}
}

// found is told where the name of a made-up address is.
func (n *Net) found(a, behind port.IP) {
	r, w := n.run, &n.walls
	waits := w.seeking[a]
	delete(w.seeking, a)
	w.behind[a] = behind
	for _, again := range waits {
		if n.run == r {
			again()
		}
	}
}
