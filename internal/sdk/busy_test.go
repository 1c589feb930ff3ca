package sdk

import (
	"slices"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
)

func TestLoop_LongTask(t *testing.T) {
	var during, after []time.Duration
	var l *Loop
	l = New(Config{
		Clock:       NewVirtualClock(),
		OnTaskLimit: func() { during = append(during, l.Running()) },
		OnLongTask:  func(d time.Duration) { after = append(after, d) },
	})
	l.Post(port.Low, func() { l.Charge(TaskLimit) }) // just within
	l.Post(port.Low, func() {
		for range 30 {
			l.Charge(ms)
		}
	})
	l.Post(port.Low, func() { l.Delay(20 * ms) })
	l.RunUntilIdle()
	if want := []time.Duration{16 * ms, 20 * ms}; !slices.Equal(during, want) {
		t.Errorf("limit passed at %v, want %v", during, want)
	}
	if want := []time.Duration{30 * ms, 20 * ms}; !slices.Equal(after, want) {
		t.Errorf("long tasks %v, want %v", after, want)
	}
	if got := l.Now().Truncate(ms); got != 65*ms {
		t.Errorf("clock at %v", got)
	}
}

func TestLoop_NoLimits(t *testing.T) {
	l := New(Config{
		Clock: NewVirtualClock(), TaskLimit: -1, SoftWatchdog: -1,
		OnTaskLimit: func() { t.Error("task limit") },
		OnWatchdog:  func() { t.Error("watchdog") },
	})
	l.Exec(func() { l.Delay(time.Hour) })
	if l.Now() != time.Hour || l.WatchdogLeft() != Forever {
		t.Errorf("at %v, %v left", l.Now(), l.WatchdogLeft())
	}
}

func TestLoop_Watchdog(t *testing.T) {
	type bite struct{ at time.Duration }
	var l *Loop
	l = New(Config{Clock: NewVirtualClock(), OnWatchdog: func() { panic(bite{l.Running()}) }})
	bitten := func(f func()) (at time.Duration) {
		defer func() {
			if r := recover(); r != nil {
				at = r.(bite).at
			}
		}()
		defer l.Reset()
		l.Exec(f)
		return 0
	}
	if at := bitten(func() { l.Delay(time.Hour) }); at != SoftWatchdog {
		t.Errorf("a long delay was bitten after %v", at)
	}
	if at := bitten(func() {
		for {
			l.Charge(ms)
		}
	}); at != SoftWatchdog {
		t.Errorf("an endless loop was bitten after %v", at)
	}
	if at := bitten(func() {
		for range 100 {
			l.Delay(time.Second)
			l.FeedWatchdog()
		}
	}); at != 0 {
		t.Errorf("a task that feeds the watchdog was bitten after %v", at)
	}
	if at := bitten(func() { l.Delay(SoftWatchdog - 1) }); at != 0 {
		t.Errorf("bitten too early: %v", at)
	}
}

func TestHardwareTimer_InterruptsTasks(t *testing.T) {
	for _, hold := range []func(l *Loop, d time.Duration){(*Loop).Charge, (*Loop).Delay} {
		l := newVirtual()
		tr := &trace{l: l}
		l.NewHardwareTimer(func() {
			tr.add("isr")
			l.Post(port.High, tr.f("task"))
		}).Arm(3*ms, true)
		l.NewTimer(tr.f("timer")).Arm(4*ms, false)
		l.Post(port.Low, func() {
			tr.add("begin")
			hold(l, 7*ms)
			tr.add("end")
		})
		l.RunFor(8 * ms)
		tr.want(t, "begin@0", "isr@3", "isr@6", "end@7", "timer@7", "task@7", "task@7")
	}
}

func TestHardwareTimer_DelayInside(t *testing.T) {
	l := newVirtual()
	tr := &trace{l: l}
	l.NewHardwareTimer(func() { l.Delay(2 * ms); tr.add("a") }).Arm(ms, false)
	l.NewHardwareTimer(tr.f("b")).Arm(2*ms, false)
	l.RunFor(5 * ms)
	tr.want(t, "a@3", "b@3")
}
