package chunk

import (
	"encoding/binary"

	"moonlet.example/moonlet/internal/lua/num"
)

// AppendInt appends a multi-byte integer.
func AppendInt(b []byte, n uint64) []byte {
	shift := 0
	for m := n >> 7; m != 0; m >>= 7 {
		shift += 7
	}
	for ; shift > 0; shift -= 7 {
		b = append(b, byte(0x80|n>>shift&0x7f))
	}
	return append(b, byte(n&0x7f))
}

// AppendTagged appends an integer with a type; a negative one has its own.
func AppendTagged(b []byte, tag byte, n int64) []byte {
	if n < 0 {
		tag, n = TagNegInt, -(n + 1)
	}
	start := len(b)
	b = AppendInt(b, uint64(n))
	if b[start]&TagMask != 0 { // no room for the type
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = 0x80
	}
	b[start] |= tag
	return b
}

// AppendHeader appends the header of a file.
func AppendHeader(b []byte, model num.Model, format byte) []byte {
	b = append(b, Signature...)
	b = append(b, Version, format)
	b = append(b, Data...)
	b = append(b, 4, 4, byte(model.IntSize()), byte(model.FloatSize()))
	return appendFloat(b, model, num.BitsOfFloat(model, Num))
}

func appendFloat(b []byte, model num.Model, bits uint64) []byte {
	b = append(b, TagFloat)
	if model.FloatSize() == 4 {
		return binary.LittleEndian.AppendUint32(b, uint32(bits))
	}
	return binary.LittleEndian.AppendUint64(b, bits)
}

// StringTag is the type of a string.
func StringTag(n int) byte {
	if n > MaxShort {
		return TagLong
	}
	return TagShort
}

// sizeHint is about what a function takes in a file, in bytes.
func (p *Proto) sizeHint() int {
	const record, constant, upvalue, local = 40, 12, 8, 12
	n := record + 4*len(p.Code) + constant*len(p.Constants) + upvalue*len(p.Upvalues) + local*len(p.LocVars) +
		len(p.LineInfo) + len(p.Source.S)
	for _, sub := range p.Protos {
		n += sub.sizeHint()
	}
	return n
}

// Encode makes a binary chunk (luaU_dump).
func Encode(model num.Model, main *Proto, strip int) []byte {
	e := &encoder{model: model, strip: strip}
	e.b = AppendHeader(make([]byte, 0, main.sizeHint()), model, Format)
	e.b = append(e.b, byte(len(main.Upvalues)))
	e.function(main)
	return e.b
}

// EncodeImage makes an image of the store (luaU_DumpAllProtos). source is that of
// the function which combines the modules; nothing but its name gets into the
// image. Lists of strings in im are made anew.
func EncodeImage(model num.Model, im *Image, source string, strip int) []byte {
	e := &encoder{model: model, strip: strip, index: map[string]int{}}
	im.Collect(source)
	for i, s := range append(append([]string(nil), im.Strings...), Fixed()...) {
		e.index[s] = i + 1
	}
	size := 0
	for _, m := range im.Modules {
		size += m.Main.sizeHint()
	}
	e.b = AppendHeader(make([]byte, 0, size), model, FormatLFS)
	e.b = AppendTagged(e.b, TagInt, model.Integer(int64(im.Seed)))
	e.b = append(e.b, stringMark...)
	e.int(im.Longest)
	e.int(im.NumShort)
	e.int(im.NumLong)
	e.int(len(im.Strings))
	for _, s := range im.Strings {
		e.inline(s)
	}
	e.b = append(e.b, protoMark...)
	e.int(len(im.Modules))
	for _, m := range im.Modules {
		e.function(m.Main)
	}
	e.int(len(im.Modules) + 1)
	for _, m := range im.Modules {
		e.text(Text{m.Name, true})
	}
	e.b = AppendTagged(e.b, TagInt, model.Integer(im.Timestamp))
	return e.b
}

