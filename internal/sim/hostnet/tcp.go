package hostnet

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// connState is a connection's state (enum tcp_state, app/include/lwip/tcp.h).
type connState uint8

const (
	stClosed connState = iota // not connected yet
	stSynSent
	stSynRcvd
	stOpen
	stPeerEnded // CLOSE_WAIT
	stFinWait1  // from here on the module has closed it, and is told nothing any more
	stFinWait2
	stLastAck
	stDone // gone, or in TIME_WAIT
)

// conn implements port.TCP. All fields belong to the module's goroutine; what its
// goroutines share with it is in the reader.
type conn struct {
	n     *Net
	run   *run
	h     port.TCPHandler
	state connState
	air   bool           // the peer is another module
	sock  *net.TCPConn   // otherwise; nil until the connection is there
	host  netip.AddrPort // the other side, as the host knows it

	local, peer         port.IP
	localPort, peerPort uint16
	ttl                 uint8
	idle                time.Duration // of KeepAlive, 0 for none
	probes              int           // sent since the peer was heard of

	sender
	window     int           // bytes that the peer may still send (rcv_wnd)
	got        int           // sequence number of what comes next from another module (rcv_nxt)
	ackDelay   bool          // TF_ACK_DELAY: an acknowledgement leaves with the next fast tick,
	ackAt      time.Duration // which is then
	ackNow     bool          // TF_ACK_NOW: with the next output
	processing bool          // tcp_input_pcb: a segment is being processed
	late       []func()      // what the host has brought while the network was silent
	counted    bool          // is one of the established connections
	asked      bool          // the module has made it, to the host
	server     *listener     // of a connection that is being accepted from another module

	pcb    port.Block // struct tcp_pcb
	syn    []segment  // the request to connect, until there is an answer
	tmr    int        // slow tick at which the peer was last heard of
	ticked int        // the last slow tick that was one for this connection
	active bool       // this side has closed it: its record lingers

	pollTicks int // between calls of polls (pollinterval), 0 for none
	polls     func()
	polled    int // slow tick from which on they are counted

	rd      *reader
	answer  awaited // of the host
	dialing context.CancelFunc
	holding *hold
}

// over tells whether the module has closed the connection.
func (c *conn) over() bool { return c.state >= stFinWait1 }

// NewTCP makes a connection that is not connected; nil if there is no memory for it.
func (n *Net) NewTCP(h port.TCPHandler) port.TCP {
	pcb, ok := n.newPCB()
	if !ok {
		return nil
	}
	return n.newConn(h, pcb)
}

func (n *Net) newConn(h port.TCPHandler, pcb port.Block) *conn {
	c := &conn{n: n, run: n.run, h: h, ttl: port.DefaultTTL, sender: newSender(), window: port.TCPWindow, pcb: pcb, tmr: n.ticks()}
	n.conns = slices.Insert(n.conns, 0, c)
	return c
}

func (c *conn) SetHandler(h port.TCPHandler) { c.h = h }
func (c *conn) Unconnected() bool            { return c.state == stClosed }
func (c *conn) SetPeerPort(p uint16)         { c.peerPort = p }
func (c *conn) Output()                      { c.output() }
func (c *conn) NoDelay()                     { c.noDelay = true }
func (c *conn) Repeats() int                 { return c.repeats }
func (c *conn) Room() int                    { return c.space }
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
	if c.sock != nil {
		c.n.option(c.host, func() { set(c.sock) })
	}
}

func (c *conn) setTTL() { c.option(func(s *net.TCPConn) { setTTL(s, c.ttl) }) }

func (c *conn) KeepAlive(idle time.Duration) {
	c.idle = max(idle, time.Second) // zero would be the host's default
	if c.sock != nil {
		c.setKeepAlive()
	}
	c.n.wake(c)
}

func (c *conn) setKeepAlive() {
	// A host without these options keeps the connection without probes.
	c.option(func(s *net.TCPConn) {
		_ = s.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: c.idle, Interval: keepInterval, Count: 1})
	})
}

func (c *conn) Bind(p uint16) {
	if c.state == stClosed && !c.n.portTaken(p) {
		c.localPort = p
	}
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
	c.local = local
	if c.localPort == 0 {
		c.localPort = c.n.localPort()
	}
	syn, ok := c.n.newSegment(synOptions)
	if !ok {
		return port.NetErrMem
	}
	c.syn = []segment{syn}
	c.state = stSynSent
	c.n.registered(c)
	c.begin(c.n.ticks())
	c.ask()
	c.n.wake(c)
	return port.NetOK
}

