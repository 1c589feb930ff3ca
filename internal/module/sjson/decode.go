package sjson

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// Offsets in JSN_DATA, and its size. The parser follows.
const (
	decParser    = 0  // its address, 0 after collection
	decResult    = 4  // registry references: list whose first element is the result
	decKey       = 8  // key of the element to come
	decNull      = 12 // what stands for null
	decMeta      = 16 // metatable of new tables
	decPath      = 20 // list of keys down to the present element
	decComplete  = 24 // byte
	decError     = 28 // kind of error; a string's address in the firmware
	decNeeded    = 36 // position of the first byte that is still needed
	decAvailable = 40 // position of the first byte in the buffer
	decBufferLen = 44
	decBuffer    = 48 // address of the buffer's text
	decBufferRef = 52 // the buffer, a string
	decSize      = 56
)

// decoder is a decoder at work in L.
type decoder struct {
	L    state.State
	m    mem.Mem
	at   state.Addr
	text []byte // the buffer
}

func openDecoder(L state.State, arg int) decoder {
	return decoder{L: L, m: L.Mem(), at: L.CheckUdata(arg, decoderType)}
}

func (d *decoder) ref(field state.Addr) int       { return int(d.m.I32(d.at + field)) }
func (d *decoder) setRef(field state.Addr, r int) { d.m.SetI32(d.at+field, int32(r)) }
func (d *decoder) complete() bool                 { return d.m.U8(d.at+decComplete) != 0 }
func (d *decoder) fetch(field state.Addr)         { d.L.RawGetI(state.RegistryIndex, int64(d.ref(field))) }

// keep pops a value and keeps it under field, whose old value is not released.
func (d *decoder) keep(field state.Addr) { d.setRef(field, d.L.Ref(state.RegistryIndex)) }

func (d *decoder) release(field state.Addr) {
	d.L.Unref(state.RegistryIndex, d.ref(field))
	d.setRef(field, state.NoRef)
}

// newDecoder pushes a decoder with the options at arg.
func newDecoder(L state.State, arg int) int {
	hasOptions := L.IsTable(arg)
	if hasOptions {
		depthOption(L, arg)
	}
	d := decoder{L: L, m: L.Mem()}
	d.at = L.NewUserdata(decSize + parserSize(levels))
	for _, f := range []state.Addr{decResult, decKey, decMeta, decPath, decBufferRef} {
		d.setRef(f, state.NoRef)
	}
	d.setRef(decNull, state.RefNil)
	initParser(d.m, d.at+decSize, levels)
	d.m.SetPtr(d.at+decParser, d.at+decSize)
	L.SetMetatableByName(decoderType)

	L.PushLightUserdata(0)
	d.keep(decNull)
	L.NewTable()
	d.keep(decResult)
	if hasOptions {
		d.options(arg)
	}
	return 1
}

func (d *decoder) options(arg int) {
	L := d.L
	d.release(decNull)
	L.GetField(arg, "null")
	d.keep(decNull)
	L.GetField(arg, "metatable")
	L.PushValue(-1)
	d.keep(decMeta)
	if !L.IsNil(-1) {
		if L.GetField(-1, "checkpath") != state.Nil {
			L.NewTable()
			d.keep(decPath)
		}
		L.Pop(1)
		// The firmware would take anything else for a table and crash.
		L.ArgCheck(L.IsTable(-1), arg, "metatable is not a table")
	}
	L.Pop(1)
}

// decode is sjson.decode.
func decode(L state.State) int {
	newDecoder(L, 2)
	if write(L, -1, 1) != 1 {
		L.Errorf("Incomplete JSON object passed to sjson.decode")
	}
	L.Remove(-2)
	return 1
}

// write is decoder:write with the decoder and the text at the given indices.
func write(L state.State, arg, textArg int) int {
	arg = L.AbsIndex(arg)
	d := openDecoder(L, arg)
	L.CheckBytes(textArg)
	if d.m.U32(d.at+decError) != 0 {
		L.Errorf("JSON parse error: previous call")
	}
	if !d.complete() {
		d.parse(textArg)
	}
	if !d.complete() {
		return 0
	}
	d.releaseAll()
	return d.pushResult()
}