// Collect lists the strings of an image in the order in which the compiler comes
// across them; source is as in EncodeImage.
func (im *Image) Collect(source string) {
	c := collector{seen: map[string]bool{}, im: im}
	im.Strings, im.NumShort, im.NumLong, im.Longest = nil, 0, 0, 0
	fixed := Fixed()
	for _, s := range fixed {
		c.add(s)
	}
	c.add(source)
	for _, m := range im.Modules {
		c.add(m.Name)
	}
	for _, m := range im.Modules {
		c.function(m.Main)
	}
	im.Strings = im.Strings[len(fixed):]
}

type collector struct {
	seen map[string]bool
	im   *Image
}

func (c *collector) add(s string) {
	if c.seen[s] {
		return
	}
	c.seen[s] = true
	im := c.im
	im.Strings = append(im.Strings, s)
	im.Longest = max(im.Longest, len(s))
	if len(s) > MaxShort {
		im.NumLong++
	} else {
		im.NumShort++
	}
}

func (c *collector) text(t Text) {
	if t.Set {
		c.add(t.S)
	}
}

// function takes names too that the strip level then leaves out, as the
// firmware's compiler does.
func (c *collector) function(p *Proto) {
	c.text(p.Source)
	for i := range p.Constants {
		if k := &p.Constants[i]; k.Kind == String {
			c.add(k.Str)
		}
	}
	for i := range p.Upvalues {
		c.text(p.Upvalues[i].Name)
	}
	for i := range p.LocVars {
		c.add(p.LocVars[i].Name)
	}
	for _, sub := range p.Protos {
		c.function(sub)
	}
}

type encoder struct {
	model num.Model
	strip int
	b     []byte
	index map[string]int // of an image: the numbers of strings
}

func (e *encoder) int(n int) { e.b = AppendInt(e.b, uint64(n)) }

func (e *encoder) inline(s string) {
	e.b = AppendTagged(e.b, StringTag(len(s)), int64(len(s))+1)
	e.b = append(e.b, s...)
}

func (e *encoder) text(t Text) {
	switch {
	case !t.Set:
		e.b = append(e.b, TagShort)
	case e.index != nil:
		e.b = AppendTagged(e.b, StringTag(len(t.S)), int64(e.index[t.S]))
	default:
		e.inline(t.S)
	}
}

func (e *encoder) function(p *Proto) {
	e.text(p.Source)
	e.int(p.LineDefined)
	e.int(p.LastLineDefined)
	e.b = append(e.b, p.NumParams, p.IsVararg, p.MaxStackSize)
	e.int(len(p.Protos))
	for _, sub := range p.Protos {
		e.function(sub)
	}
	e.int(len(p.Code))
	for _, i := range p.Code {
		e.b = binary.LittleEndian.AppendUint32(e.b, i)
	}
	e.int(len(p.Constants))
	for i := range p.Constants {
		e.constant(&p.Constants[i])
	}
	e.upvalues(p)
	e.debug(p)
}

func (e *encoder) constant(k *Constant) {
	switch k.Kind {
	case Nil:
		e.b = append(e.b, TagNil)
	case False:
		e.b = append(e.b, TagBool)
	case True:
		e.b = append(e.b, TagBool+1)
	case Float:
		e.b = appendFloat(e.b, e.model, k.Bits)
	case Int:
		e.b = AppendTagged(e.b, TagInt, k.Int)
	case String:
		e.text(Text{k.Str, true})
	}
}

func (e *encoder) upvalues(p *Proto) {
	names := byte(0)
	if e.strip == 0 {
		names = 1
	}
	e.b = append(e.b, names)
	e.int(len(p.Upvalues))
	for _, u := range p.Upvalues {
		if names != 0 {
			e.text(u.Name)
		}
		e.b = append(e.b, u.InStack, u.Idx)
	}
}

func (e *encoder) debug(p *Proto) {
	lines, locals := p.LineInfo, p.LocVars
	if e.strip > 1 {
		lines = nil
	}
	if e.strip > 0 {
		locals = nil
	}
	e.int(len(lines))
	e.b = append(e.b, lines...)
	e.int(len(locals))
	for _, v := range locals {
		e.text(Text{v.Name, true})
		e.int(v.StartPC)
		e.int(v.EndPC)
	}
}

// FloatOf is the value of a float constant.
func (k *Constant) FloatOf(model num.Model) float64 { return num.FloatOfBits(model, k.Bits) }
