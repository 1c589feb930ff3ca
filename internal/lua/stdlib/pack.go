package stdlib

import (
	"bytes"
	"encoding/binary"
	"math"

	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/state"
)

// Sizes of the module's C types in bytes. The native alignment is a double's, whatever the
// number model (struct cD, lstrlib.c).
const (
	sizeShort   = 2
	sizeInt     = 4
	sizeLong    = 4
	sizeSizeT   = 4
	sizeFloat   = 4
	sizeDouble  = 8
	nativeAlign = 8
	maxIntSize  = 16 // of a packed integer
)

// packKind says what an option of a pack format stands for.
type packKind uint8

const (
	packInt packKind = iota
	packUint
	packFloat
	packChars  // string of fixed length
	packString // string behind its length
	packZero   // string with a zero at its end
	packPad    // one byte of padding
	packAlign  // padding up to an alignment
	packNone   // blank or setting
)

// packFormat reads a format of string.pack.
type packFormat struct {
	L            state.State
	text         []byte // what is left of the format
	intSize      int    // of a Lua integer, in bytes
	floatSize    int    // of a Lua float, in bytes
	little       bool
	maxAlignment int
	cut          bool // the last numeral was too long and its end was left in text
}

func newPackFormat(L state.State) packFormat {
	text := L.CheckBytes(1)
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	f := packFormat{L: L, text: text, little: true, maxAlignment: 1}
	f.intSize, f.floatSize = L.NumberSizes()
	return f
}

// atDigit tells whether a digit is next.
func (f *packFormat) atDigit() bool {
	return len(f.text) > 0 && charClass[f.text[0]]&classDigit != 0
}

// number reads a numeral; without one it is def.
func (f *packFormat) number(def int) int {
	if !f.atDigit() {
		return def
	}
	n := 0
	for f.atDigit() && n <= (maxSize-9)/10 {
		n = n*10 + int(f.text[0]-'0')
		f.text = f.text[1:]
	}
	f.cut = f.atDigit()
	return n
}

// size reads the numeral of an integer's size.
func (f *packFormat) size(def int) int {
	n := f.number(def)
	if n < 1 || n > maxIntSize {
		f.L.Errorf("integral size (%d) out of limits [1,%d]", n, maxIntSize)
	}
	return n
}

// option reads the next option and the size of its value in bytes.
func (f *packFormat) option() (kind packKind, size int) {
	c := f.text[0]
	f.text = f.text[1:]
	switch c {
	case 'b':
		return packInt, 1
	case 'B':
		return packUint, 1
	case 'h':
		return packInt, sizeShort
	case 'H':
		return packUint, sizeShort
	case 'l':
		return packInt, sizeLong
	case 'L':
		return packUint, sizeLong
	case 'j':
		return packInt, f.intSize
	case 'J':
		return packUint, f.intSize
	case 'T':
		return packUint, sizeSizeT
	case 'f':
		return packFloat, sizeFloat
	case 'd':
		return packFloat, sizeDouble
	case 'n':
		return packFloat, f.floatSize
	case 'i':
		return packInt, f.size(sizeInt)
	case 'I':
		return packUint, f.size(sizeInt)
	case 's':
		return packString, f.size(sizeSizeT)
	case 'z':
		return packZero, 0
	case 'x':
		return packPad, 1
	case 'X':
		return packAlign, 0
	case 'c':
		if size = f.number(-1); size < 0 {
			f.L.Errorf("missing size for format option 'c'")
		}
		return packChars, size
	}
	f.setting(c)
	return packNone, 0
}

// setting obeys an option that stands for no value.
func (f *packFormat) setting(c byte) {
	switch c {
	case ' ':
	case '<', '=':
		f.little = true
	case '>':
		f.little = false
	case '!':
		f.maxAlignment = f.size(nativeAlign)
	default:
		f.L.Errorf("invalid format option '%c'", int(c))
	}
}

// packItem is an option with what its place in the data needs.
type packItem struct {
	kind packKind
	size int // of the value, in bytes
	pad  int // bytes of alignment in front of it
}

