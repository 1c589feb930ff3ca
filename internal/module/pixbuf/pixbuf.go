// Package pixbuf is the module pixbuf: buffers of bytes for the pixels of LED strips.
package pixbuf

import (
	"strconv"

	"moonlet.example/moonlet/internal/lua/state"
)

// metaName is the name of the buffers' metatable.
const metaName = "pixbuf.buf"

var (
	methods = &state.ROTable{Name: metaName}
	module  = &state.ROTable{Name: "pixbuf", Entries: []state.Entry{
		state.Int("FADE_IN", fadeIn),
		state.Int("FADE_OUT", fadeOut),
		state.Int("SHIFT_CIRCULAR", shiftCircular),
		state.Int("SHIFT_LOGICAL", shiftLogical),
		state.Fn("newBuffer", newBuffer),
	}}
)

// Module declares pixbuf.
var Module = state.Module{
	Name:  "pixbuf",
	Table: module,
	Open: func(L state.State) int {
		L.ROMetatable(metaName, methods)
		L.PushROTable(module)
		return 1
	},
	Tables: []*state.ROTable{methods},
}

func init() {
	methods.Entries = []state.Entry{
		state.Tab("__index", methods),
		state.Fn("__eq", equal),
		state.Fn("__concat", concat),
		state.Fn("__tostring", toString),
		state.Fn("channels", func(L state.State) int { return pushInt(L, checkBuffer(L, 1).channels) }),
		state.Fn("dump", dump),
		state.Fn("fade", fade),
		state.Fn("fadeI", fadeIntensity),
		state.Fn("fill", fill),
		state.Fn("get", get),
		state.Fn("replace", replace),
		state.Fn("map", mapPixels),
		state.Fn("mix", func(L state.State) int { return mix(L, mixChannels, 0) }),
		state.Fn("mix4I5", func(L state.State) int { return mix(L, mixIntensity5, intensityChannels) }),
		state.Fn("power", power),
		state.Fn("powerI", powerIntensity),
		state.Fn("set", set),
		state.Fn("shift", shift),
		state.Fn("size", func(L state.State) int { return pushInt(L, checkBuffer(L, 1).pixels) }),
		state.Fn("sub", sub),
	}
}

// A buffer is a userdata of two words, its numbers of pixels and of channels (bytes in a pixel),
// and the bytes (pixbuf of app/modules/pixbuf.h).
const (
	offPixels   = 0
	offChannels = 4
	offValues   = 8
)

// Limits of a buffer.
const (
	maxPixels   = 8192
	maxChannels = 32
)

// buffer is a buffer in device memory. values are its bytes, in place.
type buffer struct {
	pixels, channels int
	values           []byte
}

// at looks at the buffer at index i. Its numbers are bounded by its size: they are in memory that
// damaged code can write.
func at(L state.State, i int, addr state.Addr) buffer {
	m, size := L.Mem(), L.RawLen(i)-offValues
	b := buffer{channels: int(min(max(m.U32(addr+offChannels), 1), maxChannels))}
	b.pixels = min(int(m.U32(addr+offPixels)), size/b.channels)
	if n := b.pixels * b.channels; n > 0 {
		b.values = m.Bytes(addr+offValues, state.Addr(n))
	}
	return b
}

func checkBuffer(L state.State, arg int) buffer { return at(L, arg, L.CheckUdata(arg, metaName)) }

// optBuffer is the buffer in an argument, not ok if it is none.
func optBuffer(L state.State, arg int) (b buffer, ok bool) {
	addr := L.TestUdata(arg, metaName)
	if addr == 0 {
		return buffer{}, false
	}
	return at(L, arg, addr), true
}

// pixel is the bytes of a pixel; the first one is 0.
func (b buffer) pixel(i int) []byte { return b.values[i*b.channels:][:b.channels] }

// push pushes a new buffer.
func push(L state.State, pixels, channels int) buffer {
	if pixels > maxPixels || channels > maxChannels {
		L.Errorf("pixbuf size limits exeeded")
	}
	addr := L.NewUserdata(offValues + pixels*channels)
	L.SetMetatableByName(metaName)
	m := L.Mem()
	m.SetU32(addr+offPixels, uint32(pixels))
	m.SetU32(addr+offChannels, uint32(channels))
	return at(L, -1, addr)
}

func pushInt(L state.State, n int) int {
	L.PushInteger(int64(int32(n)))
	return 1
}

