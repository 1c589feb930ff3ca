package project

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"sort"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// reader collects what is wrong, so that the user sees all of it at once.
type reader struct {
	problems []problem
	strict   bool     // also what only a module would find, see settings.check
	sources  []Source // what settings.check looks at besides
}

type problem struct {
	line int
	err  *Error
}

func (r *reader) fail(it *item, key, format string, args ...any) {
	r.problems = append(r.problems, problem{it.line, &Error{Where: it.at, Key: key, Problem: fmt.Sprintf(format, args...)}})
}

// err is all problems in the order of the file.
func (r *reader) err() error {
	sort.SliceStable(r.problems, func(i, j int) bool { return r.problems[i].line < r.problems[j].line })
	var errs []error
	for i, p := range r.problems {
		if i == tellMost {
			errs = append(errs, &Error{Problem: fmt.Sprintf("there are %d more problems", len(r.problems)-i)})
			break
		}
		errs = append(errs, p.err)
	}
	return errors.Join(errs...)
}

// section reads one table. Methods give the zero value for a key that is not
// there or is wrong.
type section struct {
	r     *reader
	path  string
	here  *item // the table itself
	items table
	known []string
}

func (r *reader) section(path string, here *item, t table) *section {
	return &section{r: r, path: path, here: here, items: t}
}

// key names a key of the section as the user would write it. For a flag the name
// of the flag says it already.
func (s *section) key(name string) string { return join(s.path, name) }

func (s *section) get(name string) *item {
	s.known = append(s.known, name)
	return s.items[name]
}

func (s *section) has(name string) bool { return s.items[name] != nil }

func (s *section) fail(name, format string, args ...any) {
	s.r.fail(s.items[name], s.key(name), format, args...)
}

// describe is v in an error message.
func describe(v any) string {
	switch x := v.(type) {
	case flagText:
		return strconv.Quote(string(x))
	case string:
		return strconv.Quote(x)
	case []*item:
		return "a list"
	case table:
		return "a table"
	}
	return fmt.Sprint(v)
}

func text(v any) (string, bool) {
	switch x := v.(type) {
	case flagText:
		return string(x), true
	case string:
		return x, true
	}
	return "", false
}

func (s *section) str(name string) string {
	it := s.get(name)
	if it == nil {
		return ""
	}
	t, ok := text(it.value)
	if !ok {
		s.fail(name, "want text in quotes, not %s", describe(it.value))
	}
	return t
}

func (s *section) boolean(name string, def bool) bool {
	it := s.get(name)
	if it == nil {
		return def
	}
	switch x := it.value.(type) {
	case bool:
		return x
	case flagText:
		if b, err := strconv.ParseBool(string(x)); err == nil {
			return b
		}
	}
	s.fail(name, "want true or false, not %s", describe(it.value))
	return def
}

func (s *section) integer(name string, least, most int64) int64 {
	it := s.get(name)
	if it == nil {
		return 0
	}
	n, ok := it.value.(int64)
	if t, isText := it.value.(flagText); isText {
		v, err := strconv.ParseInt(string(t), 0, 64)
		n, ok = v, err == nil
	}
	switch {
	case !ok:
		s.fail(name, "want a whole number, not %s", describe(it.value))
	case n < least || n > most:
		s.fail(name, "%d is not possible: choose %d to %d", n, least, most)
	default:
		return n
	}
	return 0
}

func (s *section) number(name string) float64 {
	it := s.get(name)
	if it == nil {
		return 0
	}
	n, ok := toNumber(it.value)
	if !ok {
		s.fail(name, wantNumber, describe(it.value))
		return 0
	}
	return n
}

// numberMost is the largest number, either way; sums and products of a few stay finite.
const numberMost = 1e9

const wantNumber = "want a number from -1e9 to 1e9, not %s"

func toNumber(v any) (float64, bool) {
	n, ok := 0.0, false
	switch x := v.(type) {
	case int64:
		n, ok = float64(x), true
	case float64:
		n, ok = x, true
	case flagText:
		f, err := strconv.ParseFloat(string(x), 64)
		n, ok = f, err == nil
	}
	return n, ok && math.Abs(n) <= numberMost // false for NaN
}

// numbers reads a list of numbers.
func (s *section) numbers(name string) []float64 {
	var out []float64
	for i, it := range s.list(name) {
		n, ok := toNumber(it.value)
		if !ok {
			s.r.fail(it, fmt.Sprintf("%s[%d]", s.key(name), i), wantNumber, describe(it.value))
		}
		out = append(out, n)
	}
	return out
}

// timeMost is the longest time, ten years: sums of some do not overflow.
const timeMost = 10 * 365 * 24 * time.Hour

