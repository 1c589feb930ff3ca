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

// connState is a connection's state as far as the module can tell the difference.
type connState uint8

const (
	stClosed connState = iota // not connected yet
	stSynSent
	stOpen
	stPeerEnded // CLOSE_WAIT
	stDone      // nobody is told anything any more
)

// conn implements port.TCP. All fields belong to the module's goroutine; what its
// goroutines share with it is in the reader.
type conn struct {
	n     *Net
	run   *run
	h     port.TCPHandler
	state connState
	sock  stream         // nil until the connection is there
	host  netip.AddrPort // the other side, as the host knows it

	local, peer         port.IP
	localPort, peerPort uint16
	ttl                 uint8
	idle                time.Duration // of KeepAlive, 0 for none

	window   int    // bytes that the peer may still send (rcv_wnd)
	space    int    // bytes that Write may still take (snd_buf)
	queue    []byte // written, not handed over yet
	sending  int    // bytes that a goroutine is handing over
	flushing bool   // a flush is under way to the loop
	counted  bool   // is one of the established connections

	pcb      port.Block    // struct tcp_pcb
	syn      []segment     // the request to connect, until there is an answer
	segments []segment     // what was written and is not with the peer yet
	flying   int           // how many of them have left
	room     int           // bytes that the last of the others still has place for
	heard    time.Duration // when the peer was last heard of
	active   bool          // this side has closed it: its record lingers

	rd      inflow
	dialing context.CancelFunc
	holding *hold
	timer   port.Timer
}

// NewTCP makes a connection that is not connected; nil if there is no memory for it.
func (n *Net) NewTCP(h port.TCPHandler) port.TCP {
	pcb, ok := n.newPCB()
	if !ok {
		return nil
	}
	return n.newConn(h, pcb)
}

func (n *Net) newConn(h port.TCPHandler, pcb port.Block) *conn {
	c := &conn{n: n, run: n.run, h: h, ttl: port.DefaultTTL, window: port.TCPWindow, space: port.TCPSendBuffer,
		pcb: pcb, heard: n.loop.Now()}
	n.conns = slices.Insert(n.conns, 0, c)
	return c
}

func (c *conn) SetHandler(h port.TCPHandler) { c.h = h }
func (c *conn) Unconnected() bool            { return c.state == stClosed }
func (c *conn) SetPeerPort(p uint16)         { c.peerPort = p }
func (c *conn) Local() (port.IP, uint16)     { return c.local, c.localPort }
func (c *conn) Peer() (port.IP, uint16)      { return c.peer, c.peerPort }
func (c *conn) TTL() uint8                   { return c.ttl }

func (c *conn) SetTTL(ttl uint8) {
	c.ttl = ttl
	if c.sock != nil {
		c.setTTL()
	}
}

// option sets an option of a socket of the host.
func (c *conn) option(set func(s *net.TCPConn)) {
	if s, ok := c.sock.(*net.TCPConn); ok {
		c.n.option(c.host, func() { set(s) })
	}
}

func (c *conn) setTTL() { c.option(func(s *net.TCPConn) { setTTL(s, c.ttl) }) }

func (c *conn) KeepAlive(idle time.Duration) {
	c.idle = max(idle, time.Second) // zero would be the host's default
	if c.sock != nil {
		c.setKeepAlive()
	}
}

func (c *conn) setKeepAlive() {
	// A host without these options keeps the connection without probes.
	c.option(func(s *net.TCPConn) {
		_ = s.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: c.idle, Interval: keepInterval, Count: 1})
	})
}

func (c *conn) Connect(a port.IP, p uint16) port.NetErr {
	if c.state != stClosed {
		return port.NetErrIsConn
	}
	c.peer, c.peerPort = a, p
	local, ok := c.n.route(a)
	if !ok {
		return port.NetErrRoute
	}
	c.local, c.localPort = local, c.n.localPort()
	syn, ok := c.n.newSegment(synOptions)
	if !ok {
		return port.NetErrMem
	}
	c.syn = []segment{syn}
	c.state = stSynSent
	if a.IsBroadcast() || a.IsAny() || a.IsMulticast() {
		c.giveUpAfter(synTimeout)
		return port.NetOK
	}
	if n := c.n.neighbour(a); n != nil {
		c.call(n, a, p)
		return port.NetOK
	}
	to, ok := c.n.way("tcp", a, p)
	if !ok || !c.dial(to) {
		c.giveUpAfter(synTimeout) // nobody answers
	}
	return port.NetOK
}

