package stdlib

import (
	"bytes"

	"moonlet.example/moonlet/internal/lua/state"
)

// Limits of pattern matching (lstrlib.c).
const (
	maxCaptures   = 32
	maxMatchDepth = 200 // MAXCCALLS: depth of recursion
)

// Lengths of a capture that is no string of bytes.
const (
	capUnfinished = -1
	capPosition   = -2
)

const escape = '%'

type capture struct{ start, length int32 }

// matchState is one attempt to match, or many of the same pattern in the same
// subject. The Lua strings must stay on the stack.
type matchState struct {
	L     state.State
	src   []byte // subject
	pat   []byte // pattern, without its anchor
	level int    // captures so far, finished or not
	depth int    // how much deeper the recursion may go
	work  int    // what is to be charged
	set   byteSet
	setAt int     // index behind the '[' whose bytes are in set, 0 for none
	first byteSet // what matches begin with, see find
	caps  [maxCaptures]capture
}

// prepare sets the strings.
func (m *matchState) prepare(L state.State, src, pat []byte) {
	m.L, m.src, m.pat, m.depth = L, src, pat, maxMatchDepth
}

// workUnit is how many steps are charged at a time.
const workUnit = 512

// charge counts steps of the search, each about as long as an instruction of the
// virtual machine.
func (m *matchState) charge(steps int) {
	if m.work += steps; m.work >= workUnit {
		m.L.Charge(m.work)
		m.work = 0
	}
}

// at is a byte of the pattern, or the zero that C finds behind its end.
func (m *matchState) at(p int) byte {
	if p < len(m.pat) {
		return m.pat[p]
	}
	return 0
}

// classEnd is the index behind the single-character class at p.
func (m *matchState) classEnd(p int) int {
	switch c := m.pat[p]; {
	case c == escape:
		if p+1 >= len(m.pat) {
			m.L.Errorf("malformed pattern (ends with '%%')")
		}
		return p + 2
	case c == '[':
		return m.setEnd(p + 1)
	}
	return p + 1
}

// setEnd is the index behind the set whose '[' is in front of p.
func (m *matchState) setEnd(p int) int {
	if m.at(p) == '^' {
		p++
	}
	for first := true; first || m.at(p) != ']'; first = false {
		if p >= len(m.pat) {
			m.L.Errorf("malformed pattern (missing ']')")
		}
		p++
		if m.pat[p-1] == escape && p < len(m.pat) {
			p++ // an escaped ']' does not end the set
		}
	}
	return p + 1
}

// matchSet tells whether c is in the set from its '[' at p to its ']' at end.
func (m *matchState) matchSet(c byte, p, end int) bool {
	pat := m.pat[:end+1]
	in := true
	p++
	if pat[p] == '^' {
		in = false
		p++
	}
	for ; p < end; p++ {
		switch {
		case pat[p] == escape:
			p++
			if MatchClass(c, pat[p]) {
				return in
			}
		case pat[p+1] == '-' && p+2 < end:
			if pat[p] <= c && c <= pat[p+2] {
				return in
			}
			p += 2
		case pat[p] == c:
			return in
		}
	}
	return !in
}

// compileSet makes set what matchSet would find.
func (m *matchState) compileSet(p, end int) {
	if m.setAt == p+1 {
		return
	}
	m.setAt = p + 1
	set := &m.set
	*set = byteSet{}
	p++
	complement := m.pat[p] == '^'
	if complement {
		p++
	}
	for ; p < end; p++ {
		switch {
		case m.pat[p] == escape:
			p++
			set.addClass(m.pat[p])
		case m.pat[p+1] == '-' && p+2 < end:
			for c := int(m.pat[p]); c <= int(m.pat[p+2]); c++ {
				set.add(byte(c))
			}
			p += 2
		default:
			set.add(m.pat[p])
		}
	}
	if complement {
		for i := range set {
			set[i] = ^set[i]
		}
	}
}

