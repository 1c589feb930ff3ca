package pins

import "moonlet.example/moonlet/internal/port"

// OnInterrupt implements port.Pins.
func (b *Bank) OnInterrupt(f func(e port.PinEvent)) { b.onInterrupt = f }

// Hook implements port.Pins.
func (b *Bank) Hook(i int, f func()) { b.pins[i].hook = f }

// SetTrigger implements port.Pins.
func (b *Bank) SetTrigger(i int, t port.Trigger) {
	p := &b.pins[i]
	p.trigger, p.masked = t, false
	b.check(i, false)
}

// Trigger implements port.Pins.
func (b *Bank) Trigger(i int) port.Trigger { return b.pins[i].trigger }

// TakeEvents implements port.Pins.
func (b *Bank) TakeEvents(i int) int {
	p := &b.pins[i]
	n := (p.seen - p.done) & countMask
	p.done = p.seen & countMask
	return int(n)
}

// check interrupts if the pin's level, or its change to that level, is what its
// trigger waits for.
func (b *Bank) check(i int, changed bool) {
	p := &b.pins[i]
	if b.sleep.asleep {
		b.checkWake(i, changed)
		return
	}
	switch p.trigger {
	case port.TriggerUp:
		changed = changed && p.level == 1
	case port.TriggerDown:
		changed = changed && p.level == 0
	case port.TriggerBoth:
	case port.TriggerLow:
		changed = p.level == 0 && !p.masked
	case port.TriggerHigh:
		changed = p.level == 1 && !p.masked
	default:
		return
	}
	if changed {
		b.interrupt(i)
	}
}

// interrupt is the firmware's interrupt routine (platform_gpio_intr_dispatcher,
// app/platform/platform.c). It counts, and posts a task only if none is on its
// way; a level interrupt stays off until the task arms it again.
func (b *Bank) interrupt(i int) {
	p := &b.pins[i]
	if p.hook != nil {
		if !p.hooked {
			p.hooked = true
			p.hook()
			p.hooked = false
		}
		return
	}
	waiting := p.seen ^ p.done
	p.seen = (p.seen + 1) & countMask
	p.masked = p.trigger.IsLevel()
	if waiting != 0 && waiting&postFailed == 0 {
		return
	}
	e := port.PinEvent{Pin: i, Level: p.level, When: b.loop.Now()}
	posted := b.loop.Post(port.High, func() {
		if b.onInterrupt != nil {
			b.onInterrupt(e)
		}
	})
	if !posted {
		p.seen |= postFailed
	}
}
