// Code generated from ../api_push.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
)

func (t *Thread) PushNil() { t.v.setNil(t.push()) }

func (t *Thread) PushBoolean(b bool) { t.v.setBool(t.push(), b) }

func (t *Thread) PushInteger(n int64) { t.v.setInt(t.push(), Int(n)) }

func (t *Thread) PushNumber(n float64) { t.v.setFloat(t.push(), Float(n)) }

func (t *Thread) PushString(s string) {
	ts := t.newGoString(s)
	t.v.setString(t.push(), ts)
	t.checkGC()
}

func (t *Thread) PushBytes(s []byte) {
	ts := t.newString(s)
	t.v.setString(t.push(), ts)
	t.checkGC()
}

func (t *Thread) PushNoString() {
	t.PushNil()
	t.checkGC()
}

// topString is the string on top of the stack.
func (t *Thread) topString() string {
	return t.v.Text(t.v.gcOf(t.top() - tvSize))
}

// cText is s up to its first NUL.
func cText(s []byte) string {
	for i, c := range s {
		if c == 0 {
			return string(s[:i])
		}
	}
	return string(s)
}

// PushFString implements state.State.
func (t *Thread) PushFString(format string, args ...any) {
	t.pushFString(format, args...)
	t.checkGC()
}

// pushFString pushes each piece of the format as a string and concatenates them,
// as luaO_pushvfstring does: the strings on the way are part of the heap's
// history.
func (t *Thread) pushFString(format string, args ...any) {
	n := 0
	for {
		i := 0
		for i < len(format) && format[i] != '%' {
			i++
		}
		if i >= len(format)-1 {
			break
		}
		t.pushPiece(format[:i])
		verb := format[i+1]
		if verb == '%' {
			t.pushPiece("%")
		} else {
			t.pushVerb(verb, args[0])
			args = args[1:]
		}
		n += 2
		format = format[i+2:]
	}
	t.needStack(1)
	t.pushPiece(format)
	if n > 0 {
		t.concat(n + 1)
	}
}

func (t *Thread) pushPiece(s string) {
	t.v.setString(t.top(), t.newGoString(s))
	t.incTop()
}

func (t *Thread) pushVerb(verb byte, arg any) {
	v := t.v
	switch verb {
	case 's':
		s, _ := arg.(string)
		if b, ok := arg.([]byte); ok {
			s = string(b)
		}
		t.pushPiece(s)
	case 'c':
		c := byte(intArg(arg))
		if source.IsPrint(int(c)) {
			t.pushPiece(string(rune(c)))
		} else {
			t.pushFString("<\\%d>", int(c))
		}
	case 'd', 'I':
		v.setInt(t.top(), Int(intArg(arg)))
		t.incTop()
		t.numberToString(t.top() - tvSize)
	case 'f':
		f, _ := arg.(float64)
		v.setFloat(t.top(), Float(f))
		t.incTop()
		t.numberToString(t.top() - tvSize)
	case 'p':
		a, _ := arg.(Addr)
		t.pushPiece(pointerString(a))
	case 'U':
		var buf [source.UTF8Max]byte
		t.pushPiece(string(source.AppendUTF8(buf[:0], uint32(intArg(arg)))))
	default:
		t.runError("invalid option '%%%c' to 'lua_pushfstring'", int(verb))
	}
}

func intArg(arg any) int64 {
	switch n := arg.(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case int32:
		return int64(n)
	case uint32:
		return int64(n)
	case byte:
		return int64(n)
	}
	return 0
}

// pointerString is what "%p" gives on the device: newlib's "0x" and the digits.
func pointerString(a Addr) string {
	const digits = "0123456789abcdef"
	if a == 0 {
		return "0x0"
	}
	var buf [10]byte
	i := len(buf)
	for n := uint32(a); n != 0; n >>= 4 {
		i--
		buf[i] = digits[n&15]
	}
	return "0x" + string(buf[i:])
}

