// Package bme280math is the module bme280_math: what the registers of Bosch's sensors BME280 and
// BMP280 mean. Lua reads them; nothing here touches a bus.
package bme280math

import (
	"math"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Module declares bme280_math.
var Module = state.Module{
	Name: "bme280_math",
	Table: &state.ROTable{Name: "bme280_math", Entries: []state.Entry{
		state.Fn("setup", setup),
		state.Fn("read", read),
		state.Fn("qfe2qnh", toSeaLevel),
		state.Fn("altitude", altitude),
		state.Fn("dewpoint", dewPoint),
	}},
}

// Static variables of the module: the altitude of the last conversion to sea level, cut to a
// whole number, and the factor that it gave. Beside them the firmware has what a call of read
// sets before it uses it.
const (
	offAltitude = 0
	offFactor   = 8
	staticSize  = 16
)

// firstFactor is what the factor is at boot, when its variable is zero here.
const firstFactor = 1.0

// Settings that hold where setup has no number for them.
const (
	oversample16 = 5
	normalMode   = 3
	standby20ms  = 7
	filter16     = 4
)

// option is an argument of a few bits; def if it is no number.
func option(L state.State, arg int, mask, def byte) byte {
	if !L.IsNumber(arg) {
		return def
	}
	return byte(L.CheckInteger(arg)) & mask
}

// setup is bme280_math.setup(registers [, temperature, pressure, humidity, mode, standby,
// filter]): what read wants, and a table with what has to be written to the registers config,
// ctrl_hum and ctrl_meas.
func setup(L state.State) int {
	mode := option(L, 5, 3, normalMode) | option(L, 3, 7, oversample16)<<2 | option(L, 2, 7, oversample16)<<5
	humidity := option(L, 4, 7, oversample16)
	config := option(L, 6, 7, standby20ms)<<5 | option(L, 7, 7, filter16)<<2
	registers := L.CheckBytes(1)

	at := L.NewUserdata(calibrationSize)
	writeCalibration(L.Mem().Bytes(at, calibrationSize), registers)
	L.CreateTable(3, 0)
	for i, b := range [...]byte{config, humidity, mode} {
		if b == 0 {
			L.PushString("") // as C's string of a zero byte
		} else {
			L.PushBytes([]byte{b})
		}
		L.RawSetI(-2, int64(i+1))
	}
	return 2
}

// Lengths of what the sensors send.
const (
	readoutBMP = 6 // bytes: pressure and temperature
	readoutBME = 8 // and humidity
)

// Values of a quantity that was not measured: one after a reset, one if the bus has no answer.
const (
	skipped20 = 0x80000
	silent20  = 0xFFFFF
	skipped16 = 0x8000
	silent16  = 0xFFFF
)

// read is bme280_math.read(sensor, registers [, altitude]): temperature in °C, pressure in hPa,
// humidity in percent, and with an altitude the pressure at sea level; nothing if there is no
// temperature.
func read(L state.State) int {
	sensor := L.ToUserdata(1)
	if sensor == 0 || L.RawLen(1) != calibrationSize { // C reads whatever is there
		return L.TypeError(1, "bme280 sensor")
	}
	p := L.CheckBytes(2)
	if len(p) != readoutBME && len(p) != readoutBMP {
		return L.Errorf("invalid readout data")
	}
	withAltitude := L.IsNumber(3)
	c := readCalibration(L.Mem().Bytes(sensor, calibrationSize))

	rawTemperature := raw20(p[3:])
	if rawTemperature == skipped20 || rawTemperature == silent20 {
		return 0
	}
	fine := c.fineTemperature(rawTemperature)
	L.PushNumber(float64(celsius100(fine)) / 100)

	pressure := 0.0
	if raw := raw20(p); raw == skipped20 || raw == silent20 {
		L.PushNil()
		withAltitude = false
	} else {
		pressure = float64(c.pressure(raw, fine)) / 1000
		L.PushNumber(pressure)
	}
	pushHumidity(L, p, c, fine)
	if !withAltitude {
		return 3
	}
	h := float64(libm.ChipInt32(L.CheckNumber(3)))
	L.PushNumber(seaLevel(L, pressure, h))
	return 4
}

func raw20(p []byte) int32 { return int32(p[0])<<12 | int32(p[1])<<4 | int32(p[2])>>4 }

func pushHumidity(L state.State, p []byte, c calibration, fine int32) {
	if len(p) != readoutBME {
		L.PushNil()
		return
	}
	raw := int32(p[6])<<8 | int32(p[7])
	if raw == skipped16 || raw == silent16 {
		L.PushNil()
		return
	}
	L.PushNumber(float64(c.humidity(raw, fine)) / 1000)
}

// withoutSelf lets the functions be methods of anything.
func withoutSelf(L state.State) {
	if L.IsUserdata(1) || L.IsTable(1) {
		L.Remove(1)
	}
}

func push(L state.State, x float64) int {
	L.PushNumber(x)
	return 1
}

// The barometric formula.
const (
	perMetre = 2.25577e-5
	exponent = 5.25588
)

// toSeaLevel is bme280_math.qfe2qnh([self,] pressure, altitude).
func toSeaLevel(L state.State) int {
	withoutSelf(L)
	p, h := L.CheckNumber(1), L.CheckNumber(2)
	return push(L, seaLevel(L, p, h))
}

// seaLevel keeps the factor for the next call. It compares altitudes with the whole metres of the
// last one, so after 100.5 m the factor holds for 100 m as well: so it is in the firmware.
func seaLevel(L state.State, p, h float64) float64 {
	m := L.Mem()
	at := L.Host().(port.Chip).System().Static("bme280_math", staticSize)
	last := m.U64(at + offFactor)
	factor := math.Float64frombits(last ^ math.Float64bits(firstFactor))
	if float64(m.U32(at+offAltitude)) != h {
		factor = pow(L, 1-float64(perMetre*h), -exponent)
		m.SetU64(at+offFactor, math.Float64bits(factor)^math.Float64bits(firstFactor))
		m.SetU32(at+offAltitude, libm.ChipUint32(h))
	}
	return p * factor
}

// altitude is bme280_math.altitude([self,] pressure, pressure at sea level), in metres.
func altitude(L state.State) int {
	withoutSelf(L)
	p, sea := L.CheckNumber(1), L.CheckNumber(2)
	return push(L, (1-pow(L, p/sea, 1/exponent))/perMetre)
}

// dewPoint is bme280_math.dewpoint([self,] humidity, temperature), in °C.
func dewPoint(L state.State) int {
	withoutSelf(L)
	humidity := L.CheckNumber(1) / 100
	t := L.CheckNumber(2)
	const a, b = 17.67, 243.5
	c := ln(humidity) + float64(a*t)/(b+t)
	return push(L, float64(b*c)/(a-c))
}

// lnTerms is how many terms of the series the firmware adds up.
const lnTerms = 17

// ln is a logarithm by its series, good enough for what a sensor measures.
func ln(x float64) float64 {
	y := (x - 1) / (x + 1)
	square, sum := float64(y*y), 0.0
	for i := 2*lnTerms - 1; i > 0; i -= 2 {
		sum = 1/float64(i) + float64(square*sum)
	}
	return float64(2*y) * sum
}

// pow is that of the chip, with which some powers end only with the watchdog.
func pow(L state.State, x, y float64) float64 {
	if L.CLibrary() != clib.Chip {
		return libm.Pow(x, y)
	}
	r, ends := libm.ChipPow(x, y)
	for !ends {
		L.Charge(1)
	}
	return r
}
