// Package gpio is the module gpio with its part gpio.pulse: the pins.
package gpio

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Levels and pull-up settings (app/platform/platform.h).
const (
	levelLow  = 0
	levelHigh = 1
	float     = 0
	pullUp    = 1
)

// Module declares gpio as the default build has it.
var Module = state.Module{
	Name:  "gpio",
	Table: &state.ROTable{Name: "gpio", Entries: entries()},
	Open:  open,
}

// ModuleWithPulse declares gpio with gpio.pulse, which a build has to ask for
// (LUA_USE_MODULES_GPIO_PULSE). It comes together with PulseModule.
var ModuleWithPulse = state.Module{
	Name:   "gpio",
	Table:  &state.ROTable{Name: "gpio", Entries: entries(state.Tab("pulse", pulseTable))},
	Open:   func(L state.State) int { openPulse(L); return open(L) },
	Tables: []*state.ROTable{pulseObject},
}

func entries(pulse ...state.Entry) []state.Entry {
	e := []state.Entry{
		state.Fn("mode", mode),
		state.Fn("read", read),
		state.Fn("write", write),
		state.Fn("serout", serout),
	}
	e = append(e, pulse...)
	return append(e,
		state.Fn("trig", trig),
		state.Int("INT", int64(port.PinInterrupt)),
		state.Int("OUTPUT", int64(port.PinOutput)),
		state.Int("OPENDRAIN", int64(port.PinOpenDrain)),
		state.Int("INPUT", int64(port.PinInput)),
		state.Int("HIGH", levelHigh),
		state.Int("LOW", levelLow),
		state.Int("FLOAT", float),
		state.Int("PULLUP", pullUp),
	)
}

func chip(L state.State) port.Chip { return L.Host().(port.Chip) }

// pins is the board's pins. It raises an error where there is none.
func pins(L state.State) port.Pins {
	p, ok := port.PinsOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoPins.Error())
	}
	return p
}

// Static variables of the module: a reference to each pin's callback
// (gpio_cb_ref), and what serout works on.
const (
	offCallbacks = 0
	offSerout    = 4 * port.PinCount
	staticSize   = offSerout + seroutSize
)

// statics is the place of the static variables.
type statics struct {
	m    mem.Mem
	addr state.Addr
}

func static(L state.State) statics {
	return statics{L.Mem(), chip(L).System().Static("gpio", staticSize)}
}

func (s statics) callback(pin int) int {
	return int(s.m.I32(s.addr + offCallbacks + state.Addr(4*pin)))
}

func (s statics) setCallback(pin, ref int) {
	s.m.SetI32(s.addr+offCallbacks+state.Addr(4*pin), int32(ref))
}

func open(L state.State) int {
	s := static(L)
	for pin := range port.PinCount {
		s.setCallback(pin, state.NoRef)
	}
	s.serout(L).setDone(state.NoRef)
	main := L.MainThread()
	if p, ok := port.PinsOf(L.Host()); ok {
		p.OnInterrupt(func(e port.PinEvent) { interrupted(main, e) })
	}
	return 0
}

// argPin returns the pin in an argument, false if there is none of that number.
func argPin(L state.State, arg int) (pin int, ok bool) {
	n := uint32(L.CheckInteger(arg))
	return int(n), n < port.PinCount
}

// mode is gpio.mode(pin, mode [, pullup]).
func mode(L state.State) int {
	pin, ok := argPin(L, 1)
	m := port.PinMode(int32(L.CheckInteger(2)))
	pull := uint32(L.OptInteger(3, float))
	L.ArgCheck(ok && (m != port.PinInterrupt || pin > 0), 1, "Invalid pin")
	L.ArgCheck(m >= port.PinInput && m <= port.PinOpenDrain, 2, "wrong arg type")
	if m != port.PinInterrupt {
		s := static(L)
		L.Unref(state.RegistryIndex, s.callback(pin))
		s.setCallback(pin, state.NoRef)
	}
	pins(L).Mode(pin, m, pull != float)
	return 0
}

// requirePin raises an error if the board has no such pin.
func requirePin(L state.State, pin int, ok bool) {
	if !ok {
		L.Errorf("gpio %d does not exist", int(int32(pin)))
	}
}

// read is gpio.read(pin).
func read(L state.State) int {
	pin, ok := argPin(L, 1)
	requirePin(L, pin, ok)
	L.PushInteger(int64(pins(L).Read(pin)))
	return 1
}

// write is gpio.write(pin, level).
func write(L state.State) int {
	pin, ok := argPin(L, 1)
	level := uint32(L.CheckInteger(2))
	requirePin(L, pin, ok)
	L.ArgCheck(level == levelHigh || level == levelLow, 2, "wrong level type")
	pins(L).Write(pin, int(level))
	return 0
}

// trig is gpio.trig(pin [, type [, callback]]).
func trig(L state.State) int {
	pin, ok := argPin(L, 1)
	L.ArgCheck(ok && pin > 0, 1, "Invalid interrupt pin")
	types := []string{"none", "up", "down", "both", "low", "high"} // in the order of port.Trigger
	t := port.Trigger(L.CheckOption(2, "none", types))
	s := static(L)
	old := s.callback(pin)
	switch {
	case t == port.TriggerNone:
		s.setCallback(pin, state.NoRef)
	case L.GetTop() == 2 && old != state.NoRef:
		old = state.NoRef // stays in use
	case L.IsFunction(3):
		L.PushValue(3)
		s.setCallback(pin, L.Ref(state.RegistryIndex))
	default:
		// The firmware keeps the released reference here.
		s.setCallback(pin, state.NoRef)
		L.Unref(state.RegistryIndex, old)
		L.ArgCheck(false, 3, "invalid callback type")
	}
	L.Unref(state.RegistryIndex, old)
	p := pins(L)
	p.TakeEvents(pin) // forget interrupts that were not reported
	p.SetTrigger(pin, t)
	return 0
}

// interrupted calls a pin's callback after interrupts.
func interrupted(L state.State, e port.PinEvent) {
	s := static(L)
	ref := s.callback(e.Pin)
	if ref == state.NoRef {
		return
	}
	p := pins(L)
	ago := uint32((chip(L).Loop().Now() - e.When) / time.Microsecond)
	top := L.GetTop()
	L.RawGetI(state.RegistryIndex, int64(ref))
	L.PushInteger(int64(e.Level))
	L.PushInteger(int64((chip(L).System().SystemTime() - ago) & 0x7FFFFFFF)) // as tmr.now
	L.PushInteger(int64(p.TakeEvents(e.Pin)))
	status := L.PCallX(3, 0)
	L.SetTop(top) // an error leaves a value
	if t := p.Trigger(e.Pin); status == state.OK && t.IsLevel() {
		p.SetTrigger(e.Pin, t)
	}
}
