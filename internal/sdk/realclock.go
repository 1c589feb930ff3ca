package sdk

import "time"

// RealClock is the host's clock, possibly faster or slower, plus the time that the
// chip's work takes: the host does that work much faster, so the module's time
// runs ahead by it. A program that waits by looking at the clock and the watchdog
// then agree about how long that was. It is the only place of the simulator that
// asks the host for the time.
//
// A fast clock is as fast as the host can follow: while the module is late with its
// timers, it stands. Otherwise a module on a busy host would fall behind for ever,
// and what is due later, such as the end of a closed connection, would never come.
type RealClock struct {
	host     func() time.Duration // since any moment
	start    time.Duration        // by host
	scale    float64              // device time per host time
	worked   time.Duration        // sum of Work
	standing bool
	at       time.Duration // where it stands, without worked
}

// lateLimit is how late the module may be until a fast clock stands, in host time.
const lateLimit = time.Millisecond

// NewRealClock returns a clock that starts now and runs scale times as fast as
// the host's.
func NewRealClock(scale float64) *RealClock {
	if !(scale > 0) {
		panic("BUG: clock scale is not positive")
	}
	epoch := time.Now()
	return &RealClock{host: func() time.Duration { return time.Since(epoch) }, scale: scale}
}

// TimeOfDay is that of the host. A module gets it by the network, if somebody wants that.
func TimeOfDay() time.Time { return time.Now() }

// Now implements Clock.
func (c *RealClock) Now() time.Duration { return c.passed() + c.worked }

// passed is how far the clock has come by the host's time.
func (c *RealClock) passed() time.Duration {
	switch host := c.host() - c.start; {
	case c.standing:
		return c.at
	case c.scale == 1:
		return c.at + host
	default:
		return c.at + time.Duration(float64(host)*c.scale)
	}
}

// Late implements Clock.
func (c *RealClock) Late(d time.Duration) (stands bool) {
	stands = c.scale > 1 && float64(d) > float64(lateLimit)*c.scale
	c.stand(stands)
	return stands
}

// stand lets the clock stand or go, from now on.
func (c *RealClock) stand(stands bool) {
	if stands != c.standing {
		c.at = c.passed()
		c.start, c.standing = c.host(), stands
	}
}

// Aside implements Clock.
func (c *RealClock) Aside(f func()) {
	defer c.stand(c.standing)
	c.stand(true)
	f()
}

// Work implements Clock.
func (c *RealClock) Work(d time.Duration) {
	if d > 0 {
		c.worked += d
	}
}

// Sleep implements Clock.
func (c *RealClock) Sleep(t time.Duration, wake <-chan struct{}) {
	c.Late(0)
	if t == Forever {
		<-wake
		return
	}
	d := t - c.Now()
	if d <= 0 {
		return
	}
	if c.scale != 1 {
		// At least a nanosecond, so that a fast clock does not spin.
		d = max(time.Duration(float64(d)/c.scale), 1)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	}
}

// Jumps implements Clock.
func (c *RealClock) Jumps() bool { return false }
