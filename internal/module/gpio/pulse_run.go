package gpio

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Delays in µs.
const (
	delayTimer = 3       // shorter ones do not wait for the timer
	delayWhole = 1200000 // longer ones are waited for in slices
	delaySlice = 1000000
)

// timeout is the interrupt routine of the timer: it executes entries until one
// has a delay that is worth waiting for.
func (s pulses) timeout() {
	p := s.active()
	if p.addr == 0 {
		return
	}
	now := s.chip.System().SystemTime()
	if pending := p.i32(offPending); pending > 0 {
		slice := pending
		if slice > delayWhole {
			slice = delaySlice
		}
		p.setI32(offPending, pending-slice)
		s.arm(slice)
		return
	}
	for {
		delay, goOn := s.step(p, now)
		if !goOn {
			s.chip.Loop().Post(port.Low, s.finish)
			return
		}
		if delay >= delayTimer {
			if delay > delayWhole {
				p.setI32(offPending, delay-delaySlice)
				delay = delaySlice
			}
			s.arm(delay)
			return
		}
		// What the firmware's loop needs for an entry at least; a program without
		// any delay then ends at the watchdog, as it does there.
		s.chip.Loop().Delay(edgeTime)
	}
}

func (s pulses) arm(us int32) {
	if t, ok := s.timer(); ok {
		t.Arm(time.Duration(us)*time.Microsecond, false)
	}
}

// step executes one entry and returns the delay behind it, false at the end of
// the program or where it is to stop.
func (s pulses) step(p pulser, now uint32) (delay int32, goOn bool) {
	i := int(p.u16(offNext))
	p.setU16(offActive, uint16(i))
	p.setU32(offSteps, p.u32(offSteps)+1)
	if i >= p.count() {
		return 0, false
	}
	e := p.entry(i)
	s.pins.WriteMask(e.set, e.clear)
	if at := p.stop(); at == stopAnywhere || at == i {
		return 0, false
	}
	next := uint16(i + 1)
	if e.loop != 0 {
		if e.left == 0 {
			e.left = e.count + 1
		}
		e.left--
		p.setLeft(i, e.left)
		if e.left >= 1 {
			next = e.loop - 1
		}
	}
	p.setU16(offNext, next)

	delay = e.delay
	late := int32(0)
	if e.low != noLimit {
		delay, late = p.adjusted(e, now)
	}
	p.setU32(offDesired, p.u32(offDesired)+uint32(delay+late))
	p.setU32(offExpected, s.chip.System().SystemTime()+uint32(delay))
	return delay, true
}

// adjusted shortens or lengthens a delay that may vary: by how late the program
// is and by what the application asked for. What its limits do not allow is left
// to the next such delay.
func (p pulser) adjusted(e entry, now uint32) (delay, late int32) {
	offset := p.i32(offAdjust)
	p.setI32(offAdjust, 0)
	late = signed31(now - p.u32(offDesired))
	delay = e.delay - late + offset
	if delay < e.low {
		p.setI32(offAdjust, e.delay-e.low+offset)
		delay = e.low
	} else if delay > e.high {
		p.setI32(offAdjust, e.delay-e.high+offset)
		delay = e.high
	}
	return delay, late
}

// finish calls the callback after the end of the program.
func (s pulses) finish() {
	p := s.active()
	if p.addr == 0 {
		return
	}
	L := s.main
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(p.i32(offCallback)))
	n := s.pushState(L, p)
	s.release(L)
	L.PCallX(n, 0)
	L.SetTop(top) // an error leaves a value
}
