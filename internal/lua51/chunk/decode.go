package chunk

import (
	"encoding/binary"
	"fmt"
	"math"
)

// maxNesting is the depth of functions in a file (LUAI_MAXCCALLS).
const maxNesting = 200

// Decode reads a binary chunk. The error is an *Error: the file is refused as a whole.
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
	f = &File{}
	d.header()
	f.Numbers = d.numbers
	f.Main = d.function()
	if d.off != len(d.data) {
		d.fail(d.off, "%d bytes stand behind the end", len(d.data)-d.off)
	}
	return f, nil
}

type decoder struct {
	data    []byte
	whole   string // the same, for strings that need no memory of their own
	off     int
	numbers Numbers
	deep    int
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

func (d *decoder) word() uint32 { return binary.LittleEndian.Uint32(d.bytes(4)) }

func (d *decoder) int() int {
	start := d.off
	n := d.word()
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

// pad skips what the firmware does not look at.
func (d *decoder) pad() { d.bytes(-d.off & 3) }

func (d *decoder) header() {
	h := d.bytes(headerSize)
	if string(h[:4]) != Signature {
		d.fail(0, "not a file of compiled Lua")
	}
	if h[4] != Version {
		d.fail(4, "compiled for Lua %d.%d, not 5.1", h[4]>>4, h[4]&15)
	}
	if h[5] != 0 {
		d.fail(5, "format %d is not that of Lua 5.1", h[5])
	}
	if h[6] != 1 {
		d.fail(6, "compiled for a processor with the other order of bytes")
	}
	if h[7] != 4 || h[8] != 4 || h[9] != 4 {
		d.fail(7, "int of %d, sizes of %d and instructions of %d bytes; a luac of NodeMCU writes 4, 4, 4", h[7], h[8], h[9])
	}
	for n := range Numbers(2) {
		if int(h[10]) == n.size() && h[11] == byte(n) {
			d.numbers = n
			return
		}
	}
	d.fail(10, "numbers of %d bytes (integral: %d), which no firmware has", h[10], h[11])
}

func (d *decoder) text() Text {
	start := d.off
	n := d.count("bytes of a string", 1)
	if n == 0 {
		return Text{}
	}
	at := d.off
	if d.bytes(n)[n-1] != 0 {
		d.fail(start, "a string has no end")
	}
	return Text{d.whole[at : d.off-1], true}
}

func (d *decoder) function() *Proto {
	if d.deep++; d.deep > maxNesting {
		d.fail(d.off, "functions are nested more than %d levels deep", maxNesting)
	}
	p := &Proto{Source: d.text(), LineDefined: d.int(), LastLineDefined: d.int(),
		NumUpvalues: d.byte(), NumParams: d.byte(), IsVararg: d.byte(), MaxStackSize: d.byte()}
	n := d.count("instructions", 4)
	d.pad()
	p.Code = make([]uint32, min(n, (len(d.data)-d.off)/4+1))
	for i := range p.Code {
		p.Code[i] = d.word()
	}
	if n := d.count("constants", 1); n > 0 {
		p.Constants = make([]Constant, n)
		for i := range p.Constants {
			p.Constants[i] = d.constant()
		}
	}
	const least = 44 // bytes of a function
	if n := d.count("functions", least); n > 0 {
		p.Protos = make([]*Proto, n)
		for i := range p.Protos {
			p.Protos[i] = d.function()
		}
	}
	d.debug(p)
	d.deep--
	return p
}

func (d *decoder) debug(p *Proto) {
	n := d.count("bytes of line information", 1)
	d.pad()
	if b := d.bytes(n); n > 0 {
		p.LineInfo = append([]byte(nil), b...)
	}
	if n := d.count("local variables", 12); n > 0 {
		p.LocVars = make([]LocVar, n)
		for i := range p.LocVars {
			p.LocVars[i] = LocVar{Name: d.text(), StartPC: d.int(), EndPC: d.int()}
		}
	}
	if n := d.count("names of upvalues", 4); n > 0 {
		p.Upvalues = make([]Text, n)
		for i := range p.Upvalues {
			p.Upvalues[i] = d.text()
		}
	}
}

func (d *decoder) constant() Constant {
	start := d.off
	switch tag := d.byte(); tag {
	case tagNil:
		return Constant{Kind: Nil}
	case tagBool:
		if d.byte() == 0 {
			return Constant{Kind: False}
		}
		return Constant{Kind: True}
	case tagNumber:
		if d.numbers == Integer {
			return Constant{Kind: Number, Int: int32(d.word())}
		}
		return Constant{Kind: Number, Float: math.Float64frombits(binary.LittleEndian.Uint64(d.bytes(8)))}
	case tagString:
		t := d.text()
		if !t.Set {
			d.fail(start, "a string constant is missing")
		}
		return Constant{Kind: String, Str: t.S}
	case oldTagNumber, oldTagString:
		d.fail(start, "a constant of type %d: compiled for firmware before 3.0-master_20200610, which numbers types in another way; compile the source again", tag)
	default:
		d.fail(start, "a constant of unknown type %d", tag)
	}
	return Constant{}
}
