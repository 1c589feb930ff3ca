// Package pmsleep is what the modules node and wifi have in common for sleep: app/pm/pmSleep.c
// of the firmware, which lets the SDK sleep by force, and calls back.
//
//	suspend: callbacks are noted -> the station leaves -> mode NULLMODE -> each ms: may it begin?
//	    modem sleep: the radio goes off -> each ms: is it off? -> suspend_cb
//	    light sleep: timers are held -> the chip stands until a pin wakes it
//	the end of both: timers go on -> the mode of before -> the station connects -> resume_cb
package pmsleep

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// The states of wifi.suspend (enum PMSLEEP_STATE, app/include/pm/pmSleep.h).
const (
	Awake     = 0
	Pending   = 1
	Suspended = 2
)

// Limits of a duration in µs (app/include/pm/pmSleep.h).
const (
	durationMin  = 50000
	durationMax  = 268435454
	durationText = "duration: 0 or 50000-268435454 us"
)

// look is how often the timers look whether it is time (os_timer_arm, app/pm/pmSleep.c).
const look = time.Millisecond

// noPin stands for no pin in the record of a sleep (pmSleep_INIT_CFG).
const noPin = 255

// Static variables, with the sizes of the firmware's: two functions, which are numbers here; the
// mode of before; a timer; the setting of before; a timer; struct pmSleep_param with two
// functions; and the references, which node.c and wifi.c have. A reference is stored so that 0
// is none.
const (
	offSuspended = 0  // user_suspend_cb
	offResumed   = 4  // user_resume_cb
	offMode      = 8  // resume_opmode
	offTest      = 12 // wifi_suspended_test_timer, os_timer_t: its handle here
	offAutoSleep = 32 // autosleep_setting_temp
	offCheck     = 36 // null_mode_check_timer
	offDuration  = 56 // current_config
	offKind      = 60
	offWakePin   = 61
	offTrigger   = 62
	offPreserve  = 63
	offSuspendCB = 72 // wifi_suspend_cb_ref
	offResumeCB  = 76 // wifi_resume_cb_ref
	offNodeCB    = 80 // node_sleep_resume_cb_ref
	staticSize   = 84
)

// statics is where the variables are.
type statics struct {
	m  mem.Mem
	at mem.Addr
}

func static(L state.State) statics {
	return statics{L.Mem(), L.Host().(port.Chip).System().Static("pmSleep", staticSize)}
}

func (s statics) ref(off mem.Addr) int       { return int(s.m.I32(s.at+off)) + state.NoRef }
func (s statics) setRef(off mem.Addr, r int) { s.m.SetI32(s.at+off, int32(r-state.NoRef)) }

// callback is a function that is to be called: the place of its reference, 0 for none.
func (s statics) callback(off mem.Addr) mem.Addr        { return mem.Addr(s.m.U32(s.at + off)) }
func (s statics) setCallback(off mem.Addr, at mem.Addr) { s.m.SetU32(s.at+off, uint32(at)) }

// register pops a function and keeps it instead of the one before (register_lua_cb).
func (s statics) register(L state.State, off mem.Addr) {
	ref := L.Ref(state.RegistryIndex)
	L.Unref(state.RegistryIndex, s.ref(off))
	s.setRef(off, ref)
}

// call calls back once (pmSleep_execute_lua_cb).
func (s statics) call(L state.State, off mem.Addr) {
	ref := s.ref(off)
	if ref == state.NoRef {
		return
	}
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.Unref(state.RegistryIndex, ref)
	s.setRef(off, state.NoRef)
	L.PCallX(0, 0)
	L.SetTop(top)
}

// forced is the forced sleep of the chip. It raises an error where there is none.
func forced(L state.State) port.ForcedSleep {
	p, ok := port.ForcedSleepOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoForcedSleep.Error())
	}
	return p
}

// radios is the radio, with what only the SDK makes of it. It raises an error where there is none.
func radios(L state.State) (port.WiFi, port.SDKWiFi) {
	r, ok := port.WiFiOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoWiFi.Error())
	}
	s, ok := port.SDKWiFiOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoSDKWiFi.Error())
	}
	return r, s
}

// current is pmSleep_get_state.
func current(f port.ForcedSleep) int {
	switch {
	case f.RadioIsClosed():
		return Suspended
	case f.ForcedSleepIsOpen():
		return Pending
	}
	return Awake
}

// Suspend is wifi.suspend([table]).
func Suspend(L state.State) int {
	if L.IsNone(1) {
		L.PushInteger(int64(current(forced(L))))
		return 1
	}
	if !L.IsTable(1) {
		return L.ArgError(1, "must be table")
	}
	c := config{kind: port.ModemSleep, pin: noPin, suspended: offSuspendCB, resumed: offResumeCB}
	c.parse(L)
	c.begin(L)
	return 0
}

// Resume is wifi.resume([function]). It calls resume_cb before it returns.
func Resume(L state.State) int {
	f, s := forced(L), static(L)
	if current(f) == Awake {
		return L.Errorf("WIFI not suspended")
	}
	if L.IsFunction(1) {
		L.PushValue(1)
		s.register(L, offResumeCB)
	}
	// What waits for its turn must not begin any more: the firmware forgets that, and lets the
	// timers of a light sleep stand for ever.
	s.timer(L, offCheck).Disarm()
	s.timer(L, offTest).Disarm()
	f.Wake()
	resumed(L.MainThread())
	return 0
}