// dial lets the host connect, unless it does that too many times already.
func (c *conn) dial(to netip.AddrPort) bool {
	started, r := c.n.loop.Now(), c.run
	ctx, cancel := context.WithCancel(r.ctx)
	c.host, c.dialing, c.holding = to, cancel, r.hold(0)
	asked := r.spawnIn(&c.n.dials, func() {
		sock, err := c.n.dial(ctx, to)
		r.injectSock(sock, func() { c.dialed(sock, err, started) })
	})
	if !asked {
		cancel()
		r.release(c.holding)
	}
	return asked
}

func (n *Net) dial(ctx context.Context, to netip.AddrPort) (*net.TCPConn, error) {
	if err := n.fails(OpDial, to); err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: synTimeout, KeepAlive: -1}
	s, err := d.DialContext(ctx, "tcp4", to.String())
	if err != nil {
		return nil, err
	}
	return s.(*net.TCPConn), nil
}

func (c *conn) dialed(sock *net.TCPConn, err error, started time.Duration) {
	c.run.release(c.holding)
	c.dialing()
	switch {
	case c.state != stSynSent: // closed meanwhile
		if sock != nil {
			c.n.close(sock, c.host)
		}
	case err == nil:
		c.run.count(1)
		c.established(sock)
		c.h.Connected()
		c.startReading()
		c.flush()
	case refused(err):
		c.fail(port.NetErrReset)
	default: // on the air nobody says "unreachable": lwIP just gets no answer
		c.giveUpAfter(synTimeout - (c.n.loop.Now() - started))
	}
}

func (c *conn) giveUpAfter(d time.Duration) {
	c.timer = c.n.loop.NewTimer(func() { c.fail(port.NetErrAborted) })
	c.timer.Arm(max(d, 0), false)
}

// established takes over the socket of a connection that the caller has counted.
func (c *conn) established(sock stream) {
	c.sock, c.state, c.counted, c.heard = sock, stOpen, true, c.n.loop.Now()
	c.freeSYN()
	if c.ttl != port.DefaultTTL {
		c.setTTL()
	}
	if c.idle > 0 {
		c.setKeepAlive()
	}
}

func (c *conn) startReading() {
	if c.state != stOpen {
		return
	}
	switch s := c.sock.(type) {
	case *wireEnd:
		c.rd = s
	case *net.TCPConn:
		rd := newReader(s)
		rd.fails = func() error { return c.n.fails(OpRead, c.host) }
		c.rd = rd
		c.run.spawn(func() { rd.loop(c) })
	}
}

// Write takes p if it fits into the send buffer (tcp_write_checks,
// app/lwip/core/tcp_out.c).
func (c *conn) Write(p []byte) port.NetErr {
	if c.state == stClosed || c.state == stDone {
		return port.NetErrConn
	}
	if len(p) > c.space {
		return port.NetErrMem
	}
	if len(p) == 0 {
		return port.NetOK
	}
	if !c.buffer(len(p)) {
		return port.NetErrMem
	}
	c.queue = append(c.queue, p...)
	c.space -= len(p)
	if c.sock != nil && !c.flushing && c.sending == 0 {
		// What one event writes leaves together, as lwIP sends it on return.
		c.flushing = true
		c.run.inject(func() {
			c.flushing = false
			c.flush()
		})
	}
	return port.NetOK
}

// flush hands the queue over as one piece, if none is on its way.
func (c *conn) flush() {
	if c.sending > 0 || len(c.queue) == 0 || c.sock == nil {
		return
	}
	piece := c.queue
	c.queue, c.sending = nil, len(piece)
	c.flying, c.room = len(c.segments), 0
	if w, ok := c.sock.(*wireEnd); ok {
		w.send(piece)
		return
	}
	h := c.run.hold(holdLimit)
	sock, r := c.sock.(*net.TCPConn), c.run
	r.spawn(func() {
		err := c.n.fails(OpWrite, c.host)
		if err == nil {
			_, err = sock.Write(piece)
		}
		r.inject(func() {
			r.release(h)
			c.written(len(piece), err)
		})
	})
}

