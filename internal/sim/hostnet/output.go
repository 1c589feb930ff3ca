package hostnet

import (
	"time"

	"moonlet.example/moonlet/internal/port"
)

// This file is lwIP's sender: what leaves when (tcp_output, app/lwip/core/tcp_out.c), and what
// happens when there is no answer (tcp_slowtmr, tcp.c).
//
// tcp_write only queues. What is queued leaves behind the next segment that comes in for the
// connection (tcp_input, tcp_in.c), whose callbacks run inside of it; or at the next slow tick,
// since tcp_slowtmr calls tcp_output for each connection whose poll interval has passed, which is
// 0 if nobody has set one; or at the next fast tick if an acknowledgement is due then.

// Numbers of repetitions (app/lwip/core/init.c) and what follows from them.
const (
	maxRepeats    = port.TCPRepeats
	maxSYNRepeats = port.TCPSYNRepeats
	firstRTO      = 4 // slow ticks until the first repetition: 1000 / TCP_SLOW_INTERVAL
)

// Limits of states in slow ticks; the connection goes when more have passed since the peer was
// last heard of, or, where this side has closed already, since it was before that.
const (
	ticksFinWait2 = int(finTimeout / slowTick) // TCP_FIN_WAIT_TIMEOUT
	ticksSynRcvd  = int(finTimeout / slowTick) // TCP_SYN_RCVD_TIMEOUT is the same
	ticksMSL      = int(2 * 5 * time.Second / slowTick)
)

// backoff are the exponents of tcp_backoff, by the repetitions before.
var backoff = [maxRepeats + 1]uint{1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7}

// persistBackoff are the slow ticks between questions for a window that is closed
// (tcp_persist_backoff).
var persistBackoff = [...]int{3, 6, 12, 24, 48, 96, 120}

// sender is what a connection knows of what it sends. Sequence numbers count from 0, the
// request to connect; data begin at 1.
type sender struct {
	segments []segment // what was written and is not with the peer yet, in order
	flying   int       // how many of them have left (unacked)
	inFlight int       // bytes in those
	room     int       // bytes that the last of the others still has place for
	space    int       // bytes that Write may still take (snd_buf)
	memErr   bool      // TF_NAGLEMEMERR: somebody could not write
	noDelay  bool      // TF_NODELAY
	finAlone bool      // TF_FIN: the end has a segment of its own
	sending  int       // bytes that a goroutine is handing over to the host
	lost     bool      // what is flying went into the void

	next, acked int // snd_nxt, lastack
	window      int // of the peer (snd_wnd)
	cwnd        int

	repeats      int // nrtx
	rto          int // in slow ticks
	timing       bool
	timed        int // slow tick at which the time began (rtime)
	sa, sv       int // as in Jacobson's paper
	measuring    int // slow tick at which the segment left that is measured, 0 for none
	measured     int // its sequence number
	persisted    int // slow tick of the last question for a window
	persistCount int
}

func newSender() sender {
	return sender{space: port.TCPSendBuffer, window: port.TCPWindow, cwnd: 2 * port.TCPSegment, rto: firstRTO, sv: firstRTO}
}

// begin notes that the request to connect leaves.
func (c *conn) begin(ticks int) {
	s := &c.sender
	s.next, s.timing, s.timed = 1, true, ticks
	s.measuring, s.measured = ticks, 0
}

// ready tells whether the next segment may leave.
func (c *conn) ready() bool {
	s := &c.sender
	if s.flying >= len(s.segments) || s.sending > 0 {
		return false
	}
	first := &s.segments[s.flying]
	if s.inFlight+len(first.text) > min(s.window, s.cwnd) {
		return false
	}
	more := len(s.segments)-s.flying > 1 || len(first.text) >= port.TCPSegment
	return s.flying == 0 || more || s.memErr || s.finAlone || s.noDelay // Nagle's algorithm
}

// output sends what may leave (tcp_output). While a segment of the connection is being
// processed it does nothing: it is called behind that.
func (c *conn) output() {
	if c.processing || c.state < stOpen || c.state == stDone || !c.air && c.sock == nil {
		return
	}
	s := &c.sender
	from := s.flying
	for c.ready() {
		g := &s.segments[s.flying]
		s.flying++
		s.inFlight += len(g.text)
		if g.seq == 0 {
			g.seq = s.next
		}
		s.next = max(s.next, g.seq+g.length()) // also of one that leaves again, with the end now
		if !s.timing {
			s.timing, s.timed = true, c.n.ticks()
		}
		if s.measuring == 0 {
			s.measuring, s.measured = c.n.ticks(), g.seq
		}
		if c.air {
			c.transmit(airSegment{seq: g.seq, data: g.text, fin: g.fin})
		}
	}
	if s.flying == len(s.segments) {
		s.room = 0
	}
	if s.sending == 0 {
		s.memErr = false
	}
	switch {
	case c.air && c.ackNow:
		c.transmit(airSegment{seq: s.next})
	case !c.air && s.flying > from:
		c.handOver(s.segments[from:s.flying])
	}
	c.ackDelay, c.ackNow = c.ackDelay && !c.ackNow && s.flying == from, false
	c.n.wake(c)
}

