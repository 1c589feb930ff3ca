package sdk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlet.example/moonlet/internal/port"
)

const ms = time.Millisecond

func newVirtual() *Loop { return New(Config{Clock: NewVirtualClock()}) }

// trace collects what ran, with the time.
type trace struct {
	l   *Loop
	got []string
}

func (t *trace) add(name string) { t.got = append(t.got, fmt.Sprintf("%s@%d", name, t.l.Now()/ms)) }

func (t *trace) f(name string) func() { return func() { t.add(name) } }

func (t *trace) want(tb testing.TB, want ...string) {
	tb.Helper()
	if !slices.Equal(t.got, want) {
		tb.Errorf("ran %v, want %v", t.got, want)
	}
}

func TestLoop_TaskOrder(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	l.Post(port.Low, tr.f("low1"))
	l.Post(port.Medium, func() {
		tr.add("medium1")
		l.Post(port.High, tr.f("high2"))
		l.Post(port.Low, tr.f("low2"))
	})
	l.Post(port.Medium, tr.f("medium2"))
	l.Post(port.High, tr.f("high1"))
	l.RunUntilIdle()
	tr.want(t, "high1@0", "medium1@0", "high2@0", "medium2@0", "low1@0", "low2@0")
}

func TestLoop_TimersBeforeTasksAndInjectedFirst(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	l.Post(port.High, tr.f("high"))
	l.NewTimer(tr.f("timer")).Arm(0, false)
	l.Inject(tr.f("injected"))
	l.RunUntilIdle()
	tr.want(t, "injected@0", "timer@0", "high@0")
}

func TestLoop_QueueOverflow(t *testing.T) {
	l := newVirtual()
	for p := port.Low; p <= port.High; p++ {
		n := 0
		for range port.TaskQueueLen {
			if !l.Post(p, func() { n++ }) {
				t.Fatalf("priority %d: queue full too early", p)
			}
		}
		if l.Post(p, func() { t.Error("ran a task that was refused") }) {
			t.Errorf("priority %d: a queue of %d took one more", p, port.TaskQueueLen)
		}
		l.RunUntilIdle()
		if n != port.TaskQueueLen {
			t.Errorf("priority %d: %d of %d ran", p, n, port.TaskQueueLen)
		}
		if !l.Post(p, func() {}) {
			t.Errorf("priority %d: no room after the queue was emptied", p)
		}
		l.RunUntilIdle()
	}
}

func TestTimer_EqualDeadlinesInArmingOrder(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	a, b, c := l.NewTimer(tr.f("a")), l.NewTimer(tr.f("b")), l.NewTimer(tr.f("c"))
	a.Arm(10*ms, false)
	b.Arm(10*ms, false)
	c.Arm(10*ms, false)
	a.Arm(10*ms, false) // anew: behind c
	l.RunFor(time.Second)
	tr.want(t, "b@10", "c@10", "a@10")
	if l.Now() != time.Second {
		t.Errorf("clock at %v after RunFor", l.Now())
	}
}

func TestTimer_RearmInsideCallback(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	var again, stop port.Timer
	n := 0
	again = l.NewTimer(func() {
		tr.add("again")
		if n++; n < 3 {
			again.Arm(5*ms, false)
		}
	})
	stop = l.NewTimer(func() {
		tr.add("stop")
		if !stop.Armed() {
			t.Error("a repeating timer is not armed while its function runs")
		}
		if n == 3 {
			stop.Disarm()
		}
	})
	again.Arm(5*ms, false)
	stop.Arm(10*ms, true)
	l.RunFor(100 * ms)
	tr.want(t, "again@5", "stop@10", "again@10", "again@15", "stop@20")
	if again.Armed() || stop.Armed() {
		t.Error("timers are still armed")
	}
}

func TestTimer_RepeatDoesNotDriftAndCatchesUp(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	n := 0
	tick := l.NewTimer(func() {
		tr.add("tick")
		if n++; n == 1 {
			l.Delay(25 * ms)
		}
	})
	tick.Arm(10*ms, true)
	l.RunFor(50 * ms)
	tr.want(t, "tick@10", "tick@35", "tick@35", "tick@40", "tick@50")
}

