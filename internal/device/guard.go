package device

import (
	"sync/atomic"
	"time"
)

// guard watches over what a task takes of the host's time.
//
// It ends tasks that take that time without telling the chip's clock, such as a
// loop through a list that damaged code closed to a circle: it takes their memory
// away, and the fault becomes a reset by the watchdog. What a task is allowed
// depends on the host, so this is only the last resort; the watchdog of the loop,
// which counts work, comes long before.
//
// And it ends the task that runs when the module is to stop: a task may feed the
// watchdog for ever. First the task is cut where its work is counted; where that
// takes too long, its memory goes.
type guard struct {
	beats  atomic.Uint64 // changes whenever something goes on
	away   atomic.Int32  // above 0 while the module waits for the host or for time
	ending chan struct{} // has a value when the module is to stop
	over   chan struct{} // has a value when a task is late
}

func (g *guard) init() { g.ending, g.over = make(chan struct{}, 1), make(chan struct{}, 1) }

const (
	// guardTime is how long a task may take on the host without a sign of life.
	guardTime = 5 * time.Second
	// lastTask is how long the task that runs when the module is to stop may go on, on
	// the host, and cutTime how long it takes at most until cutting it has shown.
	lastTask = 40 * time.Millisecond
	cutTime  = 25 * time.Millisecond
	// lateTask is how long a task may go on, on the host, when the time of RunFor is over.
	lateTask = 2 * time.Second
)

// hurry lets the task that runs end soon. Any goroutine may call it.
func (g *guard) hurry() { tell(g.ending) }

// late lets the task that runs end in lateTask.
func (g *guard) late() { tell(g.over) }

// tell puts a value into a channel that has room for one.
func tell(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is told
	}
}

func forget(c <-chan struct{}) {
	select {
	case <-c:
	default:
	}
}

// watch starts to watch over a run of the module; stop ends it.
func (d *Device) watch() (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		d.guard.run(done, d.loop.Cut, d.space.Revoke)
	}()
	return func() {
		close(done)
		<-gone
		forget(d.guard.ending)
		forget(d.guard.over)
		d.loop.Resume()
		d.space.Restore() // an error shows at the next access
	}
}

// run watches until done is closed. cut ends a task where its work is counted, revoke
// takes its memory; an error of that means that there is none to watch over.
func (g *guard) run(done <-chan struct{}, cut func(), revoke func() error) {
	const ticks = 5
	tick := time.NewTicker(guardTime / ticks)
	defer tick.Stop()
	last, same := g.beats.Load(), 0
	var limit <-chan time.Time
	for {
		select {
		case <-done:
			return
		case <-g.ending:
			g.end(done, cut, revoke)
			return
		case <-g.over:
			limit = time.After(lateTask)
			continue
		case <-limit:
			g.end(done, cut, revoke)
			return
		case <-tick.C:
		}
		if g.moved(last) {
			last, same = g.beats.Load(), 0
			continue
		}
		if same++; same >= ticks {
			same = 0
			if revoke() != nil {
				return
			}
		}
	}
}

// end ends the task that runs, as run does.
func (g *guard) end(done <-chan struct{}, cut func(), revoke func() error) {
	if !within(lastTask, done) {
		cut()
	}
	for last := g.beats.Load(); !within(cutTime, done); last = g.beats.Load() {
		if !g.moved(last) && revoke() != nil {
			return
		}
	}
}

// within waits for a channel to be closed, and tells whether it was in time.
func within(t time.Duration, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-time.After(t):
		return false
	}
}

// moved tells whether something goes on since the count was last, or waits for the host.
func (g *guard) moved(last uint64) bool { return g.beats.Load() != last || g.away.Load() > 0 }

// outside runs f, which may wait for the host.
func (g *guard) outside(f func()) {
	g.away.Add(1)
	defer func() {
		g.beats.Add(1)
		g.away.Add(-1)
	}()
	f()
}
