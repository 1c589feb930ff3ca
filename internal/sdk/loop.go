package sdk

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"moonlet.example/moonlet/internal/chip"
	"moonlet.example/moonlet/internal/port"
)

// Times after which something is wrong with a task.
const (
	// TaskLimit is how long a task may hold the ESP8266 before the radio suffers.
	TaskLimit = chip.ESP8266TaskLimit
	// SoftWatchdog is how long until the SDK's own watchdog resets it.
	SoftWatchdog = chip.ESP8266SoftWatchdog
)

// dispatchTime is how long it takes to begin a task. It is less than on the
// chip, and there to keep tasks that post each other from stopping a virtual
// clock.
const dispatchTime = time.Microsecond

// Config is what a Loop needs. Only Clock must be set.
type Config struct {
	Clock Clock
	// TaskQueue is how many tasks of a priority can wait, TimerStep the shortest period of a
	// timer; 0 is the ESP8266's.
	TaskQueue int
	TimerStep time.Duration
	// TaskLimit and SoftWatchdog replace the constants of that name; a negative
	// value turns the supervision off.
	TaskLimit    time.Duration
	SoftWatchdog time.Duration
	// Pending, if any, tells how much work of the current task has not been
	// charged yet, and forgets it.
	Pending func() time.Duration
	// OnTaskLimit runs in the midst of a task as soon as that has held the chip
	// for longer than TaskLimit, once per task: the moment for a traceback.
	OnTaskLimit func()
	// OnLongTask runs after such a task, with the whole time it took.
	OnLongTask func(d time.Duration)
	// OnWatchdog runs in the midst of a task that has held the chip for
	// SoftWatchdog since it began or fed the watchdog. It ends the module's life
	// by a panic; if it returns, the watchdog counts anew.
	OnWatchdog func()
	// OnWait, if any, is given what waits for the host, to run it. OnJump runs now and then
	// while a clock jumps from one deadline to the next: a sign of life where the module
	// never waits.
	OnWait func(wait func())
	OnJump func()
	// OnLate runs, once, in the midst of a task that goes on at the time that Limit names,
	// and OnCut in the midst of one that is to end at once: after Cut, or when what Limit
	// allows is over. It ends the module's life by a panic; without it tasks are not cut.
	OnLate func()
	OnCut  func()
}

// Loop is the SDK's event loop. Except for Inject, InjectOutside, Stop, Cut and the
// function that Hold returns, it belongs to one goroutine.
//
// What is ready runs in this order: functions that were injected, software
// timers by deadline and arming order, tasks by priority and posting order. While a
// fast clock stands for the module to catch up, timers come before all else.
// Hardware timers do not wait for their turn: they interrupt whatever lets time
// pass.
type Loop struct {
	config  Config
	clock   Clock
	virtual *VirtualClock // clock if it is one, which is asked without the interface's price
	jumps   uint          // of the clock
	tasks   [port.High + 1]taskQueue
	posted  int // tasks in all queues
	timers  timerQueue
	hard    timerQueue
	seq     uint64 // arming order of all timers
	reset   time.Duration

	task   taskTime
	turn   uint64 // number of the task
	isr    bool   // a hardware timer's function is running
	halted bool   // until Reset
	light  light

	end, last time.Duration // of Limit
	late      bool          // OnLate ran

	wake    chan struct{} // has a value when something happened outside
	cutNow  chan struct{} // has a value when the task that waits is to be cut
	stopped atomic.Bool
	cut     atomic.Bool
	outside atomic.Bool // inject is not empty
	mu      sync.Mutex  // guards what follows
	inject  []injected
	holds   map[*hold]struct{}
	held    atomic.Bool // holds is not empty
}

// injected is a function that came from another goroutine.
type injected struct {
	f       func()
	outside bool // survives a reset of the chip
}

// hold has a size, so that each has its own address.
type hold struct{ _ byte }

var _ port.Loop = (*Loop)(nil)

// New returns a Loop with nothing to do.
func New(c Config) *Loop {
	if c.TaskLimit == 0 {
		c.TaskLimit = TaskLimit
	}
	if c.SoftWatchdog == 0 {
		c.SoftWatchdog = SoftWatchdog
	}
	if c.TaskQueue == 0 {
		c.TaskQueue = port.TaskQueueLen
	}
	if c.TimerStep == 0 {
		c.TimerStep = chip.ESP8266().TimerStep
	}
	l := &Loop{config: c, clock: c.Clock, end: Forever, last: Forever,
		wake: make(chan struct{}, 1), cutNow: make(chan struct{}, 1), holds: map[*hold]struct{}{}}
	l.virtual, _ = c.Clock.(*VirtualClock)
	l.timers.loop, l.hard.loop = l, l
	rings := make([]func(), len(l.tasks)*c.TaskQueue)
	for p := range l.tasks {
		l.tasks[p].ring = rings[p*c.TaskQueue:][:c.TaskQueue:c.TaskQueue]
	}
	return l
}