func (c *conn) written(n int, err error) {
	c.sending, c.heard = 0, c.n.loop.Now()
	if c.sock != nil {
		c.n.freeSegments(c.segments[:c.flying])
		c.segments, c.flying = c.segments[c.flying:], 0
	}
	switch {
	case c.sock == nil: // dropped meanwhile
	case err != nil && c.state == stDone:
		c.active = false
		c.drop()
	case err != nil:
		c.fail(lwipErr(err))
	case c.state == stDone:
		c.space += n
		c.finish()
	default:
		c.space += n
		c.h.Sent(n)
		c.flush()
	}
}

func (c *conn) received(p []byte) {
	if c.state == stOpen {
		c.window -= len(p)
		c.heard = c.n.loop.Now()
		c.n.received(func() { c.h.Received(p) })
	}
}

func (c *conn) ended() {
	if c.state == stOpen {
		c.state = stPeerEnded
		c.uncount()
		c.h.Ended()
	}
}

func (c *conn) readFailed(err error) {
	if c.state == stOpen {
		c.fail(lwipErr(err))
	}
}

// lwipErr is what lwIP would call a failure of an open connection.
func lwipErr(err error) port.NetErr {
	if errors.Is(err, errPeerReset) {
		return port.NetErrReset
	}
	return netErr(err)
}

func (c *conn) Recved() {
	if c.rd != nil {
		c.rd.allow(port.TCPWindow - c.window)
	}
	c.window = port.TCPWindow
}

func (c *conn) Close() {
	switch c.state {
	case stDone:
	case stOpen, stPeerEnded:
		if c.window != port.TCPWindow {
			c.active = true
			c.Abort()
			return
		}
		c.active = c.state == stOpen
		c.state = stDone
		c.uncount()
		if c.rd != nil {
			c.rd.stop()
		}
		_ = c.sock.SetWriteDeadline(time.Now().Add(finTimeout))
		c.finish()
	default:
		c.drop()
	}
}

// finish goes on with closing: first the queue, then the socket.
func (c *conn) finish() {
	c.flush()
	if c.sending == 0 {
		c.drop()
	}
}

func (c *conn) Abort() {
	if c.sock != nil {
		_ = c.sock.SetLinger(0)
	}
	c.drop()
}

// kill ends the connection for its memory (tcp_kill_prio).
func (c *conn) kill() {
	c.active = false
	if c.state == stDone {
		c.Abort()
		return
	}
	c.fail(port.NetErrAborted)
}

// freeSYN frees the request to connect.
func (c *conn) freeSYN() {
	c.n.freeSegments(c.syn)
	c.syn = nil
}

// lose forgets the connection's memory, for there is another heap now.
func (c *conn) lose() { c.pcb, c.active, c.syn, c.segments, c.flying = 0, false, nil, nil, 0 }

// forget gives the connection's memory back, but for the record of one that this side
// has closed.
func (c *conn) forget() {
	c.freeSYN()
	c.n.freeSegments(c.segments)
	c.segments, c.flying, c.room = nil, 0, 0
	if c.active {
		c.n.linger(c.pcb)
	} else {
		c.n.give(c.pcb)
	}
	c.pcb, c.active = 0, false
}

// fail ends the connection and tells why.
func (c *conn) fail(e port.NetErr) {
	c.Abort()
	c.h.Failed(e)
}

// drop lets go of everything.
func (c *conn) drop() {
	c.uncount()
	c.state = stDone
	c.queue = nil
	if c.rd != nil {
		c.rd.stop()
	}
	if c.dialing != nil {
		c.dialing()
		c.run.release(c.holding)
	}
	if c.timer != nil {
		c.timer.Disarm()
	}
	if c.sock != nil {
		c.closeSock()
	}
	if i := slices.Index(c.n.conns, c); i >= 0 {
		c.n.conns = slices.Delete(c.n.conns, i, i+1)
		c.forget()
	}
}

// closeSock closes the socket or the wire.
func (c *conn) closeSock() {
	s := c.sock
	c.sock = nil
	if w, ok := s.(*wireEnd); ok {
		_ = w.Close()
		return
	}
	c.n.close(s, c.host)
}

func (c *conn) uncount() {
	if c.counted {
		c.counted = false
		c.run.count(-1)
	}
}