func TestTimer_DisarmAndZeroPeriod(t *testing.T) {
	l := newVirtual()
	n := 0
	tm := l.NewTimer(func() { n++ })
	tm.Disarm() // not armed: nothing happens
	tm.Arm(ms, false)
	tm.Disarm()
	l.RunFor(10 * ms)
	if n != 0 {
		t.Error("a disarmed timer fired")
	}
	tm.Arm(0, true)
	l.RunFor(10 * time.Microsecond)
	if n != 10 {
		t.Errorf("a repeating timer of period 0 fired %d times in 10 µs", n)
	}
	tm.Disarm()
	tm.Arm(Forever, false)
	tm.Arm(-ms, false)
	l.RunUntilIdle()
	if n != 11 {
		t.Error("a timer armed for the past did not fire")
	}
}

// Tasks that post each other do not stop the clock.
func TestLoop_EndlessTasks(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	var again func()
	again = func() { l.Post(port.High, again) }
	again()
	l.NewTimer(tr.f("timer")).Arm(5*ms, false)
	l.RunFor(10 * ms)
	tr.want(t, "timer@5")
}

// A day and more of alarms passes as fast as they can be computed.
func TestLoop_FortyNineDays(t *testing.T) {
	l := newVirtual()
	hours, minutes := 0, 0
	l.NewTimer(func() { hours++ }).Arm(time.Hour, true)
	l.NewTimer(func() { minutes++ }).Arm(time.Minute, true)
	const days = 49*24*time.Hour + 17*time.Hour + 3*time.Minute // past 2³² ms
	l.RunFor(days)
	if hours != int(days/time.Hour) || minutes != int(days/time.Minute) {
		t.Errorf("%d hours and %d minutes in %v", hours, minutes, days)
	}
	if l.Now() != days {
		t.Errorf("clock at %v", l.Now())
	}
}

func TestTimerQueue_Random(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	l := newVirtual()
	type key struct {
		at  time.Duration
		seq int
	}
	var got, want []key
	timers := make([]port.Timer, 50)
	armed := map[int]key{}
	seq := 0
	for i := range timers {
		timers[i] = l.NewTimer(func() {
			got = append(got, armed[i])
			delete(armed, i)
		})
	}
	for range 2000 {
		i := r.IntN(len(timers))
		if r.IntN(4) == 0 {
			timers[i].Disarm()
			delete(armed, i)
			continue
		}
		seq++
		d := time.Duration(r.IntN(20)) * ms
		timers[i].Arm(d, false)
		armed[i] = key{d, seq}
	}
	for _, k := range armed {
		want = append(want, k)
	}
	slices.SortFunc(want, func(a, b key) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return a.seq - b.seq
	})
	l.RunFor(time.Second)
	if !slices.Equal(got, want) {
		t.Errorf("fired %v, want %v", got, want)
	}
}

func TestLoop_StepNeverWaits(t *testing.T) {
	l := newVirtual()
	l.NewTimer(func() { t.Error("fired") }).Arm(ms, false)
	if l.Step() || l.Now() != 0 {
		t.Errorf("Step let time pass to %v", l.Now())
	}
}

func TestLoop_RunUntilIdleLeavesLaterTimers(t *testing.T) {
	l := newVirtual()
	tm := l.NewTimer(func() { t.Error("fired") })
	tm.Arm(ms, false)
	l.RunUntilIdle()
	if !tm.Armed() || l.Now() != 0 {
		t.Error("RunUntilIdle went on to a later timer")
	}
}

func TestLoop_Reset(t *testing.T) {
	l := newVirtual()
	boom := func() { t.Error("something of the old life ran") }
	tm := l.NewTimer(boom)
	hard := l.NewHardwareTimer(boom)
	l.RunFor(5 * ms)
	tm.Arm(ms, true)
	hard.Arm(ms, true)
	l.Post(port.Low, boom)
	l.Inject(boom)
	release := l.Hold()
	l.Reset()
	if tm.Armed() || hard.Armed() {
		t.Error("timers are armed after Reset")
	}
	l.RunFor(10 * ms)
	release()
	if l.Now() != 15*ms || l.ResetTime() != 5*ms {
		t.Errorf("now %v, reset at %v", l.Now(), l.ResetTime())
	}
	ran := false
	again := l.NewTimer(func() { ran = true })
	again.Arm(ms, false)
	l.RunFor(ms)
	if !ran {
		t.Error("no timer works after Reset")
	}
}

