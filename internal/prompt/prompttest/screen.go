// Package prompttest is a terminal for tests: what a person would see.
package prompttest

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Screen is a terminal with rows of cells. It knows what package prompt sends: printing with
// delayed wrapping, CR, LF, BS, TAB, and the sequences CUU to CHA, CUP, ED, EL, SGR and DECSET,
// whose effect but for bracketed paste it leaves out. Width gives a character's columns.
type Screen struct {
	Width, Height int
	RuneWidth     func(r rune) int
	cells         [][]string // "" behind a wide character
	above         []string   // rows that have scrolled out
	row, col      int        // col is Width if the next character wraps
	held          []byte
	Paste         bool     // bracketed paste is on
	Unknown       []string // sequences that it does not know
}

// New returns an empty terminal.
func New(width, height int, runeWidth func(r rune) int) *Screen {
	s := &Screen{Width: width, Height: height, RuneWidth: runeWidth}
	for range height {
		s.cells = append(s.cells, s.blank())
	}
	return s
}

func (s *Screen) blank() []string {
	row := make([]string, s.Width)
	for i := range row {
		row[i] = " "
	}
	return row
}

// Resize changes the size as terminals do that do not break rows anew.
func (s *Screen) Resize(width, height int) {
	old := *s
	*s = *New(width, height, s.RuneWidth)
	s.above, s.Paste, s.Unknown, s.held = old.above, old.Paste, old.Unknown, old.held
	first := max(old.row-height+1, 0)
	for i, row := range old.cells[first:min(first+height, old.Height)] {
		copy(s.cells[i], row[:min(width, old.Width)])
	}
	s.row, s.col = old.row-first, min(old.col, width-1)
}

// Write implements io.Writer.
func (s *Screen) Write(p []byte) (int, error) {
	b := append(s.held, p...)
	for len(b) > 0 {
		n := s.take(b)
		if n == 0 {
			break
		}
		b = b[n:]
	}
	s.held = append([]byte(nil), b...)
	return len(p), nil
}

func (s *Screen) take(b []byte) int {
	if b[0] == 0x1B {
		if len(b) < 3 {
			return 0
		}
		for i, c := range b[2:] {
			if c >= 0x40 {
				s.sequence(string(b[2:2+i]), c)
				return i + 3
			}
		}
		return 0
	}
	if !utf8.FullRune(b) {
		return 0
	}
	r, n := utf8.DecodeRune(b)
	s.char(r)
	return n
}

func (s *Screen) char(r rune) {
	within := min(s.col, s.Width-1)
	switch r {
	case '\r':
		s.col = 0
		return
	case '\n':
		s.col = within
		s.down()
		return
	case '\b':
		s.col = max(within-1, 0)
		return
	case '\t':
		if s.col < s.Width {
			s.col = min((s.col/8+1)*8, s.Width-1)
		}
		return
	case '\a':
		return
	}
	w := s.RuneWidth(r)
	if w == 0 {
		for at := s.col - 1; at >= 0; at-- {
			if s.cells[s.row][at] != "" {
				s.cells[s.row][at] += string(r)
				return
			}
		}
		return
	}
	if s.col+w > s.Width {
		s.col = 0
		s.down()
	}
	s.cut(s.col)
	s.cut(s.col + w)
	s.cells[s.row][s.col] = string(r)
	if w == 2 {
		s.cells[s.row][s.col+1] = ""
	}
	s.col += w
}

// cut lets no wide character lie across a column.
func (s *Screen) cut(col int) {
	if row := s.cells[s.row]; col > 0 && col < s.Width && row[col] == "" {
		row[col-1], row[col] = " ", " "
	}
}

func (s *Screen) down() {
	if s.row++; s.row == s.Height {
		s.row--
		s.above = append(s.above, text(s.cells[0]))
		s.cells = append(s.cells[1:], s.blank())
	}
}

func (s *Screen) sequence(parameters string, final byte) {
	first, second, _ := strings.Cut(parameters, ";")
	n, _ := strconv.Atoi(first)
	count := max(n, 1)
	within := min(s.col, s.Width-1)
	switch final {
	case 'A':
		s.row, s.col = max(s.row-count, 0), within
	case 'B':
		s.row, s.col = min(s.row+count, s.Height-1), within
	case 'C':
		s.col = min(within+count, s.Width-1)
	case 'D':
		s.col = max(within-count, 0)
	case 'G':
		s.col = min(count, s.Width) - 1
	case 'H':
		m, _ := strconv.Atoi(second)
		s.row, s.col = min(count, s.Height)-1, min(max(m, 1), s.Width)-1
	case 'K':
		s.cut(within)
		for i := within; i < s.Width; i++ {
			s.cells[s.row][i] = " "
		}
	case 'J':
		from := s.row + 1
		if n == 2 {
			from = 0
		} else {
			s.sequence("", 'K')
		}
		for i := from; i < s.Height; i++ {
			s.cells[i] = s.blank()
		}
	case 'm':
	case 'h', 'l':
		if parameters == "?2004" {
			s.Paste = final == 'h'
		}
	default:
		s.Unknown = append(s.Unknown, parameters+string(final))
	}
}

func text(row []string) string { return strings.TrimRight(strings.Join(row, ""), " ") }

// Rows are the rows of the screen, without blanks at their ends.
func (s *Screen) Rows() (rows []string) {
	for _, row := range s.cells {
		rows = append(rows, text(row))
	}
	return rows
}

// Text is all that was shown, also what has scrolled out, without empty rows at the end.
func (s *Screen) Text() string {
	all := append(append([]string(nil), s.above...), s.Rows()...)
	return strings.TrimRight(strings.Join(all, "\n"), "\n")
}

// Cursor is where the cursor is, from 0 on; wraps tells that the next character begins a row.
func (s *Screen) Cursor() (row, col int, wraps bool) {
	return s.row, min(s.col, s.Width-1), s.col == s.Width
}

// Line is the row with the cursor, with a bar where the cursor is.
func (s *Screen) Line() string {
	row, col, _ := s.Cursor()
	cells := s.cells[row]
	return strings.TrimRight(strings.Join(cells[:col], "")+"|"+strings.Join(cells[col:], ""), " ")
}
