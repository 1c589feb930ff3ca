package sjson

import (
	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/mem"
)

// The parser takes its text piece by piece, tells what begins and ends, and
// finds the errors that jsonsl finds, under the same names. It checks no more
// than that: a list may go without commas between strings, and a number may be
// none.

// Names of errors (jsonsl_strerror, app/sjson/jsonsl.h). Their index is what is
// kept in the decoder after a failure.
var errorNames = [...]string{
	errNone:              "SUCCESS",
	errSpecialExpected:   "SPECIAL_EXPECTED",
	errSpecialIncomplete: "SPECIAL_INCOMPLETE",
	errStrayToken:        "STRAY_TOKEN",
	errMissingToken:      "MISSING_TOKEN",
	errCantInsert:        "CANT_INSERT",
	errEscapeOutside:     "ESCAPE_OUTSIDE_STRING",
	errStringOutside:     "STRING_OUTSIDE_CONTAINER",
	errNullByte:          "FOUND_NULL_BYTE",
	errLevels:            "LEVELS_EXCEEDED",
	errBracket:           "BRACKET_MISMATCH",
	errKeyExpected:       "HKEY_EXPECTED",
	errWhitespace:        "WEIRD_WHITESPACE",
	errEscape:            "ESCAPE_INVALID",
	errTrailingComma:     "TRAILING_COMMA",
	errNumber:            "INVALID_NUMBER",
	errValueExpected:     "VALUE_EXPECTED",
}

// parseError is a kind of error.
type parseError uint32

const (
	errNone parseError = iota
	errSpecialExpected
	errSpecialIncomplete
	errStrayToken
	errMissingToken
	errCantInsert
	errEscapeOutside
	errStringOutside
	errNullByte
	errLevels
	errBracket
	errKeyExpected
	errWhitespace
	errEscape
	errTrailingComma
	errNumber
	errValueExpected
)

// Kinds of elements (jsonsl_type_t). Those of containers are their brackets.
const (
	kindRoot   = 0
	kindString = '"' | 0xFFFF00
	kindKey    = '#' | 0xFFFF00
	kindObject = '{'
	kindList   = '['
	kindWord   = '^' // a number, true, false or null
)

// Flags of a word (jsonsl_special_t).
const (
	flagSigned   = 1 << 0
	flagUnsigned = 1 << 1
	flagTrue     = 1 << 2
	flagFalse    = 1 << 3
	flagNull     = 1 << 4
	flagFloat    = 1 << 5
	flagExponent = 1 << 6
	flagZero     = 1<<9 | flagUnsigned // begins with 0: no digit may follow
	flagDash     = 1 << 10             // only the minus sign so far
	flagNumeric  = flagSigned | flagUnsigned
)

// Offsets in jsonsl_st and the size of the part before the levels.
const (
	jsnLevel     = 0
	jsnPos       = 8
	jsnEscape    = 76
	jsnExpecting = 80
	jsnLast      = 81
	jsnCanInsert = 84
	jsnLevels    = 88
	jsnStack     = 92
)

// Offsets in jsonsl_state_st, one for each level, and its size.
const (
	elemKind  = 0
	elemBegin = 4
	elemEnd   = 8
	elemFlags = 12 // 16 bits
	elemLevel = 14 // 16 bits
	elemCount = 16 // of elements: keys count as well
	elemWord  = 20 // length of a word, above the bit ignore_callback
	elemRef   = 24 // registry reference of the table
	elemUsed  = 28 // elements that were appended
	elemSize  = 32
)

// parserSize is the size of a parser in bytes (jsonsl_get_size).
func parserSize(levels int) int { return jsnStack + levels*elemSize }

// handler is told about elements by their address.
type handler interface {
	begin(e state.Addr)
	end(e state.Addr)
}

// parser is a parser at work. Between pieces, and while the handler runs, all
// of it is in device memory.
type parser struct {
	m  mem.Mem
	at state.Addr
	h  handler

	top       state.Addr // element that is being parsed
	kind      uint32     // of it
	flags     uint16     // of it, if it is a word
	level     uint32
	pos       uint32
	escape    bool
	canInsert bool
	expecting byte // the token that may come
	last      byte // the last token; in a number the last kind of character
}

// initParser prepares the parser at at, which is zeroed (jsonsl_init).
func initParser(m mem.Mem, at state.Addr, levels int) {
	m.SetU32(at+jsnCanInsert, 1)
	m.SetU32(at+jsnLevels, uint32(levels))
	for i := range levels {
		e := at + jsnStack + state.Addr(i*elemSize)
		m.SetU16(e+elemLevel, uint16(i))
		m.SetI32(e+elemRef, state.NoRef)
	}
}

func (p *parser) load() {
	m, a := p.m, p.at
	p.level, p.pos = m.U32(a+jsnLevel), m.U32(a+jsnPos)
	p.escape, p.canInsert = m.U32(a+jsnEscape) != 0, m.U32(a+jsnCanInsert) != 0
	p.expecting, p.last = m.U8(a+jsnExpecting), m.U8(a+jsnLast)
	p.enter()
}

func (p *parser) store() {
	m, a := p.m, p.at
	m.SetU32(a+jsnLevel, p.level)
	m.SetU32(a+jsnPos, p.pos)
	m.SetU32(a+jsnEscape, bit(p.escape))
	m.SetU32(a+jsnCanInsert, bit(p.canInsert))
	m.SetU8(a+jsnExpecting, p.expecting)
	m.SetU8(a+jsnLast, p.last)
	m.SetU16(p.top+elemFlags, p.flags)
}

