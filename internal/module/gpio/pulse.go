package gpio

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// pulseName is the name of a pulser's metatable.
const pulseName = "gpio.pulse"

var (
	pulseTable  = &state.ROTable{Name: "gpio.pulse", Entries: []state.Entry{state.Fn("build", build)}}
	pulseObject = &state.ROTable{Name: "gpio.pulse.obj"}
)

// PulseModule declares gpiopulse, the global under which the firmware links
// gpio.pulse into a build.
var PulseModule = state.Module{
	Name:   "gpiopulse",
	Table:  pulseTable,
	Open:   openPulse,
	Tables: []*state.ROTable{pulseObject},
}

func init() {
	pulseObject.Entries = []state.Entry{
		state.Fn("__gc", collect),
		state.Tab("__index", pulseObject),
		state.Fn("getstate", getState),
		state.Fn("stop", stop),
		state.Fn("cancel", cancel),
		state.Fn("start", start),
		state.Fn("adjust", adjust),
		state.Fn("update", update),
	}
}

// A pulser is a userdata as the firmware's pulse_t, with its entries behind it.
const (
	offCount    = 0  // number of entries
	offSteps    = 4  // entries that were executed
	offNext     = 8  // entry_pos, 16 bits
	offActive   = 10 // active_pos, 16 bits
	offStop     = 12 // stop_pos, 16 bits: an entry or one of the values below
	offEntries  = 16 // address of the entries
	offExpected = 20 // expected_end_time
	offDesired  = 24 // desired_end_time
	offAdjust   = 28 // next_adjust
	offPending  = 32 // pending_delay: rest of a delay too long for the timer
	offCallback = 36 // cb_ref, 0 as long as there is none
	pulserSize  = 40
)

// Values of offStop beside entries.
const (
	stopNowhere  = -1
	stopAnywhere = -2
)

// timeMask is what tmr.now shows of a time.
const timeMask = 0x7FFFFFFF

// Static variables of the module: the pulser at work, a reference to it, and the
// handle of its timer.
const (
	offPulser       = 0
	offPulserRef    = 4
	offPulseTimer   = 8
	pulseStaticSize = 12
)

// pulses is the place of the static variables, with what works on them.
type pulses struct {
	m    mem.Mem
	addr state.Addr
	main state.State
	chip port.Chip
	pins port.Pins // nil if the board has none
}

func pulseStatics(L state.State) pulses {
	c := chip(L)
	p, _ := port.PinsOf(L.Host())
	return pulses{L.Mem(), c.System().Static("gpio.pulse", pulseStaticSize), L.MainThread(), c, p}
}

func openPulse(L state.State) int {
	L.ROMetatable(pulseName, pulseObject)
	s := pulseStatics(L)
	if s.active().addr == 0 {
		s.m.SetI32(s.addr+offPulserRef, state.NoRef)
	}
	return 0
}

func (s pulses) active() pulser { return pulser{s.m, s.m.Ptr(s.addr + offPulser)} }

func (s pulses) setActive(p pulser, ref int) {
	s.m.SetPtr(s.addr+offPulser, p.addr)
	s.m.SetI32(s.addr+offPulserRef, int32(ref))
}

// release ends the work of the active pulser.
func (s pulses) release(L state.State) {
	ref := int(s.m.I32(s.addr + offPulserRef))
	s.setActive(pulser{}, state.NoRef)
	L.Unref(state.RegistryIndex, ref)
}

func (s pulses) timer() (port.Timer, bool) {
	t, ok := s.main.Handle(s.m.U32(s.addr + offPulseTimer)).(port.Timer)
	return t, ok
}

// pulser is a pulser's place in device memory.
type pulser struct {
	m    mem.Mem
	addr state.Addr
}

func (p pulser) u32(off state.Addr) uint32       { return p.m.U32(p.addr + off) }
func (p pulser) setU32(off state.Addr, v uint32) { p.m.SetU32(p.addr+off, v) }
func (p pulser) i32(off state.Addr) int32        { return p.m.I32(p.addr + off) }
func (p pulser) setI32(off state.Addr, v int32)  { p.m.SetI32(p.addr+off, v) }
func (p pulser) u16(off state.Addr) uint16       { return p.m.U16(p.addr + off) }
func (p pulser) setU16(off state.Addr, v uint16) { p.m.SetU16(p.addr+off, v) }
func (p pulser) count() int                      { return int(p.u32(offCount)) }
func (p pulser) stop() int                       { return int(int16(p.u16(offStop))) }
func (p pulser) setStop(at int)                  { p.setU16(offStop, uint16(int16(at))) }

