package compile

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/syntax"
	"moonlet.example/moonlet/internal/lua53/chunk"
	layout "moonlet.example/moonlet/internal/lua53/layout/common"
	"moonlet.example/moonlet/internal/mem"
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

	// NumReserved is how many of chunk.Tokens are reserved words.
	NumReserved = tkWhile - firstReserved + 1
)

// minBuffer is the first size of the token buffer (LUA_MINBUFFER, llimits.h).
const minBuffer = 32

type token struct {
	kind int
	n    Number
	s    mem.Addr // string object
}

// lexer splits a chunk into tokens. Its buffer is on the device's heap.
type lexer struct {
	vm       Machine
	m        mem.Mem
	calls    mem.Addr // counter of nested C calls, 2 bytes
	in       *source.Input
	current  int // character not yet consumed
	line     int
	lastLine int // line of the token consumed last
	tok      token
	ahead    token
	buf      buffer
	strings  mem.Addr // table that anchors strings and finds constants
	source   mem.Addr // string object of the chunk's name
	envName  mem.Addr
	names    [nameCacheSize]mem.Addr // see newName
	fs       *funcState
	dyn      *dynData

	// For those who want to know what is read; see trace.go.
	trace syntax.Tracer // nil for nobody
	nth   int           // which token the current one is
}

// buffer is the token buffer (Mbuffer, lzio.h).
type buffer struct {
	vm   Machine
	m    mem.Mem
	at   mem.Addr
	size mem.Addr
	n    int
	view []byte // the buffer's memory
}

func (b *buffer) resize(size mem.Addr) {
	b.at = b.vm.Realloc(b.at, b.size, size)
	b.size = size
	b.view = b.m.Bytes(b.at, size)
}

func (x *lexer) advance() { x.current = x.in.Next() }

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

// skipRun goes on to the first character behind the current one that may not be
// of a class.
func (x *lexer) skipRun(class source.Class) {
	x.in.Skip(source.RunOf(x.in.Rest(), class))
	x.advance()
}

// saveRun is skipRun that keeps the current character and those it passes over.
func (x *lexer) saveRun(class source.Class) {
	x.save(x.current)
	p := x.in.Rest()
	if n := source.RunOf(p, class); n > 0 {
		b := &x.buf
		for b.n+n > len(b.view) {
			if b.size >= maxSize/2 {
				x.lexError("lexical element too long", 0)
			}
			b.resize(b.size * 2)
		}
		b.n += copy(b.view[b.n:], p[:n])
		x.in.Skip(n)
	}
	x.advance()
}

func (x *lexer) text() []byte { return x.buf.view[:x.buf.n] }

// tokenText pushes the printable form of a token and returns it.
func (x *lexer) tokenText(kind int) string {
	if kind < firstReserved {
		return x.vm.Pushf("'%c'", kind)
	}
	s := chunk.Tokens[kind-firstReserved]
	if kind < tkEOS {
		return x.vm.Pushf("'%s'", s)
	}
	return s
}

func (x *lexer) nearText(kind int) string {
	switch kind {
	case tkName, tkString, tkFloat, tkInt:
		x.save(0)
		text, _, _ := bytes.Cut(x.text(), []byte{0})
		return x.vm.Pushf("'%s'", string(text))
	}
	return x.tokenText(kind)
}

// lexError raises a syntax error at the current line, "near" a token unless that
// is 0.
func (x *lexer) lexError(msg string, kind int) {
	msg = x.vm.Pushf("%s:%d: %s", x.vm.ChunkID(x.source), x.line, msg)
	if kind != 0 {
		x.vm.Pushf("%s near %s", msg, x.nearText(kind))
	}
	x.vm.Throw()
}

func (x *lexer) syntaxError(msg string) { x.lexError(msg, x.tok.kind) }

// newString makes a string that lives until the end of the compilation.
func (x *lexer) newString(s []byte) mem.Addr { return x.vm.Anchor(x.strings, s) }

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
	for !x.atNewline() && x.current != source.EOZ {
		x.skipRun(source.InLine)
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
			x.skipRun(source.InSpace)
		case '-':
			x.advance()
			if x.current != '-' {
				return '-'
			}
			x.advance()
			x.skipComment()
			if x.trace != nil {
				x.traceComment()
			}
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
			case !source.IsDigit(x.current):
				return '.'
			}
			return x.readNumber(tok)
		case source.EOZ:
			return tkEOS
		default:
			switch {
			case source.IsDigit(c):
				return x.readNumber(tok)
			case source.IsAlpha(c):
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
	for source.IsAlpha(x.current) || source.IsDigit(x.current) {
		x.saveRun(source.InName)
	}
	tok.s = x.newName(x.text())
	if x.isShort(tok.s) {
		// A damaged store may say that a word is the 200th reserved one.
		if extra := x.m.U8(tok.s + layout.TStringExtra); extra > 0 && extra <= NumReserved {
			return int(extra) - 1 + firstReserved
		}
	}
	return tkName
}

// nameCacheSize is how many names of a chunk are remembered.
const nameCacheSize = 256

// newName is newString for names, most of which have come before: those are in the
// scanner's table already and need not be looked for.
func (x *lexer) newName(s []byte) mem.Addr {
	line := &x.names[(len(s)*61^int(s[0])*7^int(s[len(s)-1])*31^int(s[len(s)/2])*3)%nameCacheSize]
	if ts := *line; ts != 0 && x.same(ts, s) {
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
	x.nth++
	if x.ahead.kind != tkEOS {
		x.tok = x.ahead
		x.ahead.kind = tkEOS
		return
	}
	x.tok.kind = x.scan(&x.tok)
	if x.trace != nil {
		x.traceToken(x.tok.kind)
	}
}

// lookAhead reads a token beyond the current one.
func (x *lexer) lookAhead() int {
	x.ahead.kind = x.scan(&x.ahead)
	if x.trace != nil {
		x.traceToken(x.ahead.kind)
	}
	return x.ahead.kind
}
