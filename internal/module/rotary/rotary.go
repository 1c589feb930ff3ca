// Package rotary is the module rotary: up to three knobs that turn, with a switch to press.
package rotary

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// The events, by their callbacks (app/modules/rotary.c).
const (
	eventPress = iota
	eventLongPress
	eventRelease
	eventTurn
	eventClick
	eventDoubleClick
	eventCount

	all = 1<<eventCount - 1
)

// Module declares rotary.
var Module = state.Module{
	Name: "rotary",
	Table: &state.ROTable{Name: "rotary", Entries: []state.Entry{
		state.Fn("setup", setup),
		state.Fn("close", closeKnob),
		state.Fn("on", on),
		state.Fn("getpos", getPos),
		state.Int("TURN", 1<<eventTurn),
		state.Int("PRESS", 1<<eventPress),
		state.Int("RELEASE", 1<<eventRelease),
		state.Int("LONGPRESS", 1<<eventLongPress),
		state.Int("CLICK", 1<<eventClick),
		state.Int("DBLCLICK", 1<<eventDoubleClick),
		state.Int("ALL", all),
	}},
}

// channels is how many knobs there may be (ROTARY_CHANNEL_COUNT).
const channels = 3

// Static variables: for each knob the record of the module and that of its driver, and whether a
// task is on its way.
const (
	offKnobs   = 0
	offDrivers = 4 * channels
	offQueued  = 8 * channels
	staticSize = offQueued + 1
)

// Bounds of times that setup may change, in µs.
const (
	defaultLongPress = 500000
	defaultClick     = 500000
)

// unit is the module on a chip.
type unit struct {
	m    mem.Mem
	addr state.Addr
	main state.State
	pins port.Pins
	port port.Chip
}

func unitOf(L state.State) unit {
	p, ok := port.PinsOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoPins.Error())
	}
	c := L.Host().(port.Chip)
	return unit{L.Mem(), c.System().Static("rotary", staticSize), L.MainThread(), p, c}
}

// argID is the number of a knob in the first argument.
func argID(L state.State) int {
	id := uint32(L.CheckInteger(1))
	if id >= channels {
		L.Errorf("rotary %d does not exist", int(int32(id)))
	}
	return int(id)
}

// argPin is a pin in an argument that can interrupt.
func argPin(L state.State, arg int) int {
	pin := int32(L.CheckInteger(arg))
	L.ArgCheck(pin > 0 && pin < port.PinCount, arg, "Invalid pin")
	return int(pin)
}

// argTime is a time in an argument, in ms, as µs.
func argTime(L state.State, arg int) int32 {
	us := int32(1000 * L.CheckInteger(arg))
	L.ArgCheck(us > 0, arg, "Invalid timeout")
	return us
}

// alloc takes a record that is zero. The firmware has no check that ends well.
func (u unit) alloc(L state.State, size int) state.Addr {
	a := L.Alloc(size)
	if a == 0 {
		L.Errorf("not enough memory")
	}
	u.m.Zero(a, state.Addr(size))
	return a
}

// setup is rotary.setup(id, a, b [, press [, longpress [, click]]]). What is wrong with the other
// arguments is noticed when the knob of before is gone.
func setup(L state.State) int {
	id, u := argID(L), unitOf(L)
	u.closeDriver(L, id)
	k := u.knob(id)
	if k.at == 0 {
		k = u.newKnob(L, id)
	} else {
		k.clear(L)
	}
	a, b, press := argPin(L, 2), argPin(L, 3), noPin
	top := L.GetTop()
	if top >= 4 {
		press = argPin(L, 4)
	}
	if top >= 5 {
		u.m.SetI32(k.at+offLongPress, argTime(L, 5))
	}
	if top >= 6 {
		u.m.SetI32(k.at+offClick, argTime(L, 6))
	}
	u.openDriver(L, id, a, b, press)
	return 0
}

// closeKnob is rotary.close(id).
func closeKnob(L state.State) int {
	id, u := argID(L), unitOf(L)
	if k := u.knob(id); k.at != 0 {
		k.free(L)
	}
	u.closeDriver(L, id)
	return 0
}

// on is rotary.on(id, mask [, function]).
func on(L state.State) int {
	id, u := argID(L), unitOf(L)
	mask := int32(L.CheckInteger(2))
	k := u.knob(id)
	if L.GetTop() < 3 {
		if k.at != 0 {
			k.unref(L, mask)
		}
		return 0
	}
	// A knob that was not set up is written to all the same by the firmware.
	if mask&all != 0 && (k.at == 0 || !L.IsFunction(3)) {
		return L.Errorf("Unable to set callback.")
	}
	for event := range eventCount {
		if mask>>event&1 != 0 {
			k.unref(L, 1<<event)
			L.PushValue(3)
			u.m.SetI32(k.callback(event), int32(L.Ref(state.RegistryIndex)))
		}
	}
	return 0
}

// getPos is rotary.getpos(id): the position, and PRESS or RELEASE. Nothing comes from a knob that
// is not there, and as in the firmware from one that is pressed at the position -1.
func getPos(L state.State) int {
	id, u := argID(L), unitOf(L)
	d := u.driver(id)
	if d.at == 0 || d.last().status == 1<<32-1 {
		return 0
	}
	s := d.last().status
	L.PushInteger(int64(position(s)))
	if s&pressed != 0 {
		L.PushInteger(1 << eventPress)
	} else {
		L.PushInteger(1 << eventRelease)
	}
	return 2
}
