package compile

import (
	"moonlet.example/moonlet/internal/lua/source"
)

// Numerals and strings.

// readNumber takes everything that may belong to a numeral and lets the
// conversion judge it.
func (x *lexer) readNumber(tok *token) int {
	exp := [2]int{'e', 'E'}
	first := x.current
	x.saveAndNext()
	if first == '0' && x.acceptSave('x', 'X') {
		exp = [2]int{'p', 'P'}
	}
	for {
		if x.acceptSave(exp[0], exp[1]) {
			x.acceptSave('-', '+')
		}
		if source.IsHex(x.current) || x.current == '.' {
			x.saveAndNext()
		} else {
			break
		}
	}
	x.save(0)
	text := x.text()
	n, ok := x.vm.ParseNumber(text[:len(text)-1])
	if !ok {
		x.lexError("malformed number", tkFloat)
	}
	tok.n = n
	if n.IsInt {
		return tkInt
	}
	return tkFloat
}

// skipSep reads "[=*[" or "]=*]" up to the last bracket. It returns the number
// of '=' plus 2, or 1 for a single bracket, or 0 for an unfinished separator.
func (x *lexer) skipSep() int {
	n, bracket := 0, x.current
	x.saveAndNext()
	for x.current == '=' {
		x.saveAndNext()
		n++
	}
	switch {
	case x.current == bracket:
		return n + 2
	case n == 0:
		return 1
	}
	return 0
}

// readLong reads a long string, or a long comment when tok is nil.
func (x *lexer) readLong(tok *token, sep int) {
	line := x.line
	x.saveAndNext()
	if x.atNewline() {
		x.newline()
	}
	for done := false; !done; {
		switch {
		case x.current == source.EOZ:
			what := "string"
			if tok == nil {
				what = "comment"
			}
			x.lexError(x.vm.Pushf("unfinished long %s (starting at line %d)", what, line), tkEOS)
		case x.current == ']':
			if x.skipSep() == sep {
				x.saveAndNext()
				done = true
			}
		case x.atNewline():
			x.save('\n')
			x.newline()
			if tok == nil {
				x.buf.n = 0
			}
		case tok != nil:
			x.saveRun(source.InBracket)
		default:
			x.skipRun(source.InBracket)
		}
	}
	if tok != nil {
		s := x.text()
		tok.s = x.newString(s[sep : len(s)-sep])
	}
}

// escCheck raises an error about an escape sequence, which the message shows.
func (x *lexer) escCheck(ok bool, msg string) {
	if !ok {
		if x.current != source.EOZ {
			x.saveAndNext()
		}
		x.lexError(msg, tkString)
	}
}

func (x *lexer) readHexDigit() int {
	x.saveAndNext()
	x.escCheck(source.IsHex(x.current), "hexadecimal digit expected")
	return source.HexValue(x.current)
}

func (x *lexer) readUTF8() uint32 {
	n := 4 // characters to be removed: \u{ and the first digit
	x.saveAndNext()
	x.escCheck(x.current == '{', "missing '{'")
	r := uint32(x.readHexDigit())
	for {
		x.saveAndNext()
		if !source.IsHex(x.current) {
			break
		}
		n++
		r = r<<4 + uint32(source.HexValue(x.current))
		x.escCheck(r <= 0x10FFFF, "UTF-8 value too large")
	}
	x.escCheck(x.current == '}', "missing '}'")
	x.advance()
	x.buf.n -= n
	return r
}

func (x *lexer) readDecimalEscape() int {
	r, n := 0, 0
	for ; n < 3 && source.IsDigit(x.current); n++ {
		r = 10*r + x.current - '0'
		x.saveAndNext()
	}
	x.escCheck(r <= 255, "decimal escape too large")
	x.buf.n -= n
	return r
}

// readEscape reads an escape sequence of a string, whose backslash is saved.
func (x *lexer) readEscape() {
	x.saveAndNext()
	c := 0
	switch x.current {
	case 'a':
		c = '\a'
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
	case 'v':
		c = '\v'
	case '\\', '"', '\'':
		c = x.current
	case 'x':
		c = x.readHexDigit()
		c = c<<4 + x.readHexDigit()
		x.buf.n -= 2
	case 'u':
		var buf [source.UTF8Max]byte
		for _, c := range source.AppendUTF8(buf[:0], x.readUTF8()) {
			x.save(int(c))
		}
		return
	case '\n', '\r':
		x.newline()
		x.buf.n--
		x.save('\n')
		return
	case source.EOZ:
		return // the string's loop raises the error
	case 'z':
		x.buf.n--
		x.advance()
		for source.IsSpace(x.current) {
			if x.atNewline() {
				x.newline()
			} else {
				x.advance()
			}
		}
		return
	default:
		x.escCheck(source.IsDigit(x.current), "invalid escape sequence")
		c = x.readDecimalEscape()
		x.buf.n--
		x.save(c)
		return
	}
	x.advance()
	x.buf.n--
	x.save(c)
}

func (x *lexer) readString(quote int, tok *token) {
	x.saveAndNext()
	for x.current != quote {
		switch x.current {
		case source.EOZ:
			x.lexError("unfinished string", tkEOS)
		case '\n', '\r':
			x.lexError("unfinished string", tkString)
		case '\\':
			x.readEscape()
		default:
			x.saveRun(source.InString)
		}
	}
	x.saveAndNext()
	s := x.text()
	tok.s = x.newString(s[1 : len(s)-1])
}
