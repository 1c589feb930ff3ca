package compile

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/source"
	"moonlet.example/moonlet/internal/lua/syntax"
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
	tkConcat
	tkDots
	tkEq
	tkGe
	tkLe
	tkNe
	tkNumber
	tkName
	tkString
	tkEOS
)

// tokens are the words for them.
var tokens = [...]string{
	"and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
	"nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
	"..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>",
}

// reserved finds the token of a reserved word.
var reserved = func() map[string]int {
	m := map[string]int{}
	for i, s := range tokens[:tkWhile-firstReserved+1] {
		m[s] = i + firstReserved
	}
	return m
}()

// minBuffer is the first size of the token buffer (LUA_MINBUFFER, llimits.h).
const minBuffer = 32

type token struct {
	kind int
	n    Number
	s    mem.Addr // string object
}

// lexer splits a chunk into tokens.
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
	source   mem.Addr // string object of the chunk's name
	fs       *funcState
	trace    syntax.Tracer // who wants to know what is read, nil for nobody; see trace.go
	nth      int           // which token the current one is
}

// buffer is the token buffer on the device's heap (Mbuffer, lzio.h).
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
		if b.size >= maxInt/2 {
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
	n := source.RunOf(p, class)
	for _, c := range p[:n] {
		x.save(int(c))
	}
	x.in.Skip(n)
	x.advance()
}

func (x *lexer) text() []byte { return x.buf.view[:x.buf.n] }

// tokenText is a token for people (luaX_token2str).
func (x *lexer) tokenText(kind int) string {
	switch {
	case kind >= firstReserved:
		return tokens[kind-firstReserved]
	case kind < ' ' || kind == 0x7f:
		return x.vm.Pushf("char(%d)", kind)
	}
	return x.vm.Pushf("%c", kind)
}

func (x *lexer) nearText(kind int) string {
	switch kind {
	case tkName, tkString, tkNumber:
		x.save(0)
		text, _, _ := bytes.Cut(x.text(), []byte{0})
		return string(text)
	}
	return x.tokenText(kind)
}

// lexError raises a syntax error at the current line, "near" a token unless that
// is 0.
func (x *lexer) lexError(msg string, kind int) {
	msg = x.vm.Pushf("%s:%d: %s", x.vm.ChunkID(x.source), x.line, msg)
	if kind != 0 {
		x.vm.Pushf("%s near '%s'", msg, x.nearText(kind))
	}
	x.vm.Throw()
}

func (x *lexer) syntaxError(msg string) { x.lexError(msg, x.tok.kind) }

// newString makes a string that lives as long as its function is compiled.
func (x *lexer) newString(s []byte) mem.Addr { return x.vm.Anchor(x.fs.consts.Table, s) }

func (x *lexer) atNewline() bool { return x.current == '\n' || x.current == '\r' }

// newline skips "\n", "\r", "\n\r" or "\r\n".
func (x *lexer) newline() {
	old := x.current
	x.advance()
	if x.atNewline() && x.current != old {
		x.advance()
	}
	if x.line++; x.line >= maxInt {
		x.syntaxError("chunk has too many lines")
	}
}

