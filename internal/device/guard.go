package device

import (
	"sync"
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
//
// One timer looks after all guards of the process, see guards.
type guard struct {
	beats atomic.Uint64 // changes whenever something goes on
	away  atomic.Int32  // above 0 while the module waits for the host or for time

	cut    func()       // ends a task where its work is counted
	revoke func() error // takes its memory; an error means that there is none to watch over

	// What follows belongs to guards, under its lock.
	running bool      // the module runs
	ending  bool      // it is to stop, or will be when it runs
	late    bool      // a task is late
	wasCut  bool      // cut was called in this run
	due     time.Time // of the next thing to do about ending and late
	last    uint64    // beats at the last look
	same    int       // looks since the count has changed
}

const (
	// guardTime is how long a task may take on the host without a sign of life.
	guardTime = 5 * time.Second
	// guardLooks is how many looks there are in that time.
	guardLooks = 5
	// lastTask is how long the task that runs when the module is to stop may go on, on
	// the host, and cutTime how long it takes at most until cutting it has shown.
	lastTask = 40 * time.Millisecond
	cutTime  = 25 * time.Millisecond
	// lateTask is how long a task may go on, on the host, when the time of RunFor is over.
	lateTask = 2 * time.Second
)

// moved tells whether something goes on since the count was last, or waits for the host.
func (g *guard) moved() bool { return g.beats.Load() != g.last || g.away.Load() > 0 }

// outside runs f, which may wait for the host.
func (g *guard) outside(f func()) {
	g.away.Add(1)
	defer func() {
		g.beats.Add(1)
		g.away.Add(-1)
	}()
	f()
}

// watch starts to watch over a run of the module; stop ends it.
func (d *Device) watch() (stop func()) {
	watchers.add(&d.guard)
	return func() {
		watchers.remove(&d.guard)
		d.loop.Resume()
		d.space.Restore() // an error shows at the next access
	}
}

// hurry lets the task that runs end soon, or that which will run. Any goroutine may call
// it.
func (g *guard) hurry() { watchers.note(g, &g.ending) }

// lateNow lets the task that runs end in lateTask.
func (g *guard) lateNow() { watchers.note(g, &g.late) }

// guards watches over all modules of the process that run, by one timer that is set while
// one does.
type guards struct {
	mu      sync.Mutex
	running map[*guard]struct{}
	urgent  map[*guard]struct{} // of running: those that are due before the next look
	timer   *time.Timer         // nil before the first run
	next    time.Time           // when it is due
	looks   time.Time           // when the next look is
}

var watchers = &guards{running: map[*guard]struct{}{}, urgent: map[*guard]struct{}{}}

// add begins to watch over a run.
func (w *guards) add(g *guard) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g.running, g.wasCut, g.last, g.same = true, false, g.beats.Load(), 0
	w.running[g] = struct{}{}
	if len(w.running) == 1 {
		w.looks = time.Now().Add(guardTime / guardLooks)
		w.set(w.looks)
	}
	w.plan(g)
}

// remove ends that. Nothing is done to the module any more when it returns.
func (w *guards) remove(g *guard) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g.running, g.ending, g.late = false, false, false
	delete(w.running, g)
	delete(w.urgent, g)
	if len(w.running) == 0 {
		w.timer.Stop()
	}
}

// set lets tick run at a time.
func (w *guards) set(at time.Time) {
	w.next = at
	if w.timer == nil {
		w.timer = time.AfterFunc(time.Until(at), w.tick)
		return
	}
	w.timer.Reset(time.Until(at))
}

// note sets one of a guard's wishes.
func (w *guards) note(g *guard, wish *bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !*wish {
		*wish = true
		w.plan(g)
	}
}

// plan says when something is to be done about a run that is to end. An end is sooner than
// what is late, and once a task was cut, only what comes of that matters.
func (w *guards) plan(g *guard) {
	wait := lateTask
	switch {
	case !g.running || g.wasCut || !g.ending && !g.late:
		return
	case g.ending:
		wait = lastTask
	}
	due := time.Now().Add(wait)
	if _, planned := w.urgent[g]; planned && g.due.Before(due) {
		return
	}
	g.due = due
	w.urgent[g] = struct{}{}
	if due.Before(w.next) {
		w.set(due)
	}
}

// tick does what is due.
func (w *guards) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if !now.Before(w.looks) {
		w.looks = now.Add(guardTime / guardLooks)
		for g := range w.running {
			w.look(g)
		}
	}
	next := w.looks
	for g := range w.urgent {
		if !now.Before(g.due) {
			w.press(g, now)
		}
		if _, still := w.urgent[g]; still && g.due.Before(next) {
			next = g.due
		}
	}
	if len(w.running) > 0 {
		w.set(next)
	}
}

// look takes the memory of a task without a sign of life.
func (w *guards) look(g *guard) {
	if _, urgent := w.urgent[g]; urgent && g.wasCut {
		return
	}
	if g.moved() {
		g.last, g.same = g.beats.Load(), 0
		return
	}
	if g.same++; g.same >= guardLooks {
		g.same = 0
		w.take(g)
	}
}

// reached says that a cut has shown: what is left of it is telling where, for which there is time.
func (w *guards) reached(g *guard) {
	w.mu.Lock()
	defer w.mu.Unlock()
	g.last, g.due = g.beats.Load(), time.Now().Add(lateTask)
}

// press ends a task: first where its work is counted, then by force, again and again while
// nothing moves.
func (w *guards) press(g *guard, now time.Time) {
	if !g.wasCut {
		g.wasCut = true
		g.cut()
	} else if !g.moved() && !w.take(g) {
		return
	}
	g.last = g.beats.Load()
	g.due = now.Add(cutTime)
}

// take takes the memory of a module. Where there is none any more, there is nothing to
// watch over.
func (w *guards) take(g *guard) bool {
	if g.revoke() != nil {
		delete(w.running, g)
		delete(w.urgent, g)
		return false
	}
	return true
}
