package numconv

// What the chip's strtod has room for (app/libc/stdlib.c).
const (
	chipDigits   = 18  // of a mantissa, leading zeros among them; the others count for nothing
	chipExponent = 511 // the largest power of ten, on the way to infinity
)

// ChipParseFloat reads a float as the chip's firmware does: with the strtod of app/libc,
// which computes in double precision, so the last digits can be others than those of the
// nearest float. It knows no hexadecimal digits, so hexadecimal floats are no numbers, and
// none below 1e-308. Zero times a large power of ten is NaN to it.
func ChipParseFloat(s []byte) (float64, bool) {
	s, neg := sign(trim(s))
	if !isDecimal(s) {
		return 0, false
	}
	fraction, exp, rest := chipMantissa(s)
	if len(rest) > 0 {
		digits, down := sign(rest[1:]) // behind the e
		var e int32                    // wraps around as C's int does
		for _, c := range digits {
			e = e*10 + int32(c-'0')
		}
		if down {
			e = -e
		}
		exp += e
	}
	if exp < 0 {
		fraction /= chipPower(-exp)
	} else {
		fraction *= chipPower(exp)
	}
	if neg {
		fraction = -fraction
	}
	return fraction, true
}

// chipMantissa reads the digits in front of an exponent: those that count as an integer,
// and the power of ten to multiply it by.
func chipMantissa(s []byte) (value float64, exp int32, rest []byte) {
	var n uint64
	digits, before := 0, -1 // before the point
	for len(s) > 0 && s[0]|0x20 != 'e' {
		if s[0] == '.' {
			before = digits
		} else {
			if digits < chipDigits {
				n = n*10 + uint64(s[0]-'0')
			}
			digits++
		}
		s = s[1:]
	}
	if before < 0 {
		before = digits
	}
	return float64(n), int32(before - min(digits, chipDigits)), s
}

// chipPower is 10 to a power, a product of powers of powers of two. A negative one, which
// is the smallest integer, lets the C code run off the end of its table.
func chipPower(exp int32) float64 {
	if exp < 0 || exp > chipExponent {
		exp = chipExponent
	}
	p := 1.0
	for _, power := range [...]float64{1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e256} {
		if exp&1 != 0 {
			p *= power
		}
		exp >>= 1
	}
	return p
}
