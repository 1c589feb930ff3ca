package vm

import (
	"moonlet.example/moonlet/internal/lua/state"
	layout "moonlet.example/moonlet/internal/lua51/layout/v8"
)

func (t *Thread) PushNil() { t.v.setNil(t.push()) }

func (t *Thread) PushBoolean(b bool) { t.v.setBool(t.push(), b) }

// PushInteger pushes a number. It has 32 bits on the chip, and more on a host with floats.
func (t *Thread) PushInteger(n int64) {
	if t.v.chip {
		n = int64(int32(n))
	}
	t.v.setNum(t.push(), Num(n))
}

func (t *Thread) PushNumber(n float64) { t.v.setNum(t.push(), numOfFloat(n)) }

func (t *Thread) PushString(s string) {
	t.checkGC()
	ts := t.newGoString(s)
	t.v.setString(t.push(), ts)
}

func (t *Thread) PushBytes(s []byte) {
	t.checkGC()
	ts := t.newString(s)
	t.v.setString(t.push(), ts)
}

// PushNoString is lua_pushstring of NULL: nil, here without a step of the collector.
func (t *Thread) PushNoString() { t.PushNil() }

// topString is the string on top of the stack.
func (t *Thread) topString() string { return t.v.cGoString(t.v.gcOf(t.top() - tvSize)) }

// PushFString implements state.State.
func (t *Thread) PushFString(format string, args ...any) {
	t.checkGC()
	t.pushFString(format, args...)
}

// pushFString pushes each piece of the format and concatenates them, as luaO_pushvfstring does: the strings on the way
// are part of the heap's history.
func (t *Thread) pushFString(format string, args ...any) {
	n := 1
	t.pushPiece("")
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
	t.pushPiece(format)
	t.concat(n+1, t.v.slots(t.base(), t.top())-1)
	t.setTop(t.top() - Addr(n)*tvSize)
}

func (t *Thread) pushPiece(s string) {
	ts := t.newGoString(s)
	t.v.setString(t.top(), ts)
	t.incTop()
}

func (t *Thread) pushVerb(verb byte, arg any) {
	switch verb {
	case 's':
		s, _ := arg.(string)
		if b, ok := arg.([]byte); ok {
			s = string(b)
		}
		t.pushPiece(cText([]byte(s)))
	case 'c':
		t.pushPiece(cText([]byte{byte(intArg(arg))}))
	case 'd', 'I':
		t.v.setNum(t.top(), Num(intArg(arg)))
		t.incTop()
	case 'f':
		f, _ := arg.(float64)
		t.v.setNum(t.top(), Num(f))
		t.incTop()
	case 'p':
		a, _ := arg.(Addr)
		t.pushPiece(pointerString(a))
	default:
		t.pushPiece("%" + string(rune(verb)))
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

func (t *Thread) PushFunction(p *state.Proc) { t.pushCode(t.v.codeOf(p)) }

// codeOf is the code address of a declared function.
func (v *VM) codeOf(p *state.Proc) Addr {
	if p != v.proc {
		v.proc, v.procAt = p, v.rom.Proc(p)
	}
	return v.procAt
}

// pushCode pushes the function at a code address.
func (t *Thread) pushCode(a Addr) { t.v.setPtr(t.push(), a, tagCode) }

// currentEnv is the environment of the running function (getcurrenv).
func (t *Thread) currentEnv() Addr {
	if ci := t.ci(); ci != t.baseCI() && t.v.tag(t.v.ciFunc(ci)) == tagFunc {
		return t.m.Ptr(t.v.gcOf(t.v.ciFunc(ci)) + layout.CClosureEnv)
	}
	return t.v.gcOf(t.globals())
}

func (t *Thread) PushClosure(p *state.Proc, n int) {
	if n == 0 {
		t.PushFunction(p)
		return
	}
	t.checkGC()
	t.pushCClosure(p, n)
}

// pushCClosure pushes a closure of C, also one without upvalues.
func (t *Thread) pushCClosure(p *state.Proc, n int) {
	v := t.v
	cl := t.newCClosure(Addr(n), t.currentEnv())
	t.m.SetPtr(cl+layout.CClosureF, v.codeOf(p))
	from := t.top() - Addr(n)*tvSize
	for i := range Addr(n) {
		v.copyTV(cl+layout.CClosureSize+i*tvSize, from+i*tvSize)
	}
	v.setPtr(from, cl, tagFunc)
	t.setTop(from + tvSize)
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

// ToLString pushes what the function tostring gives.
func (t *Thread) ToLString(i int) []byte {
	i = t.AbsIndex(i)
	if !t.CallMeta(i, "__tostring") {
		switch t.Type(i) {
		case state.Number:
			s, _ := t.numberText(i)
			t.PushString(s)
		case state.String:
			t.PushValue(i)
		case state.Boolean:
			s := "false"
			if t.ToBoolean(i) {
				s = "true"
			}
			t.PushString(s)
		case state.Nil:
			t.PushString("nil")
		default:
			t.PushFString("%s: %p", t.TypeNameAt(i), t.ToPointer(i))
		}
	}
	b, _ := t.ToBytes(-1)
	return b
}

// numberText is the text of the number at an index, which stays a number.
func (t *Thread) numberText(i int) (string, bool) {
	a := t.index(i)
	if a == 0 || t.v.tag(a) != tagNumber {
		return "", false
	}
	var buf [64]byte
	return string(t.v.appendNumber(buf[:0], t.v.numOf(a))), true
}

// PushHeavy pushes a declared function as a closure, though it has no upvalues (lua_cpcall).
func (t *Thread) PushHeavy(p *state.Proc) {
	t.checkGC()
	t.pushCClosure(p, 0)
}
