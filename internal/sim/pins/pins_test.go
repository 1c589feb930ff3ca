package pins

import (
	"slices"
	"testing"
	"time"

	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/sdk"
)

const ms = time.Millisecond

func newBank() (*sdk.Loop, *Bank) {
	l := sdk.New(sdk.Config{Clock: sdk.NewVirtualClock()})
	return l, New(l, 0)
}

// wave changes the level of a pin each millisecond, from low on.
func wave(l *sdk.Loop, line Line) {
	level := 0
	line.Drive(level)
	l.NewOutsideTimer(func() {
		level ^= 1
		line.Drive(level)
	}).Arm(ms, true)
}

func TestPins_Levels(t *testing.T) {
	_, b := newBank()
	read := func(pin, want int, why string) {
		t.Helper()
		if got := b.Read(pin); got != want {
			t.Errorf("pin %d reads %d, want %d: %s", pin, got, want, why)
		}
	}
	read(1, 0, "nothing connected")
	read(3, 1, "GPIO0 is pulled up on the board")
	read(8, 0, "GPIO15 is pulled down on the board")
	b.Mode(1, port.PinInput, true)
	read(1, 1, "pull-up")
	b.Line(1).Drive(0)
	read(1, 0, "driven against the pull-up")
	b.Line(1).Drive(Floating)
	read(1, 1, "pull-up again")
	b.Mode(8, port.PinInput, true)
	read(8, 0, "the board's resistor is stronger")
	b.Write(1, 0)
	read(1, 0, "GPIO_OUTPUT_SET turns the driver on")
	b.Line(1).Drive(1)
	read(1, 0, "an output wins")
	b.Mode(2, port.PinOpenDrain, true)
	b.Write(2, 1)
	read(2, 1, "open drain, let go")
	b.Line(2).Drive(0)
	read(2, 0, "open drain, pulled down outside")
	b.Line(2).Drive(Floating)
	b.Write(2, 0)
	read(2, 0, "open drain, pulled down")
	b.Mode(0, port.PinInterrupt, true)
	b.Write(0, 1)
	read(0, 1, "GPIO16 as an output")
	b.Mode(0, port.PinInput, true)
	read(0, 0, "GPIO16 has no pull-up")
	b.Reset()
	read(1, 1, "driven from outside, an input after the reset")
}

func TestPins_WriteMask(t *testing.T) {
	_, b := newBank()
	b.WriteMask(1<<5, 0)
	if b.Read(1) != 0 {
		t.Error("WriteMask turned a driver on")
	}
	b.Mode(1, port.PinOutput, false)
	if b.Read(1) != 1 {
		t.Error("the output register was lost")
	}
	b.Mode(0, port.PinOutput, false)
	b.WriteMask(1<<16, 1<<5)
	if b.Read(1) != 0 || b.Read(0) != 1 {
		t.Error("WriteMask on an output")
	}
	b.WriteMask(1<<5, 1<<5)
	if b.Read(1) != 0 {
		t.Error("set and cleared at once")
	}
}

// watcher collects what an application's callback would get.
type watcher struct {
	b   *Bank
	got []seen
}

type seen struct {
	level int
	when  time.Duration
	count int
}

func (w *watcher) run(e port.PinEvent) {
	w.got = append(w.got, seen{e.Level, e.When, w.b.TakeEvents(e.Pin)})
}

func TestInterrupts_Edges(t *testing.T) {
	for _, c := range []struct {
		trigger port.Trigger
		want    []seen
	}{
		{port.TriggerUp, []seen{{1, 1 * ms, 1}, {1, 3 * ms, 1}}},
		{port.TriggerDown, []seen{{0, 2 * ms, 1}, {0, 4 * ms, 1}}},
		{port.TriggerBoth, []seen{{1, 1 * ms, 1}, {0, 2 * ms, 1}, {1, 3 * ms, 1}, {0, 4 * ms, 1}}},
		{port.TriggerNone, nil},
	} {
		l, b := newBank()
		wave(l, b.Line(1))
		w := &watcher{b: b}
		b.OnInterrupt(w.run)
		b.Mode(1, port.PinInterrupt, false)
		b.SetTrigger(1, c.trigger)
		l.RunFor(4 * ms)
		if !slices.Equal(w.got, c.want) {
			t.Errorf("trigger %d: %v, want %v", c.trigger, w.got, c.want)
		}
	}
}

// Interrupts during a long task give one callback that counts them.
func TestInterrupts_Coalesced(t *testing.T) {
	l, b := newBank()
	wave(l, b.Line(1))
	w := &watcher{b: b}
	b.OnInterrupt(w.run)
	b.Mode(1, port.PinInterrupt, false)
	b.SetTrigger(1, port.TriggerUp)
	l.Post(port.Low, func() { l.Delay(100 * ms) })
	l.RunFor(101 * ms)
	want := []seen{{1, 1 * ms, 50}, {1, 101 * ms, 1}}
	if !slices.Equal(w.got, want) {
		t.Errorf("%v, want %v", w.got, want)
	}
}

// With a full task queue the next interrupt tries again.
func TestInterrupts_QueueFull(t *testing.T) {
	l, b := newBank()
	w := &watcher{b: b}
	b.OnInterrupt(w.run)
	b.Mode(1, port.PinInterrupt, false)
	b.SetTrigger(1, port.TriggerBoth)
	for range port.TaskQueueLen {
		l.Post(port.High, func() {})
	}
	b.Line(1).Drive(1)
	l.RunUntilIdle()
	if len(w.got) != 0 {
		t.Fatalf("reported %v through a full queue", w.got)
	}
	b.Line(1).Drive(0)
	l.RunUntilIdle()
	if len(w.got) != 1 || w.got[0].level != 0 || w.got[0].count != 2 {
		t.Errorf("%v, want one report of two edges", w.got)
	}
}

func TestInterrupts_Level(t *testing.T) {
	l, b := newBank()
	w := &watcher{b: b}
	b.OnInterrupt(w.run)
	b.Mode(1, port.PinInterrupt, true)
	b.SetTrigger(1, port.TriggerLow)
	b.Line(1).Drive(0)
	b.Line(1).Drive(1)
	b.Line(1).Drive(0) // masked until the callback arms it again
	l.RunUntilIdle()
	if want := []seen{{0, 0, 1}}; !slices.Equal(w.got, want) {
		t.Fatalf("%v, want %v", w.got, want)
	}
	b.SetTrigger(1, port.TriggerLow) // still low: again at once
	l.RunUntilIdle()
	if len(w.got) != 2 {
		t.Errorf("%d callbacks for a level that lasts", len(w.got))
	}
	b.Line(1).Drive(1)
	b.SetTrigger(1, port.TriggerHigh)
	l.RunUntilIdle()
	if len(w.got) != 3 || w.got[2].level != 1 {
		t.Errorf("high level: %v", w.got)
	}
}
