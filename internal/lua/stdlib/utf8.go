package stdlib

import "moonlet.example/moonlet/internal/lua/state"

// UTF8 declares the utf8 library. charpattern is no entry of its table: the
// ROTable's metatable finds it by a function (lutf8lib.c).
var UTF8 = state.Module{
	Name: "utf8",
	Table: &state.ROTable{
		Name: "utf8",
		Meta: &state.ROTable{Name: "utf8_meta", Entries: []state.Entry{
			state.Fn("__index", utf8Lookup),
		}},
		Entries: []state.Entry{
			state.Fn("offset", utf8Offset),
			state.Fn("codepoint", utf8Codepoint),
			state.Fn("char", utf8Char),
			state.Fn("len", utf8Len),
			state.Fn("codes", utf8Codes),
		},
	},
	Procs: []*state.Proc{codesStepProc},
}

const maxUnicode = 0x10FFFF

// contAt tells whether there is a continuation byte at index i; the end of a
// string is none.
func contAt(s []byte, i int64) bool { return i < int64(len(s)) && s[i]&0xC0 == 0x80 }

// decodeUTF8 reads the character that begins s; n is its length in bytes, 0 if
// it is not well formed. Surrogates are accepted, as the C code does.
func decodeUTF8(s []byte) (code uint32, n int) {
	if len(s) == 0 {
		return 0, 1 // C's terminating zero
	}
	c := uint32(s[0])
	if c < 0x80 {
		return c, 1
	}
	count := 0 // continuation bytes
	for ; c&0x40 != 0; c <<= 1 {
		count++
		if !contAt(s, int64(count)) {
			return 0, 0
		}
		code = code<<6 | uint32(s[count]&0x3F)
	}
	code |= c & 0x7F << (count * 5)
	least := [...]uint32{0xFF, 0x7F, 0x7FF, 0xFFFF} // largest code of a shorter form
	if count > 3 || code > maxUnicode || code <= least[count] {
		return 0, 0
	}
	return code, count + 1
}

func utf8Len(L state.State) int {
	s := L.CheckBytes(1)
	i := posRelat(L.OptInteger(2, 1), len(s))
	j := posRelat(L.OptInteger(3, -1), len(s))
	if i < 1 || i-1 > int64(len(s)) {
		return L.ArgError(2, "initial position out of string")
	}
	if j > int64(len(s)) {
		return L.ArgError(3, "final position out of string")
	}
	count := int64(0)
	for i, j = i-1, j-1; i <= j; count++ {
		_, n := decodeUTF8(s[i:])
		if n == 0 {
			L.PushNil()
			L.PushInteger(i + 1)
			return 2
		}
		i += int64(n)
	}
	L.PushInteger(count)
	return 1
}

func utf8Codepoint(L state.State) int {
	s := L.CheckBytes(1)
	i := posRelat(L.OptInteger(2, 1), len(s))
	e := posRelat(L.OptInteger(3, i), len(s))
	if i < 1 {
		return L.ArgError(2, "out of range")
	}
	if e > int64(len(s)) {
		return L.ArgError(3, "out of range")
	}
	if i > e {
		return 0
	}
	L.CheckStackMsg(int(e-i)+1, "string slice too long")
	count := 0
	for i--; i < e; count++ {
		code, n := decodeUTF8(s[i:])
		if n == 0 {
			return L.Errorf("invalid UTF-8 code")
		}
		L.PushInteger(int64(code))
		i += int64(n)
	}
	return count
}

// pushUTF8 pushes the character whose code is an argument.
func pushUTF8(L state.State, arg int) {
	code := L.CheckInteger(arg)
	if code < 0 || code > maxUnicode {
		L.ArgError(arg, "value out of range")
	}
	L.PushFString("%U", code)
}

func utf8Char(L state.State) int {
	n := L.GetTop()
	if n == 1 {
		pushUTF8(L, 1)
		return 1
	}
	b := L.NewBuffer()
	for i := 1; i <= n; i++ {
		pushUTF8(L, i)
		b.AddValue()
	}
	b.PushResult()
	return 1
}

func utf8Offset(L state.State) int {
	s := L.CheckBytes(1)
	n := L.CheckInteger(2)
	i := int64(1)
	if n < 0 {
		i = int64(len(s)) + 1
	}
	i = posRelat(L.OptInteger(3, i), len(s)) - 1
	if i < 0 || i > int64(len(s)) {
		return L.ArgError(3, "position out of range")
	}
	if n != 0 && contAt(s, i) {
		return L.Errorf("initial position is a continuation byte")
	}
	if i, n = utf8Move(s, i, n); n == 0 {
		L.PushInteger(i + 1)
	} else {
		L.PushNil()
	}
	return 1
}

// utf8Move goes from index i to the n-th character after it, or before it for a
// negative n; 0 means the beginning of the character at i. What is left of n is
// not 0 if there are too few characters.
func utf8Move(s []byte, i, n int64) (index, left int64) {
	switch {
	case n == 0:
		for i > 0 && contAt(s, i) {
			i--
		}
	case n < 0:
		for ; n < 0 && i > 0; n++ {
			for i--; i > 0 && contAt(s, i); {
				i--
			}
		}
	default:
		for n--; n > 0 && i < int64(len(s)); n-- { // the first one is here already
			for i++; contAt(s, i); {
				i++
			}
		}
	}
	return i, n
}

var codesStepProc = &state.Proc{F: codesStep}

func codesStep(L state.State) int {
	s := L.CheckBytes(1)
	i, _ := L.ToInteger(2)
	i-- // index of the character before, -1 at the beginning
	if i < 0 {
		i = 0
	} else if i < int64(len(s)) {
		for i++; contAt(s, i); {
			i++
		}
	}
	if i >= int64(len(s)) {
		return 0
	}
	code, n := decodeUTF8(s[i:])
	if n == 0 || contAt(s, i+int64(n)) {
		return L.Errorf("invalid UTF-8 code")
	}
	L.PushInteger(i + 1)
	L.PushInteger(int64(code))
	return 2
}

func utf8Codes(L state.State) int {
	L.CheckBytes(1)
	L.PushFunction(codesStepProc)
	L.PushValue(1)
	L.PushInteger(0)
	return 3
}

// utf8Lookup is __index of the library. For keys that are no strings the C code
// reads through a null pointer; here they are just not found.
func utf8Lookup(L state.State) int {
	if key, _ := L.ToBytes(2); string(key) == "charpattern" {
		L.PushString("[\x00-\x7F\xC2-\xF4][\x80-\xBF]*")
	} else {
		L.PushNil()
	}
	return 1
}
