package sdk

import "time"

// RealClock is the host's clock, possibly faster or slower, plus the time that the
// chip's work takes: the host does that work much faster, so the module's time
// runs ahead by it. A program that waits by looking at the clock and the watchdog
// then agree about how long that was. It is the only place of the simulator that
// asks the host for the time.
type RealClock struct {
	start  time.Time
	scale  float64       // device time per host time
	worked time.Duration // sum of Work
}

// NewRealClock returns a clock that starts now and runs scale times as fast as
// the host's.
func NewRealClock(scale float64) *RealClock {
	if !(scale > 0) {
		panic("BUG: clock scale is not positive")
	}
	return &RealClock{start: time.Now(), scale: scale}
}

// Now implements Clock.
func (c *RealClock) Now() time.Duration {
	host := time.Since(c.start)
	if c.scale == 1 {
		return host + c.worked
	}
	return time.Duration(float64(host)*c.scale) + c.worked
}

// Work implements Clock.
func (c *RealClock) Work(d time.Duration) {
	if d > 0 {
		c.worked += d
	}
}

// Sleep implements Clock.
func (c *RealClock) Sleep(t time.Duration, wake <-chan struct{}) {
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
