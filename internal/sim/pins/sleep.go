package pins

import "moonlet.example/moonlet/internal/port"

// sleep is what the pins do in light sleep: none interrupts, and one ends it.
type sleep struct {
	pin     int
	trigger port.Trigger // port.TriggerNone for no pin
	asleep  bool
	wake    func()
}

// OnWake says who hears of the signal that ends light sleep.
func (b *Bank) OnWake(f func()) { b.sleep.wake = f }

// WakeOn makes a pin an input, and says which signal ends light sleep. Its pull-up resistor
// stays as it is, and so does its interrupt.
func (b *Bank) WakeOn(i int, t port.Trigger) {
	b.sleep.pin, b.sleep.trigger = i, t
	b.pins[i].driver = false
	b.update(i)
}

// Sleep is the begin of light sleep.
func (b *Bank) Sleep() {
	b.sleep.asleep = true
	if b.sleep.trigger != port.TriggerNone {
		b.checkWake(b.sleep.pin, false)
	}
}

// Awake is its end. Edges are forgotten; a level that lasts interrupts now.
func (b *Bank) Awake() {
	b.sleep.asleep = false
	for i := range b.pins {
		b.check(i, false)
	}
}

// checkWake wakes the chip if the level of a pin, or its change to that level, is what it
// waits for.
func (b *Bank) checkWake(i int, changed bool) {
	if i != b.sleep.pin || b.sleep.wake == nil {
		return
	}
	up := b.pins[i].level == 1
	switch b.sleep.trigger {
	case port.TriggerUp:
		changed = changed && up
	case port.TriggerDown:
		changed = changed && !up
	case port.TriggerBoth:
	case port.TriggerLow:
		changed = !up
	case port.TriggerHigh:
		changed = up
	default:
		return
	}
	if changed {
		b.sleep.wake()
	}
}