// handOver gives segments to the host as one piece; when it has taken them, they are with the
// peer.
func (c *conn) handOver(list []segment) {
	s := &c.sender
	if c.n.muted(c.local) {
		s.lost = true
		return
	}
	s.lost = false
	piece := list[0].text
	if len(list) > 1 {
		piece = nil
		for _, g := range list {
			piece = append(piece, g.text...)
		}
	}
	last, fin := s.next, list[len(list)-1].fin
	if len(piece) == 0 { // nothing but the end
		c.drop()
		return
	}
	s.sending = len(piece)
	h := c.run.hold(holdLimit)
	sock, r, told := c.sock, c.run, make(chan struct{})
	if c.rd != nil { // it was closed before anything could be read
		c.rd.writing.Store(&told)
	}
	r.spawn(func() {
		defer close(told)
		err := c.n.fails(OpWrite, c.host)
		if err == nil {
			_, err = sock.Write(piece)
		}
		r.inject(func() {
			r.release(h)
			c.heard(func() { c.written(last, fin, err) })
		})
	})
}

// written comes when the host has taken what was sent before the sequence number last.
func (c *conn) written(last int, fin bool, err error) {
	c.sending = 0
	switch {
	case c.sock == nil: // dropped meanwhile
	case err != nil && c.over():
		c.active = false
		c.drop()
	case err != nil:
		c.fail(lwipErr(err))
	case fin:
		c.drop()
	default:
		c.await()
		c.process(func() { c.acknowledged(last) })
	}
}

// process runs f as what a segment of the peer brings (tcp_input): what is written meanwhile
// leaves behind it.
func (c *conn) process(f func()) {
	if !c.over() {
		c.tmr = c.n.ticks()
	}
	outer := c.processing
	c.processing = true
	f()
	c.processing = outer
	c.output()
}

// acknowledged takes notice that the peer has all before the sequence number ack, and tells the
// application (the first half of tcp_receive, and TCP_EVENT_SENT).
func (c *conn) acknowledged(ack int) {
	s := &c.sender
	bytes := 0
	if ack > s.acked && ack <= s.next {
		s.repeats, s.rto, s.lost = 0, s.sa>>3+s.sv, false
		s.cwnd = min(s.cwnd+port.TCPSegment, port.TCPWindow)
		k := 0
		for k < len(s.segments) && s.segments[k].seq > 0 && s.segments[k].seq+s.segments[k].length() <= ack {
			bytes += len(s.segments[k].text)
			k++
		}
		c.freeFirst(k)
		s.acked = ack
		s.space += bytes
		s.timing, s.timed = s.flying > 0, c.n.ticks()
		c.polled = c.n.ticks()
	}
	c.measure(ack)
	if bytes > 0 && !c.over() {
		c.h.Sent(bytes)
	}
}

// freeFirst forgets the first k segments, which the peer has.
func (c *conn) freeFirst(k int) {
	s := &c.sender
	for _, g := range s.segments[:min(k, s.flying)] {
		s.inFlight -= len(g.text)
	}
	c.n.freeSegments(s.segments[:k])
	s.segments, s.flying = s.segments[k:], max(s.flying-k, 0)
	if len(s.segments) == 0 {
		s.segments, s.room = nil, 0
	}
	if s.flying == len(s.segments) {
		s.room = 0
	}
}

// measure takes the time that a segment needed to the peer and back, in slow ticks. As lwIP
// does not look at the answer to a request to connect for that, the first measurement lasts
// until the next segment, whenever it comes.
func (c *conn) measure(ack int) {
	s := &c.sender
	if s.measuring == 0 || s.measured >= ack {
		return
	}
	m := c.n.ticks() - s.measuring - s.sa>>3
	s.sa += m
	s.sv += max(m, -m) - s.sv>>2
	s.rto, s.measuring = s.sa>>3+s.sv, 0
}

// nextTick is when one of lwIP's ticks means something to the connection.
func (c *conn) nextTick() time.Duration {
	if c.state == stClosed || c.state == stDone {
		return never
	}
	k, at, now := &c.n.clock, never, c.n.loop.Now()
	if c.ackDelay && !c.air && now >= c.ackAt { // it has gone; there was nobody to notice
		c.ackDelay = false
	}
	if c.ackDelay && (c.air || c.flying < len(c.segments)) {
		at = c.ackAt
	}
	if slow := c.nextSlow(); slow > 0 {
		at = min(at, k.at(max(slow, k.ticks(now)+1)))
	}
	return at
}

