package keys

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// Reader collects what is wrong, so that the user sees all of it at once.
type Reader struct {
	problems []problem
	checks   []func() bool
}

// Limits of what is read and told.
const (
	listMost = 10000 // entries of a list
	tellMost = 50    // problems
)

type problem struct {
	line int
	err  *Error
}

// Fail notes what is wrong with an item, which the user knows as key.
func (r *Reader) Fail(it *Item, key, format string, args ...any) {
	r.problems = append(r.problems, problem{it.Line, &Error{Where: it.At, Key: key, Problem: fmt.Sprintf(format, args...)}})
}

// Check makes the checks that were left for later (Section.Later), if there is no problem
// yet, up to the first that fails.
func (r *Reader) Check() {
	for i := 0; len(r.problems) == 0 && i < len(r.checks) && r.checks[i](); i++ {
	}
}

// CheckAll makes all of those checks, whatever else is wrong.
func (r *Reader) CheckAll() {
	for _, check := range r.checks {
		check()
	}
}

// Err is all problems in the order of the file, each an *Error.
func (r *Reader) Err() error {
	slices.SortStableFunc(r.problems, func(a, b problem) int { return cmp.Compare(a.line, b.line) })
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

// Section reads one table. Methods give the zero value for a key that is not
// there or is wrong.
type Section struct {
	r     *Reader
	path  string
	here  *Item // the table itself
	items Items
	known []string
}

// Section begins to read a table, which the user knows as path.
func (r *Reader) Section(path string, here *Item, t Items) *Section {
	return &Section{r: r, path: path, here: here, items: t}
}

// Key names a key of the section as the user would write it. For a flag the name
// of the flag says it already.
func (s *Section) Key(name string) string { return Join(s.path, name) }

func (s *Section) get(name string) *Item {
	s.known = append(s.known, name)
	return s.items[name]
}

// Has tells whether there is a key, right or wrong.
func (s *Section) Has(name string) bool { return s.items[name] != nil }

// At is where a key stands, nil if it does not.
func (s *Section) At(name string) *Item { return s.items[name] }

// Names lists the keys that are there, in the order of the file.
func (s *Section) Names() []string { return Sorted(s.items) }

// Fail notes what is wrong with a key that is there.
func (s *Section) Fail(name, format string, args ...any) {
	s.r.Fail(s.items[name], s.Key(name), format, args...)
}

// FailHere notes what is wrong with a key that is missing.
func (s *Section) FailHere(name, format string, args ...any) {
	s.r.Fail(s.here, s.Key(name), format, args...)
}

// FailIn notes what is wrong with a key such as buttons[1].pin, wherever it stands.
func (s *Section) FailIn(key, format string, args ...any) {
	it := s.here.find(s.items, key)
	if it.At == "" {
		it = &Item{At: InProgram}
	}
	s.r.Fail(it, s.Key(key), format, args...)
}

// FailAt notes what is wrong with an entry of a list.
func (s *Section) FailAt(it *Item, key, format string, args ...any) {
	s.r.Fail(it, key, format, args...)
}

// Need complains about keys that are not there.
func (s *Section) Need(names ...string) {
	for _, n := range names {
		if !s.Has(n) {
			s.FailHere(n, "this key is missing")
		}
	}
}

// Later leaves a check of what was read to Reader.Check. Its error is nil or a *FieldError.
func (s *Section) Later(check func() error) {
	s.r.checks = append(s.r.checks, func() bool {
		err := check()
		if err == nil {
			return true
		}
		field := ""
		var f *FieldError
		if errors.As(err, &f) {
			field, err = f.Field, errors.New(f.Problem)
		}
		key := s.path
		if field != "" {
			key = s.Key(field)
		}
		s.r.Fail(s.here.find(s.items, field), key, "%v", err)
		return false
	})
}

// Describe is a value in an error message.
func Describe(v any) string {
	switch x := v.(type) {
	case FlagText:
		return strconv.Quote(string(x))
	case string:
		return strconv.Quote(x)
	case []*Item:
		return "a list"
	case Items:
		return "a table"
	}
	return fmt.Sprint(v)
}

// TextOf is a value as text, false if it is something else.
func TextOf(v any) (string, bool) {
	switch x := v.(type) {
	case FlagText:
		return string(x), true
	case string:
		return x, true
	}
	return "", false
}

// Text reads a text, "" if it is not there.
func (s *Section) Text(name string) string {
	it := s.get(name)
	if it == nil {
		return ""
	}
	t, ok := TextOf(it.Value)
	if !ok {
		s.Fail(name, "want text in quotes, not %s", Describe(it.Value))
	}
	return t
}

// Bool reads true or false, def if it is not there.
func (s *Section) Bool(name string, def bool) bool {
	it := s.get(name)
	if it == nil {
		return def
	}
	switch x := it.Value.(type) {
	case bool:
		return x
	case FlagText:
		if b, err := strconv.ParseBool(string(x)); err == nil {
			return b
		}
	}
	s.Fail(name, "want true or false, not %s", Describe(it.Value))
	return def
}

// Int reads a whole number from least to most, 0 if it is not there.
func (s *Section) Int(name string, least, most int64) int64 {
	it := s.get(name)
	if it == nil {
		return 0
	}
	n, ok := it.Value.(int64)
	if t, isText := it.Value.(FlagText); isText {
		v, err := strconv.ParseInt(string(t), 0, 64)
		n, ok = v, err == nil
	}
	switch {
	case !ok:
		s.Fail(name, "want a whole number, not %s", Describe(it.Value))
	case n < least || n > most:
		s.Fail(name, "%d is not possible: choose %d to %d", n, least, most)
	default:
		return n
	}
	return 0
}

// Number reads a number, 0 if it is not there.
func (s *Section) Number(name string) float64 {
	it := s.get(name)
	if it == nil {
		return 0
	}
	n, ok := toNumber(it.Value)
	if !ok {
		s.Fail(name, wantNumber, Describe(it.Value))
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
	case FlagText:
		f, err := strconv.ParseFloat(string(x), 64)
		n, ok = f, err == nil
	}
	return n, ok && math.Abs(n) <= numberMost // false for NaN
}

// Numbers reads a list of numbers.
func (s *Section) Numbers(name string) []float64 {
	var out []float64
	for i, it := range s.List(name) {
		n, ok := toNumber(it.Value)
		if !ok {
			s.r.Fail(it, fmt.Sprintf("%s[%d]", s.Key(name), i), wantNumber, Describe(it.Value))
		}
		out = append(out, n)
	}
	return out
}

// TimeMost is the longest time, ten years: sums of some do not overflow.
const TimeMost = 10 * 365 * 24 * time.Hour

// Duration reads a time of at least least. Off, if it is allowed, gives -1.
func (s *Section) Duration(name string, least time.Duration, off bool) time.Duration {
	it := s.get(name)
	if it == nil {
		return 0
	}
	t, ok := TextOf(it.Value)
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
		s.Fail(name, "want a time with its unit, as in \"1.5s\" or \"20ms\"%s, not %s", orOff, Describe(it.Value))
	case d < least:
		s.Fail(name, "%v is too short: choose %v or more%s", d, least, orOff)
	case d > TimeMost:
		s.Fail(name, "%v is too long: choose %v or less%s", d, TimeMost, orOff)
	default:
		return d
	}
	return 0
}

