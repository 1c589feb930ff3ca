package stdlib

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/cfmt"
	"moonlet.example/moonlet/internal/lua/state"
)

// maxItem is the room in bytes that string.format makes for each item (MAX_ITEM
// of lstrlib.c, less than in plain Lua). On a host the C code overruns it with formats
// like "%.99f"; here the item just gets longer. The chip's items are never that long.
const maxItem = 128

// maxFlags is how many flag characters there are; the C code allows no more.
const maxFlags = 5

// itemSpec is a conversion specification in a format.
type itemSpec struct {
	cfmt.Spec
	plain bool // there is nothing between '%' and the verb
}

// formatReader goes through a format.
type formatReader struct {
	text []byte
	i    int
}

// peek is the next byte, or the zero that C finds at the end.
func (r *formatReader) peek() byte {
	if r.i < len(r.text) {
		return r.text[r.i]
	}
	return 0
}

// number reads a number of two digits at most.
func (r *formatReader) number() int {
	n := 0
	for range 2 {
		c := r.peek()
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
		r.i++
	}
	return n
}

// item reads the specification behind a '%'.
func (r *formatReader) item(L state.State) (s itemSpec) {
	start := r.i
	for {
		flag := cfmt.FlagOf(r.peek())
		if flag == 0 {
			break
		}
		s.Flags |= flag
		r.i++
	}
	if r.i-start > maxFlags {
		L.Errorf("invalid format (repeated flags)")
	}
	s.Width = r.number()
	s.Prec = -1
	if r.peek() == '.' {
		r.i++
		s.Prec = r.number()
	}
	s.Verb = r.peek()
	if charClass[s.Verb]&classDigit != 0 {
		L.Errorf("invalid format (width or precision too long)")
	}
	s.plain = r.i == start
	r.i++
	return s
}

func stringFormat(L state.State) int {
	top := L.GetTop()
	r := formatReader{text: L.CheckBytes(1)}
	b := L.NewBuffer()
	arg := 1
	for r.i < len(r.text) {
		rest := r.text[r.i:]
		n := bytes.IndexByte(rest, escape)
		if n < 0 {
			addRun(b, rest)
			break
		}
		addRun(b, rest[:n])
		r.i += n + 1
		if r.peek() == escape {
			b.AddByte(escape)
			r.i++
			continue
		}
		room := b.Prep(maxItem)
		if arg++; arg > top {
			return L.ArgError(arg, "no value")
		}
		s := r.item(L)
		addItem(L, b, room, &s, arg)
	}
	b.PushResult()
	return 1
}

// addItem appends an argument by its specification. The buffer has made room.
func addItem(L state.State, b *state.Buffer, room []byte, s *itemSpec, arg int) {
	lib := L.CLibrary()
	var text []byte
	switch s.Verb {
	case 'c':
		text = lib.Char(room[:0], s.Spec, byte(L.CheckInteger(arg)))
	case 'd', 'i', 'o', 'u', 'x', 'X':
		text = lib.Int(room[:0], s.Spec, L.CheckInteger(arg), intBits(L))
	case 'a', 'A', 'e', 'E', 'f', 'g', 'G':
		addFloat(L, b, room, s.Spec, L.CheckNumber(arg))
		return
	case 'q':
		addLiteral(L, b, room, arg)
		return
	case 's':
		addString(L, b, room, s, arg)
		return
	default:
		L.Errorf("invalid option '%%%c' to 'format'", int(s.Verb))
	}
	addText(b, room, text)
}

// addFloat appends a float. Where the chip's snprintf fails, the length of the item is -1:
// the byte in front of it is lost. Without one the C code writes in front of its buffer,
// or ends with a string of 4 GB, which is the error here.
func addFloat(L state.State, b *state.Buffer, room []byte, s cfmt.Spec, f float64) {
	text, ok := L.CLibrary().Float(room[:0], s, f)
	switch {
	case ok:
		addText(b, room, text)
	case b.Len() > 0:
		b.AddSize(-1)
	default:
		L.PushString("memory allocation error: block too big")
		L.Error()
	}
}

// addText appends text that begins in the room that the buffer made, unless it
// became too long for it.
func addText(b *state.Buffer, room, text []byte) {
	if len(text) <= len(room) {
		b.AddSize(len(text))
	} else {
		b.AddBytes(text)
	}
}

// addString appends an argument as %s.
func addString(L state.State, b *state.Buffer, room []byte, s *itemSpec, arg int) {
	text := L.ToLString(arg)
	if s.plain {
		b.AddValue()
		return
	}
	if bytes.IndexByte(text, 0) >= 0 {
		L.ArgError(arg, "string contains zeros")
	}
	if s.Prec < 0 && len(text) >= 100 { // no width is that large
		b.AddValue()
		return
	}
	addText(b, room, cfmt.Str(room[:0], s.Spec, text))
	L.Pop(1)
}

// addLiteral appends an argument as %q: so that Lua can read it.
func addLiteral(L state.State, b *state.Buffer, room []byte, arg int) {
	switch L.Type(arg) {
	case state.String:
		s, _ := L.ToBytes(arg)
		addQuoted(b, s)
	case state.Number:
		if !L.IsInteger(arg) {
			f, _ := L.ToNumber(arg)
			addFloat(L, b, room, cfmt.Spec{Verb: 'a', Prec: -1}, f)
			return
		}
		n, _ := L.ToInteger(arg)
		s := cfmt.Spec{Verb: 'd', Prec: -1}
		if n == -maxInteger(L)-1 { // has no decimal numeral
			s.Verb, s.Flags = 'x', cfmt.Alt
		}
		addText(b, room, cfmt.Int(room[:0], s, n, intBits(L)))
	case state.Nil, state.Boolean:
		L.ToLString(arg)
		b.AddValue()
	default:
		L.ArgError(arg, "value has no literal form")
	}
}

// addQuoted appends a string in quotes.
func addQuoted(b *state.Buffer, s []byte) {
	b.AddByte('"')
	for i, c := range s {
		switch {
		case c == '"' || c == '\\' || c == '\n':
			b.AddByte('\\')
			b.AddByte(c)
		case charClass[c]&classCntrl != 0:
			spec := cfmt.Spec{Verb: 'd', Prec: -1}
			if i+1 < len(s) && charClass[s[i+1]]&classDigit != 0 {
				spec.Prec = 3 // the digit does not belong to it
			}
			var room [8]byte
			b.AddBytes(cfmt.Int(append(room[:0], '\\'), spec, int64(c), 32))
		default:
			b.AddByte(c)
		}
	}
	b.AddByte('"')
}

// stringMod is the operator % of strings: format % list or format % value.
func stringMod(L state.State) int {
	if L.Type(2) == state.Table {
		n := L.RawLen(2)
		L.SetTop(2)
		// The C code does not look whether there is room for the items.
		L.CheckStackMsg(n, "too many items to format")
		for i := 1; i <= n; i++ {
			L.RawGetI(2, int64(i))
		}
		L.Remove(2)
	}
	return stringFormat(L)
}
