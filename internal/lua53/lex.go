package lua53

import (
	layout "moonlet/internal/layout/v4"
	"moonlet/internal/state"
)

// Tokens: single characters stand for themselves, reserved words and the others
// follow in the order of llex.h.
const (
	firstReserved = 257

	tkAnd = firstReserved + iota - 1
	tkBreak
	tkDo
	tkElse
	tkElseif
	tkEnd
	tkFalse
	tkFor
	tkFunction
	tkGoto
	tkIf
	tkIn
	tkLocal
	tkNil
	tkNot
	tkOr
	tkRepeat
	tkReturn
	tkThen
	tkTrue
	tkUntil
	tkWhile
	tkIDiv
	tkConcat
	tkDots
	tkEq
	tkGe
	tkLe
	tkNe
	tkShl
	tkShr
	tkDbColon
	tkEOS
	tkFloat
	tkInt
	tkName
	tkString

	numReserved = tkWhile - firstReserved + 1
)

var tokenNames = [...]string{"and", "break", "do", "else", "elseif", "end", "false", "for",
	"function", "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then",
	"true", "until", "while", "//", "..", "...", "==", ">=", "<=", "~=", "<<", ">>", "::",
	"<eof>", "<number>", "<integer>", "<name>", "<string>"}

const eoz = -1 // end of the input

// minBuffer is the first size of the token buffer (LUA_MINBUFFER, llimits.h).
const minBuffer = 32

// zio is a chunk's input (lzio.c).
type zio struct {
	reader func() []byte // nil at the end
	p      []byte
}

// next is the next byte of the input, eoz at its end.
func (z *zio) next() int {
	if len(z.p) == 0 {
		if z.p = z.reader(); len(z.p) == 0 {
			return eoz
		}
	}
	c := z.p[0]
	z.p = z.p[1:]
	return int(c)
}

// read fills b and tells how many bytes are missing at the end of the input.
func (z *zio) read(b []byte) int {
	for len(b) > 0 {
		if len(z.p) == 0 {
			if z.p = z.reader(); len(z.p) == 0 {
				return len(b)
			}
		}
		n := copy(b, z.p)
		b, z.p = b[n:], z.p[n:]
	}
	return 0
}

type token struct {
	kind int
	f    Float
	i    Int
	s    Addr // string object
}

// lexer splits a chunk into tokens. Its buffer is on the device's heap.
type lexer struct {
	t        *Thread
	z        *zio
	current  int // character not yet consumed
	line     int
	lastLine int // line of the token consumed last
	tok      token
	ahead    token
	buf      buffer
	strings  Addr // table that anchors strings and finds constants
	source   Addr // string object of the chunk's name
	envName  Addr
	fs       *funcState
	dyn      *dynData
}

// buffer is the token buffer (Mbuffer, lzio.h).
type buffer struct {
	t    *Thread
	at   Addr
	size Addr
	n    int
	view []byte // the buffer's memory
}

func (b *buffer) resize(size Addr) {
	b.at = b.t.realloc(b.at, b.size, size)
	b.size = size
	b.view = b.t.m.Bytes(b.at, size)
}

func (x *lexer) advance() { x.current = x.z.next() }

func (x *lexer) save(c int) {
	b := &x.buf
	if b.n >= len(b.view) {
		if b.size >= maxSize/2 {
			x.lexError("lexical element too long", 0)
		}
		b.resize(b.size * 2)
	}
	b.view[b.n] = byte(c)
	b.n++
}

func (x *lexer) saveAndNext() {
	x.save(x.current)
	x.advance()
}

func (x *lexer) text() []byte { return x.buf.view[:x.buf.n] }

// tokenText pushes the printable form of a token and returns it.
func (x *lexer) tokenText(kind int) string {
	if kind < firstReserved {
		x.t.pushFString("'%c'", kind)
		return x.t.topString()
	}
	s := tokenNames[kind-firstReserved]
	if kind < tkEOS {
		x.t.pushFString("'%s'", s)
		return x.t.topString()
	}
	return s
}

func (x *lexer) nearText(kind int) string {
	switch kind {
	case tkName, tkString, tkFloat, tkInt:
		x.save(0)
		x.t.pushFString("'%s'", cText(x.text()))
		return x.t.topString()
	}
	return x.tokenText(kind)
}

// lexError raises a syntax error at the current line, "near" a token unless that
// is 0.
func (x *lexer) lexError(msg string, kind int) {
	t := x.t
	t.pushFString("%s:%d: %s", chunkID(t.v.cGoString(x.source)), x.line, msg)
	if kind != 0 {
		msg := t.topString()
		t.pushFString("%s near %s", msg, x.nearText(kind))
	}
	t.throw(state.ErrSyntax)
}

func (x *lexer) syntaxError(msg string) { x.lexError(msg, x.tok.kind) }

