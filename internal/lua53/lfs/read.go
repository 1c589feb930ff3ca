package lfs

import (
	"encoding/binary"
	"fmt"
	"math"
	"moonlet.example/moonlet/internal/lua/compiled"
	"slices"

	"moonlet.example/moonlet/internal/lua/num"
	"moonlet.example/moonlet/internal/lua53/chunk"
	"moonlet.example/moonlet/internal/lua53/layout"
	"moonlet.example/moonlet/internal/lua53/tag"
)

// Store is a store that was read from the bytes of flash memory.
type Store struct {
	// Region is what Build makes of the image at the store's address. The bytes
	// that were read are the same, but for those left to chance; the mark of a
	// function is one of these if it is of the other white.
	*Region
	// Models are the number models that the store can be made for. Their number is
	// two where values have 8 bytes and no constant tells whether integers have 4
	// or 8; the first one is the more likely.
	Models []num.Model
	// Rest is what follows the store, in the dump of a whole partition for instance.
	Rest []byte
}

// Read reads a store: an absolute image, or a dump of the partition. The error
// is a *chunk.Error: the store is refused as a whole.
//
// Nothing in the bytes is trusted. The parts of a store follow one another
// without gaps, so they are taken one after the other, not by their addresses,
// and what the addresses and hashes have to be is known in the end.
func Read(data []byte) (s *Store, im *chunk.Image, err error) {
	r := &reader{data: data, im: &chunk.Image{}}
	defer func() {
		if p := recover(); p != nil {
			e, ok := p.(*chunk.Error)
			if !ok {
				panic(p)
			}
			s, im, err = nil, nil, e
		}
	}()
	r.header()
	r.strings()
	r.modules()
	r.verify()
	return r.store, r.im, nil
}

// bothWhites are the marks of objects that the collector may free. Which of them a
// function has depends on how often the collector ran.
const bothWhites = 1<<0 | 1<<1

// maxNesting is the depth of functions that a chunk may have, too.
const maxNesting = 200

type reader struct {
	data   []byte // header included, without what follows the store
	store  *Store
	im     *chunk.Image
	of     func(record, field string) int
	base   uint32
	value  int               // size of a value
	refs   map[uint32]string // strings by their addresses, as the compiler meant them
	floor  int               // where the functions begin
	deep   int
	ints   intSizes
	whites []Range // marks of functions that are of the second white
	models []num.Model
	rest   []byte
}

func (r *reader) fail(off int, format string, args ...any) {
	panic(&chunk.Error{Offset: off, Reason: fmt.Sprintf(format, args...)})
}

// word is a word at an offset that is known to exist.
func (r *reader) word(off int) uint32 { return binary.LittleEndian.Uint32(r.data[off:]) }

// place is a place in the header as an offset. size bytes must follow there.
func (r *reader) place(word int, what string, size int) int {
	off := uint64(r.word(word*wordSize)) * wordSize
	if off < headerSize || off+uint64(size) > uint64(len(r.data)) {
		r.fail(word*wordSize, "%s is said to be at byte %d of %d", what, off, len(r.data))
	}
	return int(off)
}

func (r *reader) header() {
	if k, text := Identify(r.data); k != compiled.Absolute {
		r.fail(0, "%s", text)
	}
	size := r.word(HeaderSize * wordSize)
	switch {
	case size > uint32(min(len(r.data), math.MaxInt32)):
		r.fail(HeaderSize*wordSize, "the store has %d bytes, the file has only %d", size, len(r.data))
	case size%wordSize != 0 || size < headerSize+wordSize:
		r.fail(HeaderSize*wordSize, "%d bytes is no size of a store", size)
	}
	r.data, r.rest = r.data[:size:size], r.data[size:]
	// The first string is the first of its list as well. The loader takes place 0,
	// the end of a list, for the header's address.
	if r.base = r.word(headerSize); r.base%wordSize != 0 {
		r.fail(headerSize, "the address of the store would be %#08x", r.base)
	}
}

