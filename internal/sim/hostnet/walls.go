package hostnet

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"moonlet.example/moonlet/internal/port"
)

// Policy says what may pass between the module and the host's network.
type Policy int

// The policies.
const (
	All   Policy = iota // what passes a router; what is special only if it is named
	Local               // only what Hosts, Ports, Connect and Alias name
	None                // nothing
)

var policyNames = [...]string{"all", "local", "none"}

func (p Policy) String() string { return policyNames[p] }

// ParsePolicy is the reverse of String.
func ParsePolicy(s string) (p Policy, ok bool) {
	i := slices.Index(policyNames[:], s)
	return Policy(max(i, 0)), i >= 0
}

// special are addresses that lead behind the router itself, or to nobody.
var special = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("127.0.0.0/8"), "this computer itself"},
	{netip.MustParsePrefix("0.0.0.0/8"), "this computer itself"}, // RFC 6890; Linux takes 0.0.0.0 so
	// The service for the machine's secrets of AWS, Google Cloud and others:
	// docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html.
	{netip.MustParsePrefix("169.254.169.254/32"), "a cloud's metadata service"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address, which passes no router"}, // RFC 3927, 2.7
	// Alibaba Cloud: alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata.
	{netip.MustParsePrefix("100.100.100.200/32"), "a cloud's metadata service"},
	// Azure: learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16.
	{netip.MustParsePrefix("168.63.129.16/32"), "a cloud's metadata service"},
	// Oracle Cloud Classic, by what public lists of such addresses say; the service has
	// ended, and its manual could not be read.
	{netip.MustParsePrefix("192.0.0.192/32"), "a cloud's metadata service"},
	{nameBase, "an address for names of --connect, and nobody has it"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"},
}

// Special tells what a way to an address would open that passes no router, "" for
// nothing of that kind.
func Special(a port.IP) string {
	for _, s := range special {
		if s.prefix.Contains(netip.AddrFrom4(a)) {
			return s.what
		}
	}
	return ""
}

// walls is what is between the module and the host's network.
type walls struct {
	outwards
	named map[port.IP]bool // by Hosts
	told  map[string]bool  // refusals
}

// destination is where the module sends something; port 0 is all.
type destination struct {
	addr port.IP
	port uint16
}

func newWalls(c *Config) walls {
	w := walls{outwards: newOutwards(c), named: map[port.IP]bool{}, told: map[string]bool{}}
	for _, a := range c.Hosts {
		w.named[a] = true
	}
	return w
}

// way tells where a packet to an address and port goes on the host; ok is false if it
// goes nowhere. For pings the port is 0.
func (n *Net) way(network string, a port.IP, p uint16) (to netip.AddrPort, ok bool) {
	if n.outOfSoftAP(a) {
		n.refuse(network, a, p, "the module is in no network, and its own access point leads to none")
		return to, false
	}
	if n.cfg.Policy == None {
		n.refuse(network, a, p, "--network none lets nothing out")
		return to, false
	}
	if to, ok = n.forward(a, p); ok {
		return to, true
	}
	if at, ok := n.cfg.Alias[a]; ok {
		return netip.AddrPortFrom(netip.AddrFrom4(at), p), true
	}
	if to, ok = n.walls.pings[a]; ok && network == "ping" {
		return to, true
	}
	if b := n.walls.behind[a]; !b.IsAny() {
		return n.way(network, b, p)
	}
	if n.isBroadcast(a) {
		a = port.IP{255, 255, 255, 255}
	}
	if why := n.wall(network, a); why != "" {
		n.refuse(network, a, p, why)
		return to, false
	}
	return netip.AddrPortFrom(netip.AddrFrom4(a), p), true
}

// outOfSoftAP tells whether a packet to a leaves by the module's access point for somewhere
// beyond: lwIP takes that way if there is no other one (ip_route), and the gateway there is the
// module itself, so nobody takes the packet.
func (n *Net) outOfSoftAP(a port.IP) bool {
	own, ok := n.route(a)
	i := port.SoftAPIf
	return ok && own == n.addr[i] && own.Mask(n.mask[i]) != a.Mask(n.mask[i]) && !a.IsBroadcast() && !a.IsMulticast()
}

// wall tells why a packet to a does not get out, "" if it does.
func (n *Net) wall(network string, a port.IP) string {
	const remedy = "; --connect %s leads there"
	group := a.IsBroadcast() || a.IsMulticast()
	switch {
	case slices.Contains(n.addr[:], a):
		return "that is the module itself, and the firmware has no loopback interface; --connect NAME:PORT=127.0.0.1:HOSTPORT leads to its server on this computer"
	case !group && n.isInside(a):
		return "nobody has that address in the simulated network; --connect %s leads to the one of your network, --gateway-is-host from the gateway to this computer"
	case !group && n.walls.named[a]:
		return ""
	case n.walls.nameAt[a] != "":
		return fmt.Sprintf("--connect leads the name %q at other ports only, and nothing else knows it; --connect NAME:PORT=IP:PORT leads this port, too", n.walls.nameAt[a])
	case n.cfg.Policy == Local:
		return "--network local knows only what is named" + remedy
	case a.IsBroadcast() && n.cfg.ListenIP.IsLoopback():
		return "broadcasts do not pass a router; --listen with an address of this computer in your network sends them there"
	case group && network != "udp":
		return "nobody answers to a group"
	case group:
		return ""
	}
	if what := Special(a); what != "" {
		return "that is " + what + remedy
	}
	return ""
}

// isBroadcast tells whether a is the broadcast address, of all networks or of one that
// the module is in.
func (n *Net) isBroadcast(a port.IP) bool {
	for i, own := range n.addr {
		if m := n.mask[i]; !own.IsAny() && a.Uint32() == own.Uint32()|^m.Uint32() {
			return true
		}
	}
	return a.IsBroadcast()
}

// isInside tells whether an address belongs to a simulated network.
func (n *Net) isInside(a port.IP) bool {
	for i, own := range n.addr {
		if m := n.mask[i]; !own.IsAny() && a.Mask(m) == own.Mask(m) {
			return true
		}
	}
	return slices.ContainsFunc(n.cfg.Inside, func(p netip.Prefix) bool { return p.Contains(netip.AddrFrom4(a)) })
}

// opens tells whether a server on port p is found on the host, and tells the user if not.
func (n *Net) opens(network string, p uint16) bool {
	_, named := n.cfg.Ports[p]
	switch {
	case n.cfg.Policy == None:
		n.tell(fmt.Sprintf("port %d (%s) cannot be reached: --network none lets nothing in", p, network))
		return false
	case n.cfg.Policy == Local && !named:
		host, _ := n.cfg.HostPort(p)
		n.tell(fmt.Sprintf("port %d (%s) cannot be reached: --network local opens only what is named; --port %d=%d names it",
			p, network, p, host))
		return false
	}
	return true
}

// refuse tells the user why nothing is sent to a destination.
func (n *Net) refuse(network string, a port.IP, p uint16, why string) {
	to := fmt.Sprintf("%v:%d", a, p)
	if network == "ping" {
		to = a.String() + ":" + anyPort
	}
	entry := to + "=" + to
	if network == "ping" {
		entry = "'" + entry + "'" // for the shell
	}
	if strings.Contains(why, "%s") {
		why = fmt.Sprintf(why, entry)
	}
	if network == "ping" {
		to = a.String()
	}
	n.tell(fmt.Sprintf("%s to %s goes nowhere: %s", network, to, why))
}

// maxTold is how many refusals are told in a run.
const maxTold = 20

// tell tells what was refused, each once.
func (n *Net) tell(text string) {
	if n.cfg.OnRefused == nil || n.walls.told[text] || len(n.walls.told) >= maxTold {
		return
	}
	n.walls.told[text] = true
	if len(n.walls.told) == maxTold {
		text += "; what else is refused is not told"
	}
	n.cfg.OnRefused(text)
}
