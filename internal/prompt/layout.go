package prompt

import (
	"strings"
	"unicode/utf8"
)

// area is what stands on the terminal behind the module's output: prompt, lines that were
// entered, and the line that is edited. Its rows end where it breaks them, never by the
// terminal's own wrapping.
type area struct {
	rows   []row // the first one begins where the output ends; none if nothing is drawn
	row    int   // where the cursor is
	col    int
	inLine bool // the first row has text of its own
}

// row is a row of the terminal.
type row struct {
	text  string
	width int // columns, those of the output before it included
}

// layout breaks text into rows.
type layout struct {
	width  int
	rows   []row
	text   strings.Builder
	col    int
	style  string // in force
	base   bool   // there is a character in this row that marks can be drawn over
	cursor [2]int // row and column
}

const (
	styleNone  = ""
	styleBold  = "\x1b[1m"
	styleFaint = "\x1b[2m"
	styleReset = "\x1b[0m"
)

// newRow ends the row.
func (l *layout) newRow() {
	if l.style != styleNone {
		l.text.WriteString(styleReset)
	}
	l.rows = append(l.rows, row{l.text.String(), l.col})
	l.text.Reset()
	l.text.WriteString(l.style)
	l.col, l.base = 0, false
}

// set changes the style.
func (l *layout) set(style string) {
	if style == l.style {
		return
	}
	if l.style != styleNone {
		l.text.WriteString(styleReset)
	}
	l.text.WriteString(style)
	l.style = style
}

// room begins a new row if this one has no room for that many columns.
func (l *layout) room(columns int) {
	if l.col+columns > l.width {
		l.newRow()
	}
}

// put adds a character.
func (l *layout) put(r rune) {
	switch w := runeWidth(r); {
	case r == '\n':
		l.newRow()
	case r == '\t':
		for range tabStop - l.col%tabStop {
			l.put(' ')
		}
	case r < ' ' || r >= 0x7F && r < 0xA0:
	case w == 0 && l.base:
		l.text.WriteRune(r)
	case w == 0: // a mark with nothing below it
		l.room(1)
		l.text.WriteRune(0x25CC)
		l.text.WriteRune(r)
		l.col, l.base = l.col+1, true
	default:
		l.room(w)
		l.text.WriteRune(r)
		l.col, l.base = l.col+w, true
	}
}

const tabStop = 8

// putText adds text in which there may be sequences for colours; others are left out.
func (l *layout) putText(text []byte) {
	for len(text) > 0 {
		if n, m := sequence(text); n > 0 {
			if m == 'm' {
				l.text.Write(text[:n])
				l.style = "\x1b[m" // something that a new row does not go on with
			}
			text = text[n:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		l.put(r)
		text = text[n:]
	}
}

// sequence tells how long the sequence is that text begins with, and its last byte; 0 if it
// begins with none.
func sequence(text []byte) (n int, final byte) {
	if len(text) < 3 || text[0] != 0x1B || text[1] != '[' {
		return 0, 0
	}
	for i, c := range text[2:] {
		if c >= 0x40 && c < 0x7F {
			return i + 3, c
		}
	}
	return 0, 0
}

// putLine adds a line with its cursor.
func (l *layout) putLine(text []rune, at int) {
	for i, r := range text {
		if i == at {
			l.mark(max(runeWidth(r), 1))
		}
		l.put(r)
	}
	if at >= len(text) {
		l.mark(1)
	}
}

// mark puts the cursor where a character of that width will be.
func (l *layout) mark(width int) {
	l.room(width)
	l.cursor = [2]int{len(l.rows), l.col}
}

// finish ends the last row.
func (l *layout) finish() { l.newRow() }

// clip leaves height rows at most, those around the cursor. The first one stays: it begins
// within the output.
func (a *area) clip(height int) {
	if len(a.rows) <= height {
		return
	}
	room := height - 1
	from := max(1, min(a.row-room/2, len(a.rows)-room))
	if a.row == 0 {
		a.rows = a.rows[:height]
		return
	}
	first := a.rows[0]
	if from > 1 { // of what is left out, nothing stays
		first = row{"", first.width}
	}
	a.rows = append([]row{first}, a.rows[from:from+room]...)
	a.row -= from - 1
}
