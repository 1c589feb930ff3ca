package image

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"moonlet.example/moonlet/internal/lua51/chunk"
)

// ErrTooLarge says that the compiler has no room for an image, as it does.
var ErrTooLarge = errors.New("Out of Flash memory") //lint:ignore ST1005 the C tool's words

// Encode makes the bytes of an image from Main and what the format is: Numbers, Packed, Absolute and Base,
// and as a gzip member unless it is absolute. Sizes and strings are set. The main functions' sources have to be
// set, and the line information as it is in a chunk.
func (im *Image) Encode() ([]byte, error) {
	w := &writer{im: im, at: map[string]int{}}
	if err := w.image(); err != nil {
		return nil, err
	}
	im.Bytes = 4 * len(w.words)
	data := w.words
	if im.Absolute {
		for i := range data {
			if w.isPointer(i) {
				data[i] = 4*data[i] + im.Base
			}
		}
		return littleEndian(data), nil
	}
	bitmap := w.pointers
	for len(bitmap) < (len(data)+31)/32 {
		bitmap = append(bitmap, 0)
	}
	return compress(littleEndian(append(data, bitmap...))), nil
}

func littleEndian(words []uint32) []byte {
	b := make([]byte, 0, 4*len(words))
	for _, v := range words {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

type writer struct {
	im       *Image
	words    []uint32
	pointers []uint32       // the bitmap
	at       map[string]int // strings by their contents
}

// take makes room for n words.
func (w *writer) take(n int) int {
	at := len(w.words)
	w.words = append(w.words, make([]uint32, n)...)
	return at
}

// point makes a word a pointer; nothing is at 0.
func (w *writer) point(at, to int) {
	if to == 0 {
		return
	}
	for len(w.pointers) <= at/32 {
		w.pointers = append(w.pointers, 0)
	}
	w.pointers[at/32] |= 1 << (at % 32)
	w.words[at] = uint32(to)
}

func (w *writer) isPointer(i int) bool {
	return i/32 < len(w.pointers) && w.pointers[i/32]>>(i%32)&1 != 0
}

func (w *writer) image() error {
	w.take(headerWords)
	w.strings()
	main := w.function(w.im.Main, "")
	if len(w.words) > maxWords {
		return ErrTooLarge
	}
	w.point(2, main)
	w.words[0] = w.im.word()
	w.words[1] = uint32(4 * len(w.words))
	return nil
}

// strings writes the vector of slots and all strings (createROstrt).
func (w *writer) strings() {
	t := &order{}
	collect(t, w.im.Main, "")
	w.im.Strings = t.keys()
	n := len(w.im.Strings)
	slots := 2 << (bits.Len(uint(n)) - 1)
	w.words[4], w.words[5] = uint32(n), uint32(slots)
	vector := w.take(slots)
	w.point(3, vector)
	for _, s := range w.im.Strings {
		hash := hashOf(s)
		slot := vector + int(hash)&(slots-1)
		last := int(w.words[slot])
		at := w.take(stringWords + len(s)/4 + 1)
		w.point(slot, at)
		w.point(at, last)
		w.words[at+1] = w.stringTag() | markStore<<8
		w.words[at+2], w.words[at+3] = hash, uint32(len(s))
		for i := range len(s) {
			w.words[at+stringWords+i/4] |= uint32(s[i]) << (i % 4 * 8)
		}
		w.at[s] = at
	}
}

func (w *writer) stringTag() uint32 {
	if w.im.OldTags {
		return oldTagString
	}
	return tagString
}

// Table tells how many slots the table of strings has, and how many are in the longest chain.
func (im *Image) Table() (slots, longest int) {
	n := len(im.Strings)
	if n == 0 {
		return 0, 0
	}
	slots = 2 << (bits.Len(uint(n)) - 1)
	chains := make([]int, slots)
	for _, s := range im.Strings {
		at := int(hashOf(s)) & (slots - 1)
		chains[at]++
		longest = max(longest, chains[at])
	}
	return slots, longest
}

// collect enters the strings of a function in the order in which the compiler comes across them. source is that
// of the function around it.
func collect(t *order, p *chunk.Proto, source string) {
	if p.Source.Set {
		source = p.Source.S
	}
	t.add(source)
	if len(p.LineInfo) > 0 {
		t.add(LineText(p))
	}
	for i := range p.Constants {
		if k := &p.Constants[i]; k.Kind == chunk.String {
			t.add(k.Str)
		}
	}
	for _, u := range p.Upvalues {
		addName(t, u)
	}
	for i := range p.LocVars {
		addName(t, p.LocVars[i].Name)
	}
	for _, q := range p.Protos {
		collect(t, q, source)
	}
}

// addName enters a name of a variable. One that is not set is a null pointer in the image.
func addName(t *order, name chunk.Text) {
	if name.Set {
		t.add(name.S)
	}
}

// name is where the string of a variable's name is, 0 for one that is not set.
func (w *writer) name(name chunk.Text) int {
	if name.Set {
		return w.at[name.S]
	}
	return 0
}

// LineText is the line information of a function as the string that it becomes: without the zero byte at its end.
func LineText(p *chunk.Proto) string {
	n := 0
	for n < len(p.LineInfo) && p.LineInfo[n] != 0 {
		n++
	}
	return string(p.LineInfo[:n])
}

// function writes a function behind those in it, and tells where its record is.
func (w *writer) function(p *chunk.Proto, source string) int {
	if p.Source.Set {
		source = p.Source.S
	}
	inner := make([]int, len(p.Protos))
	for i, q := range p.Protos {
		inner[i] = w.function(q, source)
		if len(w.words) > maxWords {
			return 0
		}
	}
	functions := w.vector(len(inner), 1)
	for i, at := range inner {
		w.point(functions+i, at)
	}
	constants := w.constants(p)
	code := w.vector(len(p.Code), 1)
	copy(w.words[code:], p.Code)
	locals := w.vector(len(p.LocVars), localWords)
	for i, v := range p.LocVars {
		at := locals + i*localWords
		w.point(at, w.name(v.Name))
		w.words[at+1], w.words[at+2] = uint32(v.StartPC), uint32(v.EndPC)
	}
	upvalues := w.vector(len(p.Upvalues), 1)
	for i, u := range p.Upvalues {
		w.point(upvalues+i, w.name(u))
	}
	at := w.take(protoWords)
	lines := 0
	if len(p.LineInfo) > 0 {
		lines = w.at[LineText(p)] + stringWords
	}
	for i, to := range []int{constants, code, functions, lines, locals, upvalues, w.at[source]} {
		w.point(at+2+i, to)
	}
	for i, n := range []int{len(p.Upvalues), len(p.Constants), len(p.Code), len(p.Protos), len(p.LocVars), p.LineDefined, p.LastLineDefined} {
		w.words[at+9+i] = uint32(n)
	}
	w.words[at+17] = uint32(p.NumUpvalues) | uint32(p.NumParams)<<8 | uint32(p.IsVararg)<<16 | uint32(p.MaxStackSize)<<24
	return at
}

// vector makes room for n records; one of none is nowhere.
func (w *writer) vector(n, size int) int {
	if n == 0 {
		return 0
	}
	return w.take(n * size)
}

func (w *writer) constants(p *chunk.Proto) int {
	size := w.im.valueWords()
	tagAt := min(size-1, 2)
	vector := w.vector(len(p.Constants), size)
	for i := range p.Constants {
		k, at := &p.Constants[i], vector+i*size
		switch k.Kind {
		case chunk.True, chunk.False:
			w.words[at+tagAt] = tagBool
			if k.Kind == chunk.True {
				w.words[at] = 1
			}
		case chunk.Number:
			if w.words[at+tagAt] = tagNumber; w.im.OldTags {
				w.words[at+tagAt] = oldTagNumber
			}
			if w.im.Numbers == chunk.Integer {
				w.words[at] = uint32(k.Int)
				break
			}
			b := math.Float64bits(k.Float)
			w.words[at], w.words[at+1] = uint32(b), uint32(b>>32)
		case chunk.String:
			w.words[at+tagAt] = w.stringTag()
			w.point(at, w.at[k.Str])
		}
	}
	return vector
}
