package sdk

import "time"

// RealClock is the host's clock, possibly faster or slower. It is the only
// place of the simulator that asks the host for the time.
type RealClock struct {
	start time.Time
	scale float64 // device time per host time
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
		return host
	}
	return time.Duration(float64(host) * c.scale)
}

// Work implements Clock: real time passes by itself.
func (c *RealClock) Work(time.Duration) {}

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
