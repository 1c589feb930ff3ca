package cfmt

import (
	"math"
	"strconv"
)

// The functions here print as the chip's firmware does: it has no printf of a C library
// but c99-snprintf (app/libc/snprintf.c around the submodule), without long double. Where
// that differs from C, so do they:
//
//   - Floats are scaled by powers of ten and rounded in double precision, half away from
//     zero, so the last digits can be others. No more than 19 decimals are printed.
//   - A negative zero and a NaN have no sign.
//   - %a is %f.
//   - A number that is printed with an integer part of 2⁶⁴ or more fails.
//   - %c knows no width, and a precision of 0 does not hide an integer that is 0.

// ChipChar formats c as %c does on the chip.
func ChipChar(dst []byte, _ Spec, c byte) []byte { return append(dst, c) }

// ChipInt formats n as Int does, on the chip.
func ChipInt(dst []byte, s Spec, n int64, bits int) []byte {
	if s.Prec == 0 {
		s.Prec = 1
	}
	return Int(dst, s, n, bits)
}

// ChipAppendG formats f as "%.{prec}g" does on the chip, for a precision of 1 to 15, with
// which it never fails.
func ChipAppendG(dst []byte, f float64, prec int) []byte {
	limit := pow10[min(uint(prec), uint(len(pow10)-1))]
	if n := int64(f); float64(n) == f && -limit < n && n < limit {
		return strconv.AppendInt(dst, n, 10)
	}
	dst, _ = ChipFloat(dst, Spec{Verb: 'g', Prec: prec}, f)
	return dst
}

// ChipFloat formats f as %a, %e, %f, %g and their upper-case forms do on the chip. It is
// not ok, and nothing is appended, where the firmware's snprintf gives -1.
func ChipFloat(dst []byte, s Spec, f float64) (text []byte, ok bool) {
	start := len(dst)
	text = appendSign(dst, f < 0, s.Flags)
	body := len(text)
	if f-f != 0 {
		text = appendSpecial(text, f)
		body = -1
	} else {
		d, ok := chipDigits(s, math.Abs(f))
		if !ok {
			return dst, false
		}
		text = d.appendTo(text, s.Flags&Alt != 0)
	}
	if s.Verb < 'a' {
		upper(text[start:])
	}
	return pad(text, s, start, body), true
}

// chipDecimal is a number in decimal, as c99-snprintf makes it: an integer part, decimals
// of which there are prec with the zeros in front of them, and perhaps an exponent.
type chipDecimal struct {
	whole, decimals uint64
	prec            int
	exponent        int
	scientific      bool // there is an exponent
	trim            bool // zeros at the end are left out
}

// maxDecimals is how many decimals fit an unsigned integer of 64 bits.
const maxDecimals = 19

// chipDigits converts f >= 0 by a specification; it fails if the integer part does not fit.
func chipDigits(s Spec, f float64) (d chipDecimal, ok bool) {
	d.prec = s.Prec
	if d.prec < 0 {
		d.prec = 6
	}
	general := s.Verb|0x20 == 'g'
	if general {
		d.prec = max(d.prec, 1) - 1
		d.trim = s.Flags&Alt == 0
	}
	if general || s.Verb|0x20 == 'e' {
		d.scientific = true
		d.exponent = chipExponent(f)
	}
	if !d.convert(f) {
		return d, false
	}
	// %g looks at the exponent after rounding, and begins anew if it wants none.
	if general && d.exponent <= d.prec && d.exponent >= -4 {
		d.prec -= d.exponent
		d.scientific = false
		return d, d.convert(f)
	}
	return d, true
}

// convert fills in the digits of f. Its steps round as those of the C code do; the
// explicit conversion keeps the compiler from fusing two of them.
func (d *chipDecimal) convert(f float64) bool {
	d.prec = min(d.prec, maxDecimals)
	if d.scientific {
		f /= chipPow10(d.exponent)
	}
	if f >= 1<<64 {
		return false
	}
	d.whole = uint64(f)
	scale := chipPow10(d.prec)
	scaled := float64(scale * (f - float64(d.whole)))
	d.decimals = uint64(scaled)
	if scaled-float64(d.decimals) >= 0.5 {
		d.decimals++
	}
	if d.decimals >= uint64(scale) { // rounded up to the next integer
		d.whole++
		d.decimals = 0
		if d.scientific && d.whole == 10 {
			d.whole = 1
			d.exponent++
		}
	}
	return true
}

// appendTo writes the digits; with point there is a radix point whatever comes behind it.
func (d *chipDecimal) appendTo(dst []byte, point bool) []byte {
	dst = strconv.AppendUint(dst, d.whole, 10)
	var room [20]byte
	var digits []byte
	if d.decimals != 0 {
		digits = strconv.AppendUint(room[:0], d.decimals, 10)
	}
	zeros := d.prec - len(digits)
	if d.trim {
		for len(digits) > 0 && digits[len(digits)-1] == '0' {
			digits = digits[:len(digits)-1]
		}
		if len(digits) == 0 {
			zeros = 0
		}
	}
	if point || zeros > 0 || len(digits) > 0 {
		dst = append(dst, '.')
	}
	for range zeros {
		dst = append(dst, '0')
	}
	dst = append(dst, digits...)
	if !d.scientific {
		return dst
	}
	sign, exponent := byte('+'), d.exponent
	if exponent < 0 {
		sign, exponent = '-', -exponent
	}
	dst = append(dst, 'e', sign)
	if exponent < 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(exponent), 10)
}

// chipExponent finds the decimal exponent of f >= 0 by going from power to power, within
// the exponents of normal numbers (DBL_MIN_10_EXP, DBL_MAX_10_EXP).
func chipExponent(f float64) (exponent int) {
	const lowest, highest = -307, 308
	for f < 1 && f > 0 {
		if exponent--; exponent < lowest {
			break
		}
		f *= 10
	}
	for f >= 10 {
		if exponent++; exponent > highest {
			break
		}
		f /= 10
	}
	return exponent
}

// chipPow10 is 10 to an integer power by repeated multiplication or division.
func chipPow10(exponent int) float64 {
	p := 1.0
	for ; exponent > 0; exponent-- {
		p *= 10
	}
	for ; exponent < 0; exponent++ {
		p /= 10
	}
	return p
}