func (t *Thread) PushFunction(p *state.Proc) {
	v := t.v
	if p != v.proc {
		v.proc, v.procAt = p, v.rom.Proc(p)
	}
	v.setPtr(t.push(), v.procAt, tagCFunc)
}

// pushCode pushes the function at a code address.
func (t *Thread) pushCode(a Addr) { t.v.setPtr(t.push(), a, tagCFunc) }

func (t *Thread) PushClosure(p *state.Proc, n int) {
	if n == 0 {
		t.PushFunction(p)
		return
	}
	v, tv := t.v, tvSize
	cl := t.newCClosure(Addr(n))
	t.m.SetPtr(cl+layout.CClosureF, v.rom.Proc(p))
	from := t.top() - Addr(n)*tv
	for i := range Addr(n) {
		v.copyTV(cl+layout.CClosureUpvalue+i*tv, from+i*tv)
	}
	v.setPtr(from, cl, tagCCl)
	t.setTop(from + tv)
	t.checkGC()
}

func (t *Thread) PushLightUserdata(a Addr) { t.v.setPtr(t.push(), a, tagLight) }

func (t *Thread) PushThread() bool {
	t.v.setPtr(t.push(), t.l, tagThread)
	return t.l == t.v.main.l
}

func (t *Thread) PushROTable(r *state.ROTable) {
	t.v.setPtr(t.push(), t.v.rom.Table(r), tagROTable)
}

func (t *Thread) PushGlobalTable() {
	t.v.copyTV(t.top(), t.globals())
	t.push()
}

// ToLString is luaL_tolstring.
func (t *Thread) ToLString(i int) []byte {
	v := t.v
	a := t.index(i)
	if a == 0 {
		a = t.index(state.RegistryIndex - 1)
	}
	tag := uint32(tagNil)
	if a != 0 {
		tag = v.tag(a)
	}
	switch {
	case isNumber(tag) && t.m.Ptr(t.g+layout.GlobalMT+typeNumber*4) == 0:
		// The number's text, by way of the pieces of lua_pushfstring.
		t.pushNumberText(a)
		t.checkGC()
	case t.CallMeta(i, "__tostring"):
		if !t.IsString(-1) {
			t.Errorf("'__tostring' must return a string")
		}
	case isNumber(tag):
		t.pushNumberText(t.index(i))
		t.checkGC()
	case isString(tag):
		t.PushValue(i)
	case tag == tagBool:
		s := "false"
		if t.ToBoolean(i) {
			s = "true"
		}
		t.PushString(s)
	case tag == tagNil:
		t.PushString("nil")
	default:
		t.pushAddressText(i)
	}
	b, _ := t.ToBytes(-1)
	return b
}

// pushNumberText does what lua_pushfstring does for "%I" and "%f": an empty
// piece, the number, an empty piece, and their concatenation.
func (t *Thread) pushNumberText(a Addr) {
	v, tv := t.v, tvSize
	var buf [64]byte
	text := v.appendNumber(buf[:0], a)
	empty := t.intern(nil)
	v.setPtr(t.top(), empty, tagShort)
	t.incTop()
	v.setString(t.top(), t.newString(text))
	t.incTop()
	t.needStack(1)
	v.setPtr(t.top(), empty, tagShort)
	t.incTop()
	top := t.top()
	v.copyTV(top-3*tv, top-2*tv)
	t.setTop(top - 2*tv)
}

func (t *Thread) pushAddressText(i int) {
	i = t.AbsIndex(i)
	tt := t.GetMetafield(i, "__name")
	kind := t.TypeNameAt(i)
	if tt == state.String {
		kind, _ = t.ToString(-1)
		kind = cText([]byte(kind))
	}
	t.PushFString("%s: %p", kind, t.ToPointer(i))
	if tt != state.Nil {
		t.Remove(-2)
	}
}
