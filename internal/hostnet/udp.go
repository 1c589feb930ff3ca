package hostnet

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"moonlet/internal/port"
)

// udpBacklog is how many datagrams may wait for the module: PBUF_POOL_SIZE
// (app/include/lwipopts.h). More stay in the host's buffers.
const udpBacklog = 10

// udp implements port.UDP. It has two sockets of the host: one on the mapped
// port, and, once something is sent elsewhere while that one is bound to a
// loopback address, one that can reach the outside.
type udp struct {
	n      *Net
	run    *run
	in     *net.UDPConn
	out    *net.UDPConn
	addr   port.IP
	port   uint16
	ttl    uint8
	recv   func(p []byte, from port.IP, port uint16)
	free   chan struct{} // one entry for each datagram that may still come in
	done   chan struct{}
	block  port.Block
	closed bool
}

// BindUDP opens a datagram socket.
func (n *Net) BindUDP(addr port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	block, ok := n.take(sizeUDP, nameUDP)
	if !ok {
		return nil, port.NetErrNoPCB
	}
	in, p, err := n.openUDP(addr, p)
	if err != port.NetOK {
		n.give(block)
		return nil, err
	}
	u := &udp{n: n, run: n.run, in: in, addr: addr, port: p, ttl: port.DefaultTTL, recv: recv, block: block,
		free: make(chan struct{}, udpBacklog), done: make(chan struct{})}
	for range udpBacklog {
		u.free <- struct{}{}
	}
	n.udps = append(n.udps, u)
	for _, g := range n.groups {
		changeGroup(in, n.cfg.ListenIP, g.addr, true)
	}
	n.run.spawn(func() { u.loop(in) })
	return u, port.NetOK
}

// openUDP opens the host's port for port p, 0 for any, and tells which port it has.
func (n *Net) openUDP(addr port.IP, p uint16) (in *net.UDPConn, got uint16, e port.NetErr) {
	any := p == 0
	if any {
		if p = n.freeUDPPort(); p == 0 {
			return nil, 0, port.NetErrInUse
		}
	}
	for _, u := range n.udps {
		if u.port == p && (u.addr.IsAny() || addr.IsAny() || u.addr == addr) {
			return nil, 0, port.NetErrInUse
		}
	}
	want, fixed := n.cfg.HostPort(p)
	host := netip.AddrPortFrom(n.cfg.ListenIP, want)
	in, err := listenUDP(host)
	if err != nil && want != 0 && (any || !fixed) && addressInUse(err) {
		in, err = listenUDP(netip.AddrPortFrom(n.cfg.ListenIP, 0))
	}
	if err == nil {
		host = in.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	if f := n.cfg.OnListen; f != nil && !any {
		f(Mapping{Network: "udp", Device: p, Host: host, Err: err})
	}
	if err != nil {
		return nil, 0, port.NetErrInUse
	}
	return in, p, port.NetOK
}

func listenUDP(a netip.AddrPort) (*net.UDPConn, error) {
	var lc net.ListenConfig
	pc, err := lc.ListenPacket(context.Background(), "udp", a.String())
	if err != nil {
		return nil, err
	}
	return pc.(*net.UDPConn), nil
}

// udpHostPort is where the socket on device port p is, or would be.
func (n *Net) udpHostPort(p uint16) uint16 {
	for _, u := range n.udps {
		if u.port == p {
			return u.in.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		}
	}
	host, _ := n.cfg.HostPort(p)
	return host
}

// freeUDPPort is the lowest free port of udp_bind's range, 0 for none.
func (n *Net) freeUDPPort() uint16 {
	for p := uint16(port.LocalPortsUDP); p != port.LocalPortsLimit; p++ {
		if !slices.ContainsFunc(n.udps, func(u *udp) bool { return u.port == p }) {
			return p
		}
	}
	return 0
}

// loop brings datagrams in. Those that no Ethernet frame could hold are lost, as
// the firmware's lwIP does not put fragments together.
func (u *udp) loop(sock *net.UDPConn) {
	buf := make([]byte, port.UDPMaxPayload+1)
	for {
		select {
		case <-u.free:
		case <-u.done:
			return
		}
		k, from, err := sock.ReadFromUDPAddrPort(buf)
		select {
		case <-u.done:
			return
		default:
		}
		if err != nil || k > port.UDPMaxPayload {
			// A send to a closed port can come back as an error of the next read;
			// lwIP would not see it.
			u.free <- struct{}{}
			if err != nil {
				time.Sleep(errorPause)
			}
			continue
		}
		p := append([]byte(nil), buf[:k]...)
		u.run.inject(func() {
			if u.closed {
				return
			}
			u.free <- struct{}{}
			u.n.received(func() { u.recv(p, fromHost(from.Addr()), from.Port()) })
		})
	}
}

// SendTo sends p. What the host cannot send is lost on the way, as on the air.
func (u *udp) SendTo(p []byte, to port.IP, dst uint16) port.NetErr {
	if !u.n.lend(packet(len(p)), nameSegment) {
		return port.NetErrMem
	}
	if _, ok := u.n.route(to); !ok {
		return port.NetErrRoute
	}
	if u.closed || len(p) > port.UDPMaxPayload {
		return port.NetOK
	}
	a := u.n.outside(to, dst, u.n.udpHostPort)
	if s := u.socketFor(a.Addr()); s != nil {
		_, _ = s.WriteToUDPAddrPort(p, a)
	}
	return port.NetOK
}

// socketFor chooses the socket that can reach a.
func (u *udp) socketFor(a netip.Addr) *net.UDPConn {
	if a.IsLoopback() || !u.n.cfg.ListenIP.IsLoopback() {
		return u.in
	}
	if u.out == nil {
		s, err := listenUDP(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
		if err != nil {
			return nil
		}
		u.out = s
		if u.ttl != port.DefaultTTL {
			setTTL(s, u.ttl)
		}
		u.run.spawn(func() { u.loop(s) })
	}
	return u.out
}

func (u *udp) Close() {
	u.shut()
	if i := slices.Index(u.n.udps, u); i >= 0 {
		u.n.udps = slices.Delete(u.n.udps, i, i+1)
		u.n.give(u.block)
	}
}

func (u *udp) shut() {
	if u.closed {
		return
	}
	u.closed = true
	close(u.done)
	u.in.Close()
	if u.out != nil {
		u.out.Close()
	}
}

func (u *udp) Local() (port.IP, uint16) { return u.addr, u.port }
func (u *udp) TTL() uint8               { return u.ttl }

func (u *udp) SetTTL(ttl uint8) {
	u.ttl = ttl
	setTTL(u.in, ttl)
	if u.out != nil {
		setTTL(u.out, ttl)
	}
}

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
		changeGroup(u.in, n.cfg.ListenIP, addr, join)
	}
}
