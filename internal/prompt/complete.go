package prompt

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Word is a word that is to be completed.
type Word struct {
	// Path are the names before it, as "wifi" and "sta" in "wifi.sta.c".
	Path []string
	// Method tells that a colon is before it.
	Method bool
	// InString tells that it is within a string, where it may be the name of a file.
	InString bool
	// Text is its beginning.
	Text string
}

// Candidate is what a word may become.
type Candidate struct {
	Name string
	Kind string // its type, for the eye
}

// keywords are those of Lua.
var keywords = strings.Fields("and break do else elseif end false for function goto if in local nil not or repeat return then true until while")

// wordAt finds what is to be completed before the cursor; false if there is nothing.
func (l *line) wordAt() (w Word, ok bool) {
	before := string(l.text[:l.at])
	if text, in := stringAt(before); in {
		return Word{InString: true, Text: text}, true
	}
	at := identStart(before)
	w.Text = before[at:]
	for at > 0 {
		mark := before[at-1]
		if mark != '.' && mark != ':' || mark == '.' && strings.HasSuffix(before[:at], "..") {
			break
		}
		if mark == ':' && len(w.Path) == 0 {
			w.Method = true
		}
		from := identStart(before[:at-1])
		if from == at-1 { // nothing with a name
			return w, false
		}
		w.Path = append([]string{before[from : at-1]}, w.Path...)
		at = from
	}
	first := w.Text
	if len(w.Path) > 0 {
		first = w.Path[0]
	}
	return w, first == "" || first[0] < '0' || first[0] > '9'
}

// identStart is where the name at the end of text begins.
func identStart(text string) int {
	return len(text) - len(text[strings.LastIndexFunc(text, func(r rune) bool {
		return r != '_' && (r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	})+1:])
}

// stringAt tells whether text ends in a string or a comment, and what of it is there.
func stringAt(text string) (s string, in bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\'':
			from := i + 1
			for i++; i < len(text) && text[i] != c; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if i >= len(text) {
				return text[from:], true
			}
		case strings.HasPrefix(text[i:], "[["):
			end := strings.Index(text[i:], "]]")
			if end < 0 {
				return text[i+2:], true
			}
			i += end + 1
		case strings.HasPrefix(text[i:], "--"):
			return "", false
		}
	}
	return "", false
}

// complete is Tab.
func (e *Editor) complete() {
	w, ok := e.line.wordAt()
	if !ok {
		return
	}
	var all []Candidate
	e.apart(func() { all = e.config.Complete(w) })
	if !w.InString && len(w.Path) == 0 && w.Text != "" {
		for _, k := range keywords {
			all = append(all, Candidate{k, "keyword"})
		}
	}
	var fit []Candidate
	for _, c := range all {
		switch {
		case !strings.HasPrefix(c.Name, w.Text), !plainName(c.Name):
		case !w.InString && identStart(c.Name) > 0: // a key that is no name
		case w.Method && c.Kind != "function":
		case strings.HasPrefix(c.Name, "__") && !strings.HasPrefix(w.Text, "_"):
		default:
			fit = append(fit, c)
		}
	}
	slices.SortFunc(fit, func(x, y Candidate) int { return strings.Compare(x.Name, y.Name) })
	fit = slices.CompactFunc(fit, func(x, y Candidate) bool { return x.Name == y.Name })
	if len(fit) == 0 {
		return
	}
	more := commonStart(fit)[len(w.Text):]
	if len(fit) == 1 && w.InString {
		more += e.closing()
	}
	if more == "" && len(fit) > 1 {
		e.list(fit)
	}
	e.line.insert([]rune(more)...)
}

// plainName tells whether a name can be typed as it is.
func plainName(name string) bool {
	return utf8.ValidString(name) && strings.IndexFunc(name, func(r rune) bool {
		return unicode.IsControl(r) || r == '"' || r == '\'' || r == '\\'
	}) < 0
}

// closing is what ends the string at the cursor, "" if something is behind it already.
func (e *Editor) closing() string {
	if e.line.at < len(e.line.text) {
		return ""
	}
	text := string(e.line.text)
	in, _ := stringAt(text)
	switch open := text[:len(text)-len(in)]; {
	case strings.HasSuffix(open, "[["):
		return "]]"
	default:
		return open[len(open)-1:]
	}
}

func commonStart(list []Candidate) string {
	start := list[0].Name
	for _, c := range list[1:] {
		for !strings.HasPrefix(c.Name, start) {
			_, n := utf8.DecodeLastRuneInString(start)
			start = start[:len(start)-n]
		}
	}
	return start
}

// list shows candidates in columns, above the line.
func (e *Editor) list(all []Candidate) {
	wide := 0
	for _, c := range all {
		wide = max(wide, textWidth(c.Name))
	}
	wide += 2
	columns := max((e.width-1)/wide, 1)
	rows := (len(all) + columns - 1) / columns
	var b strings.Builder
	for r := range rows {
		for i := r; i < len(all); i += rows {
			c := all[i]
			name := c.Name
			if c.Kind == "table" && e.config.Color {
				name = "\x1b[34m" + name + styleReset
			}
			b.WriteString(name)
			if i+rows < len(all) {
				b.WriteString(strings.Repeat(" ", wide-textWidth(c.Name)))
			}
		}
		b.WriteString("\n")
	}
	e.note(b.String(), styleNone)
}

func textWidth(s string) (n int) {
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}
