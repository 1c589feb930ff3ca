package lib

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/state"
	"moonlet.example/moonlet/internal/lua/stdlib"
)

// maxCaptures is LUA_MAXCAPTURES.
const maxCaptures = 10

// Lengths of captures that are none.
const (
	unfinished = -1
	position   = -2
)

// matcher matches patterns (lstrlib.c). Places are offsets: of src and of pat, behind which C code reads a
// NUL; -1 is no match.
type matcher struct {
	L        state.State
	src, pat []byte
	level    int
	captures [maxCaptures]struct{ init, len int }
	steps    int
}

// untilNUL is a pattern, which counts up to its first NUL.
func untilNUL(pat []byte) []byte {
	if i := bytes.IndexByte(pat, 0); i >= 0 {
		return pat[:i]
	}
	return pat
}

// pc is the byte of the pattern at p, NUL behind its end.
func (m *matcher) pc(p int) byte {
	if p < len(m.pat) {
		return m.pat[p]
	}
	return 0
}

// at is the byte of the source at s, NUL at its end.
func (m *matcher) at(s int) byte {
	if s < len(m.src) {
		return m.src[s]
	}
	return 0
}

// stepCost is how many comparisons take as long as an instruction.
const stepCost = 8

// charge counts a comparison.
func (m *matcher) charge() {
	if m.steps++; m.steps >= 64*stepCost {
		m.L.Charge(m.steps / stepCost)
		m.steps = 0
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// inClass tells whether a byte is in the class of a letter, or is that character. The class %g came with Lua 5.2.
func inClass(c, class byte) bool {
	if class|0x20 == 'g' {
		return c == class
	}
	return stdlib.MatchClass(c, class)
}

// classEnd is the place behind the item at p.
func (m *matcher) classEnd(p int) int {
	p++
	switch m.pc(p - 1) {
	case '%':
		if m.pc(p) == 0 {
			m.L.Errorf("malformed pattern (ends with '%%')")
		}
		return p + 1
	case '[':
		if m.pc(p) == '^' {
			p++
		}
		for first := true; first || m.pc(p) != ']'; first = false {
			if m.pc(p) == 0 {
				m.L.Errorf("malformed pattern (missing ']')")
			}
			p++
			if m.pc(p-1) == '%' && m.pc(p) != 0 {
				p++
			}
		}
		return p + 1
	}
	return p
}

// inSet tells whether a byte is in the set from p to its bracket at end.
func (m *matcher) inSet(c byte, p, end int) bool {
	is := true
	if m.pc(p+1) == '^' {
		is = false
		p++
	}
	for p++; p < end; p++ {
		switch {
		case m.pc(p) == '%':
			p++
			if inClass(c, m.pc(p)) {
				return is
			}
		case m.pc(p+1) == '-' && p+2 < end:
			p += 2
			if m.pc(p-2) <= c && c <= m.pc(p) {
				return is
			}
		case m.pc(p) == c:
			return is
		}
	}
	return !is
}

// single tells whether the byte at s matches the item from p to end.
func (m *matcher) single(s, p, end int) bool {
	if s >= len(m.src) {
		return false
	}
	m.charge()
	c := m.src[s]
	switch m.pc(p) {
	case '.':
		return true
	case '%':
		return inClass(c, m.pc(p+1))
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pc(p) == c
}

func (m *matcher) balance(s, p int) int {
	if m.pc(p) == 0 || m.pc(p+1) == 0 {
		m.L.Errorf("unbalanced pattern")
	}
	if m.at(s) != m.pc(p) {
		return -1
	}
	for depth := 1; ; {
		if s++; s >= len(m.src) {
			return -1
		}
		m.charge()
		switch m.src[s] {
		case m.pc(p + 1):
			if depth--; depth == 0 {
				return s + 1
			}
		case m.pc(p):
			depth++
		}
	}
}

func (m *matcher) maxExpand(s, p, end int) int {
	i := 0
	for m.single(s+i, p, end) {
		i++
	}
	for ; i >= 0; i-- {
		if res := m.match(s+i, end+1); res >= 0 {
			return res
		}
	}
	return -1
}

func (m *matcher) minExpand(s, p, end int) int {
	for {
		if res := m.match(s, end+1); res >= 0 {
			return res
		}
		if !m.single(s, p, end) {
			return -1
		}
		s++
	}
}

func (m *matcher) startCapture(s, p, what int) int {
	if m.level >= maxCaptures {
		m.L.Errorf("too many captures")
	}
	m.captures[m.level].init, m.captures[m.level].len = s, what
	m.level++
	res := m.match(s, p)
	if res < 0 {
		m.level--
	}
	return res
}

func (m *matcher) endCapture(s, p int) int {
	l := m.level - 1
	for l >= 0 && m.captures[l].len != unfinished {
		l--
	}
	if l < 0 {
		m.L.Errorf("invalid pattern capture")
	}
	m.captures[l].len = s - m.captures[l].init
	res := m.match(s, p)
	if res < 0 {
		m.captures[l].len = unfinished
	}
	return res
}

// backReference is the place behind what a capture has, again.
func (m *matcher) backReference(s int, digit byte) int {
	l := int(digit) - '1'
	if l < 0 || l >= m.level || m.captures[l].len == unfinished {
		m.L.Errorf("invalid capture index")
	}
	c := m.captures[l]
	if c.len < 0 { // of a position; C compares with a length of nearly 2^32, for which there is no room
		return -1
	}
	if len(m.src)-s >= c.len && bytes.Equal(m.src[c.init:c.init+c.len], m.src[s:s+c.len]) {
		return s + c.len
	}
	return -1
}

// frontier tells whether there is one at s for the set at p.
func (m *matcher) frontier(s, p int) (end int, is bool) {
	if m.pc(p) != '[' {
		m.L.Errorf("missing '[' after '%%f' in pattern")
	}
	end = m.classEnd(p)
	previous := byte(0)
	if s > 0 {
		previous = m.src[s-1]
	}
	return end, !m.inSet(previous, p, end-1) && m.inSet(m.at(s), p, end-1)
}

// match is the place behind what matches the pattern from p on at s.
func (m *matcher) match(s, p int) int {
	for {
		m.charge()
		switch c := m.pc(p); {
		case c == '(':
			if m.pc(p+1) == ')' {
				return m.startCapture(s, p+2, position)
			}
			return m.startCapture(s, p+1, unfinished)
		case c == ')':
			return m.endCapture(s, p+1)
		case c == 0:
			return s
		case c == '$' && m.pc(p+1) == 0:
			if s == len(m.src) {
				return s
			}
			return -1
		case c == '%' && m.pc(p+1) == 'b':
			if s = m.balance(s, p+2); s < 0 {
				return -1
			}
			p += 4
			continue
		case c == '%' && m.pc(p+1) == 'f':
			end, is := m.frontier(s, p+2)
			if !is {
				return -1
			}
			p = end
			continue
		case c == '%' && isDigit(m.pc(p+1)):
			if s = m.backReference(s, m.pc(p+1)); s < 0 {
				return -1
			}
			p += 2
			continue
		}
		end := m.classEnd(p)
		switch m.pc(end) {
		case '?':
			if m.single(s, p, end) {
				if res := m.match(s+1, end+1); res >= 0 {
					return res
				}
			}
			p = end + 1
		case '*':
			return m.maxExpand(s, p, end)
		case '+':
			if !m.single(s, p, end) {
				return -1
			}
			return m.maxExpand(s+1, p, end)
		case '-':
			return m.minExpand(s, p, end)
		default:
			if !m.single(s, p, end) {
				return -1
			}
			s++
			p = end
		}
	}
}

// pushCapture pushes capture i, or the whole match from s to e if there are none.
func (m *matcher) pushCapture(i, s, e int) {
	if i >= m.level {
		if i != 0 {
			m.L.Errorf("invalid capture index")
		}
		m.L.PushBytes(m.src[s:e])
		return
	}
	switch c := m.captures[i]; c.len {
	case unfinished:
		m.L.Errorf("unfinished capture")
	case position:
		m.L.PushInteger(int64(c.init) + 1)
	default:
		m.L.PushBytes(m.src[c.init : c.init+c.len])
	}
}

// pushCaptures pushes all captures, and the whole match if there are none and it is wanted.
func (m *matcher) pushCaptures(s, e int, whole bool) int {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	m.L.CheckStackMsg(n, "too many captures")
	for i := range n {
		m.pushCapture(i, s, e)
	}
	return n
}

// anchored takes the anchor off a pattern.
func (m *matcher) anchored() (first int, is bool) {
	if m.pc(0) == '^' {
		return 1, true
	}
	return 0, false
}

// relative is a position that may count from the end (posrelat).
func relative(pos int64, n int) int64 {
	if pos < 0 {
		pos += int64(n) + 1
	}
	return max(pos, 0)
}

// special tells whether a pattern has characters with a meaning, up to its first NUL (SPECIALS, strpbrk).
func special(pat []byte) bool {
	for _, c := range pat {
		switch c {
		case 0:
			return false
		case '^', '$', '*', '+', '?', '.', '(', '[', '%', '-':
			return true
		}
	}
	return false
}

func findAux(L state.State, find bool) int {
	s, p := L.CheckBytes(1), L.CheckBytes(2)
	init := int(min(max(relative(optPlace(L, 3, 1), len(s))-1, 0), int64(len(s))))
	if find && (L.ToBoolean(4) || !special(p)) {
		if i := bytes.Index(s[init:], p); i >= 0 {
			L.PushInteger(int64(init+i) + 1)
			L.PushInteger(int64(init + i + len(p)))
			return 2
		}
		L.PushNil()
		return 1
	}
	m := matcher{L: L, src: s, pat: untilNUL(p)}
	first, anchor := m.anchored()
	for at := init; ; at++ {
		m.level = 0
		if e := m.match(at, first); e >= 0 {
			if !find {
				return m.pushCaptures(at, e, true)
			}
			L.PushInteger(int64(at) + 1)
			L.PushInteger(int64(e))
			return m.pushCaptures(0, 0, false) + 2
		}
		if at >= len(s) || anchor {
			break
		}
	}
	L.PushNil()
	return 1
}

func strFind(L state.State) int  { return findAux(L, true) }
func strMatch(L state.State) int { return findAux(L, false) }

var gmatchProc = &state.Proc{F: gmatchStep}

func gmatch(L state.State) int {
	L.CheckBytes(1)
	L.CheckBytes(2)
	L.SetTop(2)
	L.PushInteger(0)
	L.PushClosure(gmatchProc, 3)
	return 1
}

func gmatchStep(L state.State) int {
	s, _ := L.ToBytes(state.UpvalueIndex(1))
	p, _ := L.ToBytes(state.UpvalueIndex(2))
	n, _ := L.ToInteger(state.UpvalueIndex(3))
	m := matcher{L: L, src: s, pat: untilNUL(p)}
	for at := int(n); at <= len(s); at++ {
		m.level = 0
		if e := m.match(at, 0); e >= 0 {
			next := e
			if e == at {
				next++
			}
			L.PushInteger(int64(next))
			L.Replace(state.UpvalueIndex(3))
			return m.pushCaptures(at, e, true)
		}
	}
	return 0
}

// addText adds the replacement string, in which captures have numbers.
func (m *matcher) addText(b *state.Buffer, s, e int) {
	news, _ := m.L.ToBytes(3)
	for i := 0; i < len(news); i++ {
		if news[i] != '%' {
			b.AddByte(news[i])
			continue
		}
		c := byte(0) // behind the string there is one
		if i++; i < len(news) {
			c = news[i]
		}
		switch {
		case !isDigit(c):
			b.AddByte(c)
		case c == '0':
			b.AddBytes(m.src[s:e])
		default:
			m.pushCapture(int(c)-'1', s, e)
			b.AddValue()
		}
	}
}

func (m *matcher) addReplacement(b *state.Buffer, s, e int) {
	L := m.L
	switch L.Type(3) {
	case state.Number, state.String:
		m.addText(b, s, e)
		return
	case state.Function:
		L.PushValue(3)
		L.Call(m.pushCaptures(s, e, true), 1)
	case state.Table:
		m.pushCapture(0, s, e)
		L.GetTable(3)
	}
	if !L.ToBoolean(-1) {
		L.Pop(1)
		L.PushBytes(m.src[s:e])
	} else if !L.IsString(-1) {
		L.Errorf("invalid replacement value (a %s)", L.TypeNameAt(-1))
	}
	b.AddValue()
}

func gsub(L state.State) int {
	src, pat := L.CheckBytes(1), L.CheckBytes(2)
	ty := L.Type(3)
	most := L.OptInteger(4, int64(len(src))+1)
	L.ArgCheck(ty == state.Number || ty == state.String || ty == state.Function || ty == state.Table, 3, "string/function/table/lightfunction expected")
	m := matcher{L: L, src: src, pat: untilNUL(pat)}
	first, anchor := m.anchored()
	b := L.NewBuffer()
	n, at := int64(0), 0
	for n < most {
		m.level = 0
		e := m.match(at, first)
		if e >= 0 {
			n++
			m.addReplacement(b, at, e)
		}
		if e > at {
			at = e
		} else if at < len(src) {
			b.AddByte(src[at])
			at++
		} else {
			break
		}
		if anchor {
			break
		}
	}
	b.AddBytes(src[at:])
	b.PushResult()
	L.PushInteger(n)
	return 2
}