// nextSlow is the number of the slow tick at which something happens, 0 for none.
func (c *conn) nextSlow() (n int) {
	add := func(tick int) {
		if n == 0 || tick < n {
			n = tick
		}
	}
	s := &c.sender
	switch {
	case s.timing && (c.state < stOpen || c.air || s.lost):
		if s.repeats == maxRepeats || c.state == stSynSent && s.repeats == maxSYNRepeats {
			add(c.ticked + 1)
		} else {
			add(s.timed + s.rto)
		}
	case c.state >= stOpen && c.blocked():
		add(s.persisted + persistBackoff[s.persistCount])
	}
	switch {
	case c.pollTicks > 0:
		add(c.polled + c.pollTicks)
	case c.state >= stOpen && c.ready():
		add(c.ticked + 1)
	}
	if limit := c.limit(); limit > 0 {
		add(c.tmr + limit + 1)
	}
	if c.keptAlive() {
		add(c.tmr + int((c.idle+time.Duration(c.probes)*keepInterval)/slowTick) + 1)
	}
	return n
}

// limit is for how many slow ticks the peer may be silent in the connection's state.
func (c *conn) limit() int {
	switch {
	case c.state == stFinWait2:
		return ticksFinWait2
	case c.state == stSynRcvd:
		return ticksSynRcvd
	case c.state == stLastAck && (c.air || c.lost):
		return ticksMSL
	}
	return 0
}

// keptAlive tells whether probes are sent that this package has to look after: for a
// connection to the host, the host does it as long as that is there.
func (c *conn) keptAlive() bool {
	return c.idle > 0 && (c.state == stOpen || c.state == stPeerEnded) && (c.air || c.n.muted(c.local))
}

// aliveUntil takes notice that the peer has answered all probes up to now.
func (c *conn) aliveUntil(ticks int) {
	if c.idle > 0 && !c.air {
		period := int(c.idle/slowTick) + 1
		c.tmr += (ticks - c.tmr) / period * period
		c.probes = 0
	}
}

// blocked tells whether the window of the peer is too small for the next segment while nothing
// is on its way that would open it.
func (c *conn) blocked() bool {
	s := &c.sender
	return c.air && s.flying == 0 && len(s.segments) > 0 && len(s.segments[0].text) > s.window
}

// slowTick is what tcp_slowtmr does for a connection.
func (c *conn) slowTick(ticks int) {
	s := &c.sender
	switch {
	case c.state == stSynSent && s.repeats == maxSYNRepeats, s.timing && s.repeats == maxRepeats:
		c.vanish()
		return
	case c.blocked() && c.state >= stOpen:
		if ticks-s.persisted >= persistBackoff[s.persistCount] {
			s.persisted, s.persistCount = ticks, min(s.persistCount+1, len(persistBackoff)-1)
			c.transmit(airSegment{seq: s.acked - 1}) // which is answered by an acknowledgement
		}
	case s.timing && ticks-s.timed >= s.rto && (c.state < stOpen || c.air || s.lost):
		if c.state != stSynSent {
			s.rto = (s.sa>>3 + s.sv) << backoff[s.repeats]
		}
		s.timed, s.cwnd = ticks, port.TCPSegment
		c.repeat()
	}
	if c.state == stDone {
		return
	}
	if limit := c.limit(); limit > 0 && ticks-c.tmr > limit {
		c.vanish()
		return
	}
	if c.keptAlive() && !c.probe(ticks) {
		return
	}
	if c.pollTicks == 0 || c.poll(ticks) {
		c.output()
	}
}

// Poll implements port.TCP. As in lwIP a second one in a row does not begin the time anew.
func (c *conn) Poll(ticks int, f func()) {
	if c.pollTicks == 0 {
		c.polled = c.n.ticks()
	}
	c.pollTicks, c.polls = ticks, f
	c.n.wake(c)
}

// poll calls the application if it is time; false if it is not, or if the connection is gone.
func (c *conn) poll(ticks int) bool {
	if ticks-c.polled < c.pollTicks {
		return false
	}
	c.polled = ticks
	if c.polls != nil && !c.over() {
		c.polls()
	}
	return c.state != stDone
}

// probe asks the peer for a sign of life when it is time; false if it had its chance, and the
// connection is over. The firmware allows one probe (keep_cnt, app/modules/net.c).
func (c *conn) probe(ticks int) bool {
	silence := ticks - c.tmr
	switch {
	case silence > int((c.idle+keepInterval)/slowTick):
		c.fail(port.NetErrAborted)
		return false
	case silence > int((c.idle+time.Duration(c.probes)*keepInterval)/slowTick):
		c.probes++
		if c.air {
			c.transmit(airSegment{seq: c.next - 1})
		}
	}
	return true
}

// repeat sends again what had no answer (tcp_rexmit_rto).
func (c *conn) repeat() {
	s := &c.sender
	s.repeats++
	s.measuring = 0
	if c.state < stOpen {
		c.ask()
		return
	}
	s.flying, s.inFlight = 0, 0
	c.output()
}

// vanish ends the connection without a word to the peer.
func (c *conn) vanish() {
	tell := !c.over()
	if c.sock != nil {
		_ = c.sock.SetLinger(0)
	}
	c.active = false
	c.drop()
	if tell && c.h != nil {
		c.h.Failed(port.NetErrAborted)
	}
}

// heard runs f, which is what the peer has sent by way of the host: at once, or when the network
// is there again.
func (c *conn) heard(f func()) {
	if c.n.muted(c.local) && c.state != stDone {
		c.late = append(c.late, f)
		return
	}
	f()
}
