package tmr

import "moonlet.example/moonlet/internal/lua/state"

// The timers that older firmware has by number, from 0 to 6. They went in
// 2.2.1-master_20190405; messages and figures are those of app/modules/tmr.c of
// 2.2.1-master_20181207, the last release with them. Their records are static variables there,
// and here. As there, the functions take a timer that is an object as well.

// Classic declares tmr with them.
var Classic = declare([]state.Entry{
	state.Fn("register", staticRegister),
	state.Fn("alarm", staticAlarm),
	state.Fn("start", staticStart),
	state.Fn("stop", staticStop),
	state.Fn("unregister", staticUnregister),
	state.Fn("state", staticState),
	state.Fn("interval", staticInterval),
}, openClassic)

const (
	staticTimers  = 7  // NUM_TMR
	isStatic      = -1 // as a reference to itself: LUA_REFNIL
	intervalClass = "Range: 1-6870947"
)

// staticTimer is a timer by its number.
func staticTimer(L state.State, n int) timer {
	at := chip(L).System().Static("tmr.alarm_timers", staticTimers*timerSize)
	return timer{L.Mem(), at + state.Addr(n)*timerSize}
}

func openClassic(L state.State) int {
	for n := range staticTimers {
		t := staticTimer(L, n)
		t.setRef(offFunc, state.NoRef)
		t.setRef(offSelf, isStatic)
		t.setMode(modeOff)
	}
	return open(L)
}

// anyTimer is the timer that the first argument is, or whose number it is.
func anyTimer(L state.State) timer {
	isObject := L.Type(1) == state.Userdata
	L.ArgCheck(isObject || L.IsNumber(1), 1, "timer object or numerical ID expected")
	if isObject {
		return check(L)
	}
	n := uint32(L.CheckInteger(1))
	L.ArgCheck(n < staticTimers, 1, "invalid timer index")
	return staticTimer(L, int(n))
}

// number is the number of a static timer; ok tells that the timer is one.
func (t timer) number(L state.State) (n int, ok bool) {
	if t.ref(offSelf) != isStatic {
		return 0, false
	}
	return int(t.addr-staticTimer(L, 0).addr) / timerSize, true
}

// release lets go of an object that was kept while it ran.
func (t timer) release(L state.State) {
	if t.ref(offSelf) != isStatic {
		t.unref(L, offSelf)
	}
}

// checkClassic checks a time in milliseconds.
func checkClassic(L state.State, ms uint32) {
	L.ArgCheck(ms > 0 && ms <= intervalMax, 2, intervalClass)
}

// staticRegister is tmr.register(timer, ms, mode, function).
func staticRegister(L state.State) int {
	t := anyTimer(L)
	ms := uint32(L.CheckInteger(2))
	mode := uint8(L.CheckInteger(3))
	checkClassic(L, ms)
	L.ArgCheck(mode == modeSingle || mode == modeSemi || mode == modeAuto, 3, "Invalid mode")
	L.ArgCheck(L.IsFunction(4), 4, "Must be function")
	L.PushValue(4)
	ref := L.Ref(state.RegistryIndex)
	if t.running() {
		t.disarm(L)
	}
	t.unref(L, offFunc)
	t.setRef(offFunc, ref)
	t.setMode(mode | idle)
	t.m.SetU32(t.addr+offInterval, ms)
	return 0
}

// staticStart is tmr.start(timer).
func staticStart(L state.State) int {
	t := anyTimer(L)
	if t.ref(offSelf) == state.NoRef {
		L.PushValue(1)
		t.setRef(offSelf, L.Ref(state.RegistryIndex))
	}
	isIdle := t.mode()&idle != 0
	if isIdle {
		t.setMode(t.mode() &^ idle)
		t.arm(L)
	}
	L.PushBoolean(isIdle)
	return 1
}

// staticAlarm is tmr.alarm(timer, ms, mode, function).
func staticAlarm(L state.State) int {
	staticRegister(L)
	return staticStart(L)
}

// staticStop is tmr.stop(timer).
func staticStop(L state.State) int {
	t := anyTimer(L)
	t.release(L)
	running := t.running()
	if running {
		t.setMode(t.mode() | idle)
		t.disarm(L)
	}
	L.PushBoolean(running)
	return 1
}

// staticUnregister is tmr.unregister(timer).
func staticUnregister(L state.State) int {
	t := anyTimer(L)
	t.release(L)
	if t.running() {
		t.disarm(L)
	}
	t.unref(L, offFunc)
	t.setMode(modeOff)
	return 0
}

// staticInterval is tmr.interval(timer, ms).
func staticInterval(L state.State) int {
	t := anyTimer(L)
	ms := uint32(L.CheckInteger(2))
	checkClassic(L, ms)
	if t.mode() == modeOff {
		return 0
	}
	t.m.SetU32(t.addr+offInterval, ms)
	if t.running() {
		t.disarm(L)
		t.arm(L)
	}
	return 0
}

// staticState is tmr.state(timer).
func staticState(L state.State) int { return anyTimer(L).pushState(L) }
