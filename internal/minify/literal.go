package minify

import (
	"strconv"
	"strings"
)

// number is the shortest form of a numeral with the same value, whoever reads it: only what the firmware's own readers
// take for the same is changed, which do not round a fraction as they should. float tells that a numeral without a
// fraction would be an integer.
func number(text string, float bool, o Options) string {
	if strings.Trim(text, "0123456789abcdefpxABCDEFPX.+-") != "" { // as one with a NUL, which Lua 5.1 takes
		return text
	}
	best := text
	try := func(s string) {
		if len(s) < len(best) {
			best = s
		}
	}
	if len(text) > 2 && (text[1] == 'x' || text[1] == 'X') {
		if n, err := strconv.ParseUint(text[2:], 16, 31); err == nil && !float {
			try(strconv.FormatUint(n, 10))
		}
		return best
	}
	whole, rest := text, ""
	if i := strings.IndexAny(text, ".eE"); i >= 0 {
		whole, rest = text[:i], text[i:]
	}
	whole = strings.TrimLeft(whole, "0")
	if strings.Trim(rest, ".0") == "" && rest != "" { // 12.00
		if !float && rest[0] == '.' && o.Lua51 && !o.Integral {
			rest = "" // the same number
		} else if rest[0] == '.' {
			rest = "."
		}
	}
	if whole == "" && (rest == "" || rest == "." || rest[0] != '.') {
		whole = "0"
	}
	try(whole + rest)
	if digits := strings.TrimRight(whole, "0"); len(whole)-len(digits) > 2 && len(digits) > 0 && len(whole) < 16 && (rest == "." || rest == "" && o.Lua51 && !o.Integral) {
		try(digits + "e" + strconv.Itoa(len(whole)-len(digits)))
	}
	return best
}

// shortString is the shortest form of a string's literal: between the quotes that it has less of, with escapes only
// where there have to be. A text that is not understood stays as it is.
func shortString(text string, lua51 bool) string {
	value, ok := unquote(text, lua51)
	if !ok {
		return text
	}
	best := text
	if s := enquote(value, '"'); len(s) <= len(best) { // all in the same way, as far as nothing is longer by that
		best = s
	}
	if s := enquote(value, '\''); len(s) < len(best) {
		best = s
	}
	return best
}

// unquote is the value of a string's literal.
func unquote(text string, lua51 bool) (value string, ok bool) {
	if text[0] == '[' {
		return longString(text)
	}
	var b strings.Builder
	for s := text[1 : len(text)-1]; s != ""; {
		if s[0] != '\\' {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		n := escape(&b, s[1:], lua51)
		if n == 0 {
			return "", false
		}
		s = s[1+n:]
	}
	return b.String(), true
}

// simpleEscapes are the escapes of a letter.
const (
	escapeLetters = "abfnrtv"
	escapeValues  = "\a\b\f\n\r\t\v"
)

// escape writes what an escape stands for, and tells how many bytes it has behind the "\"; 0 is one that is not
// understood.
func escape(b *strings.Builder, s string, lua51 bool) int {
	if s == "" {
		return 0
	}
	if i := strings.IndexByte(escapeLetters, s[0]); i >= 0 {
		b.WriteByte(escapeValues[i])
		return 1
	}
	switch c := s[0]; {
	case '0' <= c && c <= '9':
		n, v := 0, 0
		for n < 3 && n < len(s) && '0' <= s[n] && s[n] <= '9' {
			v = v*10 + int(s[n]-'0')
			n++
		}
		if v > 255 {
			return 0
		}
		b.WriteByte(byte(v))
		return n
	case c == '\n' || c == '\r':
		b.WriteByte('\n')
		if len(s) > 1 && s[1] != c && (s[1] == '\n' || s[1] == '\r') {
			return 2
		}
		return 1
	case lua51 || strings.IndexByte(`\'"`, c) >= 0:
		b.WriteByte(c)
		return 1
	case c == 'x':
		if len(s) < 3 {
			return 0
		}
		v, err := strconv.ParseUint(s[1:3], 16, 8)
		if err != nil {
			return 0
		}
		b.WriteByte(byte(v))
		return 3
	case c == 'z':
		n := 1
		for n < len(s) && strings.IndexByte(" \t\n\v\f\r", s[n]) >= 0 {
			n++
		}
		return n
	}
	return 0 // \u{…}
}

// longString is the value of a literal between long brackets.
func longString(text string) (value string, ok bool) {
	level := strings.IndexByte(text[1:], '[') + 2
	s := strings.NewReplacer("\r\n", "\n", "\n\r", "\n", "\r", "\n").Replace(text[level : len(text)-level])
	return strings.TrimPrefix(s, "\n"), true // the first line end does not count
}

// enquote is the literal of a value between quotes. Bytes that print nothing stay escapes, so that the source is text.
func enquote(value string, quote byte) string {
	var b strings.Builder
	b.WriteByte(quote)
	for i := range len(value) {
		c := value[i]
		if c == quote || c == '\\' {
			b.WriteByte('\\')
			b.WriteByte(c)
		} else if j := strings.IndexByte(escapeValues, c); j >= 0 {
			b.WriteByte('\\')
			b.WriteByte(escapeLetters[j])
		} else if c < ' ' || c == 0x7f {
			digits := strconv.Itoa(int(c))
			if i+1 < len(value) && '0' <= value[i+1] && value[i+1] <= '9' {
				digits = strings.Repeat("0", 3-len(digits)) + digits
			}
			b.WriteString("\\" + digits)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte(quote)
	return b.String()
}
