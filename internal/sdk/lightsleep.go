package sdk

import (
	"slices"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// light is what light sleep and the firmware's API for suspended timers (app/pm/swtimer.c) keep.
type light struct {
	asleep bool
	hard   []*timer // the chip's hardware timers, whose clock stands
	timers []*timer // that SuspendTimers holds, by deadline
}

// NewSDKTimer makes a timer that SuspendTimers leaves alone.
func (l *Loop) NewSDKTimer(f func()) port.Timer {
	return &timer{q: &l.timers, f: f, index: -1, sdk: true}
}

// FireOnResume lets the timer be due as soon as timers go on (SWTIMER_IMMEDIATE).
func (t *timer) FireOnResume() { t.atOnce = true }

// hold takes armed timers out of a queue, earliest first, and notes how much time is left of each.
func (q *timerQueue) hold(which func(t *timer) bool) (list []*timer) {
	now := q.loop.Now()
	for _, t := range q.heap {
		if which(t) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *timer) int {
		if a.deadline != b.deadline {
			return int(min(max(a.deadline-b.deadline, -1), 1))
		}
		return int(int64(a.seq) - int64(b.seq))
	})
	for _, t := range list {
		q.remove(t.index)
		t.held, t.left = true, max(t.deadline-now, 0)
	}
	return list
}

// release arms what hold gave, unless somebody has armed or disarmed it meanwhile.
func (q *timerQueue) release(list []*timer) {
	now := q.loop.Now()
	for _, t := range list {
		if !t.held {
			continue
		}
		t.held = false
		if t.atOnce {
			t.left = 0
		}
		q.push(t, now+t.left)
	}
}

// SuspendTimers holds all software timers that are armed but those of the SDK.
func (l *Loop) SuspendTimers() {
	l.light.timers = append(l.light.timers, l.timers.hold(func(t *timer) bool { return !t.sdk })...)
}

// ResumeTimers lets them go on with the time that was left.
func (l *Loop) ResumeTimers() {
	l.timers.release(l.light.timers)
	l.light.timers = nil
}

// LightSleep stops the processor behind the task that runs, until EndLightSleep. Meanwhile
// only what is outside of the chip goes on: timers of NewOutsideTimer and functions of
// InjectOutside. What Inject brings waits. Timers of the SDK that become due come late.
func (l *Loop) LightSleep() {
	if !l.light.asleep {
		l.light.asleep = true
		l.light.hard = l.hard.hold(func(t *timer) bool { return !t.outside })
	}
}

// EndLightSleep lets the processor go on.
func (l *Loop) EndLightSleep() {
	if l.light.asleep {
		l.light.asleep = false
		l.hard.release(l.light.hard)
		l.light.hard = nil
		l.wakeUp()
	}
}

// Asleep tells whether the processor is in light sleep.
func (l *Loop) Asleep() bool { return l.light.asleep }

// forgetSleep is a reset of the chip.
func (l *Loop) forgetSleep() {
	for _, t := range append(l.light.hard, l.light.timers...) {
		t.held = false
	}
	l.light = light{}
}

// stepAsleep is Step in light sleep.
func (l *Loop) stepAsleep() bool {
	if l.outside.Load() {
		if f := l.takeInjected(true); f != nil {
			l.run(f)
			return true
		}
	}
	return false
}

// sleepLight lets time pass until t, or until something happens outside. Nobody who holds a
// virtual clock is waited for: what he brings would wait, too.
func (l *Loop) sleepLight(t time.Duration) {
	if t == Forever || !l.clock.Jumps() {
		l.wait(t, l.wake)
		return
	}
	if !l.injectedOutside() {
		l.jump(t)
	}
}

// injectedOutside tells whether a function of InjectOutside waits.
func (l *Loop) injectedOutside() bool {
	if !l.outside.Load() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.inject, func(i injected) bool { return i.outside })
}