// strings reads the strings and finds out which of them are fixed.
func (r *reader) strings() {
	table := r.place(HeaderTable, "the table of strings", 0)
	r.of = layout.Of(wordSize) // a TString has no values
	head := r.of("TString", "Size")
	var list []string
	var addrs []uint32
	for off := headerSize; off < table; {
		if table-off < head {
			r.fail(off, "the head of a string does not fit in front of the table of strings")
		}
		var n uint32
		switch tt := r.data[off+r.of("TString", "TT")]; tt {
		case tag.ObjShort:
			n = uint32(r.data[off+r.of("TString", "ShrLen")])
		case tag.ObjLong:
			n = r.word(off + r.of("TString", "LngLen"))
		default:
			r.fail(off, "type %#02x stands where a string is expected", tt)
		}
		if uint64(n) >= uint64(table-off-head) {
			r.fail(off, "a string of %d bytes does not fit in front of the table of strings", n)
		}
		list = append(list, string(r.data[off+head:off+head+int(n)]))
		addrs = append(addrs, r.base+uint32(off))
		off += head + padded(int(n)+1)
	}
	r.fixed(table, list, addrs)
}

// fixed takes the fixed strings from the end of the list of all strings, and
// counts.
func (r *reader) fixed(table int, list []string, addrs []uint32) {
	loaded, im := chunk.LoadedFixed(), r.im
	n := len(list) - len(loaded)
	if n < 0 || !slices.Equal(list[n:], loaded) {
		r.fail(table, "the strings that every store has are not those of NodeMCU's Lua 5.3")
	}
	im.Strings = list[:n:n]
	// The compiler has one fixed string less than the loader, see LoadedFixed.
	names := append(slices.Clone(im.Strings), chunk.Fixed()...)
	r.refs = make(map[uint32]string, len(names))
	for i, s := range names {
		r.refs[addrs[i]] = s
		im.Longest = max(im.Longest, len(s))
		if len(s) > chunk.MaxShort {
			im.NumLong++
		} else {
			im.NumShort++
		}
	}
	im.Seed = r.word(HeaderSeed * wordSize)
	im.Timestamp = int64(r.word(HeaderTimestamp * wordSize))
	slots := r.word(HeaderSlots * wordSize)
	if want := slotsFor(im.NumShort); int64(slots) != int64(want) {
		r.fail(HeaderSlots*wordSize, "%d slots for %d strings, not %d", slots, im.NumShort, want)
	}
	if int64(slots)*wordSize > int64(len(r.data)-table) {
		r.fail(table, "the table of strings does not fit into the store")
	}
	r.floor = table + int(slots)*wordSize
}

// modules reads the table of modules, and from its end on the functions.
func (r *reader) modules() {
	size := r.of("ROTable", "Size")
	head := r.place(HeaderModules, "the table of modules", size)
	if head+size != len(r.data) {
		r.fail(head, "%d bytes stand between the table of modules and the end", len(r.data)-head-size)
	}
	entries := int64(r.word(head+r.of("ROTable", "Entry")) - r.base)
	if entries < int64(r.floor) || entries >= int64(head) {
		r.fail(head, "the entries of the table of modules are said to be at byte %d", entries)
	}
	n := r.valueSize(int(entries), head)
	r.of = layout.Of(r.value)
	im, text := r.im, uint32(r.of("TString", "Size"))
	im.Modules = make([]chunk.Module, n)
	end := int(entries)
	for i := n - 1; i >= 0; i-- {
		off := int(entries) + i*r.of("ROEntry", "Size")
		name, ok := r.refs[r.word(off)-text]
		if !ok {
			r.fail(off, "the name of module %d is not a string of the store", i)
		}
		main, start := r.function(end, 0)
		if !main.Source.Set {
			r.fail(end, "module %s has no source", compiled.Plain(name))
		}
		im.Modules[i], end = chunk.Module{Name: name, Main: main}, start
	}
	if end != r.floor {
		r.fail(r.floor, "%d bytes stand between the table of strings and the functions", end-r.floor)
	}
}

// valueSize finds the size of values by that of the entries, and counts the
// modules.
func (r *reader) valueSize(entries, head int) int {
	count := r.data[head+r.of("ROTable", "LSizeNode")]
	for _, value := range []int{4, 8} {
		of := layout.Of(value)
		size, ttAt := of("ROEntry", "Size"), of("ROEntry", "Value")+of("TV", "TT")
		n := (head-entries)/size - 1
		if (head-entries)%size != 0 || byte(n) != count {
			continue
		}
		right := r.word(head-size) == 0
		for i := range n {
			right = right && r.word(entries+i*size+ttAt) == tag.Light
		}
		if right {
			r.value = value
			return n
		}
	}
	r.fail(entries, "%d bytes of entries do not fit to %d modules of any number model", head-entries, count)
	return 0
}

