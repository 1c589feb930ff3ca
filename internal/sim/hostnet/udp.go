package hostnet

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// udpBacklog is how many datagrams may wait for the module: PBUF_POOL_SIZE
// (app/include/lwipopts.h). More stay in the host's buffers.
const udpBacklog = 10

// udp implements port.UDP. It has two sockets of the host: in is on the mapped port of a
// server and takes datagrams from everybody; out is made when there is something to send
// that in cannot send, and takes only answers, as a router would let them through.
type udp struct {
	n        *Net
	run      *run
	in       *net.UDPConn // nil at a port that the module did not choose, or where nothing is opened
	out      *net.UDPConn
	members  []member
	addr     port.IP
	port     uint16
	ttl      uint8
	recv     func(p []byte, from port.IP, port uint16)
	asked    peers         // whom the module has sent something to
	callers  peers         // who has sent something to a server
	expected []expected    // datagrams of this module on their way here
	answer   awaited       // of the host
	free     chan struct{} // one entry for each datagram that may still come in
	done     chan struct{}
	block    port.Block
	closed   bool
}

// BindUDP opens a datagram socket.
func (n *Net) BindUDP(addr port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	return n.bindUDP(addr, p, false, recv)
}

// BindUDPClient opens one that no port of the host leads to.
func (n *Net) BindUDPClient(addr port.IP, p uint16, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	return n.bindUDP(addr, p, true, recv)
}

func (n *Net) bindUDP(addr port.IP, p uint16, client bool, recv func(p []byte, from port.IP, port uint16)) (port.UDP, port.NetErr) {
	block, ok := n.take(sizeUDP, nameUDP)
	if !ok {
		return nil, port.NetErrNoPCB
	}
	in, p, err := n.openUDP(addr, p, client)
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
	if in != nil {
		n.run.spawn(func() { u.loop(in, true) })
		for _, g := range n.groups {
			u.join(g.addr)
		}
	}
	return u, port.NetOK
}

// openUDP opens the host's port for a server on port p, and tells which port it has. For
// port 0, any, and for a client there is no server.
func (n *Net) openUDP(addr port.IP, p uint16, client bool) (in *net.UDPConn, got uint16, e port.NetErr) {
	if p == 0 {
		if p = n.freeUDPPort(); p == 0 {
			return nil, 0, port.NetErrInUse
		}
		return nil, p, port.NetOK
	}
	for _, u := range n.udps {
		if u.port == p && (u.addr.IsAny() || addr.IsAny() || u.addr == addr) {
			return nil, 0, port.NetErrInUse
		}
	}
	if client || !n.opens("udp", p) {
		return nil, p, port.NetOK
	}
	want, fixed := n.cfg.HostPort(p)
	host := netip.AddrPortFrom(n.cfg.ListenIP, want)
	in, err := n.listenUDP("udp", host, p == mdnsPort)
	if err != nil && want != 0 && !fixed && addressInUse(err) {
		in, err = n.listenUDP("udp", netip.AddrPortFrom(n.cfg.ListenIP, 0), false)
	}
	if err == nil {
		host = localAddr(in)
	}
	if f := n.cfg.OnListen; f != nil {
		f(Mapping{Network: "udp", Device: p, Host: host, Err: err})
	}
	if err != nil {
		return nil, 0, port.NetErrInUse
	}
	return in, p, port.NetOK
}

// udpBuffer is what the host is asked to keep of datagrams, in bytes: more than a task
// can send for want of heap. Hosts may give less.
const udpBuffer = 208 << 10

// mdnsPort is that of mDNS, which all responders of a computer have (RFC 6762, 15).
const mdnsPort = 5353

// listenUDP opens a socket; one that is shared does not keep others from its port.
func (n *Net) listenUDP(network string, a netip.AddrPort, shared bool) (*net.UDPConn, error) {
	if err := n.fails(OpListen, a); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	if shared {
		lc.Control = sharePort
	}
	pc, err := lc.ListenPacket(context.Background(), network, a.String())
	if err != nil {
		return nil, err
	}
	s := pc.(*net.UDPConn)
	n.option(a, func() { _ = s.SetReadBuffer(udpBuffer) })
	return s, nil
}

