package hostnet

import (
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Intervals of lwIP's TCP timers: TCP_FAST_INTERVAL and TCP_SLOW_INTERVAL
// (app/include/lwip/tcp_impl.h, where TCP_TMR_INTERVAL is 125).
const (
	fastTick = 125 * time.Millisecond
	slowTick = 2 * fastTick
)

// tcpClock knows when lwIP calls tcp_tmr: every 125 ms while there is a connection, from the
// moment on at which the first one comes (tcp_timer_needed, app/lwip/core/timers.c). Each call
// is a fast tick, every other one a slow tick as well. Nothing has to run for that: the calls
// are counted when somebody asks.
type tcpClock struct {
	start   time.Duration // the first call is fastTick behind it
	before  int           // calls before start; the one at boot finds no connection
	running bool
	idle    bool          // there is no connection any more,
	since   time.Duration // since then: the next call is the last one
}

// need is told when a connection begins.
func (k *tcpClock) need(now time.Duration) {
	if last := k.start + k.sinceStart(k.since)*fastTick + fastTick; k.running && k.idle && now >= last {
		k.before += int((last - k.start) / fastTick)
		k.running = false
	}
	if !k.running {
		k.running, k.start = true, now
	}
	k.idle = false
}

// rest is told when the last connection has gone.
func (k *tcpClock) rest(now time.Duration) {
	if !k.idle {
		k.idle, k.since = true, now
	}
}

// sinceStart is how many calls there were from start to now.
func (k *tcpClock) sinceStart(now time.Duration) time.Duration { return (now - k.start) / fastTick }

// ticks is lwIP's tcp_ticks: how many slow ticks there were up to now.
func (k *tcpClock) ticks(now time.Duration) int {
	calls := k.before
	if k.running {
		calls += int(k.sinceStart(now))
	}
	return (calls + 1) / 2
}

// at is when slow tick number n comes.
func (k *tcpClock) at(n int) time.Duration {
	return k.start + time.Duration(2*n-1-k.before)*fastTick
}

// nextFast is when the next fast tick comes.
func (k *tcpClock) nextFast(now time.Duration) time.Duration {
	return k.start + (k.sinceStart(now)+1)*fastTick
}

// ticks is the number of slow ticks up to now.
func (n *Net) ticks() int { return n.clock.ticks(n.loop.Now()) }

// never is later than all ticks.
const never = time.Duration(1<<63 - 1)

// wake lets the timer fire when a connection has something to do at one of lwIP's ticks. A
// connection that waits for nothing but its peer needs none.
func (n *Net) wake(c *conn) {
	if at := c.nextTick(); at < n.tickAt {
		n.tickAt = at
		n.tick.Arm(max(at-n.loop.Now(), 0), false)
	}
}

// ticked is tcp_tmr, for those connections to which it means something.
func (n *Net) ticked() {
	r, now := n.run, n.loop.Now()
	ticks := n.clock.ticks(now)
	slow := ticks > n.clock.ticks(n.tickAt-1)
	n.tickAt = never
	for _, c := range append([]*conn(nil), n.conns...) {
		if c.state == stDone {
			continue
		}
		if c.ackDelay && now >= c.ackAt {
			c.ackNow = true
			c.output()
		}
		if slow && c.state > stClosed && c.state != stDone {
			c.ticked = ticks
			c.slowTick(ticks)
		}
		if n.run != r { // a callback has reset the chip
			return
		}
	}
	for _, c := range n.conns {
		n.wake(c)
	}
}

// registered tells that c is in one of lwIP's lists of connections that its timers look at
// (TCP_REG).
func (n *Net) registered(c *conn) {
	n.clock.need(n.loop.Now())
	c.ticked = n.ticks()
}

// unregistered tells that a connection is no more.
func (n *Net) unregistered() {
	if len(n.waiting) > 0 {
		return
	}
	for _, c := range n.conns {
		if c.state != stClosed {
			return
		}
	}
	n.clock.rest(n.loop.Now())
}

// SetSilent tells that nothing comes and goes through interface i for a while, or that it does
// again. Its address stays, so lwIP knows nothing of it.
func (n *Net) SetSilent(i int, on bool) {
	if n.mute[i] == on {
		return
	}
	n.mute[i] = on
	n.mu.Lock()
	n.up = n.isUp()
	n.cond.Broadcast()
	n.mu.Unlock()
	ticks := n.ticks()
	for _, c := range append([]*conn(nil), n.conns...) {
		if c.local != n.addr[i] {
			continue
		}
		if on {
			c.aliveUntil(ticks)
			n.wake(c)
			continue
		}
		late := c.late
		c.late = nil
		for _, f := range late {
			f()
		}
	}
}

// muted tells whether nothing comes and goes at one of the module's own addresses.
func (n *Net) muted(own port.IP) bool {
	for i, a := range n.addr {
		if n.mute[i] && a == own {
			return true
		}
	}
	return false
}
