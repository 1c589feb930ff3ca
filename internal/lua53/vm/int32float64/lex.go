// Code generated from ../lex.go by internal/lua/gen; DO NOT EDIT.

package int32float64

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/v8"
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

var tokenNames = chunk.Tokens

const eoz = -1 // end of the input

// minBuffer is the first size of the token buffer (LUA_MINBUFFER, llimits.h).
const minBuffer = 32

// zio is a chunk's input (lzio.c).
type zio struct {
	reader func() []byte // nil at the end
	p      []byte        // the current piece
	i      int           // what is read of it
}

// next is the next byte of the input, eoz at its end.
func (z *zio) next() int {
	if z.i < len(z.p) {
		c := z.p[z.i]
		z.i++
		return int(c)
	}
	return z.fill()
}

// fill gets the next piece and reads its first byte.
func (z *zio) fill() int {
	z.i = 0
	if z.p = z.reader(); len(z.p) == 0 {
		return eoz
	}
	z.i = 1
	return int(z.p[0])
}

// rest is what is left of the current piece; skip passes over n bytes of it.
func (z *zio) rest() []byte { return z.p[z.i:] }
func (z *zio) skip(n int)   { z.i += n }

// read fills b and tells how many bytes are missing at the end of the input.
func (z *zio) read(b []byte) int {
	for len(b) > 0 {
		if z.i == len(z.p) {
			z.i = 0
			if z.p = z.reader(); len(z.p) == 0 {
				return len(b)
			}
		}
		n := copy(b, z.rest())
		z.skip(n)
		b = b[n:]
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
	names    [nameCacheSize]Addr // see newName
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

// The scanner reads a character at a time, as the grammar asks. Where many of a
// kind are likely, skipRun and saveRun pass over those in the current piece.

// classes of characters; a run is a sequence of characters of one class.
const (
	inName    = 1 << iota // letters, digits and '_'
	inLine                // all but the ends of a line
	inString              // what stands for itself between quotes
	inBracket             // what stands for itself in long brackets
	inSpace               // blanks within a line
)

var classes = func() (t [256]uint8) {
	for c := range t {
		k := uint8(inLine | inString | inBracket)
		switch {
		case c == '\n' || c == '\r':
			k = 0
		case c == '"' || c == '\'' || c == '\\':
			k &^= inString
		case c == ']':
			k &^= inBracket
		}
		if isAlpha(c) || isDigit(c) {
			k |= inName
		}
		if c == ' ' || c == '\t' {
			k |= inSpace
		}
		t[c] = k
	}
	return t
}()

// runOf is the length of the run of a class at the beginning of p.
func runOf(p []byte, class uint8) int {
	for i, c := range p {
		if classes[c]&class == 0 {
			return i
		}
	}
	return len(p)
}

// skipRun goes on to the first character behind the current one that may not be
// of a class.
func (x *lexer) skipRun(class uint8) {
	x.z.skip(runOf(x.z.rest(), class))
	x.advance()
}

// saveRun is skipRun that keeps the current character and those it passes over.
func (x *lexer) saveRun(class uint8) {
	x.save(x.current)
	p := x.z.rest()
	if n := runOf(p, class); n > 0 {
		b := &x.buf
		for b.n+n > len(b.view) {
			if b.size >= maxSize/2 {
				x.lexError("lexical element too long", 0)
			}
			b.resize(b.size * 2)
		}
		b.n += copy(b.view[b.n:], p[:n])
		x.z.skip(n)
	}
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
		x.skipRun(inLine)
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
			x.skipRun(inSpace)
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
		x.saveRun(inName)
	}
	tok.s = x.newName(x.text())
	if x.t.v.objTT(tok.s) == tagShort&variantMask {
		// A damaged store may say that a word is the 200th reserved one.
		if extra := x.t.m.U8(tok.s + layout.TStringExtra); extra > 0 && extra <= numReserved {
			return int(extra) - 1 + firstReserved
		}
	}
	return tkName
}

// nameCacheSize is how many names of a chunk are remembered.
const nameCacheSize = 256

// newName is newString for names, most of which have come before: those are in the
// scanner's table already and need not be looked for.
func (x *lexer) newName(s []byte) Addr {
	line := &x.names[(len(s)*61^int(s[0])*7^int(s[len(s)-1])*31^int(s[len(s)/2])*3)%nameCacheSize]
	if ts := *line; ts != 0 && strLen(x.t.m, ts) == Addr(len(s)) && x.t.m.String(strData(ts), Addr(len(s))) == string(s) {
		return ts
	}
	ts := x.newString(s)
	if len(s) <= maxShortLen { // of a long one C makes an object each time
		*line = ts
	}
	return ts
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
