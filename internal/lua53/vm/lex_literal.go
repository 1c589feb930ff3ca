package vm

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
		if isHex(x.current) || x.current == '.' {
			x.saveAndNext()
		} else {
			break
		}
	}
	x.save(0)
	text := x.text()
	i, f, isInt, ok := parseNumber(text[:len(text)-1])
	if !ok {
		x.lexError("malformed number", tkFloat)
	}
	if isInt {
		tok.i = i
		return tkInt
	}
	tok.f = f
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
		case x.current == eoz:
			what := "string"
			if tok == nil {
				what = "comment"
			}
			x.t.pushFString("unfinished long %s (starting at line %d)", what, line)
			x.lexError(x.t.topString(), tkEOS)
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
			x.saveRun(inBracket)
		default:
			x.skipRun(inBracket)
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
		if x.current != eoz {
			x.saveAndNext()
		}
		x.lexError(msg, tkString)
	}
}

func (x *lexer) readHexDigit() int {
	x.saveAndNext()
	x.escCheck(isHex(x.current), "hexadecimal digit expected")
	return hexValue(x.current)
}

func (x *lexer) readUTF8() uint32 {
	n := 4 // characters to be removed: \u{ and the first digit
	x.saveAndNext()
	x.escCheck(x.current == '{', "missing '{'")
	r := uint32(x.readHexDigit())
	for {
		x.saveAndNext()
		if !isHex(x.current) {
			break
		}
		n++
		r = r<<4 + uint32(hexValue(x.current))
		x.escCheck(r <= 0x10FFFF, "UTF-8 value too large")
	}
	x.escCheck(x.current == '}', "missing '}'")
	x.advance()
	x.buf.n -= n
	return r
}

func (x *lexer) readDecimalEscape() int {
	r, n := 0, 0
	for ; n < 3 && isDigit(x.current); n++ {
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
		var buf [utf8Max]byte
		for _, c := range appendUTF8(buf[:0], x.readUTF8()) {
			x.save(int(c))
		}
		return
	case '\n', '\r':
		x.newline()
		x.buf.n--
		x.save('\n')
		return
	case eoz:
		return // the string's loop raises the error
	case 'z':
		x.buf.n--
		x.advance()
		for isSpace(x.current) {
			if x.atNewline() {
				x.newline()
			} else {
				x.advance()
			}
		}
		return
	default:
		x.escCheck(isDigit(x.current), "invalid escape sequence")
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
		case eoz:
			x.lexError("unfinished string", tkEOS)
		case '\n', '\r':
			x.lexError("unfinished string", tkString)
		case '\\':
			x.readEscape()
		default:
			x.saveRun(inString)
		}
	}
	x.saveAndNext()
	s := x.text()
	tok.s = x.newString(s[1 : len(s)-1])
}

// utf8Max is the length of the longest sequence (UTF8BUFFSZ, lobject.h).
const utf8Max = 8

// appendUTF8 appends the sequence of a code point (luaO_utf8esc).
func appendUTF8(dst []byte, c uint32) []byte {
	if c < 0x80 {
		return append(dst, byte(c))
	}
	var buf [utf8Max]byte
	n, first := utf8Max, uint32(0x3f) // the largest payload of the first byte
	for {
		n--
		buf[n] = byte(0x80 | c&0x3f)
		c >>= 6
		first >>= 1
		if c <= first {
			break
		}
	}
	n--
	buf[n] = byte(^first<<1 | c)
	return append(dst, buf[n:]...)
}