// Sleep is node.sleep(table).
func Sleep(L state.State) int {
	if !L.IsTable(1) {
		return L.ArgError(1, "must be table")
	}
	c := config{kind: port.LightSleep, pin: noPin, resumed: offNodeCB}
	c.parse(L)
	c.begin(L)
	return 0
}

// timer is one of the two timers, which the SDK's list does not lose in light sleep.
func (s statics) timer(L state.State, off mem.Addr) port.Timer {
	if h := s.m.U32(s.at + off); h != 0 {
		if t, ok := L.Handle(h).(port.Timer); ok {
			return t
		}
	}
	main := L.MainThread()
	f := func() { check(main) }
	if off == offTest {
		f = func() { test(main) }
	}
	t := port.NewSDKTimer(L.Host().(port.Chip).Loop(), f)
	s.m.SetU32(s.at+off, L.NewHandle(t))
	return t
}

// begin is pmSleep_suspend.
func (c *config) begin(L state.State) {
	r, sdk := radios(L)
	f, s := forced(L), static(L)
	mode := r.Mode()
	s.setCallback(offResumed, c.resumed)
	s.setCallback(offSuspended, c.suspended)
	if c.preserve && mode != port.NullMode {
		s.m.SetU8(s.at+offMode, uint8(mode))
	}
	if mode.HasStation() {
		r.Disconnect()
	}
	if sdk.NullModeSleep() {
		s.m.SetU8(s.at+offAutoSleep, 1)
		sdk.SetNullModeSleep(false)
	}
	r.SetMode(port.NullMode, false)
	f.SetForcedSleepType(c.kind)
	f.OpenForcedSleep()
	if c.kind == port.LightSleep {
		f.WakeOn(int(c.pin), c.trigger)
	}
	main := L.MainThread()
	f.OnWake(func() { resumed(main) })
	s.m.SetU32(s.at+offDuration, c.duration)
	s.m.SetU8(s.at+offKind, uint8(c.kind))
	s.m.SetU8(s.at+offWakePin, c.pin)
	s.m.SetU8(s.at+offTrigger, uint8(c.trigger))
	s.m.SetU8(s.at+offPreserve, 0)
	if c.preserve {
		s.m.SetU8(s.at+offPreserve, 1)
	}
	s.timer(L, offCheck).Arm(look, true)
}

// check begins the sleep as soon as the radio is in no mode and the serial ports have sent all
// (null_mode_check_timer_cb).
func check(L state.State) {
	r, _ := radios(L)
	f, s := forced(L), static(L)
	if r.Mode() != port.NullMode {
		return
	}
	duration := s.m.U32(s.at + offDuration)
	if port.SleepType(s.m.U8(s.at+offKind)) == port.LightSleep {
		if sending(L) {
			return
		}
		s.timer(L, offCheck).Disarm()
		suspendTimers(L, f)
		f.Sleep(duration)
		return
	}
	if f.Sleep(duration) {
		s.timer(L, offTest).Arm(look, true)
	}
	s.timer(L, offCheck).Disarm()
}

// sending tells whether a serial port still sends.
func sending(L state.State) bool {
	for i := range port.SerialPorts {
		if p, ok := port.SerialOf(L.Host(), i); ok && p.FIFODepth(port.FIFOTX) > 0 {
			return true
		}
	}
	return false
}

// test calls suspend_cb as soon as the radio is off (wifi_suspended_timer_cb).
func test(L state.State) {
	s := static(L)
	if current(forced(L)) == Suspended {
		s.timer(L, offTest).Disarm()
		s.told(L, offSuspended)
	}
}

// told calls the function whose place is noted at off, and forgets it then: also a new one that
// the function has noted itself, as in the firmware.
func (s statics) told(L state.State, off mem.Addr) {
	before := s.callback(off)
	if before == 0 {
		return
	}
	waits := s.ref(before) != state.NoRef
	s.setCallback(off, 0)
	s.call(L, before)
	if waits && s.callback(off) != 0 {
		module := "wifi"
		if port.SleepType(s.m.U8(s.at+offKind)) == port.LightSleep {
			module = "node"
		}
		port.Note(L.Host(), module, "a sleep that begins in a callback of the sleep before does not call back when it ends: the firmware forgets that function")
	}
	s.setCallback(off, 0)
}

// resumed is what comes after each sleep (resume_cb).
func resumed(L state.State) {
	r, sdk := radios(L)
	f, s := forced(L), static(L)
	f.CloseForcedSleep()
	resumeTimers(L, f)
	if s.m.U8(s.at+offAutoSleep) == 1 {
		sdk.SetNullModeSleep(true)
		s.m.SetU8(s.at+offAutoSleep, 0)
	}
	mode := port.WiFiMode(s.m.U8(s.at + offMode))
	r.SetMode(mode, false)
	if mode.HasStation() {
		r.Connect()
	}
	s.m.SetU8(s.at+offMode, 0)
	s.told(L, offResumed)
}
