package hostnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// portTries is how many random ports are tried for a server on port 0.
const portTries = 16

// errorPause is how long a goroutine rests after an error of the host, in real
// time.
const errorPause = 10 * time.Millisecond

// listener implements port.Listener.
type listener struct {
	n      *Net
	run    *run
	ln     *net.TCPListener // nil where nothing is opened on the host
	addr   port.IP
	port   uint16
	accept func(port.TCP) bool
	block  port.Block
	closed bool // guarded by n.mu
}

// ListenTCP opens a server. A second one on the same address and port fails for
// want of memory, as in the firmware, where tcp_listen returns nothing.
func (n *Net) ListenTCP(addr port.IP, p uint16, accept func(port.TCP) bool) (port.Listener, port.NetErr) {
	// Until tcp_listen a server is a connection that is not connected.
	pcb, ok := n.newPCB()
	if !ok {
		return nil, port.NetErrNoPCB
	}
	defer n.give(pcb)
	for _, l := range n.listeners {
		if p != 0 && l.port == p && l.addr == addr {
			return nil, port.NetErrMem
		}
	}
	ln, p, err := n.openListener(p)
	if err != port.NetOK {
		return nil, err
	}
	block, ok := n.take(sizeListener, nameListener)
	l := &listener{n: n, run: n.run, ln: ln, addr: addr, port: p, accept: accept, block: block}
	if !ok {
		l.shut()
		return nil, port.NetErrMem
	}
	n.listeners = append(n.listeners, l)
	if ln != nil {
		n.run.spawn(l.loop)
	}
	return l, port.NetOK
}

// openListener opens the host's port for a server on port p, 0 for any, and tells which
// port it has.
func (n *Net) openListener(p uint16) (ln *net.TCPListener, got uint16, e port.NetErr) {
	any := p == 0
	var err error
	var host netip.AddrPort
	for try := 0; try < portTries; try++ {
		if any {
			p = n.localPort()
		}
		if !n.opens("tcp", p) {
			return nil, p, port.NetOK
		}
		if ln, host, err = n.listen(p); err == nil || !any {
			break
		}
	}
	if f := n.cfg.OnListen; f != nil {
		f(Mapping{Network: "tcp", Device: p, Host: host, Err: err})
	}
	if err != nil {
		return nil, p, port.NetErrInUse
	}
	return ln, p, port.NetOK
}

// listen opens the host port for device port p.
func (n *Net) listen(p uint16) (*net.TCPListener, netip.AddrPort, error) {
	want, fixed := n.cfg.HostPort(p)
	host := netip.AddrPortFrom(n.cfg.ListenIP, want)
	if err := n.fails(OpListen, host); err != nil {
		return nil, host, err
	}
	lc := net.ListenConfig{KeepAlive: -1}
	ln, err := lc.Listen(context.Background(), "tcp", host.String())
	if err != nil && !fixed && want != 0 && addressInUse(err) {
		ln, err = lc.Listen(context.Background(), "tcp", netip.AddrPortFrom(n.cfg.ListenIP, 0).String())
	}
	if err != nil {
		return nil, host, err
	}
	t := ln.(*net.TCPListener)
	return t, t.Addr().(*net.TCPAddr).AddrPort(), nil
}

// full tells whether lwIP answers no request for one more connection (tcp_listen_input,
// app/lwip/core/tcp_in.c). It looks for that very number: where there are more, since the module has begun
// some itself or several were asked for at once, only memory is the limit.
func full(open int) bool { return open == port.TCPMaxOpen }

// loop accepts as long as lwIP would answer: while there is an address, and not full. Others
// wait in the host's backlog as they would repeat their requests on the air.
func (l *listener) loop() {
	for l.wait(0) {
		s, err := l.acceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // the host is short of something
			time.Sleep(errorPause)
			continue
		}
		if !l.wait(1) { // a connection may have come to be since
			_ = s.SetLinger(0)
			l.n.close(s, netip.AddrPort{})
			return
		}
		l.run.injectSock(s, func() { l.accepted(s, synAgain) })
	}
}

func (l *listener) acceptTCP() (*net.TCPConn, error) {
	if err := l.n.fails(OpAccept, l.ln.Addr().(*net.TCPAddr).AddrPort()); err != nil {
		return nil, err
	}
	return l.ln.AcceptTCP()
}

// wait waits until there is room for a connection, and takes that for so many. It returns false when the
// listener is closed.
func (l *listener) wait(take int) bool {
	n := l.n
	n.mu.Lock()
	defer n.mu.Unlock()
	for !l.closed && l.run.ctx.Err() == nil && (!n.up || full(l.run.open)) {
		n.cond.Wait()
	}
	if l.closed || l.run.ctx.Err() != nil {
		return false
	}
	l.run.open += take
	return true
}

// synAgain is how long a peer waits until it asks again (RFC 6298).
const synAgain = time.Second

// accepted takes a connection over. Where there is no memory for it, or the network is silent,
// the firmware does not answer, so the peer asks again, each time after twice as long, until it
// gives up.
func (l *listener) accepted(s *net.TCPConn, again time.Duration) {
	n := l.n
	peer := s.RemoteAddr().(*net.TCPAddr).AddrPort()
	from := fromHost(peer.Addr())
	local, ok := n.route(from)
	if !ok || !slices.Contains(n.listeners, l) || again > synTimeout { // network or server is gone, or the peer
		l.run.count(-1)
		_ = s.SetLinger(0)
		n.close(s, peer)
		return
	}
	pcb, ok := port.Block(0), false
	if !n.muted(local) {
		pcb, ok = n.newPCB()
	}
	if !ok {
		n.later(s, again, func() { l.accepted(s, 2*again) })
		return
	}
	c := n.newConn(nil, pcb)
	c.local, c.localPort = local, l.port
	c.peer, c.peerPort, c.host = from, peer.Port(), peer
	c.sock = s
	n.registered(c)
	c.begin(n.ticks())
	c.process(func() {
		c.established()
		c.measure(c.acked)
		if !l.accept(c) {
			c.Abort()
			return
		}
		c.startReading()
	})
}

func (l *listener) Close() {
	l.n.mu.Lock()
	l.closed = true
	l.n.cond.Broadcast()
	l.n.mu.Unlock()
	l.shut()
	if i := slices.Index(l.n.listeners, l); i >= 0 {
		l.n.listeners = slices.Delete(l.n.listeners, i, i+1)
		l.n.give(l.block)
	}
}

// shut closes what is open on the host.
func (l *listener) shut() {
	if l.ln != nil {
		l.n.close(l.ln, l.ln.Addr().(*net.TCPAddr).AddrPort())
	}
}

// later calls f with a socket that waits for it; a reset closes the socket instead.
func (n *Net) later(s *net.TCPConn, d time.Duration, f func()) {
	r := n.run
	n.mu.Lock()
	r.socks[s] = true
	n.mu.Unlock()
	port.NewSDKTimer(n.loop, func() {
		if n.run != r {
			return
		}
		n.mu.Lock()
		delete(r.socks, s)
		n.mu.Unlock()
		f()
	}).Arm(d, false)
}

func (l *listener) Local() (port.IP, uint16) { return l.addr, l.port }

func fromHost(a netip.Addr) port.IP {
	if a = a.Unmap(); a.Is4() {
		return a.As4()
	}
	return port.IP{127, 0, 0, 1} // an IPv6 peer: the module has no name for it
}
