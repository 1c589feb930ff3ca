package pins

import (
	"testing"

	"moonlet.example/moonlet/internal/port"
)

// TestSink holds that many parts can pull at one pin, and that a release of the chip's driver
// leaves everything else.
func TestSink(t *testing.T) {
	_, b := newBank()
	line := b.Line(1)
	line.PullUp()
	one, other := line.NewSink(), line.NewSink()
	changes := 0
	line.Watch(func(int) { changes++ })
	one.Pull(true)
	one.Pull(true)
	other.Pull(true)
	one.Pull(false)
	if b.Read(1) != 0 || changes != 1 {
		t.Errorf("%d, after %d changes", b.Read(1), changes)
	}
	other.Pull(false)
	if b.Read(1) != 1 || changes != 2 {
		t.Errorf("%d, after %d changes", b.Read(1), changes)
	}
	b.Mode(1, port.PinInput, false)
	b.SetTrigger(1, port.TriggerUp)
	b.Write(1, 0)
	if line.Output() != 0 {
		t.Error("the driver is off")
	}
	b.Release(1)
	if b.Read(1) != 1 || line.Output() != Floating || b.Trigger(1) != port.TriggerUp {
		t.Error("it is not released")
	}
	b.Mode(1, port.PinOpenDrain, false)
	if line.Output() != 0 {
		t.Error("the output register was lost")
	}
	b.Write(1, 1)
	if line.Output() != Floating {
		t.Error("open drain gives 1")
	}
}

// TestHook holds that a hook gets the interrupts of a pin at once, but not those that it makes
// itself, and that the task gets them when it is gone.
func TestHook(t *testing.T) {
	l, b := newBank()
	w := &watcher{b: b}
	b.OnInterrupt(w.run)
	b.Mode(1, port.PinInterrupt, false)
	b.SetTrigger(1, port.TriggerUp)
	n := 0
	b.Hook(1, func() {
		n++
		b.Line(1).Drive(0)
		b.Line(1).Drive(1)
	})
	b.Line(1).Drive(1)
	l.RunUntilIdle()
	if n != 1 || len(w.got) != 0 {
		t.Errorf("%d calls, and %v", n, w.got)
	}
	b.Hook(1, nil)
	b.Line(1).Drive(0)
	b.Line(1).Drive(1)
	l.RunUntilIdle()
	if n != 1 || len(w.got) != 1 {
		t.Errorf("%d calls, and %v", n, w.got)
	}
	b.Hook(1, func() { n++ })
	b.Reset()
	b.SetTrigger(1, port.TriggerBoth)
	b.Line(1).Drive(0)
	if n != 1 {
		t.Error("a hook outlives a reset")
	}
}
