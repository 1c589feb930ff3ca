package hostnet

import (
	"net"
	"net/netip"
	"slices"

	"moonlet.example/moonlet/internal/port"
)

// group is a multicast group that an interface of the module is in. lwIP keeps
// them by interface; the host wants each socket to join.
type group struct {
	iface, addr port.IP
	block       port.Block
}

// JoinGroup makes the module a member of a multicast group.
func (n *Net) JoinGroup(iface, addr port.IP) {
	if !addr.IsMulticast() || n.groupIndex(iface, addr) >= 0 {
		return
	}
	block, ok := n.take(sizeGroup, nameGroup)
	if !ok {
		return
	}
	n.groups = append(n.groups, group{iface, addr, block})
	n.changeGroups(addr, true)
}

// LeaveGroup ends a membership.
func (n *Net) LeaveGroup(iface, addr port.IP) {
	i := n.groupIndex(iface, addr)
	if i < 0 {
		return
	}
	n.give(n.groups[i].block)
	n.groups = slices.Delete(n.groups, i, i+1)
	if !slices.ContainsFunc(n.groups, func(g group) bool { return g.addr == addr }) {
		n.changeGroups(addr, false)
	}
}

func (n *Net) groupIndex(iface, addr port.IP) int {
	return slices.IndexFunc(n.groups, func(g group) bool { return g.iface == iface && g.addr == addr })
}

func (n *Net) changeGroups(addr port.IP, join bool) {
	for _, u := range n.udps {
		switch {
		case u.in == nil:
		case join:
			u.join(addr)
		default:
			u.leave(addr)
		}
	}
}

// A socket of the host that is bound to one address, as servers are by default, gets nothing
// that is sent to a group, on most systems. So each server has a socket for each group, which is
// bound to the group and hears it where servers listen, and nowhere else.

// member is such a socket.
type member struct {
	group port.IP
	sock  *net.UDPConn
}

// join makes a server hear a group. Where the host does not let it, it does not hear it.
func (u *udp) join(g port.IP) {
	n := u.n
	if n.cfg.ListenIP.IsUnspecified() || !ownGroupSockets {
		n.changeGroup(u.in, g, true)
		return
	}
	p, _ := n.cfg.HostPort(u.port)
	if p == 0 {
		p = localAddr(u.in).Port()
	}
	at := netip.AddrPortFrom(netip.AddrFrom4(g), p)
	if n.fails(OpListen, at) != nil {
		return
	}
	s, err := listenGroup(at, n.cfg.ListenIP)
	if err != nil {
		return
	}
	n.option(at, func() { _ = s.SetReadBuffer(udpBuffer) })
	u.members = append(u.members, member{g, s})
	u.run.spawn(func() { u.loop(s, true) })
}

// leave is the reverse.
func (u *udp) leave(g port.IP) {
	n := u.n
	if n.cfg.ListenIP.IsUnspecified() || !ownGroupSockets {
		n.changeGroup(u.in, g, false)
		return
	}
	for _, m := range u.members {
		if m.group == g {
			n.close(m.sock, localAddr(m.sock))
		}
	}
	u.members = slices.DeleteFunc(u.members, func(m member) bool { return m.group == g })
}

// hears tells whether what somebody sends to a group is for the module: it comes from where the
// groups are, and not from the module, to which lwIP gives nothing back.
func (u *udp) hears(from netip.AddrPort) bool {
	return u.n.groupsAt(from.Addr()) && !slices.ContainsFunc(u.n.udps, func(o *udp) bool {
		return slices.ContainsFunc(o.sockets(), func(s *net.UDPConn) bool { return localAddr(s) == from })
	})
}

func (n *Net) changeGroup(s *net.UDPConn, addr port.IP, join bool) {
	n.option(localAddr(s), func() { changeGroup(s, n.cfg.ListenIP, addr, join) })
}
