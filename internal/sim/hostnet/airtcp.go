package hostnet

import (
	"slices"

	"moonlet.example/moonlet/internal/port"
)

// This file is TCP between modules in one process: segments that go from loop to loop, lwIP at
// both ends.

// airSegment is a segment. Its sequence numbers count from 0 in each direction.
type airSegment struct {
	from, to      destination
	syn, fin, rst bool
	seq, ack      int
	window        int
	data          []byte
}

// transmit sends a segment with all that the peer is to know.
func (c *conn) transmit(s airSegment) {
	s.from, s.to = destination{c.local, c.localPort}, destination{c.peer, c.peerPort}
	s.ack, s.window = c.got, c.window
	c.ackDelay, c.ackNow = false, false
	c.n.emit(s)
}

// emit puts a segment on the air. Without a network, or if nobody has the address, it is lost.
func (n *Net) emit(s airSegment) {
	if n.muted(s.from.addr) || !slices.Contains(n.addr[:], s.from.addr) {
		return
	}
	if m := n.neighbour(s.to.addr); m != nil {
		m.fromAir(func() { m.hear(s) })
	}
}

// hear takes a segment (tcp_input). What belongs to no connection and no server is answered by
// a reset.
func (n *Net) hear(s airSegment) {
	if s.to.addr.IsAny() || !slices.Contains(n.addr[:], s.to.addr) || n.muted(s.to.addr) {
		return
	}
	for _, c := range n.conns {
		if c.air && c.localPort == s.to.port && c.local == s.to.addr &&
			c.peerPort == s.from.port && c.peer == s.from.addr {
			c.segment(s)
			return
		}
	}
	i := slices.IndexFunc(n.listeners, func(l *listener) bool {
		return l.port == s.to.port && (l.addr.IsAny() || l.addr == s.to.addr)
	})
	switch {
	case i >= 0 && s.syn && s.ack == 0:
		n.called(n.listeners[i], s)
	case !s.rst:
		n.emit(airSegment{from: s.to, to: s.from, rst: true, seq: s.ack})
	}
}

// called is the request of another module's connection (tcp_listen_input). Where lwIP has no
// room for one more connection it does not answer, and the peer asks again.
func (n *Net) called(l *listener, s airSegment) {
	if full(n.run.opened()) {
		return
	}
	pcb, ok := n.newPCB()
	if !ok {
		return
	}
	syn, ok := n.newSegment(synOptions)
	if !ok {
		n.give(pcb)
		return
	}
	c := n.newConn(nil, pcb)
	c.air, c.server, c.state, c.syn = true, l, stSynRcvd, []segment{syn}
	c.local, c.localPort = s.to.addr, s.to.port
	c.peer, c.peerPort = s.from.addr, s.from.port
	c.got, c.sender.window = 1, s.window
	n.registered(c)
	c.begin(n.ticks())
	c.ask()
	n.wake(c)
}

// segment takes one that belongs to the connection (tcp_process).
func (c *conn) segment(s airSegment) {
	if s.rst {
		c.air = false // there is nobody to answer
		c.active = false
		c.fail(port.NetErrReset)
		return
	}
	c.probes = 0
	switch c.state {
	case stSynSent:
		if s.syn {
			c.got = 1
			c.run.count(1)
			c.answered(s.window)
		}
		return
	case stSynRcvd:
		if s.syn {
			c.ask()
			return
		}
	}
	c.process(func() {
		if c.state == stSynRcvd && !c.accepted() {
			return
		}
		c.receive(s)
	})
}

// accepted gives a new connection to its server; false if that does not take it.
func (c *conn) accepted() bool {
	c.run.count(1)
	c.established()
	if c.server.accept(c) {
		return true
	}
	c.Abort()
	return false
}

// receive is tcp_receive, with the callbacks of tcp_input.
func (c *conn) receive(s airSegment) {
	c.sender.window, c.persistCount = s.window, 0
	c.persisted = c.n.ticks()
	c.acknowledged(s.ack)
	if c.state == stDone {
		return
	}
	if c.finAlone || c.state == stLastAck || c.state == stFinWait1 {
		c.endHeard(s)
	}
	switch {
	case c.state == stDone || len(s.data) == 0 && !s.fin && s.seq >= c.got:
		return
	case s.seq != c.got: // again, or too early: it says what it has
		c.ackNow = true
		return
	}
	c.got += len(s.data)
	switch {
	case len(s.data) == 0:
	case c.over(): // data for nobody
		c.Abort()
		return
	default:
		c.take(s.data)
	}
	if s.fin && c.state != stDone {
		c.got++
		c.peerEnds()
	}
}

// endHeard takes notice that the peer has the end that this side has sent.
func (c *conn) endHeard(s airSegment) {
	switch {
	case len(c.segments) > 0 || s.ack != c.next:
	case c.state == stFinWait1:
		c.state = stFinWait2
	case c.state == stLastAck:
		c.drop()
	}
}

// peerEnds comes with the peer's end.
func (c *conn) peerEnds() {
	switch c.state {
	case stOpen:
		c.end()
	case stFinWait2:
		c.transmit(airSegment{seq: c.next})
		c.drop() // to TIME_WAIT
	case stFinWait1: // CLOSING: both sides have ended at once
		c.ackNow = true
		c.state, c.active = stLastAck, true
	}
}
