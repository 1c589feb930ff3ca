// Code generated from ../number.go by internal/lua/gen; DO NOT EDIT.

package integral

import (
	"bytes"
	"math"
	"strings"

	"moonlet.example/moonlet/internal/lua/clib"
)

// Texts to numbers (luaO_str2d). A string counts up to its first NUL, as in C; spaces around are allowed.

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// numeral is a string without the spaces around it.
func numeral(s []byte) []byte {
	s, _, _ = bytes.Cut(s, []byte{0})
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// signed takes the sign off a numeral.
func signed(s []byte) (rest []byte, negative bool) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

// digitOf is the value of a digit, 255 of what is none.
func digitOf(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// unsigned reads all of s as digits; past the limit the value stays there, as strtoul's does.
func unsigned(s []byte, base byte, limit uint64) (n uint64, ok bool) {
	if len(s) == 0 {
		return 0, false
	}
	over := false
	for _, c := range s {
		d := digitOf(c)
		if d >= base {
			return 0, false
		}
		if n > (limit-uint64(d))/uint64(base) {
			over = true
		}
		n = n*uint64(base) + uint64(d)
	}
	if over {
		n = limit
	}
	return n, true
}

// hexDigits are the digits of a hexadecimal numeral.
func hexDigits(s []byte) ([]byte, bool) {
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		return s[2:], true
	}
	return nil, false
}

// parseDouble converts a numeral to a double, as a library's strtod does, with its strtoul for hexadecimal ones that
// are not strtod's.
func parseDouble(lib clib.Library, s []byte) (float64, bool) {
	s = numeral(s)
	if f, ok := lib.ParseFloat(s); ok {
		return f, true
	}
	rest, negative := signed(s)
	if lib != clib.Chip {
		return special(rest, negative)
	}
	digits, ok := hexDigits(rest)
	if !ok {
		return 0, false
	}
	n, ok := unsigned(digits, 16, math.MaxUint32)
	if negative && n < math.MaxUint32 {
		n = uint64(-uint32(n))
	}
	return float64(n), ok
}

// special is what a host's strtod takes that is no number.
func special(s []byte, negative bool) (f float64, ok bool) {
	switch text := strings.ToLower(string(s)); {
	case text == "inf" || text == "infinity":
		f = math.Inf(1)
	case text == "nan" || strings.HasPrefix(text, "nan(") && strings.HasSuffix(text, ")"):
		return clib.NaN(negative), true
	default:
		return 0, false
	}
	if negative {
		f = -f
	}
	return f, true
}
