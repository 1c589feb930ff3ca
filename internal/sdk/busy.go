package sdk

import "time"

// taskTime is how long the current task has held the chip, by the model: work
// that was charged and delays, never the host's time. So the figures are the
// same on every host and with every clock.
type taskTime struct {
	running bool
	busy    time.Duration
	fed     time.Duration // busy when the watchdog was fed last
	long    bool          // OnTaskLimit ran
}

// Exec runs f as a task at once: the boot, which is no task of a queue but is
// supervised like one.
func (l *Loop) Exec(f func()) { l.run(f) }

// run runs a task, a timer's function or an injected one to its end.
func (l *Loop) run(f func()) {
	l.task = taskTime{running: true}
	l.turn++
	f()
	l.settle()
	t := l.task
	l.task = taskTime{}
	if t.long && l.config.OnLongTask != nil {
		l.config.OnLongTask(t.busy)
	}
}

// settle charges what the task has worked since its work was last charged.
func (l *Loop) settle() {
	if l.config.Pending != nil && l.task.running && !l.isr {
		l.Charge(l.config.Pending())
	}
}

// Turn is the number of the task that runs, or of the last one.
func (l *Loop) Turn() uint64 { return l.turn }

// Long tells whether the task that runs is too long already, or will never be.
func (l *Loop) Long() bool { return l.task.long || !l.task.running || l.config.TaskLimit < 0 }

// Running is how long the current task has held the chip, 0 between tasks.
func (l *Loop) Running() time.Duration { return l.task.busy }

// WatchdogLeft is how much longer the current task may hold the chip before the
// soft watchdog bites.
func (l *Loop) WatchdogLeft() time.Duration {
	if l.config.SoftWatchdog < 0 {
		return Forever
	}
	return l.config.SoftWatchdog - (l.task.busy - l.task.fed)
}

// FeedWatchdog implements port.Loop.
func (l *Loop) FeedWatchdog() { l.settle(); l.task.fed = l.task.busy }

// Charge counts simulated work of the current task: the clock moves on,
// hardware timers that become due interrupt, and the task's limits are checked.
func (l *Loop) Charge(d time.Duration) {
	l.checkEnd()
	if d <= 0 {
		return
	}
	if l.isr || len(l.hard.heap) == 0 {
		if l.virtual != nil {
			l.virtual.now += d
		} else {
			l.clock.Work(d)
		}
		l.count(d)
		return
	}
	end := l.now() + d
	rest := d
	for l.hard.next() <= end {
		step := l.hard.next() - l.now()
		if step > 0 {
			l.clock.Work(step)
			rest -= step
			if l.now() < l.hard.next() {
				break // for clocks that do not count work
			}
		}
		l.interrupt()
	}
	if rest > 0 {
		l.clock.Work(rest)
	}
	l.count(d)
}

// Delay implements port.Loop. Hardware timers interrupt it.
func (l *Loop) Delay(d time.Duration) {
	if d <= 0 {
		return
	}
	if l.isr {
		l.Charge(d)
		return
	}
	l.settle()
	// In slices that end where the watchdog does, so that a long delay is cut
	// short as the chip would be.
	for d > 0 {
		slice := d
		if left := l.WatchdogLeft(); l.task.running && left > 0 {
			slice = min(slice, left)
		}
		l.pass(slice)
		l.count(slice)
		d -= slice
	}
}

func (l *Loop) pass(d time.Duration) {
	end := l.now() + d
	for {
		l.checkEnd()
		now := l.now()
		if now >= end {
			break
		}
		next := min(end, l.hard.next())
		for _, limit := range []time.Duration{l.end, l.last} {
			if limit > now {
				next = min(next, limit)
			}
		}
		if next = max(now, next); l.clock.Jumps() {
			l.jump(next)
		} else {
			l.wait(next, l.cutNow)
		}
		l.interrupt()
	}
}

// checkEnd ends a task that is to end in its midst.
func (l *Loop) checkEnd() {
	over, cut := l.now() >= l.end, l.cut.Load()
	if !over && !cut || !l.task.running || l.config.OnCut == nil {
		return
	}
	if cut || over && l.now() >= l.last {
		l.task.running = false // what follows is no part of it
		l.config.OnCut()
	}
	if over && !l.late && l.config.OnLate != nil {
		l.late = true
		l.config.OnLate()
	}
}

// interrupt runs the functions of all hardware timers that are due.
func (l *Loop) interrupt() {
	if l.isr {
		return
	}
	l.isr = true
	for l.hard.next() <= l.now() {
		l.hard.take()()
	}
	l.isr = false
}

// count adds to the time of the current task and looks after its limits.
// Between tasks nothing is limited.
func (l *Loop) count(d time.Duration) {
	t := &l.task
	if !t.running {
		return
	}
	t.busy += d
	if limit := l.config.TaskLimit; limit >= 0 && t.busy > limit && !t.long {
		t.long = true
		if l.config.OnTaskLimit != nil {
			l.config.OnTaskLimit()
		}
	}
	if l.WatchdogLeft() <= 0 {
		l.FeedWatchdog()
		if l.config.OnWatchdog != nil {
			l.config.OnWatchdog()
		}
	}
}
