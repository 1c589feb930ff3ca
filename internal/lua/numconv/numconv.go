// Package numconv reads numbers as Lua does: l_str2int and l_str2d of lobject.c
// over C's strtod in the "C" locale.
//
// The whole of a string must be one numeral between optional spaces; a zero byte
// is no space, so a string that contains one is no number.
package numconv

import (
	"math"
	"math/bits"
	"strconv"
)

// isSpace tells the bytes that C's isspace accepts.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// trim cuts the spaces around s.
func trim(s []byte) []byte {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// sign cuts a sign off s.
func sign(s []byte) (rest []byte, neg bool) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func isHex(s []byte) bool { return len(s) >= 2 && s[0] == '0' && s[1]|0x20 == 'x' }

// hexDigit is the value of a hexadecimal digit, 16 or more for other bytes.
func hexDigit(c byte) uint {
	if d := uint(c) - '0'; d <= 9 {
		return d
	}
	if d := uint(c|0x20) - 'a'; d < 6 {
		return d + 10
	}
	return 16
}

// ParseInt reads an integer of the given width in bits (32 or 64). Hexadecimal
// numerals wrap around; decimal ones that do not fit are refused, so that the
// caller goes on to read them as floats.
func ParseInt(s []byte, bits int) (int64, bool) {
	s, neg := sign(trim(s))
	var n uint64
	if isHex(s) {
		s = s[2:]
		if len(s) == 0 {
			return 0, false
		}
		for _, c := range s {
			d := hexDigit(c)
			if d > 15 {
				return 0, false
			}
			n = n<<4 | uint64(d)
		}
	} else {
		if len(s) == 0 {
			return 0, false
		}
		limit := uint64(1)<<(bits-1) - 1 // the largest integer, or its negative and one less
		if neg {
			limit++
		}
		for _, c := range s {
			d := uint64(c) - '0'
			if d > 9 || n > limit/10 {
				return 0, false
			}
			if n = n*10 + d; n > limit {
				return 0, false
			}
		}
	}
	if neg {
		n = -n
	}
	return int64(n) << (64 - bits) >> (64 - bits), true
}

// ParseFloat reads a decimal or hexadecimal float. What is too large becomes
// infinite; "inf" and "nan" are no numbers.
func ParseFloat(s []byte) (float64, bool) {
	s = trim(s)
	digits, neg := sign(s)
	if isHex(digits) {
		f, ok := parseHex(digits[2:])
		if neg {
			f = -f
		}
		return f, ok
	}
	if !isDecimal(digits) {
		return 0, false
	}
	// The conversion stays on the stack for short numerals.
	f, _ := strconv.ParseFloat(string(s), 64)
	return f, true
}

// isDecimal tells whether s is digits with at most one point among them and an
// optional exponent, which is all that both strtod and strconv understand.
func isDecimal(s []byte) bool {
	i, n := 0, 0
	point := false
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			n++
			continue
		case c == '.' && !point:
			point = true
			continue
		}
		break
	}
	if n == 0 {
		return false
	}
	return i == len(s) || s[i]|0x20 == 'e' && isExponent(s[i+1:])
}

// isExponent tells whether s is an optional sign and at least one digit.
func isExponent(s []byte) bool {
	s, _ = sign(s)
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) > 0
}

// parseHex reads what follows "0x".
func parseHex(s []byte) (float64, bool) {
	const maxExp = 1 << 30 // beyond every exponent of a float, far from overflow
	var mant uint64
	exp, n := 0, 0
	sticky := uint64(0)
	point := false
	i := 0
	for ; i < len(s); i++ {
		if s[i] == '.' && !point {
			point = true
			continue
		}
		d := hexDigit(s[i])
		if d > 15 {
			break
		}
		n++
		if mant>>60 == 0 {
			mant = mant<<4 | uint64(d)
		} else { // no room: only whether anything is there counts
			if d != 0 {
				sticky = 1
			}
			exp += 4
		}
		if point {
			exp -= 4
		}
	}
	if n == 0 {
		return 0, false
	}
	if i < len(s) {
		if s[i]|0x20 != 'p' || !isExponent(s[i+1:]) {
			return 0, false
		}
		digits, neg := sign(s[i+1:])
		e := 0
		for _, c := range digits {
			e = min(e*10+int(c-'0'), maxExp/10)
		}
		if neg {
			e = -e
		}
		exp += e
	}
	return round(mant, sticky, exp), true
}

// round is the float nearest to mant·2^exp, to even in a tie; sticky stands for
// bits below mant.
func round(mant, sticky uint64, exp int) float64 {
	const fracBits, bias, minExp = 52, 1023, -1022
	if mant == 0 {
		return 0
	}
	shift := bits.LeadingZeros64(mant)
	mant <<= shift
	exp += 63 - shift // the value is 1.xxx·2^exp now
	if exp > bias {
		return math.Inf(1)
	}
	drop := 63 - fracBits
	if exp < minExp {
		drop += min(minExp-exp, 64)
		exp = minExp
	}
	if drop > 64 {
		return 0
	}
	half := uint64(1) << (drop - 1)
	rest := mant & (half<<1 - 1)
	frac := mant >> drop
	if rest > half || rest == half && (sticky != 0 || frac&1 != 0) {
		frac++
	}
	// A carry out of frac moves into the exponent, as it should.
	return math.Float64frombits(uint64(exp-minExp)<<fracBits + frac)
}