func TestLoop_OutsideTimersSurviveReset(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	for i := range 6 {
		d := time.Duration(10-i) * ms
		l.NewOutsideTimer(tr.f(fmt.Sprint("out", i))).Arm(d, false)
		l.NewHardwareTimer(tr.f("hard")).Arm(d, false)
	}
	l.Reset()
	l.RunFor(20 * ms)
	tr.want(t, "out5@5", "out4@6", "out3@7", "out2@8", "out1@9", "out0@10")
}

// What panics out of a task leaves the loop usable after Reset.
func TestLoop_ResetAfterPanic(t *testing.T) {
	l := New(Config{Clock: NewVirtualClock(), OnWatchdog: func() { panic("bite") }})
	l.NewHardwareTimer(func() { l.Delay(time.Minute) }).Arm(ms, false)
	l.Post(port.Low, func() { l.Delay(time.Second) })
	func() {
		defer func() {
			if r := recover(); r != "bite" {
				t.Errorf("recovered %v", r)
			}
		}()
		l.RunUntilIdle()
	}()
	l.Reset()
	n := 0
	l.NewHardwareTimer(func() { n++ }).Arm(ms, true)
	l.RunFor(3 * ms)
	if n != 3 || l.Running() != 0 {
		t.Errorf("%d interrupts, running %v", n, l.Running())
	}
}

func TestLoop_Determinism(t *testing.T) {
	run := func() []string {
		l := newVirtual()
		tr := &trace{l: l}
		r := rand.New(rand.NewPCG(7, 7))
		var spawn func(depth int)
		spawn = func(depth int) {
			for i := range 3 {
				name := fmt.Sprintf("%d.%d", depth, i)
				next := func() {
					tr.add(name)
					l.Charge(time.Duration(r.IntN(3)) * ms)
					if depth < 4 {
						spawn(depth + 1)
					}
				}
				if r.IntN(2) == 0 {
					l.Post(port.Priority(r.IntN(3)), next)
				} else {
					l.NewTimer(next).Arm(time.Duration(r.IntN(5))*ms, false)
				}
			}
		}
		spawn(0)
		l.RunFor(time.Second)
		return tr.got
	}
	first := run()
	if len(first) < 100 {
		t.Fatalf("only %d events", len(first))
	}
	for range 5 {
		if again := run(); !reflect.DeepEqual(again, first) {
			t.Fatal("two runs differ")
		}
	}
}

func TestLoop_InjectFromGoroutines(t *testing.T) {
	l := newVirtual()
	const goroutines, each = 8, 200
	n, last := 0, make([]int, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				l.Inject(func() {
					n++
					if i != 0 && last[g] != i-1 {
						t.Errorf("goroutine %d: %d after %d", g, i, last[g])
					}
					last[g] = i
				})
			}
		})
	}
	go func() {
		wg.Wait()
		l.Inject(l.Stop)
	}()
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
	if n != goroutines*each {
		t.Errorf("%d of %d injected functions ran", n, goroutines*each)
	}
}

func TestLoop_HoldKeepsVirtualTime(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	l.NewTimer(tr.f("later")).Arm(time.Hour, false)
	release := l.Hold()
	go func() {
		l.Inject(func() {
			tr.add("answer")
			release()
			release() // harmless
		})
	}()
	l.RunFor(2 * time.Hour)
	tr.want(t, "answer@0", "later@3600000")
}

func TestLoop_RunUntilIdleWaitsForHold(t *testing.T) {
	l := newVirtual()
	release := l.Hold()
	done := false
	go l.Inject(func() {
		done = true
		release()
	})
	l.RunUntilIdle()
	if !done {
		t.Error("did not wait")
	}
}

func TestLoop_RunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, clock := range []Clock{NewVirtualClock(), NewRealClock(1)} {
		l := New(Config{Clock: clock})
		l.Post(port.Low, cancel)
		if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	}
}

