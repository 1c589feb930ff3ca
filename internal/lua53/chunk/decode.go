package chunk

import (
	"encoding/binary"
	"fmt"
	"math"

	"moonlet.example/moonlet/internal/lua/num"
)

// MaxNesting is the depth of functions in a file. The firmware has no limit and
// overflows its C stack; no source nests deeper than this.
const MaxNesting = 200

// Decode reads a file of either format. The error is an *Error: the file is refused
// as a whole.
func Decode(data []byte) (f *File, err error) {
	d := &decoder{data: data, whole: string(data)}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			f, err = nil, e
		}
	}()
	return d.file(), nil
}

// IsCompiled tells whether a file begins like one of the formats.
func IsCompiled(data []byte) bool {
	return len(data) >= len(Signature) && string(data[:len(Signature)]) == Signature
}

type decoder struct {
	data      []byte
	whole     string // the same, for strings that need no memory of their own
	off       int
	model     num.Model
	strings   []string // of an image: what numbers stand for, from 1 on
	slab      []uint32 // see words
	bytesSlab []byte   // see keep
	deep      int
}

func (d *decoder) fail(off int, format string, args ...any) {
	panic(&Error{Offset: off, Reason: fmt.Sprintf(format, args...)})
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.data)-d.off {
		d.fail(len(d.data), "the file ends early: %d bytes are missing", n-(len(d.data)-d.off))
	}
	b := d.data[d.off : d.off+n]
	d.off += n
	return b
}

func (d *decoder) byte() byte { return d.bytes(1)[0] }

// more reads the following bytes of a multi-byte integer.
func (d *decoder) more(x uint64) uint64 {
	start := d.off
	for {
		b := d.byte()
		if x > math.MaxUint64>>7 {
			d.fail(start, "an integer with more than 64 bits")
		}
		x = x<<7 | uint64(b&0x7f)
		if b&0x80 == 0 {
			return x
		}
	}
}

func (d *decoder) int() int {
	start := d.off
	n := d.more(0)
	if n > math.MaxInt32 {
		d.fail(start, "the number %d is out of range", n)
	}
	return int(n)
}

// count reads the size of a vector whose elements take at least size bytes.
func (d *decoder) count(what string, size int) int {
	start := d.off
	n := d.int()
	if n > (len(d.data)-d.off)/size {
		d.fail(start, "%d %s do not fit into the rest of the file", n, what)
	}
	return n
}

// tagged reads the number that belongs to a first byte with a type.
func (d *decoder) tagged(first byte) uint64 {
	x := uint64(first & 0x0f)
	if first&0x80 != 0 {
		x = d.more(x)
	}
	return x
}

// integer reads a tagged integer that the number model can hold.
func (d *decoder) integer() int64 {
	start := d.off
	first := d.byte()
	if t := first & TagMask; t != TagInt && t != TagNegInt {
		d.fail(start, "type %#02x stands where an integer is expected", first)
	}
	return d.integerOf(start, first)
}

func (d *decoder) integerOf(start int, first byte) int64 {
	x := d.tagged(first)
	limit := uint64(math.MaxInt64)
	if d.model.IntSize() == 4 {
		limit = math.MaxInt32
	}
	if x > limit {
		d.fail(start, "an integer does not fit into %d bits", 8*d.model.IntSize())
	}
	if first&TagMask == TagNegInt {
		return -int64(x) - 1
	}
	return int64(x)
}

// text reads a string, or its number in an image.
func (d *decoder) text() Text {
	start := d.off
	return d.textOf(start, d.byte())
}

func (d *decoder) textOf(start int, first byte) Text {
	tag := first & TagMask
	if tag != TagShort && tag != TagLong {
		d.fail(start, "type %#02x stands where a string is expected", first)
	}
	n := d.tagged(first)
	if n == 0 {
		return Text{}
	}
	if d.strings != nil {
		if n > uint64(len(d.strings)) {
			d.fail(start, "string %d of %d", n, len(d.strings))
		}
		return d.checked(start, tag, d.strings[n-1])
	}
	if n-1 > uint64(len(d.data)-d.off) {
		d.fail(start, "a string of %d bytes does not fit into the rest of the file", n-1)
	}
	at := d.off
	d.off += int(n - 1)
	return d.checked(start, tag, d.whole[at:d.off])
}

