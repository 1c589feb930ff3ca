// Package cfmt formats numbers and strings as the printf family of C does, byte
// for byte as glibc in the "C" locale.
//
// Every function appends to a slice and allocates nothing beyond its growth.
package cfmt

import (
	"math"
	"strconv"
)

// Flags are the flag characters of a conversion.
type Flags uint8

// The flag characters of printf.
const (
	Minus Flags = 1 << iota // '-': pad on the right
	Plus                    // '+': a sign in front of non-negative numbers
	Space                   // ' ': a space there
	Alt                     // '#': alternative form
	Zero                    // '0': pad with zeros behind the sign
)

// Spec is one conversion specification.
type Spec struct {
	Verb  byte
	Flags Flags
	Width int // minimum number of bytes, 0 for none
	Prec  int // precision, negative for none
}

// FlagOf returns the flag that the character c stands for, 0 for none.
func FlagOf(c byte) Flags {
	switch c {
	case '-':
		return Minus
	case '+':
		return Plus
	case ' ':
		return Space
	case '#':
		return Alt
	case '0':
		return Zero
	}
	return 0
}

// Char formats c as %c does.
func Char(dst []byte, s Spec, c byte) []byte {
	start := len(dst)
	return pad(append(dst, c), s, start, -1)
}

// Str formats p as %s does: the precision limits the number of bytes. Unlike in
// C, a zero byte does not end p.
func Str(dst []byte, s Spec, p []byte) []byte {
	if s.Prec >= 0 && s.Prec < len(p) {
		p = p[:s.Prec]
	}
	start := len(dst)
	return pad(append(dst, p...), s, start, -1)
}

// Int formats n, an integer of the given width in bits, as %d, %i, %u, %o, %x
// and %X do; the last four take it as unsigned.
func Int(dst []byte, s Spec, n int64, bits int) []byte {
	start := len(dst)
	u := uint64(n)
	base := 10
	switch s.Verb {
	case 'd', 'i':
		if n < 0 {
			u = -u
		}
		dst = appendSign(dst, n < 0, s.Flags)
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
	}
	if base != 10 || s.Verb == 'u' {
		u &= 1<<(bits-1)<<1 - 1 // all ones for 64 bits
	}
	if base == 16 && s.Flags&Alt != 0 && u != 0 {
		dst = append(dst, '0', s.Verb)
	}
	body := len(dst)
	var digits [64]byte
	d := strconv.AppendUint(digits[:0], u, base)
	if u == 0 && s.Prec == 0 {
		d = d[:0]
	}
	zeros := s.Prec - len(d)
	if base == 8 && s.Flags&Alt != 0 && zeros <= 0 && (len(d) == 0 || d[0] != '0') {
		zeros = 1
	}
	for ; zeros > 0; zeros-- {
		dst = append(dst, '0')
	}
	dst = append(dst, d...)
	if s.Verb == 'X' {
		upper(dst[body:])
	}
	if s.Prec >= 0 {
		body = -1 // a precision turns the flag 0 off
	}
	return pad(dst, s, start, body)
}

// AppendG formats f as "%.{prec}g" does.
func AppendG(dst []byte, f float64, prec int) []byte {
	limit := pow10[min(uint(prec), uint(len(pow10)-1))]
	if n := int64(f); float64(n) == f && -limit < n && n < limit {
		if n == 0 && math.Signbit(f) {
			dst = append(dst, '-')
		}
		return strconv.AppendInt(dst, n, 10)
	}
	if f-f != 0 { // infinite or not a number
		return appendSpecial(appendSign(dst, math.Signbit(f), 0), f)
	}
	return strconv.AppendFloat(dst, f, 'g', prec, 64)
}

// pow10 holds the limits of AppendG's short cut: every integer below them is
// exact in a float and has no more digits than the precision.
var pow10 = [16]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// Float formats f as %e, %f, %g, %a and their upper-case forms do.
func Float(dst []byte, s Spec, f float64) []byte {
	start := len(dst)
	dst = appendSign(dst, math.Signbit(f), s.Flags)
	body := len(dst)
	f = math.Abs(f)
	prec := s.Prec
	if prec < 0 {
		prec = 6
	}
	switch verb := s.Verb | 0x20; {
	case f-f != 0:
		dst = appendSpecial(dst, f)
		body = -1
	case verb == 'a':
		dst = append(dst, '0', 'x')
		body += 2
		dst = appendHex(dst, s, f)
	case verb == 'g':
		dst = appendGeneral(dst, s, f, prec)
	default:
		dst = strconv.AppendFloat(dst, f, verb, prec, 64)
		if s.Flags&Alt != 0 && prec == 0 {
			dst = appendPoint(dst, body)
		}
	}
	if s.Verb < 'a' {
		upper(dst[start:])
	}
	return pad(dst, s, start, body)
}

