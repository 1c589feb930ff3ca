package prompt

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// What a module prints is the guest's, and a terminal obeys it: it can set titles, fill the
// clipboard, ask questions whose answers are typed for the user, or leave colours behind.
// So of escape sequences a person's terminal gets those that only draw:
//
//	ESC [ parameters final    CSI, with these finals: A to H, J, K, S, T, d, f, m, s, u
//
// where parameters are digits, semicolons and colons, 32 bytes at most. Everything else
// that begins with ESC, other control characters but tab, backspace, bell and the ends of
// lines, and the C1 controls (U+0080 to U+009F, in UTF-8 and as bytes) are shown in words
// of printable characters instead: ^[ for ESC, \x9b for a byte. The sequences are those of
// ECMA-48; that terminals obey C1 in UTF-8, too, is xterm's documented behaviour (ctlseqs).
// --raw, and a standard output that is no terminal, get every byte as it is.

// Screen writes what a module prints to a terminal.
type Screen struct {
	w    io.Writer
	held []byte // the beginning of a sequence or of a character
	out  []byte
}

// NewScreen returns a Screen in front of a terminal, which gets whole characters and whole
// sequences only.
func NewScreen(terminal io.Writer) *Screen { return &Screen{w: terminal} }

// csiMax is how long a sequence may be, in bytes.
const csiMax = 34

// drawing are the finals of sequences that only draw.
const drawing = "ABCDEFGHJKSTdfmsu"

// Write implements io.Writer.
func (s *Screen) Write(p []byte) (int, error) {
	s.out = s.out[:0]
	b := append(s.held, p...)
	for len(b) > 0 {
		n, whole := s.take(b)
		if !whole {
			break
		}
		b = b[n:]
	}
	s.held = append([]byte(nil), b...)
	if _, err := s.w.Write(s.out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// take brings the first character or sequence of b to the terminal, and tells how long it
// is; whole is false if its end has yet to come.
func (s *Screen) take(b []byte) (n int, whole bool) {
	switch c := b[0]; {
	case c == 0x1B:
		return s.escape(b)
	case c < 0x20 && !strings.ContainsRune("\n\r\t\b\a", rune(c)), c == 0x7F:
		s.out = append(s.out, '^', c^0x40)
		return 1, true
	case c < 0x80:
		s.out = append(s.out, c)
		return 1, true
	}
	if !utf8.FullRune(b) {
		return 0, false
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n == 1 || r < 0xA0 {
		for _, c := range b[:n] {
			s.out = fmt.Appendf(s.out, "\\x%02x", c)
		}
		return n, true
	}
	s.out = append(s.out, b[:n]...)
	return n, true
}

// escape is take for what begins with ESC.
func (s *Screen) escape(b []byte) (n int, whole bool) {
	refused := func() (int, bool) {
		s.out = append(s.out, "^["...)
		return 1, true
	}
	if len(b) == 1 {
		return 0, false
	}
	if b[1] != '[' {
		return refused()
	}
	for i, c := range b[2:min(len(b), csiMax)] {
		switch {
		case c >= '0' && c <= '9', c == ';', c == ':':
		case strings.IndexByte(drawing, c) >= 0:
			n = i + 3
			s.out = append(s.out, b[:n]...)
			return n, true
		default:
			return refused()
		}
	}
	if len(b) >= csiMax {
		return refused()
	}
	return 0, false
}