// sizes are the elements of a function's parts.
type sizes struct{ protos, code, constants, upvalues, lines, locals int }

// function reads the function that ends at an offset, with those inside it, and
// tells where it begins. Each takes at least the bytes of its record.
func (r *reader) function(end int, source uint32) (p *chunk.Proto, start int) {
	if r.deep++; r.deep > maxNesting {
		r.fail(end, "functions are nested more than %d levels deep", maxNesting)
	}
	of := func(field string) int { return r.of("Proto", field) }
	at := end - of("Size")
	if at < r.floor {
		r.fail(end, "the record of a function does not fit here")
	}
	if tt := r.data[at+of("TT")]; tt != tag.ObjProto {
		r.fail(at, "type %#02x stands where a function is expected", tt)
	}
	if mark := at + of("Marked"); r.data[mark] == markedProto^bothWhites {
		r.whites = append(r.whites, Range{mark, 1})
	}
	p = &chunk.Proto{
		NumParams: r.data[at+of("NumParams")], IsVararg: r.data[at+of("IsVararg")],
		MaxStackSize: r.data[at+of("MaxStackSize")],
		LineDefined:  r.number(at + of("LineDefined")), LastLineDefined: r.number(at + of("LastLineDefined")),
	}
	own := r.word(at + of("Source"))
	if text := r.text(at+of("Source"), own); own != source {
		p.Source = text
	}
	start = r.parts(p, at, sizes{
		protos: r.count(at + of("SizeP")), code: r.count(at + of("SizeCode")), constants: r.count(at + of("SizeK")),
		upvalues: r.count(at + of("SizeUpvalues")), lines: r.count(at + of("SizeLineInfo")), locals: r.count(at + of("SizeLocVars")),
	})
	for i := len(p.Protos) - 1; i >= 0; i-- {
		p.Protos[i], start = r.function(start, own)
	}
	r.deep--
	return p, start
}

// count is a number of elements, of a byte at least.
func (r *reader) count(off int) int {
	n := r.word(off)
	if uint64(n) > uint64(len(r.data)) {
		r.fail(off, "%d elements do not fit into the store", n)
	}
	return int(n)
}

// number is a C int that is not negative.
func (r *reader) number(off int) int {
	n := r.word(off)
	if n > math.MaxInt32 {
		r.fail(off, "the number %d is out of range", n)
	}
	return int(n)
}

// text is the string at an address, or none.
func (r *reader) text(off int, addr uint32) chunk.Text {
	if addr == 0 {
		return chunk.Text{}
	}
	s, ok := r.refs[addr]
	if !ok {
		r.fail(off, "%#08x is not the address of a string that the compiler knows", addr)
	}
	return chunk.Text{S: s, Set: true}
}

// parts reads the parts in front of a function's record but for the functions
// inside it, and tells where those end.
func (r *reader) parts(p *chunk.Proto, record int, n sizes) (start int) {
	value := r.of("TV", "Size")
	// 64 bits hold the sum on every host.
	at := int64(record)
	back := func(bytes int64) int { at -= bytes; return int(max(at, 0)) }
	locals := back(int64(n.locals) * int64(r.of("LocVar", "Size")))
	lines := back(int64(padded(n.lines)))
	upvalues := back(int64(n.upvalues) * int64(r.of("Upvaldesc", "Size")))
	constants := back(int64(n.constants) * int64(value))
	code := back(int64(n.code) * wordSize)
	start = back(int64(n.protos) * wordSize)
	if at < int64(r.floor) {
		r.fail(record, "the parts of a function take %d bytes, more than there are", int64(record)-at)
	}
	p.Protos = make([]*chunk.Proto, n.protos)
	p.Code = make([]uint32, n.code)
	for i := range p.Code {
		p.Code[i] = r.word(code + i*wordSize)
	}
	p.Constants = make([]chunk.Constant, n.constants)
	r.ints.begin()
	for i := range p.Constants {
		p.Constants[i] = r.constant(constants + i*value)
	}
	p.Upvalues = make([]chunk.Upvalue, n.upvalues)
	for i := range p.Upvalues {
		off := upvalues + i*r.of("Upvaldesc", "Size")
		p.Upvalues[i] = chunk.Upvalue{Name: r.text(off, r.word(off)),
			InStack: r.data[off+r.of("Upvaldesc", "InStack")], Idx: r.data[off+r.of("Upvaldesc", "Idx")]}
	}
	p.LineInfo = slices.Clone(r.data[lines : lines+n.lines])
	p.LocVars = make([]chunk.LocVar, n.locals)
	for i := range p.LocVars {
		p.LocVars[i] = r.locVar(locals + i*r.of("LocVar", "Size"))
	}
	return start
}