// single tells whether the byte at s matches the class from p to ep.
func (m *matchState) single(s, p, ep int) bool {
	if s >= len(m.src) {
		return false
	}
	c := m.src[s]
	switch m.pat[p] {
	case '.':
		return true
	case escape:
		return MatchClass(c, m.pat[p+1])
	case '[':
		return m.matchSet(c, p, ep-1)
	}
	return m.pat[p] == c
}

// run is how many bytes from s on match the class from p to ep.
func (m *matchState) run(s, p, ep int) int {
	src := m.src[s:]
	n := 0
	switch c := m.pat[p]; c {
	case '.':
		return len(src)
	case escape:
		c = m.pat[p+1]
		if set := letterClass[c]; set != 0 {
			in := c&0x20 != 0
			for n < len(src) && (charClass[src[n]]&set != 0) == in {
				n++
			}
			return n
		}
		fallthrough
	default:
		for n < len(src) && src[n] == c {
			n++
		}
	case '[':
		const few = 6 // where it pays to compile the set
		for n < len(src) && n < few && m.matchSet(src[n], p, ep-1) {
			n++
		}
		if n == few {
			m.compileSet(p, ep-1)
			for n < len(src) && m.set.has(src[n]) {
				n++
			}
		}
	}
	return n
}

// match matches the pattern from p on at s; it returns the end of the match or
// -1.
func (m *matchState) match(s, p int) int {
	if m.depth == 0 {
		m.L.Errorf("pattern too complex")
	}
	m.depth--
	m.charge(2)
	for p < len(m.pat) {
		switch m.pat[p] {
		case '(', ')', '$', escape:
			if end, next := m.special(s, p); next != notSpecial {
				if s = end; s < 0 || next == finished {
					goto done
				}
				p = next
				continue
			}
		}
		// A class and its suffix. Where an optional class does not match, C goes
		// on without recursion, which counts for maxMatchDepth.
		ep := m.classEnd(p)
		switch suffix := m.at(ep); suffix {
		case '?':
			if m.single(s, p, ep) {
				if end := m.match(s+1, ep+1); end >= 0 {
					s = end
					goto done
				}
			}
			p = ep + 1
		case '*', '+':
			n := m.run(s, p, ep)
			if n > 0 || suffix == '+' {
				least := s
				if suffix == '+' {
					least++
				}
				m.charge(n)
				s = m.longest(s+n, least, ep+1)
				goto done
			}
			p = ep + 1
		case '-':
			if m.single(s, p, ep) {
				s = m.shortest(s, p, ep)
				goto done
			}
			p = ep + 1
		default:
			if !m.single(s, p, ep) {
				s = -1
				goto done
			}
			s++
			p = ep
		}
	}
done:
	m.depth++
	return s
}

// What special says instead of an index in the pattern.
const (
	notSpecial = 0  // there is a class at p
	finished   = -1 // the rest of the pattern is matched, too
)

// special matches an item at p that is no class: a parenthesis, the final '$',
// %b, %f or a back reference. It returns where the match ends (-1 if there is
// none) and where the pattern goes on.
func (m *matchState) special(s, p int) (end, next int) {
	switch m.pat[p] {
	case '(':
		if m.at(p+1) == ')' {
			return m.openCapture(s, p+2, capPosition), finished
		}
		return m.openCapture(s, p+1, capUnfinished), finished
	case ')':
		return m.closeCapture(s, p+1), finished
	case '$':
		if p+1 != len(m.pat) {
			return 0, notSpecial
		}
		if s != len(m.src) {
			s = -1
		}
		return s, finished
	}
	switch c := m.at(p + 1); {
	case c == 'b':
		return m.balance(s, p+2), p + 4
	case c == 'f':
		return m.frontier(s, p+2)
	case '0' <= c && c <= '9':
		return m.backReference(s, c), p + 2
	}
	return 0, notSpecial
}

