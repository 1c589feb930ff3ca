package stdlib

import (
	"bytes"
	"encoding/binary"

	"moonlet.example/moonlet/internal/lua/state"
)

// String declares the string library. Its table is the metatable of strings, too.
var String = state.Module{
	Name:  "string",
	Table: stringTable,
	Open:  openString,
	Procs: []*state.Proc{gmatchStepProc},
}

var stringTable = newStringTable()

func newStringTable() *state.ROTable {
	t := &state.ROTable{Name: "string"}
	t.Entries = []state.Entry{
		state.Tab("__index", t),
		state.Fn("__mod", stringMod),
		state.Fn("byte", stringByte),
		state.Fn("char", stringChar),
		state.Fn("dump", stringDump),
		state.Fn("find", stringFind),
		state.Fn("format", stringFormat),
		state.Fn("gmatch", stringGmatch),
		state.Fn("gsub", stringGsub),
		state.Fn("len", stringLen),
		state.Fn("lower", stringLower),
		state.Fn("match", stringMatch),
		state.Fn("rep", stringRep),
		state.Fn("reverse", stringReverse),
		state.Fn("sub", stringSub),
		state.Fn("upper", stringUpper),
		state.Fn("pack", stringPack),
		state.Fn("packsize", stringPackSize),
		state.Fn("unpack", stringUnpack),
	}
	return t
}

func openString(L state.State) int {
	L.PushString("")
	L.PushROTable(stringTable)
	L.SetMetatable(-2)
	L.Pop(1)
	return 0
}

func stringLen(L state.State) int {
	L.PushInteger(int64(len(L.CheckBytes(1))))
	return 1
}

func stringSub(L state.State) int {
	s := L.CheckBytes(1)
	start := posRelat(L.CheckInteger(2), len(s))
	end := posRelat(L.OptInteger(3, -1), len(s))
	start = max(start, 1)
	end = min(end, int64(len(s)))
	if start <= end {
		s = s[start-1 : end]
	} else {
		s = nil
	}
	L.PushBytes(s)
	return 1
}

func stringReverse(L state.State) int {
	s := L.CheckBytes(1)
	b := L.NewBuffer()
	p := b.Prep(len(s))[:len(s)]
	for i, c := range s {
		p[len(p)-1-i] = c
	}
	b.AddSize(len(s))
	b.PushResult()
	return 1
}

func stringLower(L state.State) int { return changeCase(L, 'A') }

func stringUpper(L state.State) int { return changeCase(L, 'a') }

// changeCase changes the case of the letters from first on, of which there are
// 26, in the string in the first argument.
func changeCase(L state.State, first byte) int {
	s := L.CheckBytes(1)
	b := L.NewBuffer()
	swapCase(b.Prep(len(s))[:len(s)], s, first)
	b.AddSize(len(s))
	b.PushResult()
	return 1
}

// swapCase writes src to dst with the case of the letters from first on changed.
// It takes eight bytes at a time: adding to their low seven bits lets the eighth
// one tell which of them are letters.
func swapCase(dst, src []byte, first byte) {
	const ones = 0x0101010101010101
	from := ones * uint64(0x80-first)
	behind := ones * uint64(0x80-(first+26))
	for len(src) >= 8 && len(dst) >= 8 {
		w := binary.LittleEndian.Uint64(src)
		low := w & (0x7F * ones)
		letters := ((low + from) &^ (low + behind)) &^ w & (0x80 * ones)
		binary.LittleEndian.PutUint64(dst, w^letters>>2)
		dst, src = dst[8:], src[8:]
	}
	for i, c := range src {
		if c-first < 26 {
			c ^= 0x20
		}
		dst[i] = c
	}
}

func stringRep(L state.State) int {
	s := L.CheckBytes(1)
	n := L.CheckInteger(2)
	var sep []byte
	if !L.IsNoneOrNil(3) {
		sep = L.CheckBytes(3)
	}
	if n <= 0 {
		L.PushBytes(nil)
		return 1
	}
	unit := len(s) + len(sep)
	if int64(unit) > maxSize/n {
		return L.Errorf("resulting string too large")
	}
	total := int(n)*unit - len(sep)
	b := L.NewBuffer()
	p := b.Prep(total)[:total]
	done := copy(p, s)
	if done < total {
		done += copy(p[done:], sep)
	}
	for done > 0 && done < total { // what is there is a whole number of units
		done += copy(p[done:], p[:done])
	}
	b.AddSize(total)
	b.PushResult()
	return 1
}

func stringByte(L state.State) int {
	s := L.CheckBytes(1)
	i := posRelat(L.OptInteger(2, 1), len(s))
	e := posRelat(L.OptInteger(3, i), len(s))
	i = max(i, 1)
	e = min(e, int64(len(s)))
	if i > e {
		return 0
	}
	s = s[i-1 : e]
	L.CheckStackMsg(len(s), "string slice too long")
	for _, c := range s {
		L.PushInteger(int64(c))
	}
	return len(s)
}

func stringChar(L state.State) int {
	n := L.GetTop()
	b := L.NewBuffer()
	p := b.Prep(n)[:n]
	for i := range p {
		c := L.CheckInteger(i + 1)
		if c != int64(byte(c)) {
			return L.ArgError(i+1, "value out of range")
		}
		p[i] = byte(c)
	}
	b.AddSize(n)
	b.PushResult()
	return 1
}

// stringDump takes the strip level as the firmware does: 0 to 2, a boolean for
// nothing or all, and the default of node.stripdebug without an argument.
func stringDump(L state.State) int {
	var strip int
	switch L.Type(2) {
	case state.Boolean:
		if L.ToBoolean(2) {
			strip = 2
		}
	case state.None, state.Nil:
		strip = -1
	default:
		n, _ := L.ToInteger(2)
		if n32 := int32(n); n32 < 0 || n32 > 2 {
			return L.ArgError(2, "strip out of range")
		}
		strip = int(int32(n))
	}
	L.CheckType(1, state.Function)
	L.SetTop(1)
	b := L.NewBuffer()
	err := L.Dump(func(_ state.State, p []byte) error {
		b.AddBytes(p)
		return nil
	}, strip)
	if err != nil {
		return L.Errorf("unable to dump given function")
	}
	b.PushResult()
	return 1
}

// findOrMatch is string.find or string.match.
func findOrMatch(L state.State, find bool) int {
	s := L.CheckBytes(1)
	pat := L.CheckBytes(2)
	init := posRelat(L.OptInteger(3, 1), len(s))
	if init < 1 {
		init = 1
	} else if init > int64(len(s))+1 {
		L.PushNil()
		return 1
	}
	from := int(init - 1)
	if find && (L.ToBoolean(4) || !hasSpecials(pat)) {
		i := bytes.Index(s[from:], pat)
		if i < 0 {
			L.PushNil()
			return 1
		}
		L.PushInteger(int64(from + i + 1))
		L.PushInteger(int64(from + i + len(pat)))
		return 2
	}
	anchored := len(pat) > 0 && pat[0] == '^'
	if anchored {
		pat = pat[1:]
	}
	var m matchState
	m.prepare(L, s, pat)
	start, end := m.find(from, -1, anchored)
	if start < 0 {
		L.PushNil()
		return 1
	}
	if !find {
		return m.pushCaptures(start, end, true)
	}
	L.PushInteger(int64(start + 1))
	L.PushInteger(int64(end))
	return m.pushCaptures(start, end, false) + 2
}

func stringFind(L state.State) int { return findOrMatch(L, true) }

func stringMatch(L state.State) int { return findOrMatch(L, false) }
