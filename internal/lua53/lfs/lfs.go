// Package lfs is the Lua Flash Store as bytes: what the firmware's loader makes of
// an image, word for word, and back. It knows nothing of a flash chip or a
// running Lua.
//
// A store begins with a header of twelve words (struct FlashHeader, lundump.h):
//
//	0  signature        0xfafaa250; other bits mark a load that was cut off
//	1  size in bytes, header included
//	2  seed of the strings' hashes
//	3  time stamp, seconds since 1970
//	4  number of short strings
//	5  slots of the table of short strings, a power of two
//	6  where that table is
//	7  where the ROTable of the modules is
//	8  where the last prototype is; each has the address of the one before
//	9  where the last short string is, likewise
//	10 where the last long string is, likewise
//	11 unused, 0
//
// Places are counted in words from the header. Behind it follow, in this order:
// the strings of the image and the fixed strings, each a TString and its bytes
// with a zero, padded to a word; the table of short strings; the prototypes, each
// behind those inside it: vector of prototypes, code, constants, upvalues, line
// information, local variables, Proto; the entries of the ROTable, an empty one,
// and the ROTable itself. Addresses are those at which the chip reads the flash.
package lfs

import (
	"encoding/binary"
	"slices"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/layout"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// Words of the header.
const (
	HeaderSignature = iota
	HeaderSize
	HeaderSeed
	HeaderTimestamp
	HeaderShortStrings
	HeaderSlots
	HeaderTable
	HeaderModules
	HeaderProtos
	HeaderShort
	HeaderLong
	headerReserved
	HeaderWords
)

const (
	// Signature is the first word of a whole store (FLASH_SIG, lundump.h).
	Signature = 0xfafaa050 | 2<<8
	// InProgress is the bit that is set in the signature while a store is being
	// written (FLASH_SIG_IN_PROGRESS).
	InProgress = 0x08

	wordSize   = 4
	headerSize = HeaderWords * wordSize
)

// MaxModules is how many modules a store can have: the ROTable counts them in a
// byte.
const MaxModules = 255

// Marks of objects in the store (lgc.h, lobject.h).
const (
	markedString   = 1<<5 | 1<<6 // in the store; tag.Collectable
	markedProto    = 1<<5 | 1<<0 // in the store; the first of the two whites
	firstSeedExtra = 1           // extra of a long string whose hash is there
)

// Region is the content of a store.
type Region struct {
	Model num.Model
	Base  uint32 // address of the header
	Data  []byte // a whole number of words
	// Sizes of each module's parts in bytes, in the order of the image.
	Modules []Sizes
	// StringBytes is what the strings and their table take, the fixed ones included.
	StringBytes int
	// Chance lists the bytes that the firmware's loader leaves to chance: padding,
	// the values of nil and halves of values. Here they are zero.
	Chance []Range
}

// Range is a part of a store: Len bytes from Offset on.
type Range struct{ Offset, Len int }

// Sizes is what a main function takes once it is loaded, with all functions
// inside it, in bytes. Strings are not in it: modules share them.
type Sizes struct {
	Name      string
	Functions int
	Code      int
	Constants int
	Debug     int // line information, local variables, names of upvalues are strings
	Records   int // Proto and Upvaldesc records, vectors of prototypes, the entry of the ROTable
}

// Total is the sum of a module's parts.
func (s Sizes) Total() int { return s.Code + s.Constants + s.Debug + s.Records }

// Largest lists the modules that take most, at most n of them.
func (r *Region) Largest(n int) []Sizes {
	list := slices.Clone(r.Modules)
	slices.SortStableFunc(list, func(a, b Sizes) int { return b.Total() - a.Total() })
	return list[:min(n, len(list))]
}

// Build makes the store that the firmware's loader writes for an image when the
// chip reads it at base. Bytes that the loader leaves to chance (padding, the
// value of a nil) are zero.
func Build(model num.Model, im *chunk.Image, base uint32) *Region {
	b := &builder{
		of: layout.Of(model.ValueSize()), model: model, base: base, im: im,
		strings: make(map[string]uint32, len(im.Strings)+100),
		data:    make([]byte, headerSize, 64<<10),
	}
	b.r = &Region{Model: model, Base: base}
	b.header[HeaderSignature] = Signature
	b.header[HeaderSeed] = im.Seed
	b.header[HeaderTimestamp] = uint32(im.Timestamp)
	b.allStrings()
	b.allProtos()
	b.header[HeaderSize] = uint32(len(b.data))
	for i, w := range b.header {
		binary.LittleEndian.PutUint32(b.data[i*wordSize:], w)
	}
	b.r.Data = b.data
	return b.r
}

type builder struct {
	of      func(record, field string) int
	model   num.Model
	base    uint32
	im      *chunk.Image
	r       *Region
	sizes   *Sizes // of the module that is being stored
	header  [HeaderWords]uint32
	strings map[string]uint32 // addresses
	slots   []uint32
	data    []byte
}

// here is the address of what is stored next.
func (b *builder) here() uint32 { return b.base + uint32(len(b.data)) }

// place is the address in words from the header.
func (b *builder) place(addr uint32) uint32 { return (addr - b.base) / wordSize }

// addressOf is the reverse of place. The end of a list is at place 0: the
// firmware takes it for the header's address.
func (b *builder) addressOf(place uint32) uint32 { return b.base + place*wordSize }

func (b *builder) word(w uint32) { b.data = binary.LittleEndian.AppendUint32(b.data, w) }

func (b *builder) words(ws ...uint32) {
	for _, w := range ws {
		b.word(w)
	}
}

// bytes appends bytes, padded to a word.
func (b *builder) bytes(p []byte) {
	b.data = append(b.data, p...)
	for len(b.data)%wordSize != 0 {
		b.data = append(b.data, 0)
	}
}

// Hash is luaS_hash, lstring.c.
func Hash(s string, seed uint32) uint32 {
	const hashLimit = 5 // LUAI_HASHLIMIT
	h := seed ^ uint32(len(s))
	for l, step := len(s), len(s)>>hashLimit+1; l >= step; l -= step {
		h ^= h<<5 + h>>2 + uint32(s[l-1])
	}
	return h
}

// allStrings stores the strings of the image and the fixed ones (LoadAllStrings).
func (b *builder) allStrings() {
	slots := 1
	for slots < b.im.NumShort {
		slots *= 2
	}
	b.slots = make([]uint32, slots)
	// References go by number, and the loader has one fixed string more than the
	// compiler: LoadedFixed tells what comes of that.
	var addrs []uint32
	for _, s := range b.im.Strings {
		addrs = append(addrs, b.string(s, 0))
	}
	for i, s := range chunk.LoadedFixed() {
		extra := byte(0)
		if i < chunk.NumReserved {
			extra = byte(i + 1)
		}
		addrs = append(addrs, b.string(s, extra))
	}
	for i, s := range append(append([]string(nil), b.im.Strings...), chunk.Fixed()...) {
		if _, ok := b.strings[s]; !ok {
			b.strings[s] = addrs[i]
		}
	}
	b.header[HeaderShortStrings] = uint32(b.im.NumShort)
	b.header[HeaderSlots] = uint32(slots)
	b.header[HeaderTable] = b.place(b.here())
	b.words(b.slots...)
	b.r.StringBytes = len(b.data) - headerSize
}

// string stores one string (addTS).
func (b *builder) string(s string, extra byte) uint32 {
	at := b.here()
	h := Hash(s, b.im.Seed)
	list, tt, shrLen, link := HeaderShort, uint32(tag.ObjShort), uint32(len(s)), uint32(0)
	if len(s) > chunk.MaxShort {
		list, tt, shrLen, link, extra = HeaderLong, tag.ObjLong, 0, uint32(len(s)), firstSeedExtra
	} else {
		slot := &b.slots[h&uint32(len(b.slots)-1)]
		link, *slot = *slot, at
	}
	b.words(b.addressOf(b.header[list]), tt|markedString<<8|uint32(extra)<<16|shrLen<<24, h, link)
	b.bytes(append([]byte(s), 0))
	b.header[list] = b.place(at)
	return at
}

// allProtos stores the modules and their table (LoadAllProtos).
func (b *builder) allProtos() {
	mains := make([]uint32, len(b.im.Modules))
	b.r.Modules = make([]Sizes, len(b.im.Modules))
	for i, m := range b.im.Modules {
		b.sizes = &b.r.Modules[i]
		b.sizes.Name = m.Name
		mains[i] = b.function(m.Main, 0)
		b.sizes.Records += b.of("ROEntry", "Size")
	}
	entries := b.here()
	for i, m := range b.im.Modules {
		b.word(b.strings[m.Name] + uint32(b.of("TString", "Size")))
		b.pointer(mains[i], tag.Light)
	}
	b.word(0)
	b.pointer(0, tag.Nil)
	b.header[HeaderModules] = b.place(b.here())
	b.words(1, tag.ROEntry|0xFF<<16|uint32(uint8(len(mains)))<<24, 0, entries)
}

// chance notes that n bytes, back bytes before here, are left to chance.
func (b *builder) chance(back, n int) {
	if n > 0 {
		b.r.Chance = append(b.r.Chance, Range{len(b.data) - back, n})
	}
}

// pointer stores a TValue whose value is one word.
func (b *builder) pointer(p, tt uint32) { b.value(uint64(p), tt) }

func (b *builder) value(v uint64, tt uint32) {
	b.word(uint32(v))
	if b.model.ValueSize() == 8 {
		b.word(uint32(v >> 32))
	}
	b.word(tt)
}

// function stores a prototype behind those inside it and tells its address
// (LoadFunction). source is that of the enclosing function.
func (b *builder) function(p *chunk.Proto, source uint32) uint32 {
	if p.Source.Set {
		source = b.strings[p.Source.S]
	}
	s := b.sizes
	s.Functions++
	subs := make([]uint32, len(p.Protos))
	for i, sub := range p.Protos {
		subs[i] = b.function(sub, source)
	}
	protos := b.here()
	b.words(subs...)
	code := b.here()
	b.words(p.Code...)
	constants := b.here()
	for i := range p.Constants {
		b.constant(&p.Constants[i])
	}
	upvalues, lines := uint32(0), uint32(0)
	if len(p.Upvalues) > 0 {
		upvalues = b.here()
	}
	for _, u := range p.Upvalues {
		b.words(b.textOf(u.Name), uint32(u.InStack)|uint32(u.Idx)<<8)
		b.chance(2, 2)
	}
	debug := b.here()
	if len(p.LineInfo) > 0 {
		lines = debug
		b.bytes(p.LineInfo)
	}
	locals := b.here()
	for _, v := range p.LocVars {
		b.words(b.strings[v.Name], uint32(v.StartPC), uint32(v.EndPC))
	}
	at := b.here()
	s.Code += 4 * len(p.Code)
	s.Constants += int(b.of("TV", "Size")) * len(p.Constants)
	s.Debug += int(at - debug)
	b.words(b.addressOf(b.header[HeaderProtos]),
		tag.ObjProto|markedProto<<8|uint32(p.NumParams)<<16|uint32(p.IsVararg)<<24, uint32(p.MaxStackSize),
		uint32(len(p.Upvalues)), uint32(len(p.Constants)), uint32(len(p.Code)), uint32(len(p.LineInfo)),
		uint32(len(p.Protos)), uint32(len(p.LocVars)), uint32(p.LineDefined), uint32(p.LastLineDefined),
		constants, code, protos, lines, locals, upvalues, source, 0)
	b.r.Chance = append(b.r.Chance, Range{int(at-b.base) + 2*wordSize + 1, 3})
	s.Records += 4*len(p.Protos) + 8*len(p.Upvalues) + int(b.here()-at)
	b.header[HeaderProtos] = b.place(at)
	return at
}

// textOf is the address of a string that may be absent.
func (b *builder) textOf(t chunk.Text) uint32 {
	if !t.Set {
		return 0
	}
	return b.strings[t.S]
}

func (b *builder) constant(k *chunk.Constant) {
	size := b.model.ValueSize()
	half := size - wordSize // what a value of one word leaves of its place
	switch k.Kind {
	case chunk.Nil:
		b.value(0, tag.Nil)
		b.chance(wordSize+size, size)
	case chunk.False:
		b.value(0, tag.Bool)
		b.chance(wordSize+half, half)
	case chunk.True:
		b.value(1, tag.Bool)
		b.chance(wordSize+half, half)
	case chunk.Int:
		if b.model.IntSize() == 4 {
			b.value(uint64(uint32(k.Int)), tag.Int)
			b.chance(wordSize+half, half)
		} else {
			b.value(uint64(k.Int), tag.Int)
		}
	case chunk.Float:
		b.value(k.Bits, tag.Float)
	case chunk.String:
		tt := uint32(tag.Short)
		if len(k.Str) > chunk.MaxShort {
			tt = tag.Long
		}
		b.value(uint64(b.strings[k.Str]), tt)
		b.chance(wordSize+half, half)
	}
}