func localAddr(s *net.UDPConn) netip.AddrPort { return s.LocalAddr().(*net.UDPAddr).AddrPort() }

// freeUDPPort is the lowest free port of udp_bind's range, 0 for none.
func (n *Net) freeUDPPort() uint16 {
	for p := uint16(port.LocalPortsUDP); p != port.LocalPortsLimit; p++ {
		if !slices.ContainsFunc(n.udps, func(u *udp) bool { return u.port == p }) {
			return p
		}
	}
	return 0
}

// loop brings datagrams in, to a socket that takes them from everybody or not. Those that no
// Ethernet frame could hold are lost, as the firmware's lwIP does not put fragments together.
// There may be any number of sockets for groups, so these read one before it is their turn.
func (u *udp) loop(sock *net.UDPConn, open bool) {
	ahead := open && sock != u.in
	buf := make([]byte, port.UDPMaxPayload+1)
	for {
		if !ahead && !u.turn() {
			return
		}
		k, from, err := u.read(sock, buf)
		select {
		case <-u.done:
			return
		default:
		}
		if ahead && errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || k > port.UDPMaxPayload || !u.takes(open, from, 0) {
			// A send to a closed port can come back as an error of the next read;
			// lwIP would not see it.
			if !ahead {
				u.free <- struct{}{}
			}
			if err != nil {
				time.Sleep(errorPause)
			}
			continue
		}
		if ahead && !u.turn() {
			return
		}
		p := append([]byte(nil), buf[:k]...)
		u.run.inject(func() { u.arrived(sock, open, p, from) })
	}
}

// turn waits until one more datagram may come in; false if the socket is closed.
func (u *udp) turn() bool {
	select {
	case <-u.free:
		return true
	case <-u.done:
		return false
	}
}