// acceptSave takes one of two characters, if it is there. A NUL counts for either: C's strchr finds the end of its list.
func (x *lexer) acceptSave(a, b int) bool {
	if x.current == a || x.current == b || x.current == 0 {
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
		if sep >= 0 {
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
		case '-':
			x.advance()
			if x.current != '-' {
				return '-'
			}
			x.advance()
			x.skipComment()
			x.traceComment()
		case '[':
			switch sep := x.skipSep(); {
			case sep >= 0:
				x.readLong(tok, sep)
				return tkString
			case sep == -1:
				return '['
			}
			x.lexError("invalid long string delimiter", tkString)
		case '=':
			return x.orEqual(tkEq)
		case '<':
			return x.orEqual(tkLe)
		case '>':
			return x.orEqual(tkGe)
		case '~':
			return x.orEqual(tkNe)
		case '"', '\'':
			x.readString(c, tok)
			return tkString
		case '.':
			x.saveAndNext()
			switch {
			case x.acceptSave('.', '.'):
				if x.acceptSave('.', '.') {
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
			case source.IsSpace(c):
				x.skipRun(source.InSpace)
				continue
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

// orEqual skips the current character, and returns long if "=" follows it.
func (x *lexer) orEqual(long int) int {
	c := x.current
	if x.advance(); x.current != '=' {
		return c
	}
	x.advance()
	return long
}

// readName reads a name or a reserved word. Those are no strings in this edition.
func (x *lexer) readName(tok *token) int {
	for source.IsAlpha(x.current) || source.IsDigit(x.current) {
		x.saveRun(source.InName)
	}
	x.save(0)
	text := x.text()
	text = text[:len(text)-1]
	if kind, ok := reserved[string(text)]; ok {
		return kind
	}
	tok.s = x.newString(text)
	return tkName
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
	x.traceToken(x.tok.kind)
}

// lookAhead reads a token beyond the current one.
func (x *lexer) lookAhead() int {
	x.ahead.kind = x.scan(&x.ahead)
	x.traceToken(x.ahead.kind)
	return x.ahead.kind
}

// Numerals and strings.

// readNumber takes everything that may belong to a numeral and lets the
// conversion judge it.
func (x *lexer) readNumber(tok *token) int {
	for source.IsDigit(x.current) || x.current == '.' {
		x.saveAndNext()
	}
	if x.acceptSave('e', 'E') {
		x.acceptSave('+', '-')
	}
	for source.IsAlpha(x.current) || source.IsDigit(x.current) {
		x.saveAndNext()
	}
	x.save(0)
	text := x.text()
	n, ok := x.vm.ParseNumber(text[:len(text)-1])
	if !ok {
		x.lexError("malformed number", tkNumber)
	}
	tok.n = n
	return tkNumber
}

// skipSep reads "[=*[" or "]=*]" up to the last bracket. It returns the number
// of '=', or -1 for a single bracket, or less for an unfinished separator.
func (x *lexer) skipSep() int {
	n, bracket := 0, x.current
	x.saveAndNext()
	for x.current == '=' {
		x.saveAndNext()
		n++
	}
	if x.current == bracket {
		return n
	}
	return -n - 1
}

// readLong reads a long string, or a long comment when tok is nil.
func (x *lexer) readLong(tok *token, sep int) {
	x.saveAndNext()
	if x.atNewline() {
		x.newline()
	}
	for {
		switch x.current {
		case source.EOZ:
			if tok == nil {
				x.lexError("unfinished long comment", tkEOS)
			}
			x.lexError("unfinished long string", tkEOS)
		case '[':
			if x.skipSep() == sep {
				x.saveAndNext()
				if sep == 0 {
					x.lexError("nesting of [[...]] is deprecated", '[')
				}
			}
		case ']':
			if x.skipSep() == sep {
				x.saveAndNext()
				if tok != nil {
					text := x.text()
					tok.s = x.newString(text[2+sep : len(text)-2-sep])
				}
				return
			}
		case '\n', '\r':
			x.save('\n')
			x.newline()
			if tok == nil {
				x.buf.n = 0
			}
		default:
			if tok != nil {
				x.saveAndNext()
			} else {
				x.advance()
			}
		}
	}
}

// escapes are the letters behind a backslash, and what they stand for.
var escapes = map[int]int{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

func (x *lexer) readString(quote int, tok *token) {
	x.saveAndNext()
	for x.current != quote {
		switch x.current {
		case source.EOZ:
			x.lexError("unfinished string", tkEOS)
		case '\n', '\r':
			x.lexError("unfinished string", tkString)
		case '\\':
			x.advance()
			x.readEscape()
		default:
			x.saveAndNext()
		}
	}
	x.saveAndNext()
	text := x.text()
	tok.s = x.newString(text[1 : len(text)-1])
}

// readEscape reads what is behind a backslash. What has no meaning there stands for itself.
func (x *lexer) readEscape() {
	c, ok := escapes[x.current]
	switch {
	case ok:
		x.save(c)
		x.advance()
	case x.atNewline():
		x.save('\n')
		x.newline()
	case x.current == source.EOZ: // an error, next time
	case !source.IsDigit(x.current):
		x.saveAndNext()
	default:
		n := 0
		for i := 0; i < 3 && source.IsDigit(x.current); i++ {
			n = 10*n + x.current - '0'
			x.advance()
		}
		if n > 255 {
			x.lexError("escape sequence too large", tkString)
		}
		x.save(n)
	}
}

func (x *lexer) expectedError(kind int) {
	x.syntaxError(x.vm.Pushf("'%s' expected", x.tokenText(kind)))
}
