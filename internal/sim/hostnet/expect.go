package hostnet

import (
	"net"
	"net/netip"
	"slices"
)

// maxExpected is how many datagrams on their way to one socket are waited for.
const maxExpected = 1024

// expected is a datagram that the module has sent to itself by way of the host: the port
// that it comes from, and the virtual clock that waits for it.
type expected struct {
	port uint16
	hold *hold
}

// expect keeps a virtual clock from going on until a datagram that was sent from s to a
// has come in, if a is one of the module's own sockets.
func (n *Net) expect(s *net.UDPConn, a netip.AddrPort) {
	from := localAddr(s)
	if from.Addr().IsUnspecified() {
		from = netip.AddrPortFrom(a.Addr(), from.Port())
	}
	for _, u := range n.udps {
		for _, t := range u.sockets() {
			if at := localAddr(t); at.Port() != a.Port() || at.Addr() != a.Addr() && !(isUnspecified(at.Addr()) && a.Addr().IsLoopback()) {
				continue
			}
			u.forgetLost()
			if len(u.expected) < maxExpected && u.takes(t == u.in, from, n.loop.Now()) {
				u.expected = append(u.expected, expected{from.Port(), n.run.hold(ownLimit)})
			}
			return
		}
	}
}

// forgetLost forgets what is not waited for any more: the host has lost it.
func (u *udp) forgetLost() {
	u.expected = slices.DeleteFunc(u.expected, func(e expected) bool { return !u.run.holds[e.hold] })
}

// isUnspecified is for sockets of both families, too.
func isUnspecified(a netip.Addr) bool { return a.Unmap().IsUnspecified() }

// fulfil ends the wait for a datagram that has come from there.
func (u *udp) fulfil(from netip.AddrPort) {
	u.forgetLost()
	i := slices.IndexFunc(u.expected, func(e expected) bool { return e.port == from.Port() })
	if i < 0 {
		return
	}
	u.run.release(u.expected[i].hold)
	u.expected = slices.Delete(u.expected, i, i+1)
}