// next reads the next option, which stands at the given offset.
func (f *packFormat) next(offset int64) packItem {
	kind, size := f.option()
	align := size
	if kind == packAlign {
		following := packChars
		if len(f.text) > 0 {
			following, align = f.option()
		}
		if following == packChars || align == 0 {
			f.L.ArgError(1, "invalid next option for option 'X'")
		}
	}
	item := packItem{kind: kind, size: size}
	if align > 1 && kind != packChars {
		align = min(align, f.maxAlignment)
		if align&(align-1) != 0 {
			f.L.ArgError(1, "format asks for alignment not power of 2")
		}
		item.pad = (align - int(offset)&(align-1)) & (align - 1)
	}
	return item
}

// addZeros appends bytes of padding one by one, as the C code does.
func addZeros(b *state.Buffer, n int) {
	for ; n > 0; n-- {
		b.AddByte(0)
	}
}

// putInt writes n into p, extending its sign if neg is set.
func putInt(p []byte, n uint64, little, neg bool) {
	fill := byte(0)
	if neg {
		fill = 0xFF
	}
	for i := range p {
		c := fill
		if i < 8 {
			c = byte(n >> (8 * i))
		}
		if little {
			p[i] = c
		} else {
			p[len(p)-1-i] = c
		}
	}
}

// addInt appends an integer. Beyond the size of a Lua integer there are copies
// of its sign, or zeros.
func (f *packFormat) addInt(b *state.Buffer, n uint64, size int, neg bool) {
	if f.intSize < 8 && !neg {
		n &= 1<<32 - 1
	}
	putInt(b.Prep(size)[:size], n, f.little, neg)
	b.AddSize(size)
}

func stringPack(L state.State) int {
	f := newPackFormat(L)
	L.PushNil() // between the arguments and the buffer
	b := L.NewBuffer()
	arg := 1
	total := int64(0)
	for len(f.text) > 0 {
		item := f.next(total)
		total += int64(item.pad) + int64(item.size)
		addZeros(b, item.pad)
		switch item.kind {
		case packPad:
			b.AddByte(0)
		case packAlign, packNone:
		default:
			arg++
			total += f.add(b, item, arg)
		}
	}
	b.PushResult()
	return 1
}

// add appends an argument and returns how many bytes it has beyond its size.
func (f *packFormat) add(b *state.Buffer, item packItem, arg int) int64 {
	L := f.L
	switch item.kind {
	case packInt:
		n := L.CheckInteger(arg)
		if limit := int64(1) << (item.size*8 - 1); item.size < f.intSize && (n < -limit || n >= limit) {
			L.ArgError(arg, "integer overflow")
		}
		f.addInt(b, uint64(n), item.size, n < 0)
	case packUint:
		n := uint64(L.CheckInteger(arg))
		if item.size < f.intSize && n >= 1<<(item.size*8) {
			L.ArgError(arg, "unsigned overflow")
		}
		f.addInt(b, n, item.size, false)
	case packFloat:
		p := b.Prep(item.size)[:item.size]
		putFloat(p, L.CheckNumber(arg), f.little)
		b.AddSize(item.size)
	default:
		return f.addChars(b, item, arg)
	}
	return 0
}

// addChars is add for the kinds of strings.
func (f *packFormat) addChars(b *state.Buffer, item packItem, arg int) int64 {
	L := f.L
	s := L.CheckBytes(arg)
	switch item.kind {
	case packChars:
		if len(s) > item.size {
			L.ArgError(arg, "string longer than given size")
		}
		b.AddBytes(s)
		if f.cut && L.CLibrary() == clib.Host {
			// What is left of the numeral is no option. A host has memory for the
			// padding up to there; the chip never has.
			f.option()
		}
		addZeros(b, item.size-len(s))
		return 0
	case packString:
		if item.size < sizeSizeT && len(s) >= 1<<(item.size*8) {
			L.ArgError(arg, "string length does not fit in given size")
		}
		f.addInt(b, uint64(len(s)), item.size, false)
		b.AddBytes(s)
		return int64(len(s))
	}
	if bytes.IndexByte(s, 0) >= 0 {
		L.ArgError(arg, "string contains zeros")
	}
	b.AddBytes(s)
	b.AddByte(0)
	return int64(len(s) + 1)
}