// parse puts the text behind what is left of the buffer and parses it.
func (d *decoder) parse(textArg int) {
	L, m := d.L, d.m
	if d.ref(decBufferRef) != state.NoRef {
		d.mergeBuffer(textArg)
	} else {
		L.PushValue(textArg)
	}
	d.text = L.CheckBytes(-1)
	m.SetU32(d.at+decBufferLen, uint32(len(d.text)))
	m.SetPtr(d.at+decBuffer, L.ToPointer(-1))
	d.keep(decBufferRef)

	p := parser{m: m, at: m.Ptr(d.at + decParser), h: d}
	e := p.feed(L.CheckBytes(textArg))
	// What follows a complete value is nobody's error.
	if e != errNone && !d.complete() {
		m.SetU32(d.at+decError, uint32(e))
		L.Errorf("JSON parse error: %s", errorNames[e])
	}
}

// mergeBuffer pushes the rest of the buffer with the new text behind it.
func (d *decoder) mergeBuffer(textArg int) {
	L, m := d.L, d.m
	b := L.NewBuffer()
	d.fetch(decBufferRef)
	rest := L.CheckBytes(-1)
	L.Pop(1) // the reference keeps the string
	have := m.U32(d.at + decAvailable)
	discard := m.U32(d.at+decNeeded) - have
	b.AddBytes(rest[min(int(discard), len(rest)):])
	m.SetU32(d.at+decAvailable, have+discard)
	d.release(decBufferRef)
	L.PushValue(textArg)
	b.AddValue()
	b.PushResult()
}

// result is decoder:result.
func result(L state.State) int {
	d := openDecoder(L, 1)
	return d.pushResult()
}

func (d *decoder) pushResult() int {
	if !d.complete() {
		d.L.Errorf("decode not complete")
	}
	d.fetch(decResult)
	d.L.RawGetI(-1, 1)
	d.L.Remove(-2)
	return 1
}

// releaseAll lets go of everything but the result.
func (d *decoder) releaseAll() {
	p := d.m.Ptr(d.at + decParser)
	for i := range d.m.U32(p + jsnLevels) {
		ref := p + jsnStack + state.Addr(i)*elemSize + elemRef
		d.L.Unref(state.RegistryIndex, int(d.m.I32(ref)))
		d.m.SetI32(ref, state.NoRef)
	}
	for _, f := range []state.Addr{decMeta, decKey, decNull, decPath, decBufferRef} {
		d.release(f)
	}
}

func collectDecoder(L state.State) int {
	d := openDecoder(L, 1)
	d.releaseAll()
	d.m.SetPtr(d.at+decParser, 0)
	d.release(decResult)
	return 0
}

// begin implements handler: a table is made, and put in its place, as soon as it
// begins.
func (d *decoder) begin(e state.Addr) {
	d.m.SetI32(e+elemRef, state.NoRef)
	if kind := d.m.U32(e + elemKind); kind == kindObject || kind == kindList {
		d.beginTable(e)
	}
	d.m.SetU32(d.at+decNeeded, d.m.U32(e+elemBegin))
}

func (d *decoder) beginTable(e state.Addr) {
	L, m := d.L, d.m
	L.NewTable()
	if d.ref(decMeta) != state.NoRef {
		d.fetch(decMeta)
		L.SetMetatable(-2)
	}
	m.SetI32(e+elemRef, int32(L.Ref(state.RegistryIndex)))
	m.SetU32(e+elemUsed, 0)
	d.pushPlace(e) // parent, key

	want := true
	if d.ref(decPath) != state.NoRef {
		d.extendPath(e)
		want = d.checkPath(e)
	}
	if !want {
		L.Pop(2)
		return
	}
	L.RawGetI(state.RegistryIndex, int64(m.I32(e+elemRef)))
	L.SetTable(-3)
	L.Pop(1)
}

// pushPlace pushes the container of element e and the key that it has there: the
// last key of an object, the next index of a list.
func (d *decoder) pushPlace(e state.Addr) {
	L, m := d.L, d.m
	outermost := m.U16(e+elemLevel) == 1
	if outermost {
		d.fetch(decResult)
	} else {
		L.RawGetI(state.RegistryIndex, int64(m.I32(e-elemSize+elemRef)))
	}
	switch {
	case d.ref(decKey) != state.NoRef:
		d.fetch(decKey)
		d.release(decKey)
	case outermost:
		L.PushInteger(1)
	default:
		n := m.U32(e-elemSize+elemUsed) + 1
		m.SetU32(e-elemSize+elemUsed, n)
		L.PushInteger(int64(int32(n)))
	}
}

