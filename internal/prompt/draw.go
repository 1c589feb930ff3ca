package prompt

import (
	"bytes"
	"fmt"
)

// erase takes the area from the terminal, and leaves the cursor and the colours as the
// module's output left them.
func (e *Editor) erase() {
	a := &e.area
	if len(a.rows) == 0 {
		return
	}
	if len(e.out.sgr) > 0 {
		e.raw(styleReset)
	}
	if down := len(a.rows) - 1 - a.row; down > 0 {
		e.raw(fmt.Sprintf("\x1b[%dB", down))
	}
	for range len(a.rows) - 1 {
		e.raw("\r\x1b[K\x1b[A")
	}
	switch width := e.width; {
	case e.out.col < width:
		e.raw(fmt.Sprintf("\x1b[%dG", e.out.col+1))
		if a.inLine {
			e.raw("\x1b[K")
		}
	case len(a.rows) > 1 && e.out.lastW > 0: // the next character is to wrap
		e.raw(fmt.Sprintf("\x1b[%dG", width-e.out.lastW+1))
		e.buf = append(e.buf, e.out.last...)
		e.raw(styleReset)
	}
	e.buf = append(e.buf, e.out.sgr...)
	*a = area{}
}

// draw draws the area behind the module's output.
func (e *Editor) draw() {
	a := e.arrange()
	if len(a.rows) == 0 {
		return
	}
	if len(e.out.sgr) > 0 {
		e.raw(styleReset)
	}
	for i, r := range a.rows {
		if i > 0 {
			e.raw("\r\n")
		}
		e.raw(r.text)
		if i > 0 && r.width < e.width {
			e.raw("\x1b[K")
		}
	}
	if up := len(a.rows) - 1 - a.row; up > 0 {
		e.raw(fmt.Sprintf("\x1b[%dA", up))
	}
	e.raw(fmt.Sprintf("\x1b[%dG", a.col+1))
	e.area = a
}

// arrange lays the area out. It has no rows if there is nothing to draw.
func (e *Editor) arrange() (a area) {
	if e.away || e.closed || e.prompt == "" && len(e.pending) == 0 && len(e.line.text) == 0 && e.search == nil {
		return a
	}
	l := layout{width: e.width, col: e.out.col}
	if o := &e.out; o.col == e.width || o.col < o.right || !o.fresh() && e.prompt != "" && !e.joined {
		l.newRow()
	}
	if e.search == nil {
		l.set(e.style(styleBold))
		l.putText([]byte(e.prompt))
		l.set(e.style(styleFaint))
		l.putText(e.shownPending())
	} else {
		l.set(e.style(styleBold))
		l.putLine([]rune(e.search.title()), 0)
	}
	l.set(styleNone)
	l.putLine(e.line.text, e.line.at)
	l.finish()
	a = area{rows: l.rows, row: l.cursor[0], col: l.cursor[1]}
	a.clip(e.height)
	a.inLine = a.rows[0].text != ""
	return a
}

// pendingShown is how many bytes of entered lines are shown at most: of more, which somebody
// has pasted, it is only told how many lines they are. They are drawn anew with each byte that
// the module takes.
const pendingShown = 512

// shownPending is what is shown of the lines that were entered and not taken.
func (e *Editor) shownPending() []byte {
	if len(e.pending) > pendingShown {
		rest, _, _ := bytes.Cut(e.pending[:pendingShown], []byte{'\n'})
		return fmt.Appendf(valid(rest), "\n(%d lines wait)\n", e.pendingLines-1)
	}
	return valid(e.pending)
}

// valid leaves out the rest of a character at the beginning.
func valid(p []byte) []byte {
	for len(p) > 0 && p[0]&0xC0 == 0x80 { // the rest of a character
		p = p[1:]
	}
	return p[:len(p):len(p)]
}

func (e *Editor) style(s string) string {
	if e.config.Color {
		return s
	}
	return styleNone
}

func (e *Editor) raw(s string) { e.buf = append(e.buf, s...) }

// Resize tells the size of the terminal, in columns and rows, if it is another one now. A
// terminal that became narrower has broken the rows of the area into more; most terminals do
// so, and of those that do not some output above is erased.
func (e *Editor) Resize(width, height int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	width, height = max(width, minWidth), max(height, minHeight)
	if width == e.width && height == e.height {
		return
	}
	up := 0
	for _, r := range e.area.rows[:min(e.area.row, len(e.area.rows))] {
		up += max((r.width+width-1)/width, 1)
	}
	up += e.area.col / width
	start := e.out.col / width // row in which the area begins, of those of the output's last one
	if e.out.col%width == 0 && e.out.col > 0 {
		start--
	}
	drawn := len(e.area.rows) > 0
	e.area = area{}
	e.out.col -= start * width
	e.out.saved = min(e.out.saved, width-1)
	e.width, e.height = width, height
	if !drawn {
		return
	}
	e.raw(styleReset)
	if up -= start; up > 0 {
		e.raw(fmt.Sprintf("\x1b[%dA", min(up, height)))
	}
	e.raw(fmt.Sprintf("\x1b[%dG\x1b[J", e.out.col+1))
	e.buf = append(e.buf, e.out.sgr...)
	e.end()
}
