package tmr

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Modes of a timer. One that is registered and not running has idle added.
const (
	modeSingle = 0
	modeAuto   = 1
	modeSemi   = 2
	modeOff    = 3
	idle       = 1 << 7
)

// A timer is a userdata as the firmware's tmr_t: the SDK's timer of five words,
// of which the first holds the handle of the loop's timer here, two references,
// the interval and the mode.
const (
	offHandle   = 0
	offFunc     = 20 // lua_ref
	offSelf     = 24 // self_ref: keeps the object while it runs
	offInterval = 28 // milliseconds
	offMode     = 32
	timerSize   = 36
)

// The longest interval that the SDK takes, in milliseconds.
const (
	intervalMax  = 0x68D7A3
	intervalText = "Range: 1-0x68D7A3"
)

// timer is a timer's place in device memory.
type timer struct {
	m    mem.Mem
	addr state.Addr
}

func (t timer) mode() uint8       { return t.m.U8(t.addr + offMode) }
func (t timer) setMode(v uint8)   { t.m.SetU8(t.addr+offMode, v) }
func (t timer) running() bool     { return t.mode()&idle == 0 && t.mode() != modeOff }
func (t timer) ref(off int) int   { return int(t.m.I32(t.addr + state.Addr(off))) }
func (t timer) setRef(off, r int) { t.m.SetI32(t.addr+state.Addr(off), int32(r)) }

func (t timer) interval() time.Duration {
	return time.Duration(t.m.U32(t.addr+offInterval)) * time.Millisecond
}

// unref is luaL_unref2.
func (t timer) unref(L state.State, off int) {
	L.Unref(state.RegistryIndex, t.ref(off))
	t.setRef(off, state.NoRef)
}

func check(L state.State) timer { return timer{L.Mem(), L.CheckUdata(1, typeName)} }

// host is the loop's timer, which is made when it is needed.
func (t timer) host(L state.State) port.Timer {
	h := t.m.U32(t.addr + offHandle)
	if p, ok := L.Handle(h).(port.Timer); h != 0 && ok {
		return p
	}
	main := L.MainThread()
	p := chip(L).Loop().NewTimer(func() { t.expired(main) })
	t.m.SetU32(t.addr+offHandle, L.NewHandle(p))
	return p
}

func (t timer) disarm(L state.State) {
	if h := t.m.U32(t.addr + offHandle); h != 0 {
		t.host(L).Disarm()
	}
}

func (t timer) arm(L state.State) { t.host(L).Arm(t.interval(), t.mode() == modeAuto) }

// expired calls the timer's function.
func (t timer) expired(L state.State) {
	if t.ref(offFunc) <= 0 {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(t.ref(offFunc)))
	if n, ok := t.number(L); ok {
		L.PushInteger(int64(n))
	} else {
		L.RawGetI(state.RegistryIndex, int64(t.ref(offSelf)))
	}
	switch t.mode() {
	case modeSingle:
		t.unref(L, offFunc)
		t.release(L)
		t.setMode(modeOff)
	case modeSemi:
		t.setMode(modeSemi | idle)
		t.release(L)
	}
	L.PCallX(1, 0)
	L.SetTop(top) // an error leaves a value
}

// create is tmr.create().
func create(L state.State) int {
	t := timer{L.Mem(), L.NewUserdata(timerSize)}
	L.SetMetatableByName(typeName)
	t.setRef(offFunc, state.NoRef)
	t.setRef(offSelf, state.NoRef)
	t.setMode(modeOff)
	return 1
}

func checkRange(L state.State, ms uint32) {
	L.ArgCheck(ms > 0 && ms <= intervalMax, 2, intervalText)
}

// register is timer:register(ms, mode, function).
func register(L state.State) int {
	t := check(L)
	ms := uint32(L.CheckInteger(2))
	mode := uint8(L.CheckInteger(3))
	checkRange(L, ms)
	L.ArgCheck(mode == modeSingle || mode == modeSemi || mode == modeAuto, 3, "Invalid mode")
	L.ArgCheck(L.IsFunction(4), 4, "Must be function")
	L.PushValue(4)
	if t.running() {
		t.disarm(L)
	}
	ref := t.ref(offFunc)
	L.Reref(state.RegistryIndex, &ref)
	t.setRef(offFunc, ref)
	t.setMode(mode | idle)
	t.m.SetU32(t.addr+offInterval, ms)
	return 0
}

// start is timer:start([restart]).
func start(L state.State) int {
	t := check(L)
	L.SetTop(2)
	L.ArgCheck(L.Type(2) == state.Boolean || L.IsNil(2), 2, "boolean expected")
	restart := L.ToBoolean(2)
	L.SetTop(1)
	if t.ref(offSelf) == state.NoRef {
		L.PushValue(1)
		t.setRef(offSelf, L.Ref(state.RegistryIndex))
	}
	isIdle := t.mode()&idle != 0
	if !isIdle && !restart {
		L.PushBoolean(false)
		return 1
	}
	if !isIdle {
		t.disarm(L)
	}
	t.setMode(t.mode() &^ idle)
	t.arm(L)
	L.PushBoolean(true)
	return 1
}

// alarm is timer:alarm(ms, mode, function).
func alarm(L state.State) int {
	register(L)
	L.SetTop(1)
	return start(L)
}

// stop is timer:stop().
func stop(L state.State) int {
	t := check(L)
	running := t.running()
	t.unref(L, offSelf)
	if running {
		t.disarm(L)
	}
	t.setMode(t.mode() | idle)
	L.PushBoolean(running)
	return 1
}

// unregister is timer:unregister().
func unregister(L state.State) int {
	t := check(L)
	t.unref(L, offSelf)
	t.unref(L, offFunc)
	if t.running() {
		t.disarm(L)
	}
	t.setMode(modeOff)
	return 0
}

// collect is __gc.
func collect(L state.State) int {
	unregister(L)
	t := check(L)
	if h := t.m.U32(t.addr + offHandle); h != 0 {
		L.FreeHandle(h)
		t.m.SetU32(t.addr+offHandle, 0)
	}
	return 0
}

// interval is timer:interval(ms).
func interval(L state.State) int {
	t := check(L)
	ms := uint32(L.CheckInteger(2))
	checkRange(L, ms)
	if t.mode() == modeOff {
		return 0
	}
	t.m.SetU32(t.addr+offInterval, ms)
	if t.mode()&idle == 0 {
		t.arm(L)
	}
	return 0
}

// status is timer:state().
func status(L state.State) int { return check(L).pushState(L) }

func (t timer) pushState(L state.State) int {
	if t.mode() == modeOff {
		L.PushNil()
		return 1
	}
	L.PushBoolean(t.mode()&idle == 0)
	L.PushInteger(int64(t.mode() &^ idle))
	return 2
}

// owner tells what a timer has in the registry.
var owner = port.Owner{Type: typeName, References: func(m mem.Mem, at mem.Addr) (list []port.OwnedRef, inUse bool) {
	t := timer{m, at}
	if f := t.ref(offFunc); f != state.NoRef {
		list = append(list, port.OwnedRef{Ref: f, Name: "callback"})
	}
	if self := t.ref(offSelf); self != state.NoRef {
		list, inUse = append(list, port.OwnedRef{Ref: self, Name: "the timer itself"}), true
	}
	return list, inUse
}}

// Owners are the types of this module whose objects have entries in the registry.
func Owners() []port.Owner { return []port.Owner{owner} }