// newString makes a string and anchors it in the scanner's table, so that it
// lives until the end of the compilation.
func (x *lexer) newString(s []byte) Addr {
	t, v, tv := x.t, x.t.v, tvSize
	ts := t.newString(s)
	top := t.push()
	v.setString(top, ts)
	slot := t.set(x.strings, top)
	if v.tag(slot) == tagNil {
		v.setBool(slot, true)
		t.checkGC()
	} else { // use the one that the table has
		ts = v.gcOf(slot + layout.NodeKey - layout.NodeVal)
	}
	t.setTop(t.top() - tv)
	return ts
}

func (x *lexer) atNewline() bool { return x.current == '\n' || x.current == '\r' }

// newline skips "\n", "\r", "\n\r" or "\r\n".
func (x *lexer) newline() {
	old := x.current
	x.advance()
	if x.atNewline() && x.current != old {
		x.advance()
	}
	if x.line++; x.line >= 1<<31-1 {
		x.lexError("chunk has too many lines", 0)
	}
}

func (x *lexer) accept(c int) bool {
	if x.current == c {
		x.advance()
		return true
	}
	return false
}

func (x *lexer) acceptSave(a, b int) bool {
	if x.current == a || x.current == b {
		x.saveAndNext()
		return true
	}
	return false
}

// Character classes of lctype.c, which know ASCII only.

func isDigit(c int) bool { return '0' <= c && c <= '9' }
func isHex(c int) bool   { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isAlpha(c int) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
func isSpace(c int) bool { return c == ' ' || '\t' <= c && c <= '\r' }
func isPrint(c int) bool { return ' ' <= c && c <= '~' }

func hexValue(c int) int {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

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
			x.saveAndNext()
		default:
			x.advance()
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
			x.saveAndNext()
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

// skipComment skips what follows "--".
func (x *lexer) skipComment() {
	if x.current == '[' {
		sep := x.skipSep()
		x.buf.n = 0
		if sep >= 2 {
			x.readLong(nil, sep)
			x.buf.n = 0
			return
		}
	}
	for !x.atNewline() && x.current != eoz {
		x.advance()
	}
}

// scan reads one token.
func (x *lexer) scan(tok *token) int {
	x.buf.n = 0
	for {
		switch c := x.current; c {
		case '\n', '\r':
			x.newline()
		case ' ', '\f', '\t', '\v':
			x.advance()
		case '-':
			x.advance()
			if x.current != '-' {
				return '-'
			}
			x.advance()
			x.skipComment()
		case '[':
			switch sep := x.skipSep(); {
			case sep >= 2:
				x.readLong(tok, sep)
				return tkString
			case sep == 0:
				x.lexError("invalid long string delimiter", tkString)
			}
			return '['
		case '=':
			return x.oneOf('=', tkEq)
		case '~':
			return x.oneOf('=', tkNe)
		case ':':
			return x.oneOf(':', tkDbColon)
		case '/':
			return x.oneOf('/', tkIDiv)
		case '<':
			if x.advance(); x.accept('=') {
				return tkLe
			} else if x.accept('<') {
				return tkShl
			}
			return '<'
		case '>':
			if x.advance(); x.accept('=') {
				return tkGe
			} else if x.accept('>') {
				return tkShr
			}
			return '>'
		case '"', '\'':
			x.readString(c, tok)
			return tkString
		case '.':
			x.saveAndNext()
			switch {
			case x.accept('.'):
				if x.accept('.') {
					return tkDots
				}
				return tkConcat
			case !isDigit(x.current):
				return '.'
			}
			return x.readNumber(tok)
		case eoz:
			return tkEOS
		default:
			switch {
			case isDigit(c):
				return x.readNumber(tok)
			case isAlpha(c):
				return x.readName(tok)
			}
			x.advance()
			return c
		}
	}
}

// oneOf skips the current character, and returns long if second follows it.
func (x *lexer) oneOf(second, long int) int {
	c := x.current
	x.advance()
	if x.accept(second) {
		return long
	}
	return c
}

func (x *lexer) readName(tok *token) int {
	for isAlpha(x.current) || isDigit(x.current) {
		x.saveAndNext()
	}
	tok.s = x.newString(x.text())
	if x.t.v.objTT(tok.s) == tagShort&variantMask {
		if extra := x.t.m.U8(tok.s + layout.TStringExtra); extra > 0 {
			return int(extra) - 1 + firstReserved
		}
	}
	return tkName
}

// next reads the next token.
func (x *lexer) next() {
	x.lastLine = x.line
	if x.ahead.kind != tkEOS {
		x.tok = x.ahead
		x.ahead.kind = tkEOS
		return
	}
	x.tok.kind = x.scan(&x.tok)
}

// lookAhead reads a token beyond the current one.
func (x *lexer) lookAhead() int {
	x.ahead.kind = x.scan(&x.ahead)
	return x.ahead.kind
}
