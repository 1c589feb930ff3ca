package lib

import (
	"math"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/clib"
	"moonlet.example/moonlet/internal/lua/libm"
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
)

// String is the library string. With integers for numbers there are no formats of floats.
func String(integral bool) state.Module {
	f := &formatter{integral}
	t := &state.ROTable{Name: "string"}
	gmatchEntry := &state.Proc{F: gmatch} // one function with two names
	t.Entries = []state.Entry{
		state.Tab("__index", t), state.Fn("__mod", f.mod), state.Fn("byte", strByte), state.Fn("char", strChar), state.Fn("dump", strDump),
		state.Fn("find", strFind), state.Fn("format", f.format), state.FnProc("gfind", gmatchEntry), state.FnProc("gmatch", gmatchEntry), state.Fn("gsub", gsub),
		state.Fn("len", strLen), state.Fn("lower", lower), state.Fn("match", strMatch), state.Fn("rep", rep),
		state.Fn("reverse", reverse), state.Fn("sub", sub), state.Fn("upper", upper),
	}
	return state.Module{Name: "string", Table: t, Procs: []*state.Proc{gmatchProc, gmatchEntry}, Open: func(L state.State) int {
		L.PushString("")
		L.PushROTable(t)
		L.SetMetatable(-2)
		L.Pop(1)
		return 0
	}}
}

// place is luaL_checkinteger, which has a pointer's size: where numbers are floats a host takes 64 bits of it, the chip
// 32. Most functions cut it to an int.
func place(L state.State, arg int) int64 {
	if L.IsInteger(arg) || L.CLibrary() == clib.Chip {
		return L.CheckInteger(arg)
	}
	return stdlib.HostInteger(L.CheckNumber(arg))
}

func optPlace(L state.State, arg int, def int64) int64 {
	if L.IsNoneOrNil(arg) {
		return def
	}
	return place(L, arg)
}

func strLen(L state.State) int {
	L.PushInteger(int64(len(L.CheckBytes(1))))
	return 1
}

func sub(L state.State) int {
	s := L.CheckBytes(1)
	start := relative(place(L, 2), len(s))
	end := min(relative(optPlace(L, 3, -1), len(s)), int64(len(s)))
	start = max(start, 1)
	if start <= end {
		L.PushBytes(s[start-1 : end])
	} else {
		L.PushString("")
	}
	return 1
}

// mapped makes a string of the bytes that f gives for each place.
func mapped(L state.State, f func(s []byte, i int) byte) int {
	s := L.CheckBytes(1)
	b := L.NewBuffer()
	for i := range s {
		b.AddByte(f(s, i))
	}
	b.PushResult()
	return 1
}

func reverse(L state.State) int {
	return mapped(L, func(s []byte, i int) byte { return s[len(s)-1-i] })
}

func lower(L state.State) int {
	return mapped(L, func(s []byte, i int) byte {
		if isUpper(s[i]) {
			return s[i] | 0x20
		}
		return s[i]
	})
}

func upper(L state.State) int {
	return mapped(L, func(s []byte, i int) byte {
		if isLower(s[i]) {
			return s[i] &^ 0x20
		}
		return s[i]
	})
}

func rep(L state.State) int {
	s := L.CheckBytes(1)
	n := L.CheckInteger(2)
	b := L.NewBuffer()
	for ; n > 0 && len(s) > 0; n-- {
		b.AddBytes(s)
		L.Charge(1 + len(s)/8)
	}
	b.PushResult()
	return 1
}

func strByte(L state.State) int {
	s := L.CheckBytes(1)
	from := relative(optPlace(L, 2, 1), len(s))
	to := min(relative(optPlace(L, 3, from), len(s)), int64(len(s)))
	from = max(from, 1)
	if from > to {
		return 0
	}
	n := int(to - from + 1)
	L.CheckStackMsg(n, "string slice too long")
	for i := range n {
		L.PushInteger(int64(s[int(from)+i-1]))
	}
	return n
}

func strChar(L state.State) int {
	b := L.NewBuffer()
	for i := 1; i <= L.GetTop(); i++ {
		c := L.CheckInteger(i)
		L.ArgCheck(c == int64(byte(c)), i, "invalid value")
		b.AddByte(byte(c))
	}
	b.PushResult()
	return 1
}

func strDump(L state.State) int {
	strip := int64(-1)
	switch L.Type(2) {
	case state.Boolean:
		if strip = 0; L.ToBoolean(2) {
			strip = 2
		}
	case state.None, state.Nil:
	default:
		strip, _ = L.ToInteger(2)
		L.ArgCheck(uint32(strip) < 3, 2, "strip out of range")
	}
	L.CheckType(1, state.Function)
	L.SetTop(1)
	var code []byte
	if err := L.Dump(func(_ state.State, p []byte) error { code = append(code, p...); return nil }, int(strip)); err != nil {
		return L.Errorf("unable to dump given function")
	}
	b := L.NewBuffer()
	b.AddBytes(code)
	b.PushResult()
	return 1
}

// formatter has string.format.
type formatter struct{ integral bool }