func bit(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// enter loads the element of the present level.
func (p *parser) enter() {
	p.top = mem.Wrap(p.at + jsnStack + state.Addr(p.level)*elemSize)
	p.kind, p.flags = p.m.U32(p.top+elemKind), p.m.U16(p.top+elemFlags)
}

// push begins an element.
func (p *parser) push(kind uint32, flags uint16) parseError {
	if p.level >= p.m.U32(p.at+jsnLevels)-1 {
		return errLevels
	}
	p.m.SetU16(p.top+elemFlags, p.flags)
	p.level++
	p.enter()
	p.m.SetU32(p.top+elemKind, kind)
	p.m.SetU32(p.top+elemBegin, p.pos)
	p.kind, p.flags = kind, flags
	return errNone
}

func (p *parser) begun() {
	p.store()
	p.h.begin(p.top)
}

// pop ends a string or word.
func (p *parser) pop() {
	e := p.top
	p.m.SetU32(e+elemEnd, p.pos)
	p.store()
	p.h.end(e)
	p.m.SetU32(e+elemWord, 0)
	p.level--
	p.enter()
}

// count counts one more element in the container and tells how many there were.
func (p *parser) count() uint32 {
	n := p.m.U32(p.top + elemCount)
	p.m.SetU32(p.top+elemCount, n+1)
	return n
}

// keyMissing tells whether the next element of an object must be a key.
func (p *parser) keyMissing() bool {
	return p.kind == kindObject && p.m.U32(p.top+elemCount)%2 == 0
}

// feed parses a piece of text. After an error the parser is of no use.
func (p *parser) feed(text []byte) parseError {
	p.load()
	for i := 0; i < len(text); i++ {
		if p.kind&0xFFFF00 != 0 && !p.escape {
			n := plain(text[i:])
			i += n
			p.pos += uint32(n)
			if i == len(text) {
				break
			}
		}
		if e := p.char(text[i]); e != errNone {
			return e
		}
		p.pos++
	}
	p.store()
	return errNone
}

// plain counts the leading characters that mean nothing in a string. Control
// characters from 0x14 on are among them.
func plain(text []byte) int {
	for i, c := range text {
		if c < 0x14 || c == '"' || c == '\\' {
			return i
		}
	}
	return len(text)
}

func (p *parser) char(c byte) parseError {
	switch {
	case p.kind&0xFFFF00 != 0:
		return p.inString(c)
	case p.kind == kindWord:
		return p.inWord(c)
	case isSpace(c):
		return errNone
	case wordFlags(c) != 0:
		return p.beginWord(c)
	case c == '"':
		return p.beginString()
	case c == '\\':
		return errEscapeOutside
	}
	return p.token(c)
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (p *parser) inString(c byte) parseError {
	switch {
	case p.escape:
		p.escape = false
		switch c {
		case '"', '/', '\\', 'b', 'f', 'n', 'r', 't', 'u':
			return errNone
		}
		return errEscape
	case c == '\\':
		p.escape = true
	case c == '"':
		p.canInsert = false
		p.pop()
	default:
		return errWhitespace
	}
	return errNone
}

func (p *parser) beginString() parseError {
	p.canInsert = false
	kind := uint32(kindString)
	expect := byte(',')
	switch p.kind {
	case kindObject:
		if p.count()%2 != 0 {
			if p.last != ':' {
				return errMissingToken
			}
		} else {
			if p.expecting != '"' {
				return errStrayToken
			}
			kind, expect = kindKey, ':'
		}
	case kindList:
		p.count()
	default:
		return errStringOutside
	}
	p.expecting, p.last = expect, 0
	if e := p.push(kind, 0); e != errNone {
		return e
	}
	p.begun()
	return errNone
}

// token takes the characters between elements.
func (p *parser) token(c byte) parseError {
	switch c {
	case ':':
		if p.expecting != ':' {
			return errStrayToken
		}
		p.last, p.canInsert, p.expecting = ':', true, '"'
	case ',':
		if p.expecting != ',' {
			return errStrayToken
		}
		if p.kind != kindObject {
			p.canInsert = true
		}
		p.last, p.expecting = ',', '"'
	case '{', '[':
		return p.open(c)
	case '}', ']':
		return p.close(c)
	default:
		return p.beginWord(c)
	}
	return errNone
}

func (p *parser) open(c byte) parseError {
	if !p.canInsert {
		return errCantInsert
	}
	if p.keyMissing() {
		return errKeyExpected
	}
	p.count()
	if e := p.push(uint32(c), 0); e != errNone {
		return e
	}
	p.m.SetU32(p.top+elemCount, 0)
	p.canInsert = true
	if c == '{' {
		p.expecting = '"'
	}
	p.begun()
	p.last = 0
	return errNone
}

func (p *parser) close(c byte) parseError {
	if p.last == ',' {
		return errTrailingComma
	}
	p.canInsert, p.expecting, p.last = false, ',', 0
	if p.kind != uint32(c)-2 { // in ASCII a closing bracket is two after its opening one
		return errBracket
	}
	if c == '}' && p.m.U32(p.top+elemCount)%2 != 0 {
		return errValueExpected
	}
	e := p.top
	p.level--
	p.store()
	p.h.end(e)
	p.enter()
	return errNone
}