// Now implements port.Loop.
func (l *Loop) Now() time.Duration {
	l.settle()
	return l.now()
}

// now is the clock's time, without the work of the task that runs.
func (l *Loop) now() time.Duration {
	if l.virtual != nil {
		return l.virtual.now
	}
	return l.clock.Now()
}

// NextInterrupt is how long it is until the next function at interrupt level.
func (l *Loop) NextInterrupt() time.Duration {
	if len(l.hard.heap) == 0 {
		return Forever
	}
	return max(l.hard.next()-l.now(), 0)
}

// ResetTime is when the last Reset was.
func (l *Loop) ResetTime() time.Duration { return l.reset }

// Post implements port.Loop.
func (l *Loop) Post(p port.Priority, f func()) bool {
	if !l.tasks[p].push(f) {
		return false
	}
	l.posted++
	return true
}

// NewTimer implements port.Loop.
func (l *Loop) NewTimer(f func()) port.Timer { return &timer{q: &l.timers, f: f, index: -1} }

// NewHardwareTimer makes a timer that interrupts (port.System.NewHardwareTimer).
func (l *Loop) NewHardwareTimer(f func()) port.Timer {
	return &timer{q: &l.hard, f: f, index: -1}
}

// NewOutsideTimer makes a timer of the world around the chip: it interrupts as
// a hardware timer does, and a reset of the chip does not disarm it.
func (l *Loop) NewOutsideTimer(f func()) port.Timer {
	return &timer{q: &l.hard, f: f, index: -1, outside: true}
}

// Inject implements port.Loop.
func (l *Loop) Inject(f func()) { l.injectEither(injected{f: f}) }

// InjectOutside is Inject for what happens around the chip, such as input on its
// serial line: f runs also if the chip is reset in between. Any goroutine may
// call it.
func (l *Loop) InjectOutside(f func()) { l.injectEither(injected{f: f, outside: true}) }

func (l *Loop) injectEither(i injected) {
	l.mu.Lock()
	l.inject = append(l.inject, i)
	l.outside.Store(true)
	l.mu.Unlock()
	l.wakeUp()
}

// Jumps tells whether time passes only where nobody holds it: the clock is virtual.
func (l *Loop) Jumps() bool { return l.clock.Jumps() }

// Hold implements port.Loop. Any goroutine may call release, also more than once.
func (l *Loop) Hold() (release func()) {
	h := new(hold)
	l.mu.Lock()
	l.holds[h] = struct{}{}
	l.held.Store(true)
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		delete(l.holds, h)
		l.held.Store(len(l.holds) > 0)
		l.mu.Unlock()
		l.wakeUp()
	}
}

// Halt ends the chip's life after the current task: Run and its like return, and
// do nothing until Reset.
func (l *Loop) Halt() { l.halted = true }

// Stop makes Run return after the current task. Any goroutine may call it.
func (l *Loop) Stop() {
	l.stopped.Store(true)
	l.wakeUp()
}

// Cut is Stop for those who cannot wait for the end of the task: it ends in its midst.
// Any goroutine may call it.
func (l *Loop) Cut() {
	l.cut.Store(true)
	notify(l.cutNow)
	l.Stop()
}

// Cutting tells whether Cut was called since Resume.
func (l *Loop) Cutting() bool { return l.cut.Load() }

// Resume takes back what Stop and Cut asked for and nobody has done yet.
func (l *Loop) Resume() {
	l.stopped.Store(false)
	l.cut.Store(false)
	select {
	case <-l.cutNow:
	default:
	}
}

func (l *Loop) wakeUp() { notify(l.wake) }

// notify puts a value into a channel that has room for one, unless there is one already.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Reset forgets tasks, the chip's timers, holds and what Inject brought: the chip
// reboots. Timers stay usable; time goes on.
func (l *Loop) Reset() {
	for p := range l.tasks {
		l.tasks[p].clear()
	}
	l.posted = 0
	l.timers.reset()
	l.hard.reset()
	l.task, l.isr, l.halted = taskTime{}, false, false
	l.forgetSleep()
	l.reset = l.Now()
	l.mu.Lock()
	l.inject = slices.DeleteFunc(l.inject, func(i injected) bool { return !i.outside })
	l.outside.Store(len(l.inject) > 0)
	clear(l.holds)
	l.held.Store(false)
	l.mu.Unlock()
}

