package keys

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"moonlet.example/moonlet/internal/port"
)

// A reading is what Field.Read has. The functions below make one for each kind of value;
// at gives the place in a T.
type reading[T any] = func(s *Section, name string, t *T)

// Text reads a text.
func Text[T any](at func(t *T) *string) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.Text(name) }
}

// Bool reads true or false; def is what a missing key means.
func Bool[T any](def bool, at func(t *T) *bool) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.Bool(name, def) }
}

// Whole is a type of whole numbers.
type Whole interface {
	~int | ~int8 | ~uint8 | ~uint32 | ~uint64
}

// Int reads a whole number from least to most; a missing key means 0.
func Int[T any, N Whole](least, most int64, at func(t *T) *N) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = N(s.Int(name, least, most)) }
}

// Int32 reads a whole number of 32 bits that is checked when everything is read, such as
// that of a pin.
func Int32[T any](at func(t *T) *int) reading[T] { return Int(math.MinInt32, math.MaxInt32, at) }

// Number reads a number.
func Number[T any](at func(t *T) *float64) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.Number(name) }
}

// Numbers reads a list of numbers.
func Numbers[T any](at func(t *T) *[]float64) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.Numbers(name) }
}

// Duration reads a time of at least least; a missing key means 0.
func Duration[T any](least time.Duration, at func(t *T) *time.Duration) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.Duration(name, least, false) }
}

// DurationOrOff reads a time of at least least, or "off", which means -1.
func DurationOrOff[T any](least time.Duration, at func(t *T) *time.Duration) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.Duration(name, least, true) }
}

// Size reads a number of bytes above zero; a missing key means 0.
func Size[T any](at func(t *T) *int) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.Size(name) }
}

// SizeOrNone reads a number of bytes that may be zero; a missing key changes nothing.
func SizeOrNone[T any](at func(t *T) *int) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.SizeFrom(name, 0, *at(t)) }
}

// SizeField is the field of a number of bytes that may be zero, of which the help tells what
// it is by default.
func SizeField[T any](name, usage, doc string, def int, at func(t *T) *int) Field[T] {
	return Field[T]{Key: Key{Name: name, Value: "BYTES", Usage: fmt.Sprintf("%s (default: %d)", usage, def),
		Doc: doc, Default: strconv.Itoa(def)}, Read: SizeOrNone(at)}
}

// IP reads an IPv4 address; a missing key means 0.0.0.0.
func IP[T any](at func(t *T) *port.IP) reading[T] {
	return func(s *Section, name string, t *T) { *at(t) = s.IP(name) }
}

// Tables reads a list of tables, each with the same fields, of which some are needed. An
// entry whose value (not pointer) has a method Check is checked when everything is read; its error is nil or a
// *FieldError.
func Tables[T, E any](fields Fields[E], at func(t *T) *[]E, needed ...string) reading[T] {
	return func(s *Section, name string, t *T) {
		s.Tables(name, func(_ int, sub *Section) {
			sub.Need(needed...)
			var e E
			fields.Read(sub, &e)
			*at(t) = append(*at(t), e)
			if c, ok := any(e).(interface{ Check() error }); ok {
				sub.Later(c.Check)
			}
		})
	}
}