func (r *reader) locVar(off int) chunk.LocVar {
	name := r.text(off, r.word(off))
	if !name.Set {
		r.fail(off, "the name of a local variable is missing")
	}
	return chunk.LocVar{Name: name.S, StartPC: r.number(off + r.of("LocVar", "StartPC")),
		EndPC: r.number(off + r.of("LocVar", "EndPC"))}
}

func (r *reader) constant(off int) chunk.Constant {
	low, high := r.word(off), uint32(0)
	if r.value == 8 {
		high = r.word(off + wordSize)
	}
	tt := r.word(off + r.of("TV", "TT"))
	r.ints.constant(tt, low, high)
	switch tt {
	case tag.Nil:
		return chunk.Constant{Kind: chunk.Nil}
	case tag.Bool:
		if low == 0 {
			return chunk.Constant{Kind: chunk.False}
		}
		return chunk.Constant{Kind: chunk.True}
	case tag.Int:
		return chunk.Constant{Kind: chunk.Int, Int: int64(uint64(high)<<32 | uint64(low))}
	case tag.Float:
		return chunk.Constant{Kind: chunk.Float, Bits: uint64(high)<<32 | uint64(low)}
	case tag.Short, tag.Long:
		s := r.text(off, low)
		if (len(s.S) > chunk.MaxShort) != (tt == tag.Long) || !s.Set {
			r.fail(off, "the type of a string constant is wrong")
		}
		return chunk.Constant{Kind: chunk.String, Str: s.S}
	}
	r.fail(off, "constant of unknown type %#x", tt)
	return chunk.Constant{}
}

// verify decides the number model and compares what was read with the store that
// the firmware's loader makes of it.
func (r *reader) verify() {
	r.models = []num.Model{num.Int32Float32}
	if r.value == 8 {
		r.models = r.ints.models()
	}
	level := chunk.StripLines
	for _, m := range r.im.Modules {
		level = min(level, chunk.Level(m.Main))
		settle(m.Main, r.models[0])
	}
	if level == chunk.StripNothing {
		for _, m := range r.im.Modules {
			setHasNames(m.Main)
		}
	}
	want := Build(r.models[0], r.im, r.base)
	want.Chance = append(want.Chance, r.whites...)
	off := FirstDifference(want.Data, r.data, want.Chance)
	if off >= 0 {
		at := off / wordSize * wordSize
		r.fail(at, "the store is damaged: %s", Where(r.models[0], r.im, at))
	}
	r.store = &Store{Region: want, Models: r.models, Rest: r.rest}
}

// settle gives integers the size of a number model.
func settle(p *chunk.Proto, model num.Model) {
	for i := range p.Constants {
		if k := &p.Constants[i]; k.Kind == chunk.Int {
			k.Int = model.Integer(k.Int)
		}
	}
	for _, sub := range p.Protos {
		settle(sub, model)
	}
}

func setHasNames(p *chunk.Proto) {
	p.HasNames = true
	for _, sub := range p.Protos {
		setHasNames(sub)
	}
}

// FirstDifference is the offset of the first byte that differs, -1 if there is
// none. Bytes that are left to chance are not compared.
func FirstDifference(a, b []byte, chance []Range) int {
	ranges := slices.Clone(chance)
	slices.SortFunc(ranges, func(x, y Range) int { return x.Offset - y.Offset })
	n := min(len(a), len(b))
	for i := 0; i < n; i++ {
		for len(ranges) > 0 && ranges[0].Offset+ranges[0].Len <= i {
			ranges = ranges[1:]
		}
		if a[i] != b[i] && (len(ranges) == 0 || i < ranges[0].Offset) {
			return i
		}
	}
	if len(a) != len(b) {
		return n
	}
	return -1
}