func checkPulser(L state.State) pulser { return pulser{L.Mem(), L.CheckUdata(1, pulseName)} }

// checkActive returns the pulser in the first argument, false if it is not the
// one at work.
func checkActive(L state.State) (pulser, pulses, bool) {
	p, s := checkPulser(L), pulseStatics(L)
	return p, s, s.active().addr == p.addr
}

// signed31 takes the difference of two times of 31 bits.
func signed31(v uint32) int32 { return int32(v<<1) >> 1 }

// pushState pushes what getstate returns.
func (s pulses) pushState(L state.State, p pulser) int {
	now := s.chip.System().SystemTime() & timeMask
	if active := int(p.u16(offActive)); active >= p.count() {
		L.PushNil()
	} else {
		L.PushInteger(int64(active + 1))
	}
	L.PushInteger(int64(p.u32(offSteps)))
	L.PushInteger(int64(signed31(p.u32(offExpected) - now)))
	L.PushInteger(int64(now))
	return 4
}

// getState is pulser:getstate().
func getState(L state.State) int { return pulseStatics(L).pushState(L, checkPulser(L)) }

// stop is pulser:stop([entry,] callback).
func stop(L state.State) int {
	p, _, ok := checkActive(L)
	if !ok {
		return 0
	}
	arg, at := 2, stopAnywhere
	if L.Type(arg) == state.Number {
		at = int(int32(L.CheckInteger(arg)))
		if at != stopAnywhere {
			if at < 1 || at > p.count() {
				return L.Errorf("bad stop position: %d (valid range 1 - %d)", at, p.count())
			}
			at--
		}
		arg++
	}
	p.takeCallback(L, arg)
	p.setStop(at)
	L.PushBoolean(true)
	return 1
}

// takeCallback replaces the callback by the function in an argument.
func (p pulser) takeCallback(L state.State, arg int) {
	if !L.IsFunction(arg) {
		L.Errorf("missing callback")
	}
	L.PushValue(arg)
	ref := L.Ref(state.RegistryIndex)
	p.dropCallback(L)
	p.setI32(offCallback, int32(ref))
}

func (p pulser) dropCallback(L state.State) {
	if ref := int(p.i32(offCallback)); ref != 0 {
		L.Unref(state.RegistryIndex, ref)
	}
}

// collect is __gc.
func collect(L state.State) int {
	if p, _, active := checkActive(L); !active {
		p.dropCallback(L)
	}
	return 0
}

// adjust is pulser:adjust(µs).
func adjust(L state.State) int {
	p, s, ok := checkActive(L)
	if !ok {
		return 0
	}
	p.setI32(offAdjust, int32(L.CheckInteger(2)))
	return s.pushState(L, p)
}

// cancel is pulser:cancel().
func cancel(L state.State) int {
	p, s, ok := checkActive(L)
	if !ok {
		return 0
	}
	if t, ok := s.timer(); ok {
		t.Disarm()
	}
	n := s.pushState(L, p)
	s.release(L)
	return n
}

// start is pulser:start([adjust,] callback).
func start(L state.State) int {
	p, s := checkPulser(L), pulseStatics(L)
	pins(L)
	if s.active().addr != 0 {
		return L.Errorf("pulse operation already in progress")
	}
	arg, first := 2, int32(0)
	if L.Type(arg) == state.Number {
		first = int32(L.CheckInteger(arg))
		arg++
	}
	p.takeCallback(L, arg)
	L.PushValue(1)
	s.setActive(p, L.Ref(state.RegistryIndex))
	for i := range p.count() {
		p.setLeft(i, 0)
	}
	p.setU16(offNext, 0)
	p.setU16(offActive, 0)
	p.setU32(offSteps, 0)
	p.setStop(stopNowhere)
	p.setI32(offAdjust, first)
	if _, ok := s.timer(); !ok {
		t := s.chip.System().NewHardwareTimer(s.timeout)
		s.m.SetU32(s.addr+offPulseTimer, L.NewHandle(t))
	}
	p.setU32(offExpected, s.chip.System().SystemTime()&timeMask)
	s.timeout()
	return 0
}
