package wifi

import (
	"strings"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
	"moonlet.example/moonlet/internal/port"
)

// The userdata that the monitor's callback gets (app/modules/wifi_monitor.c, packet_t): a length in
// two bytes, and the record of the SDK, which is the receiver's header, the beginning of the frame,
// and how many frames there were of which length.
const (
	packetData = 2
	packetSize = packetData + port.SnifferRecord
	packetType = "wifi.packet"
)

// frameHeader is how long the header of each management frame is.
const frameHeader = 24

// packetMethods has no metamethods; packetTable, the metatable, finds fields first, and then these. It is by
// the first one's name that a build knows the methods of the type.
var packetMethods = &state.ROTable{Name: packetType, Entries: []state.Entry{
	state.Fn("radio_byte", func(L state.State) int { return packetByte(L, radioPart) }),
	state.Fn("frame_byte", func(L state.State) int { return packetByte(L, framePart) }),
	state.Fn("radio_sub", func(L state.State) int { return packetSub(L, radioPart) }),
	state.Fn("frame_sub", func(L state.State) int { return packetSub(L, framePart) }),
	state.Fn("radio_subhex", func(L state.State) int { return packetSubHex(L, radioPart) }),
	state.Fn("frame_subhex", func(L state.State) int { return packetSubHex(L, framePart) }),
}}

var packetTable = &state.ROTable{Name: "packet", Entries: []state.Entry{
	state.Fn("__index", packetIndex),
}}

// packet is what the SDK gave, in device memory.
type packet struct {
	m  mem.Mem
	at state.Addr
}

// part is a piece of a packet.
type part struct{ start, length int }

var (
	radioPart = part{0, port.SnifferHeader}
	framePart = part{port.SnifferHeader, port.SnifferFrame}
)

func checkPacket(L state.State) packet {
	return packet{L.Mem(), L.CheckUdata(1, packetType) + packetData}
}

// bytes are a piece of the packet, good until the next allocation.
func (r packet) bytes(p part) []byte {
	n := min(p.length, port.SnifferRecord-p.start)
	return r.m.Bytes(r.at+state.Addr(p.start), state.Addr(n))
}

// control is the frame's first byte.
func (r packet) control() byte { return r.m.U8(r.at + port.SnifferHeader) }

// fixed is how long the part before the elements is in the frame's body; false if a frame of its kind
// has no elements.
func (r packet) fixed() (n int, ok bool) {
	switch r.control() >> 4 {
	case assocRequest:
		return 4, true
	case assocResponse, reassocResponse, authentication:
		return 6, true
	case reassocRequest:
		return 10, true
	case probeRequest:
		return 0, true
	case probeResponse, beacon:
		return 12, true
	case disassociation, deauthentication, action:
		return 2, true
	}
	return 0, false
}

// elements calls f with each element that is completely there, until f gives false. As in the
// firmware, what lies behind the frame's beginning counts as well.
func (r packet) elements(f func(id byte, content part) bool) {
	fixed, ok := r.fixed()
	if !ok {
		return
	}
	for at := port.SnifferHeader + frameHeader + fixed; at+2 <= port.SnifferRecord; {
		head := r.bytes(part{at, 2})
		id, content := head[0], part{at + 2, int(head[1])}
		if content.start+content.length > port.SnifferRecord || !f(id, content) {
			return
		}
		at = content.start + content.length
	}
}

// element is the first element with an id.
func (r packet) element(id int64) (content part, found bool) {
	r.elements(func(n byte, p part) bool {
		if int64(n) == id {
			content, found = p, true
		}
		return !found
	})
	return content, found
}

// packetIndex finds an element by its number, or a field or a method by its name. Frames that are not
// for management have nothing.
func packetIndex(L state.State) int {
	r := checkPacket(L)
	if r.control()>>2&3 != 0 {
		return 0
	}
	if L.Type(2) == state.Number {
		content, ok := r.element(int64(int32(L.CheckInteger(2))))
		if ok {
			L.PushBytes(r.bytes(content))
			return 1
		}
		return 0
	}
	name := cString(L.CheckString(2))
	if r.pushField(L, name) {
		return 1
	}
	L.PushROTable(packetMethods)
	if L.GetField(-1, name) == state.Nil {
		return 0
	}
	return 1
}

// cString is a string as C reads it, up to its first 0.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// relative is a position as those of string.sub, which count from the end if they are negative.
func relative(pos int64, length int) int {
	n := int(int32(pos))
	if n < 0 {
		n += length + 1
	}
	return max(n, 0)
}

// between reads the arguments 2 and 3, as string.sub does.
func (p part) between(L state.State) part {
	start := relative(L.CheckInteger(2), p.length)
	end := relative(L.OptInteger(3, -1), p.length)
	start, end = max(start, 1), min(end, p.length)
	if start > end {
		return part{p.start, 0}
	}
	return part{p.start + start - 1, end - start + 1}
}

// packetByte is packet:radio_byte(n) and packet:frame_byte(n).
func packetByte(L state.State, p part) int {
	r, n := checkPacket(L), int(int32(L.CheckInteger(2)))
	if n < 1 || n > p.length {
		return 0
	}
	L.PushInteger(int64(r.bytes(p)[n-1]))
	return 1
}

// packetSub is packet:radio_sub(start [, end]) and packet:frame_sub.
func packetSub(L state.State, p part) int {
	r := checkPacket(L)
	L.PushBytes(r.bytes(p.between(L)))
	return 1
}

// packetSubHex is packet:radio_subhex(start [, end [, separator]]) and packet:frame_subhex.
func packetSubHex(L state.State, p part) int {
	r, p := checkPacket(L), p.between(L)
	r.pushHex(L, p, cString(L.OptString(4, "")))
	return 1
}

// pushHex pushes a piece in hexadecimal, with something between the bytes.
func (r packet) pushHex(L state.State, p part, between string) {
	const digits = "0123456789abcdef"
	if p.length == 0 {
		L.PushString("")
		return
	}
	b := L.NewBuffer()
	for i := range p.length {
		if i > 0 {
			b.AddString(between)
		}
		c := r.m.U8(r.at + state.Addr(p.start+i))
		b.AddBytes([]byte{digits[c>>4], digits[c&0xF]})
	}
	b.PushResult()
}
