package prompt

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// output follows what the module has drawn on the terminal: where its next character goes, and
// in which colours.
type output struct {
	col   int    // 0 to the width: there, the next character begins a new row
	right int    // how far this row is used, as far as that is known
	saved int    // by ESC [ s
	sgr   []byte // sequences since the colours were the terminal's own
	last  []byte // the last character that moved the cursor, with its colours and marks
	lastW int    // its columns
}

// sgrMax is how many bytes of colours are remembered.
const sgrMax = 256

// lastMax is how many bytes a character with its colours and marks may have.
const lastMax = 512

// follow takes what goes to the terminal, in whole characters and sequences, as a Screen
// writes it.
func (o *output) follow(p []byte, width int) {
	for len(p) > 0 {
		if n, final := sequence(p); n > 0 {
			o.sequence(p[:n], final, width)
			p = p[n:]
			continue
		}
		r, n := utf8.DecodeRune(p)
		o.char(r, p[:n], width)
		p = p[n:]
	}
}

func (o *output) char(r rune, text []byte, width int) {
	within := min(o.col, width-1)
	switch r {
	case '\r':
		o.col = 0
		return
	case '\n':
		o.col, o.right = within, 0
		return
	case '\b':
		o.col = max(within-1, 0)
		return
	case '\t':
		if o.col < width {
			o.col = min((o.col/tabStop+1)*tabStop, width-1)
		}
		return
	case '\a':
		return
	}
	w := runeWidth(r)
	if w == 0 {
		if len(o.last) < lastMax {
			o.last = append(o.last, text...)
		}
		return
	}
	if o.col+w > width {
		o.col, o.right = 0, 0
	}
	o.col += w
	o.right = max(o.right, o.col)
	o.last, o.lastW = append(append(o.last[:0], o.sgr...), text...), w
}

// fresh tells whether the cursor is in a row that is not used.
func (o *output) fresh() bool { return o.col == 0 && o.right == 0 }

// sequence follows one of the sequences that a Screen lets through.
func (o *output) sequence(p []byte, final byte, width int) {
	first, second, _ := bytes.Cut(p[2:len(p)-1], []byte{';'})
	number := func(b []byte) int {
		n, err := strconv.Atoi(string(b))
		if err != nil || n < 1 {
			return 1
		}
		return n
	}
	within := min(o.col, width-1)
	switch final {
	case 'm':
		o.colour(p)
	case 'A', 'B', 'd':
		o.col, o.right = within, 0
	case 'C':
		o.col = min(within+min(number(first), width), width-1)
	case 'D':
		o.col = max(within-min(number(first), width), 0)
	case 'E', 'F':
		o.col, o.right = 0, 0
	case 'K':
		if len(first) == 0 || first[0] == '0' {
			o.right = min(o.right, within)
		}
		if o.col == width { // it takes the last character away
			o.last, o.lastW = append(o.last[:0], ' '), 1
		}
	case 'G':
		o.col = min(number(first), width) - 1
	case 'H', 'f':
		o.col, o.right = min(number(second), width)-1, 0
	case 's':
		o.saved = within
	case 'u':
		o.col, o.right = min(o.saved, width-1), 0
	}
}

// colour follows a sequence of colours.
func (o *output) colour(p []byte) {
	switch body := string(p[2 : len(p)-1]); {
	case body == "" || body == "0":
		o.sgr = o.sgr[:0]
	default:
		if len(o.sgr)+len(p) > sgrMax {
			o.sgr = o.sgr[:0] // who changes colours so often will do so again
		}
		o.sgr = append(o.sgr, p...)
	}
}