// extendPath notes the key on top of the stack as the last one of the path.
func (d *decoder) extendPath(e state.Addr) {
	level := d.m.U16(e + elemLevel)
	if level == 1 {
		return
	}
	L := d.L
	d.fetch(decPath)
	L.PushInteger(int64(level) - 1)
	L.PushValue(-3)
	L.SetTable(-3)
	L.Pop(1)
}

// checkPath asks the metatable whether it wants the table of element e.
func (d *decoder) checkPath(e state.Addr) bool {
	L := d.L
	want := true
	d.fetch(decMeta)
	if L.GetField(-1, "checkpath") != state.Nil {
		L.RawGetI(state.RegistryIndex, int64(d.m.I32(e+elemRef)))
		d.fetch(decPath)
		L.Call(2, 1)
		want = L.ToBoolean(-1)
	}
	L.Pop(2)
	return want
}

// end implements handler.
func (d *decoder) end(e state.Addr) {
	switch d.m.U32(e + elemKind) {
	case kindKey:
		d.pushString(e)
		d.keep(decKey)
	case kindString:
		d.pushPlace(e)
		d.pushString(e)
		d.L.SetTable(-3)
		d.L.Pop(1)
	case kindWord:
		d.pushWord(e)
		d.pushPlace(e)
		d.L.Rotate(-3, -1) // the value on top
		d.L.SetTable(-3)
		d.L.Pop(1)
	default:
		d.endTable(e)
	}
}

func (d *decoder) endTable(e state.Addr) {
	L, m := d.L, d.m
	L.Unref(state.RegistryIndex, int(m.I32(e+elemRef)))
	m.SetI32(e+elemRef, state.NoRef)
	level := m.U16(e + elemLevel)
	if d.ref(decPath) != state.NoRef {
		d.fetch(decPath)
		L.PushInteger(int64(level))
		L.PushNil()
		L.SetTable(-3)
		L.Pop(1)
	}
	if level == 1 {
		m.SetU8(d.at+decComplete, 1)
	}
}

// source is the text of element e, without the quotes of a string.
func (d *decoder) source(e state.Addr) []byte {
	begin, end := d.m.U32(e+elemBegin), d.m.U32(e+elemEnd)
	from := int(begin - d.m.U32(d.at+decAvailable))
	if d.m.U32(e+elemKind) != kindWord {
		begin++
		from++
	}
	// The firmware would read anything; these are in memory that damaged code can write.
	if n := int(end - begin); from < 0 || n < 0 || n > len(d.text)-from {
		d.L.Errorf("JSON parse error: %s", "damaged")
	}
	return d.text[from : from+int(end-begin)]
}

func (d *decoder) pushWord(e state.Addr) {
	L := d.L
	switch flags := d.m.U16(e + elemFlags); {
	case flags&flagTrue != 0:
		L.PushBoolean(true)
	case flags&flagFalse != 0:
		L.PushBoolean(false)
	case flags&flagNull != 0:
		d.fetch(decNull)
	default:
		L.PushBytes(d.source(e))
		s, _ := L.ToString(-1)
		if !L.StringToNumber(s) {
			if !state.IsLua51(L) {
				L.Errorf("Invalid number")
			}
			L.PushNumber(0) // a fraction where numbers are integers
		}
		L.Remove(-2)
	}
}

func (d *decoder) pushString(e state.Addr) {
	b := d.L.NewBuffer()
	s := d.source(e)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' {
			b.AddByte(c)
			continue
		}
		i++
		switch c = s[i]; c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			b.AddBytes(utf8(d.hex4(s, i+1)))
			i += 4
			continue
		}
		b.AddByte(c)
	}
	b.PushResult()
}

// hex4 reads four digits from s[i:]. Nothing has checked them: what is no digit
// gives some value, and the end of the string may come early; what follows it in
// the buffer is read then, as in the firmware.
func (d *decoder) hex4(s []byte, i int) rune {
	var r rune
	s = s[:cap(s)]
	for j := i; j < i+4; j++ {
		c := byte(0)
		if j < len(s) {
			c = s[j]
		}
		if c > '9' {
			c -= 'A' - 10
		}
		r = r<<4 + rune(c&0xF)
	}
	return r
}

// utf8 encodes r; halves of surrogate pairs become question marks.
func utf8(r rune) []byte {
	switch {
	case r < 0x80:
		return []byte{byte(r)}
	case r < 0x800:
		return []byte{192 + byte(r/64), 128 + byte(r%64)}
	case r >= 0xD800 && r < 0xE000:
		return []byte{'?'}
	}
	return []byte{224 + byte(r/4096), 128 + byte(r/64%64), 128 + byte(r%64)}
}