func (u *udp) read(sock *net.UDPConn, buf []byte) (k int, from netip.AddrPort, err error) {
	if err := u.n.fails(OpRead, localAddr(sock)); err != nil {
		return 0, from, err
	}
	k, from, err = sock.ReadFromUDPAddrPort(buf)
	return k, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

// takes tells whether a datagram may come in. Any goroutine may ask, those that do not
// know the module's time with 0.
func (u *udp) takes(open bool, from netip.AddrPort, now time.Duration) bool {
	return open || u.asked.mayAnswer(from, u.n.groupsAt, now)
}

// arrived gives a datagram to the module.
func (u *udp) arrived(sock *net.UDPConn, open bool, p []byte, from netip.AddrPort) {
	if u.closed {
		return
	}
	u.free <- struct{}{}
	u.fulfil(from)
	if from == u.answer.peer {
		delete(u.n.patience, from)
		u.n.forgo(&u.answer, u.run) // an answer is one datagram
	}
	now := u.n.loop.Now()
	if !u.takes(open, from, now) || sock != u.in && open && !u.hears(from) {
		return
	}
	seen := destination{fromHost(from.Addr()), from.Port()}
	if p, ok := u.asked.atHost(from, now); ok && !isGroup(p.seen.addr) {
		seen = p.seen // the module knows it by another address
	}
	if own, ok := u.n.route(seen.addr); !ok || u.n.muted(own) {
		return
	}
	if open {
		u.callers.note(from, seen, now)
	}
	u.n.received(func() { u.recv(p, seen.addr, seen.port) })
}

func isGroup(a port.IP) bool { return a.IsMulticast() || a.IsBroadcast() }

// SendTo sends p. What the host cannot send is lost on the way, as on the air.
func (u *udp) SendTo(p []byte, to port.IP, dst uint16) port.NetErr {
	if !u.n.lend(packet(len(p)), nameSegment) {
		return port.NetErrMem
	}
	own, ok := u.n.route(to)
	if !ok {
		return port.NetErrRoute
	}
	if u.closed || len(p) > port.UDPMaxPayload || u.n.muted(own) {
		return port.NetOK
	}
	if u.airSend(p, to, dst) || u.askTime(p, to, dst) {
		return port.NetOK
	}
	d := destination{to, dst}
	if caller, ok := u.callers.atModule(d, u.n.loop.Now()); ok {
		u.send(u.in, p, caller.host)
		return port.NetOK
	}
	if u.n.hidden(to, dst) {
		kept := bytes.Clone(p)
		u.n.seek(to, func() { u.sendOut(kept, d) })
		return port.NetOK
	}
	u.sendOut(p, d)
	return port.NetOK
}

// sendOut sends p to the host's network.
func (u *udp) sendOut(p []byte, d destination) {
	if u.closed {
		return
	}
	a, ok := u.n.way("udp", d.addr, d.port)
	if !ok {
		return
	}
	if s := u.socketFor(a.Addr()); s != nil {
		u.asked.note(a, d, u.n.loop.Now())
		u.send(s, p, a)
		if !isGroup(d.addr) && len(u.expected) == 0 {
			u.n.await(&u.answer, u.run, a)
		}
	}
}

func (u *udp) send(s *net.UDPConn, p []byte, a netip.AddrPort) {
	if u.n.fails(OpWrite, a) != nil {
		return
	}
	if a.Addr().IsMulticast() && !u.n.sendsGroups(s) {
		return
	}
	if _, err := s.WriteToUDPAddrPort(p, a); err == nil {
		u.n.expect(s, a)
	}
}

// sendsGroups makes a socket send to groups where servers listen, and nowhere else.
func (n *Net) sendsGroups(s *net.UDPConn) (ok bool) {
	if n.cfg.ListenIP.IsUnspecified() {
		return true
	}
	n.option(localAddr(s), func() { ok = sendGroups(s, n.cfg.ListenIP) })
	return ok
}

// socketFor chooses the socket that can reach a. What is bound to a loopback address can
// send on this host only, groups included.
func (u *udp) socketFor(a netip.Addr) *net.UDPConn {
	if u.in != nil && (a.IsLoopback() || a.IsMulticast() || !u.n.cfg.ListenIP.IsLoopback()) {
		return u.in
	}
	if u.out == nil {
		s, err := u.n.listenUDP("udp4", netip.AddrPortFrom(netip.IPv4Unspecified(), 0), false)
		if err != nil {
			return nil
		}
		// The broadcast addresses of the host's networks look like any other.
		if u.n.cfg.ListenIP.IsLoopback() && !noBroadcast(s) {
			u.n.close(s, localAddr(s))
			return nil
		}
		u.out = s
		if u.ttl != port.DefaultTTL {
			u.n.option(localAddr(s), func() { setTTL(s, u.ttl) })
		}
		u.run.spawn(func() { u.loop(s, false) })
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
	u.n.forgo(&u.answer, u.run)
	close(u.done)
	for _, s := range u.sockets() {
		u.n.close(s, localAddr(s))
	}
	for _, m := range u.members {
		u.n.close(m.sock, localAddr(m.sock))
	}
	u.members = nil
	for _, e := range u.expected {
		u.run.release(e.hold)
	}
	u.expected = nil
}

// sockets are those of the host that are open.
func (u *udp) sockets() (list []*net.UDPConn) {
	for _, s := range []*net.UDPConn{u.in, u.out} {
		if s != nil {
			list = append(list, s)
		}
	}
	return list
}

func (u *udp) Local() (port.IP, uint16) { return u.addr, u.port }
func (u *udp) TTL() uint8               { return u.ttl }

func (u *udp) SetTTL(ttl uint8) {
	u.ttl = ttl
	for _, s := range u.sockets() {
		u.n.option(localAddr(s), func() { setTTL(s, ttl) })
	}
}
