package image

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"moonlet.example/moonlet/internal/lua51/chunk"
)

// IsImage tells whether a file begins like an image: like a gzip member, or with a signature of this format or the
// early one.
func IsImage(data []byte) bool {
	if len(data) > 2 && data[0] == gzipHead[0] && data[1] == gzipHead[1] {
		return true
	}
	if len(data) < 4 {
		return false
	}
	s := binary.LittleEndian.Uint32(data)
	return s&signatureMask == signature && (s&FormatMask == format || s&FormatMask == earlyFormat)
}

// Decode reads an image, compressed or absolute. Everything is checked; the error is an *Error.
func Decode(data []byte) (im *Image, err error) {
	return decode(func(r *reader) {
		if bytes.HasPrefix(data, []byte(gzipHead[:2])) {
			r.read(inflate(data), false)
		} else {
			r.read(data, true)
		}
	})
}

// DecodeStore reads what the loader, or who flashed an absolute image, has left at the start of a partition: addresses
// are absolute, whatever the signature says, and what is behind the image does not count. The error is an *Error.
func DecodeStore(data []byte) (im *Image, err error) {
	return decode(func(r *reader) {
		if len(data) >= 4*headerWords {
			if n := binary.LittleEndian.Uint32(data[4:]); uint64(n) < uint64(len(data)) {
				data = data[:n]
			}
		}
		r.stored = true
		r.read(data, true)
	})
}

func decode(read func(r *reader)) (im *Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*Error)
			if !ok {
				panic(r)
			}
			im, err = nil, e
		}
	}()
	r := &reader{im: &Image{}, protos: map[int]*chunk.Proto{}, texts: map[int]string{}}
	read(r)
	return r.im, nil
}

func fail(word int, format string, args ...any) {
	panic(&Error{Word: word, Reason: fmt.Sprintf(format, args...)})
}

// inflate takes what is in the gzip member, of which the largest is as large as an image may be with its bitmap.
func inflate(data []byte) []byte {
	const most = 4 * (maxWords + maxWords/32)
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		fail(-1, "no gzip member: %v", err)
	}
	z.Multistream(false)
	b, err := io.ReadAll(io.LimitReader(z, most+1))
	switch {
	case errors.Is(err, gzip.ErrChecksum):
		fail(-1, "the sum at the end does not fit: the file is damaged")
	case err != nil:
		fail(-1, "the file is damaged or ends early: %v", err)
	case len(b) > most:
		fail(-1, "more than %d bytes are compressed in it, which no image has", most)
	}
	return b
}

type reader struct {
	im      *Image
	words   []uint32
	bitmap  []uint32 // empty in an absolute image
	protos  map[int]*chunk.Proto
	texts   map[int]string
	deep    int
	strings int
	stored  bool // it was taken from flash
}