func stringPackSize(L state.State) int {
	f := newPackFormat(L)
	total := int64(0)
	for len(f.text) > 0 {
		item := f.next(total)
		size := int64(item.pad) + int64(item.size)
		if total > maxSize-size {
			return L.ArgError(1, "format result too large")
		}
		total += size
		if item.kind == packString || item.kind == packZero {
			return L.ArgError(1, "variable-length format")
		}
	}
	L.PushInteger(total)
	return 1
}

// getInt reads an integer from p. What is longer than a Lua integer must have
// nothing but its sign, or zeros, in the rest.
func (f *packFormat) getInt(p []byte, signed bool) int64 {
	n := uint64(0)
	limit := min(len(p), f.intSize)
	for i := limit - 1; i >= 0; i-- {
		n = n<<8 | uint64(f.byteAt(p, i))
	}
	unused := uint(64 - 8*limit)
	if signed || f.intSize == limit {
		n = uint64(int64(n<<unused) >> unused)
	}
	if len(p) > f.intSize {
		rest := byte(0)
		if signed && int64(n) < 0 {
			rest = 0xFF
		}
		for i := limit; i < len(p); i++ {
			if f.byteAt(p, i) != rest {
				f.L.Errorf("%d-byte integer does not fit into Lua Integer", len(p))
			}
		}
	}
	return int64(n)
}

// byteAt is the byte of an integer with the given significance.
func (f *packFormat) byteAt(p []byte, i int) byte {
	if f.little {
		return p[i]
	}
	return p[len(p)-1-i]
}

// putFloat writes a float into 4 or 8 bytes; getFloat reads it.
func putFloat(p []byte, n float64, little bool) {
	var order binary.ByteOrder = binary.BigEndian
	if little {
		order = binary.LittleEndian
	}
	if len(p) == sizeFloat {
		order.PutUint32(p, math.Float32bits(float32(n)))
	} else {
		order.PutUint64(p, math.Float64bits(n))
	}
}

func getFloat(p []byte, little bool) float64 {
	var order binary.ByteOrder = binary.BigEndian
	if little {
		order = binary.LittleEndian
	}
	if len(p) == sizeFloat {
		return float64(math.Float32frombits(order.Uint32(p)))
	}
	return math.Float64frombits(order.Uint64(p))
}

func stringUnpack(L state.State) int {
	f := newPackFormat(L)
	data := L.CheckBytes(2)
	pos := posRelat(L.OptInteger(3, 1), len(data)) - 1
	if pos < 0 || pos > int64(len(data)) {
		return L.ArgError(3, "initial position out of string")
	}
	n := 0
	for len(f.text) > 0 {
		item := f.next(pos)
		if pos+int64(item.pad)+int64(item.size) > int64(len(data)) {
			return L.ArgError(2, "data string too short")
		}
		pos += int64(item.pad)
		L.CheckStackMsg(2, "too many results")
		switch item.kind {
		case packPad, packAlign, packNone:
		default:
			n++
			pos += f.push(data, pos, item)
		}
		pos += int64(item.size)
	}
	L.PushInteger(pos + 1)
	return n + 1
}

// push pushes the value at an offset and returns how many bytes it has beyond
// its size.
func (f *packFormat) push(data []byte, pos int64, item packItem) int64 {
	L := f.L
	p := data[pos:]
	switch item.kind {
	case packInt, packUint:
		L.PushInteger(f.getInt(p[:item.size], item.kind == packInt))
	case packFloat:
		L.PushNumber(getFloat(p[:item.size], f.little))
	case packChars:
		L.PushBytes(p[:item.size])
	case packString:
		n := uint64(f.getInt(p[:item.size], false))
		rest := p[item.size:]
		if n > uint64(len(rest)) {
			L.ArgError(2, "data string too short")
		}
		L.PushBytes(rest[:n])
		return int64(n)
	case packZero:
		n := bytes.IndexByte(p, 0)
		if n < 0 { // as if the zero of C's string were there
			n = len(p)
		}
		L.PushBytes(p[:n])
		return int64(n + 1)
	}
	return 0
}
