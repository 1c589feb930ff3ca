package sdk

import (
	"math"
	"time"
)

// Forever is the time that never comes.
const Forever = time.Duration(math.MaxInt64)

// Clock is where a Loop gets its time from. All times are since power-on.
type Clock interface {
	Now() time.Duration
	// Work counts simulated work of the chip: the clock moves on by d.
	Work(d time.Duration)
	// Sleep lets time pass until t, or until a value arrives on wake, whatever
	// comes first. A nil channel never wakes.
	Sleep(t time.Duration, wake <-chan struct{})
	// Jumps tells whether Sleep reaches its end at once.
	Jumps() bool
	// Late tells the clock how late the module is with its next timer, 0 or less if it
	// is not. The answer is whether the clock stands until it has caught up.
	Late(d time.Duration) (stands bool)
	// Aside runs f, and the clock stands meanwhile: a person looks at the module, or the
	// host is asked what the module must not notice.
	Aside(f func())
}

// VirtualClock moves only when it is told to: during a task by the work that is
// counted, between tasks by jumping to the next deadline.
type VirtualClock struct{ now time.Duration }

// NewVirtualClock returns a clock that stands at zero.
func NewVirtualClock() *VirtualClock { return &VirtualClock{} }

// Now implements Clock.
func (c *VirtualClock) Now() time.Duration { return c.now }

// Work implements Clock.
func (c *VirtualClock) Work(d time.Duration) {
	if d > 0 {
		c.now += d
	}
}

// Sleep implements Clock.
func (c *VirtualClock) Sleep(t time.Duration, wake <-chan struct{}) {
	if t == Forever {
		<-wake
		return
	}
	c.now = max(c.now, t)
}

// Jumps implements Clock.
func (c *VirtualClock) Jumps() bool { return true }

// Late implements Clock.
func (c *VirtualClock) Late(time.Duration) (stands bool) { return false }

// Aside implements Clock.
func (c *VirtualClock) Aside(f func()) { f() }