// self leaves nothing but the first argument, as the result of a method.
func self(L state.State) int {
	L.SetTop(1)
	return 1
}

func checkInt(L state.State, arg int) int { return int(int32(L.CheckInteger(arg))) }

func optInt(L state.State, arg, def int) int { return int(int32(L.OptInteger(arg, int64(def)))) }

// optPosition is the position in an argument, counted from 1, or from the end if it is negative.
// What is out of range is the nearest one within; 0 if n is.
func optPosition(L state.State, arg, def, n int) int { return position(optInt(L, arg, def), n) }

func position(i, n int) int {
	if i < 0 {
		i += n + 1
	}
	return min(max(i, 1), n)
}

// charge is for work on some bytes, at some 25 cycles for each: an assumption.
func charge(L state.State, n int) { L.Charge(n / 4) }

// newBuffer is pixbuf.newBuffer(pixels, channels).
func newBuffer(L state.State) int {
	pixels, channels := checkInt(L, 1), checkInt(L, 2)
	L.ArgCheck(pixels > 0, 1, "should be a positive integer")
	L.ArgCheck(channels > 0, 2, "should be a positive integer")
	push(L, pixels, channels)
	return 1
}

// equal is __eq.
func equal(L state.State) int {
	a, b := checkBuffer(L, 1), checkBuffer(L, 2)
	L.PushBoolean(a.pixels == b.pixels && a.channels == b.channels && string(a.values) == string(b.values))
	return 1
}

// concat is __concat.
func concat(L state.State) int {
	a, b := checkBuffer(L, 1), checkBuffer(L, 2)
	L.ArgCheck(a.channels == b.channels, 1, "can only concatenate buffers with same channel count")
	to := push(L, a.pixels+b.pixels, a.channels)
	copy(to.values[copy(to.values, a.values):], b.values)
	return 1
}

// toString is __tostring: [(1,2,3),(4,5,6)].
func toString(L state.State) int {
	b := checkBuffer(L, 1)
	charge(L, 16*len(b.values))
	out := L.NewBuffer()
	out.AddByte('[')
	var digits [3]byte
	for i, v := range b.values {
		switch {
		case i == 0:
			out.AddByte('(')
		case i%b.channels == 0:
			out.AddByte(')')
			out.AddByte(',')
			out.AddByte('(')
		default:
			out.AddByte(',')
		}
		out.AddBytes(strconv.AppendUint(digits[:0], uint64(v), 10))
	}
	if b.pixels > 0 {
		out.AddByte(')')
	}
	out.AddByte(']')
	out.PushResult()
	return 1
}

// dump is buffer:dump().
func dump(L state.State) int {
	L.PushBytes(checkBuffer(L, 1).values)
	return 1
}

// get is buffer:get(pixel). C pushes up to 32 values without looking for room.
func get(L state.State) int {
	b := checkBuffer(L, 1)
	i := checkInt(L, 2) - 1
	L.ArgCheck(i >= 0 && i < b.pixels, 2, "index out of range")
	L.CheckStackMsg(b.channels, "too many channels")
	for _, v := range b.pixel(i) {
		L.PushInteger(int64(v))
	}
	return b.channels
}

// sub is buffer:sub(from [, to]).
func sub(L state.State) int {
	b := checkBuffer(L, 1)
	from := position(checkInt(L, 2), b.pixels)
	to := optPosition(L, 3, -1, b.pixels)
	if from > to || b.pixels == 0 { // of no pixels C takes one, which is in front of the first
		push(L, 0, b.channels)
		return 1
	}
	part := push(L, to-from+1, b.channels)
	copy(part.values, b.values[(from-1)*b.channels:])
	return 1
}

// power is buffer:power(): the sum of all bytes.
func power(L state.State) int {
	b := checkBuffer(L, 1)
	charge(L, len(b.values))
	total := 0
	for _, v := range b.values {
		total += int(v)
	}
	return pushInt(L, total)
}

// powerIntensity is buffer:powerI(): the sum of the other channels, each times the first.
func powerIntensity(L state.State) int {
	b := checkBuffer(L, 1)
	charge(L, len(b.values))
	total := 0
	for i := range b.pixels {
		p := b.pixel(i)
		for _, v := range p[1:] {
			total += int(p[0]) * int(v)
		}
	}
	return pushInt(L, total)
}