func (d *decoder) checked(start int, tag byte, s string) Text {
	if (len(s) > MaxShort) != (tag == TagLong) {
		d.fail(start, "a string of %d bytes has the wrong type %#02x", len(s), tag)
	}
	return Text{s, true}
}

func (d *decoder) literal(s, what string) {
	start := d.off
	if string(d.bytes(len(s))) != s {
		d.fail(start, "%s", what)
	}
}

func (d *decoder) file() *File {
	d.literal(Signature, "not a file of compiled Lua")
	if v := d.byte(); v != Version {
		d.fail(d.off-1, "compiled for Lua %d.%d, not 5.3", v>>4, v&15)
	}
	format := d.byte()
	if format != Format && format != FormatLFS {
		d.fail(d.off-1, "format %d is not one of NodeMCU's Lua 5.3 (%d for code, %d for images of the store)", format, Format, FormatLFS)
	}
	d.literal(Data, "the file was damaged on its way, perhaps by a conversion of line ends")
	d.header()
	f := &File{Model: d.model}
	if format == FormatLFS {
		f.Image = d.image()
	} else {
		nup := d.byte()
		f.Main = d.function()
		if int(nup) != len(f.Main.Upvalues) {
			d.fail(d.off, "the main function has %d upvalues and not %d", len(f.Main.Upvalues), nup)
		}
	}
	if d.off != len(d.data) {
		d.fail(d.off, "%d bytes stand behind the end", len(d.data)-d.off)
	}
	return f
}

// header reads the sizes of numbers and finds the number model.
func (d *decoder) header() {
	sizes := d.bytes(4)
	if sizes[0] != 4 || sizes[1] != 4 {
		d.fail(d.off-4, "int of %d and instructions of %d bytes", sizes[0], sizes[1])
	}
	model, ok := num.BySizes(int(sizes[2]), int(sizes[3]))
	if !ok {
		d.fail(d.off-2, "no firmware has integers of %d and floats of %d bytes", sizes[2], sizes[3])
	}
	d.model = model
	start := d.off
	d.byte() // its type, which the firmware does not look at either
	if bits := d.float(); num.FloatOfBits(model, bits) != Num {
		d.fail(start, "the floats have another format")
	}
}

func (d *decoder) float() uint64 {
	if d.model.FloatSize() == 4 {
		return uint64(binary.LittleEndian.Uint32(d.bytes(4)))
	}
	return binary.LittleEndian.Uint64(d.bytes(8))
}

func (d *decoder) function() *Proto {
	if d.deep++; d.deep > MaxNesting {
		d.fail(d.off, "functions are nested more than %d levels deep", MaxNesting)
	}
	p := &Proto{Source: d.text(), LineDefined: d.int(), LastLineDefined: d.int(),
		NumParams: d.byte(), IsVararg: d.byte(), MaxStackSize: d.byte()}
	if n := d.count("functions", 12); n > 0 {
		p.Protos = make([]*Proto, n)
		for i := range p.Protos {
			p.Protos[i] = d.function()
		}
	}
	p.Code = d.words(d.count("instructions", 4))
	code := d.bytes(4 * len(p.Code))
	for i := range p.Code {
		p.Code[i] = binary.LittleEndian.Uint32(code[4*i:])
	}
	p.Constants = make([]Constant, d.count("constants", 1))
	for i := range p.Constants {
		p.Constants[i] = d.constant()
	}
	d.upvalues(p)
	p.LineInfo = d.keep(d.bytes(d.count("bytes of line information", 1)))
	if n := d.count("local variables", 3); n > 0 {
		p.LocVars = make([]LocVar, n)
		for i := range p.LocVars {
			p.LocVars[i] = LocVar{Name: d.name(), StartPC: d.int(), EndPC: d.int()}
		}
	}
	d.deep--
	return p
}

