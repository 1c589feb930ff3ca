package sjson

// wordFlags is what a word that begins with c can be, 0 for nothing.
func wordFlags(c byte) uint16 {
	switch {
	case c == '-':
		return flagDash
	case c == '0':
		return flagZero
	case c >= '1' && c <= '9':
		return flagUnsigned
	case c == 't':
		return flagTrue
	case c == 'f':
		return flagFalse
	case c == 'n':
		return flagNull
	}
	return 0
}

// endsWord tells whether c cannot be part of a word.
func endsWord(c byte) bool {
	switch c {
	case '\t', '\n', '\r', ' ', '"', ',', ':', '[', '\\', ']', '{', '}':
		return true
	}
	return false
}

func (p *parser) beginWord(c byte) parseError {
	flags := wordFlags(c)
	switch {
	case flags != 0:
	case c == 0:
		return errNullByte
	case c < 0x20:
		return errWhitespace
	default:
		return errSpecialExpected
	}
	if p.keyMissing() {
		return errKeyExpected
	}
	p.count()
	if !p.canInsert {
		return errCantInsert
	}
	if e := p.push(kindWord, flags); e != errNone {
		return e
	}
	p.setWordLen(1)
	p.last = '-'
	if flags == flagUnsigned {
		p.last = '1'
	}
	p.begun()
	return errNone
}

func (p *parser) wordLen() uint32     { return p.m.U32(p.top+elemWord) >> 1 }
func (p *parser) setWordLen(n uint32) { p.m.SetU32(p.top+elemWord, n<<1) }

// isPlainNumber tells whether the word has been digits so far, after a sign
// perhaps.
func (p *parser) isPlainNumber() bool { return p.flags == flagUnsigned || p.flags == flagSigned }

func (p *parser) inWord(c byte) parseError {
	switch {
	case p.isPlainNumber() && isDigit(c):
		return errNone
	case p.flags == flagDash:
		if !isDigit(c) {
			return errNumber
		}
		p.flags = flagSigned
		if c == '0' {
			p.flags |= flagZero
		}
		return errNone
	case p.flags == flagZero:
		if isDigit(c) {
			return errNumber
		}
		p.flags = flagUnsigned
	}
	if p.flags&flagNumeric != 0 {
		return p.inNumber(c)
	}
	if endsWord(c) {
		return p.endWord(c)
	}
	return p.inName(c)
}

func (p *parser) inNumber(c byte) parseError {
	switch {
	case isDigit(c):
		p.last = '1'
	case c == '.' && p.flags&flagFloat == 0:
		p.flags |= flagFloat
		p.last = '.'
	case c|0x20 == 'e' && p.flags&flagExponent == 0:
		p.flags |= flagExponent
		p.last = 'e'
	case (c == '-' || c == '+') && p.last == 'e':
		p.last = '-'
	case endsWord(c):
		return p.endWord(c)
	default:
		return errNumber
	}
	return errNone
}

// inName compares with true, false or null. A zero byte matches the one that
// ends them in C.
func (p *parser) inName(c byte) parseError {
	n := p.wordLen()
	p.setWordLen(n + 1)
	name := "null\x00"
	switch p.flags {
	case flagTrue:
		name = "true\x00"
	case flagFalse:
		name = "false\x00"
	}
	if n >= uint32(len(name)) || name[n] != c {
		return errSpecialExpected
	}
	return errNone
}

// endWord ends the word before c and goes on with c.
func (p *parser) endWord(c byte) parseError {
	p.canInsert = false
	switch {
	case p.isPlainNumber():
	case p.flags == flagZero|flagSigned:
		p.flags = flagUnsigned
	case p.flags&flagNumeric != 0:
		if p.last != '1' {
			return errNumber
		}
	case p.flags == flagFalse && p.wordLen() != 5, p.flags != flagFalse && p.wordLen() != 4:
		return errSpecialIncomplete
	}
	p.pop()
	p.last, p.expecting = 0, ','
	if isSpace(c) {
		return errNone
	}
	return p.token(c)
}