// appendGeneral formats f >= 0 as %g or %#g.
func appendGeneral(dst []byte, s Spec, f float64, prec int) []byte {
	if prec == 0 {
		prec = 1
	}
	if s.Flags&Alt == 0 {
		return strconv.AppendFloat(dst, f, 'g', prec, 64)
	}
	// '#' keeps trailing zeros: choose between %e and %f as C defines it.
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', prec-1, 64)
	switch x := exponent(dst[start:]); {
	case -4 <= x && x < prec:
		dst = strconv.AppendFloat(dst[:start], f, 'f', prec-1-x, 64)
	case x == prec && f < math.Pow10(prec):
		// Where rounding alone brought the exponent up to the precision,
		// glibc (2.36) forgets the zeros. The fraction that was rounded is
		// there only while Pow10 is exact.
		dst = strconv.AppendFloat(dst[:start], f, 'e', 0, 64)
	}
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return appendPoint(dst, start)
}

// exponent reads the exponent of a number in the form of %e.
func exponent(p []byte) int {
	i := len(p) - 1
	x, scale := 0, 1
	for ; '0' <= p[i] && p[i] <= '9'; i-- {
		x += int(p[i]-'0') * scale
		scale *= 10
	}
	if p[i] == '-' {
		return -x
	}
	return x
}

// appendPoint puts a radix point behind the digits that begin at index start.
func appendPoint(dst []byte, start int) []byte {
	i := start
	for i < len(dst) && '0' <= dst[i] && dst[i] <= '9' {
		i++
	}
	dst = append(dst, 0)
	copy(dst[i+1:], dst[i:])
	dst[i] = '.'
	return dst
}

// appendHex formats what follows "0x" in %a: glibc takes the leading digit from
// the implicit bit, so numbers below the normal range begin with 0.
func appendHex(dst []byte, s Spec, f float64) []byte {
	const fracBits, fracDigits, bias = 52, 13, 1023
	b := math.Float64bits(f)
	frac := b & (1<<fracBits - 1)
	exp := int(b>>fracBits) - bias
	switch {
	case f == 0:
		exp = 0
	case exp == -bias:
		exp++
	default:
		frac |= 1 << fracBits
	}
	digits := s.Prec
	if s.Prec >= 0 && s.Prec < fracDigits {
		drop := uint(fracDigits-s.Prec) * 4
		half := uint64(1) << (drop - 1)
		odd := frac >> drop & 1
		frac = (frac + half - 1 + odd) >> drop << drop
	} else if s.Prec < 0 {
		digits = fracDigits
		for n := frac; digits > 0 && n&15 == 0; n >>= 4 {
			digits--
		}
	}
	dst = append(dst, '0'+byte(frac>>fracBits))
	if digits > 0 || s.Flags&Alt != 0 {
		dst = append(dst, '.')
	}
	for i := range digits {
		c := byte('0')
		if i < fracDigits {
			c = "0123456789abcdef"[frac>>(fracBits-4*(i+1))&15]
		}
		dst = append(dst, c)
	}
	dst = append(dst, 'p')
	if exp >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(exp), 10)
}

func appendSpecial(dst []byte, f float64) []byte {
	if f != f {
		return append(dst, "nan"...)
	}
	return append(dst, "inf"...)
}

func appendSign(dst []byte, neg bool, flags Flags) []byte {
	switch {
	case neg:
		return append(dst, '-')
	case flags&Plus != 0:
		return append(dst, '+')
	case flags&Space != 0:
		return append(dst, ' ')
	}
	return dst
}

func upper(p []byte) {
	for i, c := range p {
		if 'a' <= c && c <= 'z' {
			p[i] = c - 'a' + 'A'
		}
	}
}

// pad fills dst[start:] up to the width: with spaces on the right or left, or
// with zeros at index zeroAt if that is not negative and the flag 0 holds.
func pad(dst []byte, s Spec, start, zeroAt int) []byte {
	n := s.Width - (len(dst) - start)
	if n <= 0 {
		return dst
	}
	fill, at := byte(' '), start
	switch {
	case s.Flags&Minus != 0:
		at = len(dst)
	case s.Flags&Zero != 0 && zeroAt >= 0:
		fill, at = '0', zeroAt
	}
	for range n {
		dst = append(dst, fill)
	}
	copy(dst[at+n:], dst[at:])
	for i := range n {
		dst[at+i] = fill
	}
	return dst
}