// mod is the operator % of a string: with a table of values, or one value.
func (f *formatter) mod(L state.State) int {
	if L.Type(2) == state.Table {
		n := L.RawLen(2)
		L.SetTop(2)
		for i := 1; i <= n; i++ {
			L.RawGetI(2, int64(i))
		}
		L.Remove(2)
	}
	return f.format(L)
}

// longBits is the size of C's long.
func longBits(L state.State) int {
	if L.CLibrary() == clib.Chip {
		return 32
	}
	return 64
}

// long converts a number to C's long; what has no place there is the least one, as on a host.
func long(L state.State, f float64) int64 {
	if L.CLibrary() == clib.Chip {
		return int64(libm.ChipInt32(f))
	}
	if f >= -(1<<63) && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}

// cInt converts a number to C's int: of what has no place a host makes the least int, the chip one of both ends.
func cInt(L state.State, f float64) int64 {
	if L.CLibrary() == clib.Chip {
		return long(L, f)
	}
	if f > -(1<<31)-1 && f < 1<<31 {
		return int64(f)
	}
	return math.MinInt32
}

// unsignedLong converts a number to C's unsigned long.
func unsignedLong(L state.State, f float64) int64 {
	if L.CLibrary() == clib.Chip {
		return int64(libm.ChipUint32(f))
	}
	switch { // as amd64 does it: less 1<<63, and its bit turned
	case f >= 1<<64:
		return 0
	case f >= 1<<63:
		return int64(uint64(f))
	}
	return long(L, f)
}

// spec reads the specification of an item behind its %; rest begins with the verb.
func spec(L state.State, s []byte) (sp cfmt.Spec, rest []byte) {
	at := func(i int) byte {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	sp.Prec = -1
	i := 0
	for ; cfmt.FlagOf(at(i)) != 0; i++ {
		sp.Flags |= cfmt.FlagOf(at(i))
	}
	if i > 5 {
		L.Errorf("invalid format (repeated flags)")
	}
	number := func() (n int) {
		for k := 0; k < 2 && isDigit(at(i)); k++ {
			n = n*10 + int(at(i)-'0')
			i++
		}
		return n
	}
	sp.Width = number()
	if at(i) == '.' {
		i++
		sp.Prec = number()
	}
	if isDigit(at(i)) {
		L.Errorf("invalid format (width or precision too long)")
	}
	sp.Verb = at(i)
	if i >= len(s) {
		return sp, nil
	}
	return sp, s[i+1:]
}

func (f *formatter) format(L state.State) int {
	top, arg := L.GetTop(), 1
	s := L.CheckBytes(1)
	b := L.NewBuffer()
	for len(s) > 0 {
		if s[0] != '%' {
			b.AddByte(s[0])
			s = s[1:]
			continue
		}
		if s = s[1:]; len(s) > 0 && s[0] == '%' {
			b.AddByte('%')
			s = s[1:]
			continue
		}
		if arg++; arg > top {
			L.ArgError(arg, "no value")
		}
		var sp cfmt.Spec
		sp, s = spec(L, s)
		f.item(L, b, sp, arg)
	}
	b.PushResult()
	return 1
}

// item adds an argument as its specification says. What is written counts up to its first NUL.
func (f *formatter) item(L state.State, b *state.Buffer, sp cfmt.Spec, arg int) {
	lib := L.CLibrary()
	var out []byte
	switch sp.Verb {
	case 'c':
		out = lib.Char(nil, sp, byte(cInt(L, L.CheckNumber(arg))))
	case 'd', 'i':
		out = lib.Int(nil, sp, long(L, L.CheckNumber(arg)), longBits(L))
	case 'o', 'u', 'x', 'X':
		out = lib.Int(nil, sp, unsignedLong(L, L.CheckNumber(arg)), longBits(L))
	case 'q':
		quote(L, b, arg)
		return
	case 's':
		text := L.CheckBytes(arg)
		if sp.Prec < 0 && len(text) >= 100 {
			L.PushValue(arg)
			b.AddValue()
			return
		}
		out = padded(text, sp)
	case 'e', 'E', 'f', 'g', 'G':
		if !f.integral {
			out, _ = lib.Float(nil, sp, L.CheckNumber(arg))
			break
		}
		fallthrough
	default:
		L.Errorf("invalid option '%%%c' to 'format'", int(sp.Verb))
	}
	b.AddString(text(out))
}

// padded is a string with the precision and the width of its specification.
func padded(s []byte, sp cfmt.Spec) []byte {
	out := []byte(text(s))
	if sp.Prec >= 0 && len(out) > sp.Prec {
		out = out[:sp.Prec]
	}
	for len(out) < sp.Width {
		if sp.Flags&cfmt.Minus != 0 {
			out = append(out, ' ')
		} else {
			out = append([]byte{' '}, out...)
		}
	}
	return out
}

// quote adds a string as source text.
func quote(L state.State, b *state.Buffer, arg int) {
	s := L.CheckBytes(arg)
	b.AddByte('"')
	for _, c := range s {
		switch c {
		case '"', '\\', '\n':
			b.AddByte('\\')
			b.AddByte(c)
		case '\r':
			b.AddString("\\r")
		case 0:
			b.AddString("\\000")
		default:
			b.AddByte(c)
		}
	}
	b.AddByte('"')
}
