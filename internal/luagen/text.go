package luagen

import "strings"

// random is a generator of numbers (SplitMix64). It is not the one of Go's
// library: what a seed means must not change with a release of Go.
type random struct{ state uint64 }

func newRandom(seed uint64) random {
	r := random{seed}
	r.state = r.next() // neighbours begin far from each other
	return r
}

func (r *random) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// intN is a number from 0 to n-1.
func (r *random) intN(n int) int { return int(r.next() >> 33 % uint64(n)) }

// between is a number from lo to hi.
func (r *random) between(lo, hi int) int { return lo + r.intN(hi-lo+1) }

// chance is true in so many of a hundred cases.
func (r *random) chance(percent int) bool { return r.intN(100) < percent }

// weighted is an index into weights, each as probable as its weight says.
func (r *random) weighted(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := r.intN(sum)
	for i, w := range weights {
		if n < w {
			return i
		}
		n -= w
	}
	panic("BUG: weights without a sum")
}

func (r *random) oneOf(list ...string) string { return pick(r, list) }

func pick[T any](r *random, list []T) T { return list[r.intN(len(list))] }

// style says what stands between words: out of 1,000 places, how many have a line
// feed, something else than a blank, a wide gap of many lines. The rest has
// nothing where nothing is needed, if tight, or else a blank.
type style struct {
	tight           bool
	lines, odd, gap int
}

var styles = []style{
	{},
	{lines: 20, odd: 10},
	{lines: 100, odd: 60, gap: 1},
	{tight: true, lines: 1},
	{lines: 20, gap: 10},
}

// text collects the words of a program, with layout between them.
type text struct {
	random
	style    style
	out      []byte
	gapLines int // lines of all gaps
}

// maxGapLines bounds the lines of a program. The firmware's compiler has room for
// distances of less than 2^20 lines; longer ones are written past it.
const maxGapLines = 1 << 19

// raw adds text without layout.
func (w *text) raw(parts ...string) {
	for _, s := range parts {
		w.out = append(w.out, s...)
	}
}

// word adds a token, or some that belong together.
func (w *text) word(s string) {
	if s == "" {
		return
	}
	if n := len(w.out); n > 0 {
		w.layout(w.out[n-1], s)
	}
	w.raw(s)
}

// line ends a statement.
func (w *text) line() {
	if !w.style.tight || w.chance(2) {
		w.raw("\n")
	} else {
		w.raw(" ")
	}
}

const (
	closers = "),;}]"
	openers = "({"
)

// layout adds what stands between the last byte and the next word.
func (w *text) layout(last byte, next string) {
	first := next[0]
	// Only these never make another token together with their neighbour.
	free := strings.IndexByte(openers+closers, last) >= 0 || strings.IndexByte(openers+closers[:3], first) >= 0
	suffix := first == '(' || first == '[' || len(next) > 1 && (first == '.' || first == ':') && isName(next[1])
	switch n := w.intN(1000); {
	case n < w.style.gap:
		w.gap()
	case n < w.style.gap+w.style.odd:
		w.odd()
	case n < w.style.gap+w.style.odd+w.style.lines:
		w.raw("\n")
	case last == '\n' || last == ' ':
	case free && w.style.tight:
	case strings.IndexByte(openers, last) >= 0 || strings.IndexByte(closers[:3], first) >= 0:
	case suffix && (isName(last) || last == ')' || last == ']'):
	default:
		w.raw(" ")
	}
}

func isName(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// odd adds a separator that people rarely write. They all begin with a blank or
// the end of a line: a minus may stand in front.
func (w *text) odd() {
	w.raw(w.oneOf(
		"  ", "\t", " \f", "\v ", "\r", "\r\n", "\n\r", "\n\n", " \t\r\n\t ",
		" --\n", " -- a comment\n", " --[ short\n", " --[==\r\n", " ---[[ short, too\n", " --]]\n",
		" --[[ long ]]", " --[[\n of lines\r\n]]\n", " --[==[ ]] ]=] --[[ ]==]", " --[[]]", "\n--[=[\n]=]",
		" -- \x00\xff\xc3\xa4\n",
	))
}

// gap adds many lines: line information has several forms for distances.
func (w *text) gap() {
	n := w.between(60, 140)
	switch w.intN(12) {
	case 0, 1:
		n = w.between(1000, 9000) // two bytes
	case 2:
		n = w.between(8100, 17000) // around the limit of two
	}
	if w.gapLines += n; w.gapLines > maxGapLines {
		n = 1
	}
	if w.chance(30) {
		w.raw(" --[[", strings.Repeat("\n", n), "]]\n")
	} else {
		w.raw(strings.Repeat("\n", n))
	}
}

// fill adds a template: words between blanks or tabs, ends of lines, strings in quotes,
// and holes, a "$" with a letter, which hole fills.
func (w *text) fill(template string, hole func(c byte)) {
	for template != "" {
		n := wordLength(template)
		if n > 0 {
			w.word(template[:n])
		}
		if template = template[n:]; template == "" {
			return
		}
		skip := 1
		switch template[0] {
		case '\n':
			w.line()
		case '$':
			hole(template[1])
			skip = 2
		}
		template = template[skip:]
	}
}

// wordLength is the length of the word that a template begins with. It may have
// blanks inside of strings.
func wordLength(template string) int {
	quote := byte(0)
	for i := 0; i < len(template); i++ {
		switch c := template[i]; {
		case c == '\\' && quote != 0:
			i++
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '\'' || c == '"':
			quote = c
		case c == ' ' || c == '\t' || c == '\n' || c == '$':
			return i
		}
	}
	return len(template)
}
