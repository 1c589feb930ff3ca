// Package dht is the module dht: sensors of temperature and humidity of the types DHT11, DHT12,
// DHT22 and their like, which answer a long low pulse by bits of two lengths.
package dht

import (
	"time"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// What a reading ends with (app/dht/dht.h).
const (
	statusOK       = 0
	statusChecksum = -1
	statusTimeout  = -2
	noValue        = -999 // of both quantities after a time-out
)

// Module declares dht.
var Module = state.Module{
	Name: "dht",
	Table: &state.ROTable{Name: "dht", Entries: []state.Entry{
		state.Fn("read", reader(decode22)),
		state.Fn("read11", reader(decode11)),
		state.Fn("read12", reader(decode12)),
		state.Fn("readxx", reader(decode22)),
		state.Int("OK", statusOK),
		state.Int("ERROR_CHECKSUM", statusChecksum),
		state.Int("ERROR_TIMEOUT", statusTimeout),
	}},
}

// frameSize is what a sensor sends: humidity and temperature in two bytes each, their sum.
const frameSize = 5

// decoder tells what the bytes of a type of sensor mean.
type decoder func(f [frameSize]byte) (temperature, humidity float64)

// reader makes a function of Lua that reads a sensor.
func reader(decode decoder) state.Func {
	return func(L state.State) int {
		pin := uint32(L.CheckInteger(1))
		if pin == 0 || pin >= port.PinCount {
			return L.Errorf("dht %d does not exist", int(int32(pin)))
		}
		p, ok := port.PinsOf(L.Host())
		if !ok {
			return L.Errorf("%s", port.NoPins.Error())
		}
		w := wire{pins: p, loop: L.Host().(port.Chip).Loop(), pin: int(pin)}
		status, t, h := statusTimeout, float64(noValue), float64(noValue)
		if f, ok := w.ask(); ok {
			status, t, h = interpret(f, decode)
		}
		L.PushInteger(int64(status))
		L.PushNumber(t)
		L.PushNumber(h)
		L.PushInteger(thousandths(t))
		L.PushInteger(thousandths(h))
		return 5
	}
}

// thousandths are those behind the whole number, cut off. They keep its sign.
func thousandths(v float64) int64 { return int64((v - float64(int64(v))) * 1000) }

// interpret looks at the sum. A frame without decimals is that of a DHT11, whatever the type.
// With a wrong sum there are values, too.
func interpret(f [frameSize]byte, decode decoder) (status int, temperature, humidity float64) {
	if f[1] == 0 && f[3] == 0 && f[4] == f[0]+f[2] {
		return statusOK, float64(f[2]), float64(f[0])
	}
	temperature, humidity = decode(f)
	if f[4] != f[0]+f[1]+f[2]+f[3] {
		return statusChecksum, temperature, humidity
	}
	return statusOK, temperature, humidity
}

// tenths is a number of tenths in doubles, as the firmware multiplies. The conversion keeps
// processors from fusing the product with a sum that follows.
func tenths(n uint16) float64 { return float64(float64(n) * 0.1) }

const (
	sign     = 0x80
	decimals = 0x0F
)

// decode22 has tenths in 16 bits, a sign before those of the temperature.
func decode22(f [frameSize]byte) (temperature, humidity float64) {
	temperature = tenths(uint16(f[2]&^sign)<<8 | uint16(f[3]))
	if f[2]&sign != 0 {
		temperature = -temperature
	}
	return temperature, tenths(uint16(f[0])<<8 | uint16(f[1]))
}

// decode11 has whole numbers and tenths. A sign at the tenths of the temperature says that its
// whole number counts down from -1.
func decode11(f [frameSize]byte) (temperature, humidity float64) {
	temperature = float64(f[2])
	if f[3]&sign != 0 {
		temperature = -1 - temperature
	}
	return temperature + tenths(uint16(f[3]&decimals)), float64(f[0]) + tenths(uint16(f[1]))
}

// decode12 has whole numbers and tenths, too. As in the firmware, the sign of a temperature below
// zero stays in its value.
func decode12(f [frameSize]byte) (temperature, humidity float64) {
	temperature = float64(f[2]) + tenths(uint16(f[3]&decimals))
	if f[2]&sign != 0 {
		temperature = -temperature
	}
	return temperature, float64(f[0]) + tenths(uint16(f[1]))
}

// Waits of the protocol (app/dht/dht.c and dht.h).
const (
	wakeTime  = 18 * time.Millisecond
	wakeStep  = time.Millisecond
	startTime = 40 * time.Microsecond
	step      = time.Microsecond
	stepsMost = 100 // with one level
	longPulse = 40 * time.Microsecond
)

// wire is the line to a sensor.
type wire struct {
	pins port.Pins
	loop port.Loop
	pin  int
}

// ask wakes the sensor and takes its answer; false if a level lasts too long. Then the pin stays
// an input, else the chip holds it high.
func (w wire) ask() (f [frameSize]byte, ok bool) {
	w.pins.Mode(w.pin, port.PinOutput, true)
	w.pins.Write(w.pin, 0)
	for range wakeTime / wakeStep {
		w.loop.Delay(wakeStep)
	}
	w.pins.Write(w.pin, 1)
	w.loop.Delay(startTime)
	w.pins.Release(w.pin)
	if !w.while(0) || !w.while(1) {
		return f, false
	}
	for i := range 8 * frameSize {
		if !w.while(0) {
			return f, false
		}
		begin := w.loop.Now()
		if !w.while(1) {
			return f, false
		}
		if w.loop.Now()-begin > longPulse {
			f[i/8] |= 0x80 >> (i % 8)
		}
	}
	w.pins.Write(w.pin, 1)
	return f, true
}

// while waits for the end of a level; false if it does not end.
func (w wire) while(level int) bool {
	for left := stepsMost; w.pins.Read(w.pin) == level; {
		w.loop.Delay(step)
		if left--; left == 0 {
			return false
		}
	}
	return true
}