// ask sends the request to connect, or the answer to one, or sends it again.
func (c *conn) ask() {
	a := c.peer
	switch {
	case c.state == stSynRcvd:
		c.transmit(airSegment{syn: true})
	case a.IsBroadcast() || a.IsAny() || a.IsMulticast(), c.n.muted(c.local):
	case c.n.neighbour(a) != nil:
		c.air = true
		c.transmit(airSegment{syn: true})
	case c.dialing != nil:
	case c.n.hidden(a, c.peerPort):
		c.n.seek(a, func() {
			if c.state == stSynSent {
				c.ask()
			}
		})
	default:
		if to, ok := c.n.way("tcp", a, c.peerPort); ok {
			c.dial(to)
		}
	}
}

// dial lets the host connect, unless it does that too many times already. While it tries,
// nobody has to ask again.
func (c *conn) dial(to netip.AddrPort) {
	r := c.run
	ctx, cancel := context.WithCancel(r.ctx)
	c.host, c.dialing, c.holding = to, cancel, r.hold(0)
	asked := r.spawnIn(&c.n.dials, func() {
		sock, err := c.n.dial(ctx, to)
		r.injectSock(sock, func() { c.dialed(sock, err) })
	})
	if !asked {
		cancel()
		r.release(c.holding)
	}
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

func (c *conn) dialed(sock *net.TCPConn, err error) {
	c.run.release(c.holding)
	c.dialing()
	c.asked = true
	switch {
	case c.state != stSynSent: // closed meanwhile
		if sock != nil {
			c.n.close(sock, c.host)
		}
	case err == nil:
		c.run.count(1)
		c.sock = sock
		c.heard(func() { c.answered(port.TCPWindow) })
	case refused(err):
		c.heard(func() { c.fail(port.NetErrReset) })
	}
	// On the air nobody says "unreachable": lwIP just gets no answer.
}

// answered comes with the answer to the request to connect. The connection is counted.
func (c *conn) answered(window int) {
	if c.state != stSynSent {
		return
	}
	c.process(func() {
		c.sender.window = window
		c.established()
		c.h.Connected()
		c.startReading()
		c.await()
		c.ackNow = true
	})
}

// established makes an open connection of one that the caller has counted.
func (c *conn) established() {
	c.state, c.counted = stOpen, true
	c.acked, c.timing, c.repeats = 1, false, 0
	c.freeSYN()
	if c.ttl != port.DefaultTTL {
		c.setTTL()
	}
	if c.idle > 0 {
		c.setKeepAlive()
	}
}

// await lets a virtual clock wait for the host's answer, on a connection that the module has made.
func (c *conn) await() {
	if c.sock != nil && c.asked && c.state == stOpen && !c.n.muted(c.local) {
		c.n.await(&c.answer, c.run, c.host)
	}
}

func (c *conn) startReading() {
	if c.state != stOpen || c.sock == nil {
		return
	}
	c.rd = newReader(c.sock)
	c.rd.fails = func() error { return c.n.fails(OpRead, c.host) }
	rd := c.rd
	c.run.spawn(func() { rd.loop(c) })
}

// Write takes p if it fits into the send buffer (tcp_write, app/lwip/core/tcp_out.c). It does
// not send it: output does.
func (c *conn) Write(p []byte) port.NetErr { return c.write(p, c.buffer) }

// WriteRef implements port.TCP.
func (c *conn) WriteRef(p []byte) port.NetErr { return c.write(p, c.refer) }

func (c *conn) write(p []byte, queue func(p []byte) bool) port.NetErr {
	if c.state == stClosed || c.over() {
		return port.NetErrConn
	}
	space := c.space
	if c.state < stOpen {
		space-- // the request to connect takes one
	}
	if len(p) > space {
		c.memErr = true
		return port.NetErrMem
	}
	if len(p) == 0 {
		return port.NetOK
	}
	if !queue(p) {
		c.memErr = true
		return port.NetErrMem
	}
	c.space -= len(p)
	if !c.processing && c.state >= stOpen {
		c.n.wake(c)
	}
	return port.NetOK
}

// arrived takes note of so many bytes, or an end, that have come (tcp_ack): every second
// segment is acknowledged, a single one with the next fast tick.
func (c *conn) arrived() {
	if c.ackDelay && c.n.loop.Now() < c.ackAt {
		c.ackDelay, c.ackNow = false, true
		return
	}
	c.ackDelay, c.ackAt = true, c.n.clock.nextFast(c.n.loop.Now())
}

// received comes with data of the host.
func (c *conn) received(p []byte) {
	c.n.heard(&c.answer, c.run)
	if c.state != stOpen {
		return
	}
	c.process(func() {
		c.measure(c.acked)
		c.take(p)
	})
}

// take gives data to the application.
func (c *conn) take(p []byte) {
	c.window -= len(p)
	c.arrived()
	c.n.received(func() { c.h.Received(p) })
}

func (c *conn) ended() {
	c.n.forgo(&c.answer, c.run)
	if c.state == stOpen {
		c.process(c.end)
	}
}

// end tells the application that the peer sends no more.
func (c *conn) end() {
	c.state = stPeerEnded
	c.ackNow = true
	c.uncount()
	c.h.Ended()
}

func (c *conn) readFailed(err error) {
	if c.state == stOpen {
		c.fail(lwipErr(err))
	}
}

// lwipErr is what lwIP would call a failure of an open connection.
func lwipErr(err error) port.NetErr { return netErr(err) }

func (c *conn) Recved() {
	missing := port.TCPWindow - c.window
	if c.rd != nil {
		c.rd.allow(missing)
	}
	c.window = port.TCPWindow
	if missing >= port.TCPWindow/4 { // TCP_WND_UPDATE_THRESHOLD: the peer is told now
		c.ackNow = true
		c.output()
	}
}

func (c *conn) Close() {
	switch c.state {
	case stOpen, stPeerEnded:
	case stClosed, stSynSent, stSynRcvd:
		c.drop()
		return
	default:
		return
	}
	if c.window != port.TCPWindow || !c.addEnd() {
		c.active = c.window != port.TCPWindow
		c.Abort()
		return
	}
	c.n.forgo(&c.answer, c.run)
	c.active = c.state == stOpen
	c.state = map[bool]connState{true: stFinWait1, false: stLastAck}[c.active]
	c.uncount()
	if c.rd != nil {
		c.rd.stop()
	}
	if c.sock != nil {
		_ = c.sock.SetWriteDeadline(time.Now().Add(finTimeout))
	}
	c.output()
}

// addEnd queues the end (tcp_send_fin). There is no place for it if all that may be sent is on
// its way; the firmware's module net resets the connection then.
func (c *conn) addEnd() bool {
	s := &c.sender
	if k := len(s.segments); k > s.flying {
		s.segments[k-1].fin = true
		return true
	}
	if s.space == 0 || len(s.segments) >= maxSegments {
		return false
	}
	s.segments = append(s.segments, segment{fin: true})
	s.finAlone = true
	return true
}

func (c *conn) Abort() {
	if c.sock != nil {
		_ = c.sock.SetLinger(0)
	}
	if c.air && c.state > stClosed && c.state != stDone {
		c.transmit(airSegment{rst: true, seq: c.next})
	}
	c.drop()
}

// kill ends the connection for its memory (tcp_kill_prio).
func (c *conn) kill() {
	c.active = false
	c.fail(port.NetErrAborted)
}

// freeSYN frees the request to connect.
func (c *conn) freeSYN() {
	c.n.freeSegments(c.syn)
	c.syn = nil
}

// lose forgets the connection's memory, for there is another heap now, and its peer, which is
// not told anything.
func (c *conn) lose() {
	c.pcb, c.active, c.syn, c.segments, c.flying, c.air = 0, false, nil, nil, 0, false
}

// forget gives the connection's memory back, but for the record of one that this side
// has closed.
func (c *conn) forget() {
	c.freeSYN()
	c.n.freeSegments(c.segments)
	c.segments, c.flying, c.room = nil, 0, 0
	if c.active {
		c.n.linger(c.pcb, c.localPort, c.tmr)
	} else {
		c.n.give(c.pcb)
	}
	c.pcb, c.active = 0, false
	c.n.unregistered()
}

// fail ends the connection and tells why.
func (c *conn) fail(e port.NetErr) {
	tell := !c.over()
	c.Abort()
	if tell && c.h != nil {
		c.h.Failed(e)
	}
}

// drop lets go of everything.
func (c *conn) drop() {
	c.uncount()
	c.n.forgo(&c.answer, c.run)
	c.state = stDone
	c.late = nil
	if c.rd != nil {
		c.rd.stop()
	}
	if c.dialing != nil {
		c.dialing()
		c.run.release(c.holding)
	}
	if s := c.sock; s != nil {
		c.sock = nil
		c.n.close(s, c.host)
	}
	if i := slices.Index(c.n.conns, c); i >= 0 {
		c.n.conns = slices.Delete(c.n.conns, i, i+1)
		c.forget()
	}
}

func (c *conn) uncount() {
	if c.counted {
		c.counted = false
		c.run.count(-1)
	}
}
