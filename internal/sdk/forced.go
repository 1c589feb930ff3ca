package sdk

import (
	"time"

	"moonlet.example/moonlet/internal/port"
)

// LightWakeTime is how long the chip takes from the signal that ends light sleep until it works
// again ("ESP8266 Low Power Solutions": less than 3 ms).
const LightWakeTime = 3 * time.Millisecond

// WakePins are the pins of which one can end light sleep.
type WakePins interface {
	// WakeOn makes a pin an input, and says which signal ends light sleep.
	WakeOn(pin int, t port.Trigger)
	// OnWake says who hears of the signal.
	OnWake(f func())
	// Sleep and Awake are the begin of light sleep and its end.
	Sleep()
	Awake()
}

// ForcedSleep implements port.ForcedSleep, as far as the documents of the closed SDK say what it
// does. That the radio is off as soon as a task has asked for it is an assumption.
type ForcedSleep struct {
	loop *Loop
	pins WakePins

	kind   port.SleepType
	open   bool
	closed bool // the radio is off
	waking bool
	f      func()
	over   port.Timer // ends the radio's sleep
	waken  port.Timer // ends light sleep
}

var _ port.ForcedSleep = (*ForcedSleep)(nil)

// NewForcedSleep makes the forced sleep of a chip.
func NewForcedSleep(l *Loop, pins WakePins) *ForcedSleep {
	s := &ForcedSleep{loop: l, pins: pins, kind: port.ModemSleep}
	pins.OnWake(s.signal)
	s.over = l.NewSDKTimer(s.ended)
	s.waken = l.NewOutsideTimer(s.awake)
	return s
}

// Reset is a reset of the chip, which has disarmed the timers that are not outside.
func (s *ForcedSleep) Reset() {
	s.waken.Disarm()
	s.kind, s.open, s.closed, s.waking, s.f = port.ModemSleep, false, false, false, nil
}

// SetForcedSleepType implements port.ForcedSleep.
func (s *ForcedSleep) SetForcedSleepType(t port.SleepType) {
	if !s.open {
		s.kind = t
	}
}

// OpenForcedSleep implements port.ForcedSleep.
func (s *ForcedSleep) OpenForcedSleep() { s.open = true }

// CloseForcedSleep implements port.ForcedSleep.
func (s *ForcedSleep) CloseForcedSleep() {
	s.Wake()
	s.open = false
}

// ForcedSleepIsOpen implements port.ForcedSleep.
func (s *ForcedSleep) ForcedSleepIsOpen() bool { return s.open }

// RadioIsClosed implements port.ForcedSleep.
func (s *ForcedSleep) RadioIsClosed() bool { return s.closed }

// OnWake implements port.ForcedSleep.
func (s *ForcedSleep) OnWake(f func()) { s.f = f }

// WakeOn implements port.ForcedSleep.
func (s *ForcedSleep) WakeOn(pin int, t port.Trigger) { s.pins.WakeOn(pin, t) }

// SuspendTimers implements port.ForcedSleep.
func (s *ForcedSleep) SuspendTimers() { s.loop.SuspendTimers() }

// ResumeTimers implements port.ForcedSleep.
func (s *ForcedSleep) ResumeTimers() { s.loop.ResumeTimers() }

// Sleep implements port.ForcedSleep.
func (s *ForcedSleep) Sleep(us uint32) bool {
	if !s.open {
		return false
	}
	s.closed = true
	d := time.Duration(us) * time.Microsecond
	if s.kind == port.LightSleep {
		s.loop.LightSleep()
		if us < port.ForcedSleepMax {
			s.waken.Arm(d, false)
		}
		s.pins.Sleep() // the signal may be there already
		return true
	}
	s.over.Disarm()
	if us < port.ForcedSleepMax {
		s.over.Arm(d, false)
	}
	return true
}

// Wake implements port.ForcedSleep.
func (s *ForcedSleep) Wake() {
	s.over.Disarm()
	s.closed = false
}

// signal ends light sleep: the signal of WakeOn is there.
func (s *ForcedSleep) signal() {
	if s.loop.Asleep() && !s.waking {
		s.waking = true
		s.waken.Arm(LightWakeTime, false)
	}
}

// awake runs at interrupt level.
func (s *ForcedSleep) awake() {
	s.waking = false
	if s.loop.Asleep() {
		s.loop.EndLightSleep()
		s.pins.Awake()
		s.over.Arm(0, false)
	}
}

func (s *ForcedSleep) ended() {
	s.closed = false
	if s.f != nil {
		s.f()
	}
}
