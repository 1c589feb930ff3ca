// Package hx711 is the module hx711: the converter of scales, which has a clock and a line for
// its data.
package hx711

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// Module declares hx711.
var Module = state.Module{
	Name: "hx711",
	Table: &state.ROTable{Name: "hx711", Entries: []state.Entry{
		state.Fn("init", initPins),
		state.Fn("read", read),
		state.Fn("start", start),
		state.Fn("stop", stop),
	}},
}

// modeMost is the last of the modes: A with a gain of 128, B with 32, A with 64.
const modeMost = 2

// Waits. The firmware has none of its own: these are what its instructions take, as far as they
// can be guessed. A pulse of the clock is two writes to registers, a look at the data one call.
const (
	pulseTime = time.Microsecond
	lookTime  = time.Microsecond
	looksMost = 1000000 // HX711_MAX_WAIT
)

// Static variables: the pins, whether there are any, and where the record of a series is.
const (
	offClock   = 0
	offData    = 1
	offReady   = 2
	offControl = 4
	staticSize = 8
)

// chip is what the module works on.
type chip struct {
	m    mem.Mem
	addr state.Addr
	main state.State
	pins port.Pins
	port port.Chip
}

func chipOf(L state.State) chip {
	p, ok := port.PinsOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoPins.Error())
	}
	c := L.Host().(port.Chip)
	return chip{L.Mem(), c.System().Static("hx711", staticSize), L.MainThread(), p, c}
}

func (c chip) clock() int          { return int(c.m.U8(c.addr + offClock)) }
func (c chip) data() int           { return int(c.m.U8(c.addr + offData)) }
func (c chip) control() state.Addr { return c.m.Ptr(c.addr + offControl) }

// ready tells whether init has named the pins. Without that the firmware clocks and reads GPIO0.
func (c chip) ready() bool { return c.m.U8(c.addr+offReady) != 0 }

// initPins is hx711.init(clock, data). Pins are bytes. A series that runs gets no samples any more.
func initPins(L state.State) int {
	c := chipOf(L)
	clock, data := byte(L.CheckInteger(1)), byte(L.CheckInteger(2))
	for _, pin := range []byte{clock, data} {
		if pin >= port.PinCount {
			return L.Errorf("gpio %d does not exist", int(pin))
		}
	}
	if c.control() != 0 {
		c.pins.Hook(c.data(), nil)
	}
	c.m.SetU8(c.addr+offClock, clock)
	c.m.SetU8(c.addr+offData, data)
	c.m.SetU8(c.addr+offReady, 1)
	c.pins.Mode(int(clock), port.PinOutput, false)
	c.pins.Mode(int(data), port.PinInput, false)
	c.pins.Write(int(clock), 1) // puts it to sleep
	return 0
}

// pulse is one pulse of the clock. Pin 0 is none of the ordinary outputs, so nothing happens
// there.
func (c chip) pulse() {
	if pin := c.clock(); pin != 0 {
		bit := uint32(1) << port.GPIO(pin)
		c.pins.WriteMask(bit, 0)
		c.port.Loop().Delay(pulseTime / 2)
		c.pins.WriteMask(0, bit)
		c.port.Loop().Delay(pulseTime / 2)
	}
}

// sample clocks a sample out, and as many pulses more as the next one's mode wants.
func (c chip) sample(mode uint32) int32 {
	const bits = 24
	v := int32(0)
	for range bits {
		c.pulse()
		v = v<<1 | int32(c.pins.Read(c.data()))
	}
	for range mode + 1 {
		c.pulse()
	}
	const sign = 32 - bits
	return v << sign >> sign
}

func argMode(L state.State, mode int64) uint32 {
	if uint32(mode) > modeMost {
		L.ArgError(1, "Mode value out of range")
	}
	return uint32(mode)
}

// read is hx711.read([mode]): a sample. The converter sleeps before and after it, and forgets the
// mode, so that modes other than 0 take two samples.
func read(L state.State) int {
	c := chipOf(L)
	mode := argMode(L, L.OptInteger(1, 0))
	c.stop(L)
	if !c.ready() {
		return L.Errorf("hx711.init has not been called")
	}
	c.pins.Write(c.clock(), 0)
	v := int32(0)
	for range 1 + min(mode, 1) {
		c.port.Loop().FeedWatchdog()
		if !c.wait() {
			return L.Errorf("ADC timeout!")
		}
		v = c.sample(mode)
	}
	c.pins.Write(c.clock(), 1)
	L.PushInteger(int64(v))
	return 1
}

// wait waits until there is a sample, about a second at most.
func (c chip) wait() bool {
	for range looksMost {
		if c.pins.Read(c.data()) == 0 {
			return true
		}
		c.port.Loop().Delay(lookTime)
	}
	return false
}
