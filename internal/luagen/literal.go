package luagen

import (
	"fmt"
	"strconv"
	"strings"
)

// Numerals and strings in all spellings.

// integers and floats are values at the borders of some format: of the chunk's
// multi-byte integers, of 32 and 64 bits, of single and double precision.
var (
	integers = []string{
		"0", "1", "2", "3", "7", "8", "10", "15", "16", "50", "100", "127", "128", "255", "256", "1000",
		"2047", "2048", "16383", "16384", "65535", "65536", "262143", "0x3ffff", "1000000", "16777216", "16777217",
		"2147483646", "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807",
		"9223372036854775808", "0x0", "0x7f", "0xFF", "0XaBcD", "0x7fffffff", "0x80000000", "0xffffffff",
		"0x100000000", "0x7fffffffffffffff", "0xffffffffffffffff", "0x123456789abcdef0123", "007", "00",
	}
	floats = []string{
		"0.0", "0.5", "1.0", "2.0", "3.0", "0.1", "0.25", ".5", "5.", "3e0", "1e1", "1E2", "1e+3", "1e-3", "1.5e10",
		"3.14159265358979", "2.5e-3", "1e7", "1e15", "1e16", "123456789.0", "16777217.0", "2147483648.0",
		"4294967296.5", "1e38", "3.4028235e38", "1e39", "1e308", "1e309", "1e400", "1e-38", "1e-45", "1e-46",
		"1e-320", "1e-400", "0e12", "0x.8", "0x8.", "0xA.8", "0x1p4", "0x1P-4", "0xep1", "0x1p+127", "0x1p-149",
		"0x1.fffffep127", "0X1.8P1", "0x1p1023", "0x1p-1074", "0x1p9999", "0x0p0", "0x.0001p16",
		"9007199254740993.0", "123456789012345678901234567890",
	}
)

// numeral is a number that is not negative.
func numeral(r *random) string {
	switch r.intN(8) {
	case 0, 1:
		return strconv.Itoa(r.intN(20))
	case 2, 3:
		return pick(r, integers)
	case 4, 5:
		return pick(r, floats)
	case 6: // of any length
		return strconv.FormatUint(r.next()>>(1+r.intN(63)), 10)
	}
	n := r.next() >> (1 + r.intN(63))
	switch r.intN(4) {
	case 0:
		return "0x" + strconv.FormatUint(n, 16)
	case 1:
		return fmt.Sprintf("0X%X.%xp%+d", n&0xffff, n>>16&0xfff, r.between(-40, 40))
	case 2:
		return fmt.Sprintf("%d.%d", n&0xffff, n>>16&0xfffff)
	}
	return fmt.Sprintf("%d.%de%d", n&0xf, n>>16&0xfff, r.between(-50, 50))
}

// smallNumeral is a number with few spellings, so that constants repeat.
func smallNumeral(r *random) string {
	return r.oneOf("0", "1", "2", "10", "1.5", "0.0", "1.0", "2.0")
}

// words are texts of string literals, most of them short.
var words = []string{
	"", "a", "x", "key", "value", "name", "n", "0", "10", "0x10", "1e1", " 7 ", "nil", "true", "hello", "%d %s",
	"a,b;c", "(.-)%s*$", "é", "日本", "x.y", "self", "__index",
	"a text of exactly forty bytes, so shortt", "a text of just forty-one bytes, so longer",
	"a text that is longer than the forty bytes of a short string, and is no key",
}

// stringLiteral is a string constant.
func stringLiteral(r *random) string {
	switch r.intN(10) {
	case 0, 1, 2, 3:
		return quoted(r, pick(r, words))
	case 4, 5:
		return longBracket(r)
	}
	quote := r.oneOf(`"`, `'`)
	var b strings.Builder
	b.WriteString(quote)
	for range r.weighted([]int{1, 3, 4, 4, 3, 2, 2, 1, 1, 1}) * r.between(1, 3) {
		b.WriteString(stringPiece(r, quote))
	}
	return b.String() + quote
}

func quoted(r *random, s string) string {
	if r.chance(30) {
		return "'" + s + "'"
	}
	return `"` + s + `"`
}

// stringPiece is a part of a string in quotes. No piece begins with a digit: that
// would lengthen a decimal escape in front of it.
func stringPiece(r *random, quote string) string {
	switch r.intN(16) {
	case 0:
		return r.oneOf(`\a`, `\b`, `\f`, `\n`, `\r`, `\t`, `\v`, `\\`, `\"`, `\'`)
	case 1:
		return r.oneOf(`\0`, `\7`, `\65`, `\065`, `\10`, `\255`, `\200`, `\000`)
	case 2:
		return fmt.Sprintf(`\x%02x`, r.intN(256))
	case 3:
		return fmt.Sprintf(`\x%02X`, r.intN(256))
	case 4:
		return fmt.Sprintf(`\%03d`, r.intN(256))
	case 5:
		return r.oneOf(`\u{0}`, `\u{41}`, `\u{7f}`, `\u{80}`, `\u{7FF}`, `\u{800}`, `\u{20AC}`,
			`\u{D800}`, `\u{FFFF}`, `\u{10000}`, `\u{10FFFF}`, `\u{00000041}`)
	case 6:
		return r.oneOf("\\z", "\\z  ", "\\z\n \t\n", "\\z\r\n\v\f")
	case 7:
		return r.oneOf("\\\n", "\\\r\n", "\\\r", "\\\n\r")
	case 8: // bytes as they are
		return r.oneOf("\x00", "\x01", "\x7f", "\x80", "\xff", "\xc3\xa4", "\t", "\x1b")
	case 9: // the other quote
		return string('"' + '\'' - quote[0])
	case 10:
		return r.oneOf("[[", "]]", "--", "]==]", "%%", "\\z--[[")
	}
	return r.oneOf("a", "word", "a-b", "x y", "Q", "_", "some more text ", " ")
}

// longBracket is a string in long brackets.
func longBracket(r *random) string {
	level := strings.Repeat("=", r.weighted([]int{5, 3, 2, 1, 0, 0, 0, 1}))
	var b strings.Builder
	b.WriteString("[" + level + "[")
	if r.chance(30) {
		b.WriteString(r.oneOf("\n", "\r\n", "\r"))
	}
	for range r.intN(12) {
		piece := r.oneOf("a", "word ", "0", "\n", "\r\n", "\r", "\n\n", `\n`, `\`, `"`, "'", "[[ ", "[=[ ",
			"] ", "]= ", "--", "\x00", "\xff", "long text that fills some of the forty bytes ")
		b.WriteString(piece)
	}
	if level != "" && r.chance(30) {
		b.WriteString("]] ]" + level + level + "] ")
	}
	return b.String() + "]" + level + "]"
}
