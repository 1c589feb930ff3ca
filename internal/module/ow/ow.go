// Package ow is the module ow: the 1-Wire bus, as master on any pin but 0.
package ow

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
)

// Module declares ow.
var Module = state.Module{
	Name: "ow",
	Table: &state.ROTable{Name: "ow", Entries: []state.Entry{
		state.Fn("setup", setup),
		state.Fn("reset", reset),
		state.Fn("skip", skip),
		state.Fn("select", selectPart),
		state.Fn("write", write),
		state.Fn("write_bytes", writeBytes),
		state.Fn("read", read),
		state.Fn("read_bytes", readBytes),
		state.Fn("depower", depower),
		state.Fn("reset_search", resetSearch),
		state.Fn("target_search", targetSearch),
		state.Fn("search", search),
		state.Fn("crc8", crc8),
		state.Fn("check_crc16", checkCRC16),
		state.Fn("crc16", crc16),
		state.Fn("set_timings", setTimings),
	}},
}

const outOfRange = "wrong arg range"

// argBus is the bus at the pin in the first argument.
func argBus(L state.State) bus {
	pin := uint32(L.CheckInteger(1))
	if pin == 0 || pin >= port.PinCount {
		L.Errorf("ow %d does not exist", int(int32(pin)))
	}
	return newBus(L, int(pin))
}

// argByte is a byte in an argument. As in the firmware only the upper end is checked.
func argByte(L state.State, arg int) byte {
	v := int32(L.CheckInteger(arg))
	if v > 255 {
		L.Errorf(outOfRange)
	}
	return byte(v)
}

// optInt32 is a number in an argument, 0 if it is none.
func optInt32(L state.State, arg int) int32 {
	if !L.IsNumber(arg) {
		return 0
	}
	n, _ := L.ToInteger(arg)
	return int32(n)
}

// setup is ow.setup(pin).
func setup(L state.State) int {
	if uint32(L.CheckInteger(1)) == 0 {
		return L.Errorf("no 1-wire for D0")
	}
	b := argBus(L)
	b.pins.Mode(b.pin, port.PinInput, true)
	b.search.reset()
	return 0
}

// reset is ow.reset(pin).
func reset(L state.State) int {
	present := int64(0)
	if argBus(L).reset() {
		present = 1
	}
	L.PushInteger(present)
	return 1
}

// skip is ow.skip(pin).
func skip(L state.State) int {
	argBus(L).write(cmdSkip, keepPower)
	return 0
}

// selectPart is ow.select(pin, rom): a string or a table of eight bytes.
func selectPart(L state.State) int {
	b := argBus(L)
	var rom [romSize]byte
	if L.IsTable(2) {
		if L.RawLen(2) != romSize {
			return L.Errorf(outOfRange)
		}
		for i := range rom {
			L.RawGetI(2, int64(i+1))
			v := int32(L.CheckInteger(-1))
			L.Pop(1)
			if v > 255 {
				return L.Errorf(outOfRange)
			}
			rom[i] = byte(v)
		}
	} else if p := L.CheckBytes(2); copy(rom[:], p) != romSize || len(p) != romSize {
		return L.Errorf(outOfRange)
	}
	b.write(cmdMatch, keepPower)
	for _, v := range rom {
		b.write(v, keepPower)
	}
	return 0
}

// write is ow.write(pin, byte [, power]).
func write(L state.State) int {
	b := argBus(L)
	v := argByte(L, 2)
	b.write(v, optInt32(L, 3) != 0)
	return 0
}

// writeBytes is ow.write_bytes(pin, bytes [, power]). Their number is 16 bits wide.
func writeBytes(L state.State) int {
	b := argBus(L)
	p := []byte(string(L.CheckBytes(2))) // in Go's memory, since time passes meanwhile
	power := optInt32(L, 3) != 0
	p = p[:len(p)&0xFFFF]
	for i, v := range p {
		b.write(v, power || i < len(p)-1)
	}
	return 0
}

// read is ow.read(pin).
func read(L state.State) int {
	L.PushInteger(int64(argBus(L).read()))
	return 1
}

// readBytes is ow.read_bytes(pin, size), which gives nothing for size 0.
func readBytes(L state.State) int {
	b := argBus(L)
	size := uint32(L.CheckInteger(2))
	if size == 0 {
		return 0
	}
	L.ArgCheck(size <= state.BufferSize, 2, "Attempt to read too many characters")
	buffer := L.NewBuffer()
	p := buffer.Prep(state.BufferSize)
	for i := range p[:size] {
		p[i] = b.read()
	}
	buffer.AddSize(int(size))
	buffer.PushResult()
	return 1
}

// depower is ow.depower(pin).
func depower(L state.State) int {
	argBus(L).release()
	return 0
}

// resetSearch is ow.reset_search(pin).
func resetSearch(L state.State) int {
	argBus(L).search.reset()
	return 0
}

// targetSearch is ow.target_search(pin, family).
func targetSearch(L state.State) int {
	b := argBus(L)
	b.search.target(argByte(L, 2))
	return 0
}

// search is ow.search(pin [, alarm]): the next part's ROM code, or nil.
func search(L state.State) int {
	b := argBus(L)
	buffer := L.NewBuffer()
	p := buffer.Prep(state.BufferSize)
	command := byte(cmdSearch)
	if byte(optInt32(L, 2)) != 0 {
		command = cmdAlarmSearch
	}
	if b.next(command) {
		rom := b.search.rom()
		copy(p, rom[:])
		buffer.AddSize(romSize)
		buffer.PushResult()
		return 1
	}
	buffer.PushResult()
	L.Pop(1)
	L.PushNil()
	return 1
}

// setTimings is ow.set_timings(…), ten times in microseconds; what is no number stays.
func setTimings(L state.State) int {
	s := static(L)
	for i := range timingCount {
		if L.IsNumber(i + 1) {
			s.setTiming(i, uint16(optInt32(L, i+1)))
		}
	}
	return 0
}