// Step runs what is first in the order of the type's comment. It tells false if
// nothing is ready, and never lets time pass by itself.
func (l *Loop) Step() bool {
	if len(l.hard.heap) > 0 {
		l.interrupt()
	}
	if l.light.asleep {
		return l.stepAsleep()
	}
	late := time.Duration(-1)
	if len(l.timers.heap) > 0 {
		late = l.now() - l.timers.next()
	}
	if l.virtual == nil && l.clock.Late(late) {
		l.run(l.timers.take())
		return true
	}
	if l.outside.Load() {
		if f := l.takeInjected(false); f != nil {
			l.run(f)
			return true
		}
	}
	if late >= 0 {
		l.run(l.timers.take())
		return true
	}
	if l.posted == 0 {
		return false
	}
	l.posted--
	for p := port.High; p >= port.Low; p-- {
		if f := l.tasks[p].pop(); f != nil {
			l.clock.Work(dispatchTime)
			l.run(f)
			break
		}
	}
	return true
}

// takeInjected takes the first function that was injected, or the first that survives a reset.
func (l *Loop) takeInjected(outside bool) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := 0
	for outside && i < len(l.inject) && !l.inject[i].outside {
		i++
	}
	if i >= len(l.inject) {
		return nil
	}
	f := l.inject[i].f
	if i == 0 {
		l.inject[0] = injected{}
		l.inject = l.inject[1:]
	} else {
		l.inject = slices.Delete(l.inject, i, i+1)
	}
	l.outside.Store(len(l.inject) > 0)
	return f
}

// ends tells whether Run and its like are to return.
func (l *Loop) ends() bool { return l.stopped.Load() && l.stopped.Swap(false) || l.halted }

// Run runs the module until Stop or Halt, or until ctx is done, whose error it
// returns.
func (l *Loop) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, l.Stop)()
	for {
		if l.ends() {
			return ctx.Err()
		}
		if !l.Step() {
			l.sleep(Forever)
		}
	}
}

// RunUntilIdle runs everything that is ready now, and waits for whoever holds
// the loop. Timers that are due later stay armed.
func (l *Loop) RunUntilIdle() {
	for !l.ends() {
		if l.Step() {
			continue
		}
		if !l.held.Load() || l.light.asleep {
			return
		}
		l.wait(Forever, l.wake)
	}
}

// Limit says which tasks are to end: one that runs at the time end is late, and one that
// runs at the time last is cut. Forever is never. It stops nothing by itself.
func (l *Loop) Limit(end, last time.Duration) { l.end, l.last, l.late = end, last, false }

// RunFor runs the module for d and leaves the clock there, later only if a task
// took it there. Stop and Halt end it early.
func (l *Loop) RunFor(d time.Duration) {
	end := l.Now() + d
	for !l.ends() {
		if l.now() <= end && l.Step() {
			continue
		}
		if l.now() >= end {
			return
		}
		l.sleep(end)
	}
}

// sleep lets time pass until something may be ready, end at the latest; none if an
// interrupt has ended the run meanwhile.
func (l *Loop) sleep(end time.Duration) {
	if l.stopped.Load() || l.halted {
		return
	}
	if l.light.asleep {
		l.sleepLight(min(end, l.hard.next()))
		return
	}
	t := min(end, l.timers.next(), l.hard.next())
	if !l.clock.Jumps() {
		l.wait(t, l.wake)
		return
	}
	if t == Forever || l.held.Load() {
		l.wait(Forever, l.wake)
		return
	}
	if l.outside.Load() { // whoever held the clock has just brought what it was held for
		return
	}
	l.jump(t)
}

// wait lets time pass until t, or until something happens.
func (l *Loop) wait(t time.Duration, wake <-chan struct{}) {
	if l.config.OnWait == nil {
		l.clock.Sleep(t, wake)
		return
	}
	l.config.OnWait(func() { l.clock.Sleep(t, wake) })
}

// jumpsPerSign is how many jumps of the clock there are for a sign of life.
const jumpsPerSign = 64

// jump lets a clock jump to t.
func (l *Loop) jump(t time.Duration) {
	if l.jumps++; l.jumps%jumpsPerSign == 0 && l.config.OnJump != nil {
		l.config.OnJump()
	}
	if l.virtual != nil {
		l.virtual.now = max(l.virtual.now, t)
		return
	}
	l.clock.Sleep(t, nil)
}

// taskQueue is a ring of tasks of one priority.
type taskQueue struct {
	ring     []func()
	first, n int
}

func (q *taskQueue) push(f func()) bool {
	if q.n == len(q.ring) {
		return false
	}
	last := q.first + q.n
	if last >= len(q.ring) {
		last -= len(q.ring)
	}
	q.ring[last] = f
	q.n++
	return true
}

func (q *taskQueue) pop() func() {
	if q.n == 0 {
		return nil
	}
	f := q.ring[q.first]
	q.ring[q.first] = nil
	if q.first++; q.first == len(q.ring) {
		q.first = 0
	}
	q.n--
	return f
}

func (q *taskQueue) clear() {
	clear(q.ring)
	q.first, q.n = 0, 0
}
