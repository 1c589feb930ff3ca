package hostnet

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Air is a simulated network that several modules are in. What one sends to the address of
// another goes there directly: the host's network has no part in it, and no policy. All of it
// is told from loop to loop, so there is no goroutine, and modules whose virtual clocks are
// moved in turns always do the same.
type Air struct {
	mu      sync.Mutex
	members map[port.IP]*Net
}

// enter tells that n has an address, unless somebody else has it already; leave that it has it
// no more.
func (a *Air) enter(at port.IP, n *Net) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.members == nil {
		a.members = map[port.IP]*Net{}
	}
	if a.members[at] == nil {
		a.members[at] = n
	}
}

func (a *Air) leave(at port.IP, n *Net) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.members[at] == n {
		delete(a.members, at)
	}
}

// neighbour is the other module that has an address; nil if there is none.
func (n *Net) neighbour(at port.IP) *Net {
	a := n.cfg.Air
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if m := a.members[at]; m != n {
		return m
	}
	return nil
}

// neighbours are all others, by their addresses.
func (n *Net) neighbours() (list []*Net) {
	a := n.cfg.Air
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var at []port.IP
	for ip, m := range a.members {
		if m != n {
			at = append(at, ip)
		}
	}
	slices.SortFunc(at, func(a, b port.IP) int { return slices.Compare(a[:], b[:]) })
	for _, ip := range at {
		list = append(list, a.members[ip])
	}
	return list
}

// onAir tells the others which address interface i has now.
func (n *Net) onAir(i int, old, addr port.IP) {
	if n.cfg.Air == nil || i != port.StationIf || old == addr {
		return
	}
	if !old.IsAny() {
		n.cfg.Air.leave(old, n)
	}
	if !addr.IsAny() {
		n.cfg.Air.enter(addr, n)
	}
}

// stream is what a connection sends into: a socket of the host, or the end of a wire.
type stream interface {
	Close() error
	SetLinger(seconds int) error
	SetWriteDeadline(t time.Time) error
	SetKeepAliveConfig(c net.KeepAliveConfig) error
}

// inflow is where what a connection receives comes from.
type inflow interface {
	allow(n int) // opens the window
	stop()
}

// errPeerReset says that the module at the other end has reset a connection.
var errPeerReset = errors.New("connection reset by the other module")

// wireEnd is one end of a connection between two modules. The lock is that of both.
type wireEnd struct {
	mu     *sync.Mutex
	peer   *wireEnd
	c      *conn
	out    []byte // sent and not with the peer: TCPSendBuffer at most
	told   int    // bytes of out that are to be told as sent, all together
	credit int    // bytes that the peer may get
	deaf   bool   // nothing is received any more
	resets bool   // Close resets
	closed bool
}

// newWire makes both ends.
func newWire(a, b *conn) (*wireEnd, *wireEnd) {
	mu := &sync.Mutex{}
	e := &wireEnd{mu: mu, c: a, credit: port.TCPWindow}
	f := &wireEnd{mu: mu, c: b, credit: port.TCPWindow, peer: e}
	e.peer = f
	return e, f
}

// send hands p over; the connection's written is told when the peer has it.
func (e *wireEnd) send(p []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out, e.told = append(e.out, p...), e.told+len(p)
	e.pump()
}

// pump brings over what the window of the peer has room for.
func (e *wireEnd) pump() {
	r, peer := e.c.run, e.peer.c
	if e.peer.closed || peer.run.ctx.Err() != nil { // it is gone, or was reset
		if n := e.told; n > 0 {
			e.out, e.told = nil, 0
			r.inject(func() { e.c.written(n, errPeerReset) })
		}
		return
	}
	for len(e.out) > 0 && e.credit > 0 && !e.peer.deaf {
		n := min(len(e.out), e.credit, port.TCPSegment)
		piece := e.out[:n:n]
		e.out, e.credit = e.out[n:], e.credit-n
		peer.run.inject(func() { peer.received(piece) })
	}
	if n := e.told; n > 0 && len(e.out) == 0 {
		e.out, e.told = nil, 0
		r.inject(func() { e.c.written(n, nil) })
	}
}

// allow implements inflow.
func (e *wireEnd) allow(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.peer.credit += n
	e.peer.pump()
}

// stop implements inflow.
func (e *wireEnd) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deaf = true
}

// Close implements stream.
func (e *wireEnd) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	peer := e.peer.c
	if e.resets || len(e.out) > 0 {
		peer.run.inject(func() { peer.readFailed(errPeerReset) })
	} else {
		peer.run.inject(peer.ended)
	}
	e.peer.pump() // what comes from there is not taken any more
	return nil
}

