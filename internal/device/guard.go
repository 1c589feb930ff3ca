package device

import (
	"sync/atomic"
	"time"

	"moonlet/internal/sdk"
)

// guard ends tasks that take the host's time without telling the chip's clock,
// such as a loop through a list that damaged code closed to a circle: it takes
// their memory away, and the fault becomes a reset by the watchdog. What a task
// is allowed depends on the host, so this is only the last resort; the watchdog
// of the loop, which counts work, comes long before.
type guard struct {
	beats atomic.Uint64 // changes whenever something goes on
	away  atomic.Int32  // above 0 while the module waits for the host or for time
}

// guardTime is how long a task may take on the host without a sign of life.
const guardTime = 5 * time.Second

// watch starts to watch over the device's memory; stop ends it.
func (d *Device) watch() (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(guardTime / 5)
		defer tick.Stop()
		last, same := uint64(0), 0
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			now := d.guard.beats.Load()
			if now != last || d.guard.away.Load() > 0 {
				last, same = now, 0
				continue
			}
			if same++; same >= 5 {
				same = 0
				if err := d.space.Revoke(); err != nil {
					return // the address space is not in a state to go on with
				}
			}
		}
	}()
	return func() { close(done) }
}

// outside runs f, which may wait for the host.
func (g *guard) outside(f func()) {
	g.away.Add(1)
	defer func() {
		g.beats.Add(1)
		g.away.Add(-1)
	}()
	f()
}

// guardedClock tells the guard when the module sleeps.
type guardedClock struct {
	sdk.Clock
	g *guard
}

// Sleep implements sdk.Clock.
func (c guardedClock) Sleep(t time.Duration, wake <-chan struct{}) {
	c.g.outside(func() { c.Clock.Sleep(t, wake) })
}
