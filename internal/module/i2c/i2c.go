// Package i2c is the module i2c: the bus of most sensors and small displays, of which the chip is the master.
package i2c

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Directions (app/platform/platform.h).
const (
	transmitter = 0
	receiver    = 1
)

// Module declares i2c.
var Module = state.Module{
	Name: "i2c",
	Table: &state.ROTable{Name: "i2c", Entries: []state.Entry{
		state.Fn("setup", setup),
		state.Fn("start", start),
		state.Fn("stop", stop),
		state.Fn("address", address),
		state.Fn("write", write),
		state.Fn("read", read),
		state.Int("FASTPLUS", 1_000_000),
		state.Int("FAST", 400_000),
		state.Int("SLOW", 100_000),
		state.Int("TRANSMITTER", transmitter),
		state.Int("RECEIVER", receiver),
	}},
}

func buses(L state.State) port.I2C {
	b, ok := port.I2COf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoI2C.Error())
	}
	return b
}

// argument is an integer argument, of which the firmware has 32 bits.
func argument(L state.State, i int) int { return int(int32(L.CheckInteger(i))) }

// require raises an error if there is no such thing (MOD_CHECK_ID).
func require(L state.State, what string, id, count int) {
	if id < 0 || id >= count {
		L.Errorf("%s %d does not exist", what, id)
	}
}

// setup is speed = i2c.setup(id, sda, scl, speed).
func setup(L state.State) int {
	b := buses(L)
	id, sda, scl := argument(L, 1), argument(L, 2), argument(L, 3)
	require(L, "i2c", id, b.Count())
	require(L, "gpio", sda, port.PinCount)
	require(L, "gpio", scl, port.PinCount)
	if sda == 0 {
		return L.Errorf("i2c SDA on D0 is not supported")
	}
	speed := argument(L, 4)
	if speed <= 0 {
		return L.Errorf("wrong arg range")
	}
	actual := b.Setup(id, sda, scl, uint32(speed))
	if actual == 0 {
		return L.Errorf("failed to initialize i2c %d", id)
	}
	L.PushInteger(int64(actual))
	return 1
}

// bus is the argument that names a bus.
func bus(L state.State) (b port.I2C, id int) {
	b, id = buses(L), argument(L, 1)
	require(L, "i2c", id, b.Count())
	return b, id
}

// start is i2c.start(id).
func start(L state.State) int {
	b, id := bus(L)
	if !b.Configured(id) {
		return L.Errorf("i2c %d is not configured", id)
	}
	b.Start(id)
	return 0
}

// stop is i2c.stop(id).
func stop(L state.State) int {
	b, id := bus(L)
	b.Stop(id)
	return 0
}

// address is acknowledged = i2c.address(id, address, direction).
func address(L state.State) int {
	b, id := buses(L), argument(L, 1)
	address, direction := argument(L, 2), argument(L, 3)
	require(L, "i2c", id, b.Count())
	if address < 0 || address > 127 {
		return L.Errorf("wrong arg range")
	}
	first := byte(address << 1)
	if direction != transmitter {
		first |= 1
	}
	L.PushBoolean(b.Write(id, first))
	return 1
}

// write is written = i2c.write(id, data, ...): numbers, tables of numbers, strings, until a byte is not acknowledged.
func write(L state.State) int {
	b, id := bus(L)
	n := L.GetTop()
	if n < 2 {
		return L.Errorf("wrong arg type")
	}
	wrote := 0
	for arg := 2; arg <= n; arg++ {
		sent, all := writeOne(L, b, id, arg)
		wrote += sent
		if !all {
			break
		}
	}
	L.PushInteger(int64(wrote))
	return 1
}

// writeOne sends what one argument has, and tells how many bytes were taken, and whether all were.
func writeOne(L state.State, b port.I2C, id, arg int) (sent int, all bool) {
	switch L.Type(arg) {
	case state.Number:
		if !b.Write(id, octet(L, arg)) {
			return 0, false
		}
		return 1, true
	case state.Table:
		for n := L.RawLen(arg); sent < n; sent++ {
			L.RawGetI(arg, int64(sent+1))
			v := octet(L, -1)
			L.Pop(1)
			if !b.Write(id, v) {
				return sent, false
			}
		}
		return sent, true
	}
	for _, c := range bytes.Clone(L.CheckBytes(arg)) { // what a write takes of time may let others run
		if !b.Write(id, c) {
			return sent, false
		}
		sent++
	}
	return sent, true
}

// octet is a number from 0 to 255.
func octet(L state.State, i int) byte {
	v := argument(L, i)
	if v < 0 || v > 255 {
		L.Errorf("wrong arg range")
	}
	return byte(v)
}

// read is bytes = i2c.read(id, size). The last one is not acknowledged. A size of 0 gives nothing.
func read(L state.State) int {
	b, id := buses(L), argument(L, 1)
	size := uint32(argument(L, 2))
	require(L, "i2c", id, b.Count())
	if size == 0 {
		return 0
	}
	out := L.NewBuffer()
	for i := range size {
		out.AddByte(b.Read(id, i < size-1))
	}
	out.PushResult()
	return 1
}
