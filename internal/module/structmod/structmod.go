// Package structmod is the module struct: values of Lua to and from the layout
// of C structures. Sizes are those of the chip's compiler, whatever the number
// model.
package structmod

import (
	"bytes"
	"encoding/binary"
	"math"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// Module declares struct.
var Module = state.Module{
	Name: "struct",
	Table: &state.ROTable{Name: "struct", Entries: []state.Entry{
		state.Fn("pack", pack),
		state.Fn("unpack", unpack),
		state.Fn("size", size),
	}},
}

// Sizes of the chip's C types in bytes.
const (
	shortSize  = 2
	intSize    = 4 // also long and size_t
	floatSize  = 4
	doubleSize = 8
	alignMax   = 8  // of a double
	intMax     = 32 // bytes in an integer of the format
)

// format walks through a format string.
type format struct {
	L     state.State
	rest  string
	order binary.ByteOrder
	align int

	integral bool // there are no floats, and integers have intSize bytes at most
}

func newFormat(L state.State) *format {
	s := L.CheckBytes(1)
	if i := bytes.IndexByte(s, 0); i >= 0 { // C's strings end there
		s = s[:i]
	}
	return &format{L: L, rest: string(s), order: binary.LittleEndian, align: 1, integral: state.IsIntegral(L)}
}

func (f *format) more() bool { return f.rest != "" }

// next takes the next option and tells how many bytes it stands for, as far as
// the format tells.
func (f *format) next() (opt byte, size int) {
	opt = f.rest[0]
	f.rest = f.rest[1:]
	if f.integral && (opt == 'f' || opt == 'd') {
		return opt, 0
	}
	switch opt {
	case 'b', 'B', 'x':
		return opt, 1
	case 'h', 'H':
		return opt, shortSize
	case 'l', 'L', 'T':
		return opt, intSize
	case 'f':
		return opt, floatSize
	case 'd':
		return opt, doubleSize
	case 'c':
		return opt, f.number(1)
	case 'i', 'I':
		n, most := f.number(intSize), intMax
		if f.integral {
			most = intSize
		}
		if n > most {
			f.L.Errorf("integral size %d is larger than limit of %d", n, most)
		}
		return opt, n
	}
	return opt, 0
}

// number reads digits, def if there are none.
func (f *format) number(def int) int {
	if !f.more() || !isDigit(f.rest[0]) {
		return def
	}
	n := 0
	for f.more() && isDigit(f.rest[0]) {
		n = 10*n + int(f.rest[0]-'0')
		if n > math.MaxInt32 {
			f.L.Errorf("integral size overflow")
		}
		f.rest = f.rest[1:]
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isAlnum(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' }

// padding is the number of bytes before an element at pos.
func (f *format) padding(pos int, opt byte, size int) int {
	if size == 0 || opt == 'c' {
		return 0
	}
	size = min(size, f.align)
	return (size - pos&(size-1)) & (size - 1)
}

// floats raises the error of an option that a build without floats does not know.
func (f *format) floats(opt byte) {
	if f.integral {
		f.control(opt)
	}
}

// control handles what changes the settings and refuses everything else.
func (f *format) control(opt byte) {
	switch opt {
	case ' ':
	case '>':
		f.order = binary.BigEndian
	case '<':
		f.order = binary.LittleEndian
	case '!':
		n := f.number(alignMax)
		if n <= 0 || n&(n-1) != 0 {
			f.L.Errorf("alignment %d is not a power of 2", n)
		}
		f.align = n
	default:
		f.L.ArgError(1, "invalid format option '"+string([]byte{opt})+"'")
	}
}

func pack(L state.State) int {
	f := newFormat(L)
	arg, total := 2, 0
	L.PushNil() // between the arguments and what the buffer may push
	b := L.NewBuffer()
	for f.more() {
		opt, n := f.next()
		pad := f.padding(total, opt, n)
		total += pad
		for range pad {
			b.AddByte(0)
		}
		switch opt {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			packInteger(b, f.order, L.CheckInteger(arg), n)
			arg++
		case 'x':
			b.AddByte(0)
		case 'f':
			f.floats(opt)
			var p [floatSize]byte
			f.order.PutUint32(p[:], math.Float32bits(float32(L.CheckNumber(arg))))
			b.AddBytes(p[:])
			arg++
		case 'd':
			f.floats(opt)
			var p [doubleSize]byte
			f.order.PutUint64(p[:], math.Float64bits(L.CheckNumber(arg)))
			b.AddBytes(p[:])
			arg++
		case 'c', 's':
			s := L.CheckBytes(arg)
			arg++
			if n == 0 {
				n = len(s)
			}
			// The firmware, too, names the argument after the one it means.
			L.ArgCheck(len(s) >= n, arg, "string too short")
			b.AddBytes(s[:n])
			if opt == 's' {
				b.AddByte(0)
				n++
			}
		default:
			f.control(opt)
		}
		total += n
	}
	b.PushResult()
	return 1
}

// packInteger writes the lowest 32 bits of v and zeros above them: the firmware
// keeps the value in a word.
func packInteger(b *state.Buffer, order binary.ByteOrder, v int64, n int) {
	var p [intMax]byte
	binary.LittleEndian.PutUint32(p[:], uint32(v))
	if order == binary.BigEndian {
		for i, j := 0, n-1; i < j; i, j = i+1, j-1 {
			p[i], p[j] = p[j], p[i]
		}
	}
	b.AddBytes(p[:n])
}

// source is the string that unpack reads. Positions are unsigned words, and wrap around: so
// an element may begin in front of the string, if its end is behind that place.
type source struct {
	L    state.State
	at   state.Addr // of the string
	data []byte
	pos  uint32
}

// need raises an error unless there are n bytes more.
func (s *source) need(n uint32) {
	s.L.ArgCheck(s.pos+n <= uint32(len(s.data)), 2, "data string too short")
}

// next are the next n bytes, for which need has looked.
func (s *source) next(n uint32) []byte {
	if s.pos <= uint32(len(s.data)) {
		return s.data[s.pos:][:n]
	}
	return s.L.Mem().Bytes(mem.Wrap(s.at+state.Addr(s.pos)), state.Addr(n))
}

func unpack(L state.State) int {
	f := newFormat(L)
	s := source{L: L, data: L.CheckBytes(2), pos: uint32(L.OptInteger(3, 1)) - 1}
	s.at = L.StringAddr(2)
	L.SetTop(2)
	for f.more() {
		opt, n := f.next()
		s.pos += uint32(f.padding(int(s.pos), opt, n))
		s.need(uint32(n))
		L.CheckStackMsg(2, "too many results")
		switch opt {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			pushInteger(L, getInteger(s.next(uint32(n)), f.order, opt >= 'a'))
		case 'x':
		case 'f':
			f.floats(opt)
			L.PushNumber(float64(math.Float32frombits(f.order.Uint32(s.next(floatSize)))))
		case 'd':
			f.floats(opt)
			L.PushNumber(math.Float64frombits(f.order.Uint64(s.next(doubleSize))))
		case 'c':
			if n == 0 {
				n = takeSize(&s)
			}
			L.PushBytes(s.next(uint32(n)))
		case 's':
			n = bytes.IndexByte(s.data[s.pos:], 0) + 1
			if n == 0 {
				L.Errorf("unfinished string in data")
			}
			L.PushBytes(s.next(uint32(n - 1)))
		default:
			f.control(opt)
		}
		s.pos += uint32(n)
	}
	L.PushInteger(int64(s.pos + 1))
	return L.GetTop() - 2
}

// takeSize takes the length of a string from the value before it.
func takeSize(s *source) int {
	L := s.L
	if !L.IsNumber(-1) {
		L.Errorf("format `c0' needs a previous size")
	}
	n, _ := L.ToInteger(-1)
	L.Pop(1)
	s.need(uint32(n))
	if size := int32(n); size < 0 { // the sum has wrapped around
		L.PushString("memory allocation error: block too big")
		L.Error()
	}
	return int(int32(n))
}

// getInteger reads an integer of any length into 64 bits; what is above them is
// lost.
func getInteger(p []byte, order binary.ByteOrder, signed bool) int64 {
	var v uint64
	for i := range p {
		c := p[i]
		if order == binary.LittleEndian {
			c = p[len(p)-1-i]
		}
		v = v<<8 | uint64(c)
	}
	if signed {
		if mask := signBits(len(p)); v&mask != 0 {
			v |= mask
		}
	}
	return int64(v)
}

// signBits are the bits of the sign of an integer of n bytes and those above it, which C
// shifts into their place. Compilers take the length of a shift modulo 64.
func signBits(n int) uint64 {
	if n == 0 {
		return 0
	}
	return ^uint64(0) << (uint(8*n-1) % 64)
}

// pushInteger pushes a float if an integer of the number model cannot hold v.
func pushInteger(L state.State, v int64) {
	if bytes, float := L.NumberSizes(); bytes == 4 && float > 0 && v != int64(int32(v)) {
		L.PushNumber(float64(v))
		return
	}
	L.PushInteger(v)
}

func size(L state.State) int {
	f := newFormat(L)
	pos := 0
	for f.more() {
		opt, n := f.next()
		pos += f.padding(pos, opt, n)
		switch {
		case opt == 's':
			L.ArgError(1, "option 's' has no fixed size")
		case opt == 'c' && n == 0:
			L.ArgError(1, "option 'c0' has no fixed size")
		case !isAlnum(opt):
			f.control(opt)
		}
		pos += n
	}
	L.PushInteger(int64(uint32(pos)))
	return 1
}
