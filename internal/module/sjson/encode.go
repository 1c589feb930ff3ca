package sjson

import (
	"strconv"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// Offsets in ENC_DATA and its size; its levels follow.
const (
	encStack  = 0 // address of the levels
	encLevels = 4
	encLevel  = 8  // the present one, -1 at the end
	encText   = 12 // registry references: text that was not read yet
	encNull   = 16 // what stands for null
	encOffset = 20 // how much of the text was read
	encSize   = 24
)

// Offsets in ENC_DATA_STATE, one for each level, and its size.
const (
	levTable  = 0 // registry reference
	levOffset = 4 // 16 bits: step, two for each element
	levSize   = 6 // 16 bits: elements of a list, negative for an object
	levKey    = 8 // registry reference: the key before
	levBytes  = 12
)

// functionCalls is how often the result of a function may be a function again.
const functionCalls = 10

// encoder is an encoder at work in L.
type encoder struct {
	L  state.State
	m  mem.Mem
	at state.Addr
}

func openEncoder(L state.State, arg int) encoder {
	return encoder{L: L, m: L.Mem(), at: L.CheckUdata(arg, encoderType)}
}

func (e *encoder) ref(a state.Addr) int       { return int(e.m.I32(a)) }
func (e *encoder) setRef(a state.Addr, r int) { e.m.SetI32(a, int32(r)) }
func (e *encoder) fetch(a state.Addr)         { e.L.RawGetI(state.RegistryIndex, int64(e.ref(a))) }

func (e *encoder) release(a state.Addr, empty int) {
	e.L.Unref(state.RegistryIndex, e.ref(a))
	e.setRef(a, empty)
}

func (e *encoder) level() int { return int(e.m.I32(e.at + encLevel)) }

// levelAt is the address of level n.
func (e *encoder) levelAt(n int) state.Addr {
	return mem.Wrap(e.m.Ptr(e.at+encStack) + state.Addr(n*levBytes))
}

// newEncoder is sjson.encoder.
func newEncoder(L state.State) int {
	L.CheckType(1, state.Table)
	hasOptions := L.IsTable(2)
	if hasOptions {
		depthOption(L, 2)
	}
	e := encoder{L: L, m: L.Mem()}
	e.at = L.NewUserdata(encSize + levels*levBytes)
	e.m.SetPtr(e.at+encStack, e.at+encSize)
	e.m.SetI32(e.at+encLevels, levels)
	e.m.SetI32(e.at+encLevel, -1)
	e.setRef(e.at+encText, state.NoRef)
	e.setRef(e.at+encNull, state.RefNil)
	for i := range levels {
		a := e.levelAt(i)
		e.setRef(a+levTable, state.NoRef)
		e.setRef(a+levKey, state.RefNil)
	}
	L.SetMetatableByName(encoderType)
	e.push(1)
	if hasOptions {
		L.GetField(2, "null")
		e.setRef(e.at+encNull, L.Ref(state.RegistryIndex))
	}
	return 1
}

// push begins with the table at index i.
func (e *encoder) push(i int) {
	L := e.L
	n := e.level() + 1
	if n >= int(e.m.I32(e.at+encLevels)) {
		L.Errorf("encoder stack overflow")
	}
	e.m.SetI32(e.at+encLevel, int32(n))
	a := e.levelAt(n)
	L.PushValue(i)
	e.setRef(a+levTable, L.Ref(state.RegistryIndex))
	e.m.SetU16(a+levSize, uint16(listSize(L, i)))
	e.m.SetU16(a+levOffset, 0)
}

// pop ends the present table.
func (e *encoder) pop() {
	n := e.level()
	if n < 0 {
		e.L.Errorf("encoder stack underflow")
	}
	a := e.levelAt(n)
	e.release(a+levTable, state.NoRef)
	e.release(a+levKey, state.RefNil)
	e.m.SetI32(e.at+encLevel, int32(n-1))
}

// listSize is the largest key if all keys of the table at index i are positive
// integers, or -1.
func listSize(L state.State, i int) int {
	L.PushValue(i)
	L.PushNil()
	size := 0
	for L.Next(-2) {
		L.Pop(1)
		key := 0
		if L.Type(-1) == state.Number {
			n, _ := L.ToInteger(-1)
			key = int(int32(n))
		}
		if key <= 0 {
			size = -1
			L.Pop(1)
			break
		}
		size = max(size, key)
	}
	L.Pop(1)
	return size
}

// read is encoder:read.
func read(L state.State) int {
	e := openEncoder(L, 1)
	size := 1024
	if L.Type(2) == state.Number {
		n, _ := L.ToInteger(2)
		size = max(int(int32(n)), 1)
	}
	return e.read(size)
}

// encode is sjson.encode.
func encode(L state.State) int {
	newEncoder(L)
	e := openEncoder(L, -1)
	n := e.read(1000000)
	L.Remove(-(n + 1))
	return n
}

// read pushes up to size bytes, or nothing at the end.
func (e *encoder) read(size int) int {
	L, m := e.L, e.m
	b := L.NewBuffer()
	for {
		if e.ref(e.at+encText) != state.NoRef {
			e.fetch(e.at + encText)
			text, _ := L.ToBytes(-1)
			L.Pop(1) // the reference keeps the string
			from := int(m.I32(e.at + encOffset))
			n := min(len(text)-from, size)
			b.AddBytes(text[from : from+n])
			m.SetI32(e.at+encOffset, int32(from+n))
			size -= n
			if from+n == len(text) {
				e.release(e.at+encText, state.NoRef)
			}
		}
		if size > 0 {
			e.makeText()
		}
		if size <= 0 || e.ref(e.at+encText) == state.NoRef {
			break
		}
	}
	empty := b.Len() == 0
	b.PushResult()
	if empty {
		L.Pop(1)
		return 0
	}
	return 1
}

// makeText encodes everything there is. That is what the firmware does, too,
// though its documentation speaks of pieces.
func (e *encoder) makeText() {
	if e.level() < 0 {
		return
	}
	b := e.L.NewBuffer()
	for e.level() >= 0 {
		a := e.levelAt(e.level())
		var done bool
		if int16(e.m.U16(a+levSize)) >= 0 {
			done = e.listStep(a, b)
		} else {
			done = e.objectStep(a, b)
		}
		e.m.SetU16(a+levOffset, e.m.U16(a+levOffset)+1)
		if done {
			e.pop()
		}
	}
	b.PushResult()
	e.setRef(e.at+encText, e.L.Ref(state.RegistryIndex))
	e.m.SetI32(e.at+encOffset, 0)
}

// listStep does one step of the list at level a: even ones are for what stands
// between the elements. It returns true at the end.
func (e *encoder) listStep(a state.Addr, b *state.Buffer) bool {
	L := e.L
	step, size := int(int16(e.m.U16(a+levOffset))), int(int16(e.m.U16(a+levSize)))
	if step == 0 {
		b.AddByte('[')
	}
	switch {
	case step == 2*size:
		b.AddByte(']')
		return true
	case step&1 == 0:
		if step > 0 {
			b.AddByte(',')
		}
	default:
		e.fetch(a + levTable)
		L.RawGetI(-1, int64(step>>1)+1)
		if e.evaluate() {
			e.push(-1)
			L.Pop(2)
			break
		}
		e.pushEncoded("", "")
		L.Remove(-2)
		L.Remove(-2)
		b.AddValue()
	}
	return false
}

// objectStep does one step of the object at level a: keys and values in turn.
func (e *encoder) objectStep(a state.Addr, b *state.Buffer) bool {
	L := e.L
	step := int(int16(e.m.U16(a + levOffset)))
	e.fetch(a + levTable)
	e.fetch(a + levKey)
	if !L.Next(-2) {
		L.Pop(1)
		b.AddByte('}')
		return true
	}
	if step&1 == 0 {
		prefix := ","
		if step == 0 {
			prefix = "{"
		}
		L.PushValue(-2)
		L.ToBytes(-1) // the copy: a number becomes a string in place
		e.pushEncoded(prefix, ":")
		L.Remove(-2)
	} else {
		e.release(a+levKey, state.NoRef)
		L.PushValue(-2)
		e.setRef(a+levKey, L.Ref(state.RegistryIndex))
		if e.evaluate() {
			e.push(-1)
			L.Pop(3)
			return false
		}
		e.pushEncoded("", "")
	}
	L.Remove(-2)
	L.Remove(-2)
	L.Remove(-2)
	b.AddValue()
	return false
}

// evaluate replaces functions on top of the stack by their results and tells
// whether the outcome is a table.
func (e *encoder) evaluate() bool {
	for n := 0; n < functionCalls && e.L.IsFunction(-1); n++ {
		e.L.Call(0, 1)
	}
	return e.L.IsTable(-1)
}

// pushEncoded pushes the text of the value on top of the stack.
func (e *encoder) pushEncoded(prefix, suffix string) {
	L := e.L
	v := L.GetTop()
	b := L.NewBuffer()
	b.AddString(prefix)
	kind := L.Type(v)
	if kind == state.String && e.ref(e.at+encNull) != state.RefNil {
		e.fetch(e.at + encNull)
		if L.Compare(-1, v, state.OpEq) {
			kind = state.Nil
		}
		L.Pop(1)
	}
	switch kind {
	case state.Nil, state.LightUserdata:
		b.AddString("null")
	case state.Boolean:
		b.AddString(strconv.FormatBool(L.ToBoolean(v)))
	case state.Number:
		addNumber(L, b, v)
	case state.String:
		s, _ := L.ToBytes(v)
		addString(b, s)
	default:
		L.Errorf("Cannot encode type %d", int(kind))
	}
	b.AddString(suffix)
	b.PushResult()
}

// addNumber appends a number with all its digits; what is none in JSON becomes
// null.
func addNumber(L state.State, b *state.Buffer, i int) {
	if L.IsInteger(i) && (state.IsIntegral(L) || !state.IsLua51(L)) {
		n, _ := L.ToInteger(i)
		b.AddString(strconv.FormatInt(n, 10))
		return
	}
	digits := 9 // SJSON_FLOAT_FMT
	if _, size := L.NumberSizes(); size == 8 {
		digits = 19
	}
	f, _ := L.ToNumber(i)
	var room [50]byte
	text, _ := L.CLibrary().Float(room[:0], cfmt.Spec{Verb: 'g', Prec: digits}, f)
	switch string(text) {
	case "inf", "-inf", "nan": // a host's "-nan" is none of these
		b.AddString("null")
	default:
		b.AddBytes(text)
	}
}

func addString(b *state.Buffer, s []byte) {
	b.AddByte('"')
	for _, c := range s {
		switch {
		case c == '"':
			b.AddString(`\"`)
		case c >= 0x20:
			b.AddByte(c)
		case c == '\f':
			b.AddString(`\f`)
		case c == '\n':
			b.AddString(`\n`)
		case c == '\t':
			b.AddString(`\t`)
		case c == '\r':
			b.AddString(`\r`)
		case c == '\b':
			b.AddString(`\b`)
		default:
			const hex = "0123456789abcdef"
			b.AddString(`\u00`)
			b.AddByte(hex[c>>4])
			b.AddByte(hex[c&15])
		}
	}
	b.AddByte('"')
}

func collectEncoder(L state.State) int {
	e := openEncoder(L, 1)
	for i := range int(e.m.I32(e.at + encLevels)) {
		e.L.Unref(state.RegistryIndex, e.ref(e.levelAt(i)+levTable))
		e.L.Unref(state.RegistryIndex, e.ref(e.levelAt(i)+levKey))
	}
	L.Unref(state.RegistryIndex, e.ref(e.at+encNull))
	L.Unref(state.RegistryIndex, e.ref(e.at+encText))
	return 0
}