func TestLoop_StopBeforeRun(t *testing.T) {
	l := newVirtual()
	l.Stop()
	if err := l.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLoop_HaltUntilReset(t *testing.T) {
	l := newVirtual()
	n := 0
	l.Post(port.Low, l.Halt)
	l.Post(port.Low, func() { n++ })
	for range 3 {
		if err := l.Run(t.Context()); err != nil {
			t.Error(err)
		}
		l.RunFor(time.Second)
		l.RunUntilIdle()
	}
	if n != 0 || l.Now() >= time.Second {
		t.Error("something ran after Halt")
	}
	l.Inject(func() { t.Error("survived the reset") })
	l.InjectOutside(func() { n++ })
	l.Reset()
	l.RunUntilIdle()
	if n != 1 {
		t.Error("what came from outside was lost")
	}
}

func TestRealClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, scale := range []float64{1, 4} {
			l := New(Config{Clock: NewRealClock(scale)})
			start := time.Now()
			tr := &trace{l: l}
			l.NewTimer(tr.f("tick")).Arm(100*ms, true)
			l.NewTimer(func() { l.Delay(40 * ms); tr.add("slow") }).Arm(200*ms, false)
			l.RunFor(400 * ms)
			tr.want(t, "tick@100", "slow@240", "tick@240", "tick@300", "tick@400")
			host := time.Since(start)
			if want := time.Duration(float64(400*ms) / scale); host < want || host > want+ms {
				t.Errorf("scale %v: took %v, want %v", scale, host, want)
			}
		}
	})
}

// TestRealClock_Stands has a repeating timer whose function takes the host longer than a
// fast clock leaves: what else is due comes in time, and the clock goes on afterwards.
func TestRealClock_Stands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const scale = 1000
		l := New(Config{Clock: NewRealClock(scale)})
		turns := 0
		tick := l.NewTimer(func() { turns++; time.Sleep(5 * ms) })
		tick.Arm(time.Second, true)
		var at, before time.Duration
		l.NewTimer(func() { at = l.Now(); tick.Disarm() }).Arm(time.Minute+ms, false)
		l.NewTimer(func() { before = l.Now() }).Arm(30*time.Second, false)
		l.RunFor(2 * time.Minute)
		if late := at - time.Minute; turns != 60 || late > 10*time.Second {
			t.Errorf("%d turns, the single one late by %v", turns, late)
		}
		if before >= at {
			t.Errorf("two timers at %v and %v", before, at)
		}
		start := time.Now()
		l.RunFor(time.Minute)
		if host := time.Since(start); host != time.Minute/scale {
			t.Errorf("a minute without anything took %v", host)
		}
	})
}

// TestClock_Aside holds that no time passes while somebody looks at the module in the midst
// of a task, and that timers are due as late as if that had taken no time.
func TestClock_Aside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, scale := range []float64{0, 0.5, 1, 1000} {
			var clock Clock = NewVirtualClock()
			if scale > 0 {
				clock = NewRealClock(scale)
			}
			l := New(Config{Clock: clock, OnWatchdog: func() { t.Error("the watchdog bites") },
				OnTaskLimit: func() { t.Error("the task is long") }})
			tr := &trace{l: l}
			l.NewTimer(func() {
				clock.Aside(func() { time.Sleep(time.Hour) })
				clock.Aside(func() { clock.Aside(func() { time.Sleep(time.Minute) }) })
				tr.add("looked")
			}).Arm(100*ms, false)
			l.NewTimer(tr.f("next")).Arm(200*ms, false)
			l.RunFor(300 * ms)
			tr.want(t, "looked@100", "next@200")
		}
	})
}

func TestRealClock_InjectWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Config{Clock: NewRealClock(1)})
		tr := &trace{l: l}
		l.NewTimer(tr.f("late")).Arm(time.Second, false)
		go func() {
			time.Sleep(50 * ms)
			l.Inject(tr.f("injected"))
			time.Sleep(10 * ms)
			l.Stop()
		}()
		if err := l.Run(t.Context()); err != nil {
			t.Error(err)
		}
		tr.want(t, "injected@50")
	})
}

func BenchmarkLoop_Timers(b *testing.B) {
	l := newVirtual()
	for i := range 10 {
		l.NewTimer(func() {}).Arm(time.Duration(i+1)*time.Second, true)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.RunFor(time.Second)
	}
}

func BenchmarkLoop_Charge(b *testing.B) {
	l := newVirtual()
	for b.Loop() {
		l.Charge(time.Microsecond)
	}
}
