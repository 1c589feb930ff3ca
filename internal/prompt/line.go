package prompt

import (
	"slices"
	"unicode"
)

// line is a line that is being edited. The cursor never stands within a character and the
// marks that are drawn over it.
type line struct {
	text []rune
	at   int // the cursor stands before text[at]
}

func newLine(s string) line {
	text := []rune(s)
	return line{text, len(text)}
}

func (l *line) insert(r ...rune) {
	l.text = slices.Insert(l.text, l.at, r...)
	l.at += len(r)
}

// cut takes away what is between two positions.
func (l *line) cut(from, to int) (gone []rune) {
	gone = slices.Clone(l.text[from:to])
	l.text = slices.Delete(l.text, from, to)
	switch {
	case l.at > to:
		l.at -= to - from
	case l.at > from:
		l.at = from
	}
	l.settle()
	return gone
}

// settle moves the cursor in front of the marks that it came to stand within.
func (l *line) settle() {
	for l.at > 0 && l.at < len(l.text) && runeWidth(l.text[l.at]) == 0 {
		l.at--
	}
}

// before is the position of the character before the cursor, behind that of the one at it.
func (l *line) before() int {
	at := max(l.at-1, 0)
	for at > 0 && runeWidth(l.text[at]) == 0 {
		at--
	}
	return at
}

func (l *line) behind() int {
	at := min(l.at+1, len(l.text))
	for at < len(l.text) && runeWidth(l.text[at]) == 0 {
		at++
	}
	return at
}

func inWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || runeWidth(r) == 0
}

// wordStart is where the word at the cursor, or the one before it, begins; wordEnd where the
// one at the cursor, or the next, ends.
func (l *line) wordStart() int { return l.back(func(r rune) bool { return !inWord(r) }, inWord) }

func (l *line) wordEnd() int {
	at := l.at
	for at < len(l.text) && !inWord(l.text[at]) {
		at++
	}
	for at < len(l.text) && inWord(l.text[at]) {
		at++
	}
	return at
}

// blankStart is wordStart for words between blanks.
func (l *line) blankStart() int {
	return l.back(unicode.IsSpace, func(r rune) bool { return !unicode.IsSpace(r) })
}

// back goes back over characters of one kind, then over those of another.
func (l *line) back(first, then func(r rune) bool) int {
	at := l.at
	for at > 0 && first(l.text[at-1]) {
		at--
	}
	for at > 0 && then(l.text[at-1]) {
		at--
	}
	return at
}
