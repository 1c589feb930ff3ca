package rotary

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// The record of a knob (DATA in app/modules/rotary.c): the status that Lua knows, what happened
// last, its number; bounds of times in µs; the time of the last press or release; references to
// the callbacks. In the place of the timer stands its handle.
const (
	offLastStatus = 0
	offFlags      = 4
	offID         = 5
	offClick      = 8
	offLongPress  = 12
	offLastTime   = 16
	offCallbacks  = 20
	offTimer      = offCallbacks + 4*eventCount
	timerSize     = 20
	knobSize      = offTimer + timerSize
)

// The flags.
const (
	wasPress = 1 << iota
	wasRelease
	timerRuns
	maybeDouble
)

// knob is a record in device memory; at is 0 if there is none.
type knob struct {
	unit
	at state.Addr
}

func (u unit) knob(id int) knob { return knob{u, u.m.Ptr(u.addr + offKnobs + state.Addr(4*id))} }

func (k knob) callback(event int) state.Addr { return k.at + offCallbacks + state.Addr(4*event) }
func (k knob) id() int                       { return int(k.m.U8(k.at + offID)) }
func (k knob) is(flag byte) bool             { return k.m.U8(k.at+offFlags)&flag != 0 }
func (k knob) lastTime() uint32              { return k.m.U32(k.at + offLastTime) }
func (k knob) timer() port.Timer             { return k.main.Handle(k.m.U32(k.at + offTimer)).(port.Timer) }

func (k knob) set(flag byte, to bool) {
	flags := k.m.U8(k.at+offFlags) &^ flag
	if to {
		flags |= flag
	}
	k.m.SetU8(k.at+offFlags, flags)
}

// there tells whether the knob is still there; a callback may have closed it.
func (k knob) there(id int) bool { return k.unit.knob(id).at == k.at }

func (u unit) newKnob(L state.State, id int) knob {
	k := knob{u, u.alloc(L, knobSize)}
	u.m.SetU8(k.at+offID, byte(id))
	u.m.SetU32(k.at+offTimer, L.NewHandle(u.port.Loop().NewTimer(func() { k.timeout() })))
	k.defaults()
	u.m.SetPtr(u.addr+offKnobs+state.Addr(4*id), k.at)
	return k
}

func (k knob) defaults() {
	for event := range eventCount {
		k.m.SetI32(k.callback(event), state.NoRef)
	}
	k.m.SetI32(k.at+offClick, defaultClick)
	k.m.SetI32(k.at+offLongPress, defaultLongPress)
	k.m.SetU32(k.at+offLastStatus, 0)
	k.m.SetU32(k.at+offLastTime, 0)
	k.m.SetU8(k.at+offFlags, 0)
}

// unref gives the callbacks of a mask back.
func (k knob) unref(L state.State, mask int32) {
	for event := range eventCount {
		if at := k.callback(event); mask>>event&1 != 0 {
			L.Unref(state.RegistryIndex, int(k.m.I32(at)))
			k.m.SetI32(at, state.NoRef)
		}
	}
}

// clear makes it a new one. The firmware forgets a timer that is armed.
func (k knob) clear(L state.State) {
	k.unref(L, all)
	k.timer().Disarm()
	k.defaults()
}

func (k knob) free(L state.State) {
	k.clear(L)
	L.FreeHandle(k.m.U32(k.at + offTimer))
	k.m.SetPtr(k.addr+offKnobs+state.Addr(4*k.id()), 0)
	L.Free(k.at, knobSize)
}

// call calls a callback with its mask, a position and a time; false if the knob is gone then.
func (k knob) call(event int, status, at uint32) bool {
	id := k.id()
	if ref := k.m.I32(k.callback(event)); ref != state.NoRef {
		L := k.main
		top := L.GetTop()
		L.RawGetI(state.RegistryIndex, int64(ref))
		L.PushInteger(1 << event)
		L.PushInteger(int64(position(status)))
		L.PushInteger(int64(at))
		L.PCallX(3, 0)
		L.SetTop(top)
	}
	return k.there(id)
}

// task reports what the drivers have noted, an event of each knob, and comes again for the rest.
func (u unit) task(first bool) {
	if first {
		u.m.SetU8(u.addr+offQueued, 0)
	}
	more := false
	for id := range channels {
		if k := u.knob(id); k.at != 0 && k.report(id) {
			more = true
		}
	}
	if more {
		u.port.Loop().Post(port.Medium, func() { u.task(false) })
	}
}

// report reports one event, and tells whether there are more.
func (k knob) report(id int) (more bool) {
	if d := k.driver(id); d.at != 0 {
		if e, ok := d.take(); ok {
			if !k.check(e.time, false) || !k.tell(e) {
				return false
			}
			if d = k.driver(id); d.at != 0 {
				more = d.hasQueued()
			}
		}
	}
	return k.check(k.port.System().SystemTime(), true) && more
}

// tell calls what an event is about; false if the knob is gone then.
func (k knob) tell(e event) bool {
	changed := e.status ^ k.m.U32(k.at+offLastStatus)
	if changed&^pressed != 0 && !k.call(eventTurn, e.status, e.time) {
		return false
	}
	if changed&pressed != 0 {
		if e.status&pressed != 0 {
			if !k.call(eventPress, e.status, e.time) {
				return false
			}
			k.set(maybeDouble, k.is(maybeDouble) ||
				k.is(wasRelease) && e.time-k.lastTime() < k.m.U32(k.at+offClick))
			k.set(wasPress, true)
			k.set(wasRelease, false)
		} else {
			if !k.call(eventRelease, e.status, e.time) {
				return false
			}
			k.set(wasPress, false)
			double := k.is(maybeDouble)
			if double && !k.call(eventDoubleClick, e.status, e.time) {
				return false
			}
			k.set(maybeDouble, false)
			k.set(wasRelease, !double)
		}
		k.m.SetU32(k.at+offLastTime, e.time)
	}
	k.m.SetU32(k.at+offLastStatus, e.status)
	return true
}

func (k knob) timeout() {
	k.set(timerRuns, false)
	k.check(k.port.System().SystemTime(), true)
}

// check tells of long presses and clicks that are over at a time, and arms the timer for those
// that are to come; false if the knob is gone then.
func (k knob) check(now uint32, arm bool) bool {
	since := now - k.lastTime()
	if k.is(timerRuns) {
		k.timer().Disarm()
		k.set(timerRuns, false)
	}
	left := int32(-1) // ms
	for _, c := range [...]struct {
		flag  byte
		bound state.Addr
		event int
	}{{wasPress, offLongPress, eventLongPress}, {wasRelease, offClick, eventClick}} {
		if !k.is(c.flag) {
			continue
		}
		bound := k.m.U32(k.at + c.bound)
		if since <= bound {
			left = int32((bound - since) / 1000)
			continue
		}
		if !k.call(c.event, k.m.U32(k.at+offLastStatus), k.lastTime()+bound) {
			return false
		}
		k.set(c.flag, false)
	}
	if arm && left >= 0 {
		k.set(timerRuns, true)
		k.timer().Arm(time.Duration(left+1)*time.Millisecond, false)
	}
	return true
}