// frontier matches %f, whose set is at p.
func (m *matchState) frontier(s, p int) (end, next int) {
	if m.at(p) != '[' {
		m.L.Errorf("missing '[' after '%%f' in pattern")
	}
	next = m.classEnd(p)
	var previous, current byte // zero outside the subject
	if s > 0 {
		previous = m.src[s-1]
	}
	if s < len(m.src) {
		current = m.src[s]
	}
	if m.matchSet(previous, p, next-1) || !m.matchSet(current, p, next-1) {
		s = -1
	}
	return s, next
}

// balance matches %b, whose two delimiters are at p.
func (m *matchState) balance(s, p int) int {
	if p >= len(m.pat)-1 {
		m.L.Errorf("malformed pattern (missing arguments to '%%b')")
	}
	if s >= len(m.src) || m.src[s] != m.pat[p] {
		return -1
	}
	open, shut := m.pat[p], m.pat[p+1]
	level := 1
	for s++; s < len(m.src); s++ {
		switch m.src[s] {
		case shut:
			if level--; level == 0 {
				return s + 1
			}
		case open:
			level++
		}
	}
	return -1
}

// longest matches the pattern from p on as late as possible between least and s.
func (m *matchState) longest(s, least, p int) int {
	if p == len(m.pat) && s >= least && m.depth > 0 {
		return s // the usual case, without a call
	}
	next, known := m.literal(p)
	for ; s >= least; s-- {
		if known && m.depth > 0 && (s == len(m.src) || m.src[s] != next) {
			continue
		}
		if end := m.match(s, p); end >= 0 {
			return end
		}
	}
	return -1
}

// shortest matches the rest of the pattern as early as possible from s on, over
// bytes of the class from p to ep.
func (m *matchState) shortest(s, p, ep int) int {
	next, known := m.literal(ep + 1)
	for {
		m.charge(1)
		if !known || m.depth == 0 || s < len(m.src) && m.src[s] == next {
			if end := m.match(s, ep+1); end >= 0 {
				return end
			}
		}
		if !m.single(s, p, ep) {
			return -1
		}
		s++
	}
}

// openCapture begins a capture at s and matches the rest of the pattern.
func (m *matchState) openCapture(s, p int, what int32) int {
	if m.level >= maxCaptures {
		m.L.Errorf("too many captures")
	}
	m.caps[m.level] = capture{int32(s), what}
	m.level++
	end := m.match(s, p)
	if end < 0 {
		m.level--
	}
	return end
}

// closeCapture ends the innermost open capture at s and matches the rest.
func (m *matchState) closeCapture(s, p int) int {
	i := m.level - 1
	for i >= 0 && m.caps[i].length != capUnfinished {
		i--
	}
	if i < 0 {
		m.L.Errorf("invalid pattern capture")
	}
	m.caps[i].length = int32(s) - m.caps[i].start
	end := m.match(s, p)
	if end < 0 {
		m.caps[i].length = capUnfinished
	}
	return end
}

// backReference matches what the capture with the given digit has.
func (m *matchState) backReference(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.caps[i].length == capUnfinished {
		m.L.Errorf("invalid capture index %%%d", i+1)
	}
	c := m.caps[i]
	// A position capture compares as a string that is longer than any other.
	if c.length < 0 || len(m.src)-s < int(c.length) {
		return -1
	}
	end := s + int(c.length)
	if !bytes.Equal(m.src[c.start:c.start+c.length], m.src[s:end]) {
		return -1
	}
	return end
}

// pushCapture pushes capture i, or the whole match from s to end if there is no
// capture and i is 0.
func (m *matchState) pushCapture(i, s, end int) {
	if i >= m.level {
		if i != 0 {
			m.L.Errorf("invalid capture index %%%d", i+1)
		}
		m.L.PushBytes(m.src[s:end])
		return
	}
	switch c := m.caps[i]; c.length {
	case capUnfinished:
		m.L.Errorf("unfinished capture")
	case capPosition:
		m.L.PushInteger(int64(c.start) + 1)
	default:
		m.L.PushBytes(m.src[c.start : c.start+c.length])
	}
}