// words makes a vector of n words, many of them in one piece.
func (d *decoder) words(n int) []uint32 {
	const piece = 4096
	if n > len(d.slab) {
		d.slab = make([]uint32, max(n, min(piece, len(d.data)/4)))
	}
	v := d.slab[:n:n]
	d.slab = d.slab[n:]
	return v
}

// keep copies bytes, many of them into one piece.
func (d *decoder) keep(b []byte) []byte {
	const piece = 1024
	if len(b) > len(d.bytesSlab) {
		d.bytesSlab = make([]byte, max(len(b), min(piece, len(d.data))))
	}
	v := d.bytesSlab[:len(b):len(b)]
	d.bytesSlab = d.bytesSlab[len(b):]
	copy(v, b)
	return v
}

// name reads a string that must be there.
func (d *decoder) name() string {
	start := d.off
	t := d.text()
	if !t.Set {
		d.fail(start, "a name is missing")
	}
	return t.S
}

func (d *decoder) constant() Constant {
	start := d.off
	first := d.byte()
	switch first & TagMask {
	case TagNil:
		return Constant{Kind: Nil}
	case TagBool:
		if first == TagBool {
			return Constant{Kind: False}
		}
		return Constant{Kind: True}
	case TagFloat:
		return Constant{Kind: Float, Bits: d.float()}
	case TagInt, TagNegInt:
		return Constant{Kind: Int, Int: d.integerOf(start, first)}
	case TagShort, TagLong:
		t := d.textOf(start, first)
		if !t.Set {
			d.fail(start, "a string constant is missing")
		}
		return Constant{Kind: String, Str: t.S}
	}
	d.fail(start, "constant of unknown type %#02x", first)
	return Constant{}
}

func (d *decoder) upvalues(p *Proto) {
	p.HasNames = d.byte() != 0
	start := d.off
	n := d.count("upvalues", 2)
	if n > 255 {
		d.fail(start, "%d upvalues, 255 is the most", n)
	}
	p.Upvalues = make([]Upvalue, n)
	for i := range p.Upvalues {
		u := &p.Upvalues[i]
		if p.HasNames {
			u.Name = d.text()
		}
		u.InStack, u.Idx = d.byte(), d.byte()
	}
}

func (d *decoder) image() *Image {
	im := &Image{Seed: uint32(d.seed())}
	d.literal(stringMark, "the list of strings is missing")
	im.Longest, im.NumShort, im.NumLong = d.int(), d.int(), d.int()
	start := d.off
	n := d.count("strings", 1)
	fixed := Fixed()
	all := make([]string, 0, n+len(fixed))
	short := len(fixed)
	for range n {
		at := d.off
		t := d.text()
		if !t.Set {
			d.fail(at, "a string of the list is missing")
		}
		if len(t.S) <= MaxShort {
			short++
		}
		if len(t.S) > im.Longest {
			d.fail(at, "a string of %d bytes, the longest is said to have %d", len(t.S), im.Longest)
		}
		all = append(all, t.S)
	}
	if im.NumShort != short || im.NumLong != n+len(fixed)-short {
		d.fail(start, "the list has %d short and %d long strings, %d and %d are announced",
			short, n+len(fixed)-short, im.NumShort, im.NumLong)
	}
	im.Strings = all[:n:n]
	d.strings = append(all, fixed...)
	d.literal(protoMark, "the list of functions is missing")
	im.Modules = make([]Module, d.count("functions", 12))
	for i := range im.Modules {
		at := d.off
		im.Modules[i].Main = d.function()
		if !im.Modules[i].Main.Source.Set {
			d.fail(at, "a main function has no source")
		}
	}
	start = d.off
	if names := d.count("names", 1); names != len(im.Modules)+1 {
		d.fail(start, "%d names and time stamp for %d functions", names, len(im.Modules))
	}
	for i := range im.Modules {
		at := d.off
		if im.Modules[i].Name = d.name(); len(im.Modules[i].Name) > MaxShort {
			d.fail(at, "the name of a module has %d bytes, %d are the most", len(im.Modules[i].Name), MaxShort)
		}
	}
	im.Timestamp = d.integer()
	return im
}

// seed reads the seed of the hashes, an unsigned number that 32-bit models write
// as a signed one.
func (d *decoder) seed() int64 { return d.integer() }
