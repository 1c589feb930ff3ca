// Package rtcfifo is the module rtcfifo: a queue of samples in the RTC memory.
package rtcfifo

import (
	"bytes"
	"encoding/binary"
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/port"
	"moonlet.example/moonlet/internal/wallclock"
)

var entries = []state.Entry{
	state.Fn("ready", ready),
	state.Fn("put", put),
	state.Fn("pop", pop),
	state.Fn("peek", peek),
	state.Fn("drop", drop),
	state.Fn("count", count),
}

// Module declares rtcfifo for a build without rtctime.
var Module = state.Module{
	Name:  "rtcfifo",
	Table: &state.ROTable{Name: "rtcfifo", Entries: append([]state.Entry{state.Fn("prepare", prepare)}, entries...)},
}

// ModuleWithClock declares it for a build with rtctime, which can sleep until the next sample.
var ModuleWithClock = state.Module{
	Name: "rtcfifo",
	Table: &state.ROTable{Name: "rtcfifo", Entries: append(append([]state.Entry{state.Fn("prepare", prepareInterval)}, entries...),
		state.Fn("dsleep_until_sample", sleepUntilSample))},
}

// queueOf gives the queue of the chip.
func queueOf(L state.State) queue {
	m, ok := port.RTCOf(L.Host())
	if !ok {
		L.Errorf("%s", port.NoRTC.Error())
	}
	return queue{m, L.Charge}
}

// checkQueue is queueOf for functions that want one that is prepared.
func checkQueue(L state.State) queue {
	q := queueOf(L)
	if !q.ready() {
		L.Errorf("rtcfifo not prepared!")
	}
	return q
}

// option reads a number of the table of options, def if there is none.
func option(L state.State, name string, def uint32) uint32 {
	L.GetField(1, name)
	if L.IsNumber(-1) {
		n, _ := L.ToInteger(-1)
		def = uint32(n)
	}
	L.Pop(1)
	return def
}

func prepare(L state.State) int         { return prepareWith(L, false) }
func prepareInterval(L state.State) int { return prepareWith(L, true) }

// notSaid is the beginning or the end of the storage that the options do not have, or -1.
const notSaid = 0xFFFFFFFF

// prepareWith is rtcfifo.prepare([options]).
func prepareWith(L state.State, interval bool) int {
	q := queueOf(L)
	align, sensors := uint32(0), uint32(defaultTags)
	first, last := uint32(notSaid), uint32(notSaid)
	switch {
	case L.IsTable(1):
		if interval {
			align = option(L, "interval_us", align)
		}
		sensors = option(L, "sensor_count", sensors)
		first = option(L, "storage_begin", first)
		last = option(L, "storage_end", last)
	case !L.IsNone(1):
		return L.Errorf("expected table as arg #1")
	}
	q.prepare(align, sensors)
	if first != notSaid && last != notSaid {
		q.place(first, last, sensors)
	}
	return 0
}

// ready is rtcfifo.ready(). It gives 1 or 0.
func ready(L state.State) int {
	n := int64(0)
	if queueOf(L).ready() {
		n = 1
	}
	L.PushInteger(n)
	return 1
}

// put is rtcfifo.put(seconds, value, decimals, sensor).
func put(L state.State) int {
	q := checkQueue(L)
	s := sample{
		time:     uint32(L.CheckInteger(1)),
		value:    uint32(L.CheckInteger(2)),
		decimals: uint32(L.CheckInteger(3)),
	}
	name, _, _ := strings.Cut(L.CheckString(4), "\x00")
	for i := range min(len(name), tagSize) {
		s.tag |= uint32(name[i]) << (8 * i)
	}
	q.put(s)
	return 0
}

// push pushes a sample, or nothing.
func push(L state.State, s sample, ok bool) int {
	if !ok {
		return 0
	}
	name := binary.LittleEndian.AppendUint32(nil, s.tag)
	if name[tagSize-1] == 0 {
		name, _, _ = bytes.Cut(name, []byte{0})
	}
	L.PushInteger(int64(s.time))
	L.PushInteger(int64(s.value))
	L.PushInteger(int64(s.decimals))
	L.PushBytes(name)
	return 4
}

// pop is rtcfifo.pop().
func pop(L state.State) int {
	s, ok := checkQueue(L).pop()
	return push(L, s, ok)
}

// peek is rtcfifo.peek([offset]).
func peek(L state.State) int {
	q := checkQueue(L)
	offset := uint32(0)
	if L.IsNumber(1) {
		n, _ := L.ToInteger(1)
		offset = uint32(n)
	}
	s, ok := q.peek(offset)
	return push(L, s, ok)
}

// drop is rtcfifo.drop(n).
func drop(L state.State) int {
	q := checkQueue(L)
	q.drop(uint32(L.CheckInteger(1)))
	return 0
}

// count is rtcfifo.count().
func count(L state.State) int {
	L.PushInteger(int64(checkQueue(L).word(wordCount)))
	return 1
}

// sleepUntilSample is rtcfifo.dsleep_until_sample(least µs). It does not return.
func sleepUntilSample(L state.State) int {
	q := checkQueue(L)
	least := uint32(L.CheckInteger(1))
	wallclock.Of(L.Mem(), L.Host().(port.Chip)).SleepAligned(q.word(wordAlign), least)
	return 0
}