// Size reads a number of bytes above zero, 0 if it is not there.
func (s *Section) Size(name string) int { return s.SizeFrom(name, 1, 0) }

// SizeFrom reads a number of bytes that is least or more.
func (s *Section) SizeFrom(name string, least int64, otherwise int) int {
	it := s.get(name)
	if it == nil {
		return otherwise
	}
	n, ok := it.Value.(int64)
	if t, isText := TextOf(it.Value); isText {
		n, ok = ParseSize(t)
	}
	if !ok || n < least || n > math.MaxInt32 {
		s.Fail(name, "want a number of bytes, as in 45056 or \"44KB\", not %s", Describe(it.Value))
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

// List reads the entries of a list. A flag that is given once is a list of one.
func (s *Section) List(name string) []*Item {
	it := s.get(name)
	if it == nil {
		return nil
	}
	switch x := it.Value.(type) {
	case []*Item:
		if len(x) > listMost {
			s.Fail(name, "there are %d entries, %d is the most", len(x), listMost)
			return nil
		}
		return x
	case FlagText:
		return []*Item{it}
	}
	s.Fail(name, "want a list, as in [ ... ], not %s", Describe(it.Value))
	return nil
}

// Texts reads a list of texts and calls f with each one and its place.
func (s *Section) Texts(name string, f func(it *Item, key, t string)) {
	for i, it := range s.List(name) {
		key := fmt.Sprintf("%s[%d]", s.Key(name), i)
		t, ok := TextOf(it.Value)
		if !ok {
			s.r.Fail(it, key, "want text in quotes, not %s", Describe(it.Value))
			continue
		}
		f(it, key, t)
	}
}

// Tables calls f with each table of an array of tables.
func (s *Section) Tables(name string, f func(i int, t *Section)) {
	for i, it := range s.List(name) {
		key := fmt.Sprintf("%s[%d]", s.Key(name), i)
		t, ok := it.Value.(Items)
		if !ok {
			s.r.Fail(it, key, "want a table, as in { ... }, not %s", Describe(it.Value))
			continue
		}
		sub := s.r.Section(key, it, t)
		f(i, sub)
		sub.Done()
	}
}

// Table calls f with a table and leaves keys that f did not ask for to the
// caller.
func (s *Section) Table(name string, f func(t *Section)) {
	it := s.get(name)
	if it == nil {
		return
	}
	t, ok := it.Value.(Items)
	if !ok {
		s.Fail(name, "want a table, as in [%s], not %s", s.Key(name), Describe(it.Value))
		return
	}
	f(s.r.Section(s.Key(name), it, t))
}

// IP reads an IPv4 address, 0.0.0.0 if it is not there.
func (s *Section) IP(name string) port.IP {
	t := s.Text(name)
	if t == "" {
		return port.IP{}
	}
	ip, ok := ParseIP(t)
	if !ok {
		s.Fail(name, "%q is no IP address, as in 192.168.0.1", t)
	}
	return ip
}

// Entry begins to read an entry of a list that is a table, false if it is none.
func (s *Section) Entry(it *Item, key string) (*Section, bool) {
	t, ok := it.Value.(Items)
	if !ok {
		return nil, false
	}
	return s.r.Section(key, it, t), true
}

// ParseIP wants the usual form, not the many that lwIP takes.
func ParseIP(t string) (port.IP, bool) {
	a, err := netip.ParseAddr(t)
	if err != nil || !a.Is4() {
		return port.IP{}, false
	}
	return a.As4(), true
}

// Done complains about keys that nobody asked for.
func (s *Section) Done() {
	for _, name := range Sorted(s.items) {
		if slices.Contains(s.known, name) {
			continue
		}
		hint := "the keys are " + strings.Join(s.known, ", ")
		if near := Nearest(name, s.known); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		s.Fail(name, "there is no such key; %s", hint)
	}
}

// Nearest is the name that differs from a wrong one by at most two letters, "" if there is none.
func Nearest(wrong string, names []string) string {
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