// SetLinger implements stream: Close is a reset then.
func (e *wireEnd) SetLinger(int) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.resets = true
	return nil
}

// SetWriteDeadline implements stream; there is nothing to wait for.
func (e *wireEnd) SetWriteDeadline(time.Time) error { return nil }

// SetKeepAliveConfig implements stream: a module that is gone is found out at once.
func (e *wireEnd) SetKeepAliveConfig(net.KeepAliveConfig) error { return nil }

// call asks another module for a connection. Without an answer the connection is given up.
func (c *conn) call(n *Net, a port.IP, p uint16) {
	c.giveUpAfter(synTimeout)
	from := netip.AddrPortFrom(netip.AddrFrom4(c.local), c.localPort)
	n.fromAir(func() { n.called(c, from, destination{a, p}, synAgain) })
}

// called is the request of another module's connection, on this module's goroutine. Where
// lwIP has no room for one more connection it does not answer, and the peer asks again.
func (n *Net) called(from *conn, peer netip.AddrPort, at destination, again time.Duration) {
	i := slices.IndexFunc(n.listeners, func(l *listener) bool {
		return l.port == at.port && (l.addr.IsAny() || l.addr == at.addr)
	})
	if i < 0 {
		from.run.inject(func() { from.refused() })
		return
	}
	l, full := n.listeners[i], n.run.opened() >= port.TCPMaxOpen
	pcb, ok := port.Block(0), false
	if !full {
		pcb, ok = n.newPCB()
	}
	if !ok {
		if again <= synTimeout {
			n.loop.NewTimer(func() { n.called(from, peer, at, 2*again) }).Arm(again, false)
		}
		return
	}
	c := n.newConn(nil, pcb)
	c.local, c.localPort = at.addr, at.port
	c.peer, c.peerPort = port.IP(peer.Addr().As4()), peer.Port()
	own, other := newWire(c, from)
	n.run.count(1)
	c.established(own)
	from.run.inject(func() { from.answered(other) })
	if !l.accept(c) {
		c.Abort()
		return
	}
	c.startReading()
}

// refused tells that nobody listens there.
func (c *conn) refused() {
	if c.state == stSynSent {
		c.timer.Disarm()
		c.fail(port.NetErrReset)
	}
}

// answered tells that another module has taken the connection.
func (c *conn) answered(e *wireEnd) {
	if c.state != stSynSent { // closed meanwhile
		_ = e.SetLinger(0)
		_ = e.Close()
		return
	}
	c.timer.Disarm()
	c.run.count(1)
	c.established(e)
	c.h.Connected()
	c.startReading()
	c.flush()
}

// airBacklog is how many packets of other modules may wait for a module, besides those of
// connections that it has; more are lost.
const airBacklog = 4 * udpBacklog

// fromAir runs f on the module's goroutine, for another module. It is lost if too many wait,
// as where nobody runs this one, or if it is reset meanwhile.
func (n *Net) fromAir(f func()) {
	coming := n.coming.Load()
	if coming.Add(1) > airBacklog {
		coming.Add(-1)
		return
	}
	n.loop.Inject(func() {
		coming.Add(-1)
		f()
	})
}

// airSend brings a datagram to the other modules that have its address or hear its group. It
// tells whether nobody else can be meant.
func (u *udp) airSend(p []byte, to port.IP, dst uint16) (done bool) {
	n := u.n
	list, only := []*Net(nil), false
	if m := n.neighbour(to); m != nil {
		list, only = []*Net{m}, true
	} else if n.isBroadcast(to) || to.IsMulticast() {
		list = n.neighbours()
	}
	if len(list) == 0 {
		return false
	}
	own, _ := n.route(to)
	for _, m := range list {
		data := append([]byte(nil), p...)
		m.fromAir(func() { m.airArrived(data, to, dst, own, u.port) })
	}
	return only
}

// airArrived gives a datagram of another module to the socket at its port.
func (n *Net) airArrived(p []byte, to port.IP, dst uint16, from port.IP, src uint16) {
	if to.IsMulticast() && !slices.ContainsFunc(n.groups, func(g group) bool { return g.addr == to }) {
		return
	}
	for _, u := range n.udps {
		if u.port == dst && (u.addr.IsAny() || u.addr == to) {
			n.received(func() { u.recv(p, from, src) })
			return
		}
	}
}

// airEcho answers an echo request by another module.
func (n *Net) airEcho(m *Net, r *run, answer func()) {
	m.fromAir(func() { r.inject(answer) })
}