func (r *reader) read(data []byte, absolute bool) {
	if len(data) < 4*headerWords {
		fail(-1, "%d bytes are less than a header", len(data))
	}
	if len(data)%4 != 0 {
		fail(-1, "%d bytes are no whole number of words", len(data))
	}
	all := make([]uint32, len(data)/4)
	for i := range all {
		all[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	r.signature(all[0], absolute)
	n := int(all[1] / 4)
	if all[1]%4 != 0 || n < headerWords || n > len(all) || n > maxWords {
		fail(1, "%d bytes are not the size of an image here", all[1])
	}
	r.im.Bytes = 4 * n
	r.words = all[:n:n]
	rest := all[n:]
	if absolute {
		if len(rest) != 0 {
			fail(n, "%d bytes stand behind the end", 4*len(rest))
		}
		r.im.Base = all[3] - 4*headerWords
		r.table()
		return
	}
	if len(rest) != (n+31)/32 {
		fail(n, "%d words of bitmap, not %d", len(rest), (n+31)/32)
	}
	r.bitmap = rest
	r.table()
}

func (r *reader) signature(s uint32, absolute bool) {
	switch {
	case s&signatureMask != signature:
		fail(0, "no image of Lua 5.1: the signature is %#08x", s)
	case s&FormatMask == earlyFormat:
		fail(0, "an image of the early format, which is not compressed as a whole; firmware from 2019 on does not take it: compile it again")
	case s&FormatMask != format:
		fail(0, "an image of format %d, which is not known", s&FormatMask>>8)
	}
	r.im.Absolute, r.im.Packed, r.im.Writing = s&AbsoluteBit != 0, s&PackedBit != 0, s&WritingBit != 0
	if s&bitInteger != 0 {
		r.im.Numbers = chunk.Integer
	}
	if r.im.Absolute != absolute && !r.stored {
		fail(0, "the signature %#08x says that it is absolute, or that it is not, and the file is the other", s)
	}
}

// pointer follows the word at a place to size words; 0 is none.
func (r *reader) pointer(at, size int) int {
	v := r.words[at]
	if r.bitmap == nil {
		if v == 0 {
			return 0
		}
		if v -= r.im.Base; v%4 != 0 {
			fail(at, "the address %#x is not that of a word", r.words[at])
		}
		v /= 4
	} else if marked := r.bitmap[at/32]>>(at%32)&1 != 0; marked != (v != 0) {
		fail(at, "the bitmap does not say of %#x that it is a pointer", v)
	}
	if v == 0 {
		return 0
	}
	if v < headerWords || uint64(v)+uint64(size) > uint64(len(r.words)) {
		fail(at, "the pointer to word %d with %d words leads out of the image of %d words", v, size, len(r.words))
	}
	return int(v)
}

// table reads the strings and then the functions.
func (r *reader) table() {
	slots := int(r.words[5])
	if slots < 2 || slots&(slots-1) != 0 || slots > len(r.words) {
		fail(5, "%d slots for strings", slots)
	}
	vector := r.pointer(3, slots)
	if vector == 0 {
		fail(3, "there are no strings")
	}
	for i := range slots {
		before := len(r.words)
		for at := r.pointer(vector+i, stringWords); at != 0; at = r.pointer(at, stringWords) {
			if at >= before {
				fail(at, "the chain of strings does not lead back")
			}
			before = at
			s := r.textAt(at)
			if h := hashOf(s); h != r.words[at+2] || int(h)&(slots-1) != i {
				fail(at, "the string %.40q has the hash %#x in slot %d, and should have %#x", s, r.words[at+2], i, h)
			}
			r.strings++
		}
	}
	if r.strings != int(r.words[4]) {
		fail(4, "%d strings, and %d are announced", r.strings, r.words[4])
	}
	r.inOrder(vector + slots)
	main := r.pointer(2, protoWords)
	if main == 0 {
		fail(2, "there is no main function")
	}
	r.im.Main = r.function(main, len(r.words), "")
	r.modules()
}

// textAt reads a string.
func (r *reader) textAt(at int) string {
	if s, ok := r.texts[at]; ok {
		return s
	}
	n := r.words[at+3]
	if uint64(n)/4+uint64(at)+stringWords >= uint64(len(r.words)) {
		fail(at+3, "a string of %d bytes leads out of the image", n)
	}
	b := make([]byte, 0, n+4)
	for i := range int(n)/4 + 1 {
		b = binary.LittleEndian.AppendUint32(b, r.words[at+stringWords+i])
	}
	if b[n] != 0 {
		fail(at, "a string has no end")
	}
	switch tag := r.words[at+1] & 0xff; tag {
	case tagString:
	case oldTagString:
		r.im.OldTags = true
	default:
		fail(at+1, "an object of type %d stands where a string is expected", tag)
	}
	r.texts[at] = string(b[:n])
	return r.texts[at]
}

// inOrder lists the strings as they lie.
func (r *reader) inOrder(at int) {
	for range r.strings {
		if at+stringWords > len(r.words) {
			fail(len(r.words)-1, "the strings do not lie behind each other")
		}
		if _, ok := r.texts[at]; !ok {
			fail(at, "the strings do not lie behind each other")
		}
		s := r.textAt(at)
		r.im.Strings = append(r.im.Strings, s)
		at += stringWords + len(s)/4 + 1
	}
}

// text reads the string that a word points to.
func (r *reader) text(at int) chunk.Text {
	to := r.pointer(at, stringWords)
	if to == 0 {
		return chunk.Text{}
	}
	s, ok := r.texts[to]
	if !ok {
		fail(at, "word %d is none of the strings", to)
	}
	return chunk.Text{S: s, Set: true}
}

// function reads a function, whose record lies behind those of the functions in it. source is that of the one
// around it, which those in it leave out as in a chunk.
func (r *reader) function(at, before int, source string) *chunk.Proto {
	if at >= before {
		fail(at, "a function is in one that lies before it")
	}
	if p := r.protos[at]; p != nil {
		fail(at, "a function belongs to two others")
	}
	if r.deep++; r.deep > 200 {
		fail(at, "functions are nested more than 200 levels deep")
	}
	w := r.words[at : at+protoWords]
	p := &chunk.Proto{LineDefined: r.small(at + 14), LastLineDefined: r.small(at + 15),
		NumUpvalues: byte(w[17]), NumParams: byte(w[17] >> 8), IsVararg: byte(w[17] >> 16), MaxStackSize: byte(w[17] >> 24)}
	r.protos[at] = p
	if t := r.text(at + 8); t.Set && (t.S != source || r.deep == 1) {
		p.Source, source = t, t.S
	} else if !t.Set {
		fail(at+8, "a function has no source")
	}
	r.constants(p, at)
	if v, n := r.vector(at+3, at+11, 1); n > 0 {
		p.Code = append([]uint32(nil), r.words[v:v+n]...)
	}
	if v, n := r.vector(at+4, at+12, 1); n > 0 {
		p.Protos = make([]*chunk.Proto, n)
		for i := range p.Protos {
			q := r.pointer(v+i, protoWords)
			if q == 0 {
				fail(v+i, "a function is missing")
			}
			p.Protos[i] = r.function(q, at, source)
		}
	}
	r.debug(p, at)
	r.deep--
	return p
}

func (r *reader) small(at int) int {
	if r.words[at] > math.MaxInt32 {
		fail(at, "the number %d is out of range", r.words[at])
	}
	return int(r.words[at])
}

// vector follows a pointer to as many records as another word says.
func (r *reader) vector(pointerAt, countAt, size int) (at, n int) {
	n = r.small(countAt)
	if n > len(r.words)/size {
		fail(countAt, "%d records of %d words", n, size)
	}
	if at = r.pointer(pointerAt, n*size); (at == 0) != (n == 0) {
		fail(pointerAt, "%d records at word %d", n, at)
	}
	return at, n
}

func (r *reader) debug(p *chunk.Proto, at int) {
	if to := r.pointer(at+5, 0); to != 0 {
		s, ok := r.texts[to-stringWords]
		if !ok {
			fail(at+5, "word %d is none of the strings' bytes", to)
		}
		p.LineInfo = append([]byte(s), 0)
	}
	if v, n := r.vector(at+6, at+13, localWords); n > 0 {
		p.LocVars = make([]chunk.LocVar, n)
		for i := range p.LocVars {
			k := v + i*localWords
			p.LocVars[i] = chunk.LocVar{Name: r.text(k), StartPC: r.small(k + 1), EndPC: r.small(k + 2)}
		}
	}
	if v, n := r.vector(at+7, at+9, 1); n > 0 {
		p.Upvalues = make([]chunk.Text, n)
		for i := range p.Upvalues {
			p.Upvalues[i] = r.text(v + i)
		}
	}
}

func (r *reader) constants(p *chunk.Proto, at int) {
	size := r.im.valueWords()
	tagAt := min(size-1, 2)
	v, n := r.vector(at+2, at+10, size)
	if n == 0 {
		return
	}
	p.Constants = make([]chunk.Constant, n)
	for i := range p.Constants {
		k := v + i*size
		p.Constants[i] = r.constant(k, r.words[k+tagAt])
	}
}

func (r *reader) constant(at int, tag uint32) chunk.Constant {
	switch tag {
	case 0:
		return chunk.Constant{Kind: chunk.Nil}
	case tagBool:
		if r.words[at] != 0 {
			return chunk.Constant{Kind: chunk.True}
		}
		return chunk.Constant{Kind: chunk.False}
	case tagNumber, oldTagNumber:
		if tag == oldTagNumber {
			r.im.OldTags = true
		}
		if r.im.Numbers == chunk.Integer {
			return chunk.Constant{Kind: chunk.Number, Int: int32(r.words[at])}
		}
		return chunk.Constant{Kind: chunk.Number, Float: math.Float64frombits(uint64(r.words[at]) | uint64(r.words[at+1])<<32)}
	case tagString, oldTagString:
		if t := r.text(at); t.Set {
			return chunk.Constant{Kind: chunk.String, Str: t.S}
		}
		fail(at, "a string constant is missing")
	}
	fail(at, "a constant of unknown type %d", tag)
	return chunk.Constant{}
}

// modules names the functions of an image: the main function compares its argument with one constant after the
// other, and behind them there is the time.
func (r *reader) modules() {
	main := r.im.Main
	n := len(main.Protos)
	if len(main.Constants) != n+1 {
		fail(int(r.words[2]), "the main function has %d constants for %d modules", len(main.Constants), n)
	}
	for i, p := range main.Protos {
		k := main.Constants[i]
		if k.Kind != chunk.String {
			fail(int(r.words[2]), "module %d has no name", i+1)
		}
		r.im.Modules = append(r.im.Modules, Module{k.Str, p})
	}
	switch k := main.Constants[n]; {
	case k.Kind != chunk.Number:
		fail(int(r.words[2]), "the time of compilation is missing")
	case r.im.Numbers == chunk.Integer:
		r.im.Timestamp = int64(k.Int)
	case k.Float >= 0 && k.Float < 1<<53:
		r.im.Timestamp = int64(k.Float)
	}
}
