package prompt

import "strings"

// search is a search in the history, from its end.
type search struct {
	text   []rune
	at     int // the line that is shown, len of the history for none
	failed bool
	before line // what was typed before
}

func (s *search) title() string {
	if s.failed {
		return "(no line has) " + string(s.text) + ": "
	}
	return "(search) " + string(s.text) + ": "
}

func (e *Editor) startSearch() {
	e.search = &search{at: e.past.len(), before: e.line}
	e.line = line{}
}

// endSearch leaves the search, with the line that was found or the one before.
func (e *Editor) endSearch(keep bool) {
	s := e.search
	if s == nil {
		return
	}
	if !keep || s.at == e.past.len() {
		e.line = s.before
	}
	e.search = nil
	e.past.leave()
}

// searchKey takes a key in the midst of a search. One that is none of the search ends it, and
// then means what it always does: that is false.
func (e *Editor) searchKey(k key) bool {
	s := e.search
	switch {
	case k == ctrl('r'):
		e.find(s.at - 1)
	case k >= ' ' && k != keyBackspace:
		s.text = append(s.text, rune(k))
		e.find(min(s.at, e.past.len()-1))
	case k == keyBackspace || k == ctrl('h'):
		if len(s.text) > 0 {
			s.text = s.text[:len(s.text)-1]
			e.find(e.past.len() - 1)
		}
	case k == ctrl('c') || k == ctrl('g') || k == ctrl('d') && s.at == e.past.len():
		e.endSearch(false)
	default:
		e.endSearch(true)
		return false
	}
	return true
}

// find shows the last line that has the text, at a place or before it.
func (e *Editor) find(from int) {
	s := e.search
	if s.failed = len(s.text) > 0; !s.failed {
		s.at, e.line = e.past.len(), line{}
		return
	}
	for i := from; i >= 0; i-- {
		text := e.past.at(i)
		if at := strings.Index(text, string(s.text)); at >= 0 {
			s.at, s.failed = i, false
			e.line = newLine(text)
			e.line.at = len([]rune(text[:at]))
			e.line.settle()
			return
		}
	}
}