// duration reads a time of at least least. Off, if it is allowed, gives -1.
func (s *section) duration(name string, least time.Duration, off bool) time.Duration {
	it := s.get(name)
	if it == nil {
		return 0
	}
	t, ok := text(it.value)
	if ok && off && t == "off" {
		return -1
	}
	d, err := time.ParseDuration(t)
	orOff := ""
	if off {
		orOff = `, or "off"`
	}
	switch {
	case !ok || err != nil:
		s.fail(name, "want a time with its unit, as in \"1.5s\" or \"20ms\"%s, not %s", orOff, describe(it.value))
	case d < least:
		s.fail(name, "%v is too short: choose %v or more%s", d, least, orOff)
	case d > timeMost:
		s.fail(name, "%v is too long: choose %v or less%s", d, timeMost, orOff)
	default:
		return d
	}
	return 0
}

// size reads a number of bytes above zero, 0 if it is not there.
func (s *section) size(name string) int { return s.sizeFrom(name, 1, 0) }

// sizeFrom reads a number of bytes that is least or more.
func (s *section) sizeFrom(name string, least int64, otherwise int) int {
	it := s.get(name)
	if it == nil {
		return otherwise
	}
	n, ok := it.value.(int64)
	if t, isText := text(it.value); isText {
		n, ok = ParseSize(t)
	}
	if !ok || n < least || n > math.MaxInt32 {
		s.fail(name, "want a number of bytes, as in 45056 or \"44KB\", not %s", describe(it.value))
		return otherwise
	}
	return int(n)
}

// ParseSize reads a number of bytes: "45056", "44KB", "4MB". It is false for anything else.
func ParseSize(t string) (int64, bool) {
	digits := strings.TrimRight(t, "KMiBkmb ")
	factor := 1.0
	switch strings.ToLower(strings.TrimSpace(t[len(digits):])) {
	case "", "b":
	case "k", "kb", "kib":
		factor = 1 << 10
	case "m", "mb", "mib":
		factor = 1 << 20
	default:
		return 0, false
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(math.Abs(n) < math.MaxInt32) {
		return 0, false
	}
	n *= factor
	return int64(n), n == math.Trunc(n) && math.Abs(n) <= math.MaxInt32
}

func (s *section) list(name string) []*item {
	it := s.get(name)
	if it == nil {
		return nil
	}
	switch x := it.value.(type) {
	case []*item:
		if len(x) > listMost {
			s.fail(name, "there are %d entries, %d is the most", len(x), listMost)
			return nil
		}
		return x
	case flagText:
		return []*item{it}
	}
	s.fail(name, "want a list, as in [ ... ], not %s", describe(it.value))
	return nil
}

// strings reads a list of texts and calls f with each one and its place.
func (s *section) strings(name string, f func(it *item, key, t string)) {
	for i, it := range s.list(name) {
		key := fmt.Sprintf("%s[%d]", s.key(name), i)
		t, ok := text(it.value)
		if !ok {
			s.r.fail(it, key, "want text in quotes, not %s", describe(it.value))
			continue
		}
		f(it, key, t)
	}
}

// tables calls f with each table of an array of tables.
func (s *section) tables(name string, f func(i int, t *section)) {
	for i, it := range s.list(name) {
		key := fmt.Sprintf("%s[%d]", s.key(name), i)
		t, ok := it.value.(table)
		if !ok {
			s.r.fail(it, key, "want a table, as in { ... }, not %s", describe(it.value))
			continue
		}
		sub := s.r.section(key, it, t)
		f(i, sub)
		sub.done()
	}
}

// table calls f with a table and leaves keys that f did not ask for to the
// caller.
func (s *section) table(name string, f func(t *section)) {
	it := s.get(name)
	if it == nil {
		return
	}
	t, ok := it.value.(table)
	if !ok {
		s.fail(name, "want a table, as in [%s], not %s", s.key(name), describe(it.value))
		return
	}
	f(s.r.section(s.key(name), it, t))
}

func (s *section) ip(name string) port.IP {
	t := s.str(name)
	if t == "" {
		return port.IP{}
	}
	ip, ok := parseIP(t)
	if !ok {
		s.fail(name, "%q is no IP address, as in 192.168.0.1", t)
	}
	return ip
}

// parseIP wants the usual form, not the many that lwIP takes.
func parseIP(t string) (port.IP, bool) {
	a, err := netip.ParseAddr(t)
	if err != nil || !a.Is4() {
		return port.IP{}, false
	}
	return a.As4(), true
}

// done complains about keys that nobody asked for.
func (s *section) done() {
	for _, name := range sortedNames(s.items) {
		if contains(s.known, name) {
			continue
		}
		hint := "the keys are " + strings.Join(s.known, ", ")
		if near := nearest(name, s.known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		s.fail(name, "there is no such key; %s", hint)
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// nearest is the name that differs from a wrong one by at most two letters.
func nearest(wrong string, names []string) string {
	best, distance := "", 3
	for _, n := range names {
		if d := editDistance(strings.ToLower(wrong), n); d < distance && d < len(n) {
			best, distance = n, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