// pushCaptures pushes all captures, or the whole match if whole is set and there
// are none, and returns their number.
func (m *matchState) pushCaptures(s, end int, whole bool) int {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	m.L.CheckStackMsg(n, "too many captures")
	for i := range n {
		m.pushCapture(i, s, end)
	}
	return n
}

// literal is the byte that every match of the pattern from p on begins with, if
// the pattern shows it: places without it need no attempt. Captures that are open
// may end in front of it.
func (m *matchState) literal(p int) (c byte, ok bool) {
	if m.at(p) == ')' && m.depth > maxCaptures+1 { // else the attempt may be too complex
		for open := m.unfinished(); open > 0 && m.at(p) == ')'; open-- {
			p++
		}
	}
	next := p + 1
	switch c = m.at(p); c {
	case '(', ')', '$', '.', '[':
		return 0, false
	case escape:
		c = m.at(next)
		next++
		if charClass[c]&classPunct == 0 {
			return 0, false
		}
	}
	switch m.at(next) {
	case '?', '*', '-':
		return 0, false
	}
	return c, p < len(m.pat)
}

// unfinished is the number of captures that were begun and did not end.
func (m *matchState) unfinished() (n int) {
	for _, c := range m.caps[:m.level] {
		if c.length == capUnfinished {
			n++
		}
	}
	return n
}

// firstBytes makes set the bytes that a match can begin with. It tells false if a
// match may be empty or the pattern does not show it. There was an attempt to match
// before, which complained if the pattern's first item was malformed.
func (m *matchState) firstBytes() bool {
	p := 0
	for opened := 0; m.at(p) == '('; opened++ {
		if p++; m.at(p) == ')' {
			p++
		}
		if opened == maxCaptures {
			return false
		}
	}
	if p >= len(m.pat) {
		return false
	}
	m.set, m.setAt = byteSet{}, 0
	end := p + 1
	switch c := m.pat[p]; c {
	case ')', '$', '.':
		return false
	case escape:
		end++
		switch c := m.at(p + 1); {
		case p+1 >= len(m.pat), c == 'b', c == 'f', '0' <= c && c <= '9':
			return false
		default:
			m.set.addClass(c)
		}
	case '[':
		end = m.setEnd(p + 1)
		m.compileSet(p, end-1)
	default:
		m.set.add(c)
	}
	switch m.at(end) {
	case '?', '*', '-':
		return false
	}
	return true
}

// find looks for the first match from s on that does not end at last, at s only
// if the pattern is anchored. It returns start -1 if there is none.
func (m *matchState) find(s, last int, anchored bool) (start, end int) {
	const few = 4 // attempts in vain, after which it pays to know the first bytes
	m.level = 0
	first, known := m.literal(0)
	inSet := false
	for tried := 0; s <= len(m.src); s++ {
		switch {
		case anchored:
		case known:
			i := bytes.IndexByte(m.src[s:], first)
			if i < 0 {
				return -1, -1
			}
			s += i
		case inSet:
			from := s
			for s < len(m.src) && !m.first.has(m.src[s]) {
				s++
			}
			if m.charge(2 * (s - from)); s == len(m.src) {
				return -1, -1
			}
		}
		m.level = 0
		if end = m.match(s, 0); end >= 0 && end != last {
			return s, end
		}
		if anchored {
			break
		}
		if tried++; tried == few && m.firstBytes() {
			inSet, m.first = true, m.set
		}
	}
	return -1, -1
}

// hasSpecials tells whether a pattern is more than plain text.
func hasSpecials(pat []byte) bool {
	for _, c := range pat {
		if charClass[c]&classMagic != 0 {
			return true
		}
	}
	return false
}
